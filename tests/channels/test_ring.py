"""The recent events of a room: no hole, nothing out of order, one frame for all sockets at one cursor."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from channels import wire
from channels.ring import CAPACITY, Ring
from channels.translate import Names
from hub.events import Changes, EventKind, RoomEvent
from hub.fold import evolve_candidate
from hub.live import Position
from hub.model import Candidate, CandidateId, Link, LinkState, Progress
from tests.builders import NOW, NUMBER, a_candidate, a_room, a_roster

ROOM = a_room(a_candidate(1), a_candidate(2))
NAMES = Names(a_roster(ROOM))


def a_ring(at: int = 41) -> Ring:
    """Build an empty ring at a position."""
    return Ring(NUMBER, Position("e-1", at))


def put(ring: Ring, kind: EventKind, candidate: int = 1, answered: int = 0) -> None:
    """Append the next event of a candidate."""
    changes = Changes(link=Link(LinkState.SUSPECT, NOW))
    if kind is EventKind.PROGRESSED:
        changes = Changes(progress=Progress(answered, 20, None, NOW))
    event = RoomEvent(kind, NOW, CandidateId(candidate), seq=ring.head + 1, changes=changes)
    ring.append(event, evolve_candidate(ROOM.candidates[CandidateId(candidate)], event), NAMES)


def frame(ring: Ring, seq: int) -> wire.Events:
    """Decode what a socket at this cursor is given."""
    return msgspec.json.decode(ring.frame_after(seq), type=wire.Events)


def test_a_socket_is_given_everything_after_its_cursor_up_to_the_head() -> None:
    ring = a_ring()
    for _ in range(3):
        put(ring, EventKind.SUSPECT)
    told = frame(ring, 42)
    assert (told.session, told.epoch, told.first, told.to, len(told.events)) == (NUMBER, "e-1", 43, 44, 2)


def test_nothing_new_is_an_empty_frame_one_before_itself() -> None:
    told = frame(a_ring(), 41)
    assert (told.first, told.to, told.events) == (42, 41, [])


def test_sockets_at_one_cursor_share_the_very_bytes_until_something_happens() -> None:
    ring = a_ring()
    put(ring, EventKind.SUSPECT)
    first = ring.frame_after(41)
    assert ring.frame_after(41) is first
    put(ring, EventKind.SUSPECT)
    assert ring.frame_after(41) != first


def test_a_position_is_held_while_everything_after_it_is_there() -> None:
    ring = a_ring()
    put(ring, EventKind.SUSPECT)
    assert [ring.holds(Position("e-1", seq)) for seq in (40, 41, 42, 43)] == [False, True, True, False]


def test_a_position_of_another_life_is_never_held() -> None:
    assert not a_ring().holds(Position("e-2", 41))


def test_a_full_ring_forgets_the_oldest_and_says_so() -> None:
    ring = a_ring(0)
    for _ in range(CAPACITY + 3):
        put(ring, EventKind.SUSPECT)
    assert not ring.holds(Position("e-1", 2))
    assert ring.holds(Position("e-1", 3))
    told = frame(ring, 3)
    assert (told.first, told.to, len(told.events)) == (4, CAPACITY + 3, CAPACITY)


def test_an_older_progress_is_left_out_when_a_newer_one_is_in_the_frame() -> None:
    ring = a_ring()
    put(ring, EventKind.PROGRESSED, 1, 1)
    put(ring, EventKind.SUSPECT, 1)
    put(ring, EventKind.PROGRESSED, 2, 7)
    put(ring, EventKind.PROGRESSED, 1, 2)
    told = frame(ring, 41)
    assert [(event.type, event.candidate) for event in told.events] == [
        ("candidate.suspect", 1),
        ("candidate.progressed", 2),
        ("candidate.progressed", 1),
    ]
    assert (told.first, told.to) == (42, 45)


def test_what_a_dashboard_may_not_see_takes_a_number_and_no_place() -> None:
    ring = a_ring()
    put(ring, EventKind.SEAT_ATTACHED)
    told = frame(ring, 41)
    assert (told.to, told.events) == (42, [])


steps = st.lists(
    st.tuples(st.sampled_from([EventKind.PROGRESSED, EventKind.SUSPECT]), st.integers(min_value=1, max_value=2)),
    min_size=1,
    max_size=20,
)


@settings(max_examples=100, deadline=None)
@given(steps=steps, cursors=st.lists(st.integers(min_value=0, max_value=20), max_size=4))
def test_however_often_a_page_reads_it_ends_where_one_that_read_everything_ends(
    steps: list[tuple[EventKind, int]], cursors: list[int]
) -> None:
    ring = a_ring(0)
    reads = sorted({0, *(one for one in cursors if one < len(steps))})
    page: dict[int, dict[str, object]] = {1: {}, 2: {}}
    rows: dict[int, Candidate] = {int(one): row for one, row in ROOM.candidates.items()}
    position = 0
    for index, (kind, candidate) in enumerate(steps):
        put(ring, kind, candidate, answered=index + 1)
        changes = Changes(link=Link(LinkState.SUSPECT, NOW))
        if kind is EventKind.PROGRESSED:
            changes = Changes(progress=Progress(index + 1, 20, None, NOW))
        rows[candidate] = replace(rows[candidate], **changes)
        if index in reads or index == len(steps) - 1:
            told = frame(ring, position)
            assert told.first == position + 1
            for event in told.events:
                assert isinstance(event.candidate, int)
                page[event.candidate] |= event.set or {}
            position = told.to
    assert position == len(steps)
    for candidate, row in rows.items():
        progress = page[candidate].get("progress")
        assert (row.progress.answered if row.progress else None) == (
            progress["answered"] if isinstance(progress, dict) else None
        )


@pytest.mark.parametrize("kind", [EventKind.PROGRESSED, EventKind.SUSPECT])
def test_an_event_of_somebody_unknown_changes_nobody(kind: EventKind) -> None:
    ring = a_ring()
    ring.append(RoomEvent(kind, NOW, CandidateId(9), seq=42), None, NAMES)
    assert frame(ring, 41).events[0].set == {}


# ── reaching back ──────────────────────────────────────────────────────────────────────────────────────────────────


def earlier(*numbers: int) -> list[tuple[RoomEvent, Candidate | None]]:
    """Build events of a stream that came before a ring began, each with its row."""
    row = ROOM.candidates[CandidateId(1)]
    changes = Changes(link=Link(LinkState.SUSPECT, NOW))
    events = [RoomEvent(EventKind.SUSPECT, NOW, row.id, seq=seq, changes=changes) for seq in numbers]
    return [(event, evolve_candidate(row, event)) for event in events]


def test_a_ring_that_reached_back_gives_everything_after_the_older_position() -> None:
    ring = a_ring(41)
    put(ring, EventKind.SUSPECT)
    held = Position("e-1", 38)
    assert not ring.holds(held)
    assert ring.reach_back(held, earlier(39, 40, 41, 42), NAMES), "what it has already is left alone"
    assert ring.holds(held)
    told = frame(ring, 38)
    assert (told.first, told.to, len(told.events)) == (39, 42, 4)
    assert frame(ring, 40).first == 41


@pytest.mark.parametrize(
    ("position", "numbers"),
    [
        (Position("e-1", 38), (40, 41)),
        (Position("e-1", 38), (39, 41)),
        (Position("e-1", 38), ()),
        (Position("e-2", 38), (39, 40, 41)),
    ],
    ids=["trimmed", "a hole", "nothing", "another epoch"],
)
def test_a_ring_reaches_back_over_no_hole(position: Position, numbers: tuple[int, ...]) -> None:
    ring = a_ring(41)
    assert not ring.reach_back(position, earlier(*numbers), NAMES)
    assert not ring.holds(Position("e-1", 40))


def test_a_ring_reaches_back_no_further_than_its_bound() -> None:
    ring = a_ring(CAPACITY)
    put(ring, EventKind.SUSPECT)
    assert not ring.reach_back(Position("e-1", 0), earlier(*range(1, CAPACITY + 1)), NAMES)
    assert ring.holds(Position("e-1", CAPACITY))


@pytest.mark.parametrize(
    "kind", [EventKind.SEAT_ATTACHED, EventKind.SEAT_EMPTIED, EventKind.SESSION_PURGED, EventKind.CANDIDATE_ERASED]
)
def test_what_stays_inside_the_hub_is_in_no_frame(kind: EventKind) -> None:
    ring = a_ring()
    put(ring, kind)
    put(ring, EventKind.SUSPECT)
    assert [event.type for event in frame(ring, 41).events] == [EventKind.SUSPECT]

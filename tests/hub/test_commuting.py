"""Things that do not touch each other may come in either order: everybody ends with the same room."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from channels.translate import Names, row
from hub import commands as ask
from hub.events import Changes, EventKind, RoomEvent
from hub.fold import evolve
from hub.model import Candidate, CandidateId, HelpId, Link, LinkState, Progress, ReportId, Room, Waiting
from tests.builders import CLAIRE, MARC, ME, NOW, a_room, a_roster, happen
from tests.hub.table import LINES, STATES, Line, ProgressFrame

LIVE = {
    "progress": RoomEvent(EventKind.PROGRESSED, NOW, ME, changes=Changes(progress=Progress(9, 20, 10, NOW))),
    "line": RoomEvent(EventKind.SUSPECT, NOW, ME, changes=Changes(link=Link(LinkState.SUSPECT, NOW))),
    "waiting": RoomEvent(EventKind.WAITING, NOW, ME, changes=Changes(waiting=Waiting(2))),
    "told": RoomEvent(EventKind.TOLD, NOW, ME, changes=Changes(told_version=7)),
}


def after(room: Room, *events: RoomEvent) -> Room:
    """Fold events in this order."""
    for event in events:
        room = evolve(room, event)
    return room


@pytest.mark.parametrize("live", LIVE.values(), ids=LIVE)
@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_what_the_live_store_owns_commutes_with_every_decision(line: Line, live: RoomEvent) -> None:
    if isinstance(line.command, ProgressFrame):
        return
    for name, state in STATES.items():
        events = happen(state.room, line.command).recorded.events
        # The last numbers of a test come with its end, after which no progress is accepted.
        if any(event.changes.keys() & live.changes.keys() for event in events):
            continue
        assert after(state.room, live, *events) == after(state.room, *events, live), name


def without_numbers(candidate: Candidate) -> Candidate:
    """Drop what only tells in which order things were decided."""
    calls = tuple(replace(one, id=HelpId(0)) for one in candidate.help)
    reports = tuple(replace(one, id=ReportId(0)) for one in candidate.reports)
    return replace(candidate, help=calls, reports=reports, version=0, revision=0)


RUNNING = tuple(name for name, state in STATES.items() if state.room.started_at == STATES["running"].room.started_at)
decided = st.sampled_from([line for line in LINES if not isinstance(line.command, ProgressFrame | ask.RoomCommand)])


@settings(max_examples=300, deadline=None)
@given(one=decided, other=decided, states=st.tuples(st.sampled_from(RUNNING), st.sampled_from(RUNNING)))
def test_two_invigilators_at_two_candidates_converge_whoever_was_first(
    one: Line, other: Line, states: tuple[str, str]
) -> None:
    left, right = (STATES[name].room.candidates[ME] for name in states)
    neighbour = replace(right, id=CandidateId(2))
    room = a_room(left, neighbour, started_at=STATES["running"].room.started_at)
    ends = []
    for first in (True, False):
        deeds = [(ME, one.command, CLAIRE), (neighbour.id, other.command, MARC)]
        ended = room
        for to, command, by in deeds if first else reversed(deeds):
            assert not isinstance(command, ProgressFrame)
            ended = happen(ended, command, to=to, by=by).room
        ends.append(ended)
    names = Names(a_roster(room))
    rows = [
        [msgspec.json.encode(row(without_numbers(one), names, is_live=True)) for one in ended.candidates.values()]
        for ended in ends
    ]
    assert rows[0] == rows[1]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (ask.ConfirmPresence(), ask.ConfirmPresence()),
        (ask.EndAttempt(), ask.EndAttempt()),
        (ask.SeeEndScreen(), ask.SeeEndScreen()),
        (ask.StartSession(), ask.StartSession()),
    ],
)
@pytest.mark.parametrize("state", STATES)
def test_two_people_who_do_the_same_do_it_once(state: str, first: ask.Command, second: ask.Command) -> None:
    done = happen(STATES[state].room, first, by=CLAIRE)
    again = happen(done.room, second, by=MARC)
    assert again.judged.records == ()
    assert again.room == done.room
    assert again.refusal == done.refusal

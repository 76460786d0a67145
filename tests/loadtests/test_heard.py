"""What a dashboard heard is folded and checked: each test but the first ones puts one fault in."""

from __future__ import annotations

import msgspec
import pytest

from channels import wire
from loadtests.frames import DashboardHears
from loadtests.heard import Heard
from loadtests.replay import LOG_EVENTS
from tests.loadtests.readers import READERS, Reader
from tests.loadtests.rooms import (
    ROOM,
    a_dashboard,
    a_row,
    beat,
    decided,
    events,
    line,
    progressed,
    snapshot,
    through,
)

A_LIFE = (
    events(42, 41),
    events(42, 43, progressed(1, 1), line(2, "suspect")),
    beat(43),
    events(44, 46, progressed(1, 3), decided(7, "help.opened", 1, help=[])),
    events(47, 48, decided(8, "session.started", started_at=None), decided(8, "session.started", 1, time={})),
    events(49, 49, decided(9, "identity.checked", 2, identity="checked")),
    beat(49),
)
"""Two candidates; a progress that gave way to a newer one; a session event with what it did to a row."""


def test_a_right_hub_has_no_fault() -> None:
    heard = a_dashboard(*A_LIFE)
    assert (heard.faults, heard.fault_count, heard.seq) == ([], 0, 49)


def test_the_fold_is_row_updated_with_set() -> None:
    heard = a_dashboard(*A_LIFE)
    assert heard.rows[1]["progress"]["answered"] == 3
    assert (heard.rows[2]["link"]["state"], heard.rows[2]["identity"]) == ("suspect", "checked")
    assert heard.position == {"epoch": "e-1", "seq": 49}


def test_each_progress_is_told_once_to_whoever_measures() -> None:
    told: list[tuple[int, int]] = []
    heard = Heard(ROOM, lambda candidate, answered: told.append((candidate, answered)))
    for frame in (snapshot(), *A_LIFE):
        heard.hear(frame)
    assert told == [(1, 1), (1, 3)]


def test_a_fresh_snapshot_of_the_same_place_is_compared_and_equal() -> None:
    heard = a_dashboard(events(42, 42, progressed(1, 1)))
    row = a_row(1, progress=wire.ProgressView(1, 32, None, a_row(1).link.since))
    heard.hear(snapshot(42, row, a_row(2)))
    assert heard.faults == []


def test_a_removed_candidate_leaves_the_rows() -> None:
    heard = a_dashboard(through(wire.Events(ROOM, "e-1", 42, 42, [
        wire.RoomEventView("roster.changed", a_row(1).presence.at, None, candidate=1),
    ])))  # fmt: skip
    assert (heard.faults, set(heard.rows)) == ([], {2})


def test_a_stretch_told_again_may_hold_news() -> None:
    heard = a_dashboard(events(42, 42, line(1, "suspect")), events(43, 43, progressed(1, 1)), keeps_log=True)
    assert heard.ask_again() == {"epoch": "e-1", "seq": 41}
    heard.hear(events(42, 46, line(1, "suspect"), progressed(1, 2), progressed(2, 1), line(2, "suspect")))
    assert (heard.faults, heard.replays, heard.is_asking, heard.seq) == ([], 1, False, 46)
    assert (heard.rows[1]["progress"]["answered"], heard.rows[2]["link"]["state"]) == (2, "suspect")
    heard.hear(beat(46))
    assert heard.faults == []


def test_what_was_left_out_shows_when_the_stretch_is_told_again() -> None:
    lost = a_dashboard(events(42, 43, line(1, "offline")), keeps_log=True)
    lost.ask_again()
    lost.hear(events(42, 43, line(1, "suspect"), line(1, "offline", "candidate.disconnected")))
    assert lost.fault_count == 1


def test_what_is_not_told_again_was_invented() -> None:
    invented = a_dashboard(events(42, 43, line(1, "suspect"), line(2, "suspect")), keeps_log=True)
    invented.ask_again()
    invented.hear(events(42, 43, line(1, "suspect")))
    assert "is not told again" in invented.faults[0]


def test_what_was_left_out_at_the_end_was_not_told_before() -> None:
    lost = a_dashboard(events(42, 43, line(1, "suspect")), keeps_log=True)
    lost.ask_again()
    lost.hear(events(42, 43, line(1, "suspect"), line(2, "suspect")))
    assert "('candidate.suspect', 2, 0), and was not told before" in lost.faults[0]


def test_only_what_a_hub_remembers_is_asked_for_again() -> None:
    heard = a_dashboard(keeps_log=True)
    for seq in range(42, 42 + LOG_EVENTS + 10):
        heard.hear(events(seq, seq, line(1, "suspect" if seq % 2 else "offline")))
    assert heard.ask_again() == {"epoch": "e-1", "seq": 51}
    assert heard.log is not None
    assert len(heard.log.entries) == LOG_EVENTS


def test_what_a_hub_forgets_is_not_asked_for_even_when_only_progress_came_since() -> None:
    heard = a_dashboard(events(42, 43, line(1, "suspect"), line(2, "suspect")), keeps_log=True)
    for seq in range(44, 44 + LOG_EVENTS):
        heard.hear(events(seq, seq, progressed(1, seq - 43)))
        assert heard.log is not None
        assert len(heard.log.entries) == (2 if seq - 41 <= LOG_EVENTS else 0)
    assert heard.ask_again() == {"epoch": "e-1", "seq": 43}


def test_what_was_told_twice_is_settled() -> None:
    heard = a_dashboard(events(42, 42, line(1, "suspect")), keeps_log=True)
    heard.ask_again()
    heard.hear(events(42, 42, line(1, "suspect")))
    assert (heard.faults, heard.ask_again()) == ([], None)
    heard.hear(events(43, 43, line(1, "offline")))
    assert heard.ask_again() == {"epoch": "e-1", "seq": 42}


def test_nothing_is_asked_for_again_where_nothing_came() -> None:
    assert a_dashboard(keeps_log=True).ask_again() is None


WRONG: dict[str, tuple[str, tuple[DashboardHears, ...]]] = {
    "a frame is lost": ("a hole", (events(43, 43, progressed(1, 1)),)),
    "a frame comes twice": ("a hole", (events(42, 42, progressed(1, 1)), events(42, 42, progressed(2, 1)))),
    "the stretch is upside down": ("0 events from 42 to 40", (events(42, 40),)),
    "more events than places": ("2 events", (events(42, 42, progressed(1, 1), progressed(2, 1)),)),
    "another epoch without a snapshot": ("another epoch", (events(42, 42, progressed(1, 1), epoch="e-2"),)),
    "another room": ("session 297", (events(42, 42, progressed(1, 1), session=297),)),
    "a beat ahead of what was given": ("a beat at e-1/43", (events(42, 42, progressed(1, 1)), beat(43))),
    "a beat behind what was given": ("a beat at e-1/41", (events(42, 42, progressed(1, 1)), beat(41))),
    "a beat of another room": ("a beat at e-1/41 of 297", (beat(41, session=297),)),
    "a beat of another epoch": ("a beat at e-2/41", (beat(41, "e-2"),)),
    "progress heard twice": ("went from 1 to 1", (events(42, 44, progressed(1, 1), progressed(1, 1)),)),
    "progress out of order": ("went from 2 to 1", (events(42, 43, progressed(1, 2), progressed(1, 1)),)),
    "progress of nobody": ("not here", (events(42, 42, progressed(9, 1)),)),
    "a decision heard twice": (
        "decision 7 (help.opened) after 7",
        (events(42, 42, decided(7, "help.opened", 1)), events(43, 43, decided(7, "help.opened", 1))),
    ),
    "a decision is left out": (
        "a hole",
        (events(42, 44, decided(7, "help.opened", 1), decided(9, "help.taken", 1)),),
    ),
    "decisions out of order": (
        "decision 7 (help.opened) after 8",
        (events(42, 43, decided(8, "help.taken", 1), decided(7, "help.opened", 1)),),
    ),
    "a line heard twice": ("says nothing new", (events(42, 44, line(1, "suspect"), line(1, "suspect")),)),
    "a decision takes progress back": (
        "from 3 to 1",
        (
            events(42, 45, progressed(1, 3)),
            events(46, 46, decided(7, "candidate.finished", 1, progress={"answered": 1})),
        ),
    ),
    "a snapshot of the past": ("of the past", (events(42, 42, line(1, "suspect")), snapshot(41))),
    "a snapshot that lost progress": ("with a snapshot", (events(42, 42, progressed(1, 1)), snapshot(9, epoch="e-2"))),
    "the fold is not the snapshot": (
        "'unchecked' instead of 'checked'",
        (snapshot(41, a_row(1), a_row(2, identity="checked")),),
    ),
    "the snapshot has others": ("other candidates: [2]", (snapshot(41, a_row(1)),)),
    "the session is not the snapshot's": ("the session is not", (snapshot(41, duration_minutes=90),)),
    "a snapshot of another room": ("a snapshot of session 297", (snapshot(43, number=297),)),
    "a decision about nobody": ("not here", (events(42, 42, decided(7, "help.taken", 9)),)),
    "somebody twice in a snapshot": ("twice in a snapshot", (snapshot(43, a_row(1), a_row(1)),)),
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_hub_has_a_fault_whoever_listens(name: str, reader: Reader) -> None:
    expected, frames = WRONG[name]
    hear, faults = reader()
    for frame in (snapshot(), *frames):
        hear(msgspec.json.encode(frame))
    assert len(faults) == 1, faults
    assert expected in faults[0]


@pytest.mark.parametrize("reader", READERS)
async def test_a_right_hub_has_none_whoever_listens(reader: Reader) -> None:
    hear, faults = reader()
    for frame in (snapshot(), *A_LIFE):
        hear(msgspec.json.encode(frame))
    assert faults == []


@pytest.mark.parametrize("frame", [events(42, 42, progressed(1, 1)), beat(41)])
def test_nothing_comes_before_the_first_snapshot(frame: DashboardHears) -> None:
    heard = Heard(ROOM)
    heard.hear(frame)
    assert heard.fault_count == 1


def test_after_a_fault_the_next_frame_is_judged_for_itself() -> None:
    heard = a_dashboard(events(43, 43, progressed(1, 1)), events(44, 44, progressed(1, 2)), beat(44))
    assert heard.fault_count == 1


def test_a_new_snapshot_starts_the_decisions_anew_but_not_below_what_it_holds() -> None:
    fine = a_dashboard(snapshot(9, a_row(1, version=12), a_row(2), epoch="e-2"))
    fine.hear(events(10, 10, decided(15, "help.taken", 1), epoch="e-2"))
    assert fine.faults == []
    wrong = a_dashboard(snapshot(9, a_row(1, version=12), a_row(2), epoch="e-2"))
    wrong.hear(events(10, 10, decided(12, "help.taken", 1), epoch="e-2"))
    assert wrong.fault_count == 1


def test_what_a_jury_decides_after_the_finalization_is_no_hole() -> None:
    heard = a_dashboard(events(42, 42, decided(7, "session.finalized", status="finalized")))
    heard.hear(events(43, 45, decided(10, "message.sent", 1)))
    assert heard.faults == []


def test_frames_are_read_as_the_wire_defines_them() -> None:
    """A field of the wire that is read here under another name would be silently absent."""
    frame = msgspec.json.decode(msgspec.json.encode(wire.Events(ROOM, "e-1", 42, 47, [decided(7, "help.taken", 1)])))
    read = through(wire.Events(ROOM, "e-1", 42, 47, [decided(7, "help.taken", 1)]))
    assert msgspec.to_builtins(read)["from"] == frame["from"] == 42
    assert msgspec.to_builtins(read)["events"][0].items() <= frame["events"][0].items()

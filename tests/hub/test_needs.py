"""What needs a person in a room, in which order, and whether somebody goes there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.model import AttemptState, Cause, LinkState
from hub.needs import CALLING, Need, NeedKind, needs_of
from hub.policy import Thresholds
from hub.queue import waiting_queue
from tests.builders import MARC, NOW, a_room, later
from tests.hub.need_cases import ALL, CASES, THRESHOLDS, away, call, interrupted, named, resume, running

EXPECTED = {
    "nobody needs anything": [],
    "a call": ["help:1"],
    "a call that somebody took": ["help:1*"],
    "a call that was answered": [],
    "asking to start": ["asking:1"],
    "asking to resume": ["asking:1"],
    "back at the door without having asked": ["asking:1"],
    "authorized, and at the door": [],
    "away for less than a minute": [],
    "away for a minute": ["offline:1"],
    "away, the seat not lost yet, and at a second computer": ["offline:1"],
    "interrupted a minute ago": ["offline:1"],
    "away, and expected back": [],
    "away, and the authorization lapses soon": ["lapsing:1"],
    "over time": ["over_time:1"],
    "over time to the second": ["over_time:1"],
    "finished, not seen": ["end_screen:1"],
    "ended, not seen, without progress": ["end_screen:1"],
    "an end screen that somebody goes to, without progress": ["end_screen:1*"],
    "finished and seen": [],
    "closed": [],
    "everything at once": ["help:1", "asking:1"],
    "severity before age, age before names": [
        "help:5",
        "asking:6",
        "offline:4",
        "offline:3",
        "over_time:2",
        "end_screen:1",
    ],
    "a claim on what was there": ["offline:1*"],
    "a claim on what was over before": ["help:1"],
    "a claim covers what comes while its reason stands": ["help:1*", "offline:1*"],
    "the latest claim counts": ["offline:1*"],
    "a claim on another": ["offline:2*", "offline:1"],
    "who took a call is named before who goes there": ["help:1*"],
    "two lost together are two": ["offline:2", "offline:1"],
    "three lost together, most of the room": ["outage:1,2,3"],
    "three lost together, few of the room": ["offline:1", "offline:2", "offline:3"],
    "three lost one after the other": ["offline:3", "offline:2", "offline:1"],
    "what the hub recorded as the room's loss stays one": ["outage:1,2"],
    "one of a room's loss is left": ["offline:1"],
    "a room's loss, some authorized, one calls": ["outage:1,2,3", "help:2"],
    "a room's loss, everybody authorized": ["lapsing:1", "lapsing:2", "lapsing:3"],
    "a room's loss that somebody goes to": ["outage:1,2,3*"],
    "a room's loss that somebody goes to in part": ["outage:1,2,3"],
}


@pytest.mark.parametrize("name", CASES)
def test_a_room_needs_what_it_needs(name: str) -> None:
    assert named(CASES[name].needs) == EXPECTED[name]


def one(needs: tuple[Need, ...], kind: NeedKind) -> Need:
    return next(need for need in needs if need.kind is kind)


def test_a_need_is_as_old_as_its_fact_and_becomes_one_later() -> None:
    need = one(needs_of((away(seconds=90),), NOW, THRESHOLDS), NeedKind.OFFLINE)
    assert (need.since, need.raised_at) == (later(seconds=-90), later(seconds=-30))
    lapsing = one(needs_of((running(authorization=resume(minutes_left=1)),), NOW, THRESHOLDS), NeedKind.LAPSING)
    assert lapsing.since == lapsing.raised_at == later(minutes=-2)


def test_thresholds_are_settings() -> None:
    short = Thresholds(need_offline=timedelta(seconds=5), need_lapse=timedelta(minutes=20))
    rows = (away(seconds=6), interrupted(2, seconds=6, authorization=resume(minutes_left=14)))
    assert named(needs_of(rows, NOW, THRESHOLDS)) == []
    assert named(needs_of(rows, NOW, short)) == ["offline:1", "lapsing:2"]


def test_who_took_a_call_and_who_goes_there_are_named() -> None:
    both = CASES["who took a call is named before who goes there"].needs
    assert [need.taken_by for need in both] != [MARC]
    assert one(CASES["the latest claim counts"].needs, NeedKind.OFFLINE).taken_by == MARC


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_lost_in_an_outage(name: str) -> None:
    """Everybody whose line is gone for long, or who waits at the door, is in the list somehow."""
    case = ALL[name]
    named_ones = {candidate for need in case.needs for candidate in need.candidates}
    assert set(waiting_queue(a_room(*case.rows))) <= named_ones
    for row in case.rows:
        is_gone = row.attempt is AttemptState.RUNNING and row.link.state is LinkState.OFFLINE
        is_waited_for = row.authorization is not None
        if is_gone and not is_waited_for and row.link.since is not None and row.link.since <= later(seconds=-60):
            assert row.id in named_ones
        if row.open_help is not None:
            assert any(need.kind is NeedKind.HELP and need.candidates == (row.id,) for need in case.needs)


def test_an_outage_hides_no_call() -> None:
    rows = tuple(interrupted(number, seconds=90, cause=Cause.ROOM, help=call()) for number in (1, 2, 3))
    assert named(needs_of(rows, NOW, THRESHOLDS)) == ["outage:1,2,3", "help:1", "help:2", "help:3"]


def test_nobody_waits_because_of_the_time_or_an_end_screen() -> None:
    assert set(NeedKind) - CALLING == {NeedKind.OVER_TIME, NeedKind.END_SCREEN}

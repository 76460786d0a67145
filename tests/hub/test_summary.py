"""One room in numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.model import AttemptState, Cause, Presence, PresenceState, TimeLedger, Waiting
from hub.needs import NeedKind
from hub.policy import Thresholds
from hub.staffing import Claim, Staffing
from hub.summary import Summary, summary_of
from tests.builders import CLAIRE, MARC, ME, NOW, a_candidate, a_room, later
from tests.hub.need_cases import ALL, THRESHOLDS, Case, away, call, interrupted, over, running

NOBODY = Staffing()


def counted(*rows: object, staffing: Staffing = NOBODY, thresholds: Thresholds = THRESHOLDS) -> Summary:
    return summary_of(a_room(*rows), staffing, NOW, thresholds)  # type: ignore[arg-type]


def a_whole_room() -> Summary:
    return counted(
        a_candidate(1),
        a_candidate(2, presence=Presence(PresenceState.ABSENT, MARC, NOW)),
        a_candidate(3, presence=Presence(PresenceState.CONFIRMED, MARC, NOW), waiting=Waiting(1)),
        running(4, help=call(minutes=3)),
        away(5, seconds=80),
        running(6, time=TimeLedger(theoretical_end=later(minutes=-1))),
        over(number=7),
        over(AttemptState.ENDED, 8),
        over(AttemptState.CLOSED, 9),
    )


def test_everybody_is_counted_once_by_how_far_they_are() -> None:
    room = a_whole_room()
    stages = (room.expected, room.absent, room.confirmed, room.running, room.finished, room.ended)
    assert stages == (1, 1, 1, 3, 1, 2)
    assert sum(stages) == room.candidates == 9


@pytest.mark.parametrize("name", ALL)
def test_in_any_room_everybody_is_counted_once(name: str) -> None:
    case: Case = ALL[name]
    room = counted(*case.rows)
    assert room.expected + room.absent + room.confirmed + room.running + room.finished + room.ended == len(case.rows)
    assert room.needs == len(needs := ALL[name].needs)
    assert room.untaken >= sum(one.taken_by is None for one in needs)


def test_what_overlaps_is_counted_for_itself() -> None:
    room = a_whole_room()
    assert (room.waiting, room.offline, room.help_open, room.over_time, room.asking) == (1, 1, 1, 1, 0)
    assert (room.answered, room.total) == (6 * 3, 6 * 20)
    assert room.ends_at == later(minutes=60)


def test_needs_are_told_by_the_worst_and_the_oldest() -> None:
    room = a_whole_room()
    assert (room.needs, room.untaken) == (5, 5)
    assert room.worst_need is NeedKind.HELP
    assert room.oldest_need_at == later(minutes=-3)


def test_an_untaken_need_calls_the_admin_after_a_while() -> None:
    assert counted(running(help=call(minutes=1.9))).escalated_at is None
    assert counted(running(help=call(minutes=3))).escalated_at == later(minutes=-1)
    sooner = Thresholds(call_admin=timedelta(seconds=60))
    assert counted(running(help=call(minutes=1.9)), thresholds=sooner).escalated_at == later(minutes=-0.9)


def test_a_need_that_somebody_goes_to_calls_nobody() -> None:
    taken = counted(running(help=call(minutes=30, taken=True)))
    assert (taken.needs, taken.untaken, taken.escalated_at) == (1, 0, None)
    goes = Staffing(claims=(Claim(ME, CLAIRE, later(minutes=-1)),), left_at={CLAIRE: later(seconds=-10)})
    assert counted(away(seconds=300), staffing=goes).escalated_at is None
    silent = replace(goes, left_at={CLAIRE: later(seconds=-61)})
    assert counted(away(seconds=300), staffing=silent).escalated_at is not None


def test_being_over_time_calls_no_admin() -> None:
    assert counted(running(time=TimeLedger(theoretical_end=later(minutes=-30)))).escalated_at is None


def test_many_lost_at_once_are_one_need() -> None:
    room = counted(*(interrupted(number, seconds=90, cause=Cause.ROOM) for number in (1, 2, 3, 4)))
    assert (room.needs, room.lost_together, room.offline, room.worst_need) == (1, 4, 4, NeedKind.OUTAGE)


def test_a_finalized_room_needs_nobody() -> None:
    room = summary_of(a_room(running(help=call()), finalized_at=NOW), NOBODY, NOW, THRESHOLDS)
    assert (room.needs, room.worst_need) == (0, None)

"""The door of a node: slots that spread a wave, and a lateness that one hiccup does not make."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from channels.admission import (
    ENTRIES_AT_ONCE,
    LATE_SECONDS,
    LONGEST_WAIT_SECONDS,
    LOOKS,
    Admission,
    Lateness,
    Slots,
)
from channels.lag import LAG_EVERY_SECONDS, Lag
from hub.model import SessionNumber
from hub.sharing import MOST_AT_ONCE


class Clock:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.seconds = 5000.0

    def now(self) -> datetime:
        return datetime(2026, 11, 21, 9, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.seconds


def noted(*seconds: float) -> Lateness:
    lateness = Lateness()
    for one in seconds:
        lateness.note(one)
    return lateness


def strangers() -> Iterator[SessionNumber]:
    """People of whom no two sit in the same room."""
    return map(SessionNumber, itertools.count(1000))


def taken(slots: Slots, now: float, count: int, rooms: Iterator[SessionNumber] | None = None) -> list[float]:
    of = rooms or strangers()
    return [slots.take(now, next(of)) for _ in range(count)]


def test_a_room_of_25_and_its_neighbour_enter_at_once() -> None:
    assert taken(Slots(per_second=100), 1000.0, 50) == [1000.0] * 50


def test_a_wave_is_spread_to_what_a_node_commits() -> None:
    instants = taken(Slots(per_second=100), 1000.0, 1050)
    assert instants == sorted(instants)
    assert max(sum(start <= one < start + 1 for one in instants) for start in range(1001, 1010)) <= 101
    assert 9.9 < instants[-1] - 1000.0 < 10.1


def test_a_room_enters_together_and_the_wave_is_no_faster_for_it() -> None:
    rooms = (SessionNumber(1 + place // 25) for place in range(1050))
    instants = taken(Slots(per_second=100), 1000.0, 1050, rooms)
    assert [len(set(instants[begun : begun + 25])) for begun in range(0, 1050, 25)] == [1] * 42
    assert instants == sorted(instants)
    assert max(sum(start <= one < start + 1 for one in instants) for start in range(1001, 1010)) <= 100 + 25
    assert 9.7 < instants[-1] - 1000.0 < 10.1


def test_rooms_whose_people_are_told_in_turns_enter_together_too() -> None:
    slots = Slots(per_second=100)
    taken(slots, 1000.0, ENTRIES_AT_ONCE)
    instants = taken(slots, 1000.0, 40, itertools.cycle((SessionNumber(1), SessionNumber(2))))
    assert len({*instants[0::2]}) == len({*instants[1::2]}) == 1
    assert instants[0] < instants[1]


def test_no_more_come_together_than_share_a_transaction() -> None:
    slots = Slots(per_second=100)
    taken(slots, 1000.0, ENTRIES_AT_ONCE)
    instants = taken(slots, 1000.0, 3 * MOST_AT_ONCE, itertools.repeat(SessionNumber(1)))
    assert [instants.count(one) for one in sorted(set(instants))] == [MOST_AT_ONCE] * 3


def test_who_comes_after_their_room_has_entered_takes_a_slot_of_their_own() -> None:
    slots = Slots(per_second=1)
    taken(slots, 1000.0, ENTRIES_AT_ONCE)
    first = slots.take(1000.0, SessionNumber(1))
    others = taken(slots, 1000.0, 5)
    assert slots.take(first, SessionNumber(1)) > max(others)


def test_rooms_that_have_entered_are_forgotten() -> None:
    slots = Slots(per_second=1000)
    for second in range(100):
        taken(slots, 1000.0 + second, 60)
    assert len(slots._bunches) <= 60


def test_a_quiet_time_makes_room_for_one_more_class_and_for_no_more() -> None:
    slots = Slots(per_second=100)
    taken(slots, 1000.0, ENTRIES_AT_ONCE)
    later = taken(slots, 4600.0, ENTRIES_AT_ONCE + 1)
    assert later[:-1] == pytest.approx([4600.0] * ENTRIES_AT_ONCE)
    assert later[-1] > 4600.005


def test_nobody_waits_longer_than_is_promised_and_who_comes_too_many_is_spread() -> None:
    waits = [one - 1000.0 for one in taken(Slots(per_second=10), 1000.0, 5000)]
    assert max(waits) <= LONGEST_WAIT_SECONDS
    late = waits[1000:]
    assert min(late) < 0.1 * LONGEST_WAIT_SECONDS
    assert max(late) > 0.9 * LONGEST_WAIT_SECONDS


def test_a_queue_that_was_full_flows_off_again() -> None:
    slots = Slots(per_second=10)
    taken(slots, 1000.0, 5000)
    later = 1000.0 + 2 * LONGEST_WAIT_SECONDS
    assert slots.take(later, SessionNumber(1)) == later


def test_a_slot_is_taken_once_and_counts_down_and_ends_with_the_authorization() -> None:
    clock = Clock()
    admission = Admission(clock, entries_per_second=1)
    of = strangers()
    for _ in range(ENTRIES_AT_ONCE):
        assert admission.slot().wait_ms(next(of), is_authorized=True) == 0
    slot, room = admission.slot(), next(of)
    assert slot.wait_ms(room, is_authorized=False) == 0
    assert slot.wait_ms(room, is_authorized=True) == 1000
    clock.seconds += 0.4
    assert slot.wait_ms(room, is_authorized=True) == 600
    clock.seconds += 3
    assert slot.wait_ms(room, is_authorized=True) == 0
    assert slot.wait_ms(room, is_authorized=False) == 0
    assert admission.slot().wait_ms(room, is_authorized=True) == 0, "waiting in vain holds nobody up for ever"


def test_one_hiccup_however_long_is_no_overload() -> None:
    assert not noted(0.0, 0.0, 9.0, 0.0, 0.0).is_too_much


def test_lateness_that_lasts_is_and_ends_only_when_it_is_well_over() -> None:
    assert not noted(*[LATE_SECONDS - 0.01] * LOOKS).is_too_much
    lateness = noted(*[LATE_SECONDS + 0.05] * 3)
    assert lateness.is_too_much
    for _ in range(LOOKS):
        lateness.note(LATE_SECONDS - 0.05)
    assert lateness.is_too_much, "between the two thresholds nothing changes"
    for _ in range(LOOKS):
        lateness.note(0.01)
    assert not lateness.is_too_much


async def test_a_loop_that_is_kept_busy_is_found_late() -> None:
    admission = Admission(Clock())
    lag = Lag(admission.lateness.note)
    looking = True

    async def look() -> None:
        while looking:
            await lag.look()
            await asyncio.sleep(LAG_EVERY_SECONDS)

    task = asyncio.create_task(look())
    try:
        async with asyncio.timeout(10):
            while not admission.is_overloaded:
                time.sleep(0.5)  # noqa: ASYNC251 - this is the accident: nothing else runs meanwhile
                await asyncio.sleep(0)
        async with asyncio.timeout(10):
            while admission.is_overloaded:
                await asyncio.sleep(0.01)
    finally:
        looking = False
        await task

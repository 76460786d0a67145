"""What a burst counts: an event has landed when both dashboards have it, and a lost one is told, not waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from loadtests.bench import paces
from loadtests.bench.hall import Room, Screen, Seat
from loadtests.bench.paces import Burst, landed, steadily
from loadtests.bench.wire import CALL, PROGRESS, Fact

Deliver = Callable[[Screen, Fact], None]


class Loop:
    """A server in memory: brings each fact to the dashboards of its room in the next turn of the loop."""

    is_open = True
    says_only_the_last = False

    def __init__(self, seat: Seat, deliver: Deliver, is_answered: bool) -> None:
        self._seat, self._deliver, self._is_answered = seat, deliver, is_answered

    def progress(self, number: int) -> None:
        self._bring((PROGRESS, self._seat.id, number))

    def call(self, number: int) -> None:
        self._bring((CALL, self._seat.id, number))

    def _bring(self, fact: Fact) -> None:
        for screen in self._seat.room.screens:
            asyncio.get_running_loop().call_soon(self._deliver, screen, fact)
        if self._is_answered and self._seat.room.answered is not None:
            asyncio.get_running_loop().call_soon(self._seat.room.answered, self._seat)


def told(screen: Screen, fact: Fact) -> None:
    screen.hear([fact])


def hall(deliver: Deliver = told, *, is_answered: bool = False) -> list[Room]:
    rooms = [Room.of(1), Room.of(2)]
    for room in rooms:
        for seat in room.seats:
            seat.line = Loop(seat, deliver, is_answered)
    return rooms


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paces, "SILENCE_SECONDS", 0.2)


async def test_a_burst_sends_its_budget_evenly_and_hears_every_delivery() -> None:
    rooms = hall()
    sent = await Burst(rooms, width=4, events=100, seconds=10).closed()
    assert (sent.events, sent.undelivered, len(sent.latencies)) == (100, 0, 200)
    assert {len(seat.times) for room in rooms for seat in room.seats} == {2}


async def test_no_more_than_the_width_is_in_flight() -> None:
    most = 0

    def count(screen: Screen, fact: Fact) -> None:
        nonlocal most
        most = max(most, sum(len(seat.times) for room in rooms for seat in room.seats) - landed())
        screen.hear([fact])

    def landed() -> int:
        return sum(
            min(screen.held.get((PROGRESS, seat.id), 0) for screen in room.screens)
            for room in rooms for seat in room.seats
        )  # fmt: skip

    rooms = hall(count)
    await Burst(rooms, width=4, events=60, seconds=10).closed()
    assert most == 4


@pytest.mark.usefixtures("impatient")
async def test_what_one_dashboard_was_not_told_is_undelivered() -> None:
    def lose_one(screen: Screen, fact: Fact) -> None:
        if fact != (PROGRESS, rooms[0].seats[3].id, 1) or screen.number == 0:
            screen.hear([fact])

    rooms = hall(lose_one)
    sent = await Burst(rooms, width=50, events=50, seconds=10).closed()
    assert (sent.events, sent.undelivered) == (50, 1)


async def test_a_burst_counts_its_own_events_only() -> None:
    def lose_the_first(screen: Screen, fact: Fact) -> None:
        if not is_losing:
            screen.hear([fact])

    is_losing = True
    rooms = hall(lose_the_first)
    for room in rooms:
        for seat in room.seats:
            seat.answer()
    await asyncio.sleep(0)
    is_losing = False
    sent = await Burst(rooms, width=4, events=100, seconds=10).closed()
    assert (sent.events, sent.undelivered, len(sent.latencies)) == (100, 0, 200)


@pytest.mark.usefixtures("impatient")
async def test_what_was_lost_before_is_not_lost_again() -> None:
    rooms = hall(lambda screen, fact: None)
    rooms[0].seats[0].answer()
    await asyncio.sleep(0)
    sent = await Burst(rooms, width=4, events=0, seconds=10).closed()
    assert (sent.events, sent.undelivered) == (0, 0)


async def test_waiting_for_what_has_not_landed_ends_when_it_has() -> None:
    late: list[tuple[Screen, Fact]] = []
    rooms = hall(lambda screen, fact: late.append((screen, fact)))
    rooms[0].seats[0].answer()
    waiting = asyncio.create_task(landed(rooms))
    done, _ = await asyncio.wait({waiting}, timeout=0.2)
    assert not done
    for screen, fact in late:
        screen.hear([fact])
    await asyncio.wait_for(waiting, 5)


@pytest.mark.usefixtures("impatient")
async def test_waiting_for_what_will_never_land_ends_too() -> None:
    rooms = hall(lambda screen, fact: None)
    rooms[0].seats[0].answer()
    await asyncio.wait_for(landed(rooms), 5)


async def test_newer_progress_stands_for_what_it_replaced() -> None:
    held_back: list[tuple[Screen, Fact]] = []

    def replace(screen: Screen, fact: Fact) -> None:
        if fact[2] % 2:
            held_back.append((screen, fact))
        else:
            screen.hear([fact])

    sent = await Burst(hall(replace), width=0, events=100, seconds=10).open(10_000)
    assert (sent.events, sent.undelivered, len(sent.latencies)) == (100, 0, 200)
    assert len(held_back) == 100


@pytest.mark.usefixtures("impatient")
async def test_where_senders_get_answers_an_answer_ends_the_flight() -> None:
    def never(screen: Screen, fact: Fact) -> None:
        """Nobody asks the server."""

    sent = await Burst(hall(never, is_answered=True), 4, 100, 10, is_done_when_answered=True).closed()
    assert (sent.events, sent.undelivered, sent.latencies) == (100, 0, [])


async def test_everybody_answers_once_a_second_and_calls_now_and_then() -> None:
    rooms = hall()
    assert await steadily(rooms, 1.0, calls=True) == 50
    seats = [seat for room in rooms for seat in room.seats]
    assert {len(seat.times) for seat in seats} == {1}
    assert sum(seat.calls for seat in seats) == 10

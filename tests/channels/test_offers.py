"""Progress goes to the live store at once in a quiet moment, together in a busy one; everybody hears of their own."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from channels.offers import Offers
from hub.live import Accepted, Offer
from hub.model import CandidateId, ConnectionId, Progress, SessionNumber
from hub.ports import StoreUnavailable
from tests.uncollected import uncollected

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
NUMBER = SessionNumber(296)


def offer(candidate: int, answered: int = 1) -> Offer:
    return Offer(CandidateId(candidate), ConnectionId(f"c{candidate}"), Progress(answered, 32, None, AT))


class Store:
    """Takes what even candidates offer, when it may."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.accident: Exception | None = None

    async def progress(self, number: SessionNumber, offers: Sequence[Offer], *, is_heard: bool) -> Accepted:
        assert (number, is_heard) == (NUMBER, True)
        self.asked.append([one.candidate for one in offers])
        await self.may_answer.wait()
        if self.accident is not None:
            raise self.accident
        return Accepted(tuple(one.candidate % 2 == 0 for one in offers))


class Room:
    def __init__(self) -> None:
        self.store = Store()
        self.taken: list[tuple[bool, ...]] = []
        self.offers = Offers(NUMBER, self.store, lambda: True, lambda accepted: self.taken.append(accepted.is_taken))


async def test_the_first_offer_of_a_quiet_moment_does_not_wait() -> None:
    room = Room()
    making = asyncio.ensure_future(room.offers.make(offer(2)))
    await asyncio.sleep(0)
    assert room.store.asked == [[2]]
    assert await making


async def test_what_comes_right_after_it_goes_together_and_everybody_hears_of_their_own() -> None:
    room = Room()
    answers = await asyncio.gather(*(room.offers.make(offer(one)) for one in (1, 2, 3, 4)))
    assert answers == [False, True, False, True]
    assert room.store.asked == [[1], [2, 3, 4]]
    assert room.taken == [(False,), (True, False, True)]


async def test_a_burst_that_goes_on_is_sent_window_by_window_though_the_store_is_slow() -> None:
    room = Room()
    room.store.may_answer.clear()
    making = [asyncio.ensure_future(room.offers.make(offer(2)))]
    await asyncio.sleep(0)
    for candidate in (4, 6):
        making += [asyncio.ensure_future(room.offers.make(offer(candidate + 10 * more))) for more in (0, 1)]
        calls = len(room.store.asked)
        async with asyncio.timeout(5):
            while len(room.store.asked) == calls:
                await asyncio.sleep(0.001)
    assert room.store.asked == [[2], [4, 14], [6, 16]]
    room.store.may_answer.set()
    assert all(await asyncio.gather(*making))


@pytest.mark.parametrize("accident", [StoreUnavailable("away"), RuntimeError("a bug")])
async def test_an_accident_reaches_everybody_who_waits(accident: Exception) -> None:
    room = Room()
    room.store.accident = accident
    heard = await asyncio.gather(*(room.offers.make(offer(one)) for one in (1, 2, 3)), return_exceptions=True)
    assert heard == [accident] * 3
    assert room.taken == []
    room.store.accident = None
    assert await room.offers.make(offer(2))


async def test_who_stops_waiting_takes_nobody_along() -> None:
    room = Room()
    room.store.may_answer.clear()
    making = [asyncio.ensure_future(room.offers.make(offer(one))) for one in (2, 4, 6)]
    async with asyncio.timeout(5):
        while len(room.store.asked) < 2:
            await asyncio.sleep(0.001)
    making[1].cancel()
    room.store.may_answer.set()
    assert await asyncio.gather(making[0], making[2]) == [True, True]
    assert making[1].cancelled()


class Client:
    """Whoever waits to hear of an offer."""

    async def offer(self, offers: Offers) -> None:
        with pytest.raises(StoreUnavailable):
            await offers.make(offer(4))


async def test_an_accident_keeps_nobody_who_waited() -> None:
    room, clients = Room(), [Client(), Client()]
    kept = [weakref.ref(one) for one in clients]
    await room.offers.make(offer(2))
    room.store.accident = StoreUnavailable("away")
    with uncollected():
        await asyncio.gather(*(one.offer(room.offers) for one in clients))
        clients.clear()
        room.store.accident = None
        await asyncio.sleep(0)
        assert [one() for one in kept] == [None, None]

"""The progress of one room on its way to the live store: at once in a quiet moment, else together.

What comes within one window after a call shares the next: dashboards are not told more often than that anyway, and one
call for ten answers costs the live store and this node a fraction of ten calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from channels.gathering import fail
from hub.live import Accepted, Offer
from hub.model import SessionNumber

WINDOW_SECONDS = 0.02
"""After the first news of a quiet moment a room is moved on at most this often: a burst becomes one frame."""

Answer = asyncio.Future[bool]


class Taker(Protocol):
    """What is needed of the live store here."""

    async def progress(self, number: SessionNumber, offers: Sequence[Offer], *, is_heard: bool) -> Accepted:
        """Accept what may be accepted. Raises StoreUnavailable."""
        ...


class Offers:
    """Offers to the live store; whoever made one hears whether it was taken, or what kept the store from saying so."""

    def __init__(
        self, number: SessionNumber, live: Taker, hears: Callable[[], bool], take: Callable[[Accepted], None]
    ) -> None:
        """Take whether the room's bell is heard here, and what becomes of what was accepted, before anybody is told."""
        self._number, self._live, self._hears, self._take = number, live, hears, take
        self._loop = asyncio.get_running_loop()
        self._gathered: list[tuple[Offer, Answer]] = []
        self._sent_at = float("-inf")
        self._sending: set[asyncio.Task[None]] = set()

    def make(self, offer: Offer) -> Answer:
        """Offer it; the answer is whether the live store takes it, or what kept it from saying so."""
        answer: Answer = self._loop.create_future()
        is_first = not self._gathered
        self._gathered.append((offer, answer))
        if is_first and self._loop.time() - self._sent_at >= WINDOW_SECONDS:
            self._send()
        elif is_first:
            self._loop.call_at(self._sent_at + WINDOW_SECONDS, self._send)
        return answer

    def _send(self) -> None:
        gathered, self._gathered = self._gathered, []
        self._sent_at = self._loop.time()
        task = self._loop.create_task(self._offer(gathered), name=f"offers-{self._number}")
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _offer(self, gathered: list[tuple[Offer, Answer]]) -> None:
        try:
            offers = [offer for offer, _ in gathered]
            accepted = await self._live.progress(self._number, offers, is_heard=self._hears())
            self._take(accepted)
            told = list(zip(gathered, accepted.is_taken, strict=True))
        except Exception as accident:  # noqa: BLE001 - everybody who waits must hear of it
            while gathered:
                fail(gathered.pop()[1], accident)
            return
        for (_, answer), is_taken in told:
            if not answer.done():
                answer.set_result(is_taken)

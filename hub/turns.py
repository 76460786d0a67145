"""One deed at a time for each session inside a node, and what an accident of the ledger means for who asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from hub.model import SessionNumber
from hub.ports import Crowded, LockBusy, OutcomeUnknown, StoreAccident, UnknownSession
from hub.refusals import Code, Refusal

MAX_QUEUE = 64
"""Deeds of one session that may wait in this node; the next is `busy`, and its author tries again."""

Done = TypeVar("Done")


class Turns:
    """The queues of this node, one for each session that anything is asked of."""

    def __init__(self) -> None:
        self._turns: dict[SessionNumber, _Turn] = {}

    @property
    def waiting(self) -> int:
        """Return how many deeds wait for their turn, or have it; all sessions together."""
        return sum(turn.waiting for turn in self._turns.values())

    async def judged(self, number: SessionNumber, deed: Callable[[], Awaitable[Done]]) -> Done | Refusal:
        """Do a deed in its turn. A Refusal for an accident means that nothing was judged, or that nobody knows."""
        try:
            async with self.take(number) as may_go:
                return await deed() if may_go else Refusal(Code.BUSY, after_ms=500)
        except UnknownSession:
            return Refusal(Code.FORBIDDEN)
        except StoreAccident as accident:
            return refusal_of(accident)

    @asynccontextmanager
    async def take(self, number: SessionNumber) -> AsyncIterator[bool]:
        """Wait for this session's turn; False when too many wait already."""
        turn = self._turns.setdefault(number, _Turn())
        if turn.waiting >= MAX_QUEUE:
            yield False
            return
        turn.waiting += 1
        try:
            async with turn.lock:
                yield True
        finally:
            turn.waiting -= 1
            if turn.waiting == 0:
                self._turns.pop(number, None)


def refusal_of(accident: StoreAccident) -> Refusal:
    """Return what whoever asked is told of an accident: that nothing was judged, or that nobody knows."""
    match accident:
        case LockBusy():
            return Refusal(Code.BUSY, after_ms=500)
        case Crowded():
            return Refusal(Code.BUSY, after_ms=1000)
        case OutcomeUnknown():
            return Refusal(Code.OUTCOME_UNKNOWN, after_ms=500)
        case _:
            return Refusal(Code.STORE_UNAVAILABLE, after_ms=1000)


class _Turn:
    """The queue of one session."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0

"""What one connection's tasks wait on: a wake-up for its writer, and the frames for its worker.

asyncio's own Event and Queue would do. A node holds ten thousand of each: they keep five deques for a connection, of
more than half a KiB each while empty, and ask at every wait which loop runs, which is a call to the kernel.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Wakeup:
    """Set by anybody, waited for by one task; a wait takes the mark away."""

    __slots__ = ("_is_set", "_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._is_set = False
        self._waiting: asyncio.Future[None] | None = None

    def set(self) -> None:
        """Wake whoever waits, or whoever waits next."""
        self._is_set = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def wait(self) -> None:
        """Wait until it was set since the last wait."""
        while not self._is_set:
            self._waiting = self._loop.create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        self._is_set = False


class Inbox(Generic[Item]):
    """Frames for one worker, in order, bounded."""

    __slots__ = ("_is_idle", "_items", "_limit", "_news", "_taken")

    def __init__(self, limit: int, loop: asyncio.AbstractEventLoop) -> None:
        self._limit = limit
        self._items: deque[Item] | None = None
        self._news, self._is_idle = Wakeup(loop), Wakeup(loop)
        self._taken = 0

    def put(self, item: Item) -> bool:
        """Add a frame; False when the worker is too far behind."""
        if self._items is None:
            self._items = deque()
        if len(self._items) >= self._limit:
            return False
        self._items.append(item)
        self._news.set()
        return True

    async def take(self) -> Item:
        """Wait for the next frame; `done` follows."""
        while not self._items:
            await self._news.wait()
        self._taken += 1
        return self._items.popleft()

    def done(self) -> None:
        """Say that the frame taken last was dealt with."""
        self._taken -= 1
        if not self._items:
            # An empty deque holds a block of its own: most candidates say something every few minutes.
            self._items = None
            self._is_idle.set()

    async def emptied(self) -> None:
        """Wait until everything was dealt with."""
        while self._items or self._taken:
            await self._is_idle.wait()

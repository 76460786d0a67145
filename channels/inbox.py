"""The frames of one connection on their way to be judged: one after the other, in order, bounded.

A node holds ten thousand connections, and most candidates say something every few minutes: a task is there only while
there is something to judge, and a deque too, since an empty one holds a block of its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from channels.line import Ending

Item = TypeVar("Item")


class Inbox(Generic[Item]):
    """Frames for one judge."""

    __slots__ = ("_ending", "_items", "_judge", "_limit", "_loop", "_task")

    def __init__(self, limit: int, ending: Ending) -> None:
        """Take what ends by whatever is raised in judging; no frame is judged after that."""
        self._limit, self._ending = limit, ending
        self._loop = asyncio.get_running_loop()
        self._items: deque[Item] | None = None
        self._task: asyncio.Task[None] | None = None
        self._judge: Callable[[Item], Awaitable[None]] | None = None

    def put(self, item: Item) -> bool:
        """Add a frame; False when the judge is too far behind."""
        if self._items is None:
            self._items = deque()
        if len(self._items) >= self._limit:
            return False
        self._items.append(item)
        self._begin()
        return True

    def open(self, judge: Callable[[Item], Awaitable[None]]) -> None:
        """Let frames be judged from now on, those that came before first."""
        self._judge = judge
        if self._items:
            self._begin()

    async def close(self, seconds: float) -> None:
        """Let what came before be judged, for so long; then nothing is judged any more."""
        self._judge = None
        if self._task is not None:
            await asyncio.wait([self._task], timeout=seconds)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            # One that had not begun has not put itself away.
            self._task = None

    def _begin(self) -> None:
        if self._task is None and self._judge is not None:
            self._task = self._loop.create_task(self._judge_all(self._judge))

    async def _judge_all(self, judge: Callable[[Item], Awaitable[None]]) -> None:
        try:
            with self._ending:
                while self._items:
                    await judge(self._items.popleft())
                self._items = None
        finally:
            self._task = None

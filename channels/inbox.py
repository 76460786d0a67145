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

    __slots__ = ("_ending", "_is_open", "_items", "_judge", "_limit", "_loop", "_task")

    def __init__(self, limit: int, judge: Callable[[Item], Awaitable[None]], ending: Ending) -> None:
        """Take who judges; what is raised there ends the line, and no frame is judged after it."""
        self._limit, self._judge, self._ending = limit, judge, ending
        self._loop = asyncio.get_running_loop()
        self._items: deque[Item] | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_open = False

    def put(self, item: Item) -> bool:
        """Add a frame; False when the judge is too far behind."""
        if self._items is None:
            self._items = deque()
        if len(self._items) >= self._limit:
            return False
        self._items.append(item)
        if self._is_open:
            self._begin()
        return True

    def open(self) -> None:
        """Let frames be judged from now on, those that came before first."""
        self._is_open = True
        if self._items:
            self._begin()

    async def close(self, seconds: float) -> None:
        """Let what came before be judged, for so long; then nothing is judged any more."""
        self._is_open = False
        if self._task is not None:
            await asyncio.wait([self._task], timeout=seconds)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _begin(self) -> None:
        if self._task is None:
            self._task = self._loop.create_task(self._judge_all())

    async def _judge_all(self) -> None:
        try:
            with self._ending:
                while self._items:
                    await self._judge(self._items.popleft())
                self._items = None
        finally:
            self._task = None

"""The frames of one connection on their way to be judged: one after the other, in order, bounded.

What can be judged on the spot is. A node holds ten thousand connections, and most candidates say something every few
minutes: a task is there only while something is waited for, and a deque too, since an empty one holds a block of its
own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from channels.line import Ending

Item = TypeVar("Item")

Judge = Callable[[Item], Awaitable[None] | None]
"""Has judged an item when it returns None, or else in the time that what it returns takes."""


class Inbox(Generic[Item]):
    """Frames for one judge."""

    __slots__ = ("_ending", "_items", "_judge", "_limit", "_loop", "_task")

    def __init__(self, limit: int, ending: Ending) -> None:
        """Take what ends by whatever is raised in judging that takes its time; no frame is judged after that."""
        self._limit, self._ending = limit, ending
        self._loop = asyncio.get_running_loop()
        self._items: deque[Item] | None = None
        self._task: asyncio.Task[None] | None = None
        self._judge: Judge[Item] | None = None

    def put(self, item: Item) -> bool:
        """Judge a frame, or keep it until those before it are judged; False when the judge is too far behind.

        Raises what judging it on the spot raises.
        """
        if self._judge is not None and self._task is None:
            judging = self._judge(item)
            if judging is not None:
                self._task = self._loop.create_task(self._judge_all(self._judge, judging))
            return True
        if self._items is None:
            self._items = deque()
        if len(self._items) >= self._limit:
            return False
        self._items.append(item)
        return True

    def open(self, judge: Judge[Item]) -> None:
        """Let frames be judged from now on, those that came before first."""
        self._judge = judge
        if self._items:
            self._task = self._loop.create_task(self._judge_all(judge))

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

    async def _judge_all(self, judge: Judge[Item], judging: Awaitable[None] | None = None) -> None:
        try:
            with self._ending:
                if judging is not None:
                    await judging
                while self._items:
                    judging = judge(self._items.popleft())
                    if judging is not None:
                        await judging
                self._items = None
        finally:
            self._task = None

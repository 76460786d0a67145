"""The few periodic jobs of a node: each runs at its own pace, and an accident in one never stops it or another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from hub.ports import StoreAccident

log = logging.getLogger("vigie.clockwork")

T = TypeVar("T")

STALL_SECONDS = 1.0
"""A job that comes back from its pause so much too late was not alone: the whole process stood still."""

PATIENCE_SECONDS = 0.25
"""Turns of a busy loop are long: with one after every bite, beats would come so late that clients give this hub up."""


class Clockwork:
    """Runs jobs again and again until stopped."""

    def __init__(self, on_stall: Callable[[], None]) -> None:
        """Take what to do after the process stood still; it is called once, before any job runs again."""
        self._on_stall = on_stall
        self._tasks: list[asyncio.Task[None]] = []
        self._ticked_at: float | None = None

    def every(self, seconds: float, job: Callable[[], Awaitable[None]]) -> None:
        """Run a job now and then after each pause of `seconds`."""
        self._tasks.append(asyncio.create_task(self._repeat(seconds, job), name=getattr(job, "__name__", "job")))

    def stands_still(self) -> bool:
        """Tell whether the process stood still until a moment ago, and no job has noticed yet."""
        return self._ticked_at is not None and asyncio.get_running_loop().time() - self._ticked_at > STALL_SECONDS

    async def _repeat(self, seconds: float, job: Callable[[], Awaitable[None]]) -> None:
        is_away = False
        while True:
            try:
                await job()
                is_away = False
            except StoreAccident as accident:
                # Said once: a log that repeats itself every second hides everything else.
                if not is_away:
                    log.warning("%s waits for a store: %r", getattr(job, "__name__", "a job"), accident)
                is_away = True
            except Exception:
                log.exception("a periodic job failed")
            due_at = self._tick() + seconds
            await asyncio.sleep(seconds)
            # Late since the last sign of any job: of one stall only the first job that wakes says so.
            ran_at = max(due_at, self._ticked_at or due_at)
            if self._tick() - ran_at > STALL_SECONDS:
                self._on_stall()

    def _tick(self) -> float:
        self._ticked_at = asyncio.get_running_loop().time()
        return self._ticked_at

    async def stop(self) -> None:
        """Stop every job and wait until it has stopped."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()


async def in_bites(things: Sequence[T], size: int) -> AsyncIterator[Sequence[T]]:
    """Go through many things so that whatever else is to be done has its turn after every `size` of them.

    Thousands in one piece are a stall that every message of that moment waits behind. What is looked at may have gone
    meanwhile, and what has come is not among it. Whoever has waited for the others for long goes on in one piece.
    """
    loop = asyncio.get_running_loop()
    patient_until = loop.time() + PATIENCE_SECONDS
    for start in range(0, len(things), size):
        yield things[start : start + size]
        if loop.time() < patient_until:
            await asyncio.sleep(0)

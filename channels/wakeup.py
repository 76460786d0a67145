"""asyncio's Event for one waiter: without a deque of its own, and without asking at every wait which loop runs.

The latter is a call to the kernel in some versions of Python, and rooms are woken for every answer.
"""

from __future__ import annotations

import asyncio


class Wakeup:
    """Set by anybody, waited for by one task; stays set until it is cleared."""

    __slots__ = ("_is_set", "_loop", "_waiting")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._is_set = False
        self._waiting: asyncio.Future[None] | None = None

    def set(self) -> None:
        """Wake whoever waits, or whoever waits next."""
        self._is_set = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def clear(self) -> None:
        """Let the next one wait."""
        self._is_set = False

    async def wait(self) -> None:
        """Wait until it is set."""
        while not self._is_set:
            self._waiting = self._loop.create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None

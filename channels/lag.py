"""How late this process's loop runs: whoever asked to be woken now, and how much later that happened.

One job of the clockwork wakes every 50 ms and notes by how much it came too late. The machine's own clock measures it:
the node's may be moved by whoever tests what time does.
"""

from __future__ import annotations

import time
from collections.abc import Callable

LAG_EVERY_SECONDS = 0.05
"""Pause between two looks: what holds the loop up for longer is never missed."""
RECENT_SECONDS = 1.0
"""The worst lag of the last one to two of these is what counts as recent: one look between two stalls hides neither."""


class Lag:
    """The lags of one process, the recent ones kept."""

    def __init__(
        self, told: Callable[[float], None] = lambda _: None, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Take whom to tell each lag in seconds, and what to measure by."""
        self._told, self._now = told, now
        self._due_at: float | None = None
        self._since = now()
        self._worst = self._worst_before = 0.0

    async def look(self) -> None:
        """Note how late this job comes; the clockwork runs it after each pause of `LAG_EVERY_SECONDS`."""
        now = self._now()
        if self._due_at is not None:
            self.note(max(0.0, now - self._due_at))
        self._due_at = now + LAG_EVERY_SECONDS

    def note(self, seconds: float) -> None:
        """Note one lag."""
        self._turn_over()
        self._worst = max(self._worst, seconds)
        self._told(seconds)

    @property
    def recent(self) -> float:
        """Return the worst lag of late, in seconds; one that lasts counts as long as it has lasted."""
        self._turn_over()
        lasting = 0.0 if self._due_at is None else self._now() - self._due_at
        return max(self._worst, self._worst_before, lasting)

    def _turn_over(self) -> None:
        passed = self._now() - self._since
        if passed >= RECENT_SECONDS:
            # What was noted before a long pause is no longer recent.
            self._worst_before = self._worst if passed < 2 * RECENT_SECONDS else 0.0
            self._worst = 0.0
            self._since = self._now()

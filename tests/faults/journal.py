"""The journal of a run: what was done and heard, when, in one order; printed when a test fails."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

MOST_LINES = 20_000
"""A long run keeps its last hour and not more."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, `at` seconds after the journal was begun."""

    at: float
    who: str
    what: str

    def __str__(self) -> str:
        return f"{self.at:9.3f}  {self.who:<14} {self.what}"


@dataclass(slots=True)
class Journal:
    """Entries in the order in which they were noted."""

    begun_at: float = field(default_factory=lambda: time.monotonic())
    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=MOST_LINES))

    def note(self, who: str, what: str) -> None:
        """Write down one thing."""
        self.entries.append(Entry(time.monotonic() - self.begun_at, who, what))

    def since(self, mark: int) -> list[Entry]:
        """Return what was noted after the journal had `mark` entries."""
        return list(self.entries)[mark:]

    def text(self, most: int = 400, mark: int = 0) -> str:
        """Return the last lines."""
        return "\n".join(str(one) for one in self.since(mark)[-most:])

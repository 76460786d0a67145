"""What a process counts of itself: plain numbers, added up where things happen, read by whoever shows them.

Nothing here knows who reads. A count costs some tens of nanoseconds and a spread a third of a microsecond, because one
progress event passes half a dozen of them; no count is kept by a session, a person, an address or an id.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Tally: TypeAlias = "defaultdict[str, int]"
"""How often each of a few words was true."""


def tally(*words: str) -> Tally:
    """Begin to count; the words that are named are shown from the beginning, at zero."""
    return defaultdict(int, dict.fromkeys(words, 0))


class Spread:
    """How a quantity was spread: how often it came to lie under each bound, and its sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        """Take the upper bounds, in ascending order; each belongs to what lies under it."""
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def note(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    @property
    def count(self) -> int:
        """Return how many values were counted."""
        return sum(self.counts)


@dataclass(slots=True)
class HubFigures:
    """What is counted of decisions besides their seconds: settlings, and what became of them in the live store.

    `told` is kept by the words of `hub.live.Apply`, and `away` where the live store did not answer.
    """

    settle_runs: int = 0
    rebuilt: int = 0
    told: Tally = field(default_factory=tally)

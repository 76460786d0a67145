"""What is called flat: the rule, and what it says of a run."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEAST_SAMPLES = 8
MEBI = 1024 * 1024
Sample = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Limit:
    """So much a figure may grow from the second quarter to the last: a share of it, but at least so much."""

    share: float
    least: float

    def of(self, value: float) -> float:
        """Return what may be added to this value."""
        return max(self.share * value, self.least)


LIMITS: Mapping[str, Limit] = {
    "resident_bytes": Limit(0.03, 4 * MEBI),
    "descriptors": Limit(0.01, 8),
    "tasks": Limit(0.01, 30),
    "redis_bytes": Limit(0.03, MEBI),
    "redis_keys": Limit(0.01, 4),
    "postgres_connections": Limit(0.0, 2),
}
"""A line that is broken at the moment of a sample is a few descriptors and tasks. Redis forgets a room's oldest events
when 64 new ones have come, not at each."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One figure: its first value, its medians in the second quarter and in the last, and what it might have grown."""

    figure: str
    first: float
    second: float
    last: float
    allowed: float

    @property
    def is_flat(self) -> bool:
        """Tell whether it stayed; less is no fault."""
        return self.last - self.second <= self.allowed


def judge(samples: Sequence[Sample]) -> list[Verdict]:
    """Hold the last quarter against the second: the first one is the beginning, in which everything grows."""
    if len(samples) < LEAST_SAMPLES:
        raise ValueError(f"{LEAST_SAMPLES} samples are needed to judge, there are {len(samples)}")
    quarter = len(samples) // 4
    return [_verdict(figure, [one[figure] for one in samples], quarter) for figure in LIMITS]


def _verdict(figure: str, values: Sequence[float], quarter: int) -> Verdict:
    second, last = statistics.median(values[quarter : 2 * quarter]), statistics.median(values[-quarter:])
    return Verdict(figure, values[0], second, last, LIMITS[figure].of(second))

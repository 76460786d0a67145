"""A token bucket: how many frames a socket may send."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """Sustained frames per second, and how many may come at once."""

    per_second: float
    burst: int


class Bucket:
    """Filled at a steady rate, never above its burst."""

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = float(rate.burst)
        self._at = now

    def take(self, now: float) -> int:
        """Take one token; returns 0, or the milliseconds until there is one."""
        self._tokens = min(float(self._rate.burst), self._tokens + (now - self._at) * self._rate.per_second)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0
        return math.ceil((1 - self._tokens) / self._rate.per_second * 1000)

"""What was sent and what arrived: latencies by the generator's one clock, and whatever is missing."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Progress on its way to dashboards, and what was heard of it. Times are monotonic seconds.

    A progress that a newer one of the same candidate overtook counts as arrived with the newer one.
    """

    sent: int = 0
    latencies: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def delivered(self) -> int:
        """Count what arrived."""
        return len(self.latencies)

    def forget(self) -> None:
        """Begin to count anew; what is on its way still arrives."""
        self.sent = 0
        self.latencies.clear()


class Awaited:
    """What one dashboard still has to hear of the candidates of its room."""

    def __init__(self, tally: Tally) -> None:
        self._arrived = tally.latencies.append
        self.now = 0.0
        """When what is being heard came."""
        self._waiting: dict[int, deque[tuple[int, float]]] = {}

    def expect(self, candidate: int, answered: int, sent_at: float) -> None:
        """Note that a candidate said how far they are."""
        waiting = self._waiting.get(candidate)
        if waiting is None:
            waiting = self._waiting[candidate] = deque()
        waiting.append((answered, sent_at))

    def heard(self, candidate: int, answered: int) -> None:
        """Note that the dashboard was told, or shown, how far a candidate is."""
        waiting = self._waiting.get(candidate)
        while waiting and waiting[0][0] <= answered:
            self._arrived(self.now - waiting.popleft()[1])

    @property
    def missing(self) -> int:
        """Count what was said and not heard yet."""
        return sum(len(one) for one in self._waiting.values())


def share(values: Sequence[float], part: float) -> float:
    """Return the value below which this part of the sorted values lies; 0 of none."""
    return values[min(len(values) - 1, int(len(values) * part))] if values else 0.0

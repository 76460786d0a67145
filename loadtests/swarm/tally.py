"""What was sent and what arrived: latencies by the generator's one clock, and whatever did not come."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Progress on its way to dashboards, and what was heard of it. Times are monotonic seconds.

    A progress that a newer one of the same candidate overtook counts as arrived with the newer one. `missing` names
    what did not come while it was waited for, dashboard by dashboard; it stays missing if it comes after that.
    """

    sent: int = 0
    latencies: list[float] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
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

    def __init__(self, tally: Tally, number: int) -> None:
        self._arrived, self._missing, self._number = tally.latencies.append, tally.missing.append, number
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

    def give_up(self, candidate: int) -> None:
        """Wait no longer for what a candidate said: it is missing."""
        for answered, _ in self._waiting.pop(candidate, ()):
            self._missing(f"room {self._number}: answer {answered} of candidate {candidate} never came")

    def give_all_up(self) -> None:
        """Wait no longer for anything."""
        for candidate in tuple(self._waiting):
            self.give_up(candidate)

    @property
    def is_waiting(self) -> bool:
        """Tell whether something was said and not heard yet."""
        return any(self._waiting.values())

"""What was said to the candidates of a room a moment ago: for those whose line, node or live store was away just then.

A message changes no facet, so no snapshot holds it. Whoever comes (back) within the time is told again; a client
knows a message by its instant and shows it once.
"""

from __future__ import annotations

from collections.abc import Sequence

from hub.events import RoomEvent
from hub.model import CandidateId

RECENT_SECONDS = 30.0
"""As long as a client keeps sending its own frames again."""
MOST = 500
"""A bound for a room in which somebody sends without end."""


class Messages:
    """The recent messages of one room, by decision."""

    def __init__(self) -> None:
        self._said: dict[int, tuple[float, RoomEvent]] = {}

    def add(self, event: RoomEvent, now: float, age_seconds: float = 0.0) -> bool:
        """Remember a message; False when it is known. `now` is monotonic."""
        if event.decision is None or event.decision in self._said:
            return False
        self._said[event.decision] = (now - age_seconds, event)
        while self._said and (len(self._said) > MOST or self._is_old(next(iter(self._said)), now)):
            del self._said[next(iter(self._said))]
        return event.decision in self._said

    def to(self, candidate: CandidateId, now: float) -> Sequence[RoomEvent]:
        """List what this candidate was told recently."""
        return [one for at, one in self._said.values() if one.candidate == candidate and now - at <= RECENT_SECONDS]

    def _is_old(self, decision: int, now: float) -> bool:
        return now - self._said[decision][0] > RECENT_SECONDS

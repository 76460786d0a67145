"""What was said to the candidates of a room: for those whose line, node or live store was away just then.

A message changes no facet, so no snapshot holds it. Whoever comes (back) is told again what was said a moment ago, and
all that their screen has not acknowledged: otherwise the state they acknowledge next would vouch for words they never
saw. A client knows a message by its instant and shows it once.
"""

from __future__ import annotations

from collections.abc import Sequence

from hub.events import RoomEvent
from hub.model import CandidateId

RECENT_SECONDS = 30.0
"""As long as a client keeps sending its own frames again."""
KEPT_SECONDS = 24 * 3600.0
"""How far back what was not acknowledged is looked for."""
MOST = 50
"""Kept of each candidate; a bound for somebody who sends without end, the oldest are forgotten."""


class Messages:
    """The messages of one room, by candidate and decision."""

    def __init__(self) -> None:
        self._said: dict[CandidateId, dict[int, tuple[float, RoomEvent]]] = {}

    def add(self, event: RoomEvent, now: float, age_seconds: float = 0.0) -> bool:
        """Remember a message; False when it is known. `now` is monotonic."""
        if event.decision is None or event.candidate is None:
            return False
        own = self._said.setdefault(event.candidate, {})
        if event.decision in own:
            return False
        own[event.decision] = (now - age_seconds, event)
        if len(own) > MOST:
            del own[next(iter(own))]
        return True

    def to(self, candidate: CandidateId, now: float, told_version: int) -> Sequence[RoomEvent]:
        """List what this candidate was told a moment ago, or has not shown yet; `told_version` is what they have."""
        own = self._said.get(candidate, {})
        return [one for seq, (at, one) in own.items() if now - at <= RECENT_SECONDS or seq > told_version]

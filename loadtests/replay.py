"""What came one by one, remembered, and held against the same stretch told again at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from loadtests.frames import PROGRESSED, Event, Events

LOG_EVENTS = 1500
"""How far back; a hub keeps about two thousand."""

Entry = tuple[str, int, int]


def entry_of(event: Event) -> Entry:
    """Return an event as it is remembered."""
    return event.type, event.candidate, event.decision


class Log:
    """What came after `start`, progress left out, in order; not further back than a hub has to remember."""

    def __init__(self) -> None:
        self.start = -1
        self.entries: list[Entry] = []
        self._frames: deque[tuple[int, int, int]] = deque()

    def begin(self, seq: int) -> None:
        """Begin at a snapshot."""
        self.start = seq
        self.entries.clear()
        self._frames.clear()

    def add(self, frame: Events) -> None:
        """Remember a frame, and forget what is too old."""
        new = [entry_of(event) for event in frame.events if event.type != PROGRESSED]
        if new:
            self.entries.extend(new)
            self._frames.append((frame.first, frame.to, len(new)))
        if frame.to - self.start > LOG_EVENTS:
            self._forget(frame.to - LOG_EVENTS)

    def _forget(self, oldest: int) -> None:
        """Begin later, but not within a frame: which of its entries came first is not known."""
        self.start = oldest
        while self._frames and self._frames[0][0] <= self.start:
            _, to, count = self._frames.popleft()
            self.start = max(self.start, to)
            del self.entries[:count]


def difference(again: Sequence[Event], held: Sequence[Entry], most_news: int) -> str | None:
    """Say where a stretch told again is not what was told before; so much of what follows it may be news."""
    told = [entry_of(event) for event in again]
    for one, other in zip(told, held, strict=False):
        if one != other:
            return f"told again is {one}, told before was {other}"
    if len(told) < len(held):
        return f"told before was {held[len(told)]}, and is not told again"
    return f"told again is {told[-1]}, and was not told before" if len(told) - len(held) > max(0, most_news) else None

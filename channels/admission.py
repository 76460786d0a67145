"""Who may come in now: slots that spread a wave of entries, and a node that takes nobody new while it is late itself.

Slots smooth and forbid nothing: a client that knows nothing of them enters at once, and is judged like any other. What
forbids is the node's own lateness: whoever sits an exam comes first, then those who only begin or watch.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hub.model import SessionNumber
from hub.ports import Clock
from hub.sharing import MOST_AT_ONCE

LOOKS = 5
"""The median of so many looks counts: one hiccup, however long, is one look."""
LATE_SECONDS = 0.2
"""A loop that is late by more takes nobody new: everybody inside already waits that long for everything."""
WELL_SECONDS = 0.1
"""It does so again once it is below this; between the two nothing changes, so that it does not flutter."""
COME_BACK_MS = (1000, 4000)
"""When whoever was refused is asked to try again."""

HELLOS_AT_ONCE = 500
"""So many candidates' hellos are judged side by side, whoever's: with thousands at once each would take longer than its
client waits, and all of them would be judged for nobody, again and again."""

ENTRIES_PER_SECOND = 200
"""What one node commits beside everything else it does (measured: docs/adr/0017-admission.md)."""
ENTRIES_AT_ONCE = 50
"""So many enter without any wait: two rooms whose invigilators confirm everybody in the same second."""
LONGEST_WAIT_SECONDS = 60.0
"""Nobody is asked to wait longer; who comes when the queue is longer than this is spread over this time."""


class Lateness:
    """How late the loop of this process is, as a timer of its own finds it."""

    def __init__(self) -> None:
        self._looks: deque[float] = deque((0.0,) * LOOKS, LOOKS)
        self.is_too_much = False

    @property
    def seconds(self) -> float:
        """Return the lateness that counts."""
        return sorted(self._looks)[LOOKS // 2]

    def note(self, seconds: float) -> None:
        """Note by how much a look came too late."""
        self._looks.append(seconds)
        if self.seconds > LATE_SECONDS:
            self.is_too_much = True
        elif self.seconds < WELL_SECONDS:
            self.is_too_much = False


@dataclass(slots=True)
class _Bunch:
    """Slots of one room at one instant."""

    at: float
    slots: int = 1


class Slots:
    """Instants at which clients may enter, so many a second; the first ones of a quiet time are all "now".

    Of one room several get the same instant: entries of a room that come together are judged together, and cost half.
    """

    def __init__(self, per_second: int) -> None:
        self._step = 1 / per_second
        self._free_at = -math.inf
        self._bunches: dict[SessionNumber, _Bunch] = {}

    def take(self, now: float, room: SessionNumber) -> float:
        """Take the next slot for somebody of a room; returns its instant, which is never before now."""
        at = self._next(now)
        bunch = self._bunches.get(room)
        if bunch is not None and bunch.at > now and bunch.slots < MOST_AT_ONCE:
            bunch.slots += 1
            return bunch.at
        self._bunches = {one: kept for one, kept in self._bunches.items() if kept.at > now}
        self._bunches[room] = _Bunch(at)
        return at

    def _next(self, now: float) -> float:
        free_at = max(self._free_at, now - ENTRIES_AT_ONCE * self._step) + self._step
        self._free_at = min(free_at, now + LONGEST_WAIT_SECONDS)
        if free_at > self._free_at:
            return now + random.uniform(0, LONGEST_WAIT_SECONDS)  # nosec B311 # spreads entries, guards nothing
        return max(now, free_at)


class Slot:
    """The slot of one client: taken when it becomes authorized, forgotten when it no longer is."""

    def __init__(self, slots: Slots, clock: Clock) -> None:
        self._slots, self._clock = slots, clock
        self._at: float | None = None

    def wait_ms(self, room: SessionNumber, *, is_authorized: bool) -> int:
        """Return for how long this client had better wait before it enters its room."""
        if not is_authorized:
            self._at = None
            return 0
        now = self._clock.monotonic()
        if self._at is None:
            self._at = self._slots.take(now, room)
        return max(0, round((self._at - now) * 1000))


class Admission:
    """What a node says to those at its door."""

    def __init__(self, clock: Clock, entries_per_second: int = ENTRIES_PER_SECOND) -> None:
        self._clock = clock
        self._slots = Slots(entries_per_second)
        self._hellos = 0
        self.lateness = Lateness()

    @property
    def is_overloaded(self) -> bool:
        """Tell whether only those who sit an exam are let in."""
        return self.lateness.is_too_much

    @contextmanager
    def hello(self) -> Iterator[bool]:
        """Count a hello while it is judged; False when too many are."""
        may_be_judged = self._hellos < HELLOS_AT_ONCE
        self._hellos += 1
        try:
            yield may_be_judged
        finally:
            self._hellos -= 1

    def slot(self) -> Slot:
        """Return the slot of one more client, which is not taken yet."""
        return Slot(self._slots, self._clock)

    def come_back_ms(self) -> int:
        """Return when somebody who is refused had better try again: not all at once."""
        return random.randint(*COME_BACK_MS)  # nosec B311 # spreads returns, guards nothing

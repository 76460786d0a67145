"""One direction of one proxied connection: bytes go on at once, later, not now, or never.

Frozen bytes stay in the kernel's buffers and in `_waiting`, in order, so that a thaw loses nothing. Dropped bytes leave
a hole, and no network ever delivers a stream with a hole in it: a pipe that lost something stays mute for good, as a
half-open line does, until one of the two sides gives up or the proxy cuts it.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.pushes import HOLD_SECONDS, PushFilter

MOST_WAITING_BYTES = 1024 * 1024
"""What a slow direction may hold before its source is told to wait, as a router's queue would."""


@dataclass(frozen=True, slots=True)
class Weather:
    """What one direction suffers."""

    latency_seconds: float = 0.0
    jitter_seconds: float = 0.0
    is_dropping: bool = False
    is_frozen: bool = False


@dataclass(frozen=True, slots=True)
class Tripwire:
    """Calls `then` when a connection has carried these bytes on: a fault at that very moment."""

    phrase: bytes
    then: Callable[[], None]


@dataclass(slots=True)
class Sky:
    """The weather that all pipes of one direction share, and their common source of chance."""

    chance: random.Random
    weather: Weather = Weather()
    tripwire: Tripwire | None = None


@dataclass(frozen=True, slots=True)
class End:
    """The last word of a source: closed politely, or broken."""

    is_broken: bool


class Pipe:
    """Carries what `source` says to `target`."""

    def __init__(self, sky: Sky, ended: Callable[[End], None], pushes: PushFilter | None = None) -> None:
        """Take the weather, whom to tell of the source's end once it has travelled, and a filter for pushes."""
        self._sky, self._ended, self._pushes = sky, ended, pushes
        self._waiting: deque[tuple[float, bytes | End]] = deque()
        self._waiting_bytes = 0
        self._last_due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._release: asyncio.TimerHandle | None = None
        self._is_target_full = False
        self.is_torn = False
        self.source: asyncio.Transport | None = None
        self.target: asyncio.Transport | None = None

    def take(self, data: bytes) -> None:
        """Hear bytes from the source."""
        if self.is_torn or self._sky.weather.is_dropping:
            self.is_torn = True
            return
        if self._pushes is not None:
            data = self._pushes.filtered(data)
            self._arrange_release()
        if data:
            self._put(data)
            self._look(data)

    def end(self, *, is_broken: bool) -> None:
        """Hear that the source will say nothing more; in a dropping direction nobody learns of it.

        A reset after the line carries again does arrive: it is what a host answers for a connection it has forgotten.
        """
        if self._sky.weather.is_dropping or (self.is_torn and not is_broken):
            self.is_torn = True
            return
        self._put(End(is_broken))

    def changed(self) -> None:
        """Look at the weather again."""
        self._adjust_reading()
        self._pump()

    def target_full(self, is_full: bool) -> None:
        """Hear whether the target reads slower than we write."""
        self._is_target_full = is_full
        self._adjust_reading()

    def close(self) -> None:
        """Forget what waits."""
        for timer in (self._timer, self._release):
            if timer is not None:
                timer.cancel()
        self._waiting.clear()

    def _put(self, item: bytes | End) -> None:
        weather = self._sky.weather
        if not self._waiting and not weather.latency_seconds and not weather.jitter_seconds and self._may_pass():
            self._deliver(item)
            return
        delay = weather.latency_seconds + self._sky.chance.random() * weather.jitter_seconds
        self._last_due = max(self._last_due, asyncio.get_running_loop().time() + delay)
        self._waiting.append((self._last_due, item))
        self._waiting_bytes += len(item) if isinstance(item, bytes) else 0
        self._adjust_reading()
        self._pump()

    def _look(self, data: bytes) -> None:
        wire = self._sky.tripwire
        if wire is not None and wire.phrase in data:
            self._sky.tripwire = None
            wire.then()

    def _may_pass(self) -> bool:
        return self.target is not None and not self._sky.weather.is_frozen

    def _pump(self) -> None:
        """Deliver what is due, and come again when the next is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        loop = asyncio.get_running_loop()
        while self._waiting and self._may_pass():
            due, item = self._waiting[0]
            if due > loop.time():
                self._timer = loop.call_at(due, self._pump)
                break
            self._waiting.popleft()
            self._waiting_bytes -= len(item) if isinstance(item, bytes) else 0
            self._deliver(item)
        self._adjust_reading()

    def _deliver(self, item: bytes | End) -> None:
        if isinstance(item, End):
            self._ended(item)
        elif self.target is not None and not self.target.is_closing():
            self.target.write(item)

    def _adjust_reading(self) -> None:
        """Read only while what is read can go on: whatever is not read yet cannot be lost here."""
        if self.source is None or self.source.is_closing():
            return
        is_stuck = self._is_target_full or self._waiting_bytes > MOST_WAITING_BYTES or self.target is None
        if self._sky.weather.is_frozen or (is_stuck and not self.is_torn):
            self.source.pause_reading()
        else:
            self.source.resume_reading()

    def _arrange_release(self) -> None:
        """Let a held push go after a while, when no later one has overtaken it."""
        if self._pushes is not None and self._pushes.has_held and self._release is None:
            self._release = asyncio.get_running_loop().call_later(HOLD_SECONDS, self._released)

    def _released(self) -> None:
        self._release = None
        if self._pushes is not None and self._pushes.has_held:
            self._put(self._pushes.release())

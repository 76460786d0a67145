"""A client that comes back: one line after the other, on whichever hub lives, until it is told to leave.

It follows the protocol's text: full jitter between two tries, a line that falls silent is dropped, 40xx is the end.
What a line hears that the protocol forbids is a fault; faults are kept, and looked at when the run is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from websockets.exceptions import WebSocketException

from tests.faults.hubs import Hub
from tests.faults.rig import Rig
from tests.story.client import Frame, Line

FIRST_TRY_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 20.0
STABLE_SECONDS = 30.0
OPEN_SECONDS = 5.0
NO_CODE = 1006

LineT = TypeVar("LineT", bound=Line)


class Backoff:
    """How long to wait before coming back: full jitter, small again after a line that held."""

    def __init__(self, chance: random.Random, longest: float) -> None:
        self._chance, self._longest, self._tries = chance, longest, 0

    def pause(self, held_seconds: float, after_ms: int) -> float:
        """Return the seconds to wait after the loss of a line that held for so long (0: it never stood)."""
        self._tries = 0 if held_seconds > STABLE_SECONDS else self._tries
        ceiling = min(self._longest, FIRST_TRY_SECONDS * 2**self._tries)
        self._tries = min(self._tries + 1, 10)
        return after_ms / 1000 + self._chance.uniform(0, ceiling)


@dataclass(slots=True)
class Absence:
    """A time without a line that answers, in monotonic seconds; `ended` is None while it lasts."""

    began: float
    ended: float | None = None

    def seconds(self, now: float) -> float:
        return (self.ended if self.ended is not None else now) - self.began


@dataclass(slots=True)
class Heard:
    """When a line last heard anything; each line of a player has one."""

    at: float = field(default_factory=lambda: time.monotonic())


class Player(Generic[LineT]):
    """Whoever comes back. A subclass opens its kind of line and plays on it."""

    silence_seconds = 9.0

    def __init__(self, rig: Rig, name: str, home: Hub | None = None, longest: float = LONGEST_PAUSE_SECONDS) -> None:
        """Take a name (of which its chance is made), the hub it prefers, and the longest pause between two tries."""
        self.rig, self.name, self._home = rig, name, home
        self.chance = random.Random(f"{rig.seed}/{name}")
        self.line: LineT | None = None
        self.hub: Hub | None = None
        self.absences: list[Absence] = []
        self.byes: list[int] = []
        self.expected_codes: set[int] = set()
        self.faults: list[str] = []
        self.is_leaving = False
        self._backoff = Backoff(self.chance, longest)
        self._tries_in_vain = 0
        self._tasks: list[asyncio.Task[None]] = []

    # ── to be told by a subclass ───────────────────────────────────────────────────────────────────────────

    async def make_line(self, hub: Hub) -> LineT:
        """Connect and say hello."""
        raise NotImplementedError

    def chores(self) -> list[Any]:
        """List the coroutines that run for as long as the player plays."""
        return []

    def forget(self) -> None:
        """Forget what was learnt from a line that broke the rules."""

    # ── life ───────────────────────────────────────────────────────────────────────────────────────────────

    async def __aenter__(self) -> Any:
        self._tasks = [asyncio.create_task(one, name=self.name) for one in (self._come_and_go(), *self.chores())]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    async def leave(self) -> None:
        """Close the line and stop; faults stay to be looked at."""
        self.is_leaving = True
        for task in self._tasks:
            task.cancel()
        for outcome in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
                self.fault(f"stumbled: {outcome!r}")
        self._tasks = []
        if self.line is not None:
            line, self.line = self.line, None
            await hang_up(line)
            self._judge(line)

    def fault(self, what: str) -> None:
        """Keep what should not have been."""
        self.faults.append(f"{self.name}: {what}")
        self.note(f"FAULT {what[:600]}")

    def wrongs(self) -> list[str]:
        """List the faults so far."""
        return self.faults

    def note(self, what: str) -> None:
        self.rig.journal.note(self.name, what)

    async def wait(self, found: Any, what: str, within: float = 10.0) -> Any:
        """Wait until `found()` is true and return it."""
        deadline = time.monotonic() + within
        while not (value := found()):
            assert time.monotonic() < deadline, f"{self.name}: {what} did not come in {within} s"
            await asyncio.sleep(0.02)
        return value

    def longest_absence(self) -> float:
        """Return how long, at the longest, this player was away."""
        now = time.monotonic()
        return max((one.seconds(now) for one in self.absences), default=0.0)

    # ── lines ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _come_and_go(self) -> None:
        while not self.is_leaving:
            begun, after_ms = time.monotonic(), 0
            line = await self._connected()
            if line is not None:
                self.line = line
                after_ms = await self._held(line)
                self.line = None
                if self.byes and 4000 <= self.byes[-1] < 4100 and self._is_last_word(self.byes[-1]):
                    return
            held = time.monotonic() - begun if line is not None else 0.0
            await asyncio.sleep(self._backoff.pause(held, after_ms))

    async def _connected(self) -> LineT | None:
        is_home = self._home is not None and self._home.is_open and self._tries_in_vain % 2 == 0
        self.hub = self._home if is_home and self._home is not None else self.rig.gate(self.chance)
        # A hub that answers only to send its clients away is no home either: a line counts once it says something.
        self._tries_in_vain += 1
        try:
            return await self.make_line(self.hub)
        except (OSError, TimeoutError, WebSocketException):
            return None

    async def _held(self, line: LineT) -> int:
        """Stay on the line until it is over; return how long its goodbye asks to wait, in ms."""
        heard: Heard = line.heard  # type: ignore[attr-defined]
        gone_at = None
        while not line._reader.done():
            left = heard.at + self.silence_seconds - time.monotonic()
            if left <= 0:
                gone_at = heard.at
                line.abort()
            await asyncio.wait({line._reader}, timeout=max(left, 0.5))
        self._absent_since(gone_at or time.monotonic())
        self.byes.append(line.close_code or NO_CODE)
        self.note(f"lost {self.hub.name if self.hub else '?'} with {self.byes[-1]}")
        self._judge(line)
        return int((line.bye or {}).get("after_ms") or 0)

    def _judge(self, line: LineT) -> None:
        if line.fault is not None:
            self.fault(str(line.fault))
            self.forget()
        line.abort()

    def _is_last_word(self, code: int) -> bool:
        """Tell whether the hub does not want this client back; unless that was expected, it is a fault."""
        if code not in self.expected_codes:
            self.fault(f"sent away for good with {code}")
        return True

    def _absent_since(self, began: float) -> None:
        if not self.absences or self.absences[-1].ended is not None:
            self.absences.append(Absence(began))

    def is_back(self) -> None:
        """Note that a line answers (again)."""
        self._tries_in_vain = 0
        if self.absences and self.absences[-1].ended is None:
            self.absences[-1].ended = time.monotonic()


async def hang_up(line: Line) -> None:
    """Close politely, but do not wait for a hub that does not answer."""
    with contextlib.suppress(TimeoutError, OSError, WebSocketException):
        async with asyncio.timeout(0.5):
            await line.socket.close()
    line.abort()


async def opened(kind: type[LineT], hub: Hub) -> LineT:
    """Open a bare line of a kind; nothing is said yet."""
    return kind(await hub.dial(kind.path, OPEN_SECONDS))


def answered(row: Frame) -> int:
    """Read how far a row says somebody is; -1 for not at all."""
    return int((row["progress"] or {"answered": -1})["answered"])

"""A dashboard that comes back: keeps its fold over lines, and notes what a person at the screen would have seen.

The line itself (`tests.story.client.Dashboard`) asserts that there is no hole and that the fold is well; here it is
asserted that nobody's progress goes back and nobody's end is undone from one line to the next in one epoch.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.faults.hubs import Hub
from tests.faults.player import LONGEST_PAUSE_SECONDS, Heard, Player, answered, opened
from tests.faults.rig import Colleague, Rig, RigRoom
from tests.story.client import Dashboard, Frame

SAMPLE_SECONDS = 0.25
BEAT_SECONDS = 1.0
"""Data are verified once in so long, and once in so long it is said: so old they always may be."""
CLOCK_SET_SECONDS = 2.0
"""The hub's time never goes back so far from frame to frame: somebody has set its clock."""
OVER = ("finished", "ended", "closed")
RED_LINKS = ("suspect", "offline")


@dataclass(frozen=True, slots=True)
class Age:
    """How old the data on the screen were, in seconds; `is_connected` tells whether a line stood."""

    at: float
    seconds: float
    is_connected: bool


@dataclass(frozen=True, slots=True)
class Red:
    """A candidate's line was shown `suspect`, `offline`, or the candidate `interrupted`."""

    at: float
    candidate: int
    what: str


@dataclass(frozen=True, slots=True)
class Setback:
    """From one epoch to the next a candidate was shown further back, or no longer at the end."""

    at: float
    candidate: int
    was: tuple[int, str]
    now: tuple[int, str]
    epochs: tuple[str, str]


class Delays:
    """How much later than it could frames of one line come: a line that is slow makes its data old.

    Clocks are not compared. What counts is by how much a frame comes later, against what the hub says of its time, than
    the quickest one of this line did.
    """

    def __init__(self) -> None:
        self._quickest = self._server = 0.0

    def begin(self, welcome: Frame) -> None:
        """Take the first frame."""
        self._server = _server_seconds(welcome)
        self._quickest = time.monotonic() - self._server

    def of(self, frame: Frame) -> float:
        """Return by how many seconds a frame that came just now came late."""
        server = _server_seconds(frame)
        gap, is_hubs_clock_set = time.monotonic() - server, server < self._server - CLOCK_SET_SECONDS
        self._server = server
        self._quickest = gap if is_hubs_clock_set else min(self._quickest, gap)
        return gap - self._quickest


def _server_seconds(frame: Frame) -> float:
    return datetime.fromisoformat(frame["server_time"]).timestamp()


class Board(Dashboard):
    """A dashboard's line that tells its watcher what it was given."""

    watcher: Watcher

    def __init__(self, *args: Any) -> None:
        self.heard = Heard()
        self.delays = Delays()
        self.is_verified = False
        super().__init__(*args)

    def on_welcome(self, frame: Frame) -> None:
        super().on_welcome(frame)
        self.delays.begin(frame)

    async def _take(self, text: str | bytes) -> None:
        self.heard.at = time.monotonic()
        await super()._take(text)

    def on_snapshot(self, frame: Frame) -> None:
        super().on_snapshot(frame)
        self.watcher.snapshots += 1
        self.watcher.given(self)

    def on_events(self, frame: Frame) -> None:
        super().on_events(frame)
        self.watcher.given(self)

    def on_beat(self, frame: Frame) -> None:
        super().on_beat(frame)
        self.watcher.beaten(self, frame)


class Watcher(Player[Board]):
    """One dashboard of one room."""

    silence_seconds = 5.0

    def __init__(
        self,
        rig: Rig,
        room: RigRoom,
        who: Colleague,
        home: Hub | None = None,
        name: str = "",
        longest: float = LONGEST_PAUSE_SECONDS,
    ) -> None:
        super().__init__(rig, name or f"{who.name.split()[-1]}@{room.number}", home, longest)
        self.room, self.who = room, who
        self.fold: Board | None = None
        self.snapshots = 0
        self.ages: list[Age] = []
        self.reds: list[Red] = []
        self.setbacks: list[Setback] = []
        self.degraded: list[tuple[float, tuple[str, ...]]] = []
        self.epochs: list[tuple[float, str]] = []
        self._as_of_age = 0.0
        self._heard_at = time.monotonic()
        self._seen: dict[str, dict[int, tuple[int, str]]] = {}
        self._last: dict[int, tuple[int, str, str]] = {}
        self._red_now: dict[int, str | None] = {}

    @property
    def rows(self) -> dict[int, Frame]:
        """Return what the screen shows, also while there is no line."""
        return self.fold.rows if self.fold is not None else {}

    @property
    def epoch(self) -> str | None:
        """Return the epoch of what is shown."""
        return self.fold.epoch if self.fold is not None else None

    @property
    def is_fresh(self) -> bool:
        """Tell whether a line stands, nothing is missing and the data are younger than two seconds."""
        is_whole = not self.degraded or self.degraded[-1][1] == ()
        return self.line is not None and self.fold is self.line and is_whole and self.age() < 2.0

    def age(self) -> float:
        """Return the age of the data: since the last frame of them, and how old the last beat said they were then.

        A line makes no data younger before its first beat: until then nobody has said how old they are.
        """
        since = time.monotonic() - self._heard_at
        return max(since, self._as_of_age, since + self._as_of_age - BEAT_SECONDS)

    async def make_line(self, hub: Hub) -> Board:
        """Connect, take over what is known, and present its position."""
        line = await opened(Board, hub)
        line.watcher = self
        hello: Frame = {"type": "hello", "token": self.who.token, "session": self.room.number}
        if self.fold is not None:
            line.knows(self.fold)
            line._decision = self.fold._decision
            hello["position"] = self.fold.position
        await line.say(hello)
        return line

    def chores(self) -> list[Any]:
        return [self._watch_age()]

    def forget(self) -> None:
        self.fold = None

    def given(self, line: Board) -> None:
        """Look at what the line was given; what may not be is the line's fault."""
        assert line.epoch is not None
        self.fold = line
        if line.is_verified:
            self._heard_at = time.monotonic()
        self.is_back()
        if not self.epochs or self.epochs[-1][1] != line.epoch:
            self.epochs.append((time.monotonic(), line.epoch))
            self.note(f"epoch {line.epoch} at {line.seq}")
        seen = self._seen.setdefault(line.epoch, {})
        for candidate, row in line.rows.items():
            self._compare(candidate, row, line.epoch, seen)
            self._look_for_red(candidate, row)

    def beaten(self, line: Board, frame: Frame) -> None:
        """Note what a beat says of the data."""
        line.is_verified, self._heard_at = True, time.monotonic()
        server, as_of = (datetime.fromisoformat(frame[name]) for name in ("server_time", "as_of"))
        self._as_of_age = (server - as_of).total_seconds() + line.delays.of(frame)
        missing = tuple(frame["degraded"])
        if missing != (self.degraded[-1][1] if self.degraded else ()):
            self.degraded.append((time.monotonic(), missing))
            self.note(f"degraded {missing}")

    def _compare(self, candidate: int, row: Frame, epoch: str, seen: dict[int, tuple[int, str]]) -> None:
        now = (answered(row), row["attempt"])
        if candidate in seen:
            assert not _is_back(seen[candidate], now), f"candidate {candidate} went from {seen[candidate]} to {now}"
        last = self._last.get(candidate)
        if last is not None and last[2] != epoch and _is_back(last[:2], now):
            self.setbacks.append(Setback(time.monotonic(), candidate, last[:2], now, (last[2], epoch)))
            self.note(f"SETBACK candidate {candidate} from {last[:2]} to {now}")
        seen[candidate], self._last[candidate] = now, (*now, epoch)

    def _look_for_red(self, candidate: int, row: Frame) -> None:
        state = row["link"]["state"]
        red = "interrupted" if row["interrupted_at"] else state if state in RED_LINKS else None
        if red is not None and red != self._red_now.get(candidate):
            self.reds.append(Red(time.monotonic(), candidate, red))
            self.note(f"candidate {candidate} is {red}")
        self._red_now[candidate] = red

    async def _watch_age(self) -> None:
        while True:
            if self.fold is not None:
                self.ages.append(Age(time.monotonic(), self.age(), self.line is not None))
            await asyncio.sleep(SAMPLE_SECONDS)


def _is_back(was: tuple[int, str], now: tuple[int, str]) -> bool:
    """Tell whether progress went back or an end was undone; finalization may close what had ended."""
    is_reopened = was[1] in OVER and now[1] not in (was[1], "closed")
    return now[0] < was[0] or is_reopened

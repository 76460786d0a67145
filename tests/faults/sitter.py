"""A candidate's tab that comes back: joins, enters when authorized, goes on with the test, on any living hub.

What matters most to the person at it is a fault when it is broken: whoever was never away for longer than the grace is
still in the test, and is told so.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Any

import httpx

from tests.faults.hubs import Hub
from tests.faults.player import LONGEST_PAUSE_SECONDS, Heard, Player, opened
from tests.faults.rig import Rig, RigRoom
from tests.story.api import Refused
from tests.story.client import Candidate, Frame, new_key

BEAT_SECONDS = 4.4
"""A hub counts from the last sign of life, which may be one beat older than the break of the line."""
REPLY_SECONDS = 5.0
RESEND_SECONDS = 30.0
OVER = ("finished", "ended", "closed")


@dataclass(frozen=True, slots=True)
class OwnDeed:
    """Something this client asked for and was told `ok`: its key and what the reply said."""

    type: str
    key: str
    reply: Frame


class Tab(Candidate):
    """A candidate's line that tells its sitter what it was told."""

    sitter: Sitter

    def __init__(self, *args: Any) -> None:
        self.heard = Heard()
        self.sent = 0
        super().__init__(*args)

    async def _take(self, text: str | bytes) -> None:
        self.heard.at = time.monotonic()
        await super()._take(text)

    def on_state(self, frame: Frame) -> None:
        super().on_state(frame)
        self.sitter.told(frame)


class Sitter(Player[Tab]):
    """One candidate at one tab. `pace` is the seconds between two answers, 0 for somebody who only sits there.

    `stutter` is the share of answers after which an older number is said again, as a muddled client would.
    """

    silence_seconds = 9.0

    def __init__(
        self,
        rig: Rig,
        room: RigRoom,
        place: int,
        home: Hub | None = None,
        *,
        pace: float = 1.0,
        total: int = 200,
        stutter: float = 0.0,
        longest: float = LONGEST_PAUSE_SECONDS,
    ) -> None:
        super().__init__(rig, f"c{room.ids[place]}@{room.number}", home, longest)
        self.room, self.place, self.candidate = room, place, room.ids[place]
        self.pace, self.total, self.stutter, self.grace = pace, total, stutter, rig.seconds("grace")
        self.token: str | None = None
        self.state: Frame = {}
        self.states: list[tuple[float, Frame]] = []
        self.answered = 0
        self.was_seated = False
        self.deeds: list[OwnDeed] = []
        self._refused_version = -1
        self._was_put_out: float | None = None

    @property
    def is_seated(self) -> bool:
        return self.line is not None and bool(self.state.get("in_test"))

    @property
    def is_done(self) -> bool:
        return self.state.get("attempt") in OVER

    async def make_line(self, hub: Hub) -> Tab:
        """Connect and say hello, after identifying the first time."""
        if self.token is None:
            try:
                self.token = await self.rig.identify(self.room, self.place)
            except (httpx.HTTPError, Refused) as away:
                raise OSError(str(away)) from None
        line = await opened(Tab, hub)
        line.sitter = self
        await line.say({"type": "hello", "token": self.token})
        return line

    def chores(self) -> list[Any]:
        return [self._play()]

    def told(self, state: Frame) -> None:
        """Hear the own state; what may not be is the line's fault."""
        self.is_back()
        self.state = state
        self.states.append((time.monotonic(), state))
        self.answered = max(self.answered, state["answered"] or 0)
        if self.is_done:
            # The end may be told in two steps: out of the test, then over.
            self._was_put_out = None
        elif state["in_test"]:
            self.faults += self._put_out()
            self.was_seated, self._was_put_out = True, None
        elif self.was_seated and self._was_put_out is None:
            away = self.longest_absence()
            self.note(f"is out of the test, was away for {away:.1f} s at most")
            self._was_put_out = away if away + BEAT_SECONDS < self.grace else None
            self.was_seated = False

    def wrongs(self) -> list[str]:
        return [*super().wrongs(), *self._put_out()]

    def _put_out(self) -> list[str]:
        """Say that this candidate was told to be out of the test and had not been away for long enough to be."""
        away = self._was_put_out
        return [] if away is None else [f"{self.name}: lost the seat although never away for more than {away:.1f} s"]

    async def ask(self, type_: str, **fields: Any) -> Frame | None:
        """Ask under one key, again and on other lines if need be, for as long as a client may; None: never answered."""
        key, deadline = new_key(), time.monotonic() + RESEND_SECONDS
        while time.monotonic() < deadline:
            reply = await self._asked(type_, key, fields)
            if reply is not None and reply["ok"]:
                self.deeds.append(OwnDeed(type_, key, reply))
                return reply
            if reply is not None and not reply["error"].get("retry"):
                return reply
            await asyncio.sleep(((reply or {}).get("error", {}).get("after_ms") or 200) / 1000)
        return None

    async def finish(self) -> Frame | None:
        """Say that the test is done."""
        return await self.ask("finish", answered=self.answered, total=self.total)

    async def call(self, text: str = "") -> Frame | None:
        """Call the invigilator."""
        return await self.ask("help", kind="other", text=text or f"appel {self.chance.randrange(10**6)}")

    async def _asked(self, type_: str, key: str, fields: Frame) -> Frame | None:
        line = self.line
        if line is None or not line.state:
            return None
        try:
            return await line.ask(type_, within=REPLY_SECONDS, key=key, **fields)
        except (AssertionError, TimeoutError):
            return None  # the line was lost meanwhile; whether it broke a rule is judged there

    async def _play(self) -> None:
        while True:
            await asyncio.sleep(self.pace * self.chance.uniform(0.7, 1.3) if self.pace and self.is_seated else 0.1)
            if self.line is None or not self.line.state:
                continue
            if self.is_seated:
                await self._go_on(self.line)
            elif self._may_try():
                await self._enter()

    def _may_try(self) -> bool:
        """A page sends `enter` when an authorization appears, once for each."""
        is_open = self.state["attempt"] in ("not_started", "running") and not self.state["in_test"]
        return is_open and bool(self.state["authorization"]) and self.state["version"] > self._refused_version

    async def _enter(self) -> None:
        version = self.state["version"]
        reply = await self.ask("enter", access_code=self.room.access_code, total=self.total)
        if reply is None or not reply["ok"]:
            self._refused_version = version
            return
        # A stored ok gives no seat, and the state may follow the reply: give it a moment before asking again.
        for _ in range(20):
            if self.is_seated or self.state["version"] > version:
                return
            await asyncio.sleep(0.05)

    async def _go_on(self, line: Tab) -> None:
        """Answer one more question; the numbers go again when a hub turns out to know less."""
        if self.pace and self.answered < self.total:
            self.answered += 1
        if self.answered > max(line.sent, line.state["answered"] or 0):
            line.sent = self.answered
            is_muddled = self.chance.random() < self.stutter
            said = [self.answered, self.chance.randint(0, self.answered)] if is_muddled else [self.answered]
            with contextlib.suppress(AssertionError, TimeoutError):  # judged where the line is
                for number in said:
                    await line.progress(number, self.total)

"""The hub's own wire as its load generator speaks it: hello, beats, acknowledgements, entry, positions, replies."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import msgspec

from channels import wire as protocol
from channels.wire import Reply
from loadtests.bench.arms import Arm
from loadtests.bench.hall import Screen, Seat
from loadtests.bench.lines import Line
from loadtests.bench.wire import TOTAL, facts, progress_frame, shown
from loadtests.client import new_key
from loadtests.frames import Beat, Events, Snapshot, decode
from loadtests.heard import Heard

ANSWER_SECONDS = 30.0
CANDIDATE_BEAT = b'{"type":"beat"'
ALIVE = b'{"type":"alive"}'


_candidate_hears = msgspec.json.Decoder(protocol.CandidateHears).decode
_encode = msgspec.json.Encoder().encode


class HubLine(Line):
    """What both roles do: hello, and questions with a number that get a reply."""

    subprotocol = protocol.SUBPROTOCOL

    def __init__(self, hello: dict[str, Any]) -> None:
        super().__init__()
        self._hello = hello
        self._refs = 0
        self._replies: dict[int, asyncio.Future[Reply]] = {}

    def begin(self) -> None:
        """Say who this is."""
        self.say(_encode({"type": "hello", **self._hello}))

    async def ask(self, frame: dict[str, Any]) -> Reply:
        """Say something that has a reply, and wait for it."""
        self._refs += 1
        waiting: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._replies[self._refs] = waiting
        self.say(_encode({**frame, "ref": self._refs}))
        async with asyncio.timeout(ANSWER_SECONDS):
            reply = await waiting
        if not reply.ok:
            raise ValueError(f"{frame['type']}: {reply.error}")
        return reply

    def hear_reply(self, reply: Reply) -> None:
        """Hand a reply to whoever asked."""
        waiting = self._replies.pop(reply.ref, None) if reply.ref is not None else None
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)


class HubCandidate(HubLine):
    """A candidate's line: may speak of progress once the hub says that the seat is held."""

    path = "/ws/candidate"
    says_only_the_last = True

    def __init__(self, seat: Seat, arm: Arm) -> None:
        super().__init__({"token": seat.secret, "session": seat.room.number_on_the_wire})
        self._seat, self._arm = seat, arm
        self._calls: dict[int, bytes] = seat.told.setdefault("calls", {})
        self._in_test = False
        self._changed = asyncio.Event()
        self._is_authorized = False

    @property
    def is_open(self) -> bool:
        """Tell whether this candidate can work on."""
        return super().is_open and self._in_test

    async def enter(self, access_code: str) -> None:
        """Wait for the authorization and enter the test."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while not self._is_authorized:
                self._changed.clear()
                await self._changed.wait()
            await self.ask({"type": "enter", "key": new_key(), "access_code": access_code, "total": TOTAL})
            while not self._in_test:
                self._changed.clear()
                await self._changed.wait()

    def hear(self, text: bytes) -> None:
        """Answer beats, acknowledge states, remember what was refused."""
        if text.startswith(CANDIDATE_BEAT):
            self.say(ALIVE)
            return
        told = _candidate_hears(text)
        if isinstance(told, protocol.State):
            self._in_test, self._is_authorized = told.in_test, told.authorization is not None
            self.say(b'{"type":"ack","version":%d}' % told.version)
            self.settle()
            self._changed.set()
        elif isinstance(told, Reply):
            self.hear_reply(told)
            self._heed(told)

    def _heed(self, reply: Reply) -> None:
        """Forget a call that was answered; what came too fast is said again when the hub says so, as a page does."""
        error = reply.error
        if not isinstance(error, protocol.ErrorView) or error.code != "rate_limited":
            self._calls.pop(reply.ref or 0, None)
            if not reply.ok:
                self._arm.refused.append(str(error))
            return
        self._arm.slowed += 1
        pause = (error.after_ms or 0) / 1000 + random.uniform(0.0, 0.1)
        asyncio.get_running_loop().call_later(pause, self._repeat, reply.ref)

    def _repeat(self, ref: int | None) -> None:
        if ref in self._calls:
            self.say(self._calls[ref])
        elif self._seat.line is self and self._seat.times:
            self.progress(len(self._seat.times))

    def progress(self, number: int) -> None:
        """Tell the number of answers."""
        self.say(progress_frame(number))

    def call(self, number: int) -> None:
        """Call for help; kept until the hub has answered."""
        ref = 1000 + number
        self._calls[ref] = _encode(
            {"type": "help", "ref": ref, "key": new_key(), "kind": "other", "question": None, "text": str(number)}
        )
        self.say(self._calls[ref])

    def say_again(self) -> None:
        """On a new line: repeat what was not answered, with the same keys."""
        for frame in list(self._calls.values()):
            self.say(frame)


class HubDashboard(HubLine):
    """A dashboard's line: holds a position, judges what it hears, and asks for what it misses."""

    path = "/ws/invigilator"

    def __init__(self, screen: Screen, token: str, arm: Arm) -> None:
        self._screen = screen
        number = screen.room.number_on_the_wire
        self._heard: Heard = screen.told.setdefault("heard", Heard(number, on_fault=arm.wrong.append))
        position = {"position": self._heard.position} if self._heard.position else {}
        super().__init__({"token": token, "session": number, **position})

    def hear(self, text: bytes) -> None:
        """Judge a frame, show what it says, answer beats."""
        faults, frame = self._heard.fault_count, decode(text)
        self._heard.hear(frame)
        if type(frame) is Events:
            self._screen.hear(facts(frame.events), is_whole=self._heard.fault_count == faults)
            self.settle()
        elif type(frame) is Snapshot:
            self._screen.show(shown(frame.candidates))
            self.settle()
        elif type(frame) is Beat:
            self.say(ALIVE)
            if frame.seq > self._heard.seq:
                self.say(_encode({"type": "sync", "position": self._heard.position}))
        elif type(frame) is Reply:
            self.hear_reply(frame)

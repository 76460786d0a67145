"""Who the swarm is made of: candidates who say little, dashboards who check everything they are told."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from time import monotonic

import msgspec

from channels import wire
from loadtests.client import RESEND_SECONDS, Backoff, LineLost, new_key
from loadtests.frames import Beat, Events, Snapshot, decode
from loadtests.heard import Heard
from loadtests.owed import ENTRIES, GIVES, PROGRESS_REF, Sent
from loadtests.swarm.line import NoLine, SwarmLine
from loadtests.swarm.tally import Awaited, Tally

ALIVE = b'{"type":"alive"}'
BEAT = b'{"type":"beat"'
STATE = b'{"type":"state"'
QUESTIONS = 10_000
"""As many as the wire allows: nobody finishes while something is measured."""

_encode = msgspec.json.Encoder().encode
_state = msgspec.json.Decoder(wire.State).decode
_candidate_hears = msgspec.json.Decoder(wire.CandidateHears).decode


class Address:
    """Where the hubs are: clients that come back go round."""

    def __init__(self, *ports: int) -> None:
        self.ports: Sequence[int] = ports
        self.host = "127.0.0.1"

    def port(self, turn: int) -> int:
        """Return the port for a client's n-th try."""
        return self.ports[turn % len(self.ports)]


class Member(ABC):
    """One client: a line at a time, and its replies."""

    path = ""

    def __init__(self, address: Address, turn: int, sent: Sent) -> None:
        self.address, self._turn, self.sent = address, turn, sent
        self.line: SwarmLine | None = None
        self._opened_at = 0.0
        self._goodbye: LineLost | None = None
        self._backoff = Backoff()
        self.is_staying = False
        self._waiting: list[asyncio.Future[None]] = []
        self.lost = self.asked_again = 0
        self._ref = 0
        self._replies: dict[int, asyncio.Future[wire.Reply]] = {}

    @property
    def is_open(self) -> bool:
        """Tell whether there is a line."""
        return self.line is not None and self.line.is_open

    @property
    def port(self) -> int:
        """Tell where this client is, or tries to be."""
        return self.address.port(self._turn)

    async def connect(self) -> None:
        """Open a line and say hello. Raises NoLine."""
        line = await SwarmLine.open(self.address.host, self.port, self.path, self.hear)
        self.line, self._opened_at, self._goodbye = line, monotonic(), None
        line.on_closed = lambda code: self._closed(line, code)
        line.say(self._hello())

    @abstractmethod
    def _hello(self) -> bytes: ...

    @abstractmethod
    def hear(self, text: bytes) -> None:
        """Hear one frame."""

    def leave(self) -> None:
        """Leave for good."""
        self.is_staying = False
        if self.line is not None:
            self.line.leave()

    async def do(self, frame: Mapping[str, object]) -> wire.Reply:
        """Do a deed as a page does: under one key, again as long as the hub says that it may succeed later."""
        key, begun = new_key(), monotonic()
        while True:
            try:
                reply = await asyncio.wait_for(self._ask(frame, key), RESEND_SECONDS)
            except (NoLine, TimeoutError):
                reply = None
            error = reply.error if reply is not None else None
            may_succeed = reply is None or (isinstance(error, wire.ErrorView) and error.retry)
            if not may_succeed or monotonic() - begun > RESEND_SECONDS:
                if reply is None:
                    raise NoLine("no answer in the time that a client asks again")
                return reply
            self.asked_again += 1
            after_ms = error.after_ms if isinstance(error, wire.ErrorView) else None
            await asyncio.sleep((after_ms or 500) / 1000)

    def _ask(self, frame: Mapping[str, object], key: str) -> asyncio.Future[wire.Reply]:
        """Send a keyed frame; the future gives its reply, or NoLine. Raises NoLine when there is no line at all."""
        if self.line is None:
            raise NoLine("no line")
        self._ref += 1
        reply: asyncio.Future[wire.Reply] = asyncio.get_running_loop().create_future()
        self._replies[self._ref] = reply
        self.say({**frame, "ref": self._ref, "key": key})
        return reply

    async def changed(self) -> None:
        """Wait until this member hears something that matters, or loses its line."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        await waiting

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.done():
                one.set_result(None)

    def say(self, frame: Mapping[str, object]) -> None:
        """Send a frame."""
        if self.line is not None:
            self.line.say(_encode(frame))

    def _replied(self, reply: wire.Reply) -> None:
        waiting = self._replies.pop(reply.ref, None) if reply.ref is not None else None
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)

    def _closed(self, line: SwarmLine, code: int) -> None:
        if line is not self.line:
            return
        self.line = None
        self.lost += 1
        for one in self._replies.values():
            if not one.done():
                one.set_exception(NoLine(str(code)))
        self._replies.clear()
        self._tell()
        lost = self._goodbye or LineLost.closed(code)
        if self.is_staying and lost.may_return:
            pause = self._backoff.pause(lost, monotonic() - self._opened_at)
            self._coming = asyncio.get_running_loop().create_task(self._come_back(pause))

    async def _come_back(self, pause: float) -> None:
        """Come back as every client of the protocol does, until there is a line."""
        while True:
            await asyncio.sleep(pause)
            if not self.is_staying:
                return
            self._turn += 1
            with suppress(NoLine):
                await self.connect()
                return
            pause = self._backoff.pause(LineLost(), 0.0)


class Candidate(Member):
    """One candidate's client."""

    path = "/ws/candidate"

    def __init__(self, address: Address, turn: int, number: int, token: str, id_: int, sent: Sent) -> None:
        super().__init__(address, turn, sent)
        self.number, self.id = number, id_
        self._token = token
        self.state: wire.State | None = None
        self.answered = 0
        self._is_behind = True
        """On this line the hub has not yet said how far it is: what is said now may be refused."""

    def _hello(self) -> bytes:
        return _encode({"type": "hello", "token": self._token, "session": self.number})

    def hear(self, text: bytes) -> None:
        """Answer beats, keep the state."""
        if text.startswith(BEAT):
            if self.line is not None:
                self.line.say(ALIVE)
        elif text.startswith(STATE):
            self.state = _state(text)
            if self._is_behind and self.state.in_test:
                self._catch_up(max(0, self.state.answered or 0))
            self._tell()
        else:
            frame = _candidate_hears(text)
            if isinstance(frame, wire.Reply):
                if frame.ref is not None and frame.ref > PROGRESS_REF:
                    self.sent.refused(self.id, frame.ref - PROGRESS_REF)
                self._replied(frame)
            elif isinstance(frame, wire.Bye):
                self._goodbye = LineLost.told(frame)

    async def enter(self, access_code: str) -> wire.Reply:
        """Type the code."""
        kind = ENTRIES[(self.state and self.state.authorization) or "start"]
        reply = await self.do({"type": "enter", "access_code": access_code, "total": QUESTIONS})
        self.sent.replied(kind, reply, self.id)
        return reply

    async def call(self) -> wire.Reply:
        """Call for help."""
        reply = await self.do({"type": "help", "kind": "question", "question": 1, "text": "?"})
        self.sent.replied(GIVES["help"], reply, self.id)
        return reply

    def advance(self) -> None:
        """Answer one more question; without a seat, it is said once there is one again."""
        self.answered += 1
        if not self._is_behind:
            self._say_progress()

    def _catch_up(self, known: int) -> None:
        """Say how far this candidate is, if the hub does not know: what was said last may have gone with the line."""
        self._is_behind = False
        self.sent.line_back(self.id, known)
        if known < self.answered:
            self._say_progress()

    def _say_progress(self) -> None:
        self.sent.progress(self.id, self.answered)
        if self.line is not None:
            said = self.answered, QUESTIONS, PROGRESS_REF + self.answered
            self.line.say(b'{"type":"progress","answered":%d,"total":%d,"ref":%d}' % said)

    def _closed(self, line: SwarmLine, code: int) -> None:
        if line is self.line:
            self._is_behind = True
            self.sent.line_lost(self.id)
        super()._closed(line, code)


class Dashboard(Member):
    """One invigilator's console: whatever the protocol forbids is noted, and when progress arrives."""

    path = "/ws/invigilator"

    def __init__(self, address: Address, turn: int, number: int, token: str, tally: Tally, sent: Sent) -> None:
        super().__init__(address, turn, sent)
        self.number, self._token = number, token
        self.awaited = Awaited(tally, number)
        self.heard = Heard(number, self.awaited.heard, tally.faults.append, keeps_log=True)

    @property
    def epoch(self) -> str | None:
        """Return the epoch of what is held; None before the first snapshot."""
        return self.heard.epoch

    @property
    def progress(self) -> Mapping[int, int]:
        """Return how far everybody is shown who has begun."""
        return self.heard.progress

    @property
    def attempts(self) -> Mapping[int, str]:
        """Return everybody's attempt, as it is shown."""
        return {number: row["attempt"] for number, row in self.heard.rows.items()}

    def _hello(self) -> bytes:
        hello = {"type": "hello", "token": self._token, "session": self.number}
        return _encode({**hello, "position": self.heard.position} if self.heard.position else hello)

    def hear(self, text: bytes) -> None:
        """Judge one frame, answer a beat, and wake whoever waits for news."""
        self.awaited.now = monotonic()
        frame = decode(text)
        self.heard.hear(frame)
        if type(frame) is Events or type(frame) is Snapshot:
            if self._waiting:
                self._tell()
        elif type(frame) is Beat and self.line is not None:
            self.line.say(ALIVE)
        elif type(frame) is wire.Reply:
            self._replied(frame)
        elif type(frame) is wire.Bye:
            self._goodbye = LineLost.told(frame)

    async def command(self, type_: str, candidates: Sequence[int] | str, **fields: object) -> wire.Reply:
        """Give a command; what it gives is owed to every dashboard of the room once it is acknowledged."""
        reply = await self.do({"type": type_, "candidates": candidates, **fields})
        self.sent.replied(GIVES[type_], reply)
        return reply

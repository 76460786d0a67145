"""A lean swarm of candidates: one protocol object each, no task, no queue; hundreds on one core beside the hubs.

Each member is in the test already and does what a page does: says hello, answers beats, works on, drops a silent line,
and comes back with full jitter to whichever hub lives. Whoever is told to be out of the test has paid for somebody
else's accident: that is kept as a wrong.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager

import msgspec
from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from tests.faults.halls import TOTAL, Hall
from tests.faults.hubs import Hub
from tests.faults.rig import Rig
from tests.story.client import PROTOCOL, Candidate

FIRST_TRY_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 20.0
SILENCE_SECONDS = 9.0
ANSWER_SECONDS = 9.0
"""How long a hello may go unanswered: as long as any silence."""
LOOK_SECONDS = 0.25
POLL_SECONDS = 0.02
BEATS_PER_ANSWER = 5
ALIVE = '{"type":"alive"}'


class Told(msgspec.Struct):
    """What a member reads of any frame."""

    type: str
    in_test: bool = False
    attempt: str = ""
    suspended_since: str | None = None
    answered: int | None = None
    code: int = 0
    after_ms: int = 0
    ok: bool = True


_told = msgspec.json.Decoder(Told)


class Member(asyncio.Protocol):
    """One candidate's client. `absences` are the times without a seat, once it had one: (lost, back).

    `accepted`: how many answers a state has shown, so that the hub has taken them.
    `extra_seconds`: how much later than it could it comes back the next time, as after a machine was restarted.
    """

    def __init__(self, swarm: Swarm, hall: Hall, place: int) -> None:
        self._swarm, self._hall, self._place = swarm, hall, place
        self.candidate, self.number = hall.room.ids[place], hall.room.number
        self.name = f"c{hall.room.ids[place]}@{hall.room.number}"
        self.is_seated = False
        self.answered = self.accepted = 0
        self.extra_seconds = 0.0
        self.heard_at = 0.0
        self.lost_at: float | None = None
        self.absences: list[tuple[float, float]] = []
        self.byes: list[int] = []
        self.hub: Hub | None = None
        self._tries = self._beats = 0
        self._after_ms = 0
        self._transport: asyncio.Transport | None = None
        self._socket: ClientProtocol

    def is_back(self, since: float) -> bool:
        """Tell whether this member has lost a line since an instant and is in the test again."""
        return self.is_seated and bool(self.absences) and self.absences[-1][0] >= since

    # ── coming and going ───────────────────────────────────────────────────────────────────────────────────

    async def connect(self, hub: Hub | None = None) -> None:
        """Call a hub; what comes of it is heard, not awaited."""
        self.hub = hub or self._swarm.rig.gate(self._swarm.chance)
        uri = self.hub.own_url.replace("http", "ws", 1) + Candidate.path
        self._socket = ClientProtocol(parse_uri(uri), subprotocols=[Subprotocol(PROTOCOL)])
        self.heard_at = time.monotonic()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                target = self._socket.uri
                await asyncio.get_running_loop().create_connection(lambda: self, target.host, target.port)
        except (OSError, TimeoutError):
            self._come_back()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._socket.send_request(self._socket.connect())
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self.is_seated:
            self.is_seated, self.lost_at = False, time.monotonic()
        self._come_back()

    def drop(self) -> None:
        """Cut the line from this side."""
        if self._transport is not None:
            self._transport.abort()

    def _come_back(self) -> None:
        if self._swarm.is_leaving or any(4000 <= code < 4100 for code in self.byes[-1:]):
            return
        ceiling = min(LONGEST_PAUSE_SECONDS, FIRST_TRY_SECONDS * 2**self._tries)
        self._tries = min(self._tries + 1, 10)
        pause = self.extra_seconds + self._after_ms / 1000 + self._swarm.chance.uniform(0, ceiling)
        self.extra_seconds = self._after_ms = 0
        asyncio.get_running_loop().call_later(pause, self._swarm.call, self)

    # ── hearing and saying ─────────────────────────────────────────────────────────────────────────────────

    def data_received(self, data: bytes) -> None:
        self.heard_at = time.monotonic()
        self._socket.receive_data(data)
        for event in self._socket.events_received():
            if isinstance(event, Response):
                self._say({"type": "hello", "token": self._hall.tokens[self._place]})
            elif event.opcode is Opcode.TEXT:
                self._hear(_told.decode(event.data))
        self._flush()

    def eof_received(self) -> None:
        self._socket.receive_eof()
        self._flush()

    def _hear(self, told: Told) -> None:
        match told.type:
            case "beat":
                self._send(ALIVE.encode())
                self._work()
            case "state":
                self._hear_state(told)
            case "bye":
                self.byes.append(told.code)
                self._after_ms = told.after_ms
                if told.code < 4100:
                    self._swarm.wrong(self, f"was sent away for good with {told.code}")
            case "reply" if not told.ok:
                self._swarm.wrong(self, "was refused something")
            case _:
                pass

    def _hear_state(self, told: Told) -> None:
        self.accepted = max(self.accepted, told.answered or 0)
        if told.in_test:
            if self.lost_at is not None:
                self.absences.append((self.lost_at, time.monotonic()))
            self.is_seated, self.lost_at, self._tries = True, None, 0
        else:
            self._swarm.wrong(self, f"is out of the test: {told.attempt}, suspended since {told.suspended_since}")
            self.is_seated = False

    def _work(self) -> None:
        """Answer a question now and then, so that there is something to lose."""
        self._beats += 1
        if self.is_seated and self._beats % BEATS_PER_ANSWER == 0:
            self.answered += 1
            self._say({"type": "progress", "answered": self.answered, "total": TOTAL})

    def _say(self, frame: dict[str, object]) -> None:
        self._send(msgspec.json.encode(frame))

    def _send(self, text: bytes) -> None:
        """Send a text; what was said in one breath with a close comes too late to be answered."""
        if self._socket.state is State.OPEN:
            self._socket.send_text(text)

    def _flush(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        for data in self._socket.data_to_send():
            if data:
                transport.write(data)
            else:
                transport.close()


class Swarm:
    """All members, and what they found wrong."""

    def __init__(self, rig: Rig, found: Sequence[Hall]) -> None:
        self.rig, self.chance = rig, random.Random(f"{rig.seed}/swarm")
        self.members = [Member(self, hall, place) for hall in found for place in range(len(hall.tokens))]
        self.wrongs: list[str] = []
        self.is_leaving = False
        self._calls: set[asyncio.Task[None]] = set()

    def call(self, member: Member, hub: Hub | None = None) -> None:
        """Let a member connect, to a hub of its choice or to this one."""
        if not self.is_leaving:
            task = asyncio.create_task(member.connect(hub))
            self._calls.add(task)
            task.add_done_callback(self._calls.discard)

    def wrong(self, member: Member, what: str) -> None:
        self.wrongs.append(f"{member.name} on {member.hub.name if member.hub else '?'}: {what}")
        self.rig.journal.note(member.name, f"WRONG {what}")

    def missing(self) -> list[Member]:
        """List who is not in the test on a standing line."""
        return [one for one in self.members if not one.is_seated]

    async def seated(self, within: float) -> None:
        """Wait until everybody is in the test."""
        await self._until_none(self.missing, within)

    async def all_back(self, since: float, within: float, *, but: Collection[Member] = ()) -> float:
        """Wait until everybody has lost a line since an instant and is in the test again; return how long it took."""
        expected = [one for one in self.members if one not in but]
        await self._until_none(lambda: [one for one in expected if not one.is_back(since)], within)
        return time.monotonic() - since

    async def _until_none(self, missing: Callable[[], list[Member]], within: float) -> None:
        begun = time.monotonic()
        while left := missing():
            took = time.monotonic() - begun
            assert took < within, f"{len(left)} are missing after {took:.0f} s, such as {left[0].name}"
            await asyncio.sleep(POLL_SECONDS)

    async def watch_silence(self) -> None:
        """Drop each line that has been silent for too long."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = time.monotonic()
            for one in self.members:
                if one._transport is not None and now - one.heard_at > SILENCE_SECONDS:
                    one.drop()


@asynccontextmanager
async def swarm(rig: Rig, found: Sequence[Hall], homes: Sequence[Hub], pause: float = 0.02) -> AsyncIterator[Swarm]:
    """Let everybody of these rooms connect, spread over these hubs, with a pause after each fifty."""
    members = Swarm(rig, found)
    watching = asyncio.create_task(members.watch_silence(), name="swarm")
    for number, one in enumerate(members.members):
        members.call(one, homes[number % len(homes)])
        if number % 50 == 49:
            await asyncio.sleep(pause)
    try:
        yield members
    finally:
        members.is_leaving = True
        watching.cancel()
        for one in members.members:
            one.drop()
        await asyncio.gather(watching, *members._calls, return_exceptions=True)

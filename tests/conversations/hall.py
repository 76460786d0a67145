"""A hall for tests of conversations: nodes on the twins in memory, lines of strings, and a clock that is moved."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, cast

from channels import wire
from channels.close_codes import CloseCode
from channels.connection import Connection
from channels.mirror import Mirror
from channels.node import Node, Pace, Stores
from hub.announcer import Announcer
from hub.directory import Directory
from hub.live import LiveStore
from hub.model import (
    AccountId,
    Candidate,
    CandidateId,
    ClientId,
    ConnectionId,
    NodeId,
    Person,
    Room,
    Roster,
    SessionNumber,
    Sheet,
    account_author,
)
from hub.people import Account, Role
from hub.policy import Policy
from hub.ports import Ledger, Standing, StoreUnavailable
from hub.preparation import KnownClient
from hub.service import Decisions
from hub.standing import Claim
from hub.tokens import token_digest
from state.memory_ledger import MemoryLedger
from state.memory_live import MemoryBell, MemoryLiveServer, MemoryLiveStore
from state.memory_live_server import Stage

NUMBER = SessionNumber(296)
CODE = "XGDZ45"
STAFF = {
    "token-durand": Account(AccountId(1), "a.durand@example.org", "A. Durand", Role.INVIGILATOR),
    "token-martin": Account(AccountId(2), "b.martin@example.org", "B. Martin", Role.INVIGILATOR),
    "token-roy": Account(AccountId(3), "m.roy@example.org", "M. Roy", Role.CENTER_ADMIN),
}
QUICK = Pace(verify=0.02, settle=0.02, losses=0.02, flush=0.02, rights=0.02, drain=0.1, notice=0, look=600)
STILL = Pace(verify=600, settle=600, losses=600, flush=600, rights=600, drain=0.1, notice=0, look=600)
"""For tests that say themselves what happens when: no periodic job comes in between."""

_refs = count(1)

STEP_SECONDS = 6.0
"""Longest step of the clock in which everybody still gives a sign of life: well below the silence that cuts."""

Json = dict[str, Any]


class ManualClock:
    """A clock that only tests move, for the node and for the ledger alike."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
        self._start = self._now

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return 1000.0 + (self._now - self._start).total_seconds()

    def pass_(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class Failing:
    """A node's door to a store: counts the calls, and fails those it is told to."""

    def __init__(self, inner: object) -> None:
        self._inner = inner
        self._accident: type[Exception] = StoreUnavailable
        self._failing: frozenset[str] | None = frozenset()
        self._stand_ins: dict[str, Callable[..., object]] = {}
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> object:
        real = self._stand_ins.get(name) or getattr(self._inner, name)

        def call(*given: object, **named: object) -> object:
            self.calls[name] += 1
            if name in ("trust", "hang_up"):
                return real(*given, **named)  # said to the door, not to the store
            if self._failing is None or name in self._failing:
                raise self._accident(f"{name} fails in this test")
            return real(*given, **named)

        return call

    def fail(self, *names: str, accident: type[Exception] = StoreUnavailable) -> None:
        """Fail these calls from now on, or every call when none is named."""
        self._accident, self._failing = accident, frozenset(names) if names else None

    def mend(self) -> None:
        """Pass every call on again."""
        self._failing = frozenset()

    def stand_in(self, name: str, call: Callable[..., object]) -> None:
        """Answer one kind of call in the store's place."""
        self._stand_ins[name] = call


class HubEnd:
    """The hub's end of a socket."""

    def __init__(self, line: TestLine) -> None:
        self._line = line

    def listen(self, hear: Callable[[str | bytes | None], None]) -> None:
        said, self._line.unheard = self._line.unheard, []
        self._line.tell = hear
        for one in said:
            hear(one)

    def say(self, text: bytes) -> bool:
        return self._line.take(text)

    async def drained(self) -> None:
        await self._line.reads.wait()

    async def close(self, code: int) -> None:
        self._line.closed_with = code
        self._line.let_go()


class TestLine:
    """A socket whose client's end is in the hands of a test."""

    __test__ = False

    def __init__(self) -> None:
        self.unheard: list[str | bytes | None] = []
        self.tell: Callable[[str | bytes | None], None] = self.unheard.append
        self._heard: asyncio.Queue[Json] = asyncio.Queue()
        self.given: list[Json] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self._reads_one = False
        self._offered: bytes | None = None
        self.identity: ConnectionId | None = None
        self.closed_with: int | None = None
        self.task: asyncio.Task[None] | None = None

    def take(self, text: bytes) -> bool:
        """Note what the hub would say; read it unless nothing is read, and then it comes again."""
        frame: Json = json.loads(text)
        if text != self._offered:
            self.given.append(frame)
        self._offered = text
        if not self.reads.is_set() and not self._reads_one:
            return False
        self._offered, self._reads_one = None, False
        if frame["type"] == "welcome":
            self.identity = ConnectionId(str(frame["connection"]))
        self._heard.put_nowait(frame)
        return True

    def say(self, **frame: object) -> None:
        self.tell(json.dumps(frame))

    def say_raw(self, raw: str | bytes) -> None:
        self.tell(raw)

    async def hear(self, kind: str, where: Callable[[Json], bool] = lambda _: True) -> Json:
        """Return the next frame of a kind, passing over others."""
        async with asyncio.timeout(5):
            while True:
                frame = await self._heard.get()
                if frame["type"] == kind and where(frame):
                    return frame

    def read_one(self) -> None:
        """Take the one frame that waits to be read, while reading nothing else."""
        self._reads_one = True
        self.reads.set()
        self.reads.clear()

    @property
    def is_listened_to(self) -> bool:
        """Tell whether the hub has taken everything that was said."""
        return not self.unheard

    async def hang_up(self) -> None:
        self.tell(None)
        self.let_go()
        assert self.task is not None
        await self.task

    def let_go(self) -> None:
        """Tell nobody any more, as a socket that is closed does."""
        self.tell = self.unheard.append


class FewDirectory:
    """The part of the directory that sockets ask, for known people."""

    def __init__(self) -> None:
        self.answers, self.lists = asyncio.Event(), asyncio.Event()
        self.answers.set()
        self.lists.set()
        self.asked = 0
        self.known: dict[bytes, KnownClient] = {}
        self.signed_out: set[bytes] = set()
        self.on_the_wall: list[SessionNumber] = [NUMBER]
        self.commands: set[AccountId] = set()
        self.forbidden: set[AccountId] = set()

    async def clients(self, token_hashes: Collection[bytes]) -> Mapping[bytes, KnownClient]:
        self.asked += 1
        await self.answers.wait()
        return {one: self.known[one] for one in token_hashes if one in self.known}

    async def find_login(self, secret_hash: bytes) -> Account | None:
        return next((one for token, one in STAFF.items() if token_digest(token) == secret_hash), None)

    async def still_signed_in(self, secret_hashes: Collection[bytes]) -> frozenset[bytes]:
        return frozenset(secret_hashes) - self.signed_out

    async def standing(self, account: AccountId, number: SessionNumber) -> Standing:
        if number != NUMBER:
            return Standing.NONE
        is_watching = account == STAFF["token-roy"].id and account not in self.commands
        return Standing.WATCH if is_watching else Standing.COMMAND

    async def wall(self, account: AccountId) -> Sequence[SessionNumber]:
        await self.lists.wait()
        return self.on_the_wall

    async def standings(
        self, asked: Collection[tuple[AccountId, SessionNumber]]
    ) -> Mapping[tuple[AccountId, SessionNumber], Standing]:
        return {one: Standing.NONE if one[0] in self.forbidden else await self.standing(*one) for one in asked}

    async def session_exists(self, number: SessionNumber) -> bool:
        return number == NUMBER


@dataclass
class Hall:
    """One node and what stands around it; the doors are what the node itself has of the stores."""

    clock: ManualClock
    ledger: MemoryLedger
    live: MemoryLiveStore
    server: MemoryLiveServer
    directory: FewDirectory
    node: Node
    bell: MemoryBell
    ledger_door: Failing
    live_door: Failing
    lines: list[TestLine] = field(default_factory=list)

    def client(self, candidate: int, name: str) -> str:
        """Mint a client of a candidate; returns its token."""
        token, identity = f"token-{name}", ClientId(f"client-{name}")
        known = KnownClient(identity, CandidateId(candidate), NUMBER, is_running=False)
        self.directory.known[token_digest(token)] = known
        self.ledger.add_client(NUMBER, identity, CandidateId(candidate))
        return token

    def connection(self, line: TestLine) -> Connection[wire.CandidateFrame] | Connection[wire.InvigilatorFrame]:
        """Return the hub's side of a welcomed line."""
        assert line.identity is not None
        return self.node._sockets[line.identity].connection

    def end_line(self, line: TestLine, code: int) -> None:
        """Let the hub itself say goodbye on a line."""
        self.connection(line).end(CloseCode(code))

    @property
    def mirror(self) -> Mirror:
        """Return this node's copy of the room."""
        return self.node._rooms.opened()[0]

    @property
    def stage(self) -> Stage:
        """Return the room as the live store has it."""
        return self.server.stages[NUMBER]

    async def row(self, candidate: int) -> Candidate:
        """Return a candidate's row as the ledger has it."""
        return (await self.ledger.room(NUMBER)).candidates[CandidateId(candidate)]

    def live_seat(self, candidate: int) -> ConnectionId | None:
        """Return which connection the live store believes in the seat."""
        seat = self.stage.lines[CandidateId(candidate)].seat
        return seat.connection if seat is not None else None

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until the hub has done something, a few seconds at most."""
        async with asyncio.timeout(5):
            while not is_so():
                await asyncio.sleep(0.01)

    async def until_row(self, candidate: int, is_so: Callable[[Candidate], bool]) -> Candidate:
        """Wait until a candidate's row in the ledger is as it should be; returns it."""
        async with asyncio.timeout(5):
            while not is_so(row := await self.row(candidate)):
                await asyncio.sleep(0.01)
        return row

    async def rounds(self, count: int = 3) -> None:
        """Let the node's periodic jobs come round a few times: what they do not do now they would not do."""
        wanted = self.ledger_door.calls["heads"] + count
        await self.until(lambda: self.ledger_door.calls["heads"] >= wanted)

    async def pass_time(self, seconds: float, and_at: Collection[Hall] = ()) -> None:
        """Move the clock while everybody on the line gives signs of life, and let the jobs do their part."""
        while seconds > 0:
            step = min(seconds, STEP_SECONDS)
            seconds -= step
            self.clock.pass_(step)
            lines = [line for one in (self, *and_at) for line in one.lines]
            await self._give_signs([line for line in lines if line.task is not None and not line.task.done()])
            await self.rounds(1)
        for one in (self, *and_at):
            await one.rounds()

    async def _give_signs(self, living: Collection[TestLine]) -> None:
        for line in living:
            line.say(type="alive")
        await self.until(lambda: all(line.is_listened_to for line in living))

    def line(self, serve: str) -> TestLine:
        line = TestLine()
        talks = {
            "candidate": self.node.serve_candidate,
            "invigilator": lambda line: self.node.serve_invigilator(line, None),
            "admin": lambda line: self.node.serve_admin(line, None),
        }
        line.task = asyncio.create_task(talks[serve](HubEnd(line)))
        self.lines.append(line)
        return line

    async def candidate(self, token: str) -> tuple[TestLine, Json]:
        """Connect a candidate's client; returns its line and its first state."""
        line = self.line("candidate")
        line.say(type="hello", token=token)
        await line.hear("welcome")
        return line, await line.hear("state")

    async def dashboard(self, who: str = "token-durand", **hello: object) -> TestLine:
        line = self.line("invigilator")
        line.say(type="hello", token=who, session=NUMBER, **hello)
        await line.hear("welcome")
        return line

    async def wall(self, who: str = "token-roy") -> TestLine:
        line = self.line("admin")
        line.say(type="hello", token=who)
        await line.hear("welcome")
        return line

    async def command(self, line: TestLine, kind: str, candidates: object = None, **more: object) -> Json:
        """Send one command and return its reply."""
        ref = next(_refs)
        about = {} if candidates is None else {"candidates": candidates}
        line.say(type=kind, ref=ref, key=f"key-{ref:08d}", **about, **more)
        return await line.hear("reply", lambda frame: frame["ref"] == ref)


def roster(candidates: int) -> Roster:
    """Return the sheet and the list of the session."""
    sheet = Sheet(NUMBER, "Centre", "Site", "Salle 1", date(2026, 11, 21), "09:00", "Europe/Paris", "AED", "", CODE)
    people = {
        CandidateId(one): Person(f"NOM{one}", f"Prénom{one}", date(2010, 1, one)) for one in range(1, candidates + 1)
    }
    return Roster(1, sheet, people, {account_author(one.id): one.name for one in STAFF.values()})


@asynccontextmanager
async def hall(candidates: int = 3, policy: Policy | None = None, pace: Pace = QUICK) -> AsyncIterator[Hall]:
    """Open a hall with a session of a few candidates."""
    async with halls(1, candidates, policy, pace) as (only,):
        yield only


@asynccontextmanager
async def halls(
    nodes: int, candidates: int = 3, policy: Policy | None = None, pace: Pace = QUICK
) -> AsyncIterator[tuple[Hall, ...]]:
    """Open one hall as several nodes serve it: they share the stores and the clock."""
    clock, rules, directory = ManualClock(), policy or Policy(), FewDirectory()
    ledger, server = _ledger(clock, candidates), MemoryLiveServer(clock.now)
    async with AsyncExitStack() as opened:
        yield tuple(
            [
                await opened.enter_async_context(_served(f"node-{one}", clock, ledger, server, directory, rules, pace))
                for one in range(1, nodes + 1)
            ]
        )


def _ledger(clock: ManualClock, candidates: int) -> MemoryLedger:
    ledger = MemoryLedger(clock.now)
    rows = {
        CandidateId(one): Candidate(CandidateId(one), reserved_number=500 + one) for one in range(1, candidates + 1)
    }
    ledger.open(Room(NUMBER, rows), roster(candidates))
    for account in STAFF.values():
        is_admin = account.role is Role.CENTER_ADMIN
        ledger.claim(NUMBER, account_author(account.id), Claim(account.id, account.role, not is_admin, is_admin))
    return ledger


@asynccontextmanager
async def _served(
    name: str,
    clock: ManualClock,
    ledger: MemoryLedger,
    server: MemoryLiveServer,
    directory: FewDirectory,
    rules: Policy,
    pace: Pace,
) -> AsyncIterator[Hall]:
    """Let one node serve the hall."""
    live, bell = MemoryLiveStore(server, NodeId(name)), MemoryBell(server)
    doors = Failing(ledger), Failing(live)
    ledger_port, live_port = cast(Ledger, doors[0]), cast(LiveStore, doors[1])
    announcer = Announcer(ledger_port, live_port)
    decisions = Decisions(ledger_port, announcer, clock, rules)
    stores = Stores(ledger_port, live_port, bell, cast(Directory, directory))
    node = Node(stores, decisions, announcer, clock, rules, pace)
    await node.start()
    opened = Hall(clock, ledger, live, server, directory, node, bell, *doors)
    try:
        yield opened
    finally:
        for door in doors:
            door.mend()
        await node.stop()
        for line in opened.lines:
            line.reads.set()
            line.tell(None)
        await asyncio.gather(*(line.task for line in opened.lines if line.task is not None))
        await announcer.settled()
        await bell.close()


# ── what tests of rooms begin with ─────────────────────────────────────────────────────────────────────────────


def set_of(frame: Json, kind: str) -> Json | None:
    """Return what the first event of this kind in a frame set."""
    events = frame["events"]
    assert isinstance(events, list)
    return next((event["set"] for event in events if event["type"] == kind), None)


async def seen(dashboard: TestLine, kind: str) -> Json:
    """Wait for an event of this kind on a dashboard and return what it set."""
    frame = await dashboard.hear("events", lambda one: set_of(one, kind) is not None)
    found = set_of(frame, kind)
    assert found is not None
    return found


async def seated(room: Hall, dashboard: TestLine, candidate: int = 1, name: str = "ada", total: int = 32) -> TestLine:
    """Bring a candidate into the test."""
    line, _ = await room.candidate(room.client(candidate, name))
    await room.command(dashboard, "presence.confirm", [candidate])
    await line.hear("state", lambda one: one["authorization"] == "start")
    reply = await room.command(line, "enter", access_code=CODE, total=total)
    assert reply["ok"] is True
    await line.hear("state", lambda one: one["in_test"] is True)
    return line

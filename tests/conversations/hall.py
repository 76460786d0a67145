"""A hall for tests of conversations: one node on the twins in memory, lines of strings, and a clock that is moved."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import cast

from channels.close_codes import CloseCode
from channels.node import Node, Pace, Stores
from hub.announcer import Announcer
from hub.directory import Account, Directory, KnownClient, Role
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
from hub.policy import Policy
from hub.ports import Standing
from hub.service import Decisions
from hub.tokens import token_digest
from state.memory_ledger import MemoryLedger
from state.memory_live import MemoryBell, MemoryLiveServer, MemoryLiveStore
from state.standing import Claim

NUMBER = SessionNumber(296)
CODE = "XGDZ45"
STAFF = {"token-durand": Account(AccountId(1), "a.durand@example.org", "A. Durand", Role.INVIGILATOR)}
Json = dict[str, object]


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


class TestLine:
    """The hub's end of a socket, with the client's end in the hands of a test."""

    __test__ = False

    def __init__(self) -> None:
        self._inbox: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._heard: asyncio.Queue[Json] = asyncio.Queue()
        self.closed_with: int | None = None
        self.task: asyncio.Task[None] | None = None

    async def receive(self) -> str | bytes | None:
        return await self._inbox.get()

    async def send(self, data: bytes) -> None:
        self._heard.put_nowait(json.loads(data))

    async def close(self, code: int) -> None:
        self.closed_with = code

    def say(self, **frame: object) -> None:
        self._inbox.put_nowait(json.dumps(frame))

    def say_raw(self, raw: str | bytes) -> None:
        self._inbox.put_nowait(raw)

    async def hear(self, kind: str, where: Callable[[Json], bool] = lambda _: True) -> Json:
        """Return the next frame of a kind, passing over others."""
        async with asyncio.timeout(5):
            while True:
                frame = await self._heard.get()
                if frame["type"] == kind and where(frame):
                    return frame

    async def hang_up(self) -> None:
        self._inbox.put_nowait(None)
        assert self.task is not None
        await self.task


class FewDirectory:
    """The part of the directory that sockets ask, for known people."""

    def __init__(self) -> None:
        self.known: dict[bytes, KnownClient] = {}
        self.signed_out: set[bytes] = set()

    async def clients(self, token_hashes: Collection[bytes]) -> Mapping[bytes, KnownClient]:
        return {one: self.known[one] for one in token_hashes if one in self.known}

    async def find_login(self, secret_hash: bytes) -> Account | None:
        return next((one for token, one in STAFF.items() if token_digest(token) == secret_hash), None)

    async def still_signed_in(self, secret_hashes: Collection[bytes]) -> frozenset[bytes]:
        return frozenset(secret_hashes) - self.signed_out

    async def standing(self, account: AccountId, number: SessionNumber) -> Standing:
        return Standing.COMMAND if number == NUMBER else Standing.NONE

    async def session_exists(self, number: SessionNumber) -> bool:
        return number == NUMBER


@dataclass
class Hall:
    """One node and what stands around it."""

    clock: ManualClock
    ledger: MemoryLedger
    live: MemoryLiveStore
    server: MemoryLiveServer
    directory: FewDirectory
    node: Node
    lines: list[TestLine] = field(default_factory=list)

    def client(self, candidate: int, name: str) -> str:
        """Mint a client of a candidate; returns its token."""
        token, identity = f"token-{name}", ClientId(f"client-{name}")
        self.directory.known[token_digest(token)] = KnownClient(identity, CandidateId(candidate), NUMBER, None)
        self.ledger.add_client(NUMBER, identity, CandidateId(candidate))
        return token

    def end_line(self, line: TestLine, code: int) -> None:
        """Let the hub itself say goodbye on a line."""
        held = self.node._sockets
        index = self.lines.index(line)
        list(held.values())[index].connection.end(CloseCode(code))

    def live_seat(self, candidate: int) -> ConnectionId | None:
        """Return which connection the live store believes in the seat."""
        seat = self.server.stages[NUMBER].lines[CandidateId(candidate)].seat
        return seat.connection if seat is not None else None

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until the hub has done something, a few seconds at most."""
        async with asyncio.timeout(5):
            while not is_so():
                await asyncio.sleep(0.01)

    def line(self, serve: str) -> TestLine:
        line = TestLine()
        talk = self.node.serve_candidate(line) if serve == "candidate" else self.node.serve_invigilator(line, None)
        line.task = asyncio.create_task(talk)
        self.lines.append(line)
        return line

    async def candidate(self, token: str) -> tuple[TestLine, Json]:
        """Connect a candidate's client; returns its line and its first state."""
        line = self.line("candidate")
        line.say(type="hello", token=token)
        await line.hear("welcome")
        return line, await line.hear("state")

    async def dashboard(self, **hello: object) -> TestLine:
        line = self.line("invigilator")
        line.say(type="hello", token="token-durand", session=NUMBER, **hello)
        await line.hear("welcome")
        return line

    async def command(self, line: TestLine, kind: str, candidates: object = None, **more: object) -> Json:
        """Send one command and return its reply."""
        self._ref = getattr(self, "_ref", 0) + 1
        about = {} if candidates is None else {"candidates": candidates}
        line.say(type=kind, ref=self._ref, key=f"key-{self._ref:08d}", **about, **more)
        return await line.hear("reply", lambda frame: frame["ref"] == self._ref)


def _roster(candidates: int) -> Roster:
    sheet = Sheet(NUMBER, "Centre", "Site", "Salle 1", date(2026, 11, 21), "09:00", "Europe/Paris", "AED", "", CODE)
    people = {
        CandidateId(one): Person(f"NOM{one}", f"Prénom{one}", date(2010, 1, one)) for one in range(1, candidates + 1)
    }
    return Roster(1, sheet, people, {account_author(one.id): one.name for one in STAFF.values()})


@asynccontextmanager
async def hall(candidates: int = 3, policy: Policy | None = None) -> AsyncIterator[Hall]:
    """Open a hall with a session of a few candidates."""
    clock, rules = ManualClock(), policy or Policy()
    ledger = MemoryLedger(clock.now)
    rows = {
        CandidateId(one): Candidate(CandidateId(one), reserved_number=500 + one) for one in range(1, candidates + 1)
    }
    ledger.open(Room(NUMBER, rows), _roster(candidates))
    for account in STAFF.values():
        ledger.claim(NUMBER, account_author(account.id), Claim(account.id, account.role, True, False))
    server = MemoryLiveServer(clock.now)
    live, bell, directory = MemoryLiveStore(server, NodeId("node-1")), MemoryBell(server), FewDirectory()
    announcer = Announcer(ledger, live)
    decisions = Decisions(ledger, announcer, clock, rules)
    stores = Stores(ledger, live, bell, cast(Directory, directory))
    quick = Pace(verify=0.02, settle=0.02, losses=0.02, flush=0.02, drain=0.1)
    node = Node(stores, decisions, announcer, clock, rules, quick)
    await node.start()
    opened = Hall(clock, ledger, live, server, directory, node)
    try:
        yield opened
    finally:
        await node.stop()
        for line in opened.lines:
            line.say_raw(b"") if line.task is None else line._inbox.put_nowait(None)
        await asyncio.gather(*(line.task for line in opened.lines if line.task is not None))
        await announcer.settled()
        await bell.close()

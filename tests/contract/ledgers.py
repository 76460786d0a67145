"""The two ledgers behind one set of verbs, and a short way of a decision, so that the contract reads as rules."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Protocol

import asyncpg
from msgspec.structs import replace

from hub import audit, rules
from hub.audit import AuditRecord, Recorded, Signature
from hub.commands import Command, ConfirmPresence, Enter, RoomCommand
from hub.directory import Directory
from hub.entry import Outcome
from hub.events import EventKind
from hub.model import (
    HUB,
    AccountId,
    Author,
    Candidate,
    CandidateId,
    ClientId,
    NodeId,
    Person,
    Room,
    Roster,
    SessionNumber,
    Sheet,
    account_author,
    client_author,
)
from hub.people import AccountDraft, CenterId, Role
from hub.policy import Policy
from hub.ports import Answer, Case, Docket, KeyedAnswer, Ledger, Result
from hub.preparation import NewClient, PlannedCandidate, PlannedSession, SessionSecrets
from hub.refusals import Refusal
from hub.standing import Claim
from state.database import Database
from state.directory import PostgresDirectory
from state.ledger import NODE_SECONDS, PostgresLedger
from state.memory_ledger import MemoryLedger

ACCESS_CODE = "XGDZ45"
NODE, OTHER_NODE = NodeId("one"), NodeId("other")
NOWHERE = SessionNumber(999_999_999)
_names = count(1)


@dataclass(frozen=True)
class Exam:
    """A session to play with: its number, its candidates, its invigilator and its center's admin."""

    number: SessionNumber
    candidates: tuple[CandidateId, ...]
    invigilator: Author
    admin: Author
    stranger: Author


class World(Protocol):
    """A ledger and what a test must be able to do behind its back."""

    ledger: Ledger

    async def exam(self, size: int = 3, extra_time_percentage: int = 0) -> Exam: ...
    async def client(self, exam: Exam, candidate: CandidateId) -> ClientId: ...
    async def audit(self, number: SessionNumber) -> Sequence[AuditRecord]: ...
    async def decided_ahead(self, number: SessionNumber, by: timedelta) -> None: ...
    async def until_somebody_waits(self) -> None: ...
    async def age_history(self) -> None: ...
    async def age_nodes(self) -> None: ...


@dataclass
class MemoryWorld:
    """The twin, with a clock that moves a little at each look."""

    looks: count[int] = field(default_factory=count)
    passed: timedelta = timedelta()

    def __post_init__(self) -> None:
        self.memory = MemoryLedger(self._clock, lock_seconds=0.2)
        self.ledger: Ledger = self.memory

    def _clock(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + self.passed + timedelta(milliseconds=next(self.looks))

    async def exam(self, size: int = 3, extra_time_percentage: int = 0) -> Exam:
        number = SessionNumber(next(_names))
        ids = tuple(CandidateId(next(_names)) for _ in range(size))
        rows = {one: Candidate(one, extra_time_percentage, reserved_number=100_000 + one) for one in ids}
        sheet = Sheet(number, "Lycée", "Site", "A1", date(2026, 1, 1), "09:00", "Europe/Paris", "D", "", ACCESS_CODE)
        people = {one: Person(f"Nom{at}", "Zoé", date(2000, 1, 1)) for at, one in enumerate(ids)}
        accounts = [AccountId(next(_names)) for _ in range(3)]
        authors = [account_author(account) for account in accounts]
        staff = {authors[0]: "Ann Invigilator", authors[1]: "Ada Admin"}
        self.memory.open(Room(number, rows), Roster(1, sheet, people, staff))
        self.memory.claim(number, authors[0], Claim(accounts[0], Role.INVIGILATOR, True, False))
        self.memory.claim(number, authors[1], Claim(accounts[1], Role.CENTER_ADMIN, False, True))
        self.memory.claim(number, authors[2], Claim(accounts[2], Role.CENTER_ADMIN, False, False))
        return Exam(number, ids, *authors)

    async def client(self, exam: Exam, candidate: CandidateId) -> ClientId:
        client = ClientId(f"00000000-0000-0000-0000-{next(_names):012}")
        self.memory.add_client(exam.number, client, candidate)
        return client

    async def audit(self, number: SessionNumber) -> Sequence[AuditRecord]:
        return self.memory.audit(number)

    async def decided_ahead(self, number: SessionNumber, by: timedelta) -> None:
        self.memory.kept(number).last_decided_at = self._clock() + by

    async def until_somebody_waits(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    async def age_history(self) -> None:
        """Let so much time pass that nobody has confirmed the live store's history for a while."""
        self.passed += timedelta(seconds=10)

    async def age_nodes(self) -> None:
        """Let so much time pass that no node was heard of for a while."""
        self.passed += timedelta(seconds=NODE_SECONDS)


@dataclass
class PostgresWorld:
    """The real one."""

    database: Database
    owner_db: asyncpg.Connection[asyncpg.Record]

    def __post_init__(self) -> None:
        self.ledger: Ledger = PostgresLedger(self.database)
        self.directory = PostgresDirectory(self.database)

    async def exam(self, size: int = 3, extra_time_percentage: int = 0) -> Exam:
        center = await self.directory.create_center(f"Lycée {next(_names)}")
        admin = await self._account("Ada Admin", Role.CENTER_ADMIN, (center.id,))
        candidates = tuple(
            PlannedCandidate(
                f"Nom{at}", "Zoé", date(2000, 1, 1), "F", "FRANCE", extra_time_percentage=extra_time_percentage
            )
            for at in range(size)
        )
        planned = PlannedSession(None, "Site", "A1", date(2026, 1, 1), "09:00", "D", "", candidates)
        waiting = await self.directory.store_import(admin, center.id, (planned,))
        made = await self.directory.confirm_import(waiting, admin, [SessionSecrets(ACCESS_CODE, b"sealed")])
        assert made is not None
        assert not hasattr(made, "problems")
        number = made.sessions[0].number
        invigilator = await self._account("Ann Invigilator", Role.INVIGILATOR)
        await self.directory.grant_invigilation(invigilator, number)
        stranger = await self._account("Sam Stranger", Role.CENTER_ADMIN)
        room = await self.ledger.room(number)
        authors = (account_author(one) for one in (invigilator, admin, stranger))
        return Exam(number, tuple(room.candidates), *authors)

    async def _account(self, name: str, role: Role, centers: tuple[CenterId, ...] = ()) -> AccountId:
        draft = AccountDraft(f"{next(_names)}@example.org", name, role, centers)
        return (await self.directory.create_account(draft)).id

    async def client(self, exam: Exam, candidate: CandidateId) -> ClientId:
        return await minted(self.directory, candidate, f"token {next(_names)}".encode())

    async def audit(self, number: SessionNumber) -> Sequence[AuditRecord]:
        return await audit_in_postgres(self.owner_db, number)

    async def decided_ahead(self, number: SessionNumber, by: timedelta) -> None:
        await self.owner_db.execute(
            "UPDATE exam_sessions SET last_decided_at = clock_timestamp() + $2 WHERE number = $1", number, by
        )

    async def until_somebody_waits(self) -> None:
        await until_a_lock_is_waited_for(self.owner_db)

    async def age_history(self) -> None:
        await self.owner_db.execute("UPDATE live_stores SET confirmed_at = confirmed_at - interval '10 s'")

    async def age_nodes(self) -> None:
        past = timedelta(seconds=NODE_SECONDS)
        await self.owner_db.execute("UPDATE nodes SET seen_at = seen_at - $1::interval", past)


async def until_a_lock_is_waited_for(db: asyncpg.Connection[asyncpg.Record]) -> None:
    """Look until some connection of this database waits for a lock."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    for _ in range(200):
        if await db.fetchval(waiting):
            return
        await asyncio.sleep(0.005)
    raise AssertionError("nobody waited for a lock")


async def audit_in_postgres(db: asyncpg.Connection[asyncpg.Record], number: SessionNumber) -> Sequence[AuditRecord]:
    """Read the audit of a session as the hub's own values."""
    await db.set_type_codec("jsonb", schema="pg_catalog", encoder=str, decoder=json.loads, format="text")
    rows = await db.fetch(
        "SELECT a.*, coalesce(d.body, '{}') AS detail, coalesce(d.salt, '') AS salt"
        " FROM audit a LEFT JOIN audit_details d USING (number, seq) WHERE number = $1 ORDER BY seq",
        number,
    )
    return [AuditRecord(**{**row, "kind": EventKind(row["kind"])}) for row in rows]


async def minted(directory: Directory, candidate: CandidateId, token_hash: bytes) -> ClientId:
    """Make a client of a candidate who is on a list."""
    wanted = NewClient(candidate, token_hash)
    return (await directory.mint_clients([wanted]))[wanted]


# ── a short way of a decision ──────────────────────────────────────────────────────────────────────────────────


def signature(author: Author, now: datetime) -> Signature:
    """Sign with a node's clock that is ten minutes wrong."""
    return Signature(author, now, now - timedelta(minutes=10), lambda: "salt")


async def opened(case: Case, author: Author, *candidates: CandidateId) -> tuple[Docket, Room]:
    """Read the docket and the rows, as the service does."""
    docket = await case.docket(author, None)
    return docket, replace(docket.room, candidates=await case.rows(candidates or None))


async def decide(
    ledger: Ledger,
    exam: Exam,
    author: Author,
    command: Command,
    *candidates: CandidateId,
    policy: Policy | None = None,
    key: str | None = None,
) -> tuple[Room, Answer]:
    """Lock, settle, judge, write, commit; return the room (with the rows it held) and the answer."""
    async with ledger.case(exam.number) as case:
        # The first entry starts the room's clock, which concerns every row.
        is_for_all = isinstance(command, RoomCommand | Enter)
        docket, room = await opened(case, author, *(() if is_for_all else candidates))
        recorded = audit.record(room, rules.settle(room, docket.now), signature(HUB, docket.now))
        results = []
        for subject in candidates or (None,):
            outcome = _judged(recorded.room, subject, command, author, docket.now, policy or Policy())
            events = outcome.events if isinstance(outcome, Refusal) else outcome
            recorded = recorded.then(audit.record(recorded.room, events, signature(author, docket.now)))
            refusal = outcome if isinstance(outcome, Refusal) else None
            results.append(Result(subject, refusal, is_already=not events and refusal is None))
        answer = Answer(tuple(results), recorded.room.decision_seq)
        kept = [KeyedAnswer(author, key, "digest", answer)] if key else []
        await case.write(room, recorded.room, recorded.records, docket.now, kept)
    return recorded.room, answer


def _judged(
    room: Room, subject: CandidateId | None, command: Command, author: Author, now: datetime, policy: Policy
) -> Outcome:
    if isinstance(command, RoomCommand):
        return rules.decide_room(room, command, author, now, policy)
    assert subject is not None
    return rules.decide(room, room.candidates[subject], command, author, now, policy)


async def settle(ledger: Ledger, number: SessionNumber) -> Recorded:
    """Record what is due."""
    async with ledger.case(number) as case:
        docket = await case.docket(HUB, None)
        room = replace(docket.room, candidates=await case.rows(()))
        settled = audit.record(room, rules.settle(room, docket.now), signature(HUB, docket.now))
        if settled.records:
            await case.write(room, settled.room, settled.records, docket.now)
    return settled


async def started(world: World, exam: Exam, candidate: CandidateId) -> ClientId:
    """Bring a candidate into the test; return the client that holds the seat."""
    await decide(world.ledger, exam, exam.invigilator, ConfirmPresence(), candidate)
    client = await world.client(exam, candidate)
    _, answer = await decide(
        world.ledger, exam, client_author(client), Enter(client, is_code_right=True, total=32), candidate
    )
    assert answer.results[0].refusal is None
    return client

"""Sessions that were lived and are over, in a database of their own: what purges, erasures and walks are tried on."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import asyncpg

from hub import audit
from hub import commands as ask
from hub.events import Changes, Event, EventKind, RoomChanges
from hub.model import HUB, AttemptState, CandidateId, HelpKind, HelpOutcome, client_author
from state.database import Database
from state.embedded import EmbeddedServers
from state.migrate import upgrade
from tests.contract.ledgers import Exam, PostgresWorld, decide, opened, signature
from tests.contract.postgres import Addresses, plain

if TYPE_CHECKING:
    Db = asyncpg.Connection[asyncpg.Record]

_databases = itertools.count(1)
TEMPLATE = "lived"


@dataclass(frozen=True)
class House:
    """A database of one test's own: a purge looks at every session there is."""

    addresses: Addresses
    app: Database
    owner: Database
    owner_db: Db
    world: PostgresWorld


@asynccontextmanager
async def own_house(servers: EmbeddedServers) -> AsyncIterator[House]:
    """Make a migrated database, open it as the hub and as the owner, and drop it."""
    name = f"{TEMPLATE}_{next(_databases)}"
    maker = await asyncpg.connect(plain(servers.owner_database_url))
    if not await maker.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", TEMPLATE):
        await maker.execute(f"CREATE DATABASE {TEMPLATE}")
        await upgrade(servers.urls_of(TEMPLATE)[1])
    await maker.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    try:
        addresses = Addresses(*servers.urls_of(name))
        app, owner = Database(addresses.app), Database(addresses.owner)
        owner_db = await asyncpg.connect(plain(addresses.owner))
        try:
            yield House(addresses, app, owner, owner_db, PostgresWorld(app, owner_db))
        finally:
            await owner_db.close()
            await app.close()
            await owner.close()
    finally:
        await maker.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await maker.close()


async def live(world: PostgresWorld, exam: Exam, one: CandidateId, word: str) -> None:
    """Let one candidate sit the test, with this word in everything that is written by or about them."""

    async def deed(author: str, command: object, key: str | None = None) -> None:
        await decide(world.ledger, exam, author, command, one, key=key)  # type: ignore[arg-type]

    await deed(exam.invigilator, ask.ConfirmPresence())
    client = await world.client(exam, one)
    own = client_author(client)
    await deed(own, ask.Enter(client, is_code_right=True, total=32), f"enter {one}")
    await deed(own, ask.AskHelp(client, HelpKind.OTHER, None, word))
    room = await world.ledger.room(exam.number)
    help_id = room.candidates[one].help[0].id
    await deed(exam.invigilator, ask.ResolveHelp(help_id, HelpOutcome.DISMISS, word), f"resolve {one}")
    await deed(exam.invigilator, ask.AddReport(ask.ReportDraft("other", text=word)))
    await deed(exam.invigilator, ask.AddTime(5, word))
    await deed(exam.invigilator, ask.SendMessage(word))


async def finalize(world: PostgresWorld, exam: Exam) -> None:
    """Close every test and the session."""
    async with world.ledger.case(exam.number) as case:
        docket, room = await opened(case, HUB)
        running = [one.id for one in room.candidates.values() if one.attempt is AttemptState.RUNNING]
        events = [Event(EventKind.CLOSED, one, Changes(attempt=AttemptState.CLOSED)) for one in running]
        over = Event(EventKind.SESSION_FINALIZED, room=RoomChanges(finalized_at=docket.now))
        recorded = audit.record(room, [*events, over], signature(exam.admin, docket.now))
        await case.write(room, recorded.room, recorded.records, docket.now)


async def leave_papers(db: Db, exam: Exam, word: str) -> None:
    """Add a document and a comment with this word in them, while the session is open."""
    await db.execute(
        "INSERT INTO documents (number, name, media_type, size_bytes, sha256, content, added_by)"
        " VALUES ($1, $2, 'image/png', octet_length($3::bytea), sha256($3::bytea), $3, $4)",
        exam.number, word, word.encode(), exam.admin,
    )  # fmt: skip
    await db.execute(
        "INSERT INTO finalizations (number, version, abort_reasons, has_incident, comment, saved_by, saved_at)"
        " VALUES ($1, 1, jsonb_build_object($2::text, 'technical'), true, $3, $4, clock_timestamp())",
        exam.number, str(exam.candidates[0]), word, exam.admin,
    )  # fmt: skip


async def past(world: PostgresWorld, word: str = "mot") -> Exam:
    """Make a session that was lived, left papers and was finalized."""
    exam = await world.exam()
    for one in exam.candidates[:2]:
        await live(world, exam, one, word)
    await leave_papers(world.owner_db, exam, word)
    await finalize(world, exam)
    return exam


HAPPENED = ("created_at", "started_at", "finalized_at", "reopened_at")
"""What happens to a session and is not typed."""


async def age(db: Db, exam: Exam, day: date) -> None:
    """Let a session have been planned for this day, and all that happened to it have happened then."""
    await happened(db, exam, day, *HAPPENED)
    await db.execute("UPDATE exam_sessions SET date = $2 WHERE number = $1", exam.number, day)


async def happened(db: Db, exam: Exam, day: date, *what: str) -> None:
    """Put what happened to a session on this day: the guards, which would not have it, look away."""
    async with db.transaction():
        await db.execute("ALTER TABLE exam_sessions DISABLE TRIGGER USER")
        for column in what:
            await db.execute(
                f"UPDATE exam_sessions SET {column} = $2 WHERE number = $1 AND {column} IS NOT NULL",
                exam.number, datetime.combine(day, time(), UTC),
            )  # fmt: skip
        await db.execute("ALTER TABLE exam_sessions ENABLE TRIGGER USER")


async def dump(db: Db) -> dict[str, list[str]]:
    """Return every row of every table as text."""
    tables = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    return {
        name: [row["line"] for row in await db.fetch(f"SELECT t::text AS line FROM {name} t ORDER BY 1")]
        for (name,) in tables
    }


async def tamper(house: House, exam: Exam, statement: str) -> None:
    """Do what no role of ours may do, as somebody would who has the whole server."""
    db = house.owner_db
    async with db.transaction():
        for table in ("audit", "audit_details", "exam_sessions"):
            await db.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        if statement.startswith("DELETE FROM audit "):
            await db.execute("DELETE FROM audit_details WHERE number = $1", exam.number)
        await db.execute(statement, exam.number)
        for table in ("audit", "audit_details", "exam_sessions"):
            await db.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

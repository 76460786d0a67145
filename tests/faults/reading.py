"""One session as Postgres has it, read past every proxy: its rows, its chain of decisions, its kept answers."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import text

from hub.audit import AuditRecord
from hub.events import EventKind
from hub.model import Author, Room, SessionNumber
from hub.ports import StoreUnavailable
from state.database import Database
from state.ledger import PostgresLedger
from tests.story.client import Frame

_AUDIT = text("""
SELECT a.*, d.salt, d.body FROM audit a LEFT JOIN audit_details d USING (number, seq)
WHERE a.number = :number ORDER BY a.seq
""")
_ANSWERS = text("SELECT author, key, answer FROM answers WHERE number = :number")
TRIES = 5


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it stands under its key."""

    author: str
    key: str
    decision_seq: int
    results: tuple[tuple[int | None, bool, bool], ...]
    """Per candidate: accepted, already so."""


@dataclass(frozen=True, slots=True)
class Truth:
    """One session as Postgres has it."""

    room: Room
    audit: tuple[AuditRecord, ...]
    answers: tuple[Kept, ...]


async def read(database: Database, number: SessionNumber) -> Truth:
    """Read everything about one session, as it stood at one decision: an end asked for earlier may fall due."""
    for left in reversed(range(TRIES)):
        try:
            read = await _read(database, number)
        except StoreUnavailable:
            if not left:
                raise
            continue
        head = (await PostgresLedger(database).room(number)).decision_seq
        if read.room.decision_seq == head or not left:
            return read
    raise AssertionError("not reached")


async def _read(database: Database, number: SessionNumber) -> Truth:
    """Read the rows first: whatever is decided while the rest is read moves the head away from theirs."""
    rows = await PostgresLedger(database).room(number)
    return Truth(rows, await _audit(database, number), await _answers(database, number))


async def _audit(database: Database, number: SessionNumber) -> tuple[AuditRecord, ...]:
    async with database.single() as db:
        rows = (await db.execute(_AUDIT, {"number": number})).all()
    return tuple(
        AuditRecord(
            number=SessionNumber(row.number),
            seq=row.seq,
            kind=EventKind(row.kind),
            candidate=row.candidate,
            author=Author(row.author),
            at=row.at,
            node_at=row.node_at,
            codes=json.loads(row.codes),
            detail=json.loads(row.body) if row.body else {},
            salt=row.salt or "",
            detail_digest=row.detail_digest,
            previous_hash=row.previous_hash,
            hash=row.hash,
        )
        for row in rows
    )


async def _answers(database: Database, number: SessionNumber) -> tuple[Kept, ...]:
    async with database.single() as db:
        rows = (await db.execute(_ANSWERS, {"number": number})).all()
    return tuple(_kept(row.author, row.key, json.loads(row.answer)) for row in rows)


def _kept(author: str, key: str, answer: Frame) -> Kept:
    results = tuple((one["candidate"], one.get("code") is None, one["is_already"]) for one in answer["results"])
    return Kept(author, key, answer["decision_seq"], results)

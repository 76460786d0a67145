"""One decision in Postgres: the session's row locked alone, everything else read after it, few statements to write.

The lock comes first and by itself. A joined `SELECT … FOR UPDATE` hands the waiter the rows as they were before it
waited: measured, an authorization was used twice. For the same reason the time is read in a statement that begins
after the lock: a transaction's own time is its beginning, and once revived an ended test.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub import audit, jury
from hub.audit import AuditRecord, Signature
from hub.events import Event
from hub.finalization import Draft
from hub.handover import Ticket
from hub.jury import Review
from hub.model import HUB, AccountId, Author, Candidate, CandidateId, ClientId, Room, SessionNumber, account_of
from hub.people import Role
from hub.ports import Docket, KeyedAnswer, Standing, UnknownSession
from hub.standing import Claim, standing_of
from state import answers, drafts, handovers, trail
from state.accidents import StaleRow
from state.database import is_id
from state.rows import (
    CANDIDATE_COLUMNS,
    CANDIDATE_TABLES,
    IS_INVIGILATING,
    ROOM_COLUMNS,
    WRITTEN,
    candidate_of,
    fenced,
    room_of,
    written,
)

_LOCK: Final = text("SELECT 1 FROM exam_sessions WHERE number = :number FOR NO KEY UPDATE")

_DOCKETS: Final = text(f"""
SELECT greatest(clock_timestamp(), s.last_decided_at) AS decided_at, {ROOM_COLUMNS},
    k.digest, k.answer, a.role, {IS_INVIGILATING}, m.account IS NOT NULL AS is_of_the_center,
    c.id AS candidate
FROM unnest(CAST(:authors AS text[]), CAST(:keys AS text[]), CAST(:accounts AS bigint[]), CAST(:clients AS uuid[]))
    WITH ORDINALITY AS asked(author, key, account, client, place)
JOIN exam_sessions s ON s.number = :number
LEFT JOIN answers k ON k.number = s.number AND k.author = asked.author AND k.key = asked.key
LEFT JOIN accounts a ON a.id = asked.account AND NOT a.is_disabled
LEFT JOIN invigilations i ON i.number = s.number AND i.account = a.id
LEFT JOIN memberships m ON m.center = s.center AND m.account = a.id
LEFT JOIN clients l ON l.id = asked.client
LEFT JOIN candidates c ON c.id = l.candidate AND c.number = s.number
ORDER BY asked.place
""")

_ALL_ROWS: Final = text(f"SELECT {CANDIDATE_COLUMNS} FROM {CANDIDATE_TABLES} WHERE c.number = :number ORDER BY c.id")

_ROWS: Final = text(f"""
SELECT {CANDIDATE_COLUMNS} FROM {CANDIDATE_TABLES}
WHERE c.number = :number AND (c.id = ANY(CAST(:ids AS bigint[]))
    OR (c.attempt = 'running' AND least(c.ending_at, c.authorization_expires_at) <= :now))
ORDER BY c.id
""")

_UPDATE_ROWS: Final = text(f"""
UPDATE candidates c SET decided_at = :now, {", ".join(f"{column} = r.{column}" for column in WRITTEN)}
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id bigint, expected bigint,
    {", ".join(f"{column} {kind}" for column, kind in WRITTEN.items())})
WHERE c.id = r.id AND c.number = :number AND c.revision = r.expected
""")

# Locked in the order of ids, like every flush, so that the two never dead-lock; and never back, because a flush that
# was faster may have brought more than the decision had read.
_FENCE: Final = text("""
WITH f AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS f(candidate bigint,
        entry_no integer, is_open boolean, answered integer, total integer, question integer, at timestamptz)),
    locked AS MATERIALIZED (SELECT p.candidate FROM progress p WHERE p.candidate IN (SELECT f.candidate FROM f)
        ORDER BY p.candidate FOR NO KEY UPDATE)
UPDATE progress p SET entry_no = f.entry_no, is_open = f.is_open,
    answered = CASE WHEN f.answered > p.answered OR p.answered IS NULL THEN f.answered ELSE p.answered END,
    question = CASE WHEN f.answered > p.answered OR p.answered IS NULL THEN f.question ELSE p.question END,
    at = CASE WHEN f.answered > p.answered OR p.answered IS NULL THEN f.at ELSE p.at END,
    total = coalesce(p.total, f.total)
FROM f JOIN locked USING (candidate) WHERE p.candidate = f.candidate
""")

# All of them, and first: a flush takes them in the same order, and must not wait for one that waits for it.
_LOCK_FENCES: Final = text("""
SELECT p.candidate FROM progress p JOIN candidates c ON c.id = p.candidate
WHERE c.number = :number ORDER BY p.candidate FOR NO KEY UPDATE OF p
""")
# For whoever was accepted progress by a node that is asleep now, and wakes when the session is open again.
_CLOSE_FENCES: Final = text("""
UPDATE progress p SET is_open = false FROM candidates c WHERE c.id = p.candidate AND c.number = :number AND p.is_open
""")

_DOCUMENTS: Final = text("SELECT id, sha256 FROM documents WHERE number = :number ORDER BY id")

# One statement for everything that is only ever added, and for the head of the session.
_HEAD: Final = text("""
WITH rows AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(CAST(:records AS jsonb)) AS r(number bigint, seq bigint,
        kind text, candidate bigint, author text, at timestamptz, node_at timestamptz, codes jsonb, detail jsonb,
        salt text, detail_digest text, previous_hash text, hash text)),
    chained AS (INSERT INTO audit (number, seq, kind, candidate, author, at, node_at, codes, detail_digest,
            previous_hash, hash)
        SELECT number, seq, kind, candidate, author, at, node_at, codes, detail_digest, previous_hash, hash FROM rows),
    detailed AS (INSERT INTO audit_details (number, seq, salt, body)
        SELECT number, seq, salt, detail FROM rows WHERE detail_digest <> ''),
    kept AS (INSERT INTO answers (number, author, key, digest, answer)
        SELECT CAST(:number AS bigint), author, key, digest, answer FROM jsonb_to_recordset(CAST(:kept AS jsonb))
            AS r(author text, key text, digest text, answer jsonb))
UPDATE exam_sessions SET duration_minutes = :duration_minutes, started_at = :started_at,
    is_started_explicitly = :is_started_explicitly, finalized_at = :finalized_at, take_overs = :take_overs,
    roster_version = :roster_version, reopened_at = :reopened_at, assigned_to = :assigned_to,
    assigned_at = :assigned_at, published_at = :published_at, attention = :attention,
    decision_seq = :decision_seq, decision_hash = :decision_hash,
    last_decided_at = :now,
    next_due_at = (SELECT min(least(c.ending_at, c.authorization_expires_at)) FROM candidates c
        WHERE c.number = CAST(:number AS bigint) AND c.attempt = 'running')
WHERE number = CAST(:number AS bigint) AND decision_seq = :expected_seq AND decision_hash = :expected_hash
""")

_FORGET_WRONG_CODES: Final = text(
    "UPDATE doorbook SET wrong_codes = 0 WHERE candidate = ANY(CAST(:ids AS bigint[])) AND wrong_codes > 0"
)


class PostgresCase:
    """A transaction that holds one session's lock."""

    def __init__(self, db: AsyncConnection, number: SessionNumber) -> None:
        """Take a connection whose transaction is about to begin."""
        self._db = db
        self._number = number
        self._room = Room(number, {})
        self._now: datetime | None = None
        self.recorded = 0

    async def lock(self) -> None:
        """Lock the session's row, alone. Raises UnknownSession."""
        found = await self._db.execute(_LOCK, {"number": self._number})
        if found.first() is None:
            raise UnknownSession(self._number)

    async def docket(self, author: Author, key: str | None) -> Docket:
        """Read the session's facts, the time, the author's right and the stored answer, in one statement."""
        return (await self.dockets(((author, key),)))[0]

    async def dockets(self, asked: Sequence[tuple[Author, str | None]]) -> Sequence[Docket]:
        """Read the same for several: the facts and the time are those of the first."""
        named = {
            "number": self._number,
            "authors": [author for author, _ in asked],
            "keys": [key for _, key in asked],
            "accounts": [account_in(author) for author, _ in asked],
            "clients": [client_in(author) for author, _ in asked],
        }
        rows = (await self._db.execute(_DOCKETS, named)).all()
        self._room, self._now = room_of(rows[0]), rows[0].decided_at
        return [self._docket(row, *one, rows[0].decided_at) for row, one in zip(rows, asked, strict=True)]

    def _docket(self, row: Row[tuple[object, ...]], author: Author, key: str | None, now: datetime) -> Docket:
        stored = None
        if row.answer is not None and key is not None:
            stored = KeyedAnswer(author, key, row.digest, answers.decoded(row.answer))
        return Docket(
            self._room,
            now,
            _standing(row, author, self._room, now),
            None if row.candidate is None else CandidateId(row.candidate),
            stored,
            is_admin=row.role == Role.CENTER_ADMIN and row.is_of_the_center,
            is_invigilating=row.is_invigilating,
        )

    async def rows(self, candidates: Collection[CandidateId] | None) -> Mapping[CandidateId, Candidate]:
        """Read the named rows and all in which something is due by the docket's time; None: every row."""
        if self._now is None:
            raise LookupError("The docket comes before the rows: it tells the time by which something is due.")
        if candidates is None:
            found = await self._db.execute(_ALL_ROWS, {"number": self._number})
        else:
            ids = [one for one in candidates if is_id(one)]
            found = await self._db.execute(_ROWS, {"number": self._number, "ids": ids, "now": self._now})
        return {CandidateId(row.id): candidate_of(row, self._room) for row in found}

    async def write(
        self,
        before: Room,
        after: Room,
        records: Sequence[AuditRecord],
        now: datetime,
        answers: Sequence[KeyedAnswer] = (),
    ) -> None:
        """Write what changed. Raises StaleRow when a row or the head is not as it was read."""
        changed = [
            (before.candidates[one.id], one)
            for one in after.candidates.values()
            if one is not before.candidates[one.id] and one != before.candidates[one.id]
        ]
        is_final = after.finalized_at is not None and before.finalized_at is None
        if is_final:
            await self._db.execute(_LOCK_FENCES, {"number": self._number})
        if changed:
            await self._write_rows(changed, now)
        if is_final:
            await self._db.execute(_CLOSE_FENCES, {"number": self._number})
        for granted in set(after.hand_overs) - set(before.hand_overs):
            await handovers.grant(self._db, self._number, granted, now)
        await self._write_head(before, after, records, now, answers)
        self.recorded += len(records)

    async def draft(self) -> Draft:
        """Read the draft of the finalization."""
        return await drafts.read(self._db, self._number)

    async def keep_draft(self, draft: Draft) -> None:
        """Write the next version of the draft. Raises StaleRow when it is not the next one."""
        await drafts.keep(self._db, self._number, draft)

    async def documents(self) -> Mapping[str, str]:
        """Read the ids and digests of the session's documents; whoever adds one waits for this lock."""
        rows = await self._db.execute(_DOCUMENTS, {"number": self._number})
        return {str(row.id): row.sha256.hex() for row in rows}

    async def review(self) -> Review:
        """Read what the jury has said so far."""
        return jury.review_of(await trail.read(self._db, self._number, trail.JURY_KINDS))

    async def ticket(self, ticket_hash: bytes) -> Ticket | None:
        """Read a ticket for this session."""
        found = await handovers.ticket(self._db, ticket_hash)
        return found if found is not None and found.number == self._number else None

    async def spend(self, ticket_hash: bytes, account: AccountId) -> None:
        """Note who came with a ticket; another one waits for the session's lock."""
        await handovers.spend(self._db, ticket_hash, account)

    async def note(self, docket: Docket, event: Event, author: Author) -> None:
        """Append one event that no rule has to judge; no node decides it, so the database's clock stands for both."""
        recorded = audit.record(docket.room, [event], Signature(author, docket.now, docket.now, lambda: ""))
        await self.write(docket.room, recorded.room, recorded.records, docket.now)

    async def _write_rows(self, changed: Sequence[tuple[Candidate, Candidate]], now: datetime) -> None:
        rows = _json([written(was, will_be) for was, will_be in changed])
        done = await self._db.execute(_UPDATE_ROWS, {"number": self._number, "now": now, "rows": rows})
        if done.rowcount != len(changed):
            raise StaleRow(f"{done.rowcount} of {len(changed)} rows of session {self._number} were as read")
        moved = [fenced(will_be) for was, will_be in changed if has_moved(was, will_be)]
        if moved:
            await self._db.execute(_FENCE, {"rows": _json(moved)})
        let_in = sorted(will_be.id for was, will_be in changed if gave_right_code(was, will_be))
        if let_in:
            await self._db.execute(_FORGET_WRONG_CODES, {"ids": let_in})

    async def _write_head(
        self,
        before: Room,
        after: Room,
        records: Sequence[AuditRecord],
        now: datetime,
        answers: Sequence[KeyedAnswer] = (),
    ) -> None:
        head = {
            "number": self._number,
            "records": _json(records),
            "kept": _json([_kept(one) for one in answers]),
            "duration_minutes": after.duration_minutes,
            "started_at": after.started_at,
            "is_started_explicitly": after.is_started_explicitly,
            "finalized_at": after.finalized_at,
            "take_overs": _json(after.take_overs),
            "roster_version": after.roster_version,
            "reopened_at": after.reopened_at,
            "assigned_to": after.assigned_to,
            "assigned_at": after.assigned_at,
            "published_at": after.published_at,
            "attention": _json(after.attention),
            "decision_seq": after.decision_seq,
            "decision_hash": after.decision_hash,
            "now": now,
            "expected_seq": before.decision_seq,
            "expected_hash": before.decision_hash,
        }
        done = await self._db.execute(_HEAD, head)
        if done.rowcount != 1:
            raise StaleRow(f"the head of session {self._number} was not as read")


def account_in(author: Author) -> AccountId | None:
    """Return the account an author is, if it is one (and can be one of ours)."""
    account = account_of(author)
    return account if account is not None and is_id(account) else None


def client_in(author: Author) -> ClientId | None:
    """Return the client an author is, if it is one (and can be one of ours)."""
    kind, _, name = author.partition(":")
    if kind != "client":
        return None
    try:
        return ClientId(str(UUID(name)))
    except ValueError:
        return None


def has_moved(was: Candidate, will_be: Candidate) -> bool:
    """Tell whether a decision moved a candidate's progress or the fence around it."""
    return (was.entry_no, was.attempt, was.progress) != (will_be.entry_no, will_be.attempt, will_be.progress)


def gave_right_code(was: Candidate, will_be: Candidate) -> bool:
    """Tell whether the candidate typed the right code: let in, or refused at the door for another reason."""
    is_asking = will_be.entry_refused is not None and will_be.entry_refused != was.entry_refused
    return will_be.entry_no > was.entry_no or is_asking


def _standing(row: Row[tuple[object, ...]], author: Author, room: Room, now: datetime) -> Standing:
    if author == HUB:
        return Standing.HUB
    if row.candidate is not None:
        return Standing.CLIENT
    account = account_in(author)
    if account is None or row.role is None:
        return Standing.NONE
    claim = Claim(account, Role(row.role), row.is_invigilating, row.is_of_the_center)
    return standing_of(claim, room, now)


def _kept(answer: KeyedAnswer) -> dict[str, object]:
    encoded = answers.encoded(answer.answer)
    return {"author": answer.author, "key": answer.key, "digest": answer.digest, "answer": encoded}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()

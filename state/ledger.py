"""The ledger in Postgres: decisions under the session's lock, and the few things that are read or noted without it.

Times are the database's `clock_timestamp()`, never a transaction's beginning nor a node's clock: a test greps.
Without the lock every method is one statement, so one snapshot.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy import Row, text

from hub.events import EventKind, RoomEvent
from hub.model import AccountId, Author, CandidateId, NodeId, Person, Room, Roster, SessionNumber, Sheet, account_author
from hub.ports import Case, FlushedProgress, Glimpse, Head, UnknownSession
from hub.watch import WatchNote
from state import watch_log
from state.case import PostgresCase
from state.database import Database, is_id
from state.rows import CANDIDATE_COLUMNS, ROOM_COLUMNS, candidate_of, room_of

_ROW_JOINS: Final = "LEFT JOIN progress p ON p.candidate = c.id LEFT JOIN doorbook d ON d.candidate = c.id"

_ROOM: Final = text(f"""
SELECT {ROOM_COLUMNS}, {CANDIDATE_COLUMNS}
FROM exam_sessions s LEFT JOIN candidates c ON c.number = s.number {_ROW_JOINS}
WHERE s.number = :number ORDER BY c.id
""")

_GLIMPSES: Final = text(f"""
SELECT {ROOM_COLUMNS}, {CANDIDATE_COLUMNS}, s.access_code, coalesce(d.wrong_codes, 0) AS wrong_codes, d.wrong_code_at,
    greatest(clock_timestamp(), s.last_decided_at) AS read_at
FROM exam_sessions s JOIN candidates c ON c.number = s.number {_ROW_JOINS}
WHERE c.id = ANY(CAST(:candidates AS bigint[]))
""")

_SHEET: Final = text("""
SELECT s.number, n.name AS center, n.time_zone, s.site, s.room, s.date, s.start_time, s.invigilators, s.observations,
    s.access_code, s.roster_version, c.id AS candidate, c.last_name, c.first_name, c.birthdate,
    CAST(NULL AS bigint) AS account, CAST(NULL AS text) AS name
FROM exam_sessions s JOIN centers n ON n.id = s.center LEFT JOIN candidates c ON c.number = s.number
WHERE s.number = :number
UNION ALL
SELECT s.number, '', '', '', '', s.date, '', '', '', '', s.roster_version, NULL, NULL, NULL, NULL, a.id, a.name
FROM exam_sessions s CROSS JOIN LATERAL (SELECT i.account FROM invigilations i WHERE i.number = s.number
    UNION SELECT m.account FROM memberships m WHERE m.center = s.center) w JOIN accounts a ON a.id = w.account
WHERE s.number = :number
""")

_WRONG_CODE: Final = text("""
INSERT INTO doorbook (candidate, wrong_codes, wrong_code_at)
SELECT c.id, 1, clock_timestamp() FROM candidates c WHERE c.id = :candidate
ON CONFLICT (candidate) DO UPDATE SET wrong_codes = doorbook.wrong_codes + 1, wrong_code_at = clock_timestamp()
""")

# Rows that say so already are left out before anything is locked: a storm of hellos writes nothing.
_JOINED: Final = text("""
INSERT INTO doorbook (candidate, joined_at)
SELECT c.id, clock_timestamp() FROM candidates c
WHERE c.id = ANY(CAST(:ids AS bigint[]))
    AND NOT EXISTS (SELECT 1 FROM doorbook d WHERE d.candidate = c.id AND d.joined_at IS NOT NULL)
ORDER BY c.id
ON CONFLICT (candidate) DO UPDATE SET joined_at = EXCLUDED.joined_at WHERE doorbook.joined_at IS NULL
""")

# The fence is in the very row that is updated, so it is looked at again after waiting for whoever held the row: a
# flush that waited behind a finish changes nothing. Only what is ahead is locked, in the order of ids, as decisions do.
_FLUSH: Final = text("""
WITH f AS MATERIALIZED (SELECT * FROM unnest(CAST(:candidates AS bigint[]), CAST(:entries AS integer[]),
        CAST(:answered AS integer[]), CAST(:totals AS integer[]), CAST(:questions AS integer[]),
        CAST(:ats AS timestamptz[])) AS f(candidate, entry_no, answered, total, question, at)),
    locked AS MATERIALIZED (SELECT p.candidate FROM progress p JOIN f USING (candidate)
        WHERE p.is_open AND (p.answered IS NULL OR f.answered > p.answered)
            AND EXISTS (SELECT 1 FROM candidates c JOIN exam_sessions s ON s.number = c.number
                WHERE c.id = p.candidate AND s.finalized_at IS NULL)
        ORDER BY p.candidate FOR NO KEY UPDATE OF p)
UPDATE progress p SET answered = f.answered, total = f.total, question = f.question, at = f.at
FROM f JOIN locked USING (candidate)
WHERE p.candidate = f.candidate AND p.is_open AND f.entry_no >= p.entry_no
    AND (p.answered IS NULL OR (f.answered > p.answered AND f.total = p.total))
""")

NODE_SECONDS = 25
"""A node says every ten seconds that it lives; one that was not heard of for so long has no share any more."""

# What one node would look after first: sessions whose number leaves its place among the names of those that live.
_SHARE: Final = f"""\
others AS MATERIALIZED (SELECT name, seen_at > clock_timestamp() - interval '{NODE_SECONDS} seconds' AS is_alive
        FROM nodes WHERE name <> :name),
    share AS MATERIALIZED (SELECT count(*) + 1 AS nodes, count(*) FILTER (WHERE name < :name) AS place
        FROM others WHERE is_alive)"""

# The clock in a sub-select is read once, so the index on `next_due_at` can be used. A session somebody is deciding
# on right now will be settled by that very decision.
_DUE: Final = text(f"""
WITH {_SHARE}
SELECT s.number FROM exam_sessions s, share
WHERE s.next_due_at <= (SELECT clock_timestamp()) AND s.finalized_at IS NULL
ORDER BY s.number % share.nodes = share.place DESC, s.next_due_at LIMIT :most FOR NO KEY UPDATE OF s SKIP LOCKED
""")

# What is inserted is not seen by the rest of a statement: `others` and `gone` are of the time before it.
_RUNNING: Final = text(f"""
WITH noted AS (INSERT INTO nodes (name, seen_at) VALUES (:name, clock_timestamp())
        ON CONFLICT (name) DO UPDATE SET seen_at = EXCLUDED.seen_at),
    {_SHARE},
    gone AS (DELETE FROM nodes WHERE name IN (SELECT n.name FROM nodes n JOIN others o ON o.name = n.name
        WHERE NOT o.is_alive FOR UPDATE OF n SKIP LOCKED))
SELECT s.number FROM exam_sessions s, share WHERE s.number % share.nodes = share.place AND s.finalized_at IS NULL
    AND EXISTS (SELECT 1 FROM candidates c
        WHERE c.number = s.number AND c.attempt = 'running' AND c.interrupted_at IS NULL) ORDER BY s.number
""")

_HEADS: Final = text("""
SELECT number, decision_seq, decision_hash, live_epoch, roster_version FROM exam_sessions
WHERE number = ANY(CAST(:numbers AS bigint[]))
""")

# A room's audit is some hundreds of rows, read by its key; nothing else finds them by time.
_MESSAGES: Final = text("""
SELECT seq, candidate, author, at, said, age FROM (
    SELECT a.seq, a.candidate, a.author, a.at, CAST(d.body->>'text' AS text) AS said,
        CAST(extract(epoch FROM clock_timestamp() - a.at) AS float8) AS age,
        row_number() OVER (PARTITION BY a.candidate ORDER BY a.seq DESC) AS place
    FROM audit a JOIN audit_details d ON d.number = a.number AND d.seq = a.seq
    WHERE a.number = :number AND a.kind = 'message.sent'
        AND a.at > clock_timestamp() - make_interval(secs => :seconds)) said
WHERE place <= 50 ORDER BY seq
""")

_NEXT_EPOCH: Final = text(
    "UPDATE exam_sessions SET live_epoch = greatest(live_epoch, CAST(:beyond AS bigint)) + 1"
    " WHERE number = :number AND live_epoch = :seen"
)

UNCONFIRMED_SECONDS = 3
"""A history that nobody confirmed for so long is nobody's: nodes confirm theirs each second."""

# One row for each shard of the live store. While it is fresh and says what this node sees, nothing is written.
_CONFIRM_HISTORY: Final = text(f"""
WITH current AS MATERIALIZED (SELECT history, confirmed_at FROM live_stores WHERE name = :name),
    confirmed AS (INSERT INTO live_stores AS l (name, history, confirmed_at)
        SELECT CAST(:name AS text), CAST(:seen AS text), clock_timestamp() WHERE NOT EXISTS (SELECT 1 FROM current
            WHERE history = :seen AND confirmed_at > clock_timestamp() - interval '1 second')
        ON CONFLICT (name) DO UPDATE SET history = EXCLUDED.history, confirmed_at = EXCLUDED.confirmed_at
            WHERE l.history = EXCLUDED.history OR l.history = :known
                OR l.confirmed_at < clock_timestamp() - interval '{UNCONFIRMED_SECONDS} seconds'
        RETURNING history)
SELECT coalesce((SELECT history FROM confirmed), (SELECT history FROM current)) = :seen AS is_current
""")

_IS_ELSEWHERE: Final = text(f"""
SELECT 1 FROM live_stores
WHERE name = coalesce(CAST(:name AS text), name)
    AND confirmed_at > clock_timestamp() - interval '{UNCONFIRMED_SECONDS} seconds'
LIMIT 1
""")


class PostgresLedger:
    """`hub.ports.Ledger` on Postgres."""

    def __init__(self, database: Database, watch: Database | None = None) -> None:
        """Use this pool; and `watch` for what a node asks each second, which must not queue behind a room that enters.

        A verification that comes late makes every dashboard say that decisions are away.
        """
        self._database, self._watch = database, watch or database

    def is_recording(self) -> bool:
        """Tell whether no write was refused in the last seconds for want of space, or because there must be none."""
        return self._database.is_recording()

    @asynccontextmanager
    async def case(self, number: SessionNumber) -> AsyncIterator[Case]:
        """Open a transaction and lock the session's row, alone."""
        _check(number)
        begun_at = time.perf_counter()
        async with self._database.transaction() as db:
            case = PostgresCase(db, number)
            await case.lock()
            yield case
        figures = self._database.figures
        figures.transaction.note(time.perf_counter() - begun_at)
        figures.committed += case.recorded

    async def room(self, number: SessionNumber) -> Room:
        """Read a whole session in one statement."""
        _check(number)
        async with self._database.single() as db:
            rows = (await db.execute(_ROOM, {"number": number})).all()
        if not rows:
            raise UnknownSession(number)
        room = room_of(rows[0])
        candidates = {CandidateId(row.id): candidate_of(row, room) for row in rows if row.id is not None}
        return room_of(rows[0], candidates)

    async def roster(self, number: SessionNumber) -> Roster:
        """Read the names and the sheet of a session, in one statement: names and version belong together."""
        _check(number)
        async with self._database.single() as db:
            rows = (await db.execute(_SHEET, {"number": number})).all()
        if not rows:
            raise UnknownSession(number)
        sheet = next(row for row in rows if row.account is None)
        people = {
            CandidateId(row.candidate): Person(row.last_name, row.first_name, row.birthdate)
            for row in rows
            if row.candidate is not None
        }
        staff = {account_author(AccountId(row.account)): row.name for row in rows if row.account is not None}
        facts = Sheet(
            number=number,
            center=sheet.center,
            site=sheet.site,
            room=sheet.room,
            date=sheet.date,
            start_time=sheet.start_time,
            time_zone=sheet.time_zone,
            invigilators=sheet.invigilators,
            observations=sheet.observations,
            access_code=sheet.access_code,
        )
        return Roster(sheet.roster_version, facts, people, staff)

    async def recent_messages(self, number: SessionNumber, seconds: float) -> Sequence[tuple[float, RoomEvent]]:
        """Read what was said to candidates in the last seconds."""
        async with self._database.single() as db:
            rows = (await db.execute(_MESSAGES, {"number": number, "seconds": seconds})).all()
        return [(row.age, _message(row)) for row in rows]

    async def glimpses(self, candidates: Collection[CandidateId]) -> Mapping[CandidateId, Glimpse]:
        """Read candidates without a lock, all in one statement."""
        named = [one for one in candidates if is_id(one)]
        async with self._database.single() as db:
            rows = (await db.execute(_GLIMPSES, {"candidates": named})).all()
        return {CandidateId(row.id): _glimpse(row) for row in rows}

    async def note_wrong_code(self, candidate: CandidateId) -> None:
        """Count a wrong access code."""
        async with self._database.single() as db:
            await db.execute(_WRONG_CODE, {"candidate": candidate})

    async def note_joined(self, candidates: Collection[CandidateId]) -> None:
        """Remember the first time these candidates' clients connected."""
        ids = sorted(one for one in candidates if is_id(one))
        if ids:
            async with self._database.single() as db:
                await db.execute(_JOINED, {"ids": ids})

    async def flush_progress(self, batch: Sequence[FlushedProgress]) -> None:
        """Store accepted progress of running candidates, all in one statement."""
        best = furthest(batch)
        if not best:
            return
        columns = {
            "candidates": [one.candidate for one in best],
            "entries": [one.entry_no for one in best],
            "answered": [one.progress.answered for one in best],
            "totals": [one.progress.total for one in best],
            "questions": [one.progress.question for one in best],
            "ats": [one.progress.at for one in best],
        }
        async with self._database.single() as db:
            await db.execute(_FLUSH, columns)

    async def keep_watch(self, notes: Sequence[WatchNote]) -> None:
        """Append what dashboards could see."""
        async with self._database.single() as db:
            await watch_log.keep(db, notes)

    async def due(self, limit: int, node: NodeId) -> Sequence[SessionNumber]:
        """List open sessions in which something is due by the database's clock: this node's share first.

        Then that of the others, who may be late; of each the longest due first.
        """
        async with self._watch.single() as db:
            found = await db.execute(_DUE, {"most": limit, "name": node})
            return [SessionNumber(number) for number in found.scalars()]

    async def running(self, node: NodeId) -> Sequence[SessionNumber]:
        """Note that this node lives, and list its share of the open sessions in which a test runs, not interrupted."""
        async with self._database.single() as db:
            return [SessionNumber(number) for number in (await db.execute(_RUNNING, {"name": node})).scalars()]

    async def heads(self, numbers: Collection[SessionNumber]) -> Mapping[SessionNumber, Head]:
        """Read where the truth of these sessions stands."""
        async with self._watch.single() as db:
            rows = await db.execute(_HEADS, {"numbers": [one for one in numbers if is_id(one)]})
            return {
                SessionNumber(row.number): Head(row.decision_seq, row.decision_hash, row.live_epoch, row.roster_version)
                for row in rows
            }

    async def next_epoch(self, number: SessionNumber, seen: int, beyond: int = 0) -> None:
        """Begin a new life of the live store, unless another node did; waits for the session's lock like a decision."""
        if not is_id(number):
            return
        named = {"number": number, "seen": seen, "beyond": beyond}
        async with self._database.single() as db:
            self._database.figures.new_lives += (await db.execute(_NEXT_EPOCH, named)).rowcount

    async def confirm_history(self, name: str, seen: str, known: str | None) -> bool:
        """Tell whether this history is the current one of a shard; it may become so."""
        async with self._watch.single() as db:
            found = await db.execute(_CONFIRM_HISTORY, {"name": name, "seen": seen, "known": known})
            return bool(found.scalar_one())

    async def is_live_store_elsewhere(self, name: str | None) -> bool:
        """Tell whether any node has confirmed the history of this shard (None: of any) just now."""
        async with self._watch.single() as db:
            return (await db.execute(_IS_ELSEWHERE, {"name": name})).first() is not None


def _glimpse(row: Row[tuple[object, ...]]) -> Glimpse:
    one = candidate_of(row, room_of(row))
    room = room_of(row, {one.id: one})
    return Glimpse(room, one, row.access_code, row.wrong_codes, row.wrong_code_at, row.read_at)


def _message(row: Row[tuple[object, ...]]) -> RoomEvent:
    return RoomEvent(
        EventKind.MESSAGE_SENT,
        row.at,
        CandidateId(row.candidate),
        by=Author(row.author),
        decision=row.seq,
        text=row.said,
    )


def _check(number: SessionNumber) -> None:
    if not is_id(number):
        raise UnknownSession(number)


def furthest(batch: Sequence[FlushedProgress]) -> Sequence[FlushedProgress]:
    """Return one value per candidate, the furthest of its latest entry, in the order in which rows are locked."""
    best: dict[CandidateId, FlushedProgress] = {}
    for one in batch:
        known = best.get(one.candidate)
        if known is None or (known.entry_no, known.progress.answered) < (one.entry_no, one.progress.answered):
            best[one.candidate] = one
    return [best[candidate] for candidate in sorted(best)]

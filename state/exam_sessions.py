"""Sessions as they are prepared and listed, in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from sqlalchemy import Row, text

from hub.events import Event, EventKind
from hub.model import AccountId, Author, SessionNumber
from hub.people import CenterId
from hub.preparation import (
    AFTER_FINALIZATION,
    AuditLine,
    Hindrance,
    SessionChanges,
    SessionDetail,
    SessionDoor,
    SessionDraft,
    SessionFilter,
    SessionPage,
    SessionSecrets,
    SessionSort,
    SessionSummary,
    Successor,
)
from state.candidate_list import COLUMNS
from state.case import PostgresCase
from state.database import Database, is_id
from state.preparation import hindrance, keeps_from_deletion, locked
from state.rows import IS_CLOSED
from state.searching import pattern_of

_WALL: Final = text("""
SELECT s.number FROM exam_sessions s JOIN centers n ON n.id = s.center JOIN memberships m ON m.center = s.center
    JOIN accounts a ON a.id = m.account
WHERE m.account = :account AND a.role = 'center_admin' AND NOT a.is_disabled
    AND s.finalized_at IS NULL AND s.reopened_at IS NULL
    AND coalesce(s.started_at > clock_timestamp() - interval '24 hours',
        s.date = CAST(clock_timestamp() AT TIME ZONE n.time_zone AS date))
ORDER BY s.date, s.start_time, s.number LIMIT :most
""")
WALL_MOST: Final = 500
"""Rooms on one wall; a bound, not a promise: four hundred were asked for."""
_EXISTS: Final = text("SELECT 1 FROM exam_sessions WHERE number = :number")
_DOOR: Final = text(f"SELECT encrypted_password, {IS_CLOSED} FROM exam_sessions s WHERE number = :number")

SESSION_COLUMNS: Final = """center, site, room, date, start_time, invigilators, observations, duration_minutes,
    access_code, encrypted_password"""
CREATE_SESSION: Final = text(f"""
INSERT INTO exam_sessions ({SESSION_COLUMNS})
VALUES (:center, :site, :room, :date, :start_time, :invigilators, :observations, :duration_minutes, :access_code,
    :encrypted_password)
RETURNING number
""")

_SUMMARY: Final = """s.number, s.center, n.name AS center_name, n.time_zone, s.site, s.room, s.date, s.start_time,
    s.duration_minutes, s.invigilators, s.started_at, s.finalized_at, s.assigned_at, s.published_at,
    (SELECT count(*) FROM candidates c WHERE c.number = s.number) AS candidates,
    (SELECT max(s.started_at + make_interval(mins => CAST(
            s.duration_minutes + (s.duration_minutes * c.extra_time_percentage + 99) / 100
            + coalesce((SELECT sum(CAST(a->>'minutes' AS integer)) FROM jsonb_array_elements(c.additions) a), 0)
        AS integer))) FROM candidates c WHERE c.number = s.number AND c.attempt <> 'not_started') AS latest_end"""
"""The latest theoretical end is that of `hub.timing`, in SQL so that a list needs no room; a test compares them."""
_STATUS: Final = """CASE WHEN s.published_at IS NOT NULL THEN 'published' WHEN s.finalized_at IS NULL THEN 'open'
    WHEN s.assigned_at IS NULL THEN 'finalized' ELSE 'in_review' END"""
_LIFE: Final = f"array_position(ARRAY['open', 'finalized', 'in_review', 'published'], {_STATUS})"
_SORTED_BY: Final = {
    SessionSort.DATE: ("s.date", "s.start_time"),
    SessionSort.NUMBER: ("s.number",),
    SessionSort.SITE: ("s.site", "s.room"),
    SessionSort.ROOM: ("s.room", "s.site"),
    SessionSort.STATUS: (_LIFE, "s.started_at IS NOT NULL"),
}
_VISIBLE: Final = f"""
FROM exam_sessions s JOIN centers n ON n.id = s.center JOIN accounts a ON a.id = :account AND NOT a.is_disabled
WHERE ((a.role = 'center_admin' AND s.center IN (SELECT m.center FROM memberships m WHERE m.account = a.id))
    OR (a.role IN ('center_admin', 'invigilator')
        AND s.number IN (SELECT i.number FROM invigilations i
            WHERE i.account = a.id AND coalesce(i.until > clock_timestamp(), true))
        AND coalesce(s.finalized_at + CAST(:after_finalization AS interval) > clock_timestamp(), s.reopened_at IS NULL))
    OR (a.role = 'jury' AND s.finalized_at IS NOT NULL))
AND (CAST(:like AS text) IS NULL OR concat_ws(' ', s.number, s.site, s.room, s.invigilators) ILIKE :like)
AND (CAST(:status AS text) IS NULL OR {_STATUS} = :status)
AND s.date >= coalesce(CAST(:from_date AS date), '-infinity')
AND s.date <= coalesce(CAST(:to_date AS date), 'infinity')
"""


def _ordered(sort: SessionSort, direction: str) -> str:
    """Return the order of a list; what is equal in it comes newest first."""
    wanted = [f"{column} {direction}" for column in _SORTED_BY[sort]]
    return ", ".join((*wanted, "s.date DESC", "s.start_time DESC", "s.number DESC"))


_LIST: Final = {
    (sort, direction == "DESC"): text(
        f"SELECT {_SUMMARY} {_VISIBLE} ORDER BY {_ordered(sort, direction)} LIMIT :most OFFSET :skipped"
    )
    for sort in SessionSort
    for direction in ("ASC", "DESC")
}
_COUNT: Final = text(f"SELECT count(*) {_VISIBLE}")
_DETAIL: Final = text(f"""
SELECT {_SUMMARY}, s.observations, s.access_code, s.encrypted_password
FROM exam_sessions s JOIN centers n ON n.id = s.center WHERE s.number = :number
""")
_CHANGE: Final = text("""
UPDATE exam_sessions SET roster_version = roster_version + 1, site = coalesce(CAST(:site AS text), site),
    room = coalesce(CAST(:room AS text), room), date = coalesce(CAST(:date AS date), date),
    start_time = coalesce(CAST(:start_time AS text), start_time),
    invigilators = coalesce(CAST(:invigilators AS text), invigilators),
    observations = coalesce(CAST(:observations AS text), observations),
    duration_minutes = coalesce(CAST(:duration_minutes AS integer), duration_minutes)
WHERE number = :number
""")
# The rows are locked before what hangs on them is deleted; the audit has no hold on the session, and stays.
_LOCK_LIST: Final = text("SELECT 1 FROM candidates WHERE number = :number ORDER BY id FOR UPDATE")
_OF_THE_LIST: Final = "candidate IN (SELECT id FROM candidates WHERE number = :number)"
_DELETE: Final = (
    _LOCK_LIST,
    *(text(f"DELETE FROM {table} WHERE {_OF_THE_LIST}") for table in ("clients", "doorbook", "progress")),
    *(
        text(f"DELETE FROM {table} WHERE number = :number")
        for table in (
            "candidates",
            "invigilations",
            "handovers",
            "answers",
            "finalizations",
            "documents",
            "exam_sessions",
        )
    ),
)

_UNFINISHED: Final = """candidates WHERE number = :source
    AND (attempt IN ('running', 'ended', 'closed') OR (attempt = 'not_started' AND presence_state <> 'absent'))"""
_SUCCESSION: Final = text(f"""
SELECT started_at IS NOT NULL AS has_started, EXISTS (SELECT 1 FROM {_UNFINISHED}) AS is_anybody_left
FROM exam_sessions WHERE number = :source
""")
# Pressed twice, or sent again after a lost answer: the same people must not stand on two lists.
_SUCCEEDED: Final = text("""
SELECT n.number FROM exam_sessions n JOIN exam_sessions s ON s.number = n.successor_of
WHERE s.number = :source AND n.date = :date AND n.start_time = :start_time AND n.started_at IS NULL
    AND n.site = coalesce(CAST(:site AS text), s.site) AND n.room = coalesce(CAST(:room AS text), s.room)
ORDER BY n.number LIMIT 1
""")
_SUCCEED: Final = text(f"""
INSERT INTO exam_sessions ({SESSION_COLUMNS}, successor_of)
SELECT center, coalesce(CAST(:site AS text), site), coalesce(CAST(:room AS text), room), :date, :start_time,
    coalesce(CAST(:invigilators AS text), invigilators), observations, duration_minutes, :access_code,
    :encrypted_password, number
FROM exam_sessions WHERE number = :source
RETURNING number
""")
_CARRY_OVER: Final = text(f"""
INSERT INTO candidates ({", ".join(COLUMNS)})
SELECT CAST(:number AS bigint), {", ".join(column for column in COLUMNS if column != "number")}
FROM {_UNFINISHED} ORDER BY id
""")

_AUDIT: Final = text("""
SELECT d.seq, d.at, d.kind, d.candidate, d.author, a.name AS author_name, CAST(d.codes AS text) AS codes
FROM audit d LEFT JOIN accounts a ON d.author = 'account:' || a.id
WHERE d.number = :number ORDER BY d.seq
""")


class ExamSessionsInPostgres:
    """The part of the directory about sessions."""

    _database: Database

    async def wall(self, account: AccountId) -> Sequence[SessionNumber]:
        """List the open sessions of an admin's centers that are today's, or were started within a day."""
        async with self._database.single() as db:
            rows = await db.execute(_WALL, {"account": account, "most": WALL_MOST})
            return [SessionNumber(number) for number in rows.scalars()]

    async def session_exists(self, number: SessionNumber) -> bool:
        """Tell whether there is such a session."""
        if not is_id(number):
            return False
        async with self._database.single() as db:
            return (await db.execute(_EXISTS, {"number": number})).first() is not None

    async def session_door(self, number: SessionNumber) -> SessionDoor | None:
        """Read what a typed session password is compared to."""
        if not is_id(number):
            return None
        async with self._database.single() as db:
            row = (await db.execute(_DOOR, {"number": number})).first()
        return None if row is None else SessionDoor(row.encrypted_password, row.is_closed)

    async def create_session(self, draft: SessionDraft, secrets: SessionSecrets) -> SessionNumber:
        """Make an empty session."""
        async with self._database.single() as db:
            made = await db.execute(CREATE_SESSION, {**asdict(draft), **asdict(secrets)})
            return SessionNumber(made.scalar_one())

    async def sessions(self, account: AccountId, narrowed: SessionFilter) -> SessionPage:
        """List the sessions this account may see."""
        values = {
            "account": account,
            "after_finalization": AFTER_FINALIZATION,
            "like": pattern_of(narrowed.q),
            "status": narrowed.status,
            "from_date": narrowed.from_date,
            "to_date": narrowed.to_date,
        }
        page = {"most": narrowed.page_size, "skipped": (narrowed.page - 1) * narrowed.page_size}
        async with self._database.single() as db:
            rows = (await db.execute(_LIST[narrowed.sort, narrowed.is_descending], {**values, **page})).all()
            total = (await db.execute(_COUNT, values)).scalar_one()
        return SessionPage(tuple(_summary_of(row) for row in rows), int(total))

    async def session_detail(self, number: SessionNumber) -> SessionDetail | None:
        """Read a session as its staff prepare it."""
        if not is_id(number):
            return None
        async with self._database.single() as db:
            row = (await db.execute(_DETAIL, {"number": number})).first()
        if row is None:
            return None
        secrets = SessionSecrets(row.access_code, row.encrypted_password)
        return SessionDetail(_summary_of(row), row.observations, secrets)

    async def change_session(self, number: SessionNumber, changes: SessionChanges) -> Hindrance | None:
        """Change a session nobody has started."""
        async with self._database.transaction() as db:
            refusal = await hindrance(db, number)
            if refusal is None:
                await db.execute(_CHANGE, {**asdict(changes), "number": number})
        return refusal

    async def delete_session(self, number: SessionNumber, author: Author) -> Hindrance | None:
        """Delete a session in which nobody has begun, with everything but its audit, which ends with this."""
        async with self._database.transaction() as db:
            refusal = await keeps_from_deletion(db, number)
            if refusal is None:
                case = PostgresCase(db, number)
                await case.note(await case.docket(author, None), Event(EventKind.SESSION_DELETED), author)
                for statement in _DELETE:
                    await db.execute(statement, {"number": number})
        return refusal

    async def succeed_session(
        self, number: SessionNumber, successor: Successor, secrets: SessionSecrets
    ) -> SessionNumber | Hindrance:
        """Make a new session with everybody of a started one who has not finished and was not absent; at most once."""
        async with self._database.transaction() as db:
            if not await locked(db, number):
                return Hindrance.NOT_FOUND
            found = (await db.execute(_SUCCESSION, {"source": number})).one()
            if not found.has_started:
                return Hindrance.NOT_STARTED
            if not found.is_anybody_left:
                return Hindrance.NOBODY_LEFT
            wanted = {"source": number, **asdict(successor)}
            made_before = (await db.execute(_SUCCEEDED, wanted)).scalar()
            if made_before is not None:
                return SessionNumber(made_before)
            made = await db.execute(_SUCCEED, {**wanted, **asdict(secrets)})
            successor_number = SessionNumber(made.scalar_one())
            await db.execute(_CARRY_OVER, {"source": number, "number": successor_number})
        return successor_number

    async def audit_lines(self, number: SessionNumber) -> Sequence[AuditLine]:
        """List what was decided in a session."""
        if not is_id(number):
            return []
        async with self._database.single() as db:
            rows = await db.execute(_AUDIT, {"number": number})
            return [AuditLine(**row) for row in rows.mappings()]


def _summary_of(row: Row[tuple[object, ...]]) -> SessionSummary:
    return SessionSummary(
        number=SessionNumber(row.number),
        center=CenterId(row.center),
        center_name=row.center_name,
        time_zone=row.time_zone,
        site=row.site,
        room=row.room,
        date=row.date,
        start_time=row.start_time,
        duration_minutes=row.duration_minutes,
        invigilators=row.invigilators,
        started_at=row.started_at,
        finalized_at=row.finalized_at,
        candidates=row.candidates,
        assigned_at=row.assigned_at,
        published_at=row.published_at,
        latest_end=row.latest_end,
    )

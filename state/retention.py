"""What the owner of the tables deletes: sessions past their time, accounts that nobody uses, links past their life.

The chain of decisions stays: ids, codes and numbers. A candidate's row stays too, with its numbers and how the test
went, and without anything that says who it was; the words of others about them go with it. Each session is one
transaction under its own lock, and notes in its chain that it was emptied. What is left to do is read from the rows
themselves: a purge that was cut off goes on where it stopped, and a second one finds nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Final

from sqlalchemy import Row, text

from hub.events import Codes, EventKind
from hub.model import SessionNumber
from hub.retention import Emptied, last_access_due, last_session_due
from state.database import Database
from state.emptying import EMPTYING, IS_NAMED, bench

PAGE_SESSIONS: Final = 200

_OWNED: Final = text("""
SELECT current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = CAST('candidates' AS regclass))
""")

_HAS_COMMENT: Final = "(f.abort_reasons, f.comment) IS DISTINCT FROM (CAST('{}' AS jsonb), '')"
_HAS_SHEET: Final = "(s.invigilators, s.observations) IS DISTINCT FROM ('', '')"

# ── sessions ───────────────────────────────────────────────────────────────────────────────────────────────────────

_TODAYS: Final = text("""
SELECT time_zone, coalesce(CAST(:as_of AS date), CAST(clock_timestamp() AT TIME ZONE time_zone AS date)) AS today
FROM centers GROUP BY time_zone
""")
_CLOCK: Final = text("SELECT clock_timestamp() AS at")
# A date is typed, and years are mistyped: what happened to a session since cannot be. The last decision does not
# count, for a purge is one.
_DUE: Final = """exam_sessions s JOIN centers n ON n.id = s.center
JOIN unnest(CAST(:zones AS text[]), CAST(:lasts AS date[])) AS due(time_zone, last) ON due.time_zone = n.time_zone
WHERE due.last >= greatest(s.date, CAST(greatest(s.created_at, s.started_at, s.finalized_at, s.reopened_at)
    AT TIME ZONE n.time_zone AS date))"""
_PAGE: Final = text(f"SELECT s.number FROM {_DUE} AND s.number > :after ORDER BY s.number LIMIT :most")
_IS_STILL_DUE: Final = text(f"SELECT EXISTS (SELECT FROM {_DUE} AND s.number = :number)")
_LEFT: Final = text(f"""
SELECT s.number, {_HAS_SHEET} AS has_sheet,
    (SELECT count(*) FROM candidates c WHERE c.number = s.number AND {IS_NAMED}) AS candidates,
    (SELECT count(*) FROM audit_details d WHERE d.number = s.number) AS details,
    (SELECT count(*) FROM documents d WHERE d.number = s.number) AS documents,
    (SELECT count(*) FROM finalizations f WHERE f.number = s.number AND {_HAS_COMMENT}) AS comments,
    (SELECT count(*) FROM answers k WHERE k.number = s.number) AS answers,
    (SELECT count(*) FROM clients l JOIN candidates c ON c.id = l.candidate WHERE c.number = s.number) AS clients
FROM exam_sessions s WHERE s.number = ANY(CAST(:numbers AS bigint[])) ORDER BY s.number
""")
_EMPTY_SESSION: Final = (
    text(f"UPDATE candidates c SET {EMPTYING} WHERE c.number = :number AND {IS_NAMED}"),
    text("DELETE FROM audit_details WHERE number = :number"),
    text("DELETE FROM documents WHERE number = :number"),
    text(
        f"UPDATE finalizations f SET abort_reasons = '{{}}', comment = '' WHERE f.number = :number AND {_HAS_COMMENT}"
    ),
    text("DELETE FROM answers WHERE number = :number"),
    text("DELETE FROM clients l USING candidates c WHERE c.id = l.candidate AND c.number = :number"),
    text("UPDATE exam_sessions SET invigilators = '', observations = '' WHERE number = :number"),
)

# ── people and links ───────────────────────────────────────────────────────────────────────────────────────────────

# The operator who came last stays whatever happens: without one nobody could let the others in again.
_IS_UNUSED: Final = """coalesce(a.last_access_at, a.created_at) <= :last AND a.email <> ALL(CAST(:spared AS text[]))
    AND a.email <> 'account-' || a.id || '@erased.invalid' AND a.id IS DISTINCT FROM (SELECT o.id FROM accounts o
        WHERE o.role = 'operator' AND NOT o.is_disabled AND o.password_hash IS NOT NULL
        ORDER BY coalesce(o.last_access_at, o.created_at) DESC, o.id DESC LIMIT 1)"""
# A session that nobody started may be deleted; what was said in it then has no other date than its own.
_IS_ORPHANED: Final = """CAST(a.at AS date) <= :orphaned
    AND NOT EXISTS (SELECT FROM exam_sessions s WHERE s.number = d.number)"""
_COUNT_PEOPLE: Final = text(f"""
SELECT (SELECT count(*) FROM accounts a WHERE {_IS_UNUSED}) AS accounts,
    (SELECT count(*) FROM invitations WHERE expires_at <= :at OR used_at <= :at) AS invitations,
    (SELECT count(*) FROM imports WHERE expires_at <= :at) AS imports,
    (SELECT count(*) FROM logins WHERE expires_at <= :at) AS logins,
    (SELECT count(*) FROM handovers WHERE expires_at <= :at) AS handovers,
    (SELECT count(*) FROM audit_details d JOIN audit a ON a.number = d.number AND a.seq = d.seq
        WHERE {_IS_ORPHANED}) AS details
""")
_EMPTY_PEOPLE: Final = (
    text(f"""
DELETE FROM logins l WHERE l.expires_at <= :at OR l.account IN (SELECT a.id FROM accounts a WHERE {_IS_UNUSED})
"""),
    text(f"""
UPDATE accounts a SET name = 'account ' || a.id, email = 'account-' || a.id || '@erased.invalid',
    password_hash = NULL, is_disabled = true
WHERE {_IS_UNUSED}
"""),
    text("DELETE FROM invitations WHERE expires_at <= :at OR used_at <= :at"),
    text("DELETE FROM imports WHERE expires_at <= :at"),
    text("DELETE FROM handovers WHERE expires_at <= :at"),
    text(f"DELETE FROM audit_details d USING audit a WHERE a.number = d.number AND a.seq = d.seq AND {_IS_ORPHANED}"),
)


class PostgresRetention:
    """Empties what is past its time; works for the owner of the tables alone."""

    def __init__(self, database: Database, spared: Collection[str] = ()) -> None:
        """Use this pool of the owner's; the accounts with the spared addresses are nobody's and stay."""
        self._database = database
        self._spared = list(spared)

    async def is_owner(self) -> bool:
        """Tell whether this role may purge at all."""
        async with self._database.single() as db:
            return bool((await db.execute(_OWNED)).scalar_one())

    async def today(self) -> date:
        """Return the database's day, in UTC."""
        return (await self._instant(None)).date()

    async def sessions_due(self, as_of: date | None) -> AsyncIterator[tuple[SessionNumber, Emptied]]:
        """Go through the sessions past their time of which something is left, by number, with what that is."""
        lasts = await self._lasts(as_of)
        after = 0
        while True:
            async with self._database.single() as db:
                page = {**lasts, "after": after, "most": PAGE_SESSIONS}
                numbers = list((await db.execute(_PAGE, page)).scalars())
                rows = (await db.execute(_LEFT, {"numbers": numbers})).all()
            if not numbers:
                return
            after = numbers[-1]
            for row in rows:
                left = _left(row)
                if left.sessions:
                    yield SessionNumber(row.number), left

    async def purge_session(self, number: SessionNumber, as_of: date | None = None) -> Emptied:
        """Empty one session in one transaction, and say what that was; nothing when it is not due or not any more."""
        lasts = await self._lasts(as_of)
        async with bench(self._database, number) as at:
            if not (await at.db.execute(_IS_STILL_DUE, {**lasts, "number": number})).scalar_one():
                return Emptied()
            left = _left((await at.db.execute(_LEFT, {"numbers": [number]})).one())
            if left.sessions:
                for statement in _EMPTY_SESSION:
                    await at.db.execute(statement, {"number": number})
                codes: Codes = {
                    "candidates": left.candidates,
                    "details": left.details,
                    "documents": left.documents,
                }
                await at.note(EventKind.SESSION_PURGED, None, codes)
        return left

    async def people_due(self, as_of: date | None) -> Emptied:
        """Count the accounts nobody uses, and the links, lists and logins past their life."""
        at = await self._instant(as_of)
        async with self._database.single() as db:
            return Emptied(**(await db.execute(_COUNT_PEOPLE, self._named(at))).mappings().one())

    async def purge_people(self, as_of: date | None) -> Emptied:
        """Empty and delete these."""
        at = await self._instant(as_of)
        async with self._database.transaction() as db:
            counted = Emptied(**(await db.execute(_COUNT_PEOPLE, self._named(at))).mappings().one())
            for statement in _EMPTY_PEOPLE:
                await db.execute(statement, self._named(at))
        return counted

    async def _lasts(self, as_of: date | None) -> Mapping[str, object]:
        """Return for each time zone the latest day of a session that is due."""
        async with self._database.single() as db:
            days = (await db.execute(_TODAYS, {"as_of": as_of})).all()
        return {"zones": [row.time_zone for row in days], "lasts": [last_session_due(row.today) for row in days]}

    async def _instant(self, as_of: date | None) -> datetime:
        if as_of is not None:
            return datetime.combine(as_of, time(), UTC)
        async with self._database.single() as db:
            now: datetime = (await db.execute(_CLOCK)).scalar_one()
            return now

    def _named(self, at: datetime) -> Mapping[str, object]:
        return {
            "at": at,
            "last": last_access_due(at),
            "orphaned": last_session_due(at.date()),
            "spared": self._spared,
        }


def _left(row: Row[tuple[object, ...]]) -> Emptied:
    """Return what a session still has to lose."""
    counted = Emptied(
        candidates=row.candidates,
        details=row.details,
        documents=row.documents,
        comments=row.comments,
        answers=row.answers,
        clients=row.clients,
    )
    return replace(counted, sessions=1) if row.has_sheet or counted != Emptied() else counted

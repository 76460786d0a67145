"""Sessions as they are prepared and listed, the rights in them, and candidates' clients, in Postgres."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Final

from sqlalchemy import Row, text

from hub.directory import (
    AFTER_FINALIZATION,
    CenterId,
    IdentityMatch,
    KnownClient,
    ListedCandidate,
    Role,
    SessionDetail,
    SessionDoor,
    SessionDraft,
    SessionFilter,
    SessionPage,
    SessionSecrets,
    SessionSort,
    SessionSummary,
)
from hub.identity import normal_form
from hub.model import AccountId, CandidateId, ClientId, Person, SessionNumber
from hub.ports import Standing
from state.database import Database, is_id
from state.rows import ROOM_COLUMNS, room_of
from state.standing import Claim, standing_of

_STANDING: Final = text(f"""
SELECT {ROOM_COLUMNS}, a.role, i.account IS NOT NULL AS is_invigilating, m.account IS NOT NULL AS is_of_the_center,
    greatest(clock_timestamp(), s.last_decided_at) AS read_at
FROM exam_sessions s JOIN accounts a ON a.id = :account AND NOT a.is_disabled
LEFT JOIN invigilations i ON i.number = s.number AND i.account = a.id
LEFT JOIN memberships m ON m.center = s.center AND m.account = a.id
WHERE s.number = :number
""")
_EXISTS: Final = text("SELECT 1 FROM exam_sessions WHERE number = :number")
_DOOR: Final = text("SELECT number, encrypted_password, finalized_at FROM exam_sessions WHERE number = :number")
_GRANT: Final = text("""
WITH made AS (INSERT INTO invigilations (number, account) VALUES (:number, :account)
        ON CONFLICT DO NOTHING RETURNING number)
UPDATE exam_sessions s SET roster_version = s.roster_version + 1 FROM made WHERE s.number = made.number
""")

SESSION_COLUMNS: Final = """center, site, room, date, start_time, invigilators, observations, duration_minutes,
    access_code, encrypted_password"""
CREATE_SESSION: Final = text(f"""
INSERT INTO exam_sessions ({SESSION_COLUMNS})
VALUES (:center, :site, :room, :date, :start_time, :invigilators, :observations, :duration_minutes, :access_code,
    :encrypted_password)
RETURNING number
""")

_SUMMARY: Final = """s.number, s.center, n.name AS center_name, n.time_zone, s.site, s.room, s.date, s.start_time,
    s.duration_minutes, s.invigilators, s.started_at, s.finalized_at,
    (SELECT count(*) FROM candidates c WHERE c.number = s.number) AS candidates"""
_ORDERS: Final = {
    SessionSort.DATE: "s.date DESC, s.start_time DESC, s.number DESC",
    SessionSort.NUMBER: "s.number",
    SessionSort.SITE: "s.site, s.room, s.date DESC, s.number",
}
_VISIBLE: Final = """
FROM exam_sessions s JOIN centers n ON n.id = s.center JOIN accounts a ON a.id = :account AND NOT a.is_disabled
WHERE ((a.role = 'center_admin' AND s.center IN (SELECT m.center FROM memberships m WHERE m.account = a.id))
    OR (a.role IN ('center_admin', 'invigilator')
        AND s.number IN (SELECT i.number FROM invigilations i WHERE i.account = a.id)
        AND (s.finalized_at IS NULL OR s.finalized_at + CAST(:after_finalization AS interval) > clock_timestamp()))
    OR (a.role = 'jury' AND s.finalized_at IS NOT NULL))
AND (CAST(:like AS text) IS NULL OR concat_ws(' ', s.number, s.site, s.room, s.invigilators) ILIKE :like)
AND (CAST(:status AS text) IS NULL OR (s.finalized_at IS NULL) = (:status = 'open'))
AND s.date >= coalesce(CAST(:from_date AS date), '-infinity')
AND s.date <= coalesce(CAST(:to_date AS date), 'infinity')
"""
_LIST: Final = {
    sort: text(f"SELECT {_SUMMARY} {_VISIBLE} ORDER BY {order} LIMIT :most OFFSET :skipped")
    for sort, order in _ORDERS.items()
}
_COUNT: Final = text(f"SELECT count(*) {_VISIBLE}")
_DETAIL: Final = text(f"""
SELECT {_SUMMARY}, s.observations, s.access_code, s.encrypted_password
FROM exam_sessions s JOIN centers n ON n.id = s.center WHERE s.number = :number
""")
_CANDIDATES: Final = text("""
SELECT id, last_name, first_name, birthdate, sex, birth_country, birth_insee_code, birth_postal_code, birth_town,
    results_email, invitation_email, external_id, extra_time_percentage
FROM candidates WHERE number = :number ORDER BY normal_last_name, normal_first_name, birthdate, id
""")

_IDENTIFY: Final = text("""
SELECT c.id, c.last_name, c.first_name, c.birthdate, s.finalized_at
FROM candidates c JOIN exam_sessions s ON s.number = c.number
WHERE c.number = :number AND c.birthdate = :birthdate
    AND c.normal_last_name = :last_name AND c.normal_first_name = :first_name
""")
_MINT: Final = text("INSERT INTO clients (candidate, token_hash) VALUES (:candidate, :token_hash) RETURNING id")
_CLIENTS: Final = text("""
SELECT l.token_hash, l.id, l.candidate, c.number, s.finalized_at
FROM clients l JOIN candidates c ON c.id = l.candidate JOIN exam_sessions s ON s.number = c.number
WHERE l.token_hash = ANY(CAST(:token_hashes AS bytea[]))
""")


class ExamSessionsInPostgres:
    """The part of the directory about sessions and who may come near them."""

    _database: Database

    async def standing(self, account: AccountId, number: SessionNumber) -> Standing:
        """Tell what an account may do in a session at this moment."""
        if not (is_id(number) and is_id(account)):
            return Standing.NONE
        async with self._database.single() as db:
            row = (await db.execute(_STANDING, {"account": account, "number": number})).first()
        if row is None:
            return Standing.NONE
        claim = Claim(account, Role(row.role), row.is_invigilating, row.is_of_the_center)
        return standing_of(claim, room_of(row).take_overs, row.finalized_at, row.read_at)

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
        return None if row is None else SessionDoor(number, row.encrypted_password, row.finalized_at)

    async def grant_invigilation(self, account: AccountId, number: SessionNumber) -> None:
        """Let an account invigilate a session; a newcomer's name joins the roster."""
        async with self._database.single() as db:
            await db.execute(_GRANT, {"account": account, "number": number})

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
            "like": _like(narrowed.q),
            "status": narrowed.status,
            "from_date": narrowed.from_date,
            "to_date": narrowed.to_date,
        }
        page = {"most": narrowed.page_size, "skipped": (narrowed.page - 1) * narrowed.page_size}
        async with self._database.single() as db:
            rows = (await db.execute(_LIST[narrowed.sort], {**values, **page})).all()
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

    async def candidates(self, number: SessionNumber) -> Sequence[ListedCandidate]:
        """List a session's candidates in alphabetical order."""
        if not is_id(number):
            return []
        async with self._database.single() as db:
            rows = await db.execute(_CANDIDATES, {"number": number})
            return [ListedCandidate(**row) for row in rows.mappings()]

    async def identify(
        self, number: SessionNumber, last_name: str, first_name: str, birthdate: date
    ) -> tuple[IdentityMatch, ...]:
        """Find who in this session has these names and this birthdate."""
        values = {
            # An impossible number is asked for too: the answer to it must take no other time.
            "number": number if is_id(number) else 0,
            "birthdate": birthdate,
            "last_name": normal_form(last_name),
            "first_name": normal_form(first_name),
        }
        async with self._database.single() as db:
            rows = (await db.execute(_IDENTIFY, values)).all()
        return tuple(
            IdentityMatch(CandidateId(row.id), Person(row.last_name, row.first_name, row.birthdate), row.finalized_at)
            for row in rows
        )

    async def mint_client(self, candidate: CandidateId, token_hash: bytes) -> ClientId:
        """Make a new client of a candidate."""
        async with self._database.single() as db:
            made = await db.execute(_MINT, {"candidate": candidate, "token_hash": token_hash})
            return ClientId(str(made.scalar_one()))

    async def clients(self, token_hashes: Collection[bytes]) -> Mapping[bytes, KnownClient]:
        """Find clients by their tokens' hashes."""
        if not token_hashes:
            return {}
        async with self._database.single() as db:
            rows = (await db.execute(_CLIENTS, {"token_hashes": list(token_hashes)})).all()
        return {
            row.token_hash: KnownClient(
                ClientId(str(row.id)), CandidateId(row.candidate), SessionNumber(row.number), row.finalized_at
            )
            for row in rows
        }


def _like(words: str) -> str | None:
    """Return the pattern of a search, in which nothing typed has a meaning of its own."""
    plain = words.replace("\0", "").strip()
    for special in "\\%_":
        plain = plain.replace(special, "\\" + special)
    return f"%{plain}%" if plain else None


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
    )

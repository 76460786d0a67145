"""The list of a session in Postgres: who is on it, how it is changed, who a typed name is, and candidates' clients."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.identity import normal_form
from hub.model import CandidateId, ClientId, Person, SessionNumber
from hub.preparation import (
    CandidateChanges,
    DoorSign,
    Hindrance,
    IdentityMatch,
    KnownClient,
    ListedCandidate,
    NewClient,
    PlannedCandidate,
    TypedIdentity,
)
from state.database import Database, is_id
from state.preparation import hindrance, note_new_roster
from state.rows import IS_CLOSED

LISTED: Final = {
    "last_name": "text",
    "first_name": "text",
    "birthdate": "date",
    "sex": "text",
    "birth_country": "text",
    "birth_insee_code": "text",
    "birth_postal_code": "text",
    "birth_town": "text",
    "results_email": "text",
    "invitation_email": "text",
    "external_id": "text",
    "extra_time_percentage": "smallint",
}
"""What the list says of a candidate, with the types in SQL."""
NORMAL: Final = {"normal_last_name": "text", "normal_first_name": "text"}
COLUMNS: Final = {"number": "bigint", **NORMAL, **LISTED}
"""Every column a new candidate is made with."""

_LIST: Final = f"SELECT id, {', '.join(LISTED)} FROM candidates WHERE number = :number"
_CANDIDATES: Final = text(f"{_LIST} ORDER BY normal_last_name, normal_first_name, birthdate, id")
_CANDIDATE: Final = text(f"{_LIST} AND id = :candidate")
_ADD: Final = text(f"""
INSERT INTO candidates ({", ".join(COLUMNS)}) VALUES ({", ".join(f":{column}" for column in COLUMNS)}) RETURNING id
""")
# Only what was given is written: two people who correct two fields of a line do not undo each other's work.
_CHANGE: Final = text(f"""
UPDATE candidates SET {
    ", ".join(f"{name} = coalesce(CAST(:{name} AS {kind}), {name})" for name, kind in {**NORMAL, **LISTED}.items())
}
WHERE number = :number AND id = :candidate
""")
# Under the session's lock: nobody else puts the same person on the list meanwhile.
_TWIN: Final = text("""
SELECT 1 FROM candidates t LEFT JOIN candidates c ON c.id = CAST(:candidate AS bigint) AND c.number = t.number
WHERE t.number = :number AND t.id IS DISTINCT FROM c.id AND (CAST(:candidate AS bigint) IS NULL OR c.id IS NOT NULL)
    AND t.birthdate = coalesce(CAST(:birthdate AS date), c.birthdate)
    AND t.normal_last_name = coalesce(CAST(:normal_last_name AS text), c.normal_last_name)
    AND t.normal_first_name = coalesce(CAST(:normal_first_name AS text), c.normal_first_name)
LIMIT 1
""")
# Locked before what hangs on the row is deleted: an arrival or a new token that is on its way comes first, or never.
_LOCK_ONE: Final = text("SELECT 1 FROM candidates WHERE number = :number AND id = :candidate FOR UPDATE")
_DELETE: Final = (
    text("DELETE FROM clients WHERE candidate = :candidate"),
    text("DELETE FROM doorbook WHERE candidate = :candidate"),
    text("DELETE FROM progress WHERE candidate = :candidate"),
    text("DELETE FROM candidates WHERE id = :candidate"),
)

_IDENTIFY: Final = text(f"""
SELECT asked.place, c.id, c.last_name, c.first_name, c.birthdate, {IS_CLOSED},
    s.number, s.site, s.room, s.date, s.start_time, n.time_zone, s.duration_minutes
FROM unnest(CAST(:numbers AS bigint[]), CAST(:birthdates AS date[]), CAST(:last_names AS text[]),
    CAST(:first_names AS text[])) WITH ORDINALITY AS asked(number, birthdate, last_name, first_name, place)
JOIN candidates c ON c.number = asked.number AND c.birthdate = asked.birthdate
    AND c.normal_last_name = asked.last_name AND c.normal_first_name = asked.first_name
JOIN exam_sessions s ON s.number = c.number JOIN centers n ON n.id = s.center
""")
# Locked in the order of ids, as a list is that is deleted: a line that is just being deleted gets no client.
_MINT: Final = text("""
INSERT INTO clients (candidate, token_hash)
SELECT c.id, w.token_hash FROM unnest(CAST(:candidates AS bigint[]), CAST(:token_hashes AS bytea[]))
    AS w(candidate, token_hash) JOIN candidates c ON c.id = w.candidate
ORDER BY c.id FOR KEY SHARE OF c
RETURNING id, candidate, token_hash
""")
_CLIENTS: Final = text("""
SELECT l.token_hash, l.id, l.candidate, c.number, c.attempt = 'running' AS is_running
FROM clients l JOIN candidates c ON c.id = l.candidate
WHERE l.token_hash = ANY(CAST(:token_hashes AS bytea[]))
""")


class CandidateListInPostgres:
    """The part of the directory about the people on a session's list."""

    _database: Database

    # ── the list ───────────────────────────────────────────────────────────────────────────────────────────────

    async def candidates(self, number: SessionNumber) -> Sequence[ListedCandidate]:
        """List a session's candidates in alphabetical order."""
        if not is_id(number):
            return []
        async with self._database.single() as db:
            rows = await db.execute(_CANDIDATES, {"number": number})
            return [ListedCandidate(**row) for row in rows.mappings()]

    async def listed_candidate(self, number: SessionNumber, candidate: CandidateId) -> ListedCandidate | None:
        """Read one line of a session's list."""
        if not (is_id(number) and is_id(candidate)):
            return None
        async with self._database.single() as db:
            found = (await db.execute(_CANDIDATE, {"number": number, "candidate": candidate})).mappings().first()
        return None if found is None else ListedCandidate(**found)

    async def add_candidate(self, number: SessionNumber, candidate: PlannedCandidate) -> CandidateId | Hindrance:
        """Put a candidate on the list of a session nobody has started."""
        values = row_of(number, candidate)
        async with self._database.transaction() as db:
            refusal = await hindrance(db, number)
            if refusal is None and await _is_listed(db, values, None):
                refusal = Hindrance.DUPLICATE
            if refusal is not None:
                return refusal
            made = (await db.execute(_ADD, values)).scalar_one()
            await note_new_roster(db, number)
        return CandidateId(made)

    async def change_candidate(
        self, number: SessionNumber, candidate: CandidateId, changes: CandidateChanges
    ) -> Hindrance | None:
        """Change a line of the list of a session nobody has started."""
        if not is_id(candidate):
            return Hindrance.NOT_FOUND
        values = {**asdict(changes), **_normal_names(changes), "number": number, "candidate": candidate}
        async with self._database.transaction() as db:
            refusal = await hindrance(db, number)
            if refusal is None and await _is_listed(db, values, candidate):
                refusal = Hindrance.DUPLICATE
            if refusal is not None:
                return refusal
            if (await db.execute(_CHANGE, values)).rowcount == 0:
                return Hindrance.NOT_FOUND
            await note_new_roster(db, number)
        return None

    async def delete_candidate(self, number: SessionNumber, candidate: CandidateId) -> Hindrance | None:
        """Take a candidate off the list of a session nobody has started."""
        if not is_id(candidate):
            return Hindrance.NOT_FOUND
        named = {"number": number, "candidate": candidate}
        async with self._database.transaction() as db:
            refusal = await hindrance(db, number)
            if refusal is not None:
                return refusal
            if (await db.execute(_LOCK_ONE, named)).first() is None:
                return Hindrance.NOT_FOUND
            for statement in _DELETE:
                await db.execute(statement, {"candidate": candidate})
            await note_new_roster(db, number)
        return None

    # ── who is at the door ─────────────────────────────────────────────────────────────────────────────────────

    async def identify(self, typed: Collection[TypedIdentity]) -> Mapping[TypedIdentity, Sequence[IdentityMatch]]:
        """Find who in their sessions has these names and birthdates, all in one statement."""
        asked = tuple(typed)
        values = {
            # An impossible number is asked for too: the answer to it must take no other time.
            "numbers": [one.number if is_id(one.number) else 0 for one in asked],
            "birthdates": [one.birthdate for one in asked],
            "last_names": [normal_form(one.last_name) for one in asked],
            "first_names": [normal_form(one.first_name) for one in asked],
        }
        async with self._database.single() as db:
            rows = (await db.execute(_IDENTIFY, values)).all()
        found: dict[TypedIdentity, list[IdentityMatch]] = {}
        for row in rows:
            found.setdefault(asked[row.place - 1], []).append(_match_of(row))
        return found

    async def mint_clients(self, wanted: Collection[NewClient]) -> Mapping[NewClient, ClientId]:
        """Make new clients, all in one statement."""
        values = {
            "candidates": [one.candidate for one in wanted],
            "token_hashes": [one.token_hash for one in wanted],
        }
        async with self._database.single() as db:
            rows = (await db.execute(_MINT, values)).all()
        return {NewClient(CandidateId(row.candidate), row.token_hash): ClientId(str(row.id)) for row in rows}

    async def clients(self, token_hashes: Collection[bytes]) -> Mapping[bytes, KnownClient]:
        """Find clients by their tokens' hashes."""
        if not token_hashes:
            return {}
        async with self._database.single() as db:
            rows = (await db.execute(_CLIENTS, {"token_hashes": list(token_hashes)})).all()
        return {
            row.token_hash: KnownClient(
                ClientId(str(row.id)), CandidateId(row.candidate), SessionNumber(row.number), row.is_running
            )
            for row in rows
        }


def row_of(number: SessionNumber, candidate: PlannedCandidate) -> dict[str, object]:
    """Return a new candidate's columns."""
    listed = {name: value for name, value in asdict(candidate).items() if name in LISTED}
    return {"number": number, **normal_names(candidate), **listed}


def normal_names(candidate: PlannedCandidate) -> dict[str, str]:
    """Return the names as they are compared."""
    return {
        "normal_last_name": normal_form(candidate.last_name),
        "normal_first_name": normal_form(candidate.first_name),
    }


def _normal_names(changes: CandidateChanges) -> dict[str, str | None]:
    last_name, first_name = changes.last_name, changes.first_name
    return {
        "normal_last_name": None if last_name is None else normal_form(last_name),
        "normal_first_name": None if first_name is None else normal_form(first_name),
    }


def _match_of(row: Row[tuple[object, ...]]) -> IdentityMatch:
    number = SessionNumber(row.number)
    door = DoorSign(number, row.site, row.room, row.date, row.start_time, row.time_zone, row.duration_minutes)
    person = Person(row.last_name, row.first_name, row.birthdate)
    return IdentityMatch(CandidateId(row.id), person, row.is_closed, door)


async def _is_listed(db: AsyncConnection, values: Mapping[str, object], candidate: CandidateId | None) -> bool:
    """Tell whether somebody else on the list is this person."""
    return (await db.execute(_TWIN, {**values, "candidate": candidate})).first() is not None

"""Imports in Postgres: a checked plan waits for its author, then everything is made in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.model import AccountId, SessionNumber
from hub.people import CenterId
from hub.preparation import (
    IMPORT_LIFE,
    Imported,
    ImportedSession,
    ImportId,
    ImportProblem,
    ImportRefused,
    Plan,
    PlannedCandidate,
    PlannedSession,
    SessionSecrets,
    StoredImport,
)
from state.candidate_list import COLUMNS, normal_names, row_of
from state.database import Database, is_id
from state.exam_sessions import CREATE_SESSION

DEFAULT_DURATION_MINUTES: Final = 105
"""Source: the length of the field's test; the import format has no column for another."""

_STORE: Final = text("""
WITH gone AS (DELETE FROM imports WHERE expires_at <= clock_timestamp())
INSERT INTO imports (author, center, plan, problems, expires_at)
VALUES (:author, :center, :plan, :problems, clock_timestamp() + :life) RETURNING id
""")
_LOAD_SQL: Final = """
SELECT id, center, plan, problems, outcome FROM imports
WHERE id = CAST(:id AS uuid) AND author = :author AND expires_at > clock_timestamp()
"""
_LOAD: Final = text(_LOAD_SQL)
_TAKE: Final = text(_LOAD_SQL + " FOR UPDATE")
_NOTE_OUTCOME: Final = text("UPDATE imports SET outcome = :outcome WHERE id = CAST(:id AS uuid)")

# The only place that holds several sessions' locks, because all or nothing was asked for: in the order of numbers,
# so that two imports never wait for each other, and with nothing but SQL in between.
_LOCK_SESSIONS: Final = text("""
SELECT number FROM exam_sessions WHERE number = ANY(CAST(:numbers AS bigint[])) ORDER BY number FOR NO KEY UPDATE
""")
_TARGETS: Final = text("""
SELECT number, started_at IS NOT NULL AS is_started, finalized_at IS NOT NULL AS is_finalized
FROM exam_sessions WHERE number = ANY(CAST(:numbers AS bigint[])) AND center = :center
""")
_PEOPLE: Final = text("""
SELECT number, normal_last_name, normal_first_name, birthdate FROM candidates
WHERE number = ANY(CAST(:numbers AS bigint[]))
""")
_NEW_ROSTERS: Final = text(
    "UPDATE exam_sessions SET roster_version = roster_version + 1 WHERE number = ANY(CAST(:numbers AS bigint[]))"
)
_SECRETS: Final = text("""
SELECT number, access_code, encrypted_password FROM exam_sessions WHERE number = ANY(CAST(:numbers AS bigint[]))
""")

_ADD_CANDIDATES: Final = text(f"""
INSERT INTO candidates ({", ".join(COLUMNS)})
SELECT {", ".join(COLUMNS)} FROM jsonb_to_recordset(CAST(:rows AS jsonb))
    AS r(position integer, {", ".join(f"{column} {kind}" for column, kind in COLUMNS.items())})
ORDER BY position
""")

_plan = msgspec.json.Decoder(Plan)
_problems = msgspec.json.Decoder(tuple[ImportProblem, ...])

_PersonKey = tuple[str, str, str]


class _Outcome(msgspec.Struct, frozen=True):
    """What a confirmed import made: numbers in the order of the plan, those made new, how many candidates."""

    numbers: tuple[SessionNumber, ...]
    new: frozenset[SessionNumber]
    candidates: int


_outcome = msgspec.json.Decoder(_Outcome)


class ImportsInPostgres:
    """The part of the directory about imports."""

    _database: Database

    async def judge_plan(self, center: CenterId, plan: Plan) -> tuple[ImportProblem, ...]:
        """Say what in the database stands against a plan."""
        async with self._database.single() as db:
            return await _judge(db, center, plan)

    async def store_import(
        self, author: AccountId, center: CenterId, plan: Plan, problems: Sequence[ImportProblem] = ()
    ) -> ImportId:
        """Keep a checked plan for its author, for an hour."""
        values = {
            "author": author,
            "center": center,
            "plan": _json(plan),
            "problems": _json(problems),
            "life": IMPORT_LIFE,
        }
        async with self._database.single() as db:
            return ImportId(str((await db.execute(_STORE, values)).scalar_one()))

    async def load_import(self, import_id: ImportId, author: AccountId) -> StoredImport | None:
        """Read a checked plan."""
        if not _may_be(import_id):
            return None
        async with self._database.single() as db:
            row = (await db.execute(_LOAD, {"id": import_id, "author": author})).first()
        if row is None:
            return None
        return StoredImport(import_id, CenterId(row.center), _plan.decode(row.plan), _problems.decode(row.problems))

    async def confirm_import(
        self, import_id: ImportId, author: AccountId, secrets: Sequence[SessionSecrets]
    ) -> Imported | ImportRefused | None:
        """Judge again, then create everything or nothing."""
        if not _may_be(import_id):
            return None
        async with self._database.transaction() as db:
            row = (await db.execute(_TAKE, {"id": import_id, "author": author})).first()
            if row is None:
                return None
            if row.outcome is not None:
                return await _imported(db, _outcome.decode(row.outcome))
            plan = _plan.decode(row.plan)
            problems = _problems.decode(row.problems)
            if not problems:
                await db.execute(_LOCK_SESSIONS, {"numbers": _existing(plan)})
                problems = await _judge(db, CenterId(row.center), plan)
            if problems:
                return ImportRefused(problems)
            outcome = await _make(db, CenterId(row.center), plan, secrets)
            await db.execute(_NOTE_OUTCOME, {"id": import_id, "outcome": _json(outcome)})
            return await _imported(db, outcome)


async def _judge(db: AsyncConnection, center: CenterId, plan: Plan) -> tuple[ImportProblem, ...]:
    numbers = _existing(plan)
    targets = {row.number: row for row in await db.execute(_TARGETS, {"numbers": numbers, "center": center})}
    problems: list[ImportProblem] = []
    for planned in plan:
        if planned.number is None:
            continue
        target = targets.get(planned.number)
        if target is None:
            problems.append(ImportProblem(planned.line, None, "session_unknown"))
        elif target.is_finalized:
            problems.append(ImportProblem(planned.line, None, "session_closed"))
        elif target.is_started:
            problems.append(ImportProblem(planned.line, None, "session_started"))
    people: dict[int | None, set[_PersonKey]] = {}
    for row in await db.execute(_PEOPLE, {"numbers": sorted(targets)}):
        key = (row.normal_last_name, row.normal_first_name, row.birthdate.isoformat())
        people.setdefault(row.number, set()).add(key)
    problems.extend(_duplicates(plan, people))
    return tuple(sorted(problems, key=lambda problem: problem.line))


def _duplicates(plan: Plan, people: Mapping[int | None, set[_PersonKey]]) -> Iterator[ImportProblem]:
    """List candidates who are in their session already, or twice in the plan."""
    known = {number: set(keys) for number, keys in people.items()}
    for planned in plan:
        # A new session begins empty; one with a number may be named by several groups of lines.
        listed = set() if planned.number is None else known.setdefault(planned.number, set())
        for candidate in planned.candidates:
            key = _key(candidate)
            if key in listed:
                yield ImportProblem(candidate.line, None, "candidate_duplicate")
            listed.add(key)


def _key(candidate: PlannedCandidate) -> _PersonKey:
    names = normal_names(candidate)
    return (names["normal_last_name"], names["normal_first_name"], candidate.birthdate.isoformat())


async def _make(db: AsyncConnection, center: CenterId, plan: Plan, secrets: Sequence[SessionSecrets]) -> _Outcome:
    numbers: list[SessionNumber] = []
    new: set[SessionNumber] = set()
    for planned, pair in zip(plan, secrets, strict=True):
        number = planned.number
        if number is None:
            number = await _create(db, center, planned, pair)
            new.add(number)
        numbers.append(number)
    rows = [
        row_of(number, candidate)
        for number, planned in zip(numbers, plan, strict=True)
        for candidate in planned.candidates
    ]
    await db.execute(_ADD_CANDIDATES, {"rows": _json([{**row, "position": at} for at, row in enumerate(rows)])})
    await db.execute(_NEW_ROSTERS, {"numbers": sorted(set(numbers) - new)})
    return _Outcome(tuple(numbers), frozenset(new), len(rows))


async def _create(
    db: AsyncConnection, center: CenterId, planned: PlannedSession, secrets: SessionSecrets
) -> SessionNumber:
    values = {
        "center": center,
        "site": planned.site,
        "room": planned.room,
        "date": planned.date,
        "start_time": planned.start_time,
        "invigilators": planned.invigilators,
        "observations": planned.observations,
        "duration_minutes": DEFAULT_DURATION_MINUTES,
    }
    return SessionNumber((await db.execute(CREATE_SESSION, {**values, **asdict(secrets)})).scalar_one())


async def _imported(db: AsyncConnection, outcome: _Outcome) -> Imported:
    found = await db.execute(_SECRETS, {"numbers": list(outcome.numbers)})
    secrets = {row.number: SessionSecrets(row.access_code, row.encrypted_password) for row in found}
    # What was made may have been deleted since.
    once = [number for number in dict.fromkeys(outcome.numbers) if number in secrets]
    sessions = tuple(ImportedSession(number, secrets[number], number in outcome.new) for number in once)
    return Imported(sessions, outcome.candidates)


def _existing(plan: Plan) -> list[SessionNumber]:
    return sorted({planned.number for planned in plan if planned.number is not None and is_id(planned.number)})


def _may_be(import_id: ImportId) -> bool:
    try:
        UUID(import_id)
    except ValueError:
        return False
    return True


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()

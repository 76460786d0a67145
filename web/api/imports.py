"""Importing sessions and candidates in two steps: check, which writes nothing anybody sees, then confirm."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.model import SessionNumber
from hub.people import Account, CenterId
from hub.preparation import Imported, ImportId, ImportProblem, ImportRefused
from web import access, roster_csv, roster_ods
from web.api.binding import MAX_NUMBER, bound, visitor
from web.bodies import answer, read, require_type
from web.errors import Refused, invalid
from web.house import House
from web.roster_rows import MAX_BYTES, Judged

CSV = "text/csv"
MAX_DIGITS = len(str(MAX_NUMBER))
MAX_PROBLEMS = 500
"""Nobody corrects more at once; a file in another format would answer with five thousand."""


class Problem(Struct, frozen=True):
    """One error or warning: line of the file, plain name of the column, code."""

    line: int
    column: str | None
    code: str


class Checked(Struct, frozen=True):
    """Answer to a check."""

    id: str
    sessions: int
    candidates: int
    errors: list[Problem]
    warnings: list[Problem]


class SessionCodes(Struct, frozen=True):
    """A session of a confirmed import, with what opens it."""

    number: int
    access_code: str
    invigilator_password: str


class Confirmed(Struct, frozen=True):
    """Answer to a confirmation."""

    sessions: list[SessionCodes]
    candidates: int


def routes(house: House) -> list[Route]:
    """Return the routes of this subject."""
    return [
        bound(house, "/api/imports", "POST", check),
        bound(house, "/api/imports/{id:uuid}/confirm", "POST", confirm),
    ]


async def check(house: House, request: Request) -> Response:
    """Judge a file line by line, and keep the plan for an hour."""
    known = await visitor(house, request)
    into = _session_in(request)
    center = await _center(house, known.account, into, request.query_params.get("center"))
    judged = await _judged(house, request, into)
    stored = await house.directory.judge_plan(center, judged.plan)
    problems = sorted([*judged.problems, *stored], key=lambda one: (one.line, one.column or ""))
    kept = problems[:MAX_PROBLEMS]
    import_id = await house.directory.store_import(known.account.id, center, judged.plan, kept)
    candidates = sum(len(planned.candidates) for planned in judged.plan)
    return answer(
        Checked(import_id, len(judged.plan), candidates, _spelled(problems), _spelled(judged.warnings)),
    )


async def _center(house: House, account: Account, into: SessionNumber | None, wanted: str | None) -> CenterId:
    """Choose the center: of the session that is named, else as for any other deed of an admin."""
    detail = await house.directory.session_detail(into) if into is not None and wanted is None else None
    if detail is not None and access.may_prepare(account, detail.summary.center):
        return detail.summary.center
    return access.center_of(account, wanted)


async def _judged(house: House, request: Request, into: SessionNumber | None) -> Judged:
    """Read a file beside the event loop, one at a time: five thousand lines would hold everybody up."""
    kind = require_type(request, CSV, roster_ods.MEDIA_TYPE)
    if kind == roster_ods.MEDIA_TYPE and into is None:
        raise Refused(400, "session_required", fields={"session": "a session number"})
    body = await read(request, MAX_BYTES)
    async with house.list_turns:
        if kind == roster_ods.MEDIA_TYPE and into is not None:
            return await asyncio.to_thread(roster_ods.parse, body, into)
        return await asyncio.to_thread(roster_csv.parse, body, into)


def _session_in(request: Request) -> SessionNumber | None:
    wanted = request.query_params.get("session")
    if wanted is None:
        return None
    is_number = wanted.isascii() and wanted.isdigit() and len(wanted) <= MAX_DIGITS
    if not is_number or not 0 < int(wanted) <= MAX_NUMBER:
        raise invalid(session="a session number")
    return SessionNumber(int(wanted))


def _spelled(problems: Sequence[ImportProblem]) -> list[Problem]:
    return [Problem(one.line, one.column, one.code) for one in problems[:MAX_PROBLEMS]]


async def confirm(house: House, request: Request) -> Response:
    """Write everything, or nothing when anything stands against it; again answers the same."""
    known = await visitor(house, request)
    import_id = ImportId(str(request.path_params["id"]))
    stored = await house.directory.load_import(import_id, known.account.id)
    if stored is None or not access.may_prepare(known.account, stored.center):
        raise Refused(404, "not_found")
    if stored.problems:
        raise _has_errors(stored.problems)
    secrets = [house.keyring.new_session_secrets() for _ in stored.plan]
    outcome = await house.directory.confirm_import(import_id, known.account.id, secrets)
    if outcome is None:
        raise Refused(404, "not_found")
    if isinstance(outcome, ImportRefused):
        raise _has_errors(outcome.problems)
    return answer(_confirmed(house, outcome), 201)


def _has_errors(problems: Sequence[ImportProblem]) -> Refused:
    fields = {
        f"{one.line}": f"{one.code} ({one.column})" if one.column else one.code for one in problems[:MAX_PROBLEMS]
    }
    return Refused(409, "import_has_errors", fields=fields)


def _confirmed(house: House, imported: Imported) -> Confirmed:
    codes = [
        SessionCodes(one.number, one.secrets.access_code, house.keyring.open(one.secrets.encrypted_password))
        for one in imported.sessions
    ]
    return Confirmed(codes, imported.candidates)

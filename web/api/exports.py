"""What a center takes away as CSV: an empty list to fill in, a session's list, and what was decided in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.model import HUB, Author
from hub.preparation import AuditLine, ListedCandidate, SessionDetail
from web import access
from web.api.binding import bound, number_in, visitor
from web.exports import Cell, table
from web.house import House
from web.roster_rows import HEADERS, Column

CANDIDATE = "candidate"
"""Who decides in a candidate's name: one of the candidate's own clients, of whom no more is known."""
AUDIT_HEADERS = ("seq", "at", "kind", "candidate", "author", "codes")

_CELLS: dict[Column, Callable[[SessionDetail, ListedCandidate], Cell]] = {
    Column.NUMBER: lambda session, one: "",
    Column.SITE: lambda session, one: session.summary.site,
    Column.ROOM: lambda session, one: session.summary.room,
    Column.DATE: lambda session, one: f"{session.summary.date:%d/%m/%Y}",
    Column.TIME: lambda session, one: session.summary.start_time,
    Column.INVIGILATORS: lambda session, one: session.summary.invigilators,
    Column.OBSERVATIONS: lambda session, one: session.observations,
    Column.LAST_NAME: lambda session, one: one.last_name,
    Column.FIRST_NAME: lambda session, one: one.first_name,
    Column.BIRTHDATE: lambda session, one: f"{one.birthdate:%d/%m/%Y}",
    Column.SEX: lambda session, one: one.sex,
    Column.INSEE_CODE: lambda session, one: one.birth_insee_code,
    Column.POSTAL_CODE: lambda session, one: one.birth_postal_code,
    Column.TOWN: lambda session, one: one.birth_town,
    Column.COUNTRY: lambda session, one: one.birth_country,
    Column.RESULTS_EMAIL: lambda session, one: one.results_email,
    Column.INVITATION_EMAIL: lambda session, one: one.invitation_email,
    Column.EXTERNAL_ID: lambda session, one: one.external_id,
    Column.EXTRA_TIME: lambda session, one: f"{one.extra_time_percentage}%" if one.extra_time_percentage else "",
}


def routes(house: House) -> list[Route]:
    """Return the routes of this subject."""
    one = "/api/sessions/{number:number}"
    return [
        bound(house, "/api/imports/template.csv", "GET", template),
        bound(house, f"{one}/candidates.csv", "GET", candidate_list),
        bound(house, f"{one}/audit.csv", "GET", audit),
    ]


async def template(house: House, request: Request) -> Response:
    """Hand out a list without anybody on it."""
    return csv_file([_headers()], "vigie.csv")


async def candidate_list(house: House, request: Request) -> Response:
    """Hand out a session's list as it was imported, to be imported again."""
    known = await visitor(house, request)
    detail = await access.prepared_session(house.directory, known.account, number_in(request))
    listed = await house.directory.candidates(detail.summary.number)
    rows = [[_CELLS[column](detail, one) for column in HEADERS] for one in listed]
    return csv_file([_headers(), *rows], f"{detail.summary.number}-candidates.csv")


def _headers() -> list[Cell]:
    return list(HEADERS.values())


async def audit(house: House, request: Request) -> Response:
    """Hand out what was decided in a session: ids, codes and numbers, and the names of the staff."""
    known = await visitor(house, request)
    detail = await access.prepared_session(house.directory, known.account, number_in(request))
    lines = await house.directory.audit_lines(detail.summary.number)
    rows = [_audited(one) for one in lines]
    return csv_file([list(AUDIT_HEADERS), *rows], f"{detail.summary.number}-audit.csv")


def _audited(line: AuditLine) -> list[Cell]:
    name = line.author_name or _plain_author(line.author)
    return [line.seq, line.at.isoformat(), line.kind, line.candidate, name, line.codes]


def _plain_author(author: Author) -> str:
    return author if author == HUB else CANDIDATE if author.startswith("client:") else author


def csv_file(rows: Iterable[Sequence[Cell]], name: str) -> Response:
    """Answer with a CSV file to be kept under a name (ASCII, without quotes)."""
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(table(rows), 200, headers, "text/csv; charset=utf-8")

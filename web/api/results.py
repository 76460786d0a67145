"""What the jury published about a session, as its center takes it away."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import jury
from hub.jury import Said
from hub.model import Room
from hub.preparation import ListedCandidate
from web import access
from web.api.binding import bound, number_in, visitor
from web.api.exports import csv_file
from web.errors import Refused
from web.exports import Cell
from web.house import House

HEADERS = (
    "session",
    "certification_number",
    "last_name",
    "first_name",
    "birthdate",
    "external_id",
    "attempt",
    "answered",
    "total",
    "end_screen_seen",
    "verdict",
    "reason",
)


def routes(house: House) -> list[Route]:
    """Return the routes of this subject."""
    return [bound(house, "/api/sessions/{number:number}/results.csv", "GET", results)]


async def results(house: House, request: Request) -> Response:
    """Hand out the results, once they are published and as long as they are."""
    known = await visitor(house, request)
    number = (await access.prepared_session(house.directory, known.account, number_in(request))).summary.number
    room = await house.ledger.room(number)
    if room.published_at is None:
        raise Refused(409, "not_published")
    listed = await house.directory.candidates(number)
    said = jury.review_of(await house.archive.trail(number)).decisions
    rows = [_row(room, one, said.get(one.id)) for one in listed]
    return csv_file([HEADERS, *rows], f"results-{number}.csv")


def _row(room: Room, listed: ListedCandidate, said: Said | None) -> tuple[Cell, ...]:
    row = room.candidates[listed.id]
    progress = row.progress
    return (
        room.number,
        row.certification_number,
        listed.last_name,
        listed.first_name,
        listed.birthdate.isoformat(),
        listed.external_id,
        row.attempt.value,
        progress.answered if progress else None,
        progress.total if progress else None,
        int(row.end_screen_seen is not None),
        jury.verdict_of(row, said) or "",
        said.words if said else "",
    )

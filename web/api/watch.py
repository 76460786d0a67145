"""What the dashboards of a session could see while its test ran: for the jury alone, once it is finalized."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels import wire
from hub.model import Author, SessionNumber
from hub.watch import MOST_READ, WatchEntry
from web import access
from web.api.binding import bound, number_in, visitor
from web.api.exports import csv_file
from web.bodies import answer
from web.exports import Cell
from web.house import House

HEADERS = ("at", "by", "connection", "kind", "freshness", "age_ms", "is_hidden", "alerts", "candidates", "code")


class WatchNote(Struct, frozen=True, omit_defaults=True):
    """One note about one dashboard: what it said of itself, where its owner went, when it was opened and closed.

    Only what belongs to the kind is there. `age_ms` is the greatest age of the data since the note before; `code` says
    why a line was closed, and is missing where it broke.
    """

    at: datetime
    by: str
    connection: str
    kind: str
    freshness: str | None = None
    age_ms: int | None = None
    is_hidden: bool | None = None
    alerts: list[wire.Alert] = []
    candidates: list[int] = []
    code: int | None = None


class WatchView(Struct, frozen=True):
    """Answer to `GET …/watch`, oldest first. `is_whole` is false when the latest notes are left out."""

    notes: list[WatchNote]
    is_whole: bool


def routes(house: House) -> list[Route]:
    """Return the routes of this subject."""
    one = "/api/jury/sessions/{number:number}"
    return [
        bound(house, f"{one}/watch", "GET", watch),
        bound(house, f"{one}/watch.csv", "GET", watch_table),
    ]


async def watch(house: House, request: Request) -> Response:
    """Tell what each dashboard said it could see, and who went to whom."""
    _, notes = await _read(house, request)
    return answer(WatchView(notes, is_whole=len(notes) < MOST_READ))


async def watch_table(house: House, request: Request) -> Response:
    """Hand out the same as CSV."""
    number, notes = await _read(house, request)
    return csv_file([list(HEADERS), *(_cells(one) for one in notes)], f"{number}-watch.csv")


async def _read(house: House, request: Request) -> tuple[SessionNumber, list[WatchNote]]:
    known = await visitor(house, request)
    number = (await access.judged_session(house.directory, known.account, number_in(request))).summary.number
    entries = await house.archive.watch(number)
    return number, _spelled(entries, await house.archive.names({one.by for one in entries}))


def _spelled(entries: Sequence[WatchEntry], names: Mapping[Author, str]) -> list[WatchNote]:
    return [
        WatchNote(
            at=one.at,
            by=names.get(one.by, "?"),
            connection=one.connection,
            kind=one.kind.value,
            freshness=one.facts.freshness,
            age_ms=one.facts.age_ms,
            is_hidden=one.facts.is_hidden,
            alerts=[wire.Alert(candidate, cast(wire.NeedName, need)) for candidate, need in one.facts.alerts],
            candidates=list(one.facts.candidates),
            code=one.facts.code,
        )
        for one in entries
    ]


def _cells(note: WatchNote) -> list[Cell]:
    is_hidden = None if note.is_hidden is None else int(note.is_hidden)
    alerts = " ".join(f"{one.need}:{one.candidate}" for one in note.alerts)
    candidates = " ".join(map(str, note.candidates))
    facts = [note.freshness, note.age_ms, is_hidden, alerts, candidates, note.code]
    return [note.at.isoformat(), note.by, note.connection, note.kind, *facts]

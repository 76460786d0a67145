"""Sessions as their staff prepare and open them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import msgspec
import segno
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.directory import (
    ListedCandidate,
    SessionDetail,
    SessionDraft,
    SessionFilter,
    SessionSummary,
)
from hub.model import SessionNumber
from hub.refusals import Code
from web import access
from web.access import Visitor
from web.api.binding import MAX_NUMBER, bound, number_in, visitor
from web.bodies import answer, read_json
from web.errors import Refused, from_validation, invalid
from web.house import House
from web.throttle import PASSWORD_ACCOUNT, PASSWORD_ADDRESS, PASSWORD_SESSION

# One line of printable text: what is drawn on a screen and a sheet of paper.
Line = Annotated[
    str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")
]
LongLine = Annotated[str, Meta(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
Text = Annotated[str, Meta(max_length=1000, pattern=r"^[^\x00]*$")]
StartTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Duration = Annotated[int, Meta(ge=1, le=1440)]
SessionId = Annotated[int, Meta(ge=1, le=MAX_NUMBER)]


class Invigilation(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/invigilations`."""

    session_number: SessionId
    password: Annotated[str, Meta(min_length=1, max_length=64)]


class NewSession(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/sessions`."""

    site: Line
    room: Line
    date: date
    start_time: StartTime
    invigilators: LongLine = ""
    observations: Text = ""
    duration_minutes: Duration = 105
    center: int | None = None


class Query(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_date": "from", "to_date": "to"}):
    """The query of `GET /api/sessions`."""

    q: Annotated[str, Meta(max_length=100, pattern=r"^[^\x00]*$")] = ""
    status: str | None = None
    from_date: date | None = None
    to_date: date | None = None
    sort: str = "date"
    page: Annotated[int, Meta(ge=1, le=100_000)] = 1


class SessionView(Struct, frozen=True):
    """A session over HTTP: the socket's session, and the codes for those who may know them."""

    number: int
    center: int
    center_name: str
    site: str
    room: str
    date: date
    start_time: str
    time_zone: str
    duration_minutes: int
    invigilators: str
    started_at: datetime | None
    status: str
    candidates: int
    access_code: str | UnsetType = UNSET
    invigilator_password: str | UnsetType = UNSET
    observations: str | UnsetType = UNSET


class SessionList(Struct, frozen=True):
    """Answer to `GET /api/sessions`."""

    sessions: list[SessionView]
    total: int
    page: int
    page_size: int


class CandidateView(Struct, frozen=True):
    """A candidate on the list of a session, for those who prepare it."""

    id: int
    last_name: str
    first_name: str
    birthdate: date
    sex: str
    birth_country: str
    birth_insee_code: str
    birth_postal_code: str
    birth_town: str
    results_email: str
    invitation_email: str
    external_id: str
    extra_time_percentage: int


class CandidateLine(Struct, frozen=True):
    """A candidate on the list of a session, for those who only watch the room."""

    id: int
    last_name: str
    first_name: str
    birthdate: date
    extra_time_percentage: int


def routes(house: House) -> list[Route]:
    """Return the routes of this subject."""
    one = "/api/sessions/{number:number}"
    return [
        bound(house, "/api/invigilations", "POST", invigilate),
        bound(house, "/api/sessions", "GET", list_sessions),
        bound(house, "/api/sessions", "POST", create),
        bound(house, one, "GET", read_session),
        bound(house, f"{one}/candidates", "GET", list_candidates),
        bound(house, f"{one}/qr.svg", "GET", qr_code),
    ]


async def invigilate(house: House, request: Request) -> Response:
    """Enter a session with its password; an unknown session and a wrong password are one answer."""
    known = await visitor(house, request)
    if not access.may_invigilate(known.account):
        raise Refused(403, Code.FORBIDDEN)
    body = await read_json(request, Invigilation)
    by_account = (PASSWORD_ACCOUNT, str(known.account.id))
    others = ((PASSWORD_ADDRESS, access.address(request)), (PASSWORD_SESSION, str(body.session_number)))
    house.throttle.check(*others)
    house.throttle.attempt(by_account)
    number = SessionNumber(body.session_number)
    door = await house.directory.session_door(number)
    if not house.keyring.is_right(body.password, door.encrypted_password if door else None):
        house.throttle.failed(*others)
        raise Refused(401, "session_or_password_wrong")
    house.throttle.forgive(by_account)
    if door is not None and door.finalized_at is not None:
        raise Refused(409, "session_closed")
    await house.directory.grant_invigilation(known.account.id, number)
    detail = await access.visible_session(house.directory, known.account, number)
    return answer({"session": view(house, known, detail)})


async def list_sessions(house: House, request: Request) -> Response:
    """List the sessions this account may see."""
    known = await visitor(house, request)
    if not access.may_list_sessions(known.account):
        raise Refused(403, Code.FORBIDDEN)
    narrowed = _filter(request)
    page = await house.directory.sessions(known.account.id, narrowed)
    lines = [_line(summary) for summary in page.sessions]
    return answer(SessionList(lines, page.total, narrowed.page, narrowed.page_size))


def _filter(request: Request) -> SessionFilter:
    try:
        query = msgspec.convert(dict(request.query_params), Query, strict=False)
        wanted = {name: getattr(query, name) for name in query.__struct_fields__}
        return msgspec.convert(wanted, SessionFilter)
    except msgspec.ValidationError as wrong:
        raise from_validation(wrong) from None


async def create(house: House, request: Request) -> Response:
    """Make an empty session in the admin's center."""
    known = await visitor(house, request)
    body = await read_json(request, NewSession)
    center = access.center_of(known.account, str(body.center) if body.center is not None else None)
    if not 1900 <= body.date.year <= 2200:
        raise invalid(date="a year from 1900 to 2200")
    draft = SessionDraft(
        center,
        body.site.strip(),
        body.room.strip(),
        body.date,
        body.start_time,
        body.invigilators.strip(),
        body.observations.strip(),
        body.duration_minutes,
    )
    number = await house.directory.create_session(draft, house.keyring.new_session_secrets())
    detail = await access.visible_session(house.directory, known.account, number)
    return answer(view(house, known, detail), 201)


async def read_session(house: House, request: Request) -> Response:
    """Read one session."""
    known = await visitor(house, request)
    detail = await access.visible_session(house.directory, known.account, number_in(request))
    return answer(view(house, known, detail))


async def list_candidates(house: House, request: Request) -> Response:
    """List a session's candidates: all that was imported for its admins, who they are for its invigilators."""
    known = await visitor(house, request)
    detail = await access.visible_session(house.directory, known.account, number_in(request))
    listed = await house.directory.candidates(detail.summary.number)
    shape = CandidateView if access.may_prepare(known.account, detail.summary.center) else CandidateLine
    return answer({"candidates": _shaped(listed, shape)})


def _shaped(
    listed: Sequence[ListedCandidate], shape: type[CandidateView] | type[CandidateLine]
) -> list[CandidateView | CandidateLine]:
    return [msgspec.convert(candidate, shape, from_attributes=True) for candidate in listed]


async def qr_code(house: House, request: Request) -> Response:
    """Draw the address of a session's console, to open it on another phone; it holds no secret."""
    known = await visitor(house, request)
    number = number_in(request)
    await access.require_sight(house.directory, known.account, number)
    drawing = io.BytesIO()
    console = segno.make(f"{house.public_url}/invigilate/{number}", error="m", micro=False)
    # Explicit white: on a dark page a transparent code cannot be read.
    console.save(drawing, kind="svg", scale=8, border=4, light="#fff", xmldecl=False, nl=False)
    headers = {"Cache-Control": "no-store", "Content-Disposition": "inline"}
    return Response(drawing.getvalue(), 200, headers, "image/svg+xml")


def view(house: House, known: Visitor, detail: SessionDetail) -> SessionView:
    """Return a session with the codes this visitor may know."""
    may_prepare = access.may_prepare(known.account, detail.summary.center)
    return msgspec.structs.replace(
        _line(detail.summary),
        access_code=detail.secrets.access_code,
        observations=detail.observations if may_prepare else UNSET,
        invigilator_password=house.keyring.open(detail.secrets.encrypted_password) if may_prepare else UNSET,
    )


def _line(summary: SessionSummary) -> SessionView:
    return SessionView(
        summary.number,
        summary.center,
        summary.center_name,
        summary.site,
        summary.room,
        summary.date,
        summary.start_time,
        summary.time_zone,
        summary.duration_minutes,
        summary.invigilators,
        summary.started_at,
        summary.status.value,
        summary.candidates,
    )

"""Sessions as their staff prepare and open them."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.model import SessionNumber, account_author
from hub.preparation import Hindrance, SessionChanges, SessionDraft, SessionFilter, SessionSort, Successor
from web import access, roster_fields
from web.access import Visitor
from web.api.binding import MAX_NUMBER, SearchWords, bound, number_in, visitor
from web.api.session_views import SessionList, hindered, line, view, whole_view
from web.bodies import answer, nothing, read_json
from web.errors import Refused, from_validation, invalid
from web.house import House
from web.qr import address_code
from web.roster_fields import Form
from web.throttle import PASSWORD_ACCOUNT, PASSWORD_ADDRESS, PASSWORD_SESSION

Duration = Annotated[int, Meta(ge=1, le=1440)]
SessionId = Annotated[int, Meta(ge=1, le=MAX_NUMBER)]


class Invigilation(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/invigilations`."""

    session_number: SessionId
    password: Annotated[str, Meta(min_length=1, max_length=64)]


class NewSession(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/sessions`."""

    site: str
    room: str
    date: str
    start_time: str
    invigilators: str = ""
    observations: str = ""
    duration_minutes: Duration = 105
    center: int | None = None


class ChangedSession(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `PATCH /api/sessions/{number}`: what is to change."""

    site: str | UnsetType = UNSET
    room: str | UnsetType = UNSET
    date: str | UnsetType = UNSET
    start_time: str | UnsetType = UNSET
    invigilators: str | UnsetType = UNSET
    observations: str | UnsetType = UNSET
    duration_minutes: Duration | UnsetType = UNSET


class NewSuccessor(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/sessions/{number}/successor`."""

    date: str
    start_time: str
    site: str | UnsetType = UNSET
    room: str | UnsetType = UNSET
    invigilators: str | UnsetType = UNSET


class Query(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_date": "from", "to_date": "to"}):
    """The query of `GET /api/sessions`."""

    q: SearchWords = ""
    status: str | None = None
    from_date: date | None = None
    to_date: date | None = None
    sort: str = f"-{SessionSort.DATE}"
    page: Annotated[int, Meta(ge=1, le=100_000)] = 1


def routes(house: House) -> list[Route]:
    """Return the routes of this subject."""
    one = "/api/sessions/{number:number}"
    return [
        bound(house, "/api/invigilations", "POST", invigilate),
        bound(house, "/api/sessions", "GET", list_sessions),
        bound(house, "/api/sessions", "POST", create),
        bound(house, one, "GET", read_session),
        bound(house, one, "PATCH", change),
        bound(house, one, "DELETE", delete),
        bound(house, f"{one}/successor", "POST", succeed),
        bound(house, f"{one}/qr.svg", "GET", qr_code),
    ]


async def invigilate(house: House, request: Request) -> Response:
    """Enter a session with its password; an unknown session and a wrong password are one answer."""
    known = await visitor(house, request)
    body = await read_json(request, Invigilation)
    by_account = (PASSWORD_ACCOUNT, str(known.account.id))
    others = ((PASSWORD_ADDRESS, access.neighbourhood(request)), (PASSWORD_SESSION, str(body.session_number)))
    house.throttle.check(*others)
    house.throttle.attempt(by_account)
    number = SessionNumber(body.session_number)
    door = await house.directory.session_door(number)
    if not house.keyring.is_right(body.password, door.encrypted_password if door else None):
        house.throttle.failed(*others)
        raise Refused(401, "session_or_password_wrong")
    house.throttle.forgive(by_account)
    if door is not None and door.is_closed:
        raise Refused(409, "session_closed")
    await house.directory.grant_invigilation(known.account.id, number)
    detail = await access.visible_session(house.directory, known.account, number)
    return answer({"session": view(house, known, detail)})


async def list_sessions(house: House, request: Request) -> Response:
    """List the sessions this account may see."""
    known = await visitor(house, request)
    narrowed = _filter(request)
    page = await house.directory.sessions(known.account.id, narrowed)
    lines = [line(summary) for summary in page.sessions]
    return answer(SessionList(lines, page.total, narrowed.page, narrowed.page_size))


def _filter(request: Request) -> SessionFilter:
    try:
        query = msgspec.convert(dict(request.query_params), Query, strict=False)
        wanted = {name: getattr(query, name) for name in query.__struct_fields__}
        wanted["sort"] = query.sort.removeprefix("-")
        wanted["is_descending"] = query.sort.startswith("-")
        return msgspec.convert(wanted, SessionFilter)
    except msgspec.ValidationError as wrong:
        raise from_validation(wrong) from None


async def create(house: House, request: Request) -> Response:
    """Make an empty session in the admin's center."""
    known = await visitor(house, request)
    body = await read_json(request, NewSession)
    center = access.center_of(known.account, str(body.center) if body.center is not None else None)
    form = _form(body)
    draft = SessionDraft(
        center,
        form.take("site", roster_fields.place, ""),
        form.take("room", roster_fields.place, ""),
        form.take("date", _day, date.min),
        form.take("start_time", roster_fields.start_time, ""),
        form.take("invigilators", roster_fields.one_line, ""),
        form.take("observations", roster_fields.observations, ""),
        body.duration_minutes,
    )
    _refuse_faults(form)
    number = await house.directory.create_session(draft, house.keyring.new_session_secrets())
    return await _shown(house, known, number, 201)


def _form(body: Struct) -> Form:
    written = {name: getattr(body, name) for name in body.__struct_fields__}
    return Form({name: text for name, text in written.items() if isinstance(text, str)})


def _day(written: str) -> date:
    return roster_fields.day(written, roster_fields.iso_date)


def _refuse_faults(form: Form) -> None:
    if form.faults:
        raise invalid(**dict(form.faults))


async def _shown(house: House, known: Visitor, number: SessionNumber, status: int = 200) -> Response:
    detail = await access.visible_session(house.directory, known.account, number)
    return answer(whole_view(house, known, detail), status)


async def read_session(house: House, request: Request) -> Response:
    """Read one session."""
    known = await visitor(house, request)
    return await _shown(house, known, number_in(request))


async def change(house: House, request: Request) -> Response:
    """Change a session nobody has started."""
    known = await visitor(house, request)
    detail = await access.prepared_session(house.directory, known.account, number_in(request))
    body = await read_json(request, ChangedSession)
    form = _form(body)
    changes = SessionChanges(
        form.given("site", roster_fields.place),
        form.given("room", roster_fields.place),
        form.given("date", _day),
        form.given("start_time", roster_fields.start_time),
        form.given("invigilators", roster_fields.one_line),
        form.given("observations", roster_fields.observations),
        None if body.duration_minutes is UNSET else body.duration_minutes,
    )
    _refuse_faults(form)
    refusal = await house.directory.change_session(detail.summary.number, changes)
    if refusal is not None:
        raise hindered(refusal)
    return await _shown(house, known, detail.summary.number)


async def delete(house: House, request: Request) -> Response:
    """Delete a session in which nobody has begun."""
    known = await visitor(house, request)
    detail = await access.prepared_session(house.directory, known.account, number_in(request))
    refusal = await house.directory.delete_session(detail.summary.number, account_author(known.account.id))
    if refusal is not None:
        raise hindered(refusal)
    return nothing()


async def succeed(house: House, request: Request) -> Response:
    """Make the session in which those go on who could not finish in this one."""
    known = await visitor(house, request)
    detail = await access.prepared_session(house.directory, known.account, number_in(request))
    form = _form(await read_json(request, NewSuccessor))
    successor = Successor(
        form.take("date", _day, date.min),
        form.take("start_time", roster_fields.start_time, ""),
        form.given("site", roster_fields.place),
        form.given("room", roster_fields.place),
        form.given("invigilators", roster_fields.one_line),
    )
    _refuse_faults(form)
    secrets = house.keyring.new_session_secrets()
    made = await house.directory.succeed_session(detail.summary.number, successor, secrets)
    if isinstance(made, Hindrance):
        raise hindered(made)
    return await _shown(house, known, made, 201)


async def qr_code(house: House, request: Request) -> Response:
    """Draw the address of a session's console, to open it on another phone; it holds no secret."""
    known = await visitor(house, request)
    number = number_in(request)
    await access.require_sight(house.directory, known.account, number)
    headers = {"Cache-Control": "no-store", "Content-Disposition": "inline"}
    return Response(address_code(f"{house.public_url}/invigilate/{number}"), 200, headers, "image/svg+xml")

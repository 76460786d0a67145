"""A room handed over to a colleague's phone: one secret for a minute, one ticket, a right that has an end."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.handover import SECRET_LIFE, TICKET_LIFE, HandoverId
from hub.refusals import Code, Refusal
from hub.tokens import new_token, token_digest
from web import access
from web.api.binding import bound, number_in, visitor
from web.bodies import answer, read_json
from web.errors import Refused, not_judged
from web.house import House
from web.qr import address_code
from web.throttle import HANDOVER_ADDRESS, Mark

Secret = Annotated[str, Meta(min_length=1, max_length=access.MAX_SECRET_CHARACTERS)]


class Opening(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/handovers/open`."""

    secret: Secret


class Acceptance(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/handovers/accept`."""

    ticket: Secret


class NewHandover(Struct, frozen=True):
    """A handover just made: the only answer that ever holds its secret. `qr` is an SVG of `url`."""

    id: str
    url: str
    qr: str
    seconds: int
    expires_at: datetime


class HandoverView(Struct, frozen=True):
    """How far a handover has come, to whoever made it; `to` is who accepted it."""

    id: str
    state: str
    to: str | None


class Opened(Struct, frozen=True):
    """What a secret was for, and the ticket it became: once, for an account that is signed in by then."""

    session_number: int
    site: str
    room: str
    by: str
    ticket: str
    ticket_seconds: int


class Accepted(Struct, frozen=True):
    """The right that came of a ticket; without `until` it has no end, as before."""

    session_number: int
    until: datetime | None


def routes(house: House) -> list[Route]:
    """Return the routes of this subject."""
    of_session = "/api/sessions/{number:number}/handovers"
    return [
        bound(house, of_session, "POST", hand_over),
        bound(house, f"{of_session}/{{id:uuid}}", "GET", follow),
        bound(house, "/api/handovers/open", "POST", open_secret),
        bound(house, "/api/handovers/accept", "POST", accept),
    ]


# ── for whoever hands over ─────────────────────────────────────────────────────────────────────────────────────


async def hand_over(house: House, request: Request) -> Response:
    """Make a secret that lets a colleague in; it is told here and never again."""
    known = await visitor(house, request)
    number = number_in(request)
    await access.require_command(house.directory, known.account, number)
    door = await house.directory.session_door(number)
    if door is None or door.is_closed:
        raise Refused(409, Code.SESSION_CLOSED)
    secret = new_token()
    made = await house.directory.offer_handover(number, known.account.id, token_digest(secret))
    # In the fragment: no server, proxy or diary is ever sent that part.
    url = f"{house.public_url}/handover#{secret}"
    seconds = int(SECRET_LIFE.total_seconds())
    return answer(NewHandover(made.id, url, address_code(url), seconds, made.expires_at), 201)


async def follow(house: House, request: Request) -> Response:
    """Tell how far one's own handover has come."""
    known = await visitor(house, request)
    number = number_in(request)
    await access.require_sight(house.directory, known.account, number)
    handover = HandoverId(str(request.path_params["id"]))
    found = await house.directory.handover(handover, number, known.account.id)
    if found is None:
        raise Refused(404, "not_found")
    return answer(HandoverView(found.id, found.state.value, found.to))


# ── for whoever is let in ──────────────────────────────────────────────────────────────────────────────────────


async def open_secret(house: House, request: Request) -> Response:
    """Use a secret up: for what it is for, and a ticket. Unknown, used, too old: one answer."""
    if not access.is_allowed_origin(house.origins, request):
        raise Refused(403, "origin_not_allowed")
    body = await read_json(request, Opening)
    by_address = _brake(house, request)
    ticket = new_token()
    found = await house.directory.open_handover(token_digest(body.secret), token_digest(ticket))
    if found is None:
        house.throttle.failed(by_address)
        raise Refused(404, Code.HANDOVER_UNKNOWN)
    seconds = int(TICKET_LIFE.total_seconds())
    return answer(Opened(found.number, found.site, found.room, found.by, ticket, seconds))


async def accept(house: House, request: Request) -> Response:
    """Use a ticket up: the account that is signed in commands the room for a while, under its own name."""
    known = await visitor(house, request)
    body = await read_json(request, Acceptance)
    by_address = _brake(house, request)
    digest = token_digest(body.ticket)
    ticket = await house.directory.handover_ticket(digest)
    if ticket is None:
        house.throttle.failed(by_address)
        raise Refused(404, Code.HANDOVER_UNKNOWN)
    outcome = await house.decisions.accept_handover(ticket.number, digest, known.account.id)
    if isinstance(outcome, Refusal):
        raise not_judged(outcome)
    return answer(Accepted(outcome.number, outcome.until))


def _brake(house: House, request: Request) -> Mark:
    by_address = (HANDOVER_ADDRESS, access.neighbourhood(request))
    house.throttle.check(by_address)
    return by_address

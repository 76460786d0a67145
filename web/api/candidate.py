"""How a candidate becomes a client: names and birthdate inside one session, for a token."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.model import SessionNumber
from hub.preparation import IdentityMatch, NewClient, TypedIdentity
from hub.tokens import new_token, token_digest
from web import access
from web.api.binding import MAX_NUMBER, bound
from web.bodies import answer, read_json
from web.errors import Refused
from web.house import House
from web.throttle import IDENTITY_ADDRESS, IDENTITY_CANDIDATE, IDENTITY_SESSION

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Number = Annotated[int, Meta(ge=1, le=MAX_NUMBER)]


class Identity(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/candidate/identity`."""

    session_number: Number
    last_name: Name
    first_name: Name
    birthdate: date


class CandidateView(Struct, frozen=True):
    """A candidate as they see themselves: as printed on the list."""

    id: int
    last_name: str
    first_name: str
    birthdate: date


class DoorView(Struct, frozen=True):
    """A session as its candidates see it: never its codes."""

    number: int
    site: str
    room: str
    date: date
    start_time: str
    time_zone: str
    duration_minutes: int


class Identified(Struct, frozen=True):
    """Answer: the token of a new client."""

    token: str
    candidate: CandidateView
    session: DoorView


def routes(house: House) -> list[Route]:
    """Return the routes of this subject."""
    return [bound(house, "/api/candidate/identity", "POST", identify)]


async def identify(house: House, request: Request) -> Response:
    """Identify a candidate; nobody, two people and an unknown session are one and the same answer."""
    if not access.is_allowed_origin(house.origins, request):
        raise Refused(403, "origin_not_allowed")
    body = await read_json(request, Identity)
    marks = ((IDENTITY_ADDRESS, access.neighbourhood(request)), (IDENTITY_SESSION, str(body.session_number)))
    house.throttle.check(*marks)
    number = SessionNumber(body.session_number)
    typed = TypedIdentity(number, body.last_name, body.first_name, body.birthdate)
    # One statement whatever the answer: a stranger learns nothing from how long it took.
    matches = await house.identities.find(typed) or ()
    if len(matches) != 1:
        house.throttle.failed(*marks)
        raise Refused(404, "identity_not_found")
    match = matches[0]
    if match.is_closed:
        raise Refused(409, "session_closed")
    house.throttle.attempt((IDENTITY_CANDIDATE, str(match.candidate)))
    token = new_token()
    if await house.newcomers.find(NewClient(match.candidate, token_digest(token))) is None:
        # Taken off the list a moment ago.
        raise Refused(404, "identity_not_found")
    return answer(_identified(token, match))


def _identified(token: str, match: IdentityMatch) -> Identified:
    person, door = match.person, match.door
    return Identified(
        token,
        CandidateView(match.candidate, person.last_name, person.first_name, person.birthdate),
        DoorView(door.number, door.site, door.room, door.date, door.start_time, door.time_zone, door.duration_minutes),
    )

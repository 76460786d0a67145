"""Centers: which there are, and a new one."""

from __future__ import annotations

import zoneinfo
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.people import Center, CenterNameTaken, Role
from web.api.binding import bound, visitor
from web.bodies import answer, read_json
from web.errors import Refused, invalid
from web.house import House

MAX_NAME = 100


class NewCenter(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/centers`. `time_zone` is an IANA name."""

    name: str
    time_zone: Annotated[str, Meta(max_length=64)] = "Europe/Paris"


class CenterView(Struct, frozen=True):
    """A center."""

    id: int
    name: str
    time_zone: str


class CenterList(Struct, frozen=True):
    """Answer to `GET /api/centers`."""

    centers: list[CenterView]


def routes(house: House) -> list[Route]:
    """Return the routes of this subject."""
    return [
        bound(house, "/api/centers", "GET", list_centers),
        bound(house, "/api/centers", "POST", create_center),
    ]


def one_line(text: str, field: str) -> str:
    """Return a name without what surrounds it, or refuse its field: one printable line is what lists can show."""
    line = text.strip()
    if not line or len(line) > MAX_NAME or not line.isprintable():
        raise invalid(**{field: f"one printable line of 1 to {MAX_NAME} characters"})
    return line


async def list_centers(house: House, request: Request) -> Response:
    """List all centers to operators, their own to center admins."""
    known = await visitor(house, request)
    every = await house.directory.centers()
    is_operator = known.account.role is Role.OPERATOR
    return answer(CenterList([_view(one) for one in every if is_operator or one.id in known.account.centers]))


async def create_center(house: House, request: Request) -> Response:
    """Make a center; an operator's deed."""
    body = await read_json(request, NewCenter)
    name = one_line(body.name, "name")
    if body.time_zone not in zoneinfo.available_timezones():
        raise invalid(time_zone="an IANA name, such as Europe/Paris")
    try:
        return answer(_view(await house.directory.create_center(name, body.time_zone)), 201)
    except CenterNameTaken:
        raise Refused(409, "center_name_taken") from None


def _view(center: Center) -> CenterView:
    return CenterView(center.id, center.name, center.time_zone)

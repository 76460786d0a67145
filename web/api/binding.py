"""Ties an endpoint to its house: `async def endpoint(house, request) -> Response` becomes a route."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from msgspec import Meta
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.wire import NO_NUL
from hub.model import SessionNumber
from hub.refusals import Code
from web import access
from web.errors import Refused
from web.house import House
from web.rights import RIGHTS

SearchWords = Annotated[str, Meta(max_length=100, pattern=NO_NUL)]
"""What somebody typed into a search."""
Endpoint = Callable[[House, Request], Awaitable[Response]]
MAX_NUMBER = 2**53
"""What JSON carries exactly; the database would take more."""


class NumberConvertor(Convertor[int]):
    """A number in a path: as many digits as MAX_NUMBER has, for Python refuses to read thousands of them."""

    regex = "[0-9]{1,16}"

    def convert(self, value: str) -> int:
        """Read a path's number."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Write a path's number."""
        return str(value)


register_url_convertor("number", NumberConvertor())


def bound(house: House, path: str, method: str, endpoint: Endpoint) -> Route:
    """Make a route of an endpoint, behind the door of its row. Raises KeyError for a route that has no right."""
    right = RIGHTS[method, path]

    async def serve(request: Request) -> Response:
        if not right.is_public and (await visitor(house, request)).account.role not in right.roles:
            raise Refused(403, Code.FORBIDDEN)
        return await endpoint(house, request)

    serve.__doc__ = endpoint.__doc__
    return Route(path, serve, methods=[method], name=endpoint.__name__)


async def visitor(house: House, request: Request) -> access.Visitor:
    """Find who is asking; looked up once for a request."""
    if not hasattr(request.state, "visitor"):
        request.state.visitor = await access.visitor(house.directory, house.origins, request)
    known: access.Visitor = request.state.visitor
    return known


def number_in(request: Request) -> SessionNumber:
    """Return the session number of the path."""
    number: int = request.path_params["number"]
    if not 0 < number <= MAX_NUMBER:
        raise Refused(404, "not_found")
    return SessionNumber(number)


def is_https(house: House, request: Request) -> bool:
    """Tell whether the browser came over TLS, ours or a proxy's."""
    return request.url.scheme == "https" or house.public_url.startswith("https://")

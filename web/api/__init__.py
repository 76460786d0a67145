"""The HTTP calls of the protocol, one module per subject."""

from __future__ import annotations

from starlette.routing import Route

from web.api import accounts, candidate, commands, imports, sessions
from web.house import House


def routes(house: House) -> list[Route]:
    """Return every route of the API."""
    return [
        *accounts.routes(house),
        *candidate.routes(house),
        *sessions.routes(house),
        *commands.routes(house),
        *imports.routes(house),
    ]

"""The HTTP calls of the protocol, one module per subject."""

from __future__ import annotations

from starlette.routing import Route

from web.api import (
    accounts,
    candidate,
    candidates,
    centers,
    commands,
    documents,
    exports,
    finalization,
    handovers,
    imports,
    invitations,
    jury,
    papers,
    results,
    sessions,
    watch,
)
from web.house import House


def routes(house: House) -> list[Route]:
    """Return every route of the API."""
    return [
        *accounts.routes(house),
        *invitations.routes(house),
        *centers.routes(house),
        *candidate.routes(house),
        *sessions.routes(house),
        *candidates.routes(house),
        *exports.routes(house),
        *commands.routes(house),
        *handovers.routes(house),
        *imports.routes(house),
        *papers.routes(house),
        *finalization.routes(house),
        *documents.routes(house),
        *jury.routes(house),
        *watch.routes(house),
        *results.routes(house),
    ]

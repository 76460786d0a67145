"""The application: every address of the hub, behind the same guards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware

from web import api, errors, health, pages
from web.house import House
from web.metrics.exposition import Exposition
from web.metrics.http import Counted
from web.sockets import socket_routes


def create_app(house: House) -> Starlette:
    """Compose the application of one house; the node lives as long as the application runs."""
    exposition = Exposition(house.counts)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await house.start()
        try:
            yield
        finally:
            await house.stop()

    return Starlette(
        routes=[
            *api.routes(house),
            *socket_routes(house, exposition.refused),
            *health.routes(house, exposition),
            *pages.routes(),
        ],
        middleware=[
            Middleware(Counted, figures=exposition.http),
            Middleware(pages.GuardHeaders),
            Middleware(errors.LastResort),
        ],
        exception_handlers=errors.HANDLERS,
        lifespan=lifespan,
    )

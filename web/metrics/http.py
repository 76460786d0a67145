"""The figures of HTTP, counted by the pattern of the route: an address never becomes a label."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator

from prometheus_client.core import Metric
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.figures import Spread
from web.metrics.spelling import counter, histogram

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""A call that only reads takes milliseconds; a password is hashed for a tenth of a second, a paper takes up to one."""


class HttpFigures:
    """What is counted of requests."""

    def __init__(self) -> None:
        self.requests: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.seconds: defaultdict[str, Spread] = defaultdict(lambda: Spread(SECONDS))

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self.requests[route, str(status)] += 1
        self.seconds[route].note(seconds)

    def collect(self) -> Iterator[Metric]:
        """Tell what was answered, and how fast."""
        yield counter("vigie_http_requests", "HTTP requests by route and status", self.requests, ("route", "status"))
        spreads = {(route,): spread for route, spread in self.seconds.items()}
        yield histogram("vigie_http_seconds", "Time to answer, by route", spreads, ("route",))


class Counted:
    """Counts every request that passes."""

    def __init__(self, app: ASGIApp, figures: HttpFigures) -> None:
        self._app, self._figures = app, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, begun_at = 500, time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self._figures.answered(route, status, time.perf_counter() - begun_at)

"""Is it alive, is it ready, how is it doing: for those who run an installation and their machines."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.bodies import answer
from web.house import House, Probe

PROBE_SECONDS = 1.5
"""A part that does not answer in this time is missing, whatever it is doing."""


class Metrics:
    """What is counted, in a registry of its own: two apps in one process do not share their figures."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = Counter(
            "vigie_http_requests", "HTTP requests by route and status", ("route", "status"), registry=self.registry
        )
        self.seconds = Histogram("vigie_http_seconds", "Time to answer, by route", ("route",), registry=self.registry)
        self.sockets = Gauge("vigie_sockets", "Open sockets by path", ("path",), registry=self.registry)


class Counted:
    """Counts requests and sockets by the pattern of their route: an address never becomes a label."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] == "websocket":
            path = scope["path"] if scope["path"] in ("/ws/candidate", "/ws/invigilator", "/ws/admin") else "other"
            with self._metrics.sockets.labels(path).track_inprogress():
                await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._count(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _count(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, begun = 500, time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self._metrics.requests.labels(route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(time.perf_counter() - begun)


def routes(house: House, metrics: Metrics) -> list[Route]:
    """Return the routes of this subject."""

    async def alive(_request: Request) -> Response:
        """Say that the process answers; whoever restarts it on a missing database makes things worse."""
        return answer({"alive": True})

    async def ready(_request: Request) -> Response:
        """Say whether requests should come here, and if not, what is missing."""
        missing = await _missing(house.probes)
        return answer({"ready": not missing, "missing": missing}, 503 if missing else 200)

    async def figures(_request: Request) -> Response:
        """Give the figures in Prometheus' text format."""
        body = generate_latest(metrics.registry)
        return Response(body, headers={"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE_LATEST})

    return [
        Route("/healthz", alive, methods=["GET"]),
        Route("/readyz", ready, methods=["GET"]),
        Route("/metrics", figures, methods=["GET"]),
    ]


async def _missing(probes: Iterable[Probe]) -> list[str]:
    """Try all parts at once; return the names of those that do not answer."""
    listed = list(probes)
    answers = await asyncio.gather(*(_answers(probe) for probe in listed))
    return [probe.name for probe, is_there in zip(listed, answers, strict=True) if not is_there]


async def _answers(probe: Probe) -> bool:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            return await probe.is_there()
    except Exception:  # noqa: BLE001 - however it fails, the part is missing, and that is the answer
        return False

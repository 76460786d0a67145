"""Is it alive, is it ready, how is it doing: for those who run an installation and their machines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.refusals import Code
from web.access import address, may_read_figures
from web.bodies import answer
from web.errors import Refused
from web.house import House, Probe
from web.metrics.exposition import Exposition

PROBE_SECONDS = 1.5
"""A part that does not answer in this time is missing, whatever it is doing."""


def routes(house: House, exposition: Exposition) -> list[Route]:
    """Return the routes of this subject."""

    async def alive(_request: Request) -> Response:
        """Say that the process answers; whoever restarts it on a missing database makes things worse."""
        return answer({"alive": True})

    async def ready(request: Request) -> Response:
        """Say whether requests should come here, and if not, what is missing; and from where this one seems to come."""
        missing = await _missing(house.probes)
        found = {
            "ready": not missing,
            "missing": missing,
            "overloaded": house.node.admission.is_overloaded,
            # Whoever asks through a proxy learns whether it passes addresses on. It tells them nothing but their own.
            "address": address(request),
        }
        # Overloaded is still ready: whoever comes back to a running test must reach some hub. See decision 17.
        return answer(found, 503 if missing else 200)

    async def figures(request: Request) -> Response:
        """Give the figures in Prometheus' text format, to those who run this installation."""
        if not may_read_figures(house.settings.metrics, request):
            raise Refused(403, Code.FORBIDDEN)
        body = await exposition.text()
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

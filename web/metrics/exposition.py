"""All figures of one process in Prometheus' text format, made when they are asked for."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from prometheus_client import generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from channels.node import Node
from hub.figures import HubFigures
from hub.ports import StoreAccident
from hub.turns import Turns
from state.figures import Memory, PostgresFigures, RedisFigures
from web.metrics import rooms, sockets, stores
from web.metrics.http import HttpFigures
from web.metrics.process import Process
from web.metrics.stores import Pool

MEMORY_SECONDS = 0.25
"""A live store that has not said by then what it uses goes without: the rest of the figures is needed most then."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Where the figures of a house are kept."""

    node: Node
    turns: Turns
    hub: HubFigures
    redis: RedisFigures
    postgres: PostgresFigures
    pools: Mapping[str, Pool]
    calls_waiting: Callable[[], int]
    memory: Callable[[], Awaitable[Memory]]


class Exposition(Collector):
    """The figures of one application; two in one process do not share those of HTTP."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._process = Process()
        self._memory: Memory | None = None
        self.http = HttpFigures()
        self.refused: defaultdict[tuple[str, str], int] = defaultdict(int)

    async def text(self) -> bytes:
        """Read everything and spell it."""
        self._memory = await self._asked()
        return generate_latest(self)

    async def _asked(self) -> Memory | None:
        with suppress(StoreAccident, TimeoutError):
            async with asyncio.timeout(MEMORY_SECONDS):
                return await self._counts.memory()
        return None

    def collect(self) -> Iterator[Metric]:
        """Yield every family; none of them looks at single sockets, people or sessions."""
        of = self._counts
        node, glance = of.node.figures, of.node.glance()
        yield from rooms.freshness(node, glance, of.hub, of.postgres)
        yield from sockets.sockets(node.roles, self.refused)
        yield from sockets.waits(node.roles)
        yield from sockets.frames(node.roles)
        yield from rooms.decisions(of.hub, of.postgres, of.turns.waiting)
        yield from rooms.progress(node)
        yield from rooms.losses(node, glance)
        yield from stores.redis(of.redis, of.calls_waiting(), self._memory)
        yield from stores.postgres(of.postgres, of.pools)
        yield from self._process.collect(node)
        yield from self.http.collect()

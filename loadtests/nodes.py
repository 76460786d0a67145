"""Processes of one hub on the same stores, which belong to none of them: any of them may die."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from loadtests.bench.ground import Ground
from loadtests.own_hub import OwnHub
from loadtests.processes import Cores

MOST_NODES = 4


class Nodes:
    """Some running nodes and their stores, all on the server's core; the first one has made the accounts."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.hubs: list[OwnHub] = []

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, cores: Cores, count: int) -> AsyncIterator[Nodes]:
        """Start the stores, then the nodes; end them in turn. Raises HubFailed."""
        async with Ground.lay(folder, cores) as ground:
            nodes = cls(ground)
            try:
                for _ in range(count):
                    await nodes.add()
                yield nodes
            finally:
                for hub in nodes.hubs:
                    await asyncio.to_thread(hub.stop)

    @property
    def base_url(self) -> str:
        """Give the address of the first node."""
        return self.hubs[0].base_url

    @property
    def demo(self) -> dict[str, Any]:
        """Give the accounts."""
        return self.hubs[0].demo

    @property
    def ports(self) -> list[int]:
        """List where the nodes listen, dead ones too: nobody tells a client who has died."""
        return [hub.port for hub in self.hubs]

    @property
    def hub_pids(self) -> list[int]:
        """List the nodes that live."""
        return [hub.pid for hub in self.hubs if hub.is_running]

    @property
    def pids(self) -> list[int]:
        """List the nodes that live, and both stores."""
        return [*self.hub_pids, *self.ground.stores.pids.values()]

    async def add(self) -> None:
        """Start one more node."""
        folder = self.ground.folder / f"hub-{len(self.hubs)}"
        folder.mkdir()
        hub = OwnHub(folder, "serve" if self.hubs else "run", **self.ground.hub_environment())
        self.hubs.append(hub)
        # It takes seconds, in which the stores and the clients are looked after. Whoever is interrupted waits for it:
        # a process that is half started could not be ended.
        starting = asyncio.ensure_future(asyncio.to_thread(self._start, hub))
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.wait({starting})
            raise

    def _start(self, hub: OwnHub) -> None:
        with self.ground.cores.of_server():
            hub.start()

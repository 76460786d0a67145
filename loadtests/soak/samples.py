"""What is looked at again and again: what the hub says of itself, and what both stores say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import httpx
from redis.asyncio import Redis
from redis.exceptions import RedisError

from loadtests.nodes import Nodes

FIGURES = {
    "resident_bytes": "process_resident_memory_bytes",
    "descriptors": "process_open_fds",
    "tasks": "vigie_tasks",
}
"""Under which names the hub tells them at /metrics; of several nodes they are added up."""
CONNECTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


class NoSample(Exception):
    """The hub or a store did not answer."""


class Samples:
    """Whoever looks: one connection to each store, one to the nodes."""

    def __init__(self, nodes: Nodes, http: httpx.AsyncClient, redis: Redis, database: Any) -> None:
        self._nodes, self._http, self._redis, self._database = nodes, http, redis, database

    @classmethod
    @asynccontextmanager
    async def of(cls, nodes: Nodes) -> AsyncIterator[Samples]:
        """Open the connections."""
        stores = nodes.ground.stores
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=10))
            redis = Redis.from_url(stores.redis_url)
            stack.push_async_callback(redis.aclose)
            database = await asyncpg.connect(stores.owner_database_url.replace("postgresql+asyncpg", "postgresql"))
            stack.push_async_callback(database.close)
            yield cls(nodes, http, redis, database)

    async def take(self) -> dict[str, float]:
        """Take one. Raises NoSample."""
        try:
            return await self._take()
        except (httpx.HTTPError, RedisError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as failed:
            raise NoSample(repr(failed)) from None

    async def _take(self) -> dict[str, float]:
        told = [read((await self._http.get(f"{hub.base_url}/metrics")).text) for hub in self._nodes.hubs]
        memory = await self._redis.info("memory")
        return {
            **{figure: sum(one[name] for one in told) for figure, name in FIGURES.items()},
            "redis_bytes": float(memory["used_memory"]),
            "redis_keys": float(await self._redis.dbsize()),
            "postgres_connections": float(await self._database.fetchval(CONNECTIONS)),
        }


def read(text: str) -> dict[str, float]:
    """Read the figures without labels of a page in Prometheus' text format."""
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {parts[0]: float(parts[1]) for parts in lines if len(parts) == 2 and "{" not in parts[0]}

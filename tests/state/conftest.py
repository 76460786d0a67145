"""A live store for one file of tests, and a client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from state.embedded import EmbeddedServers


@pytest.fixture(scope="module")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedServers]:
    async with EmbeddedServers.start(tmp_path_factory.mktemp("stores"), postgres=False) as running:
        yield running


@pytest.fixture
async def client(servers: EmbeddedServers) -> AsyncIterator[Redis]:
    made = Redis.from_url(servers.redis_url)
    yield made
    await made.aclose()

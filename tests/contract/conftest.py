"""What the contracts are tried on: both ledgers, and both live stores, each seen from several nodes."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from hub.live import Bell, LiveStore
from hub.model import NodeId, SessionNumber
from state.bell import RedisBell
from state.database import Database
from state.embedded import EmbeddedServers
from state.keys import lease_key, room_keys
from state.live import RedisLiveStore
from state.memory_live import MemoryBell, MemoryLiveServer, MemoryLiveStore
from tests.contract.ledgers import MemoryWorld, PostgresWorld, World
from tests.contract.live_house import House, Place, fresh_room

_numbers = itertools.count(1000)


class MemoryPlace:
    client: Redis  # only the real server has one

    def __init__(self) -> None:
        self.name = "memory"
        self.server = MemoryLiveServer()

    def store(self, node: str = "n1") -> LiveStore:
        return MemoryLiveStore(self.server, NodeId(node))

    def bell(self) -> Bell:
        return MemoryBell(self.server)

    async def lapse(self, node: str) -> None:
        self.server.lapse(NodeId(node))

    async def wipe(self, number: SessionNumber) -> None:
        self.server.stages.pop(number, None)

    async def close(self) -> None:
        pass


class RedisPlace:
    """Nodes' names get a suffix of this test's own: leases are shared by all rooms of a server."""

    def __init__(self, url: str) -> None:
        self.name = "redis"
        self.client = Redis.from_url(url)
        self._life = secrets.token_hex(4)
        self._stores: dict[str, RedisLiveStore] = {}
        self._bells: list[RedisBell] = []

    def store(self, node: str = "n1") -> LiveStore:
        if node not in self._stores:
            self._stores[node] = RedisLiveStore(self.client, NodeId(node + self._life))
        return self._stores[node]

    def bell(self) -> Bell:
        self._bells.append(RedisBell(self.client))
        return self._bells[-1]

    async def lapse(self, node: str) -> None:
        await self.client.delete(lease_key(NodeId(node + self._life)))

    async def wipe(self, number: SessionNumber) -> None:
        await self.client.delete(*room_keys(number).all)

    async def close(self) -> None:
        for store in self._stores.values():
            await store.close()
        for bell in self._bells:
            await bell.close()
        await self.client.aclose()


@pytest.fixture(scope="session")
async def live_server_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A real server of this test run's own."""
    folder: Path = tmp_path_factory.mktemp("live")
    async with EmbeddedServers.start(folder, postgres=False) as servers:
        yield servers.redis_url


@pytest.fixture(params=["memory", "redis"])
async def place(request: pytest.FixtureRequest, live_server_url: str) -> AsyncIterator[Place]:
    made = MemoryPlace() if request.param == "memory" else RedisPlace(live_server_url)
    yield made
    await made.close()


@pytest.fixture
def number() -> SessionNumber:
    """A session nobody else uses."""
    return SessionNumber(next(_numbers))


@pytest.fixture
def memory_world() -> MemoryWorld:
    return MemoryWorld()


@pytest.fixture
def postgres_world(database: Database, owner_db: asyncpg.Connection[asyncpg.Record]) -> PostgresWorld:
    return PostgresWorld(database, owner_db)


@pytest.fixture(params=["memory_world", "postgres_world"])
def world(request: pytest.FixtureRequest) -> World:
    """Each of the two ledgers in turn."""
    chosen: World = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
async def house(place: Place, number: SessionNumber) -> House:
    """A room of three, loaded."""
    store = place.store()
    truth = fresh_room(number)
    await store.load(truth)
    live = await store.snapshot(number)
    assert live is not None
    return House(place, store, truth, live.position)

"""What the contracts are tried on: both ledgers, and both live stores, each seen from several nodes."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis, RedisCluster

from hub.live import Bell, LiveStore
from hub.model import NodeId, SessionNumber
from state.bell import RedisBell
from state.cluster import Cluster
from state.cluster_url import ClusterUrl
from state.database import Database
from state.embedded import EmbeddedServers
from state.keys import lease_key, room_keys
from state.live import RedisLiveStore
from state.memory_live import MemoryBell, MemoryLiveServer, MemoryLiveStore
from state.shards import OneServer, Shards
from tests.contract.ledgers import MemoryWorld, PostgresWorld, World
from tests.contract.live_house import House, Place, fresh_room
from tests.faults.cluster import LiveCluster
from tests.faults.valkey import PASSWORD

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
        # The name alone, as on a real server: who goes on as another one has a lease of its own.
        self.server.leases.discard(NodeId(node))

    async def wipe(self, number: SessionNumber) -> None:
        self.server.stages.pop(number, None)

    async def close(self) -> None:
        pass


class RedisPlace:
    """Nodes' names get a suffix of this test's own: leases are shared by all rooms of a server."""

    def __init__(self, name: str, client: Redis, open_shards: Callable[[], Shards]) -> None:
        self.name, self.client = name, client
        self._open_shards = open_shards
        self._life = secrets.token_hex(4)
        self._shards: list[Shards] = []
        self._stores: dict[str, RedisLiveStore] = {}
        self._bells: list[RedisBell] = []

    def store(self, node: str = "n1") -> LiveStore:
        if node not in self._stores:
            self._stores[node] = RedisLiveStore(self._opened(), NodeId(node + self._life))
        return self._stores[node]

    def bell(self) -> Bell:
        self._bells.append(RedisBell(self._opened()))
        return self._bells[-1]

    def _opened(self) -> Shards:
        self._shards.append(self._open_shards())
        return self._shards[-1]

    async def lapse(self, node: str) -> None:
        for shard in await self._shards[0].all():
            await self.client.delete(lease_key(NodeId(node + self._life), shard.tag))

    async def wipe(self, number: SessionNumber) -> None:
        await self.client.delete(*room_keys(number).all)

    async def close(self) -> None:
        for bell in self._bells:
            await bell.close()
        for shards in self._shards:
            await shards.close()
        await self.client.aclose()


@pytest.fixture(scope="session")
async def live_server_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A real server of this test run's own."""
    folder: Path = tmp_path_factory.mktemp("live")
    async with EmbeddedServers.start(folder, postgres=False) as servers:
        yield servers.redis_url


@pytest.fixture(scope="session")
async def live_cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveCluster]:
    """Three real servers that share the rooms."""
    async with LiveCluster.open(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(params=["memory", "redis", "cluster"])
async def place(
    request: pytest.FixtureRequest, live_server_url: str, live_cluster: LiveCluster
) -> AsyncIterator[Place]:
    made = _place(request.param, live_server_url, live_cluster)
    yield made
    await made.close()


def _place(kind: str, server: str, cluster: LiveCluster) -> MemoryPlace | RedisPlace:
    if kind == "memory":
        return MemoryPlace()
    if kind == "redis":
        client = Redis.from_url(server)
        return RedisPlace(kind, client, lambda: OneServer(client))
    anywhere = RedisCluster(host="127.0.0.1", port=cluster.primaries[0].port, password=PASSWORD)
    return RedisPlace(kind, anywhere, lambda: Cluster(ClusterUrl.parse(cluster.url)))  # type: ignore[arg-type]


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

"""A cluster's shards: a call finds its room wherever it is kept by now, a bell follows it, each has a lease."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from hub.findings import Check, Grade
from hub.model import NodeId, SessionNumber
from hub.ports import StoreUnavailable
from loadtests.ports import free_port
from state.bell import RedisBell
from state.checks.redis import look_at_redis
from state.cluster import Cluster
from state.cluster_url import ClusterUrl
from state.keys import lease_key, room_slot
from state.live import RedisLiveStore
from state.pipeline import CALL_SECONDS
from state.servers import is_any_there, memory_of, open_shards
from state.shards import OneServer
from tests.contract.live_house import ANNA, C1, TAB, fresh_room
from tests.faults.cluster import LiveCluster
from tests.faults.valkey import PASSWORD


@pytest.fixture(scope="module")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveCluster]:
    async with LiveCluster.open(tmp_path_factory.mktemp("cluster")) as opened:
        yield opened


@pytest.fixture
async def cluster(servers: LiveCluster) -> AsyncIterator[Cluster]:
    made = Cluster(ClusterUrl.parse(servers.url))
    yield made
    await made.close()


@pytest.fixture
async def live(cluster: Cluster) -> RedisLiveStore:
    return RedisLiveStore(cluster, NodeId("n1"))


@pytest.fixture
async def bell(servers: LiveCluster) -> AsyncIterator[RedisBell]:
    """A bell whose map nobody else refreshes."""
    shards = Cluster(ClusterUrl.parse(servers.url))
    made = RedisBell(shards, ping_seconds=0.1, silence_seconds=2)
    yield made
    await made.close()
    await shards.close()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("shard", [0, 1, 2])
async def test_every_shard_is_found_from_some_seeds(live: RedisLiveStore, servers: LiveCluster, shard: int) -> None:
    (number,) = servers.rooms(shard)
    await live.load(fresh_room(number))
    found = await servers.primaries[shard].ask("EXISTS", f"vigie:{{{number}}}:m")
    assert found == 1


async def test_the_first_call_after_a_move_is_answered_where_the_room_is_kept_now(
    live: RedisLiveStore, cluster: Cluster, servers: LiveCluster
) -> None:
    (number,) = servers.rooms(0)
    room = fresh_room(number)
    await live.load(room)
    was_at = cluster.of(number)
    await servers.move(room_slot(number), servers.primaries[0], servers.primaries[2])
    assert await live.snapshot(number) is None, "another history: the room begins a new life there"
    assert cluster.of(number) is not was_at
    await live.load(replace(room, live_epoch=2))
    loaded = await live.snapshot(number)
    assert loaded is not None
    assert loaded.room.live_epoch == 2


async def test_a_room_that_is_on_its_way_is_whole_or_away(live: RedisLiveStore, servers: LiveCluster) -> None:
    (number,) = servers.rooms(1)
    room, slot = fresh_room(number), room_slot(number)
    source, target = servers.primaries[1], servers.primaries[0]
    await live.load(room)
    await live.connect(number, ANNA, TAB, C1)
    whole = await live.snapshot(number)
    await servers.open_move(slot, source, target)
    assert await live.snapshot(number) == whole, "nothing has left yet"
    await servers.move_key(slot, source, target)
    with pytest.raises(StoreUnavailable, match="TRYAGAIN"):
        await live.snapshot(number)
    while await servers.move_key(slot, source, target):
        pass
    seen = await live.sight([number])
    assert len(seen) == 3
    assert all(one is not None and not one.rooms for one in seen.values()), "the shards are there, the room is not"
    # Everything has left, but the slot has not: the call is sent after it (ASK).
    await live.load(replace(room, live_epoch=2))
    assert await target.ask("CLUSTER", "COUNTKEYSINSLOT", slot) == 5 - 1, "the stream begins anew"
    await servers.close_move(slot, source, target)
    loaded = await live.snapshot(number)
    assert loaded is not None
    assert loaded.room.live_epoch == 2


async def test_a_bell_follows_a_room_to_another_shard_and_rings_it_once(
    live: RedisLiveStore, bell: RedisBell, servers: LiveCluster
) -> None:
    (number,) = servers.rooms(2)
    rung: list[SessionNumber] = []
    bell.hear(lambda number, _: rung.append(number))
    await live.load(fresh_room(number))
    await bell.listen(number)
    assert rung == [number]
    await servers.move(room_slot(number), servers.primaries[2], servers.primaries[1])
    await until(lambda: len(rung) == 2)
    await live.load(replace(fresh_room(number), live_epoch=2))
    await until(lambda: len(rung) == 3)
    assert set(rung) == {number}


async def test_a_lease_is_kept_by_each_shard_and_lapses_at_one_alone(
    live: RedisLiveStore, cluster: Cluster, servers: LiveCluster
) -> None:
    assert not await live.renew_lease()
    assert await live.renew_lease()
    shards = list(await cluster.all())
    assert len({shard.tag for shard in shards}) == 3
    lost = shards[1]
    await lost.watch.command("DEL", lease_key(NodeId("n1"), lost.tag))
    assert not await live.renew_lease(), "somebody may have buried this node there"
    names = [live._lease(shard).node for shard in shards]
    assert names == ["n1", "n1.1", "n1"]
    await live.release_lease()
    for shard in shards:
        assert await shard.watch.command("EXISTS", lease_key(live._lease(shard).node, shard.tag)) == 0


async def test_a_shard_that_takes_no_writes_is_away_and_the_others_are_not(
    live: RedisLiveStore, cluster: Cluster, servers: LiveCluster
) -> None:
    numbers = servers.rooms(0, 1, 2)
    await live.renew_lease()
    await servers.primaries[0].ask("CONFIG", "SET", "maxmemory", "1")
    try:
        for _ in range(2):
            await live.renew_lease()
        seen = await live.sight(numbers)
        assert seen[cluster.of(numbers[0]).name] is None
        assert None not in [seen[cluster.of(number).name] for number in numbers[1:]]
    finally:
        await servers.primaries[0].ask("CONFIG", "SET", "maxmemory", "0")
    await live.renew_lease()
    assert None not in (await live.sight(numbers)).values()


async def test_to_hang_up_on_one_shard_cuts_nobody_off_another(
    live: RedisLiveStore, cluster: Cluster, servers: LiveCluster
) -> None:
    await live.renew_lease()
    calls = {number: cluster.of(number).calls for number in servers.rooms(0, 1)}
    lines = {number: await line.command("CLIENT", "ID") for number, line in calls.items()}
    here, there = calls
    live.hang_up(cluster.of(here).name)
    assert await calls[there].command("CLIENT", "ID") == lines[there]
    with suppress(StoreUnavailable):
        await calls[here].command("PING")
    assert await calls[here].command("CLIENT", "ID") != lines[here]


async def test_a_frozen_shard_holds_the_looks_at_the_others_up_only_once(
    live: RedisLiveStore, cluster: Cluster, servers: LiveCluster
) -> None:
    numbers = servers.rooms(0, 1, 2)
    await live.sight(numbers)
    servers.primaries[1].freeze()
    try:
        frozen = cluster.of(numbers[1]).name
        assert (await live.sight(numbers))[frozen] is None
        began = time.monotonic()
        seen = await live.sight(numbers)
        assert time.monotonic() - began < CALL_SECONDS
        assert [name for name, one in seen.items() if one is None] == [frozen]
        async with asyncio.timeout(CALL_SECONDS / 2):
            assert await is_any_there(cluster)
    finally:
        servers.primaries[1].thaw()
    async with asyncio.timeout(20):
        while None in (await live.sight(numbers)).values():
            await asyncio.sleep(0.05)


async def test_a_member_that_is_named_as_a_server_is_found_out(servers: LiveCluster) -> None:
    async with open_shards(f"redis://:{PASSWORD}@127.0.0.1:{servers.primaries[0].port}/0", 1.0) as shards:
        assert isinstance(shards, Cluster)
        assert len(await shards.all()) == 3


async def test_a_server_that_is_away_is_taken_for_one_server() -> None:
    async with open_shards(f"redis://127.0.0.1:{free_port()}", 1.0) as shards:
        assert isinstance(shards, OneServer)


async def test_where_no_member_answers_calls_fail_in_time() -> None:
    cluster = Cluster(ClusterUrl.parse(f"redis+cluster://127.0.0.1:{free_port()},127.0.0.1:{free_port()}"))
    live = RedisLiveStore(cluster, NodeId("n1"))
    began = time.monotonic()
    for _ in range(10):
        with pytest.raises(StoreUnavailable):
            await live.snapshot(SessionNumber(1))
    with pytest.raises(StoreUnavailable):
        await live.sight([SessionNumber(1)])
    assert time.monotonic() - began < 2
    await cluster.close()


async def test_what_passes_is_counted_for_all_shards_together_and_memory_is_told_of_the_fullest(
    live: RedisLiveStore, cluster: Cluster, servers: LiveCluster
) -> None:
    for shard in range(3):
        (number,) = servers.rooms(shard)
        await live.load(fresh_room(number))
    assert cluster.figures.calls["load"] == 3
    assert cluster.figures.connected["calls"] == 3
    assert cluster.figures.failed["refused"] == 0, "what is kept elsewhere is no failure"
    asked = asyncio.create_task(live.snapshot(servers.rooms(0)[0]))
    await asyncio.sleep(0)
    assert cluster.waiting == 1
    await asked
    assert cluster.waiting == 0
    full = servers.primaries[1]
    await full.ask("CONFIG", "SET", "maxmemory", str(64 * 1024 * 1024))
    try:
        told = await memory_of(cluster)
    finally:
        await full.ask("CONFIG", "SET", "maxmemory", "0")
    assert told.used > 100_000
    assert told.most == 64 * 1024 * 1024, "of the one that is nearest to its limit"


# ── the doctor ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_doctor_looks_at_each_shard_and_names_the_one_that_is_wrong(servers: LiveCluster) -> None:
    wrong = servers.primaries[1]
    await wrong.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    try:
        found = await look_at_redis(servers.url, lambda: datetime.now(UTC))
    finally:
        await wrong.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
    assert Counter(one.check for one in found)[Check.REDIS_EVICTION] == len(servers.primaries)
    (evicts,) = (one for one in found if one.check is Check.REDIS_EVICTION and one.grade is Grade.PROBLEM)
    assert evicts.seen.startswith(f"127.0.0.1:{wrong.port}: allkeys-lru")

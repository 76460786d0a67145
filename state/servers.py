"""Which kind of live store an address leads to: one server, or a cluster, named as such or found out by asking once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from hub.ports import StoreUnavailable
from state import live_replies as replies
from state.cluster import Cluster
from state.cluster_url import ClusterUrl, is_cluster
from state.figures import Memory
from state.pipeline import Pipeline
from state.shards import OneServer, Shard, Shards

log = logging.getLogger("vigie.redis")


@asynccontextmanager
async def open_shards(url: str, socket_seconds: float) -> AsyncIterator[Shards]:
    """Give the live store at an address; connects when first used, but for one question to a server named alone.

    A member that is away then is taken for a server: name a cluster as one.
    """
    if is_cluster(url):
        async with _closing(Cluster(ClusterUrl.parse(url), socket_seconds)) as cluster:
            yield cluster
        return
    client = Redis.from_url(url, socket_timeout=socket_seconds, socket_connect_timeout=socket_seconds)
    try:
        if await _is_member(client):
            log.info("the live store is a cluster")
            async with _closing(Cluster(ClusterUrl.of_member(url), socket_seconds)) as cluster:
                yield cluster
        else:
            async with _closing(OneServer(client)) as server:
                yield server
    finally:
        await client.aclose()


@asynccontextmanager
async def _closing(shards: Shards) -> AsyncIterator[Shards]:
    try:
        yield shards
    finally:
        await shards.close()


async def _is_member(client: Redis) -> bool:
    line = Pipeline(client)
    try:
        info = await line.command("INFO", "cluster")
    except StoreUnavailable:
        return False
    finally:
        await line.close()
    return isinstance(info, bytes) and b"cluster_enabled:1" in info


async def is_any_there(shards: Shards) -> bool:
    """Tell whether any shard answers: rooms of one that is away are worked on all the same, frozen ones hold nobody up.

    Raises StoreUnavailable while nobody tells which there are.
    """
    waiting = {asyncio.ensure_future(shard.watch.command("PING")) for shard in await shards.all()}
    try:
        while waiting:
            answered, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if not all(one.exception() for one in answered):
                return True
        return False
    finally:
        for one in waiting:
            one.cancel()


async def memory_of(shards: Shards) -> Memory:
    """Ask how much memory the fullest shard uses; one that is away says nothing. Raises StoreUnavailable if all are."""
    asked = await asyncio.gather(*(_memory_of(shard) for shard in await shards.all()))
    told = [one for one in asked if one is not None]
    if not told:
        raise StoreUnavailable("no shard says what it uses")
    return max(told, key=lambda one: (one.used / one.most if one.most else 0.0, one.used))


async def _memory_of(shard: Shard) -> Memory | None:
    try:
        return replies.memory(await shard.watch.command("INFO", "memory"))
    except StoreUnavailable:
        return None

"""A cluster of Valkey servers of a test's own on 127.0.0.1: three shards, one of which may have a replica."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from hub.model import SessionNumber
from loadtests.ports import free_port
from state.keys import room_slot
from tests.faults.ground import POLL_SECONDS
from tests.faults.valkey import PASSWORD, READY_SECONDS, LiveServer

SLOTS = 16384
SHARDS = 3
NODE_TIMEOUT_MS = 2500
"""Longer than a server stands still on a machine that others use too: nobody but the test fails a shard over."""


class Member(LiveServer):
    """One server of the cluster."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(name, folder)
        self.bus_port = free_port()
        self.id = ""

    def _configuration(self) -> str:
        lines = (
            "cluster-enabled yes",
            # The usual place, 10,000 above, may be no port at all.
            f"cluster-port {self.bus_port}",
            f"cluster-node-timeout {NODE_TIMEOUT_MS}",
            "cluster-require-full-coverage no",
            "cluster-allow-replica-migration no",
        )
        return super()._configuration() + "\n".join((*lines, ""))

    async def text(self, *command: object) -> str:
        found = await self.ask(*command)
        assert isinstance(found, bytes), found
        return found.decode()


class LiveCluster:
    """Three shards, each with a third of the slots."""

    def __init__(self, primaries: Sequence[Member], replica: Member | None) -> None:
        self.primaries, self.replica = tuple(primaries), replica
        self._numbers = map(SessionNumber, count(1))

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, *, with_replica: bool = False) -> AsyncIterator[LiveCluster]:
        """Start and join the servers, and stop them at the end. The replica follows the first shard."""
        names = [f"shard-{place}" for place in range(SHARDS)] + (["replica"] if with_replica else [])
        members = [Member(name, folder) for name in names]
        async with AsyncExitStack() as closing:
            for member in members:
                closing.callback(member.kill)
            await asyncio.gather(*(member.start() for member in members))
            cluster = cls(members[:SHARDS], members[SHARDS] if with_replica else None)
            await cluster._join()
            yield cluster

    @property
    def members(self) -> tuple[Member, ...]:
        return self.primaries if self.replica is None else (*self.primaries, self.replica)

    @property
    def url(self) -> str:
        """Name the last two shards: the others are learned, and the first may be killed."""
        hosts = ",".join(f"127.0.0.1:{one.port}" for one in self.primaries[1:])
        return f"redis+cluster://:{PASSWORD}@{hosts}"

    def rooms(self, *shards: int) -> list[SessionNumber]:
        """Return one room of each of these shards that nobody was given before."""
        return [next(number for number in self._numbers if self.shard_of(number) == one) for one in shards]

    def shard_of(self, number: SessionNumber) -> int:
        """Return the shard that keeps a room at first."""
        return min(room_slot(number) * SHARDS // SLOTS, SHARDS - 1)

    async def move(self, slot: int, source: Member, target: Member) -> None:
        """Give a slot to another shard, key by key, as the usual tools do."""
        await self.open_move(slot, source, target)
        while await self.move_key(slot, source, target):
            pass
        await self.close_move(slot, source, target)

    async def open_move(self, slot: int, source: Member, target: Member) -> None:
        """Let a slot be on its way."""
        await target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", source.id)
        await source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", target.id)

    async def move_key(self, slot: int, source: Member, target: Member) -> bool:
        """Move one key of a slot that is on its way, if there is one."""
        keys = await source.ask("CLUSTER", "GETKEYSINSLOT", slot, 1)
        assert isinstance(keys, list)
        if keys:
            place = ("127.0.0.1", target.port, "", 0, 5000)
            await source.ask("MIGRATE", *place, "AUTH", PASSWORD, "KEYS", *keys)
        return bool(keys)

    async def close_move(self, slot: int, source: Member, target: Member) -> None:
        """Let a slot have arrived."""
        others = (one for one in self.primaries if one not in (source, target))
        for member in (target, source, *others):
            await member.ask("CLUSTER", "SETSLOT", slot, "NODE", target.id)

    async def fail_over(self) -> None:
        """Kill the first shard's primary, and return once its replica has taken its place."""
        assert self.replica is not None
        self.primaries[0].kill()
        replica = self.replica
        await _until(lambda: _has(replica, "INFO", "replication", word="role:master"))

    async def _join(self) -> None:
        for place, member in enumerate(self.members):
            member.id = await member.text("CLUSTER", "MYID")
            await member.ask("CLUSTER", "SET-CONFIG-EPOCH", place + 1)
        for place, member in enumerate(self.primaries):
            first, last = (-(-SLOTS * one // SHARDS) for one in (place, place + 1))
            await member.ask("CLUSTER", "ADDSLOTSRANGE", first, last - 1)
        for member in self.members[1:]:
            await self.primaries[0].ask("CLUSTER", "MEET", "127.0.0.1", member.port, member.bus_port)
        known = f"cluster_known_nodes:{len(self.members)}"
        for member in self.members:
            await _until(lambda one=member: _has(one, "CLUSTER", "INFO", word=known))
            await _until(lambda one=member: _has(one, "CLUSTER", "INFO", word="cluster_state:ok"))
        if self.replica is not None:
            await self._replicate(self.replica)

    async def _replicate(self, replica: Member) -> None:
        await _until(lambda: _follows(replica, self.primaries[0]))
        await _until(lambda: _has(replica, "INFO", "replication", word="master_link_status:up"))
        for member in self.primaries:
            await _until(lambda one=member: _has(one, "CLUSTER", "NODES", word=f"slave {self.primaries[0].id}"))


async def _has(member: Member, *command: str, word: str) -> bool:
    client = Redis(host="127.0.0.1", port=member.port, password=PASSWORD, socket_timeout=5)
    try:
        # Unparsed: as the server says it.
        client.response_callbacks.clear()
        found = await client.execute_command(*command)  # type: ignore[no-untyped-call]
    finally:
        await client.aclose()
    return word in (found.decode() if isinstance(found, bytes) else str(found))


async def _follows(replica: Member, primary: Member) -> bool:
    try:
        await replica.ask("CLUSTER", "REPLICATE", primary.id)
    except ResponseError:  # it has not heard of it yet
        return False
    return True


async def _until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(READY_SECONDS):
        while not await is_so():
            await asyncio.sleep(POLL_SECONDS)

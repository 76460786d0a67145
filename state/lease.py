"""One node's lease at one shard: the proof that it lives, and the name under which it speaks there.

Each shard of a cluster has its own: what one of them forgot says nothing about the others.
"""

from __future__ import annotations

import asyncio

from hub.model import NodeId
from hub.ports import StoreUnavailable
from state.keys import lease_key
from state.shards import Shard

LEASE_SECONDS = 5
"""A node renews its lease each second: four may be lost before others take it for dead."""
FAILURES = 2
"""One write may be late on a busy machine; a shard that is taken for away costs each of its rooms a reload."""


class Lease:
    """Who was buried goes on as a new incarnation."""

    def __init__(self, node: NodeId) -> None:
        self.node = node
        self._name = node
        self._life = 0
        self._leased_at = 0.0
        self._failures = 0
        self.has_lived = False

    @property
    def is_writable(self) -> bool:
        """Tell whether the shard took the last writes: one that can only be read shows nobody's work."""
        return self._failures < FAILURES

    async def renew(self, shard: Shard) -> bool:
        """Say that this node lives; False when the lease had lapsed. Raises StoreUnavailable."""
        try:
            was_there = await self._renew(shard)
        except StoreUnavailable:
            self._failures += 1
            raise
        self._failures = 0
        return was_there

    async def _renew(self, shard: Shard) -> bool:
        sent_at = asyncio.get_running_loop().time()
        is_there = await _write(shard, self.node)
        # A reply that was lost hides whether the lease had lapsed before: only an unbroken row of replies proves it.
        if is_there and sent_at - self._leased_at < LEASE_SECONDS:
            self._leased_at = sent_at
            return True
        if self.has_lived:
            # The name counts once its lease is known to be there: what is written under it must not be swept at once.
            successor = NodeId(f"{self._name}.{self._life + 1}")
            await _write(shard, successor)
            self._life, self.node = self._life + 1, successor
        self.has_lived, self._leased_at = True, sent_at
        return False

    async def release(self, shard: Shard) -> None:
        """Say that this node is leaving. Raises StoreUnavailable."""
        await shard.watch.command("DEL", lease_key(self.node, shard.tag))


async def _write(shard: Shard, node: NodeId) -> bool:
    """Renew or begin a lease; tell whether there was one."""
    return await shard.watch.command("SET", lease_key(node, shard.tag), "1", "EX", LEASE_SECONDS, "GET") is not None


async def lapsed(shard: Shard, nodes: list[NodeId]) -> list[NodeId]:
    """List those of these nodes whose lease at a shard is no more. Raises StoreUnavailable."""
    leases = await asyncio.gather(*(shard.watch.command("EXISTS", lease_key(node, shard.tag)) for node in nodes))
    return [node for node, lease in zip(nodes, leases, strict=True) if lease == 0]

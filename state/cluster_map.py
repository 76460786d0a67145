"""What one member of a cluster tells of it: which server keeps which slots, and to which shard it belongs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from hub.ports import StoreUnavailable
from state.cluster_url import Address
from state.pipeline import Pipeline
from state.resp import Reply


@dataclass(frozen=True, slots=True)
class ClusterMap:
    """One member's view. `epoch` grows when another server takes slots over; who is cut off sees no whole cluster.

    A range is its first slot, its last, host and port of its primary (no host: the one that was asked), and its shard.
    """

    is_whole: bool
    epoch: int
    ranges: tuple[tuple[int, int, str, int, str], ...]


def latest(found: Mapping[Address, ClusterMap], teller: Address | None) -> Address:
    """Return whose map counts: a whole cluster's, the latest; of two alike that of who said that something changed."""
    return max(found, key=lambda one: (found[one].is_whole, found[one].epoch, one == teller))


async def read_map(line: Pipeline) -> ClusterMap:
    """Ask one member. Raises StoreUnavailable."""
    info, slots, shards = await asyncio.gather(
        line.command("CLUSTER", "INFO"), line.command("CLUSTER", "SLOTS"), line.command("CLUSTER", "SHARDS")
    )
    if not isinstance(info, bytes) or not isinstance(slots, list) or not isinstance(shards, list):
        raise StoreUnavailable("Redis: not a cluster's answer")
    facts = dict(line.split(b":", 1) for line in info.splitlines() if b":" in line)
    names = _shard_names(shards)
    ranges = tuple(_range(one, names) for one in slots)
    if not ranges:
        raise StoreUnavailable("Redis: a cluster without slots")
    is_whole = facts.get(b"cluster_state") == b"ok"
    return ClusterMap(is_whole, int(facts.get(b"cluster_current_epoch", b"0")), ranges)


def _range(told: Reply, names: Mapping[bytes, str]) -> tuple[int, int, str, int, str]:
    match told:
        case [int(start), int(end), [(bytes() | None) as host, int(port), bytes(node), *_], *_]:
            # A member may know its own host by no name, or by one it does not tell.
            known = (host or b"").decode()
            return start, end, "" if known == "?" else known, port, names.get(node, node.decode())
        case _:
            raise StoreUnavailable("Redis: not a range of slots")


def _shard_names(shards: list[Reply]) -> dict[bytes, str]:
    """Name the shard of each server: by its id, or by the least of its servers' ids where it has none (Redis)."""
    names: dict[bytes, str] = {}
    for shard in map(_fields, shards):
        told = shard.get(b"nodes")
        servers = [_fields(one).get(b"id") for one in told] if isinstance(told, list) else []
        ids = sorted(one for one in servers if isinstance(one, bytes))
        name = shard.get(b"id") or (ids[0] if ids else b"")
        if isinstance(name, bytes):
            names |= dict.fromkeys(ids, name.decode())
    return names


def _fields(told: Reply) -> dict[bytes, Reply]:
    flat = told if isinstance(told, list) else []
    return {key: value for key, value in zip(flat[::2], flat[1::2], strict=False) if isinstance(key, bytes)}

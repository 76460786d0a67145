"""Names in Redis: everything of one exam session under one hash tag, so that a cluster keeps it on one shard."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from redis.crc import key_slot

from hub.live import Position
from hub.model import NodeId, SessionNumber

MAX_RING_BYTES = 200
"""Longer than any ring of ours, and short enough that its numbers can be read."""


@dataclass(frozen=True, slots=True)
class RoomKeys:
    """The keys of one session, in the order in which every script takes them, and its doorbell's channel.

    The channel is no key: a cluster that moves a slot holds back every call one of whose keys is not (or no longer)
    there. Scripts derive its name.
    """

    meta: str
    """Hash: string epoch, applied pair, live epoch, roster version, history, the room's own facts."""
    stream: str
    """Stream: the last events, entry id = `0-<seq>`."""
    rows: str
    """Hash: candidate id → durable row."""
    live: str
    """Hash: `<candidate>:<letter>` → facts, seat, link, waiting, progress, told version."""
    bell: str
    """Channel of sharded pub/sub."""
    staff: str
    """Hash: `c:<connection>` → console, `k:<candidate>` → claim, `l:<author>` → away since; `empty`, `known`."""

    @property
    def all(self) -> tuple[str, ...]:
        """List the names as a script's KEYS."""
        return (self.meta, self.stream, self.rows, self.live, self.staff)


@lru_cache(maxsize=4096)
def room_keys(number: SessionNumber) -> RoomKeys:
    """Name the keys of a session."""
    tag = f"vigie:{{{number}}}"
    return RoomKeys(f"{tag}:m", f"{tag}:ev", f"{tag}:c", f"{tag}:live", f"{tag}:bell", f"{tag}:staff")


def room_of_bell(channel: bytes) -> SessionNumber | None:
    """Read whose bell a channel is; None for another kind of channel."""
    number = channel.removeprefix(b"vigie:{").removesuffix(b"}:bell")
    return SessionNumber(int(number)) if number.isdigit() else None


@lru_cache(maxsize=8192)
def room_slot(number: SessionNumber) -> int:
    """Return where a cluster keeps a session."""
    return int(key_slot(room_keys(number).meta.encode()))


def lease_key(node: NodeId, tag: str = "") -> str:
    """Name the lease of a node, on the shard of a cluster that keeps this tag."""
    return f"vigie:node:{{{tag}}}:{node}" if tag else f"vigie:node:{{{node}}}"


@lru_cache(maxsize=4096)
def tag_slot(tag: str) -> int:
    """Return where a cluster keeps what has this tag."""
    return int(key_slot(tag.encode()))


def rung(payload: bytes) -> tuple[SessionNumber, Position | None] | None:
    """Read whose bell it was, and how far the room has moved; None for nonsense: anybody may have rung."""
    number, _, place = payload.partition(b":")
    if not number.isdigit() or len(payload) > MAX_RING_BYTES:
        return None
    seq, _, epoch = place.partition(b":")
    is_told = seq.isdigit() and epoch.isascii()
    return SessionNumber(int(number)), Position(epoch.decode(), int(seq)) if is_told else None

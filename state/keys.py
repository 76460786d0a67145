"""Names in Redis: everything of one exam session under one hash tag, so that a cluster keeps it on one shard."""

from __future__ import annotations

from dataclasses import dataclass

from hub.model import NodeId, SessionNumber


@dataclass(frozen=True, slots=True)
class RoomKeys:
    """The keys of one session, in the order in which every script takes them, and its doorbell's channel."""

    meta: str
    """Hash: string epoch, applied pair, live epoch, roster version, history, the room's own facts."""
    stream: str
    """Stream: the last events, entry id = `0-<seq>`."""
    rows: str
    """Hash: candidate id → durable row."""
    live: str
    """Hash: `<candidate>:<letter>` → facts, seat, link, waiting, progress, told version."""
    bell: str
    """Pub/sub channel."""
    staff: str
    """Hash: `c:<connection>` → console, `k:<candidate>` → claim, `l:<author>` → away since; `empty`, `known`."""

    @property
    def all(self) -> tuple[str, ...]:
        """List the names as a script's KEYS."""
        return (self.meta, self.stream, self.rows, self.live, self.bell, self.staff)


def room_keys(number: SessionNumber) -> RoomKeys:
    """Name the keys of a session."""
    tag = f"vigie:{{{number}}}"
    return RoomKeys(f"{tag}:m", f"{tag}:ev", f"{tag}:c", f"{tag}:live", f"{tag}:bell", f"{tag}:staff")


def room_of_bell(channel: bytes) -> SessionNumber | None:
    """Read whose bell a channel is; None for another kind of channel."""
    number = channel.removeprefix(b"vigie:{").removesuffix(b"}:bell")
    return SessionNumber(int(number)) if number.isdigit() else None


def lease_key(node: NodeId) -> str:
    """Name the lease of a node."""
    return f"vigie:node:{{{node}}}"


def rung(payload: bytes) -> SessionNumber | None:
    """Read whose bell it was; None for nonsense: anybody may have rung."""
    number, _, _seq = payload.partition(b":")
    return SessionNumber(int(number)) if number.isdigit() else None

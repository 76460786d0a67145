"""The live store in Redis: one script call per change, each atomic, each safe to send twice.

The scripts in `lua/` hold the rules; this file says what goes in and what comes out. The stream keeps whole events as
JSON, so reading them back is one decode for the whole stretch.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Collection, Mapping, Sequence

from redis.asyncio import Redis

from hub.events import EventKind, RoomEvent
from hub.live import Apply, LiveRoom, Position, Sighting, Stretch, Told
from hub.model import (
    Author,
    CandidateId,
    ClientId,
    ConnectionId,
    LinkState,
    NodeId,
    Progress,
    Room,
    SessionNumber,
)
from hub.ports import Head, StoreUnavailable
from hub.staffing import Console, Staffing
from state import codec
from state import live_replies as replies
from state.keys import lease_key, room_keys
from state.pipeline import Arg, Pipeline, Script
from state.resp import Reply

LEASE_SECONDS = 5
"""A node renews its lease each second: four may be lost before others take it for dead."""

MARK_KINDS: Mapping[LinkState, EventKind] = {
    LinkState.ONLINE: EventKind.RECONNECTED,
    LinkState.SUSPECT: EventKind.SUSPECT,
    LinkState.OFFLINE: EventKind.DISCONNECTED,
}
"""How a mark is told; a line never goes back to `never`."""


def _script(name: str, *parts: str, flags: str = "") -> Script:
    return Script.of(name, "room.lua", *parts, f"{name}.lua", flags=flags)


_PROGRESS = _script("progress")
_READ = _script("read", flags="no-writes")
_SNAPSHOT = _script("snapshot", flags="no-writes")
_NODES = _script("nodes", "candidate.lua", "staff.lua", flags="no-writes")
_LOAD = _script("load", "candidate.lua")
_APPLY = _script("apply", "candidate.lua")
_CONNECT = _script("connect", "candidate.lua")
_DISCONNECT = _script("disconnect", "candidate.lua")
_ATTACH = _script("attach", "candidate.lua")
_DETACH = _script("detach", "candidate.lua")
_MARK = _script("mark", "candidate.lua")
_REMEMBER = _script("remember", "candidate.lua")
_TOLD = _script("told", "candidate.lua")
_SWEEP = _script("sweep", "candidate.lua", "staff.lua")
_STAFFING = _script("staffing", flags="no-writes")
_CONSOLE_OPEN = _script("console_open", "staff.lua")
_CONSOLE_CLOSED = _script("console_closed", "staff.lua")
_CLAIM = _script("claim", "candidate.lua", "staff.lua")

_HEAD_FIELDS = ("epoch", "decision", "hash", "life", "roster", "history")


class RedisLiveStore:
    """`hub.live.LiveStore` on a Redis-protocol server (7 or later)."""

    def __init__(self, client: Redis, node: NodeId) -> None:
        """Take a client for its address and login (the caller closes it) and the node that speaks through this."""
        self._pipeline = Pipeline(client)
        # Leases and looks have a line of their own: behind ten thousand clients who sit down again they would be late,
        # and a node that is late is taken for dead.
        self._watch = Pipeline(client)
        self._name = node
        self._life = 0
        self._has_lived = False
        self._leased_at = 0.0
        self._node = node
        self._is_trusted = True

    async def close(self) -> None:
        """Cut the connection."""
        await self._pipeline.close()
        await self._watch.close()

    async def snapshot(self, number: SessionNumber) -> LiveRoom | None:
        """Read the room and its position as one atomic read; None when it is not loaded."""
        reply = await self._run(_SNAPSHOT, number)
        return None if reply is None else replies.live_room(replies.many(reply))

    async def load(self, room: Room) -> None:
        """Replace the durable part by the ledger's, under a new string epoch; no-op when the store is not behind."""
        epoch = f"{room.live_epoch}-{secrets.token_hex(6)}"
        args: list[Arg] = [epoch, room.decision_seq, room.decision_hash, room.live_epoch, room.roster_version]
        args.append(codec.encode_room(room))
        for row in room.candidates.values():
            args += (row.id, codec.encode_row(row), codec.facts_text(row), codec.progress_text(row.progress))
        await self._run(_LOAD, room.number, *args)

    async def apply(self, before: Head, room: Room, events: Sequence[RoomEvent]) -> Apply:
        """Append committed events if the store stands exactly at `before`; give each its `seq`; ring the bell."""
        named = {event.candidate for event in events if event.candidate is not None}
        rows = [room.candidates[candidate] for candidate in sorted(named) if candidate in room.candidates]
        args: list[Arg] = [before.decision_seq, before.decision_hash, before.live_epoch]
        args += (room.decision_seq, room.decision_hash, room.roster_version, codec.word(self._node))
        args += (codec.encode_room(room), len(rows))
        for row in rows:
            args += (row.id, codec.encode_row(row), codec.facts_text(row))
        for event in events:
            args += _event_args(event, room)
        return Apply(replies.text(await self._run(_APPLY, room.number, *args)))

    async def read(self, number: SessionNumber, position: Position) -> Stretch | None:
        """Read everything after a position; None when the stream cannot tell."""
        reply = await self._run(_READ, number, position.epoch, position.seq)
        if not isinstance(reply, bytes):
            return None
        events = codec.decode_events(reply)
        return Stretch(events, Position(position.epoch, events[-1].seq) if events else position)

    def trust(self, is_current: bool) -> None:
        """Use this store, or treat it as away."""
        self._is_trusted = is_current

    def hang_up(self) -> None:
        """Cut the connection; the next call opens another one."""
        self._pipeline.hang_up()
        self._watch.hang_up()

    async def sight(self, numbers: Collection[SessionNumber]) -> Sighting:
        """Read where these rooms stand, in one pipeline; a room of another history is not loaded.

        The seq is read after the rest, not with it: at most one change newer, and the next look agrees.
        """
        keys = [room_keys(number) for number in numbers]
        info, metas, lasts = await asyncio.gather(
            self._watch.command("INFO", "replication"),
            asyncio.gather(*(self._watch.command("HMGET", one.meta, *_HEAD_FIELDS) for one in keys)),
            asyncio.gather(*(self._watch.command("XREVRANGE", one.stream, "+", "-", "COUNT", 1) for one in keys)),
        )
        history = replies.history(info)
        heads = (
            replies.head(replies.many(fields), replies.last_seq(last), history)
            for fields, last in zip(metas, lasts, strict=True)
        )
        rooms = dict(zip(numbers, heads, strict=True))
        return Sighting(history.decode(), rooms)

    async def connect(
        self, number: SessionNumber, candidate: CandidateId, client: ClientId, connection: ConnectionId, rank: int = 0
    ) -> Told:
        """Note a client outside the test; it counts once, its newer connection replaces the older one."""
        speaker = (codec.word(client), codec.word(connection), codec.word(self._node))
        return replies.told(await self._run(_CONNECT, number, candidate, *speaker, rank))

    async def disconnect(self, number: SessionNumber, candidate: CandidateId, connection: ConnectionId) -> None:
        """Forget a client outside the test; a connection that was replaced changes nothing."""
        await self._run(_DISCONNECT, number, candidate, codec.word(connection))

    async def attach(
        self,
        number: SessionNumber,
        candidate: CandidateId,
        client: ClientId,
        connection: ConnectionId,
        entry_no: int,
        rank: int = 0,
    ) -> Told:
        """Take the seat of this very entry for a (re)connected client: the fast door, open until `detach`."""
        speaker = (codec.word(client), codec.word(connection), codec.word(self._node))
        return replies.told(await self._run(_ATTACH, number, candidate, *speaker, entry_no, rank))

    async def detach(
        self,
        number: SessionNumber,
        candidate: CandidateId,
        entry_no: int,
        connection: ConnectionId | None,
        rank: int = 0,
    ) -> bool:
        """Close the fast door of an entry whose connection is lost; False when another one holds it."""
        return await self._run(_DETACH, number, candidate, entry_no, codec.word(connection), rank) == 1

    async def mark(
        self, number: SessionNumber, candidate: CandidateId, connection: ConnectionId | None, state: LinkState
    ) -> bool:
        """Show the line of a candidate as suspect, offline, or online again; False when out of date."""
        kind = MARK_KINDS[state]
        return await self._run(_MARK, number, candidate, codec.word(connection), state.value, kind.value) == 1

    async def progress(
        self, number: SessionNumber, candidate: CandidateId, connection: ConnectionId, progress: Progress
    ) -> bool:
        """Accept progress of the seated connection if it is ahead; False when it was dropped."""
        told = codec.encode_progress(progress)
        return await self._run(_PROGRESS, number, candidate, connection, progress.answered, progress.total, told) == 1

    async def remember(self, number: SessionNumber, candidate: CandidateId, progress: Progress) -> None:
        """Put progress back that the store has forgotten, whoever sits."""
        told = codec.encode_progress(progress)
        await self._run(_REMEMBER, number, candidate, progress.answered, progress.total, told)

    async def told(self, number: SessionNumber, candidate: CandidateId, version: int) -> None:
        """Note that the candidate's screen showed this version."""
        await self._run(_TOLD, number, candidate, version)

    async def staffing(self, number: SessionNumber) -> Staffing:
        """Read who attends to the room; nobody where it is not loaded."""
        reply = await self._run(_STAFFING, number)
        return Staffing() if reply is None else replies.staffing(replies.many(reply))

    async def console_open(self, number: SessionNumber, console: Console) -> None:
        """Note an open console, or where it looks now."""
        look = codec.NOBODY if console.look is None else str(console.look)
        told = (codec.word(console.connection), codec.word(console.by), int(console.is_invigilator), look)
        await self._run(_CONSOLE_OPEN, number, *told, codec.word(self._node))

    async def console_closed(self, number: SessionNumber, connection: ConnectionId) -> None:
        """Forget a console."""
        await self._run(_CONSOLE_CLOSED, number, codec.word(connection))

    async def claim(
        self, number: SessionNumber, candidates: Collection[CandidateId], by: Author, *, is_taken: bool
    ) -> None:
        """Note that somebody goes to these candidates, or no longer does."""
        await self._run(_CLAIM, number, codec.word(by), int(is_taken), *candidates)

    async def renew_lease(self) -> bool:
        """Say that this node lives; False when the lease had lapsed: then as a new incarnation."""
        sent_at = asyncio.get_running_loop().time()
        is_there = await self._lease(self._node)
        # A reply that was lost hides whether the lease had lapsed before: only an unbroken row of replies proves it.
        if is_there and sent_at - self._leased_at < LEASE_SECONDS:
            self._leased_at = sent_at
            return True
        if self._has_lived:
            # The name counts once its lease is known to be there: what is written under it must not be swept at once.
            successor = NodeId(f"{self._name}.{self._life + 1}")
            await self._lease(successor)
            self._life, self._node = self._life + 1, successor
        self._has_lived, self._leased_at = True, sent_at
        return False

    async def release_lease(self) -> None:
        """Say that this node is leaving."""
        await self._watch.command("DEL", lease_key(self._node))

    async def _lease(self, node: NodeId) -> bool:
        """Renew or begin a lease; tell whether there was one."""
        return await self._watch.command("SET", lease_key(node), "1", "EX", LEASE_SECONDS, "GET") is not None

    async def sweep(self, number: SessionNumber) -> bool:
        """Forget the connections of nodes whose lease has lapsed; this node lives, whatever its lease says."""
        nodes = [replies.text(one) for one in replies.many(await self._run(_NODES, number))]
        others = [NodeId(one) for one in nodes if one != self._node]
        leases = await asyncio.gather(*(self._watch.command("EXISTS", lease_key(node)) for node in others))
        dead = [node for node, lease in zip(others, leases, strict=True) if lease == 0]
        return bool(dead) and await self._run(_SWEEP, number, *dead) == 1

    async def _run(self, script: Script, number: SessionNumber, *args: Arg) -> Reply:
        if not self._is_trusted:
            raise StoreUnavailable("this Redis tells another history than the current one")
        return await self._pipeline.run(script, room_keys(number).all, args)


def _event_args(event: RoomEvent, room: Room) -> Sequence[Arg]:
    """List what `apply.lua` takes for one event: where it seats somebody, the seat's client and entry too."""
    pieces = codec.event_pieces(event)
    row = room.candidates.get(event.candidate) if event.candidate is not None else None
    seat = event.changes.get("seat") or (row.seat if row is not None and event.connection is not None else None)
    entry_no = event.changes.get("entry_no", row.entry_no if row is not None else 0) if seat is not None else 0
    return (
        event.candidate if event.candidate is not None else codec.NOBODY,
        pieces.head,
        pieces.changes,
        pieces.progress,
        codec.word(event.connection),
        codec.word(seat.client if seat is not None else None),
        entry_no,
    )

"""The live store in Redis: one script call per change, each atomic, each safe to send twice.

The scripts in `lua/` hold the rules; this file says what goes in and what comes out. The stream keeps whole events as
JSON, so reading them back is one decode for the whole stretch.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from hub.events import EventKind, RoomEvent
from hub.live import Accepted, Apply, LiveRoom, Offer, Position, Sighting, Stretch, Told
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
from state import codec, scripts
from state import live_replies as replies
from state.keys import room_keys
from state.lease import Lease, lapsed
from state.pipeline import Arg, Elsewhere, Script, ScriptFailed
from state.resp import Reply
from state.shards import Shard, Shards

HASTY_SECONDS = 0.25
"""So long a look waits for a shard that did not answer the last one: the rooms of the others must not look old."""

DROP_AGAIN_SECONDS = 10.0
"""A room that cannot be read is dropped once in so long; in between it counts as away."""

log = logging.getLogger("vigie.live")

Value = TypeVar("Value")

MARK_KINDS: Mapping[LinkState, EventKind] = {
    LinkState.ONLINE: EventKind.RECONNECTED,
    LinkState.SUSPECT: EventKind.SUSPECT,
    LinkState.OFFLINE: EventKind.DISCONNECTED,
}
"""How a mark is told; a line never goes back to `never`."""


_HEAD_FIELDS = ("epoch", "decision", "hash", "life", "roster", "history")
_NOT_LOADED: tuple[list[Reply], int] = ([None] * len(_HEAD_FIELDS), 0)


class RedisLiveStore:
    """`hub.live.LiveStore` on a Redis-protocol server (7 or later), or on a cluster of them."""

    def __init__(self, shards: Shards, node: NodeId) -> None:
        """Take where rooms are kept, and the node that speaks through this."""
        self._shards, self._node = shards, node
        self._leases: dict[str, Lease] = {}
        self._silent: set[str] = set()
        self._dropped_at: dict[SessionNumber, float] = {}

    async def snapshot(self, number: SessionNumber) -> LiveRoom | None:
        """Read the room and its position as one atomic read; None when it is not loaded, or could not be read."""
        reply = await self._run(scripts.SNAPSHOT, number)
        try:
            return None if reply is None else replies.live_room(replies.many(reply))
        except replies.Unreadable as wrong:
            await self._drop(number, wrong)
            return None

    async def load(self, room: Room) -> None:
        """Replace the durable part by the ledger's, under a new string epoch; no-op when the store is not behind."""
        epoch = f"{room.live_epoch}-{secrets.token_hex(6)}"
        args: list[Arg] = [epoch, room.decision_seq, room.decision_hash, room.live_epoch, room.roster_version]
        args.append(codec.encode_room(room))
        for row in room.candidates.values():
            args += (row.id, codec.encode_row(row), codec.facts_text(row), codec.progress_text(row.progress))
        await self._run(scripts.LOAD, room.number, *args)

    async def apply(self, before: Head, room: Room, events: Sequence[RoomEvent]) -> Apply:
        """Append committed events if the store stands exactly at `before`; give each its `seq`; ring the bell."""
        named = {event.candidate for event in events if event.candidate is not None}
        rows = [room.candidates[candidate] for candidate in sorted(named) if candidate in room.candidates]
        args: list[Arg] = [before.decision_seq, before.decision_hash, before.live_epoch]
        args += (room.decision_seq, room.decision_hash, room.roster_version, self._name_at(room.number))
        args += (codec.encode_room(room), len(rows))
        for row in rows:
            args += (row.id, codec.encode_row(row), codec.facts_text(row))
        for event in events:
            args += _event_args(event, room)
        return Apply(replies.text(await self._run(scripts.APPLY, room.number, *args)))

    async def read(self, number: SessionNumber, position: Position) -> Stretch | None:
        """Read everything after a position; None when the stream cannot tell."""
        reply = await self._run(scripts.READ, number, position.epoch, position.seq)
        if not isinstance(reply, bytes):
            return None
        events = codec.decode_events(reply)
        return Stretch(events, Position(position.epoch, events[-1].seq) if events else position)

    def trust(self, name: str, *, is_current: bool) -> None:
        """Use this shard, or treat it as away."""
        self._shards.trust(name, is_current=is_current)

    def hang_up(self, name: str) -> None:
        """Cut the connection to this shard; the next call opens another one."""
        self._shards.hang_up(name)

    async def sight(self, numbers: Collection[SessionNumber]) -> Mapping[str, Sighting | None]:
        """Read where these rooms stand, in one pipeline for each shard; a room of another history is not loaded."""
        seen, is_moved = await self._look(numbers)
        if is_moved:
            # Somebody does not keep what was thought to be there.
            await self._shards.learn()
            seen, _ = await self._look(numbers)
        return seen

    async def _look(self, numbers: Collection[SessionNumber]) -> tuple[Mapping[str, Sighting | None], bool]:
        """Look at every shard; tell also whether one of them does not keep a room that it was asked for."""
        shards = await self._shards.all()
        kept: dict[Shard, list[SessionNumber]] = {shard: [] for shard in shards}
        for number in numbers:
            with suppress(StoreUnavailable):
                kept.setdefault(self._shards.of(number), []).append(number)
        hurry = {shard: shard.name in self._silent and len(kept) > 1 for shard in kept}
        found = await asyncio.gather(
            *(self._sight_of(shard, rooms, HASTY_SECONDS if hurry[shard] else None) for shard, rooms in kept.items())
        )
        self._silent = {shard.name for shard, one in zip(kept, found, strict=True) if one is None}
        is_moved = any(
            one is not None and len(one.rooms) < len(rooms) for one, rooms in zip(found, kept.values(), strict=True)
        )
        return {shard.name: one for shard, one in zip(kept, found, strict=True)}, is_moved

    async def _sight_of(self, shard: Shard, numbers: Sequence[SessionNumber], seconds: float | None) -> Sighting | None:
        """Look at one shard; None while it is away, or takes no writes, or has not answered in so many seconds.

        The seq is read after the rest, not with it: at most one change newer, and the next look agrees.
        """
        if not self._lease(shard).is_writable:
            return None
        try:
            async with asyncio.timeout(seconds):
                info, found = await asyncio.gather(
                    shard.watch.command("INFO", "replication"),
                    asyncio.gather(*(self._head_fields(shard, number) for number in numbers)),
                )
        except (StoreUnavailable, TimeoutError):
            return None
        history = replies.history(info)
        rooms = {
            number: await self._head(number, one, history)
            for number, one in zip(numbers, found, strict=True)
            if one is not None
        }
        return Sighting(history.decode(), rooms)

    async def _head_fields(self, shard: Shard, number: SessionNumber) -> tuple[list[Reply], int] | None:
        """Read where a room stands; None when the shard does not keep it, or not the whole of it."""
        keys = room_keys(number)
        try:
            fields, last = await asyncio.gather(
                shard.watch.command("HMGET", keys.meta, *_HEAD_FIELDS),
                shard.watch.command("XREVRANGE", keys.stream, "+", "-", "COUNT", 1),
            )
            return replies.many(fields), replies.last_seq(last)
        except Elsewhere:
            return None
        except (ScriptFailed, replies.Unreadable) as wrong:
            await self._drop_seen(number, wrong)
            return _NOT_LOADED

    async def _head(
        self, number: SessionNumber, found: tuple[list[Reply], int], history: bytes
    ) -> tuple[Head, Position] | None:
        try:
            return replies.head(*found, history)
        except replies.Unreadable as wrong:
            await self._drop_seen(number, wrong)
            return None

    async def connect(
        self, number: SessionNumber, candidate: CandidateId, client: ClientId, connection: ConnectionId, rank: int = 0
    ) -> Told:
        """Note a client outside the test; it counts once, its newer connection replaces the older one."""
        speaker = (codec.word(client), codec.word(connection), self._name_at(number))
        return replies.told(await self._run(scripts.CONNECT, number, candidate, *speaker, rank))

    async def disconnect(self, number: SessionNumber, candidate: CandidateId, connection: ConnectionId) -> None:
        """Forget a client outside the test; a connection that was replaced changes nothing."""
        await self._run(scripts.DISCONNECT, number, candidate, codec.word(connection))

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
        speaker = (codec.word(client), codec.word(connection), self._name_at(number))
        return replies.told(await self._run(scripts.ATTACH, number, candidate, *speaker, entry_no, rank))

    async def detach(
        self,
        number: SessionNumber,
        candidate: CandidateId,
        entry_no: int,
        connection: ConnectionId | None,
        rank: int = 0,
    ) -> bool:
        """Close the fast door of an entry whose connection is lost; False when another one holds it."""
        return await self._run(scripts.DETACH, number, candidate, entry_no, codec.word(connection), rank) == 1

    async def mark(
        self, number: SessionNumber, candidate: CandidateId, connection: ConnectionId | None, state: LinkState
    ) -> bool:
        """Show the line of a candidate as suspect, offline, or online again; False when out of date."""
        kind = MARK_KINDS[state]
        return await self._run(scripts.MARK, number, candidate, codec.word(connection), state.value, kind.value) == 1

    async def progress(self, number: SessionNumber, offers: Sequence[Offer], *, is_heard: bool = False) -> Accepted:
        """Accept what is ahead and comes from the seated connection, offer by offer, in one step."""
        args: list[Arg] = [int(is_heard)]
        for one in offers:
            progress = one.progress
            told = codec.encode_progress(progress)
            args += (one.candidate, one.connection, progress.answered, progress.total, told)
        return replies.accepted(await self._run(scripts.PROGRESS, number, *args), offers)

    async def remember(self, number: SessionNumber, candidate: CandidateId, progress: Progress) -> None:
        """Put progress back that the store has forgotten, whoever sits."""
        told = codec.encode_progress(progress)
        await self._run(scripts.REMEMBER, number, candidate, progress.answered, progress.total, told)

    async def told(self, number: SessionNumber, candidate: CandidateId, version: int) -> None:
        """Note that the candidate's screen showed this version."""
        await self._run(scripts.TOLD, number, candidate, version)

    async def staffing(self, number: SessionNumber) -> Staffing:
        """Read who attends to the room; nobody where it is not loaded."""
        reply = await self._run(scripts.STAFFING, number)
        return Staffing() if reply is None else replies.staffing(replies.many(reply))

    async def console_open(self, number: SessionNumber, console: Console) -> None:
        """Note an open console, or where it looks now."""
        look = codec.NOBODY if console.look is None else str(console.look)
        told = (codec.word(console.connection), codec.word(console.by), int(console.is_invigilator), look)
        await self._run(scripts.CONSOLE_OPEN, number, *told, self._name_at(number))

    async def console_closed(self, number: SessionNumber, connection: ConnectionId) -> None:
        """Forget a console."""
        await self._run(scripts.CONSOLE_CLOSED, number, codec.word(connection))

    async def claim(
        self, number: SessionNumber, candidates: Collection[CandidateId], by: Author, *, is_taken: bool
    ) -> None:
        """Note that somebody goes to these candidates, or no longer does."""
        await self._run(scripts.CLAIM, number, codec.word(by), int(is_taken), *candidates)

    async def renew_lease(self) -> bool:
        """Say to every shard that this node lives; False when a lease had lapsed: there as a new incarnation."""
        shards = await self._shards.all()
        leases = [self._lease(shard) for shard in shards]
        had_lived = [lease.has_lived for lease in leases]
        outcomes = await asyncio.gather(
            *(_outcome(lease.renew(shard)) for lease, shard in zip(leases, shards, strict=True))
        )
        accidents = [one for one in outcomes if isinstance(one, StoreUnavailable)]
        if len(accidents) == len(outcomes):
            raise accidents[0]
        # At a shard that has just joined there was nothing to lapse.
        return any(had_lived) and not any(one is False and had for one, had in zip(outcomes, had_lived, strict=True))

    async def release_lease(self) -> None:
        """Say that this node is leaving."""
        await asyncio.gather(*(self._lease(shard).release(shard) for shard in await self._shards.all()))

    def _lease(self, shard: Shard) -> Lease:
        return self._leases.setdefault(shard.name, Lease(self._node))

    def _name_at(self, number: SessionNumber) -> str:
        """Return the name under which this node speaks where a room is kept."""
        try:
            return codec.word(self._lease(self._shards.of(number)).node)
        except StoreUnavailable:
            return codec.word(self._node)

    async def sweep(self, number: SessionNumber) -> bool:
        """Forget the connections of nodes whose lease has lapsed; this node lives, whatever its lease says."""
        nodes = await self._nodes(scripts.NODES, number)
        shard = self._shards.of(number)
        dead = await lapsed(shard, [one for one in nodes if one != self._lease(shard).node])
        return bool(dead) and await self._run(scripts.SWEEP, number, *dead) == 1

    async def is_looked_after_elsewhere(self, number: SessionNumber) -> bool:
        """Tell whether other nodes that live hold the seat of everybody whose test runs."""
        holders = await self._nodes(scripts.HOLDERS, number)
        shard = self._shards.of(number)
        return bool(holders) and self._lease(shard).node not in holders and not await lapsed(shard, holders)

    async def _nodes(self, script: Script, number: SessionNumber) -> list[NodeId]:
        named = await self._run(script, number)
        try:
            return [NodeId(replies.text(one)) for one in replies.many(named)]
        except replies.Unreadable as wrong:
            await self._drop(number, wrong)
            raise

    async def _run(self, script: Script, number: SessionNumber, *args: Arg) -> Reply:
        try:
            return await self._shards.run(script, number, args)
        except ScriptFailed as failure:
            await self._drop(number, failure)
            raise

    async def _drop(self, number: SessionNumber, why: StoreUnavailable) -> None:
        """Forget a room whose keys somebody else has written: it is loaded anew, as after a wiped store.

        Now and then only: were it another version of ours that wrote them, two nodes would drop it for ever. Raises
        StoreUnavailable.
        """
        now = asyncio.get_running_loop().time()
        if now - self._dropped_at.get(number, float("-inf")) < DROP_AGAIN_SECONDS:
            raise why
        self._dropped_at[number] = now
        log.error("room %s: the live store keeps what is not ours (%s): dropped", number, type(why).__name__)
        await self._shards.of(number).calls.command("DEL", *room_keys(number).all)

    async def _drop_seen(self, number: SessionNumber, why: StoreUnavailable) -> None:
        """Drop a room that a look stumbled over: it is not loaded, and the look goes on for all others."""
        with suppress(StoreUnavailable):
            await self._drop(number, why)


async def _outcome(asked: Awaitable[Value]) -> Value | StoreUnavailable:
    try:
        return await asked
    except StoreUnavailable as accident:
        return accident


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

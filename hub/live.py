"""What the hub needs from its live store and its doorbell: Redis owns order and the shared view.

The real ones are in `state.live` and `state.bell`, their twins in `state.memory_live`; one contract suite runs on both.
Every method may raise `hub.ports.StoreUnavailable`; nothing else is an accident the hub expects of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from hub.events import RoomEvent
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
from hub.ports import Head
from hub.staffing import Console, Staffing


@dataclass(frozen=True, slots=True)
class Position:
    """A place in one life of a room's stream."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class HeldSeat:
    """Which connection holds a candidate's seat in the live store; `connection` is None once its line broke."""

    entry_no: int
    client: ClientId
    connection: ConnectionId | None
    node: NodeId | None


@dataclass(frozen=True, slots=True)
class LiveRoom:
    """A room with its live facets, and the position in the stream read in the same instant."""

    room: Room
    position: Position
    seats: Mapping[CandidateId, HeldSeat] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The events after a position, and the position after them."""

    events: tuple[RoomEvent, ...]
    position: Position


@dataclass(frozen=True, slots=True)
class Offer:
    """Progress that a connection offers, as the one that holds the seat."""

    candidate: CandidateId
    connection: ConnectionId
    progress: Progress


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the live store took of the progress it was offered.

    `is_taken` says it offer by offer. `events` are what the store made of those that were news, one after the other in
    its stream, in the life `epoch`; what was known already was taken without an event.
    """

    is_taken: tuple[bool, ...]
    epoch: str = ""
    events: tuple[RoomEvent, ...] = ()


class Apply(StrEnum):
    """What became of a committed decision in the live store."""

    APPLIED = "applied"
    KNOWN = "known"
    """The store is already there or further: nothing to do."""
    GAP = "gap"
    """An earlier decision is missing: another node may be applying it."""
    CONFLICT = "conflict"
    """The store tells another history than the ledger: it needs a new epoch."""
    ABSENT = "absent"
    """The room is not loaded: whoever listens first will load it."""


class Door(StrEnum):
    """What became of a connection that told its place: a seat taken without asking Postgres, or a place outside."""

    OPEN = "open"
    CLOSED = "closed"
    """The seat was given up, or another entry holds it: only Postgres can tell."""
    REPLACED = "replaced"
    """A newer connection of the same client holds the place: the older one goes."""


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to a connection that told its place.

    `rank` orders the connections of a candidate across nodes: given at the first telling, presented at each later one,
    so that a node that comes back from a stall cannot sit an old tab down over a newer one.
    """

    door: Door
    rank: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where rooms stand in one shard (None: not loaded, or under another history), and the shard's own history."""

    history: str
    rooms: Mapping[SessionNumber, tuple[Head, Position] | None]


class LiveStore(Protocol):
    """Redis, or its twin in memory. Every write is idempotent: the client library may send it twice.

    `connect` and `attach` raise StoreUnavailable for a room that is not loaded: it is no closed door.
    """

    async def snapshot(self, number: SessionNumber) -> LiveRoom | None:
        """Read the room and its position as one atomic read; None when it is not loaded."""
        ...

    async def load(self, room: Room) -> None:
        """Replace the durable part by the ledger's, keep the live part, empty the stream.

        The string epoch is made new at each load, so every position held anywhere gets a snapshot. Refuses (no-op)
        when the store already holds the same or a later decision under the same or a later `live_epoch`. Seats and
        waiting clients that another history left are forgotten: who is there tells its place again.
        """
        ...

    async def apply(self, before: Head, room: Room, events: Sequence[RoomEvent]) -> Apply:
        """Append committed events if the store stands exactly at `before`; give each its `seq`; ring the bell.

        An event with a `connection` also gives that connection the seat (or a newer one of its client that waits
        already) and carries the new link and waiting.
        """
        ...

    async def read(self, number: SessionNumber, position: Position) -> Stretch | None:
        """Read everything after a position; None when the stream cannot tell (another epoch, trimmed, absent)."""
        ...

    async def sight(self, numbers: Collection[SessionNumber]) -> Mapping[str, Sighting | None]:
        """Read where these rooms stand and which history each shard tells, by the shard's name; None: it is away.

        One server is one shard. A room that is in no sighting cannot be seen now.
        """
        ...

    def trust(self, name: str, *, is_current: bool) -> None:
        """Use this shard, or treat it as away: it tells another history than the installation's current one."""
        ...

    def hang_up(self, name: str) -> None:
        """Cut the connection to this shard: the address may lead to another server by now."""
        ...

    async def connect(
        self, number: SessionNumber, candidate: CandidateId, client: ClientId, connection: ConnectionId, rank: int = 0
    ) -> Told:
        """Note a client outside the test. A client counts once: its newer connection replaces the older one.

        Emits `joined` (first client, nobody has entered), `waiting` (one more), `reconnected` when only the link
        changed, or a silent `seat.attached` when only the connection did; each carries the `connection`, which tells
        an older one of the same client to go. Before the first entry the link goes online; later it speaks of the
        seated client and is left alone.
        """
        ...

    async def disconnect(self, number: SessionNumber, candidate: CandidateId, connection: ConnectionId) -> None:
        """Forget a client outside the test: `left` when the count goes down. Never touches a seat or a link."""
        ...

    async def attach(
        self,
        number: SessionNumber,
        candidate: CandidateId,
        client: ClientId,
        connection: ConnectionId,
        entry_no: int,
        rank: int = 0,
    ) -> Told:
        """Take the seat of this very entry for a (re)connected client: the fast door, open until `detach`.

        Emits `reconnected` when the link goes online, `left` when the client had been waiting, else a silent
        `seat.attached`; each carries the `connection`. A seat unknown to the store (just loaded) is taken; of two
        entries the higher wins.
        """
        ...

    async def detach(
        self,
        number: SessionNumber,
        candidate: CandidateId,
        entry_no: int,
        connection: ConnectionId | None,
        rank: int = 0,
    ) -> bool:
        """Close the fast door of an entry whose connection is lost; False when another connection or entry holds it.

        With the `rank` of the lost connection also when a newer one held the seat last, though it stands empty now.
        """
        ...

    async def mark(
        self, number: SessionNumber, candidate: CandidateId, connection: ConnectionId | None, state: LinkState
    ) -> bool:
        """Show the line of a candidate as suspect, offline, or online again after a silence; False when out of date.

        Counts only while nobody newer speaks for the candidate: the seat is held by that connection or, with None,
        stands empty; before the first entry, no client at all is connected (or `connection` is one of them).
        Emits `suspect`, `disconnected` or `reconnected`; the same state again emits nothing.
        """
        ...

    async def progress(self, number: SessionNumber, offers: Sequence[Offer], *, is_heard: bool = False) -> Accepted:
        """Accept what is ahead and comes from the seated connection, offer by offer, in one step.

        `is_heard` says that this node hears the room's bell. It does not ring for this node alone, which is told here.
        """
        ...

    async def remember(self, number: SessionNumber, candidate: CandidateId, progress: Progress) -> None:
        """Put progress back that the store has forgotten, whoever sits; what is not ahead changes nothing."""
        ...

    async def told(self, number: SessionNumber, candidate: CandidateId, version: int) -> None:
        """Note that the candidate's screen showed this version."""
        ...

    async def staffing(self, number: SessionNumber) -> Staffing:
        """Read who attends to the room; nobody where it is not loaded."""
        ...

    async def console_open(self, number: SessionNumber, console: Console) -> None:
        """Note an open console, or where it looks now. Emits a silent `staffing.changed` if anything is new.

        Here and in the next two, a room that is not loaded changes nothing: it is told again once it is.
        """
        ...

    async def console_closed(self, number: SessionNumber, connection: ConnectionId) -> None:
        """Forget a console; remembers when its author's last one went, and the last invigilator's."""
        ...

    async def claim(
        self, number: SessionNumber, candidates: Collection[CandidateId], by: Author, *, is_taken: bool
    ) -> None:
        """Note that somebody goes to these candidates, or no longer does; the latest word about a candidate counts."""
        ...

    async def renew_lease(self) -> bool:
        """Say that this node lives; False when the lease had lapsed (or never was): others may have buried it.

        Who was buried goes on as a new incarnation, so that a burial still on its way cannot empty the seats that its
        clients take again.
        """
        ...

    async def release_lease(self) -> None:
        """Say that this node is leaving: what its clients left behind may be swept at once."""
        ...

    async def sweep(self, number: SessionNumber) -> bool:
        """Forget the connections of nodes whose lease has lapsed: waiting clients leave, their seats stand empty.

        Their consoles are closed.

        Tells whether anybody was forgotten.
        """
        ...

    async def is_looked_after_elsewhere(self, number: SessionNumber) -> bool:
        """Tell whether other nodes that live hold the seat of everybody whose test runs: they know of their lost lines.

        False where one of these seats is nobody's or this node's, and where this store knows of no test that runs.
        """
        ...


Ring = Callable[[SessionNumber, Position | None], Awaitable[None] | None]
"""Hears which room's stream moved, and how far; None: nobody knows how far."""


class Bell(Protocol):
    """Pub/sub doorbell: says that a room's stream moved, nothing else. Lost or doubled rings cost only time."""

    def hear(self, ring: Ring) -> None:
        """Call back on each ring of a room that is listened to."""
        ...

    async def listen(self, number: SessionNumber) -> None:
        """Begin to hear a room."""
        ...

    async def forget(self, number: SessionNumber) -> None:
        """Stop hearing a room."""
        ...

    def hears(self, number: SessionNumber) -> bool:
        """Tell whether a ring of this room would come here, as far as is known."""
        ...

    def hang_up(self, name: str) -> None:
        """Cut the line to this shard and open another one: the address may lead to another server by now."""
        ...

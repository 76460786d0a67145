"""What nodes share when the live store is in memory: loaded rooms, leases and the bells they ring."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

from msgspec.structs import replace

from hub.events import RoomEvent
from hub.live import Position, Ring
from hub.model import (
    Author,
    CandidateId,
    ClientId,
    ConnectionId,
    Link,
    NodeId,
    Progress,
    Room,
    SessionNumber,
    Waiting,
)
from hub.ports import Head
from hub.staffing import Claim, Console

STREAM_LENGTH = 2048
RANKS_OF_A_LIFE = 2**20


@dataclass(slots=True)
class SeatOf:
    """Who holds a seat, and whether its fast door is open."""

    entry_no: int
    client: ClientId
    connection: ConnectionId | None = None
    node: NodeId | None = None
    is_open: bool = True
    previous: ConnectionId | None = None
    """Replaced last: its late retry steals nothing back."""
    rank: int = 0


@dataclass(slots=True)
class Waiter:
    """A client outside the test."""

    connection: ConnectionId
    node: NodeId
    previous: ConnectionId | None = None
    rank: int = 0


def is_overtaken(held: SeatOf | Waiter, connection: ConnectionId, presented: int) -> bool:
    """Tell whether a connection comes after another one of its client took the place."""
    if held.connection == connection:
        return False
    return held.previous == connection or 0 < presented < held.rank


@dataclass(slots=True)
class LivePart:
    """The live part of one candidate."""

    link: Link = field(default_factory=Link)
    waiting: dict[ClientId, Waiter] = field(default_factory=dict)
    seat: SeatOf | None = None
    progress: Progress | None = None
    told_version: int = 0
    ranks: int = 0
    """Ranks given so far."""

    @property
    def count(self) -> Waiting:
        """Count the clients outside the test."""
        return Waiting(len(self.waiting))


@dataclass(slots=True)
class StaffPart:
    """Who attends to one room; a console with the node it is open at."""

    consoles: dict[ConnectionId, tuple[Console, NodeId]] = field(default_factory=dict)
    claims: dict[CandidateId, Claim] = field(default_factory=dict)
    left_at: dict[Author, datetime] = field(default_factory=dict)
    unattended_since: datetime | None = None
    known_since: datetime | None = None

    def close(self, gone: Collection[ConnectionId], at: datetime) -> None:
        """Forget consoles, and remember who has none left now."""
        authors = {self.consoles.pop(connection)[0].by for connection in gone}
        here = {console.by for console, _ in self.consoles.values()}
        self.left_at |= dict.fromkeys(authors - here, at)
        is_attended = any(console.is_invigilator for console, _ in self.consoles.values())
        if not is_attended and self.unattended_since is None:
            self.unattended_since = at


@dataclass(slots=True)
class Stage:
    """One loaded room."""

    room: Room
    epoch: str
    history: str
    seq: int = 0
    lines: dict[CandidateId, LivePart] = field(default_factory=dict)
    staff: StaffPart = field(default_factory=lambda: StaffPart())
    events: list[RoomEvent] = field(default_factory=list)

    @property
    def head(self) -> Head:
        """Say where the durable part stands."""
        room = self.room
        return Head(room.decision_seq, room.decision_hash, room.live_epoch, room.roster_version)

    def rank(self, line: LivePart, presented: int) -> int:
        """Return the rank a connection has, or the next one of this life."""
        if presented > 0:
            return presented
        line.ranks += 1
        return self.room.live_epoch * RANKS_OF_A_LIFE + line.ranks

    def emit(self, event: RoomEvent) -> RoomEvent:
        """Append an event to the stream; returns it with its place."""
        self.seq += 1
        emitted = replace(event, seq=self.seq)
        self.events.append(emitted)
        del self.events[:-STREAM_LENGTH]
        return emitted


class MemoryLiveServer:
    """What all nodes share: rooms, leases, bells."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.now = now
        self.history = "history-1"
        self.stages: dict[SessionNumber, Stage] = {}
        self.leases: set[NodeId] = set()
        self.bells: list[MemoryBell] = []

    def forget_everything(self) -> None:
        """Lose all rooms, as a wiped server does."""
        self.stages.clear()

    def begin_history(self, name: str) -> None:
        """Tell another history from now on, as a restarted or promoted server does: rooms are there, and not loaded."""
        self.history = name

    def loaded(self, number: SessionNumber) -> Stage | None:
        """Return a room that was loaded under the present history."""
        stage = self.stages.get(number)
        return stage if stage is not None and stage.history == self.history else None

    def lapse(self, node: NodeId) -> None:
        """Let a node's lease run out, whichever incarnation holds it."""
        self.leases -= {one for one in self.leases if one.partition(".")[0] == node}

    def ring(self, number: SessionNumber) -> None:
        """Ring a room's bell at every node."""
        stage = self.stages[number]
        for bell in self.bells:
            bell.rung(number, Position(stage.epoch, stage.seq))


class MemoryBell:
    """`hub.live.Bell` of one node."""

    def __init__(self, server: MemoryLiveServer) -> None:
        self._rooms: set[SessionNumber] = set()
        self._ring: Ring = lambda _number, _position: None
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = server
        server.bells.append(self)

    def hear(self, ring: Ring) -> None:
        """Call back on each ring of a room that is listened to."""
        self._ring = ring

    async def listen(self, number: SessionNumber) -> None:
        """Begin to hear a room."""
        self._rooms.add(number)

    async def forget(self, number: SessionNumber) -> None:
        """Stop hearing a room."""
        self._rooms.discard(number)

    async def close(self) -> None:
        """Hear nothing any more."""
        self._server.bells.remove(self)

    def hears(self, number: SessionNumber) -> bool:
        """Tell whether a ring of this room would come here."""
        return number in self._rooms

    def hang_up(self, name: str) -> None:
        """Do nothing: there is no line."""

    def rung(self, number: SessionNumber, position: Position) -> None:
        """Pass a ring on, as the server's pub/sub does: later, and to listeners only."""
        if number in self._rooms:
            asyncio.get_running_loop().call_soon(self._call, number, position)

    def _call(self, number: SessionNumber, position: Position) -> None:
        outcome = self._ring(number, position)
        if inspect.isawaitable(outcome):
            task = asyncio.ensure_future(outcome)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

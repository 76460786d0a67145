"""A room in a live store, and what a test of the contract does to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from msgspec import structs
from redis.asyncio import Redis

from hub.audit import Recorded, Signature, record
from hub.events import Changes, Event, EventKind, RoomEvent
from hub.live import Apply, Bell, HeldSeat, LiveStore, Offer, Position, Sighting
from hub.model import (
    AttemptState,
    Author,
    Candidate,
    CandidateId,
    ClientId,
    ConnectionId,
    Progress,
    Room,
    Seat,
    SessionNumber,
)
from hub.ports import Head

T0 = datetime(2026, 11, 21, 8, 30, 0, 123456, tzinfo=UTC)
ANNA, BEN, CHLOE = CandidateId(12), CandidateId(13), CandidateId(14)
TAB, OTHER_TAB = ClientId("tab"), ClientId("tab-2")
C1, C2, C3 = ConnectionId("c1"), ConnectionId("c2"), ConnectionId("c3")


class Place(Protocol):
    """One kind of live store, with what a test needs around it."""

    name: str
    client: Redis  # of the real server only

    def store(self, node: str = "n1") -> LiveStore: ...

    def bell(self) -> Bell: ...

    async def lapse(self, node: str) -> None: ...

    async def wipe(self, number: SessionNumber) -> None: ...


def head_of(room: Room) -> Head:
    return Head(room.decision_seq, room.decision_hash, room.live_epoch, room.roster_version)


async def offered(
    store: LiveStore, number: SessionNumber, candidate: CandidateId, connection: str, progress: Progress
) -> bool:
    accepted = await store.progress(number, [Offer(candidate, ConnectionId(connection), progress)])
    return accepted.is_taken[0]


@dataclass
class House:
    """A loaded room, its truth as the ledger would hold it, and the position from which a test looks on."""

    place: Place
    store: LiveStore
    truth: Room
    start: Position

    @property
    def number(self) -> SessionNumber:
        return self.truth.number

    def decided(self, *events: Event, connection: str | None = None) -> Recorded:
        signature = Signature(Author("account:7"), T0 + timedelta(seconds=self.truth.decision_seq), T0, lambda: "salt")
        recorded = record(self.truth, events, signature)
        if connection is None:
            return recorded
        return replace(
            recorded,
            events=tuple(
                structs.replace(event, connection=connection, client=event.changes["seat"].client)
                if event.changes.get("seat")
                else event
                for event in recorded.events
            ),
        )

    async def decide(self, *events: Event, connection: str | None = None, store: LiveStore | None = None) -> Apply:
        before, recorded = self.truth, self.decided(*events, connection=connection)
        self.truth = recorded.room
        return await (store or self.store).apply(head_of(before), recorded.room, recorded.events)

    async def offer(self, candidate: CandidateId, connection: str, progress: Progress) -> bool:
        """Offer one progress; tells whether it was taken."""
        return await offered(self.store, self.number, candidate, connection, progress)

    async def seat(self, connection: str = C1, client: ClientId = TAB, candidate: CandidateId = ANNA) -> None:
        """Let a client enter (or resume)."""
        entry_no = self.truth.candidates[candidate].entry_no + 1
        kind = EventKind.ENTERED if entry_no == 1 else EventKind.RESUMED
        changes = Changes(
            attempt=AttemptState.RUNNING, entry_no=entry_no, seat=Seat(client, T0), authorization=None,
            interrupted_at=None,
        )  # fmt: skip
        assert await self.decide(Event(kind, candidate, changes), connection=connection) is Apply.APPLIED

    async def interrupt(self, candidate: CandidateId = ANNA) -> None:
        changes = Changes(interrupted_at=T0 + timedelta(seconds=50))
        assert await self.decide(Event(EventKind.INTERRUPTED, candidate, changes)) is Apply.APPLIED

    async def events(self) -> tuple[RoomEvent, ...]:
        stretch = await self.store.read(self.number, self.start)
        assert stretch is not None
        return stretch.events

    async def kinds(self) -> list[str]:
        return [event.kind.value for event in await self.events()]

    async def row(self, candidate: CandidateId = ANNA) -> Candidate:
        live = await self.store.snapshot(self.number)
        assert live is not None
        return live.room.candidates[candidate]

    async def held(self, candidate: CandidateId = ANNA) -> HeldSeat | None:
        live = await self.store.snapshot(self.number)
        assert live is not None
        return live.seats.get(candidate)


async def shard_of(store: LiveStore, number: SessionNumber) -> tuple[str, Sighting]:
    """Look at a room; return the shard that keeps it, and what it tells."""
    seen = await store.sight([number])
    return next((name, one) for name, one in seen.items() if one is not None and number in one.rooms)


async def rooms_of(store: LiveStore, number: SessionNumber) -> Mapping[SessionNumber, tuple[Head, Position] | None]:
    """Look at a room; return where all that was asked for on its shard stands."""
    _, sighting = await shard_of(store, number)
    return sighting.rooms


def fresh_room(number: SessionNumber) -> Room:
    rows = {who: Candidate(who, reserved_number=who * 1000) for who in (ANNA, BEN, CHLOE)}
    return Room(number, rows, decision_hash="h0", started_at=T0)


def progress(answered: int, total: int = 32, question: int | None = None) -> Progress:
    return Progress(answered, total, question, T0 + timedelta(minutes=answered))

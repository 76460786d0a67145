"""The live store and the bell in memory: the twin that rules are tried on, with the same contract as Redis.

`MemoryLiveServer` plays the server that nodes share, `MemoryLiveStore` one node's door to it.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from hub.events import Changes, EventKind, RoomEvent
from hub.live import Accepted, Apply, Door, HeldSeat, LiveRoom, Offer, Position, Sighting, Stretch, Told
from hub.model import (
    AttemptState,
    Author,
    Candidate,
    CandidateId,
    ClientId,
    ConnectionId,
    Link,
    LinkState,
    NodeId,
    Progress,
    Room,
    SessionNumber,
    Waiting,
)
from hub.ports import Head, StoreUnavailable
from hub.staffing import Claim, Console, Staffing
from state.live import MARK_KINDS
from state.memory_live_server import (
    LivePart,
    MemoryBell,
    MemoryLiveServer,
    SeatOf,
    StaffPart,
    Stage,
    Waiter,
    is_overtaken,
)
from state.shards import MAIN

__all__ = ["MemoryBell", "MemoryLiveServer", "MemoryLiveStore"]


class MemoryLiveStore:
    """`hub.live.LiveStore` of one node."""

    def __init__(self, server: MemoryLiveServer, node: NodeId) -> None:
        self._server = server
        self._name = node
        self._life = 0
        self._has_lived = False
        self._node = node
        self._is_trusted = True

    async def close(self) -> None:
        """Do nothing: there is no connection."""

    async def snapshot(self, number: SessionNumber) -> LiveRoom | None:
        """Read the room and its position."""
        stage = self._loaded(number)
        if stage is None:
            return None
        rows = {row.id: _whole(row, stage.lines.get(row.id, LivePart())) for row in stage.room.candidates.values()}
        held = ((candidate, line.seat) for candidate, line in stage.lines.items())
        seats = {
            candidate: HeldSeat(seat.entry_no, seat.client, seat.connection, seat.node)
            for candidate, seat in held
            if seat is not None
        }
        return LiveRoom(replace(stage.room, candidates=rows), Position(stage.epoch, stage.seq), seats)

    async def load(self, room: Room) -> None:
        """Replace the durable part, keep the live part, empty the stream."""
        before = self._loaded(room.number)
        if before is not None:
            known = before.room
            if known.live_epoch > room.live_epoch:
                return
            if known.live_epoch == room.live_epoch and known.decision_seq >= room.decision_seq:
                return
        stage = Stage(_durable(room), f"{room.live_epoch}-{secrets.token_hex(6)}", self._server.history)
        left = self._server.stages.get(room.number)
        is_same_history = left is not None and left.history == stage.history
        now = self._server.now()
        begun = StaffPart(unattended_since=now, known_since=now)
        stage.staff = left.staff if left and is_same_history else begun
        for row in room.candidates.values():
            line = (left.lines.get(row.id) if left else None) or LivePart()
            if left is not None:
                _forget_outdated(line, row, left, stage)
            line.progress = row.progress if row.entry_no == 0 else _furthest(line.progress, row.progress)
            stage.lines[row.id] = line
        self._server.stages[room.number] = stage
        self._server.ring(room.number)

    def trust(self, name: str, *, is_current: bool) -> None:
        """Use this store, or treat it as away."""
        self._is_trusted = is_current

    def hang_up(self, name: str) -> None:
        """Do nothing: there is no connection."""

    async def apply(self, before: Head, room: Room, events: Sequence[RoomEvent]) -> Apply:
        """Append committed events if the store stands exactly at `before`."""
        stage = self._loaded(room.number)
        if stage is None:
            return Apply.ABSENT
        verdict = _verdict(stage.head, before, room)
        if verdict is not Apply.APPLIED:
            return verdict
        named = {event.candidate for event in events if event.candidate is not None} & room.candidates.keys()
        changed = {candidate: room.candidates[candidate] for candidate in named}
        stage.room = _durable(replace(room, candidates={**stage.room.candidates, **changed}))
        for event in events:
            stage.emit(self._announced(stage, event, room))
        self._server.ring(room.number)
        return Apply.APPLIED

    def _announced(self, stage: Stage, event: RoomEvent, room: Room) -> RoomEvent:
        """Return the event with what the live store adds: the seat's connection, link, waiting, furthest progress."""
        if event.candidate is None or event.candidate not in room.candidates:
            return event
        row, line = room.candidates[event.candidate], stage.lines.setdefault(event.candidate, LivePart())
        holder: ConnectionId | None = None
        changes: Changes = event.changes.copy()
        if "progress" in changes:
            line.progress = _furthest(line.progress, changes["progress"])
            changes["progress"] = line.progress
        seat = changes.get("seat") or (row.seat if event.connection is not None else None)
        if seat is not None:
            connection = ConnectionId(event.connection) if event.connection is not None else None
            holder = self._take(stage, line, changes.get("entry_no", row.entry_no), seat.client, connection)
        if seat is not None and event.connection is not None:
            gone = [one for one, at in line.waiting.items() if one == seat.client or at.connection == event.connection]
            for client in gone:
                del line.waiting[client]
            self._show(line, LinkState.ONLINE)
            changes["link"], changes["waiting"] = line.link, line.count
        return replace(event, changes=changes, connection=holder)

    def _take(
        self, stage: Stage, line: LivePart, entry_no: int, client: ClientId, connection: ConnectionId | None
    ) -> ConnectionId | None:
        """Give a decision's seat away; return the connection that holds it now, None when somebody newer sat there.

        The line that asked may have broken since: then a newer one of its client, which waits already, sits down.
        """
        held, waiter = line.seat, line.waiting.get(client)
        if held is not None and held.entry_no > entry_no:
            return None
        is_taken = held is not None and (not held.is_open or held.connection is not None)
        if held is not None and held.entry_no == entry_no and is_taken:
            return connection if held.connection == connection else None
        before = held.connection if held else None
        if waiter is not None:
            line.seat = SeatOf(entry_no, client, waiter.connection, waiter.node, previous=before, rank=waiter.rank)
        elif held is not None and connection is not None and held.connection == connection:
            # Whoever never left the seat of the entry before replaces nobody, and keeps the rank that it knows.
            line.seat = SeatOf(entry_no, client, connection, self._node, previous=held.previous, rank=held.rank)
        elif connection is not None:
            rank = stage.rank(line, 0)
            line.seat = SeatOf(entry_no, client, connection, self._node, previous=before, rank=rank)
        else:
            line.seat = SeatOf(entry_no, client, previous=before)
        return line.seat.connection

    async def read(self, number: SessionNumber, position: Position) -> Stretch | None:
        """Read everything after a position."""
        stage = self._loaded(number)
        if stage is None or stage.epoch != position.epoch or position.seq > stage.seq:
            return None
        events = tuple(event for event in stage.events if event.seq > position.seq)
        if len(events) != stage.seq - position.seq:
            return None
        return Stretch(events, Position(stage.epoch, stage.seq))

    async def sight(self, numbers: Collection[SessionNumber]) -> Mapping[str, Sighting | None]:
        """Read where these rooms stand."""
        found = {number: self._server.loaded(number) for number in numbers}
        rooms = {
            number: (stage.head, Position(stage.epoch, stage.seq)) if stage else None for number, stage in found.items()
        }
        return {MAIN: Sighting(self._server.history, rooms)}

    async def connect(
        self, number: SessionNumber, candidate: CandidateId, client: ClientId, connection: ConnectionId, rank: int = 0
    ) -> Told:
        """Note a client outside the test."""
        stage, row, line = self._found(number, candidate)
        if stage is None or row is None:
            raise StoreUnavailable("the room is not loaded, or does not know the candidate yet")
        if line.seat is not None and line.seat.connection == connection:
            return Told(Door.OPEN, line.seat.rank)
        mine = line.waiting.get(client)
        if mine is not None and is_overtaken(mine, connection, rank):
            return Told(Door.REPLACED, rank)
        if mine is not None and mine.connection == connection:
            mine.node = self._node
            return Told(Door.OPEN, mine.rank)
        has_changed = row.entry_no == 0 and self._show(line, LinkState.ONLINE)
        rank = stage.rank(line, rank)
        line.waiting[client] = Waiter(connection, self._node, mine.connection if mine else None, rank)
        if mine is not None:
            changes = Changes(link=line.link) if has_changed else Changes()
            kind = EventKind.RECONNECTED if has_changed else EventKind.SEAT_ATTACHED
        else:
            is_first = len(line.waiting) == 1 and row.entry_no == 0
            kind = EventKind.JOINED if is_first else EventKind.WAITING
            changes = Changes(link=line.link, waiting=line.count)
        self._tell(stage, kind, candidate, changes, connection=connection, client=client)
        return Told(Door.OPEN, rank)

    async def disconnect(self, number: SessionNumber, candidate: CandidateId, connection: ConnectionId) -> None:
        """Forget a client outside the test."""
        stage, row, line = self._found(number, candidate)
        if stage is not None and row is not None:
            self._leave(stage, candidate, line, [c for c, at in line.waiting.items() if at.connection == connection])

    async def attach(
        self,
        number: SessionNumber,
        candidate: CandidateId,
        client: ClientId,
        connection: ConnectionId,
        entry_no: int,
        rank: int = 0,
    ) -> Told:
        """Take the seat of this very entry."""
        stage, row, line = self._found(number, candidate)
        if stage is None or row is None:
            raise StoreUnavailable("the room is not loaded, or does not know the candidate yet")
        held, is_mine = line.seat, False
        # Whichever entry either of them is of: a line nobody holds any more, at a hub that wakes, takes nothing back.
        if held is not None and held.client == client and is_overtaken(held, connection, rank):
            return Told(Door.REPLACED, rank)
        if entry_no < max(1, row.entry_no):
            return Told(Door.CLOSED, rank)
        is_theirs = row.seat is not None and row.seat.client == client and row.interrupted_at is None
        if entry_no == row.entry_no and not is_theirs:
            return Told(Door.CLOSED, rank)
        if held is not None and entry_no < held.entry_no:
            return Told(Door.CLOSED, rank)
        if held is not None and entry_no == held.entry_no:
            if held.client != client or not held.is_open:
                return Told(Door.CLOSED, rank)
            is_mine = held.connection == connection
        has_changed = self._show(line, LinkState.ONLINE)
        if held is not None and is_mine:
            held.node, rank = self._node, held.rank
            if not has_changed:
                return Told(Door.OPEN, rank)
        else:
            rank = stage.rank(line, rank)
            before = held.connection if held else None
            line.seat = SeatOf(entry_no, client, connection, self._node, previous=before, rank=rank)
        self._tell_attached(stage, candidate, line, client, connection, has_changed=has_changed)
        return Told(Door.OPEN, rank)

    def _tell_attached(
        self,
        stage: Stage,
        candidate: CandidateId,
        line: LivePart,
        client: ClientId,
        connection: ConnectionId,
        *,
        has_changed: bool,
    ) -> None:
        """Tell who sits; only what changes nothing on a dashboard stays silent."""
        changes = Changes(link=line.link) if has_changed else Changes()
        has_left = line.waiting.pop(client, None) is not None
        if has_left:
            changes["waiting"] = line.count
        silent_or_left = EventKind.LEFT if has_left else EventKind.SEAT_ATTACHED
        kind = EventKind.RECONNECTED if has_changed else silent_or_left
        self._tell(stage, kind, candidate, changes, connection=connection, client=client)

    async def detach(
        self,
        number: SessionNumber,
        candidate: CandidateId,
        entry_no: int,
        connection: ConnectionId | None,
        rank: int = 0,
    ) -> bool:
        """Close the fast door of an entry whose connection is lost."""
        stage, row, line = self._found(number, candidate)
        if stage is None or row is None or entry_no < row.entry_no:
            return False
        held = line.seat
        if held is not None and (held.entry_no > entry_no or 0 < rank < held.rank):
            return False
        if held is None or held.entry_no < entry_no:
            before = held.rank if held else 0
            line.seat = held = SeatOf(entry_no, row.seat.client if row.seat else ClientId("-"), rank=before)
        elif held.connection is not None and held.connection != connection:
            return False
        if held.connection is not None or held.is_open:
            held.connection = held.node = None
            held.is_open = False
            self._tell(stage, EventKind.SEAT_EMPTIED, candidate, Changes())
        return True

    async def mark(
        self, number: SessionNumber, candidate: CandidateId, connection: ConnectionId | None, state: LinkState
    ) -> bool:
        """Show the line of a candidate as suspect, offline, or online again."""
        kind = MARK_KINDS[state]
        stage, row, line = self._found(number, candidate)
        if stage is None or row is None:
            return False
        if line.seat is not None or row.entry_no > 0:
            speaks = (line.seat.connection if line.seat else None) == connection
        elif connection is None:
            speaks = not line.waiting
        else:
            speaks = any(one.connection == connection for one in line.waiting.values())
        if not speaks:
            return False
        if state is LinkState.SUSPECT and line.link.state is LinkState.OFFLINE:
            return True  # a doubt that comes after the certainty is no news
        if self._show(line, state):
            self._tell(stage, kind, candidate, Changes(link=line.link))
        return True

    async def progress(self, number: SessionNumber, offers: Sequence[Offer], *, is_heard: bool = False) -> Accepted:
        """Accept what is ahead and comes from the seated connection, offer by offer, in one step."""
        outcomes = [self._taken(number, one) for one in offers]
        events = tuple(one for one in outcomes if isinstance(one, RoomEvent))
        epoch = self._server.stages[number].epoch if events else ""
        if events and sum(bell.hears(number) for bell in self._server.bells) > is_heard:
            self._server.ring(number)
        return Accepted(tuple(bool(one) for one in outcomes), epoch, events)

    def _taken(self, number: SessionNumber, offer: Offer) -> RoomEvent | bool:
        """Take one offer: its event, True when it was known already, False when it is dropped."""
        stage, row, line = self._found(number, offer.candidate)
        seat, progress = line.seat, offer.progress
        if stage is None or row is None or row.attempt is not AttemptState.RUNNING or seat is None:
            return False
        if seat.entry_no < row.entry_no or seat.connection != offer.connection:
            return False
        if line.progress == progress:
            return True
        if line.progress is not None and _furthest(line.progress, progress) is line.progress:
            return False
        if line.progress is not None and line.progress.total != progress.total:
            return False
        line.progress = progress
        changes = Changes(progress=progress)
        return stage.emit(RoomEvent(EventKind.PROGRESSED, self._server.now(), offer.candidate, changes=changes))

    async def remember(self, number: SessionNumber, candidate: CandidateId, progress: Progress) -> None:
        """Put progress back that the store has forgotten, whoever sits."""
        stage, row, line = self._found(number, candidate)
        if stage is None or row is None or row.entry_no == 0:
            return
        is_ahead = line.progress is None or (
            line.progress.total == progress.total and line.progress.answered < progress.answered
        )
        if is_ahead:
            line.progress = progress
            self._tell(stage, EventKind.PROGRESSED, candidate, Changes(progress=progress))

    async def told(self, number: SessionNumber, candidate: CandidateId, version: int) -> None:
        """Note that the candidate's screen showed this version."""
        stage, row, line = self._found(number, candidate)
        if stage is not None and row is not None and version > line.told_version:
            line.told_version = version
            self._tell(stage, EventKind.TOLD, candidate, Changes(told_version=version))

    async def staffing(self, number: SessionNumber) -> Staffing:
        """Read who attends to the room."""
        stage = self._loaded(number)
        if stage is None:
            return Staffing()
        staff = stage.staff
        consoles = sorted((one for one, _ in staff.consoles.values()), key=lambda one: (one.by, one.connection))
        claims = tuple(claim for _, claim in sorted(staff.claims.items()))
        known = staff.left_at.copy(), staff.unattended_since, staff.known_since
        return Staffing(tuple(consoles), claims, *known, self._server.now())

    async def console_open(self, number: SessionNumber, console: Console) -> None:
        """Note an open console, or where it looks now."""
        stage = self._loaded(number)
        if stage is None or stage.staff.consoles.get(console.connection) == (console, self._node):
            return
        stage.staff.consoles[console.connection] = (console, self._node)
        stage.staff.left_at.pop(console.by, None)
        if console.is_invigilator:
            stage.staff.unattended_since = None
        self._tell(stage, EventKind.STAFFING_CHANGED, None, Changes())

    async def console_closed(self, number: SessionNumber, connection: ConnectionId) -> None:
        """Forget a console."""
        stage = self._loaded(number)
        if stage is not None and connection in stage.staff.consoles:
            self._close(stage, (connection,))

    def _close(self, stage: Stage, gone: Sequence[ConnectionId]) -> None:
        stage.staff.close(gone, self._server.now())
        self._tell(stage, EventKind.STAFFING_CHANGED, None, Changes())

    async def claim(
        self, number: SessionNumber, candidates: Collection[CandidateId], by: Author, *, is_taken: bool
    ) -> None:
        """Note that somebody goes to these candidates, or no longer does."""
        stage = self._loaded(number)
        if stage is None:
            return
        claims = stage.staff.claims
        own = {one for one in candidates if (claim := claims.get(one)) is not None and claim.by == by}
        changed = own if not is_taken else (set(candidates) & stage.room.candidates.keys()) - own
        for candidate in changed:
            if is_taken:
                claims[candidate] = Claim(candidate, by, self._server.now())
            else:
                del claims[candidate]
        if changed:
            self._tell(stage, EventKind.STAFFING_CHANGED, None, Changes())

    async def renew_lease(self) -> bool:
        """Say that this node lives; False when the lease had lapsed: then as a new incarnation."""
        if self._node in self._server.leases:
            return True
        if self._has_lived:
            self._life += 1
            self._node = NodeId(f"{self._name}.{self._life}")
        self._has_lived = True
        self._server.leases.add(self._node)
        return False

    async def release_lease(self) -> None:
        """Say that this node is leaving."""
        self._server.leases.discard(self._node)

    async def sweep(self, number: SessionNumber) -> bool:
        """Forget the connections of nodes whose lease has lapsed."""
        stage = self._loaded(number)
        if stage is None:
            return False
        living = self._server.leases | {self._node}
        has_forgotten = False
        for candidate, line in stage.lines.items():
            if line.seat is not None and line.seat.node is not None and line.seat.node not in living:
                line.seat.connection = line.seat.node = None
                self._tell(stage, EventKind.SEAT_EMPTIED, candidate, Changes())
                has_forgotten = True
            gone = [client for client, at in line.waiting.items() if at.node not in living]
            self._leave(stage, candidate, line, gone)
            has_forgotten = has_forgotten or bool(gone)
        buried = [one for one, (_, node) in stage.staff.consoles.items() if node not in living]
        if buried:
            self._close(stage, buried)
        return has_forgotten or bool(buried)

    async def is_looked_after_elsewhere(self, number: SessionNumber) -> bool:
        """Tell whether other nodes that live hold the seat of everybody whose test runs."""
        stage = self._loaded(number)
        if stage is None:
            return False
        running = [
            one.id
            for one in stage.room.candidates.values()
            if one.attempt is AttemptState.RUNNING and one.interrupted_at is None
        ]
        seats = [stage.lines[one].seat if one in stage.lines else None for one in running]
        others = self._server.leases - {self._node}
        return bool(seats) and all(seat is not None and seat.node in others for seat in seats)

    def _loaded(self, number: SessionNumber) -> Stage | None:
        """Return a room that is loaded, unless this store counts as away."""
        if not self._is_trusted:
            raise StoreUnavailable("this store tells another history than the current one")
        return self._server.loaded(number)

    def _found(self, number: SessionNumber, candidate: CandidateId) -> tuple[Stage | None, Candidate | None, LivePart]:
        stage = self._loaded(number)
        row = stage.room.candidates.get(candidate) if stage is not None else None
        if stage is None or row is None:
            return None, None, LivePart()
        return stage, row, stage.lines.setdefault(candidate, LivePart())

    def _leave(self, stage: Stage, candidate: CandidateId, line: LivePart, clients: Sequence[ClientId]) -> None:
        for client in clients:
            del line.waiting[client]
        if clients:
            self._tell(stage, EventKind.LEFT, candidate, Changes(link=line.link, waiting=line.count))

    def _show(self, line: LivePart, state: LinkState) -> bool:
        """Set the link's state; the same state keeps its `since`."""
        if line.link.state is state:
            return False
        line.link = Link(state, self._server.now())
        return True

    def _tell(
        self,
        stage: Stage,
        kind: EventKind,
        candidate: CandidateId | None,
        changes: Changes,
        *,
        connection: ConnectionId | None = None,
        client: ClientId | None = None,
    ) -> None:
        at = self._server.now()
        stage.emit(RoomEvent(kind, at, candidate, connection=connection, client=client, changes=changes))
        self._server.ring(stage.room.number)


def _verdict(stands: Head, before: Head, room: Room) -> Apply:
    """Say whether the store stands exactly before a decision."""
    if stands.live_epoch != before.live_epoch:
        is_later_life = stands.live_epoch > before.live_epoch
        return Apply.KNOWN if is_later_life and stands.decision_seq >= room.decision_seq else Apply.GAP
    if stands.decision_seq < before.decision_seq:
        return Apply.GAP
    if stands.decision_seq == before.decision_seq:
        return Apply.APPLIED if stands.decision_hash == before.decision_hash else Apply.CONFLICT
    if stands.decision_seq == room.decision_seq:
        return Apply.KNOWN if stands.decision_hash == room.decision_hash else Apply.CONFLICT
    return Apply.KNOWN if stands.decision_seq > room.decision_seq else Apply.CONFLICT


def _forget_outdated(line: LivePart, row: Candidate, left: Stage, stage: Stage) -> None:
    """Forget what another history left, seats of earlier entries, and what an earlier state of the ledger disowns."""
    is_foreign = left.history != stage.history
    if is_foreign:
        line.waiting = {}
    if left.room.decision_seq > stage.room.decision_seq:
        line.told_version = 0
    if line.seat is None:
        return
    is_later_life = stage.room.live_epoch > left.room.live_epoch
    is_disowned = line.seat.entry_no > row.entry_no and is_later_life
    if is_foreign or line.seat.entry_no < row.entry_no or is_disowned:
        line.seat = None


def _furthest(stored: Progress | None, offered: Progress | None) -> Progress | None:
    """Return the one ahead; another total is a newer truth."""
    if stored is None or offered is None:
        return stored or offered
    return stored if stored.total == offered.total and stored.answered >= offered.answered else offered


def _durable(room: Room) -> Room:
    rows = {
        row.id: replace(row, link=Link(), waiting=Waiting(), progress=None, told_version=0)
        for row in room.candidates.values()
    }
    return replace(room, candidates=rows)


def _whole(row: Candidate, line: LivePart) -> Candidate:
    return replace(row, link=line.link, waiting=line.count, progress=line.progress, told_version=line.told_version)

"""One room as this node sees it: the live snapshot folded forward with every event read from the stream.

The bell only says that something moved; the mirror reads from its own position, so a lost, doubled or late ring
costs nothing but time. One path serves live events, gaps, reconnects and replays; only the progress that this node
itself has just put next into the stream is folded without being read back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
from msgspec.structs import replace

from channels import wire
from channels.audience import Audience
from channels.figures import Figures
from channels.messages import KEPT_SECONDS, Messages
from channels.offers import WINDOW_SECONDS, Offers
from channels.ring import Ring
from channels.source import Source, is_live
from channels.translate import Names, authors_of, row, session_view
from channels.wakeup import Wakeup
from hub.events import EventKind, RoomEvent
from hub.fold import Forged, check, evolve
from hub.live import Accepted, HeldSeat, LiveRoom, LiveStore, Position, Stretch
from hub.model import Candidate, CandidateId, ClientId, ConnectionId, Room, SessionNumber
from hub.ports import Clock, Ledger, StoreAccident, StoreUnavailable, UnknownSession
from hub.queue import waiting_queue
from hub.staffing import Staffing

log = logging.getLogger("vigie.mirror")

BRING_UP_SECONDS = 7.0
"""After a load: longer than nodes take to write accepted progress down."""

SNAPSHOT_SECONDS = 1.0
"""How long an encoded snapshot of a quiet room serves everybody: its `server_time` must not grow old."""


class Witness(Protocol):
    """Somebody in this node who must know of places that nobody holds. Its calls are synchronous and quick."""

    def adopt(self, mirror: Mirror) -> None:
        """Hear that a room was loaded anew."""
        ...

    def adopt_candidate(self, mirror: Mirror, candidate: Candidate) -> None:
        """Hear that a candidate's seat stands empty, or that the last client outside has left."""
        ...

    def test_over(self, mirror: Mirror, candidate: Candidate) -> None:
        """Hear that a test is over: what was answered last must be written down, whoever accepted it."""
        ...

    def place_told(self, mirror: Mirror, candidate: Candidate, client: ClientId, connection: ConnectionId) -> None:
        """Hear that a connection was given a place."""
        ...

    def pursues(self, number: SessionNumber) -> bool:
        """Tell whether somebody of this room is lost, and not yet back or given up."""
        ...

    def forget_room(self, number: SessionNumber) -> None:
        """Hear that there is no such session any more."""
        ...


class Mirror:
    """The node's copy of one room, kept by a single follower task."""

    def __init__(
        self,
        number: SessionNumber,
        ledger: Ledger,
        live: LiveStore,
        clock: Clock,
        witness: Witness,
        figures: Figures,
        hears: Callable[[], bool],
    ) -> None:
        """Take, among others, whether a ring of this room would come here, as far as is known."""
        self.number = number
        self._ledger, self._live, self._clock, self._witness = ledger, live, clock, witness
        self._source = Source(number, ledger, live)
        self._figures = figures
        self.audience = Audience(number)
        self._moved: list[asyncio.Future[None]] = []
        self._rung, self._hurried = Wakeup(), Wakeup()
        self._rung_to: Position | None = None
        self._must_read = False
        self._reading = asyncio.Lock()
        self._untold: list[RoomEvent] = []
        self._readings = 0
        self._follower: asyncio.Task[None] | None = None
        self._snapshot: tuple[float, bytes] | None = None
        self.messages = Messages()
        self.offers = Offers(number, live, hears, self._fold_own)
        self.noted_joined: set[CandidateId] = set()
        self.is_live = False
        self._verified_at = clock.monotonic()
        self.arrived_at = self._verified_at
        self._bring_up_at: float | None = None
        self.queue: tuple[CandidateId, ...] = ()
        self.staffing = Staffing()
        self._staffing_read_at = clock.monotonic()
        self._owes_staffing = False
        self.seats: dict[CandidateId, HeldSeat] = {}
        self.room: Room
        self.names: Names
        self.ring: Ring

    # ── life ───────────────────────────────────────────────────────────────────────────────────────────────

    async def open(self, *, is_live_away: bool = False) -> None:
        """Load the room and begin to follow it. Raises UnknownSession, or StoreUnavailable when neither store is."""
        await (self.show_truth() if is_live_away else self.reload())
        self._follower = asyncio.create_task(self._follow(), name=f"mirror-{self.number}")

    async def close(self) -> None:
        """Stop following."""
        if self._follower is not None:
            self._follower.cancel()
            # Not awaited itself: whoever is cancelled meanwhile would take that for the end of the follower.
            await asyncio.wait([self._follower])

    async def reached(self, decision_seq: int, seconds: float) -> None:
        """Wait until this decision has been folded here, or the time is up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.room.decision_seq < decision_seq:
                    moved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    self._moved.append(moved)
                    await moved

    def _note_move(self) -> None:
        moved, self._moved = self._moved, []
        for one in moved:
            if not one.done():
                one.set_result(None)

    # ── reading ────────────────────────────────────────────────────────────────────────────────────────────

    def rung(self, position: Position | None = None) -> None:
        """Hear the bell, and how far the room has moved, if it says so."""
        if position is None:
            self._must_read = True
        elif self._holds(position):
            return
        elif self._holds(self._rung_to):
            self._rung_to = position
        elif position != self._rung_to:
            self._must_read = True  # which of two places is the later one need not be known
        self._rung.set()

    def hurry(self) -> None:
        """Hear that a decision was applied: it does not wait in a window."""
        self._hurried.set()
        self.rung()

    def _fold_own(self, accepted: Accepted) -> None:
        """Fold what this node has just put into the stream, if it comes next; else read it, though no bell rings."""
        events = accepted.events
        if not events:
            return
        is_next = accepted.epoch == self.ring.epoch and events[0].seq == self.ring.head + 1
        if not self.is_live or self._reading.locked() or not is_next:
            self.rung(Position(accepted.epoch, events[-1].seq))
            return
        self._note_arrival()
        for event in events:
            self._fold(event)
        self._tell_progress()

    def _note_arrival(self) -> None:
        """Note when the oldest of the news that nobody was told of yet came here."""
        if not self._untold:
            self.arrived_at = self._clock.monotonic()

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._rung.wait()
            self._rung.clear()
            self._hurried.clear()
            try:
                await self._look()
            except (StoreUnavailable, UnknownSession) as accident:
                log.warning("room %s cannot be read now: %r", self.number, accident)
            except Exception:
                # A follower that dies leaves a screen that is silently stale: the worst this system could do.
                log.exception("room %s could not be followed", self.number)
            window = loop.call_later(WINDOW_SECONDS, self._hurried.set)
            await self._hurried.wait()
            window.cancel()

    async def _look(self) -> None:
        """Read the stream, unless all that was rung for has come here meanwhile."""
        if self._must_read or not self._holds(self._rung_to):
            await self.catch_up()

    def _holds(self, position: Position | None) -> bool:
        """Tell whether everything up to a position is folded here."""
        if position is None:
            return True
        return self.is_live and position.epoch == self.ring.epoch and position.seq <= self.ring.head

    async def catch_up(self) -> None:
        """Read everything after the own position and fold it; load anew when the stream cannot tell."""
        async with self._reading:
            await self._catch_up()

    async def fresh(self) -> None:
        """Show at least what the live store held when this was called; those who wait together share one reading.

        A client that comes from another node may have been given more than this one has heard of yet.
        """
        wanted = self._readings + 1
        with suppress(StoreAccident, UnknownSession):
            async with self._reading:
                if self.is_live and self._readings < wanted:
                    await self._catch_up()

    async def reaches(self, position: Position) -> bool:
        """Tell whether everything after a position can be given, reading what is older than this copy if need be."""
        async with self._reading:
            if self.is_live and position.epoch == self.ring.epoch and not self.ring.holds(position):
                with suppress(StoreAccident, msgspec.DecodeError):
                    await self._reach_back(position)
            return self.is_live and self.ring.holds(position)

    async def _reach_back(self, position: Position) -> None:
        stretch = await self._live.read(self.number, position)
        if stretch is None:
            return
        if any(not self.names.knows(author) for event in stretch.events for author in authors_of(event)):
            await self._read_roster()
        self.ring.reach_back(position, [(event, self._right_after(event)) for event in stretch.events], self.names)

    def _right_after(self, event: RoomEvent) -> Candidate | None:
        """Return an event's row with the facets it set: all that is shown of an event is what it set."""
        row = self.room.candidates.get(event.candidate) if event.candidate is not None else None
        return replace(row, **event.changes) if row is not None else None

    async def _catch_up(self) -> None:
        self._readings += 1
        self._must_read, self._rung_to = False, None
        stretch = await self._stretch() if self.is_live else None
        if stretch is None:
            await self._load()
            return
        self._note_arrival()
        if any(not self.names.knows(author) for event in stretch.events for author in authors_of(event)):
            await self._read_roster()
        try:
            for event in stretch.events:
                self._fold(event)
        except Forged as forged:
            self._figures.rooms["forged"] += 1
            log.error("room %s: the live store tells what nobody decided (%s): a new life", self.number, forged)
            await self._source.disown(self.room.live_epoch)
            await self._load()
            return
        except Exception:
            self._figures.rooms["unreadable"] += 1
            log.exception("room %s has an entry that cannot be folded after %s", self.number, self.position)
            await self._load()
            return
        await self._after_events()

    async def _stretch(self) -> Stretch | None:
        """Read on from the own position; an entry nobody can read is stepped over by loading anew."""
        try:
            stretch = await self._live.read(self.number, self.position)
        except msgspec.DecodeError:
            self._figures.rooms["unreadable"] += 1
            log.exception("room %s has an unreadable entry after %s", self.number, self.position)
            return None
        self._figures.rooms["gap"] += stretch is None
        return stretch

    def _fold(self, event: RoomEvent) -> None:
        check(self.room, event)
        self.room = evolve(self.room, event)
        after = self.room.candidates.get(event.candidate) if event.candidate is not None else None
        seat = after.seat if after is not None else None
        if after is not None and seat is not None and event.connection is not None and event.client == seat.client:
            self.seats[after.id] = HeldSeat(after.entry_no, seat.client, ConnectionId(event.connection), None)
        if after is not None and event.kind is EventKind.SEAT_EMPTIED:
            self.seats.pop(after.id, None)
        if event.kind is EventKind.MESSAGE_SENT:
            self.messages.add(event, self._clock.monotonic())
        self.ring.append(event, after, self.names)
        self._untold.append(event)

    async def _after_events(self) -> None:
        """Tell whoever follows this room of what was folded since they were told last."""
        if all(event.kind is EventKind.PROGRESSED for event in self._untold):
            self._tell_progress()
            return
        events, self._untold = self._untold, []
        self._snapshot = None
        if self.room.roster_version > self.names.roster.version:
            await self._load()
            return
        self._notice_places(events)
        queue_before = self.queue
        self.queue = waiting_queue(self.room)
        # Told before anything is awaited: what a candidate is shown must never leave before the words it vouches for.
        concerns_all = queue_before != self.queue or any(_concerns_all(event) for event in events)
        self.audience.tell(events, concerns_all=concerns_all)
        self._note_move()
        if any(event.kind is EventKind.STAFFING_CHANGED for event in events):
            await self._read_staffing()

    def _tell_progress(self) -> None:
        """Tell of nothing but progress, which is most of the traffic: nobody's place, turn or right depends on it."""
        events, self._untold = self._untold, []
        if events:
            self._snapshot = None
            self.audience.tell_dashboards(events)

    def _notice_places(self, events: Sequence[RoomEvent]) -> None:
        """Let this node know who was lost elsewhere, and which of its own lines were given a place too late."""
        for event in events:
            row = self.room.candidates.get(event.candidate) if event.candidate is not None else None
            if row is None:
                continue
            if event.kind in (EventKind.SEAT_EMPTIED, EventKind.LEFT):
                self._witness.adopt_candidate(self, row)
            if event.kind is EventKind.ENDED:
                self._witness.test_over(self, row)
            if event.client is not None and event.connection is not None:
                self._witness.place_told(self, row, ClientId(event.client), ConnectionId(event.connection))

    # ── loading ────────────────────────────────────────────────────────────────────────────────────────────

    async def reload(self) -> None:
        """Load the room anew from the stores, and tell everybody that their position is void."""
        async with self._reading:
            await self._load()

    async def show_truth(self) -> None:
        """Show what the ledger holds, while the live store is away: it is not even asked."""
        async with self._reading:
            await self._show(await self._source.truth(self._shown))

    async def _load(self) -> None:
        self._readings += 1
        shown = self._shown
        at_least = shown.decision_seq if shown is not None and not self.is_live else 0
        await self._show(await self._source.room(shown, at_least=at_least))

    @property
    def _shown(self) -> Room | None:
        return self.room if hasattr(self, "room") else None

    async def _show(self, loaded: LiveRoom) -> None:
        self.is_live = is_live(loaded.position)
        self._figures.rooms["loaded" if self.is_live else "truth"] += 1
        self._bring_up_at = self._clock.monotonic() + BRING_UP_SECONDS if self.is_live else None
        self.room, self.seats = loaded.room, dict(loaded.seats)
        await self._read_roster()
        self.ring = Ring(self.number, loaded.position)
        self._untold = []
        self.queue = waiting_queue(self.room)
        self._snapshot = None
        await self._read_staffing()
        self._witness.adopt(self)
        self.audience.reset()
        await self._tell_missed_messages()
        self._note_move()

    async def _tell_missed_messages(self) -> None:
        """Tell candidates what was said to them while no event of it could come here."""
        now = self._clock.monotonic()
        with suppress(StoreAccident):
            missed = [
                event
                for age_seconds, event in await self._ledger.recent_messages(self.number, KEPT_SECONDS)
                if self.messages.add(event, now, age_seconds)
            ]
            for number, row in self.room.candidates.items():
                own = [one for one in self.messages.to(number, now, row.told_version) if one in missed]
                if own:
                    self.audience.tell_candidate(number, own)

    async def _read_roster(self) -> None:
        """Read the names; while the ledger is away those already known must do."""
        self._snapshot = None
        try:
            self.names = Names(await self._ledger.roster(self.number))
        except StoreUnavailable:
            if not hasattr(self, "names"):
                raise

    async def _read_staffing(self) -> None:
        """Read who attends to the room, and tell the dashboards; what could not be read is read with the next look."""
        self._owes_staffing = self.is_live
        staffing = Staffing()
        if self.is_live:
            try:
                staffing = await self._live.staffing(self.number)
            except StoreAccident:
                return
        present = {one.by for one in staffing.consoles} | {one.by for one in staffing.claims}
        if not all(self.names.knows(one) for one in present):
            await self._read_roster()
        self.staffing, self._staffing_read_at, self._owes_staffing = staffing, self._clock.monotonic(), False
        self.audience.tell_staffing()

    async def make_up_staffing(self) -> None:
        """Read again who attends to the room, if the last reading failed."""
        async with self._reading:
            if self._owes_staffing:
                await self._read_staffing()

    def store_now(self) -> datetime:
        """Return the live store's time, which what is soft is measured by; this node's while it is away."""
        read_at = self.staffing.read_at
        if read_at is None:
            return self._clock.now()
        return read_at + timedelta(seconds=self._clock.monotonic() - self._staffing_read_at)

    async def bring_up(self) -> None:
        """Look once after a load, when every node has written what it had accepted, whether the ledger knows more."""
        if self._bring_up_at is not None and self._clock.monotonic() >= self._bring_up_at:
            self._bring_up_at = None
            await self._source.bring_up(self.room)

    async def sweep(self) -> None:
        """Empty the places of nodes that died; the stream tells every node of it."""
        if self.is_live and await self._live.sweep(self.number):
            await self.catch_up()

    async def roster_changed(self) -> bool:
        """Read the names again; tell whether people, sheet, times or rights are others, and not only the staff."""
        async with self._reading:
            truth = await self._ledger.room(self.number)
            before = self.names.roster
            await self._read_roster()
            after = self.names.roster
        is_listed_otherwise = (before.people, before.sheet) != (after.people, after.sheet)
        # Whoever types the password after a colleague let them in has a right without an end from then on.
        is_otherwise = truth.hand_overs != self.room.hand_overs or _times(truth) != _times(self.room)
        return is_listed_otherwise or is_otherwise

    # ── what sockets take ──────────────────────────────────────────────────────────────────────────────────

    @property
    def position(self) -> Position:
        """Return the position of the last folded event."""
        return Position(self.ring.epoch, self.ring.head)

    def verified(self, at: float) -> None:
        """Note that at this instant (monotonic) what was delivered equalled the live store and the truth."""
        self._verified_at = max(self._verified_at, at)

    @property
    def age_seconds(self) -> float:
        """Return how long ago that was."""
        return self._clock.monotonic() - self._verified_at

    def as_of(self, now: datetime) -> datetime:
        """Return that instant on the wall clock, which may have been set since: only how long ago it was counts."""
        return now - timedelta(seconds=self.age_seconds)

    def snapshot_frame(self) -> bytes:
        """Return the encoded snapshot at `position`; the same bytes for everybody who needs one now."""
        now = self._clock.monotonic()
        if self._snapshot is None or now - self._snapshot[0] > SNAPSHOT_SECONDS:
            rows = [row(one, self.names, is_live=self.is_live) for one in self._known_rows()]
            frame = wire.Snapshot(
                session_view(self.room, self.names),
                self.ring.epoch,
                self.ring.head,
                self._clock.now(),
                self.is_live,
                rows,
            )
            self._snapshot = (now, msgspec.json.encode(frame))
        return self._snapshot[1]

    def _known_rows(self) -> list[Candidate]:
        people = self.names.roster.people
        return [one for number, one in sorted(self.room.candidates.items()) if number in people]


def _concerns_all(event: RoomEvent) -> bool:
    """Tell whether an event is about everybody in the room; candidates hear nothing of who watches them."""
    return event.candidate is None and event.kind is not EventKind.STAFFING_CHANGED


def _times(room: Room) -> tuple[int, dict[CandidateId, int]]:
    """Return what the list and the sheet say of time."""
    return room.duration_minutes, {one.id: one.extra_time_percentage for one in room.candidates.values()}

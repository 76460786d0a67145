"""Where one client of a candidate stands: in the seat, outside the test, or owed a place while a store is away.

The seat is taken again by the fast door, without a word, as long as the right to return holds; when the door is
closed only the ledger can tell. Everybody else waits outside and disturbs nobody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from channels.figures import Figures
from channels.losses import Losses
from channels.mirror import Mirror
from hub.entry import may_return
from hub.events import EventKind, RoomEvent
from hub.live import Door, LiveStore, Told
from hub.model import Candidate, CandidateId, ClientId, ConnectionId
from hub.ports import Clock, StoreAccident, StoreUnavailable

FIRST_TELLING_SECONDS = 1.0
"""Later than this a first telling is late: its rank would be newer than its line."""


class Place:
    """The place of one connection.

    `is_owed`: it must be told to the live store (again); `is_untold`: it was tried in vain. `is_replaced`: a newer
    connection has it: of this client or, where `is_seat_taken`, of another one that was authorized. `is_unknown`: the
    fast door is closed, and the ledger could not answer yet.
    """

    def __init__(
        self,
        live: LiveStore,
        losses: Losses,
        mirror: Mirror,
        candidate: CandidateId,
        client: ClientId,
        connection: ConnectionId,
        clock: Clock,
        figures: Figures,
    ) -> None:
        self._live, self._losses, self._mirror = live, losses, mirror
        self._candidate, self._client, self._connection = candidate, client, connection
        self._last_row = mirror.room.candidates[candidate]
        self._clock, self._returned = clock, figures.returned
        self._first_told_at: float | None = None
        self._unknown_since: float | None = None
        self._rank = 0
        # Of the seat this connection holds or last held; 0 once an interruption took it.
        self._entry_no = 0
        self._is_known = False
        self._is_door_closed = False
        self._is_left = False
        self.holds_seat = False
        self.is_outside = False
        self.is_owed = False
        self.is_untold = False
        self.is_replaced = False
        self.is_seat_taken = False

    @property
    def row(self) -> Candidate:
        """Return the candidate as the room shows it; whoever was taken off the list, and is sent away, as last seen."""
        self._last_row = self._mirror.room.candidates.get(self._candidate, self._last_row)
        return self._last_row

    async def take(self, ask_to_return: Callable[[], Awaitable[bool]]) -> None:
        """Sit down again without asking, ask the ledger when the fast door is closed, or wait outside.

        With the live store away, the ledger's rows alone say who holds the seat.
        """
        self.is_owed = self.is_untold = False
        if self._is_left:
            return
        if self._first_told_at is None:
            self._first_told_at = self._clock.monotonic()
        row = self.row
        self._losses.back(self._mirror.number, self._candidate, self._client)
        try:
            if not self._mirror.is_live:
                raise StoreUnavailable("the room is not in the live store")
            if row.attempt.is_over:
                await self._show_line(row)
                return
            if may_return(row, self._client):
                await self._sit_down(row, ask_to_return)
            else:
                self._lose_seat(row)
            if not self.holds_seat and not self.is_replaced:
                await self._wait_outside()
        except StoreAccident:
            self.holds_seat = may_return(row, self._client) and not self._is_door_closed
            self.is_owed = self.is_untold = True
        self._note_unknown()

    async def _show_line(self, row: Candidate) -> None:
        """After the end the seated client's line goes on being shown; nobody else counts as waiting."""
        if row.seat is not None and row.seat.client == self._client:
            self._note(await self._attach(row))

    async def _sit_down(self, row: Candidate, ask_to_return: Callable[[], Awaitable[bool]]) -> None:
        door = self._note(await self._attach(row))
        self._is_door_closed = door is Door.CLOSED
        self.holds_seat = door is Door.OPEN or (door is Door.CLOSED and await ask_to_return())
        self._is_door_closed = False
        if door is Door.CLOSED:
            self._returned["ledger" if self.holds_seat else "refused"] += 1
        elif self.holds_seat and self._entry_no == 0:
            self._returned["door"] += 1
        if self.holds_seat:
            self._entry_no = row.entry_no

    @property
    def is_unknown(self) -> bool:
        """Tell whether neither the door nor the ledger has said yet where this client stands: seated, or outside."""
        is_waiting = self._is_door_closed and not self.holds_seat and not self._is_left
        return is_waiting and may_return(self.row, self._client)

    def is_unknown_for(self, seconds: float) -> bool:
        """Tell whether that has gone on for so long."""
        since = self._unknown_since
        return self.is_unknown and since is not None and self._clock.monotonic() - since > seconds

    def _note_unknown(self) -> None:
        if not self.is_unknown:
            self._unknown_since = None
        elif self._unknown_since is None:
            self._unknown_since = self._clock.monotonic()

    @property
    def is_late_first_telling(self) -> bool:
        """Tell whether this place was never told, though it was tried a while ago."""
        first = self._first_told_at
        return self._rank == 0 and first is not None and self._clock.monotonic() - first > FIRST_TELLING_SECONDS

    def _lose_seat(self, row: Candidate) -> None:
        """Learn from the row that the seat is gone: to another client, or by an interruption."""
        self.is_replaced = self.is_seat_taken = self._is_taken(row)
        self.holds_seat = self._is_door_closed = False
        if self.is_replaced:
            self.leave()

    def _is_taken(self, row: Candidate) -> bool:
        """Tell whether another client sits where this one sat, with a later entry."""
        is_another = row.seat is not None and row.seat.client != self._client
        return 0 < self._entry_no < row.entry_no and is_another

    async def _wait_outside(self) -> None:
        number = self._mirror.number
        told = await self._live.connect(number, self._candidate, self._client, self._connection, self._rank)
        self._note(told)
        self.is_outside = not self.is_replaced

    async def _attach(self, row: Candidate) -> Told:
        number, rank = self._mirror.number, self._rank
        return await self._live.attach(number, self._candidate, self._client, self._connection, row.entry_no, rank)

    def _note(self, told: Told) -> Door:
        """Remember the rank, and that somebody newer has the place."""
        self._rank = told.rank
        if told.door is Door.REPLACED:
            self.is_replaced = True
            self.leave()
        return told.door

    def hear(self, event: RoomEvent) -> bool:
        """Hear an event of this candidate; True when it gives this client's place to another client.

        That one was authorized to enter. Events older than this connection's own place speak of the line before it.
        """
        if event.kind is EventKind.INTERRUPTED and self.holds_seat:
            self.holds_seat, self.is_owed, self._entry_no = False, True, 0
        if event.kind is EventKind.SEAT_EMPTIED and self.holds_seat:
            # Buried by mistake, or too late: whoever is here sits down again.
            self.is_owed = True
        if event.connection is None:
            return False
        if event.connection == self._connection:
            self._is_known = True
            if may_return(self.row, self._client):
                self.holds_seat, self._entry_no = True, self.row.entry_no
                self._is_door_closed = False
            self.is_outside = self.is_outside and not self.holds_seat
            return False
        if not self._is_known:
            return False
        self.is_seat_taken = event.client != self._client and self._is_taken(self.row)
        # After a room is loaded anew an older line of this client may have been told before this one was: which of them
        # is the newer one only the live store can tell.
        self.is_owed = self.is_owed or event.client == self._client
        return self.is_seat_taken

    def look_again(self) -> None:
        """Find out after events whether this client was seated while its connection stands outside."""
        if not self.holds_seat and not self._is_left and may_return(self.row, self._client):
            self.is_owed = True

    def leave(self) -> None:
        """Give the place up for good: this client has a newer tab, which tells its own."""
        self._is_left = True
        self.is_owed = self.holds_seat = False

    def lost(self, *, last_sign: float, by_silence: bool, by_hub: bool) -> None:
        """Hand a broken line over to the losses, as the loss of a seat where there was a right to it."""
        self._losses.line_ended(self._connection, last_sign=last_sign, by_hub=by_hub)
        is_seat = self.holds_seat or may_return(self.row, self._client)
        self._losses.line_lost(
            self._mirror,
            self._candidate,
            self._client,
            self._connection if self.holds_seat or self.is_outside else None,
            entry_no=self.row.entry_no if is_seat else None,
            last_sign=last_sign,
            by_silence=by_silence,
            by_hub=by_hub,
            rank=self._rank,
        )

    async def vacate(self) -> None:
        """Stop counting as waiting: a newer tab of this client counts instead."""
        if self.is_outside:
            await self._live.disconnect(self._mirror.number, self._candidate, self._connection)

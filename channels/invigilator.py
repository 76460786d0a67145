"""The conversation with one dashboard of one room: a cursor into the ring, and commands."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from channels import wire
from channels.close_codes import CloseCode
from channels.connection import Connection
from channels.console import Console, is_invigilating
from channels.line import Goodbye
from channels.mirror import Mirror
from channels.rooms import Rooms
from channels.staff import signed_in, thresholds_view
from channels.translate import body_digest, refused, staff_reply, targets, to_command
from channels.watch_log import WatchLog
from hub.directory import Directory
from hub.events import EventKind, RoomEvent
from hub.live import LiveStore, Position
from hub.model import AccountId, Author, ConnectionId, SessionNumber, account_author
from hub.people import Account, Role
from hub.policy import Thresholds
from hub.ports import Clock, Standing, StoreAccident, UnknownSession
from hub.refusals import Refusal
from hub.service import Decisions, Order
from hub.staffing import Console as OpenConsole

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class InvigilatorDesk:
    """What every dashboard's conversation works with."""

    rooms: Rooms
    directory: Directory
    decisions: Decisions
    live: LiveStore
    log: WatchLog
    clock: Clock
    thresholds: Thresholds


class InvigilatorConversation:
    """One dashboard, signed in by a token in its hello or by the cookie of its handshake."""

    def __init__(self, desk: InvigilatorDesk, cookie: str | None) -> None:
        self._desk, self._cookie = desk, cookie
        self._connection: Connection[wire.InvigilatorFrame] | None = None
        self._follows = False
        self._cursor: Position | None = None
        self._owes_events = False
        self._owes_colleagues = True
        self.login: bytes = b""
        self.right: tuple[AccountId, SessionNumber] | None = None
        self._account: Account
        self._console: Console
        self._mirror: Mirror

    # ── hello ──────────────────────────────────────────────────────────────────────────────────────────────

    async def open(self, hello: wire.Hello, connection: Connection[wire.InvigilatorFrame]) -> wire.Welcome:
        """Find out who this is, and open the room they may see."""
        self._desk.rooms.require_truth()
        self._account, self.login = await signed_in(self._desk.directory, hello, self._cookie)
        if hello.session is None:
            raise Goodbye(CloseCode.BAD_FRAME)
        number = SessionNumber(hello.session)
        standing = await self._admitted(number)
        self.right = (self._account.id, number)
        self._mirror = await self._acquire(number)
        self._connection = connection
        await self._take_cursor(hello.position)
        may_command = standing is Standing.COMMAND
        invigilates = is_invigilating(self._mirror, self._author, may_command=may_command)
        console = OpenConsole(connection.id, self._author, invigilates)
        self._console = Console(self._desk.live, self._mirror, console, self._desk.thresholds)
        self._follows = True
        self._mirror.audience.subscribe(self)
        if not self._mirror.room.is_closed:
            self._desk.log.opened(number, self._author, connection.id)
        you = wire.You(
            role="center_admin" if self._is_admin else "invigilator",
            name=self._account.name,
            may_command=may_command,
            is_invigilating=invigilates,
        )
        return wire.Welcome(
            connection.id,
            self._desk.clock.now(),
            connection.limits.heartbeat_seconds,
            0,
            connection.limits.view(),
            you,
            thresholds_view(self._desk.thresholds),
        )

    @property
    def _is_admin(self) -> bool:
        return self._account.role is Role.CENTER_ADMIN

    @property
    def _author(self) -> Author:
        return account_author(self._account.id)

    async def _admitted(self, number: SessionNumber) -> Standing:
        """Refuse who has no right here; only those who may list sessions learn that a number does not exist."""
        standing = await self._desk.directory.standing(self._account.id, number)
        if standing in (Standing.WATCH, Standing.COMMAND):
            return standing
        may_list = self._account.role is Role.CENTER_ADMIN
        if may_list and not await self._desk.directory.session_exists(number):
            raise Goodbye(CloseCode.NO_SUCH_SESSION)
        raise Goodbye(CloseCode.FORBIDDEN)

    async def _acquire(self, number: SessionNumber) -> Mirror:
        try:
            return await self._desk.rooms.enter(number)
        except UnknownSession:
            raise Goodbye(CloseCode.FORBIDDEN) from None

    async def _take_cursor(self, position: wire.Position | None) -> None:
        """Go on from the client's position, whichever node gave it, or owe it a snapshot."""
        held = Position(position.epoch, position.seq) if position is not None else None
        is_held = held is not None and await self._mirror.reaches(held)
        self._cursor = held if is_held else None
        self._owes_events = is_held

    # ── the room ───────────────────────────────────────────────────────────────────────────────────────────

    def on_events(self, events: Sequence[RoomEvent]) -> None:
        """Hear that there is something to fetch from the ring."""
        if any(event.kind is EventKind.ROSTER_CHANGED for event in events):
            self._cursor = None
        self._look_if_over()
        self._wake(self._mirror.arrived_at)

    def on_reset(self) -> None:
        """Hear that the room was loaded anew: this dashboard needs a snapshot."""
        self._cursor = None
        self._look_if_over()
        self.on_staffing()

    def on_gone(self) -> None:
        """Hear that the session was deleted."""
        if self._connection is not None:
            self._connection.end(CloseCode.NO_SUCH_SESSION)

    def on_staffing(self) -> None:
        """Hear that others attend to the room."""
        self._owes_colleagues = True
        self._console.staffing_changed()
        self._wake()

    def _look_if_over(self) -> None:
        """End what is noted of this dashboard with the session: the jury reads it from then on."""
        if self._mirror.room.is_closed:
            self._desk.log.closed(self._mirror.number, self._author, self._me, CloseCode.SESSION_OVER)

    @property
    def _me(self) -> ConnectionId:
        assert self._connection is not None  # nosec B101 # narrows a type
        return self._connection.id

    def _wake(self, news_at: float | None = None) -> None:
        if self._connection is not None:
            self._connection.wake(news_at)

    # ── frames ─────────────────────────────────────────────────────────────────────────────────────────────

    async def handle(self, frame: wire.InvigilatorFrame) -> wire.Reply | None:
        """Do what a frame asks."""
        match frame:
            case wire.Look():
                await self._console.look(frame.candidate)
            case wire.Claim():
                await self._claim(frame)
            case wire.Saw():
                self._desk.log.saw(self._mirror.number, self._author, self._me, frame)
            case wire.Sync():
                await self._mirror.fresh()
                await self._take_cursor(frame.position)
                self._wake()
            case wire.Hello() | wire.Alive():
                pass
            case _:
                return await self._command(frame)
        return None

    async def _claim(self, frame: wire.Claim) -> None:
        """Say where this person goes; a live store that is away forgets it, and nothing is decided by it."""
        with suppress(StoreAccident):
            if await self._console.claim(frame.candidates, is_taken=frame.is_taken):
                self._desk.log.claimed(self._mirror.number, self._author, self._me, frame)

    async def _command(self, frame: wire.StaffCommand) -> wire.Reply:
        order = Order(
            self._mirror.number, self._author, to_command(frame), targets(frame), frame.key, body_digest(frame)
        )
        answer = await self._desk.decisions.submit(order)
        if isinstance(answer, Refusal):
            return refused(frame.ref, answer)
        return staff_reply(frame.ref, answer, self._mirror.names)

    # ── what this socket is given ──────────────────────────────────────────────────────────────────────────

    @property
    def is_ready(self) -> bool:
        """Tell whether this console has been told of."""
        return not self._console.is_owed

    async def prepare(self) -> None:
        """Tell of this console."""
        await self._console.tell()

    def news(self) -> list[bytes]:
        """Take everything from the cursor to the head as one frame, or a snapshot; then who is here."""
        frames = []
        ring = self._mirror.ring
        if self._cursor is None or not ring.holds(self._cursor):
            frames.append(self._mirror.snapshot_frame())
        elif self._owes_events or self._cursor.seq < ring.head:
            frames.append(ring.frame_after(self._cursor.seq))
        self._cursor, self._owes_events = self._mirror.position, False
        if self._owes_colleagues:
            self._owes_colleagues = False
            colleagues = self._console.news()
            frames += [] if colleagues is None else [_encoder.encode(colleagues)]
        return frames

    def beat(self) -> bytes:
        """Make the beat: what this socket was given, and when that was last verified."""
        # A claim ends with the silence of whoever made it: nothing rings then.
        self._owes_colleagues = bool(self._mirror.staffing.claims) or self._console.is_owed
        position = self._cursor or self._mirror.position
        now = self._desk.clock.now()
        return _encoder.encode(
            wire.Beat(
                now,
                self._mirror.number,
                position.epoch,
                position.seq,
                self._mirror.as_of(now),
                self._desk.rooms.degraded_in(self._mirror.number),
            )
        )

    async def closed(self, *, by_silence: bool, code: CloseCode | None) -> None:
        """Leave the room."""
        del by_silence
        connection, self._connection = self._connection, None
        if not self._follows or connection is None:
            return
        self._mirror.audience.unsubscribe(self)
        self._desk.log.closed(self._mirror.number, self._author, connection.id, code)
        await self._console.close()

"""The conversation with one dashboard of one room: a cursor into the ring, and commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from channels import wire
from channels.close_codes import CloseCode
from channels.connection import Connection, Goodbye
from channels.consoles import Console, Consoles
from channels.mirror import Mirror
from channels.rooms import Rooms
from channels.translate import body_digest, refused, staff_reply, targets, to_command
from hub.directory import Directory
from hub.events import EventKind, RoomEvent
from hub.model import SessionNumber, account_author
from hub.people import Account, Role
from hub.ports import Clock, Position, Standing, UnknownSession
from hub.refusals import Refusal
from hub.service import Decisions, Order
from hub.tokens import token_digest

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class InvigilatorDesk:
    """What every dashboard's conversation works with."""

    rooms: Rooms
    directory: Directory
    decisions: Decisions
    consoles: Consoles
    clock: Clock


class InvigilatorConversation:
    """One dashboard, signed in by a token in its hello or by the cookie of its handshake."""

    def __init__(self, desk: InvigilatorDesk, cookie: str | None) -> None:
        self._desk, self._cookie = desk, cookie
        self._connection: Connection[wire.InvigilatorFrame] | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._cursor: Position | None = None
        self._owes_events = False
        self._owes_colleagues = True
        self.login: bytes = b""
        self._account: Account
        self._console: Console
        self._mirror: Mirror

    # ── hello ──────────────────────────────────────────────────────────────────────────────────────────────

    async def open(self, hello: wire.Hello, connection: Connection[wire.InvigilatorFrame]) -> wire.Welcome:
        """Find out who this is, and open the room they may see."""
        self._account = await self._signed_in(hello)
        if hello.session is None:
            raise Goodbye(CloseCode.BAD_FRAME)
        number = SessionNumber(hello.session)
        standing = await self._admitted(number)
        self._mirror = await self._acquire(number)
        self._connection = connection
        await self._take_cursor(hello.position)
        self._unsubscribe = self._mirror.audience.subscribe(self)
        self._console = Console(self._account.name, connection.id, self._colleagues_changed)
        self._desk.consoles.add(number, self._console)
        you = wire.You(
            role="center_admin" if self._account.role is Role.CENTER_ADMIN else "invigilator",
            name=self._account.name,
            may_command=standing is Standing.COMMAND,
        )
        return wire.Welcome(
            connection.id,
            self._desk.clock.now(),
            connection.limits.heartbeat_seconds,
            0,
            connection.limits.view(),
            you,
        )

    async def _signed_in(self, hello: wire.Hello) -> Account:
        secret = hello.token or self._cookie
        account = None
        if secret:
            self.login = token_digest(secret)
            account = await self._desk.directory.find_login(self.login)
        if account is None:
            raise Goodbye(CloseCode.NOT_SIGNED_IN)
        return account

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
        self._wake()

    def on_reset(self) -> None:
        """Hear that the room was loaded anew: this dashboard needs a snapshot."""
        self._cursor = None
        self._wake()

    def on_gone(self) -> None:
        """Hear that the session was deleted."""
        if self._connection is not None:
            self._connection.end(CloseCode.NO_SUCH_SESSION)

    def _colleagues_changed(self) -> None:
        self._owes_colleagues = True
        self._wake()

    def _wake(self) -> None:
        if self._connection is not None:
            self._connection.wake()

    # ── frames ─────────────────────────────────────────────────────────────────────────────────────────────

    async def handle(self, frame: wire.InvigilatorFrame) -> wire.Reply | None:
        """Do what a frame asks."""
        match frame:
            case wire.Look():
                self._desk.consoles.look(self._mirror.number, self._console, frame.candidate)
            case wire.Sync():
                await self._mirror.fresh()
                await self._take_cursor(frame.position)
                self._wake()
            case wire.Hello() | wire.Alive() | wire.Claim() | wire.Saw():
                pass
            case _:
                return await self._command(frame)
        return None

    async def _command(self, frame: wire.StaffCommand) -> wire.Reply:
        author = account_author(self._account.id)
        order = Order(self._mirror.number, author, to_command(frame), targets(frame), frame.key, body_digest(frame))
        answer = await self._desk.decisions.submit(order)
        if isinstance(answer, Refusal):
            return refused(frame.ref, answer)
        return staff_reply(frame.ref, answer, self._mirror.names)

    # ── what this socket is given ──────────────────────────────────────────────────────────────────────────

    async def pending(self) -> list[bytes]:
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
            frames.append(_encoder.encode(self._desk.consoles.people(self._mirror.number)))
        return frames

    def beat(self) -> bytes:
        """Make the beat: what this socket was given, and when that was last verified."""
        position = self._cursor or self._mirror.position
        now = self._desk.clock.now()
        return _encoder.encode(
            wire.Beat(
                now,
                self._mirror.number,
                position.epoch,
                position.seq,
                self._mirror.as_of(now),
                self._desk.rooms.degraded,
            )
        )

    async def closed(self, *, by_silence: bool, code: CloseCode | None) -> None:
        """Leave the room."""
        del by_silence, code
        if self._unsubscribe is not None and self._connection is not None:
            self._unsubscribe()
            self._desk.consoles.remove(self._mirror.number, self._connection.id)

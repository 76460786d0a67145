"""The conversation with one wall: all rooms of an admin's centers in numbers, and nothing else.

It only listens. Its rooms are opened beside it, so that a center of four hundred does not keep the first ones waiting
for the last; who wants to act opens a room on `/ws/invigilator`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from channels import wire
from channels.close_codes import CloseCode
from channels.connection import Connection
from channels.line import Goodbye
from channels.mirror import Mirror
from channels.rooms import Rooms
from channels.staff import signed_in, thresholds_view
from channels.wall import EVERY_SECONDS, Wall, fresh, is_news
from hub.directory import Directory
from hub.events import RoomEvent
from hub.model import ConnectionId, SessionNumber
from hub.people import Account, Role
from hub.ports import Clock, StoreAccident, UnknownSession

AT_ONCE = 16
"""Rooms opened side by side."""
LOOK_AGAIN_BEATS = 5
"""Beats between two looks for rooms that came or went, and for whether this admin still is one."""
BEHIND = timedelta(seconds=1.5)
"""A room that was verified so much earlier than the freshest is named on the beat."""

_encoder = msgspec.json.Encoder()
log = logging.getLogger("vigie.wall")


@dataclass(frozen=True, slots=True)
class AdminDesk:
    """What every wall's conversation works with."""

    rooms: Rooms
    directory: Directory
    wall: Wall
    clock: Clock


@dataclass(slots=True, eq=False)
class _Watched:
    """One room of this wall: what was told of it, and when. It hears of the room for its wall."""

    mirror: Mirror
    wake: Callable[[], None]
    gone: Callable[[], None]
    told: wire.RoomSummary | None = None
    told_at: float = float("-inf")
    is_dirty: bool = True

    def on_events(self, events: Sequence[RoomEvent]) -> None:
        """Hear that something happened in the room."""
        self.on_reset()

    def on_reset(self) -> None:
        """Hear that the room was loaded anew."""
        self.is_dirty = True
        self.wake()

    def on_staffing(self) -> None:
        """Hear that others attend to the room."""
        self.on_reset()

    def on_gone(self) -> None:
        """Hear that the session was deleted."""
        self.gone()

    def leave(self) -> None:
        """Hear of it no more."""
        self.mirror.audience.unsubscribe(self)


class AdminConversation:
    """One wall, signed in by a token in its hello or by the cookie of its handshake."""

    def __init__(self, desk: AdminDesk, cookie: str | None) -> None:
        self._desk, self._cookie = desk, cookie
        self._connection: Connection[wire.AdminFrame] | None = None
        self._watched: dict[SessionNumber, _Watched] = {}
        self._gone: list[SessionNumber] = []
        self._looking: asyncio.Task[None] | None = None
        self._is_whole = self._has_told_all = False
        self._beats = 0
        self.login: bytes = b""
        self._account: Account
        self._id: ConnectionId

    async def open(self, hello: wire.Hello, connection: Connection[wire.AdminFrame]) -> wire.Welcome:
        """Find out who this is; only a center's admin has a wall."""
        self._desk.rooms.require_truth()
        self._account, self.login = await signed_in(self._desk.directory, hello, self._cookie)
        if self._account.role is not Role.CENTER_ADMIN:
            raise Goodbye(CloseCode.FORBIDDEN)
        self._connection, self._id = connection, connection.id
        self._look_again()
        return wire.Welcome(
            connection.id,
            self._desk.clock.now(),
            connection.limits.heartbeat_seconds,
            0,
            connection.limits.view(),
            wire.You("center_admin", name=self._account.name),
            thresholds_view(self._desk.wall.thresholds),
        )

    async def handle(self, frame: wire.AdminFrame) -> wire.Reply | None:
        """Do nothing: a wall asks for nothing."""
        del frame
        return None

    # ── its rooms ──────────────────────────────────────────────────────────────────────────────────────────

    def _look_again(self) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="wall")

    async def _look(self) -> None:
        """Open the rooms that are new, leave those that are no longer this admin's, or no longer today's."""
        try:
            numbers = await self._desk.directory.wall(self._account.id)
            for number in self._watched.keys() - set(numbers):
                self._leave(number)
            missing = [number for number in numbers if number not in self._watched]
            for start in range(0, len(missing), AT_ONCE):
                await asyncio.gather(*(self._watch(number) for number in missing[start : start + AT_ONCE]))
            self._is_whole = True
        except StoreAccident as accident:
            log.warning("the wall of connection %s waits for a store: %r", self._id, accident)
        except Exception:
            log.exception("the wall of connection %s cannot look for its rooms", self._id)
        self._wake()

    async def _watch(self, number: SessionNumber) -> None:
        try:
            mirror = await self._desk.rooms.acquire(number)
        except (StoreAccident, UnknownSession) as accident:
            log.warning("room %s is not on the wall of connection %s yet: %r", number, self._id, accident)
            return
        watched = _Watched(mirror, self._wake, lambda: self._leave(number))
        mirror.audience.subscribe(watched)
        self._watched[number] = watched

    def _leave(self, number: SessionNumber) -> None:
        watched = self._watched.pop(number, None)
        if watched is None:
            return
        watched.leave()
        self._gone.append(number)
        self._wake()

    def _wake(self) -> None:
        if self._connection is not None:
            self._connection.wake()

    # ── what this socket is given ──────────────────────────────────────────────────────────────────────────

    is_ready = True
    """A wall has nothing to ask first."""

    async def prepare(self) -> None:
        """Do nothing."""

    def news(self) -> list[bytes]:
        """Return the rooms that look otherwise than they were told, each at most twice a second."""
        if not self._is_whole:
            return []
        now = self._desk.clock.monotonic()
        due = [one for one in self._watched.values() if one.is_dirty and now - one.told_at >= EVERY_SECONDS]
        changed = [view for one in due if (view := self._news_of(one, now)) is not None]
        gone, self._gone = self._gone, []
        if any(one.is_dirty for one in self._watched.values()):
            asyncio.get_running_loop().call_later(EVERY_SECONDS, self._wake)
        if self._has_told_all and not changed and not gone:
            return []
        self._has_told_all = True
        return [_encoder.encode(wire.RoomsFrame(changed, list(gone)))]

    def _news_of(self, watched: _Watched, now: float) -> wire.RoomSummary | None:
        view = self._desk.wall.summary(watched.mirror)
        watched.is_dirty = view is None
        if view is None or not is_news(view, watched.told):
            return None
        watched.told, watched.told_at = view, now
        return fresh(view, watched.mirror, self._desk.clock.now())

    def beat(self) -> bytes:
        """Make the beat: how fresh the rooms are; and look at what time alone has changed in them."""
        self._beats += 1
        if self._beats % LOOK_AGAIN_BEATS == 0:
            self._look_again()
        for one in self._watched.values():
            one.is_dirty = True
        self._wake()
        now = self._desk.clock.now()
        ages = {number: one.mirror.as_of(now) for number, one in self._watched.items() if one.told is not None}
        return _encoder.encode(_beat(now, ages, self._desk.rooms))

    async def closed(self, *, by_silence: bool, code: CloseCode | None) -> None:
        """Leave every room."""
        del by_silence, code
        self._connection = None
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        for one in self._watched.values():
            one.leave()
        self._watched.clear()


def _beat(now: datetime, as_of: dict[SessionNumber, datetime], rooms: Rooms) -> wire.AdminBeat:
    freshest = max(as_of.values(), default=now)
    behind = {number: at for number, at in as_of.items() if freshest - at > BEHIND}
    together = min((at for number, at in as_of.items() if number not in behind), default=now)
    return wire.AdminBeat(now, together, [wire.Behind(*one) for one in sorted(behind.items())], rooms.degraded_anywhere)

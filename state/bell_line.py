"""One line of the doorbell, to one shard: keeps itself open, and distrusts itself.

Pub/sub loses messages silently, on a broken connection and on a server that froze. So the line is asked for a sign of
life each second; without one for three it is dropped. Whenever the server agrees to a subscription, at first and after
each new connection, its room is rung once, because a ring may have been lost before. What the server has not agreed to
is asked again with each sign of life.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from redis.asyncio import Redis

from hub.live import Position
from hub.model import SessionNumber
from hub.ports import StoreUnavailable
from state.figures import RedisFigures
from state.keys import room_keys, room_of_bell, rung
from state.resp import RawConnection, Reply, ReplyError, pack

RETRY_SECONDS = 0.5
"""Pause between two attempts to connect."""

log = logging.getLogger("vigie.bell")


@dataclass(frozen=True, slots=True)
class Ears:
    """Who hears of what comes over a line."""

    rung: Callable[[SessionNumber, Position | None], None]
    agreed: Callable[[SessionNumber], None]
    refused: Callable[[], None]
    """The server keeps some room no longer."""


class BellLine:
    """Rooms that one server keeps. Connects at once."""

    def __init__(
        self, client: Redis, ears: Ears, ping_seconds: float, silence_seconds: float, figures: RedisFigures
    ) -> None:
        """Take a client for its address and login only; it stays the caller's to close."""
        self._client, self._ears, self._figures = client, ears, figures
        self._ping_seconds, self._silence_seconds = ping_seconds, silence_seconds
        self.rooms: set[SessionNumber] = set()
        self._pending: set[SessionNumber] = set()
        self._connection: RawConnection | None = None
        self._is_lost = asyncio.Event()
        self._heard_at = 0.0
        self._keeper = asyncio.create_task(self._keep(), name="redis-bell")

    def add(self, number: SessionNumber) -> None:
        """Begin to hear a room; also one that is heard already agrees anew."""
        self.rooms.add(number)
        self._pending.add(number)
        self._subscribe(number)

    def discard(self, number: SessionNumber) -> None:
        """Stop hearing a room."""
        self.rooms.discard(number)
        self._pending.discard(number)
        if self._connection is not None:
            self._connection.write(pack("SUNSUBSCRIBE", room_keys(number).bell))

    def hears(self, number: SessionNumber) -> bool:
        """Tell whether the server has agreed to a room on the present line, and that was not seen to break."""
        is_whole = self._connection is not None and not self._is_lost.is_set()
        return is_whole and number in self.rooms and number not in self._pending

    def hang_up(self) -> None:
        """Cut the line; the keeper opens another one."""
        if self._connection is not None:
            self._connection.abort()

    async def close(self) -> None:
        """Stop hearing anything."""
        self._keeper.cancel()
        await asyncio.gather(self._keeper, return_exceptions=True)
        self._drop()

    def _subscribe(self, *numbers: SessionNumber) -> None:
        """Ask one by one: rooms of several slots in one command are refused together."""
        if self._connection is not None and numbers:
            self._connection.write(b"".join(pack("SSUBSCRIBE", room_keys(number).bell) for number in numbers))

    async def _keep(self) -> None:
        """Keep a line open, for as long as the bell hangs."""
        while True:
            try:
                await self._hold_one_line()
            except StoreUnavailable as error:
                log.warning("the bell has no line: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                log.exception("the bell's keeper stumbled")
                await asyncio.sleep(RETRY_SECONDS)
            finally:
                self._drop()

    async def _hold_one_line(self) -> None:
        self._is_lost.clear()
        self._connection = await RawConnection.open(self._client, self._replied, self._lost)
        self._figures.connected["bell"] += 1
        loop = asyncio.get_running_loop()
        self._heard_at = loop.time()
        self._pending = set(self.rooms)
        while not self._is_lost.is_set():
            self._subscribe(*self._pending)
            self._connection.write(pack("PING"))
            try:
                async with asyncio.timeout(self._ping_seconds):
                    await self._is_lost.wait()
            except TimeoutError:
                pass
            if loop.time() - self._heard_at > self._silence_seconds:
                self._figures.silent += 1
                log.warning("the bell's line is silent: dropped")
                return

    def _replied(self, replies: list[Reply]) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        for reply in replies:
            match reply:
                case [b"smessage", bytes(), bytes(payload)]:
                    ring = rung(payload)
                    if ring is not None and ring[0] in self.rooms:
                        self._figures.rings += 1
                        self._ears.rung(*ring)
                case [b"ssubscribe", bytes(channel), *_]:
                    self._agreed(channel)
                case [b"sunsubscribe", bytes(channel), *_]:
                    self._gave_up(channel)
                case ReplyError():
                    self._refused(reply)

    def _agreed(self, channel: bytes) -> None:
        number = room_of_bell(channel)
        if number in self.rooms:
            self._figures.confirmed += 1
            self._pending.discard(number)
            self._ears.agreed(number)

    def _gave_up(self, channel: bytes) -> None:
        """Hear that a room is heard here no longer: the server says so unasked when it gives the room away."""
        number = room_of_bell(channel)
        if number in self.rooms:
            self._pending.add(number)
            self._ears.refused()

    def _refused(self, reply: ReplyError) -> None:
        """Hear why a room cannot be heard here: mostly because it is kept elsewhere."""
        log.warning("the bell is refused: %s", reply)
        if reply.startswith("MOVED"):
            self._ears.refused()

    def _lost(self, connection: RawConnection) -> None:
        if connection is self._connection:
            self._is_lost.set()

    def _drop(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.abort()

"""The doorbell over pub/sub: hears that a room's stream moved, and distrusts its own line.

Pub/sub loses messages silently, on a broken connection and on a server that froze. So the line is asked for a sign of
life each second; without one for three it is dropped. Whenever the server agrees to a subscription, at first and after
each new connection, its room is rung once, because a ring may have been lost before. Nothing a callback or the server
does ends the keeper.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis

from hub.model import SessionNumber
from hub.ports import StoreUnavailable
from state.keys import room_keys, room_of_bell, rung
from state.resp import RawConnection, Reply, pack

PING_SECONDS = 1.0
SILENCE_SECONDS = 3.0
"""A line that says nothing for this long, asked each second, is dropped."""
RETRY_SECONDS = 0.5
"""Pause between two attempts to connect."""

Ring = Callable[[SessionNumber], Awaitable[None] | None]

log = logging.getLogger("vigie.bell")


def _nobody(_number: SessionNumber) -> None:
    """Hear nothing."""


class RedisBell:
    """`hub.live.Bell` on a Redis-protocol server. Connects at the first `listen`."""

    def __init__(
        self, client: Redis, *, ping_seconds: float = PING_SECONDS, silence_seconds: float = SILENCE_SECONDS
    ) -> None:
        """Take a client for its address and login only; it stays the caller's to close."""
        self._client = client
        self._ping_seconds = ping_seconds
        self._silence_seconds = silence_seconds
        self._ring: Ring = _nobody
        self._rooms: set[SessionNumber] = set()
        self._confirming: dict[SessionNumber, asyncio.Event] = {}
        self._connection: RawConnection | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_lost = asyncio.Event()
        self._heard_at = 0.0

    def hear(self, ring: Ring) -> None:
        """Call back on each ring of a room that is listened to."""
        self._ring = ring

    async def listen(self, number: SessionNumber) -> None:
        """Begin to hear a room; returns once the server agreed, or after the silence's time: then it is kept for later.

        The room is rung once as soon as the server agrees.
        """
        self._rooms.add(number)
        confirmed = self._confirming.setdefault(number, asyncio.Event())
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep(), name="redis-bell")
        elif self._connection is not None:
            self._connection.write(pack("SUBSCRIBE", room_keys(number).bell))
        try:
            async with asyncio.timeout(self._silence_seconds):
                await confirmed.wait()
        except TimeoutError:
            log.warning("the bell of session %s is not confirmed yet", number)

    async def forget(self, number: SessionNumber) -> None:
        """Stop hearing a room."""
        self._rooms.discard(number)
        self._confirming.pop(number, None)
        if self._connection is not None:
            self._connection.write(pack("UNSUBSCRIBE", room_keys(number).bell))

    def hang_up(self) -> None:
        """Cut the line; the keeper opens another one."""
        if self._connection is not None:
            self._connection.abort()

    async def close(self) -> None:
        """Stop hearing anything."""
        running = [task for task in (self._keeper, *self._tasks) if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._keeper = None
        self._drop()

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
        loop = asyncio.get_running_loop()
        self._heard_at = loop.time()
        if self._rooms:
            self._connection.write(pack("SUBSCRIBE", *(room_keys(number).bell for number in self._rooms)))
        while not self._is_lost.is_set():
            self._connection.write(pack("PING"))
            try:
                async with asyncio.timeout(self._ping_seconds):
                    await self._is_lost.wait()
            except TimeoutError:
                pass
            if loop.time() - self._heard_at > self._silence_seconds:
                log.warning("the bell's line is silent: dropped")
                return

    def _replied(self, replies: list[Reply]) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        for reply in replies:
            match reply:
                case [b"message", bytes(), bytes(payload)]:
                    number = rung(payload)
                    if number in self._rooms:
                        self._call(number)
                case [b"subscribe", bytes(channel), *_]:
                    self._confirmed(channel)

    def _confirmed(self, channel: bytes) -> None:
        number = room_of_bell(channel)
        if number not in self._rooms:
            return
        event = self._confirming.pop(number, None)
        if event is not None:
            event.set()
        self._call(number)

    def _lost(self, connection: RawConnection) -> None:
        if connection is self._connection:
            self._is_lost.set()

    def _drop(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.abort()

    def _call(self, number: SessionNumber) -> None:
        """Call back; what goes wrong there is logged, here nothing stops."""
        try:
            outcome = self._ring(number)
        except Exception:
            log.exception("the ring of session %s failed", number)
            return
        if inspect.isawaitable(outcome):
            task = asyncio.ensure_future(_finish(number, outcome))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _finish(number: SessionNumber, outcome: Awaitable[None]) -> None:
    try:
        await outcome
    except Exception:
        log.exception("the ring of session %s failed", number)

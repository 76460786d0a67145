"""The doorbell over sharded pub/sub: hears that a room's stream moved. One line, with a reader of its own, for each
shard; a room that another shard keeps now is heard there, and rung once. Nothing a callback or a server does ends it.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable
from contextlib import suppress

from hub.live import Position, Ring
from hub.model import SessionNumber
from hub.ports import StoreUnavailable
from state.bell_line import BellLine, Ears
from state.shards import Shard, Shards

PING_SECONDS = 1.0
SILENCE_SECONDS = 3.0
"""A line that says nothing for this long, asked each second, is dropped."""


log = logging.getLogger("vigie.bell")


def _nobody(_number: SessionNumber, _position: Position | None) -> None:
    """Hear nothing."""


class RedisBell:
    """`hub.live.Bell` on a Redis-protocol server, or on a cluster. Connects at the first `listen`."""

    def __init__(
        self, shards: Shards, *, ping_seconds: float = PING_SECONDS, silence_seconds: float = SILENCE_SECONDS
    ) -> None:
        """Take where rooms are kept; it stays the caller's to close."""
        self._shards = shards
        self._ping_seconds, self._silence_seconds = ping_seconds, silence_seconds
        self._ears = Ears(self._call, self._agreed, self._refused)
        self._ring: Ring = _nobody
        self._rooms: set[SessionNumber] = set()
        self._confirming: dict[SessionNumber, asyncio.Event] = {}
        self._lines: dict[Shard, BellLine] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        shards.on_change(self._arrange)

    def hear(self, ring: Ring) -> None:
        """Call back on each ring of a room that is listened to."""
        self._ring = ring

    async def listen(self, number: SessionNumber) -> None:
        """Begin to hear a room; returns once the server agreed, or after the silence's time: then it is kept for later.

        The room is rung once as soon as the server agrees.
        """
        self._rooms.add(number)
        confirmed = self._confirming.setdefault(number, asyncio.Event())
        try:
            async with asyncio.timeout(self._silence_seconds):
                with suppress(StoreUnavailable):
                    await self._shards.all()
                    self._line_of(number).add(number)
                await confirmed.wait()
        except TimeoutError:
            log.warning("the bell of session %s is not confirmed yet", number)

    async def forget(self, number: SessionNumber) -> None:
        """Stop hearing a room."""
        self._rooms.discard(number)
        self._confirming.pop(number, None)
        for line in self._lines.values():
            if number in line.rooms:
                line.discard(number)

    def hears(self, number: SessionNumber) -> bool:
        """Tell whether a ring of this room would come here, as far as is known."""
        with suppress(StoreUnavailable):
            line = self._lines.get(self._shards.of(number))
            return line is not None and line.hears(number)
        return False

    def hang_up(self, name: str) -> None:
        """Cut the line to a shard; its keeper opens another one."""
        for shard, line in self._lines.items():
            if shard.name == name:
                line.hang_up()

    async def close(self) -> None:
        """Stop hearing anything."""
        lines = list(self._lines.values())
        self._lines.clear()
        self._rooms.clear()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*(line.close() for line in lines), *tasks, return_exceptions=True)

    def _line_of(self, number: SessionNumber) -> BellLine:
        """Return the line over which a room is heard. Raises StoreUnavailable when nobody keeps it."""
        shard = self._shards.of(number)
        line = self._lines.get(shard)
        if line is None:
            line = BellLine(shard.client, self._ears, self._ping_seconds, self._silence_seconds, self._shards.figures)
            self._lines[shard] = line
        return line

    def _arrange(self) -> None:
        """Hear each room where it is kept now, and nowhere else."""
        for number in self._rooms:
            with suppress(StoreUnavailable):
                self._move(number, self._line_of(number))
        for shard, line in tuple(self._lines.items()):
            if not line.rooms:
                del self._lines[shard]
                self._begin(line.close())

    def _move(self, number: SessionNumber, to: BellLine) -> None:
        if number not in to.rooms:
            to.add(number)
        for line in self._lines.values():
            if line is not to and number in line.rooms:
                line.discard(number)

    def _agreed(self, number: SessionNumber) -> None:
        event = self._confirming.pop(number, None)
        if event is not None:
            event.set()
        self._call(number, None)

    def _refused(self) -> None:
        self._begin(self._learn())

    async def _learn(self) -> None:
        with suppress(StoreUnavailable):
            await self._shards.learn()

    def _call(self, number: SessionNumber, position: Position | None) -> None:
        """Call back; what goes wrong there is logged, here nothing stops."""
        try:
            outcome = self._ring(number, position)
        except Exception:
            log.exception("the ring of session %s failed", number)
            return
        if inspect.isawaitable(outcome):
            self._begin(_finish(number, outcome))

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _finish(number: SessionNumber, outcome: Awaitable[None]) -> None:
    try:
        await outcome
    except Exception:
        log.exception("the ring of session %s failed", number)

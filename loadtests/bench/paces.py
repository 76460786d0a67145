"""How candidates send while something is measured: so many in flight, at a steady pace, or as an exam does."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from loadtests.bench.hall import Room, Screen, Seat
from loadtests.bench.wire import PROGRESS

TICK_SECONDS = 0.001
LOOK_SECONDS = 0.05
SILENCE_SECONDS = 6.0
"""Nothing new for so long: what has not come will not come."""


@dataclass
class Sent:
    """What one burst did: events sent and not delivered, how long it took, and send -> receive of each delivery."""

    events: int = 0
    undelivered: int = 0
    seconds: float = 0.0
    generator_share: float = 0.0
    """How much of its core the generator used: near 1 it was the bottleneck."""
    latencies: list[float] = field(default_factory=list)


class Burst:
    """Watches the dashboards of some rooms while candidates send."""

    def __init__(
        self, rooms: Sequence[Room], width: int, events: int, seconds: float, *, is_done_when_answered: bool = False
    ) -> None:
        """Keep `width` events in flight until so many were sent or so much time went by."""
        self._rooms, self._width, self._left = rooms, width, events
        self._seconds, self._is_done_when_answered = seconds, is_done_when_answered
        self._seats = {seat.id: seat for room in rooms for seat in room.seats}
        # What was sent before is not of this burst, even when it lands or fails to land meanwhile.
        self._before = {seat.id: len(seat.times) for seat in self._seats.values()}
        # Neighbours in this queue sit in different rooms.
        self._free = deque(seat for at in range(len(rooms[0].seats)) for seat in (room.seats[at] for room in rooms))
        self._flying = 0
        self._heard_at = self._last_done = 0.0
        self._is_over = asyncio.Event()
        self._refills = True
        self.sent = Sent()

    async def closed(self) -> Sent:
        """Send the next event when one has reached both dashboards."""
        begun, used = self._begin()
        self._fill()
        await self._settled(begun + self._seconds)
        return self._end(begun, used)

    async def open(self, per_second: float) -> Sent:
        """Send at a steady pace, whatever comes back."""
        begun, used = self._begin()
        self._refills = False
        total = min(self._left, int(self._seconds * per_second))
        while self.sent.events < total:
            due = min(total, int((time.perf_counter() - begun) * per_second) + 1)
            while self.sent.events < due:
                self._free.rotate(-1)
                self._send(self._free[-1])
            await asyncio.sleep(TICK_SECONDS)
        await self._settled(0.0)
        return self._end(begun, used)

    def _begin(self) -> tuple[float, float]:
        for room in self._rooms:
            room.watch = self._watch
            room.answered = self._answered if self._is_done_when_answered else None
        now = time.perf_counter()
        self._heard_at = self._last_done = now
        return now, time.process_time()

    def _end(self, begun: float, used: float) -> Sent:
        for room in self._rooms:
            room.watch = room.answered = None
        self.sent.undelivered = max(0, self._flying) if self._is_done_when_answered else self._unseen()
        self.sent.seconds = self._last_done - begun
        lasted = time.perf_counter() - begun
        self.sent.generator_share = (time.process_time() - used) / lasted if lasted else 0.0
        return self.sent

    def _unseen(self) -> int:
        return sum(unseen(seat, self._before[seat.id]) for seat in self._seats.values())

    async def _settled(self, until: float) -> None:
        """Wait until everything has come, or nothing comes any more."""
        # At a steady pace it matters when dashboards see it, also where the sender has its answer long before.
        while self._flying > 0 or (not until and self._unseen()):
            now = time.perf_counter()
            if until and now > until:
                self._refills = False
            if now - self._heard_at > SILENCE_SECONDS:
                return
            self._is_over.clear()
            try:
                async with asyncio.timeout(0.1):
                    await self._is_over.wait()
            except TimeoutError:
                continue

    def _fill(self) -> None:
        while self._refills and self._left and self._free and self._flying < self._width:
            self._left -= 1
            self._send(self._free.popleft())

    def _send(self, seat: Seat) -> None:
        self._flying += 1
        self.sent.events += 1
        seat.answer()

    def _watch(self, screen: Screen, candidate: int, before: int, number: int, now: float) -> None:
        seat = self._seats.get(candidate)
        if seat is None:
            return
        self._heard_at = now
        before = max(before, self._before[candidate])
        self.sent.latencies += [now - sent for sent in seat.times[before:number]]
        others = min(_held(one, seat) for one in screen.room.screens if one is not screen)
        arrived = min(number, others) - min(before, max(others, self._before[candidate]))
        if arrived > 0 and not self._is_done_when_answered:
            self._land(seat, arrived, now)

    def _answered(self, seat: Seat) -> None:
        now = time.perf_counter()
        self._heard_at = now
        self._land(seat, 1, now)

    def _land(self, seat: Seat, count: int, now: float) -> None:
        self._last_done = now
        self._flying -= count
        if self._refills:
            self._free.append(seat)
            self._fill()
        if self._flying <= 0:
            self._is_over.set()


def _held(screen: Screen, seat: Seat) -> int:
    return screen.held.get((PROGRESS, seat.id), 0)


def unseen(seat: Seat, before: int = 0) -> int:
    """Count the answers after so many that a dashboard of the room does not know of, nor of a newer one."""
    known = min(_held(screen, seat) for screen in seat.room.screens)
    return max(0, len(seat.times) - max(before, known))


async def landed(rooms: Sequence[Room]) -> None:
    """Wait until dashboards know of every answer, or nothing new comes any more: a server may be behind."""
    seats = [seat for room in rooms for seat in room.seats]
    left, since = -1, time.perf_counter()
    while left and time.perf_counter() - since < SILENCE_SECONDS:
        await asyncio.sleep(LOOK_SECONDS)
        now_left = sum(unseen(seat) for seat in seats)
        if now_left != left:
            left, since = now_left, time.perf_counter()


async def steadily(rooms: Sequence[Room], seconds: float, *, calls: bool = False) -> int:
    """Let every candidate answer once a second, spread over it, and with `calls` ask for help now and then."""
    seats = [seat for at in range(len(rooms[0].seats)) for seat in (room.seats[at] for room in rooms)]
    begun, sent, total = time.perf_counter(), 0, int(len(seats) * seconds)
    while sent < total:
        due = min(total, int((time.perf_counter() - begun) * len(seats)) + 1)
        while sent < due:
            turn, at = divmod(sent, len(seats))
            seats[at].answer()
            if calls and (turn + at) % CALL_EVERY == 0:
                seats[at].call()
            sent += 1
        await asyncio.sleep(TICK_SECONDS)
    return sent


CALL_EVERY = 5

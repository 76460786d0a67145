"""One arm, one round: what it costs as it grows, at one in flight, at 64, at saturation, and how late at half of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loadtests.bench.arms import Arm
from loadtests.bench.hall import Room
from loadtests.bench.paces import Burst, Sent, landed, steadily
from loadtests.processes import cpu_seconds, resident_kib
from loadtests.shares import share

SERVER, REDIS, POSTGRES = PARTS = ("server", "redis", "postgres")
FRAMES_A_BURST = 8
"""What one candidate sends in one burst: within what the hub lets a phone send at once."""
IDLE_SECONDS = 3.0
BURST_SECONDS = 4.0
ENOUGH_SECONDS = 1.0
HALF_SECONDS = 3.0
MOST_BURSTS = 6
LONG_REST_SECONDS = 3.0
Say = Callable[[str], None]
Cpu = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """How thorough to be: the sizes of the hall in rooms, and the numbers in flight at which saturation is sought."""

    sizes: Sequence[int] = (4, 16, 64)
    widths: Sequence[int] = (256, 1024)
    steady_seconds: float = 5.0
    one_seconds: float = 2.5


def read_cpu(arm: Arm) -> Cpu:
    """Tell what each part has used so far."""
    ground = arm.ground
    pids = {SERVER: arm.server_pids(), REDIS: ground.redis_pids, POSTGRES: ground.postgres_pids}
    return {part: cpu_seconds(pids[part]) for part in PARTS}


def spent(before: Cpu, after: Cpu, idle: Cpu, seconds: float, events: int) -> dict[str, float]:
    """Return the milliseconds per 1,000 events, without what the same parts use when nothing happens."""
    return {part: max(0.0, after[part] - before[part] - idle[part] * seconds) * 1e6 / max(1, events) for part in PARTS}


NOTHING: Cpu = dict.fromkeys(PARTS, 0.0)


class Round:
    """The measurements of one arm that has just started."""

    def __init__(self, arm: Arm, plan: Plan, say: Say) -> None:
        self._arm, self._plan, self._say = arm, plan, say
        self._rooms = [Room.of(number) for number in range(plan.sizes[-1])]
        self._idle: Cpu = NOTHING

    async def run(self) -> dict[str, Any]:
        """Measure everything; gives what the results' file keeps."""
        arm = self._arm
        await arm.lay_out(self._rooms)
        base = resident_kib(arm.server_pids())
        told: dict[str, Any] = {"growth": {}}
        open_until = 0
        for size in self._plan.sizes:
            told["accept_ms"] = await self._admit(self._rooms[open_until:size])
            if not open_until:
                await self._warm_up(self._rooms[:size])
            open_until = size
            if size == self._plan.sizes[-1]:
                told |= await self._idle_cost(base)
            told["growth"][str(size)] = await self._steady(self._rooms[:size])
        told["one"] = await self._closed(1, self._plan.one_seconds, 1)
        told["64"] = await self._closed(64, BURST_SECONDS, MOST_BURSTS)
        told["saturation"] = await self._saturation(told["64"])
        told["half"] = await self._half(told["saturation"]["per_second"] / 2)
        told["busy_kib"] = (resident_kib(arm.server_pids()) - base) / self._lines
        return told

    @property
    def _lines(self) -> int:
        return sum(len(room.people) for room in self._rooms)

    async def _admit(self, rooms: Sequence[Room]) -> float:
        """Let these rooms in; gives the milliseconds of server and stores for each connection, entry not included."""
        people = [who for room in rooms for who in room.people]
        before = read_cpu(self._arm)
        await self._arm.connect(people)
        used = sum(read_cpu(self._arm).values()) - sum(before.values())
        await self._arm.enter(rooms)
        self._say(f"{len(people)} connections, {1000 * used / len(people):.2f} CPU ms each")
        await asyncio.sleep(self._arm.rest_seconds)
        return 1000 * used / len(people)

    async def _idle_cost(self, base: int) -> dict[str, Any]:
        before, begun = read_cpu(self._arm), time.perf_counter()
        await asyncio.sleep(IDLE_SECONDS)
        seconds, after = time.perf_counter() - begun, read_cpu(self._arm)
        self._idle = {part: (after[part] - before[part]) / seconds for part in PARTS}
        kib = (resident_kib(self._arm.server_pids()) - base) / self._lines
        self._say(f"idle: {kib:.1f} KiB per connection, {1000 * sum(self._idle.values()):.0f} CPU ms/s")
        return {"idle_kib": kib, "idle_ms_per_second": {part: 1000 * used for part, used in self._idle.items()}}

    async def _steady(self, rooms: Sequence[Room]) -> dict[str, float]:
        """An answer a second from everybody: everything counts, what an idle line costs included."""
        before = read_cpu(self._arm)
        events = await steadily(rooms, self._plan.steady_seconds)
        if not self._arm.is_done_when_answered:
            await landed(rooms)
        used = spent(before, read_cpu(self._arm), NOTHING, 0.0, events)
        self._say(f"{len(rooms)} rooms, an answer a second from each: {sum(used.values()):.1f} CPU ms per 1,000")
        await asyncio.sleep(self._arm.rest_seconds)
        return used

    async def _closed(self, width: int, seconds: float, most: int) -> dict[str, Any]:
        """Keep so many in flight, in bursts, until there is enough to measure."""
        bursts: list[Sent] = []
        before, begun = read_cpu(self._arm), time.perf_counter()
        # An arm that must rest for long gets two bursts: its share of the time is spent on resting.
        most = min(most, 2) if self._arm.rest_seconds > LONG_REST_SECONDS else most
        while len(bursts) < most and sum(one.seconds for one in bursts) < ENOUGH_SECONDS:
            bursts.append(await self._burst(self._rooms, width, seconds).closed())
            await asyncio.sleep(self._arm.rest_seconds)
        lasted, events = time.perf_counter() - begun, sum(one.events for one in bursts)
        used = spent(before, read_cpu(self._arm), self._idle, lasted, events)
        told = {
            "width": width,
            "events": events,
            "per_second": events / max(1e-9, sum(one.seconds for one in bursts)),
            "cpu": used,
            "undelivered": bursts[-1].undelivered,
            "generator_share": max(one.generator_share for one in bursts),
        }
        self._say(
            f"{width} in flight: {told['per_second']:,.0f} events/s, "
            f"{sum(used.values()):.1f} CPU ms per 1,000, {told['undelivered']} not delivered"
        )
        return told

    async def _saturation(self, first: dict[str, Any]) -> dict[str, Any]:
        """Look for the number in flight at which most gets through."""
        best, lost = first, {}
        for width in (*self._plan.widths, sum(len(room.seats) for room in self._rooms)):
            tried = await self._closed(width, BURST_SECONDS, 1)
            if tried["undelivered"]:
                lost = {"lost": tried["undelivered"], "lost_at": width}
                await landed(self._rooms)
                break  # more in flight only makes it worse
            best = max(best, tried, key=lambda one: float(one["per_second"]))
        return {**best, **lost}

    async def _half(self, per_second: float) -> dict[str, Any]:
        sent = await self._burst(self._rooms, 0, HALF_SECONDS).open(per_second)
        told: dict[str, Any] = {"per_second": per_second, "events": sent.events, "undelivered": sent.undelivered}
        latencies = sorted(sent.latencies)
        for part in (0.5, 0.99, 0.999):
            told[f"p{part * 100:g}"] = 1000 * share(latencies, part) if latencies else None
        self._say(f"at {per_second:,.0f} events/s: p50 {told['p50'] or 0:.1f}, p99 {told['p99'] or 0:.1f} ms")
        await asyncio.sleep(self._arm.rest_seconds)
        return told

    def _burst(self, rooms: Sequence[Room], width: int, seconds: float) -> Burst:
        budget = FRAMES_A_BURST * sum(len(room.seats) for room in rooms)
        return Burst(rooms, width, budget, seconds, is_done_when_answered=self._arm.is_done_when_answered)

    async def _warm_up(self, rooms: Sequence[Room]) -> None:
        """Let compilers and caches do what they do once in a server's life."""
        sent, most = 0.0, 1 if self._arm.rest_seconds > LONG_REST_SECONDS else MOST_BURSTS
        for _ in range(most):
            sent += (await self._burst(rooms, 64, ENOUGH_SECONDS).closed()).seconds
            await asyncio.sleep(self._arm.rest_seconds)
            if sent > ENOUGH_SECONDS:
                break

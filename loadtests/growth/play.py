"""One curve played: each size on a hub of its own, or on one whose hall grows; a size that fails is told."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from loadtests.growth.curves import Curve, Plan, Point
from loadtests.nodes import Nodes
from loadtests.orderly import reason
from loadtests.processes import Cores
from loadtests.swarm import scenes, usage
from loadtests.swarm.filling import Filling
from loadtests.swarm.judging import judge_hall
from loadtests.swarm.usage import Usage

POINT_SECONDS = 420.0
"""No size may take longer: what it has not shown by then it does not show."""
FIXED_WORK = 2_000_000
Measured = dict[str, Any]
Say = Callable[[str], None]


class Player:
    """Plays curves into a result; `versions` are the stores' as soon as some have run."""

    def __init__(self, cores: Cores, plan: Plan, say: Say) -> None:
        self._cores, self._plan, self._say = cores, plan, say
        self.versions: dict[str, str] = {}

    async def play(self, curve: Curve) -> Measured:
        """Play every size of a curve, and tell what was measured and what was not."""
        told: Measured = {"points": {}, "failures": []}
        if curve.is_one_hub:
            try:
                async with self._hub(next(iter(curve.points.values()))) as hub:
                    for x, point in curve.points.items():
                        if not await self._kept(told, x, point, hub):
                            # The next size stands on this one: what it had is not what it should have.
                            break
            except Exception as failed:  # noqa: BLE001 - the hub did not start, or did not stop: the other curves go on
                told["failures"].append(f"the hub: {reason(failed, 'it did not start')}")
            return told
        for x, point in curve.points.items():
            await self._kept(told, x, point, None)
        return told

    async def _kept(self, told: Measured, x: str, point: Point, hub: Hub | None) -> bool:
        """Measure one size into the result; tell whether it could be."""
        begun = time.monotonic()
        try:
            async with asyncio.timeout(POINT_SECONDS):
                measured = await (self._on_own_hub(point) if hub is None else self._at(hub, point))
        except Exception as failed:  # noqa: BLE001 - whatever a size fails by, the others go on, and it is told
            why = reason(failed, f"after {POINT_SECONDS:.0f} s")
            told["failures"].append(f"{x}: {why}")
            self._say(f"    {x}: failed: {why}")
            return False
        told["points"][x] = measured
        told["failures"] += [f"{x}: {what}" for what in wrong(measured)]
        self._say(f"    {x}: {time.monotonic() - begun:.0f} s{''.join(f', {what}' for what in wrong(measured))}")
        return True

    async def _on_own_hub(self, point: Point) -> Measured:
        async with self._hub(point) as hub:
            return await self._at(hub, point)

    @asynccontextmanager
    async def _hub(self, point: Point) -> AsyncIterator[Hub]:
        """Start a hub with as many nodes as this size has; its hall is empty."""
        with tempfile.TemporaryDirectory(prefix="vigie-growth-", ignore_cleanup_errors=True) as folder:
            async with Nodes.open(Path(folder), self._cores, point.nodes) as nodes:
                self.versions |= nodes.ground.stores.versions
                async with Filling.of(nodes, is_together=point.is_together) as filling:
                    yield Hub(filling, filling.stage.read())

    async def _at(self, hub: Hub, point: Point) -> Measured:
        stage = hub.filling.stage
        await hub.filling.up_to(point.rooms, point.candidates, point.dashboards)
        members = [*stage.hall.candidates, *stage.hall.dashboards]
        lost_before = sum(one.lost for one in members)
        fixed_work = self._fixed_work()
        idle = await self._idle(stage)
        seconds = self._plan.pace_seconds if point.per_second is None else self._plan.round_seconds
        rounds = [await scenes.pace(stage, point.rate, seconds) for _ in range(self._plan.rounds)]
        kib = stage.read().kib[usage.SERVER] - hub.empty.kib[usage.SERVER]
        return {
            "people": point.people,
            "sockets": len(members),
            "dashboards": point.dashboards,
            "nodes": point.nodes,
            "kib_per_socket": kib / len(members),
            "idle_ms_per_second": idle,
            "rounds": rounds,
            "fixed_work_ms": fixed_work,
            "lost": sum(one.lost for one in members) - lost_before,
            "owed": await judge_hall(stage.hall),
        }

    async def _idle(self, stage: scenes.Stage) -> dict[str, float]:
        """Tell the CPU milliseconds a second of everything while nobody does anything; the start has its rest first."""
        await asyncio.sleep(self._plan.rest_seconds)
        before, begun = stage.read(), time.monotonic()
        await asyncio.sleep(self._plan.idle_seconds)
        spent, seconds = stage.read().since(before), time.monotonic() - begun
        return {kind: used * 1000 / seconds for kind, used in spent.items()}

    def _fixed_work(self) -> float:
        """Tell the CPU milliseconds that the same piece of work takes on the server's core at this moment."""
        with self._cores.of_server():
            begun = time.thread_time()
            sum(range(FIXED_WORK))
            return (time.thread_time() - begun) * 1000


class Hub:
    """A hall that is filled, and what its nodes were before anybody came."""

    def __init__(self, filling: Filling, empty: Usage) -> None:
        self.filling, self.empty = filling, empty


def wrong(measured: Measured) -> list[str]:
    """Name what should not have been: with it the figures are not worth much."""
    last = measured["rounds"][-1]
    found = {
        "events missing": last["missing"],
        "faults": last["faults"],
        "lines lost": measured["lost"],
        "not told as sent": measured["owed"],
    }
    return [f"{number:g} {what}" for what, number in found.items() if number]

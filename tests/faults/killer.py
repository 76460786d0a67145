"""Somebody who kills: hubs, Postgres, Redis, one after the other, without a warning, and starts them again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.faults.hubs import Hub
from tests.faults.rig import Rig

TARGETS = ("hub-1", "hub-2", "postgres", "redis")
PAUSE_SECONDS = (0.5, 3.0)
QUICK_PAUSE_SECONDS = (0.5, 2.0)
DOWN_SECONDS = (0.1, 1.0)
"""How long a supervisor takes to notice; Postgres has one of its own."""


async def kill_often(
    rig: Rig, kills: int, pause: tuple[float, float] = PAUSE_SECONDS, targets: Sequence[str] = TARGETS
) -> None:
    """Kill so many times, at random moments; whoever is dead already is left in peace for this time."""
    starting: set[asyncio.Task[None]] = set()
    for _ in range(kills):
        await asyncio.sleep(rig.chance.uniform(*pause))
        task = asyncio.create_task(_kill(rig, rig.chance.choice(targets), rig.chance.uniform(*DOWN_SECONDS)))
        starting.add(task)
        task.add_done_callback(starting.discard)
    await asyncio.gather(*starting)


async def _kill(rig: Rig, target: str, down_seconds: float) -> None:
    rig.tally.add(f"kills of {target}")
    if target == "postgres":
        rig.postgres.kill()
    elif target == "redis":
        await _kill_redis(rig, down_seconds)
    else:
        await _kill_hub(next(hub for hub in rig.hubs if hub.name == target), down_seconds)


async def _kill_redis(rig: Rig, down_seconds: float) -> None:
    if rig.redis.is_running:
        rig.redis.kill()
        await asyncio.sleep(down_seconds)
        await rig.redis.start()


async def _kill_hub(hub: Hub, down_seconds: float) -> None:
    if hub.is_running:
        hub.kill()
        await asyncio.sleep(down_seconds)
        hub.start()

"""What goes wrong in the simulated world: faults of every kind, drawn one after the other, several at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from copy import deepcopy

from tests.simulation.hubs import SimulatedHub
from tests.simulation.loop import Process
from tests.simulation.ways import Way
from tests.simulation.wires import Wire
from tests.simulation.world import World

Fault = Callable[[World], Awaitable[None]]
PAUSE_SECONDS = (0.3, 6.0)
OLDEST_SECONDS = 5.0


async def plague(world: World, seconds: float, faults_of: Sequence[Fault]) -> None:
    """Let things go wrong for so many seconds, then wait until each fault has ended by itself."""
    ends_at = world.loop.time() + seconds
    faults: list[asyncio.Task[None]] = []
    remembering = asyncio.create_task(_remember(world))
    while world.loop.time() < ends_at:
        kind = world.chance.choice(faults_of)
        world.journal.note("nemesis", kind.__name__)
        faults.append(asyncio.create_task(kind(world)))
        await asyncio.sleep(world.chance.uniform(*PAUSE_SECONDS))
    await asyncio.gather(*faults)
    remembering.cancel()


async def _remember(world: World) -> None:
    """Keep a copy of what Redis knew a few seconds ago: an old file, a replica that lags behind."""
    while True:
        world.oldest = deepcopy(world.redis.stages)
        await asyncio.sleep(OLDEST_SECONDS)


def _some_hub(world: World) -> SimulatedHub:
    return world.chance.choice(world.hubs)


async def _some_seconds(world: World, least: float, most: float) -> None:
    """Wait; short faults are as likely as long ones."""
    await asyncio.sleep(least * (most / least) ** world.chance.random())


# ── hubs ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def hub_dies(world: World) -> None:
    """Kill a hub; somebody starts it again."""
    hub = _some_hub(world)
    if hub.is_running:
        hub.kill()
        await _some_seconds(world, 0.1, 20)
        if not hub.is_running:
            hub.start()


async def hub_stands_still(world: World) -> None:
    """Stop a hub's clock."""
    hub = _some_hub(world)
    if hub.is_open:
        hub.freeze()
        await _some_seconds(world, 0.2, 60)
        hub.thaw()


async def hub_is_replaced(world: World) -> None:
    """Stop a hub in order and start its next version."""
    hub = _some_hub(world)
    if hub.is_open and all(one.is_open for one in world.hubs):
        hub.terminate()
        while hub.is_running:
            await asyncio.sleep(0.1)
        hub.start()


async def hub_loses_a_store(world: World) -> None:
    """Break one hub's way to one store."""
    hub = _some_hub(world)
    way = world.chance.choice((hub.to_database, hub.to_redis))
    way.cut()
    await _some_seconds(world, 0.01, 20)
    way.is_up = True


async def hub_is_far_away(world: World) -> None:
    """Slow down one hub's way to one store."""
    hub = _some_hub(world)
    way = world.chance.choice((hub.to_database, hub.to_redis))
    way.slowness = world.chance.choice((0.02, 0.1, 0.4))
    await _some_seconds(world, 1, 20)
    way.calm()


async def bells_are_lost(world: World) -> None:
    """Lose half of a hub's bells, and double others."""
    hub = _some_hub(world)
    hub.bell.losses = world.chance.choice((0.2, 0.5, 1.0))
    await _some_seconds(world, 1, 20)
    hub.bell.losses = 0.0


# ── stores ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def postgres_stands_still(world: World) -> None:
    """Stop the database's process."""
    await _stand_still(world, world.database)


async def redis_stands_still(world: World) -> None:
    """Stop the live store's process: what was sent to it is done when it goes on."""
    await _stand_still(world, world.redis.process)


async def _stand_still(world: World, process: Process) -> None:
    world.loop.stop_process(process)
    await _some_seconds(world, 0.2, 12)
    world.loop.let_go_on(process)


async def postgres_dies(world: World) -> None:
    """Break every connection to the database, transactions with them."""
    await _all_cut(world, lambda hub: hub.to_database)


async def redis_dies(world: World) -> None:
    """Start the live store again, with what it had, or with what it knew some seconds ago, or with nothing."""
    remembered = world.chance.choice((world.redis.stages, world.oldest, {}))
    await _all_cut(world, lambda hub: hub.to_redis)
    world.redis.stages = deepcopy(remembered)
    world.redis.leases.clear()
    world.redis.begin_history(f"{world.redis.history}+")


async def redis_is_emptied(world: World) -> None:
    """Flush it: the same process, and nothing in it."""
    world.redis.forget_everything()
    world.redis.leases.clear()


async def redis_can_only_be_read(world: World) -> None:
    """Let the live store refuse every write."""
    for hub in world.hubs:
        hub.to_redis.is_read_only = True
    await _some_seconds(world, 0.2, 12)
    for hub in world.hubs:
        hub.to_redis.is_read_only = False


async def another_redis_is_promoted(world: World) -> None:
    """Lead the hubs, one after the other, to a replica that lags behind; the old primary still serves."""
    world.redis, before = world.another_redis(), world.redis
    world.redis.stages = deepcopy(world.chance.choice((before.stages, world.oldest)))
    for hub in world.chance.sample(world.hubs, len(world.hubs)):
        hub.lead_to(world.redis)
        await _some_seconds(world, 0.1, 8)


async def _all_cut(world: World, way_of: Callable[[SimulatedHub], Way]) -> None:
    for hub in world.hubs:
        way_of(hub).cut()
    await _some_seconds(world, 0.05, 10)
    for hub in world.hubs:
        way_of(hub).is_up = True


# ── lines ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def lines_break(world: World) -> None:
    """Cut some lines."""
    for wire in _some_wires(world):
        wire.cut()


async def lines_are_half_open(world: World) -> None:
    """Swallow what is said on some lines, one way or both; nobody is told."""
    for wire in _some_wires(world):
        # Whoever sits an exam and is not heard is away, though they may hear all: their own clock would not say so.
        ways = ((True, True), (True, False), (False, True))
        is_deaf, is_mute = world.chance.choice(ways if wire.is_of_staff else ways[:2])
        wire.is_deaf, wire.is_mute = wire.is_deaf or is_deaf, wire.is_mute or is_mute


async def lines_are_slow(world: World) -> None:
    """Delay what is said on some lines."""
    wires = _some_wires(world)
    for wire in wires:
        # Whoever sits an exam counts their own absence from the last word that came, however late it came.
        wire.slowness = world.chance.choice((0.1, 0.5, 1.5) if wire.is_of_staff else (0.1, 0.3, 0.5))
    await _some_seconds(world, 1, 15)
    for wire in wires:
        wire.calm()


def _some_wires(world: World) -> list[Wire]:
    wires = [wire for hub in world.hubs for wire in hub.wires]
    return world.chance.sample(wires, world.chance.randint(0, len(wires)))


LINE_FAULTS: Sequence[Fault] = (lines_break, lines_are_half_open, lines_are_slow, bells_are_lost)
FAULTS: Sequence[Fault] = (
    *LINE_FAULTS,
    hub_dies,
    hub_stands_still,
    hub_is_replaced,
    hub_loses_a_store,
    hub_is_far_away,
    postgres_stands_still,
    redis_stands_still,
    postgres_dies,
    redis_dies,
    redis_is_emptied,
    redis_can_only_be_read,
    another_redis_is_promoted,
)

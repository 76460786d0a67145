"""What may befall a room's page, how it ends, and what the page must say meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.faults.proxy import Way
from tests.faults.pushes import PushFaults
from tests.faults.stage import NEITHER, NO_DECISIONS, NO_LINE, NO_LIVE, WAITS_FOR_HUB, WAITS_FOR_LINE, Stage
from tests.faults.told import OFFLINE, SLOW

ADMITTED_SECONDS = 4.0
"""By then the page says what is missing: a look each second, which waits for a store for a second, twice."""
LINE_SECONDS = 6.0
"""A line that says nothing is given up after five."""
HEALED_SECONDS = 2.5
BACK_SECONDS = 12.0
"""A try that a mute line swallowed is given up after five seconds, the next one comes after four at most."""
LONG = 9.5
"""Seconds of an outage after which every chip must have come."""
Deed = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outage:
    """A fault, its words, and what a tap meets: `waits` is why the button waits, None where a tap is obeyed."""

    name: str
    begin: Deed
    end: Deed
    seconds: float
    says: str | None
    waits: str | None = None
    chips: tuple[str, ...] = ()
    within: float = ADMITTED_SECONDS
    healed: float = HEALED_SECONDS
    is_answered: bool = True

    def __str__(self) -> str:
        return self.name


async def freeze_redis(stage: Stage) -> None:
    stage.rig.redis.freeze()


async def thaw_redis(stage: Stage) -> None:
    stage.rig.redis.thaw()


async def kill_redis(stage: Stage) -> None:
    stage.rig.redis.kill()


async def start_redis(stage: Stage) -> None:
    await stage.rig.redis.start()


async def refuse_writes(stage: Stage) -> None:
    await stage.rig.redis.ask("CONFIG", "SET", "min-replicas-to-write", 1)


async def accept_writes(stage: Stage) -> None:
    await stage.rig.redis.ask("CONFIG", "SET", "min-replicas-to-write", 0)


async def empty_redis(stage: Stage) -> None:
    await stage.rig.redis.flush_all()


async def freeze_postgres(stage: Stage) -> None:
    stage.rig.postgres.freeze()


async def thaw_postgres(stage: Stage) -> None:
    stage.rig.postgres.thaw()


async def lose_postgres(stage: Stage) -> None:
    """Kill the server, and let nobody reach the one that its supervisor starts in its place."""
    for hub in stage.rig.hubs:
        hub.to_database.refuse()
    stage.rig.postgres.kill()


async def find_postgres(stage: Stage) -> None:
    for hub in stage.rig.hubs:
        hub.to_database.admit()


async def freeze_both(stage: Stage) -> None:
    stage.rig.redis.freeze()
    stage.rig.postgres.freeze()


async def thaw_both(stage: Stage) -> None:
    stage.rig.redis.thaw()
    stage.rig.postgres.thaw()


async def freeze_hub(stage: Stage) -> None:
    stage.rig.hubs[0].freeze()


async def thaw_hub(stage: Stage) -> None:
    stage.rig.hubs[0].thaw()


async def kill_hub(stage: Stage) -> None:
    """Kill the page's hub; whoever comes after that is led to the other one, as a balancer does."""
    stage.rig.hubs[0].kill()
    stage.door.redirect(("127.0.0.1", stage.rig.hubs[1].front.port), is_cutting=False)


async def deafen(stage: Stage) -> None:
    """Drop every ring on its way to the page's hub."""
    stage.rig.hubs[0].to_redis.mistreat_pushes(PushFaults(drop=1.0))


async def hear(stage: Stage) -> None:
    stage.rig.hubs[0].calm()


async def go_offline(stage: Stage) -> None:
    await stage.screen.context.set_offline(True)


async def go_online(stage: Stage) -> None:
    await stage.screen.context.set_offline(False)


async def swallow_news(stage: Stage) -> None:
    stage.door.drop(Way.DOWN)


async def swallow_words(stage: Stage) -> None:
    stage.door.drop(Way.UP)


async def swallow_all(stage: Stage) -> None:
    stage.door.drop()


async def carry(stage: Stage) -> None:
    stage.door.calm()


async def nothing(stage: Stage) -> None:
    """Leave the end of a fault to those who are there: the page has long gone on."""


ALL_CHIPS = (SLOW, OFFLINE)
LINE = {"says": NO_LINE, "waits": WAITS_FOR_LINE, "within": LINE_SECONDS}
QUICK = (
    Outage("redis frozen", freeze_redis, thaw_redis, LONG, NO_LIVE, chips=ALL_CHIPS),
    Outage("redis emptied", empty_redis, nothing, 2.0, None),
    Outage("postgres frozen", freeze_postgres, thaw_postgres, LONG, NO_DECISIONS, WAITS_FOR_HUB, ALL_CHIPS),
    Outage("both stores frozen", freeze_both, thaw_both, 5.0, NEITHER, WAITS_FOR_HUB, (SLOW,)),
    Outage("hub frozen", freeze_hub, thaw_hub, LONG, chips=ALL_CHIPS, **LINE),
    Outage("hub killed", kill_hub, nothing, 2.0, NO_LINE),
    Outage("phone offline", go_offline, go_online, LONG, chips=ALL_CHIPS, **LINE),
)
LONGER = (
    Outage("redis read-only", refuse_writes, accept_writes, LONG, NO_LIVE, chips=ALL_CHIPS),
    Outage("redis gone", kill_redis, start_redis, LONG, NO_LIVE, chips=ALL_CHIPS),
    Outage("postgres gone", lose_postgres, find_postgres, LONG, NO_DECISIONS, WAITS_FOR_HUB, ALL_CHIPS),
    Outage("both stores frozen for long", freeze_both, thaw_both, LONG, NEITHER, WAITS_FOR_HUB, ALL_CHIPS),
    Outage("no bell", deafen, hear, LONG, None),
    Outage("no news", swallow_news, carry, LONG, chips=ALL_CHIPS, healed=BACK_SECONDS, **LINE),
    Outage("half-open", swallow_all, carry, LONG, chips=ALL_CHIPS, healed=BACK_SECONDS, **LINE),
    Outage("no words heard", swallow_words, carry, LONG, None, is_answered=False, healed=BACK_SECONDS),
)

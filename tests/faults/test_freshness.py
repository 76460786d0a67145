"""Stores freeze, refuse and fall silent, hubs freeze, lines go mute: a screen may be late, but then it says so. P6."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from tests.faults import agreement
from tests.faults.behind import decided_behind_their_backs
from tests.faults.ground import patient
from tests.faults.play import Play, playing
from tests.faults.proxy import Way
from tests.faults.pushes import PushFaults
from tests.faults.rig import Rig
from tests.faults.watcher import Watcher
from tests.faults.witness import LATE_SECONDS, Witness, witnessed

HEALED_SECONDS = 2.5
ADMITTED_SECONDS = 4.0
"""By then a screen says what is missing: a look each second, which waits for a store for a second, twice."""
DEAF_SECONDS, KILLS_SECONDS = 4.0, 0.8
MENU = {"time.add": 5, "report.add": 3, "identity.check": 3, "message.send": 1}
Fault = Callable[[Play], Awaitable[None]]


@dataclass(frozen=True)
class Outage:
    """A fault, how it ends, how long it lasts; what the screens of which hub must say: an age, or a missing part."""

    name: str
    begin: Fault
    end: Fault
    seconds: float
    late: tuple[int, ...] = ()
    missing: tuple[tuple[int, str], ...] = ()


# ── faults ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def freeze_redis(play: Play) -> None:
    play.rig.redis.freeze()


async def thaw_redis(play: Play) -> None:
    play.rig.redis.thaw()


async def refuse_writes(play: Play) -> None:
    await play.rig.redis.ask("CONFIG", "SET", "min-replicas-to-write", 1)


async def accept_writes(play: Play) -> None:
    await play.rig.redis.ask("CONFIG", "SET", "min-replicas-to-write", 0)


async def silence_hubs(play: Play) -> None:
    """Freeze the first hub, and swallow what the second one says to its clients."""
    play.rig.hubs[0].freeze()
    play.rig.hubs[1].front.drop(Way.DOWN)


async def calm_hubs(play: Play) -> None:
    for hub in play.rig.hubs[:2]:
        hub.thaw()
        hub.calm()


async def cut_from_redis(play: Play) -> None:
    play.rig.hubs[1].to_redis.freeze()


async def cut_database(play: Play) -> None:
    play.rig.hubs[0].to_database.freeze()


async def deafen(play: Play) -> None:
    """Drop every ring on its way; then kill the lines they come by, again and again.

    Nobody acts on the first hub meanwhile: a hub that decides something itself needs no bell to look.
    """
    for author in play.authors:
        author.menu = {}
    for hub in play.rig.hubs[:2]:
        hub.to_redis.mistreat_pushes(PushFaults(drop=1.0))
    await asyncio.sleep(DEAF_SECONDS)
    until = time.monotonic() + KILLS_SECONDS
    while time.monotonic() < until:
        await play.rig.redis.ask("CLIENT", "KILL", "TYPE", "pubsub")
        await asyncio.sleep(0.15)


async def hear_again(play: Play) -> None:
    for author in play.authors:
        author.menu = dict(MENU)
    await calm_hubs(play)


LIVE_GONE = ((0, "live"), (1, "live"))
FROZEN_REDIS = Outage("Redis is frozen", freeze_redis, thaw_redis, 4.2, missing=LIVE_GONE)
READ_ONLY_REDIS = Outage("Redis refuses to write", refuse_writes, accept_writes, 4.2, missing=LIVE_GONE)
SILENT_HUBS = Outage("a hub is frozen, the other mute", silence_hubs, calm_hubs, 4.2, late=(0, 1))
HALF_CUT = Outage("a hub has lost Redis", cut_from_redis, calm_hubs, 5.0, missing=((1, "live"),))
CUT_OFF = Outage("a hub has lost Redis for long", cut_from_redis, calm_hubs, 12.0, missing=((1, "live"),))
NO_DATABASE = Outage("a hub has lost Postgres", cut_database, calm_hubs, 5.0, missing=((0, "decisions"),))
NO_BELL = Outage("nobody hears a bell", deafen, hear_again, 0.0)
OUTAGES = (NO_BELL, FROZEN_REDIS, READ_ONLY_REDIS, SILENT_HUBS, HALF_CUT, CUT_OFF, NO_DATABASE)


# ── what must hold ─────────────────────────────────────────────────────────────────────────────────────────────


async def suffered(play: Play, outage: Outage, witness: Witness) -> None:
    """Go through one outage, with decisions all the while; then every screen is exact again, and soon."""
    journal, begun = play.rig.journal, time.monotonic()
    journal.note("test", f"{outage.name} for {outage.seconds} s")
    deciding = asyncio.create_task(decided_behind_their_backs(play.rig, play.room))
    on = [[one for one in play.screens if one.hub is hub and one.line is not None] for hub in play.rig.hubs[:2]]
    try:
        await outage.begin(play)
        await asyncio.sleep(outage.seconds)
    finally:
        deciding.cancel()
        await asyncio.gather(deciding, return_exceptions=True)
        await outage.end(play)
    took = await agreement.agree(play.rig, play.room, play.screens, HEALED_SECONDS, is_quiet=False)
    journal.note("test", f"{outage.name}: exact after {took:.2f} s")
    for one in (one for number in outage.late for one in on[number]):
        oldest = witness.oldest(one, begun)
        assert oldest >= LATE_SECONDS, f"{outage.name}: {one.name} admitted {oldest:.1f} s only"
    for number, part in outage.missing:
        for one in on[number]:
            _assert_admitted(one, part, begun, outage.name)


def _assert_admitted(watcher: Watcher, part: str, since: float, what: str) -> None:
    said = [at - since for at, missing in watcher.degraded if at >= since and part in missing]
    assert said, f"{what}: {watcher.name} never said that {part} is missing"
    assert said[0] <= patient(ADMITTED_SECONDS), f"{what}: {watcher.name} said so after {said[0]:.1f} s"


async def test_p06_a_screen_is_never_silently_stale(rig: Rig) -> None:
    async with playing(rig, people=4, authors=2, menu=MENU, pause=0.25) as play:
        await play.seated()
        async with witnessed(rig, play.room, play.screens) as witness:
            for outage in (NO_BELL, FROZEN_REDIS, READ_ONLY_REDIS, SILENT_HUBS):
                await suffered(play, outage, witness)
        await play.assert_well(is_written=False)


@pytest.mark.long_faults
@pytest.mark.timeout(900)
async def test_p06_a_screen_is_never_silently_stale_in_a_long_day(rig: Rig) -> None:
    async with playing(rig, people=12, authors=4, menu=MENU, pause=0.4) as play:
        await play.seated()
        async with witnessed(rig, play.room, play.screens) as witness:
            for outage in rig.chance.sample(OUTAGES * 3, len(OUTAGES) * 3):
                await suffered(play, outage, witness)
        await play.assert_well()

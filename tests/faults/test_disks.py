"""A disk that is really full, under Redis and under Postgres: what the page says, and that nothing is lost. P15."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.faults.disk import SmallDisk, small_disk
from tests.faults.outages import HEALED_SECONDS, LONG, Outage
from tests.faults.proxy import ChaosProxy
from tests.faults.rig import Rig, RigRoom
from tests.faults.stage import NO_DECISIONS, NO_LIVE, UNANSWERED, Stage, healed, staged
from tests.faults.suffering import suffered
from tests.faults.told import LIVE, OFFLINE, SLOW, Fate, fates
from tests.story.api import Api, Refused
from tests.story.client import new_key

REDIS_MEBIBYTES, POSTGRES_MEBIBYTES = 16, 256
REFUSALS = 3
"""So many in a row: a page of a table that was still half empty takes one decision more."""

pytestmark = pytest.mark.long_faults


@pytest.fixture
async def redis_disk(rig: Rig) -> AsyncIterator[SmallDisk]:
    """Put the rig's Redis on a disk of its own for one test."""
    rig.redis.stop()
    with small_disk(rig.redis.data, REDIS_MEBIBYTES) as disk:
        await rig.redis.start()
        await rig.heal()
        yield disk
        disk.clear()
        rig.redis.stop()
    await rig.redis.start()


@pytest.fixture
async def postgres_disk(rig: Rig) -> AsyncIterator[SmallDisk]:
    """Put the rig's Postgres on a disk of its own for one test."""
    await rig.postgres.stop()
    with small_disk(rig.postgres.data, POSTGRES_MEBIBYTES) as disk:
        await rig.postgres.start()
        await rig.heal()
        yield disk
        disk.clear()
        await rig.postgres.stop()
    await rig.postgres.start()


async def refused_in_a_row(rig: Rig, room: RigRoom) -> None:
    """Confirm and cancel the presence of the last of the room until nothing can be recorded any more."""
    path, who, refusals = f"/sessions/{room.number}/commands", rig.staff.invigilators[1], 0
    async with Api(rig.hubs[1].own_url) as api:
        for type_ in itertools.cycle(("presence.confirm", "presence.cancel")):
            body = {"type": type_, "ref": 1, "key": new_key(), "candidates": [room.ids[-1]]}
            try:
                await api.call("POST", path, who.token, json=body)
                refusals = 0
            except Refused:
                refusals += 1
            if refusals == REFUSALS:
                return


async def presence(stage: Stage) -> Fate:
    """Tell what became of the tap on the second of the room."""
    return (await fates(stage.rig, stage.room, await stage.screen.looks(), (1,)))[stage.room.ids[1]]


async def test_p15_redis_on_a_full_disk_is_said_and_decisions_go_on(
    browser: Browser, rig: Rig, door: ChaosProxy, redis_disk: SmallDisk
) -> None:
    async def fill(_: Stage) -> None:
        redis_disk.fill()

    async def clear(_: Stage) -> None:
        redis_disk.clear()

    async with staged(browser, rig, door) as stage:
        await suffered(stage, Outage("redis disk full", fill, clear, LONG, NO_LIVE, chips=(SLOW, OFFLINE)))


async def test_p15_postgres_on_a_full_disk_refuses_and_the_page_never_says_done(
    browser: Browser, rig: Rig, door: ChaosProxy, postgres_disk: SmallDisk
) -> None:
    async with staged(browser, rig, door) as stage:
        screen, room = stage.screen, stage.room
        postgres_disk.fill()
        await refused_in_a_row(rig, room)
        # A hub whose own writes were refused a moment ago says so, and its page holds the button back.
        await expect(stage.step(1)).to_be_enabled(timeout=10_000)
        await stage.tap(1)
        row = screen.desk.row(room.people[1])
        await expect(row).to_contain_text(UNANSWERED)
        await expect(row).to_contain_text("Attendu")
        await expect(screen.desk.page.get_by_text(NO_DECISIONS)).to_be_visible(timeout=8_000)
        await expect(screen.desk.chip(LIVE)).to_be_visible()
        assert (await presence(stage)).decided_at == ()
        postgres_disk.clear()
        await healed(screen, HEALED_SECONDS)
        assert (await presence(stage)).shown_at is not None

"""What an invigilator sees while something is broken: true words in time, no silent lie, no tap that lies. P6, P15."""

from __future__ import annotations

import asyncio
import time

import pytest
from playwright.async_api import Browser, expect

from tests.faults.behind import decided_behind_their_backs
from tests.faults.outages import HEALED_SECONDS, LONGER, QUICK, Outage
from tests.faults.proxy import ChaosProxy
from tests.faults.rig import Rig
from tests.faults.stage import NO_LIVE, healed, staged
from tests.faults.suffering import suffered
from tests.faults.told import LIVE, fates, silent_lies
from tests.faults.valkey import LiveServer

MOVED_MS = 20_000
"""A hub alone with an old Redis first waits for it, then sends its clients to the others."""


@pytest.mark.parametrize("outage", QUICK, ids=str)
async def test_p06_p15_the_page_says_what_is_so_and_is_exact_again(
    browser: Browser, rig: Rig, door: ChaosProxy, outage: Outage
) -> None:
    async with staged(browser, rig, door) as stage:
        await suffered(stage, outage)


@pytest.mark.long_faults
@pytest.mark.parametrize("outage", LONGER, ids=str)
async def test_p06_p15_the_page_says_what_is_so_in_every_other_outage(
    browser: Browser, rig: Rig, door: ChaosProxy, outage: Outage
) -> None:
    async with staged(browser, rig, door) as stage:
        await suffered(stage, outage)


@pytest.mark.long_faults
async def test_p06_a_page_on_the_wrong_side_of_a_promotion_says_so_and_is_led_to_the_right_one(
    browser: Browser, rig: Rig, door: ChaosProxy, second: LiveServer
) -> None:
    async with staged(browser, rig, door) as stage:
        screen, begun = stage.screen, time.time()
        await second.follow(rig.redis)
        await second.promote()
        rig.hubs[1].to_redis.redirect(second.address)
        door.redirect(("127.0.0.1", rig.hubs[1].front.port), is_cutting=False)
        deciding = asyncio.create_task(decided_behind_their_backs(rig, stage.room))
        await expect(screen.page.get_by_role("banner").get_by_text(NO_LIVE)).to_be_visible()
        await stage.tap(1)
        await expect(screen.page.get_by_role("banner").get_by_text(NO_LIVE)).to_have_count(0, timeout=MOVED_MS)
        await expect(screen.desk.chip(LIVE)).to_be_visible(timeout=MOVED_MS)
        deciding.cancel()
        await asyncio.gather(deciding, return_exceptions=True)
        await healed(screen, HEALED_SECONDS)
        looks = await screen.looks(begun)
        assert not silent_lies(stage.room, looks, stage.witness.readings)
        assert (await fates(rig, stage.room, looks))[stage.room.ids[1]].shown_at is not None

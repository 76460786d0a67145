"""Five invigilators at once on two hubs, with bells that are lost, doubled or late: P7, P9 and P11."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.play import playing
from tests.faults.pushes import PushFaults
from tests.faults.rig import Rig

SHAKEN = PushFaults(drop=0.2, double=0.2, reorder=0.2)
DEAF = PushFaults(drop=1.0)


async def test_p07_invigilators_acting_at_once_on_two_hubs_converge(rig: Rig) -> None:
    async with playing(rig, people=6, authors=5, pause=0.3, pace=0.7) as play:
        await asyncio.sleep(6)
        await play.assert_well(within=2.0)
        assert len(play.deeds) > 30


async def test_p09_bells_dropped_doubled_and_reordered_leave_no_hole(rig: Rig) -> None:
    async with playing(rig, people=6, authors=3, pause=0.3, pace=0.7) as play:
        for hub in rig.hubs:
            hub.to_redis.mistreat_pushes(SHAKEN)
        await asyncio.sleep(5)
        await play.assert_well(within=2.0, is_written=False)
        assert not [one for screen in play.screens for one in screen.setbacks]


async def test_p09_without_any_bell_the_screens_are_a_second_late_at_most(rig: Rig) -> None:
    async with playing(rig, people=3, authors=2, pause=0.3) as play:
        for hub in rig.hubs:
            hub.to_redis.mistreat_pushes(DEAF)
        await asyncio.sleep(3)
        await play.assert_well(within=2.0, is_written=False)
        ages = [one.seconds for screen in play.screens for one in screen.ages if one.is_connected]
        assert max(ages) < 3.0, "a lost bell costs time, and as_of knows"


async def test_p11_progress_never_goes_back_on_slow_lines_that_break(rig: Rig) -> None:
    async with playing(rig, people=6, authors=1, menu={}, pace=1.0, stutter=0.4) as play:
        await play.seated()
        for hub in rig.hubs:
            hub.front.delay(0.02, 0.08)
            hub.to_redis.delay(0.0, 0.05)
        for _ in range(4):
            await asyncio.sleep(1.2)
            rig.hubs[0].front.cut(0.4)
            rig.hubs[1].front.cut(0.4)
        for hub in rig.hubs:
            hub.calm()
        await play.assert_well()
        assert not [one for screen in play.screens for one in screen.setbacks]
        for sitter in play.sitters:
            assert sitter.answered > 0, "everybody came on"


async def test_p11_progress_does_not_go_back_when_redis_forgets(rig: Rig) -> None:
    async with playing(rig, people=3, authors=1, menu={}, pace=0.6) as play:
        await play.seated()
        await asyncio.sleep(2)
        await rig.redis.flush_all()
        await asyncio.sleep(2)
        await play.assert_well(is_written=False)
        setbacks = [one for screen in play.screens for one in screen.setbacks]
        assert not setbacks, "the hubs knew better"


@pytest.mark.long_faults
@pytest.mark.timeout(900)
async def test_p07_p09_ten_minutes_of_everything_at_once(rig: Rig) -> None:
    async with playing(rig, people=25, authors=6, pause=0.5) as play:
        for round_ in range(60):
            for hub in rig.hubs:
                hub.to_redis.mistreat_pushes(SHAKEN if round_ % 3 else DEAF)
                hub.front.delay(0.0, 0.1 * (round_ % 2))
            await asyncio.sleep(10)
            rig.chance.choice(rig.hubs).front.cut(0.3)
        await rig.heal()
        await play.assert_well(within=2.0)

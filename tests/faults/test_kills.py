"""Hubs, Postgres and Redis are killed without a warning while a room is being played: P1, and P11 across the kills."""

from __future__ import annotations

import pytest

from tests.faults.killer import PAUSE_SECONDS, QUICK_PAUSE_SECONDS, kill_often
from tests.faults.play import Play, playing
from tests.faults.rig import Rig

QUICK_KILLS = 10
LONG_KILLS = 200


async def killed(rig: Rig, play: Play, kills: int, pause: tuple[float, float]) -> None:
    """Play through so many kills, then let everything come back and look at what is left."""
    await play.seated()
    await kill_often(rig, kills, pause)
    await rig.heal()
    await play.assert_well()
    assert sum(deed.is_acknowledged for deed in play.deeds) > kills, "something was acknowledged between the kills"


async def test_p01_an_acknowledged_decision_is_never_lost(rig: Rig) -> None:
    async with playing(rig, people=6, authors=6, pause=0.5) as play:
        await killed(rig, play, QUICK_KILLS, QUICK_PAUSE_SECONDS)


@pytest.mark.long_faults
@pytest.mark.timeout(1800)
async def test_p01_an_acknowledged_decision_is_never_lost_in_two_hundred_kills(rig: Rig) -> None:
    async with playing(rig, people=12, authors=6, pause=1.0) as play:
        await killed(rig, play, LONG_KILLS, PAUSE_SECONDS)

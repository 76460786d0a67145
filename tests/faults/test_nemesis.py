"""Faults of every kind, drawn at random, overlapping, while a room is played: nothing is lost or undone. P1."""

from __future__ import annotations

import pytest

from tests.faults.author import MENU
from tests.faults.nemesis import FAULTS, haunt, stand
from tests.faults.play import Play, playing
from tests.faults.rig import Rig

QUICK_SECONDS = 10.0
ONE_SECONDS = 1.5


async def healed_and_well(rig: Rig, play: Play) -> None:
    await rig.heal()
    await play.assert_well()
    assert sum(deed.is_acknowledged for deed in play.deeds) > 0, "something was acknowledged meanwhile"


async def test_p01_faults_that_overlap_lose_nothing_and_undo_nothing(rig: Rig) -> None:
    async with playing(rig, people=6, authors=4, menu=MENU, pause=0.5) as play:
        await play.seated()
        await haunt(rig, QUICK_SECONDS)
        await healed_and_well(rig, play)


@pytest.mark.long_faults
@pytest.mark.timeout(900)
async def test_p01_each_kind_of_fault_alone(rig: Rig) -> None:
    async with playing(rig, people=8, authors=4, menu=MENU, pause=0.5) as play:
        await play.seated()
        for fault in FAULTS:
            await stand(rig, fault, ONE_SECONDS)
            await rig.heal()
        await healed_and_well(rig, play)


@pytest.mark.long_faults
@pytest.mark.timeout(0)
async def test_p01_faults_that_overlap_for_minutes(rig: Rig, pytestconfig: pytest.Config) -> None:
    """A room for each minute: one that has ended everybody's test has nothing left to lose."""
    for _ in range(max(1, round(pytestconfig.getoption("faults_minutes")))):
        async with playing(rig, people=12, authors=6, menu=MENU, pause=0.6) as play:
            await play.seated()
            await haunt(rig, 60.0)
            await healed_and_well(rig, play)

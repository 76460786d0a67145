"""A node dies without a warning: its clients come back to the others by themselves, and nobody else notices."""

from __future__ import annotations

import asyncio
import random
from time import monotonic

from loadtests.swarm.hall import until
from loadtests.swarm.people import Candidate
from loadtests.swarm.scenes import Figures, Stage, advance, per_thousand, settled

BACK_SECONDS = 120.0
ASKED = 200
"""So many of those who came back answer a question each: a seat that is shown but does not work would show."""


async def node_death(stage: Stage) -> Figures:
    """Kill the last node; it stays dead."""
    hall, node = stage.hall, stage.nodes.hubs[-1]
    members = (*hall.candidates, *hall.dashboards)
    orphans = [one for one in members if one.port == node.port]
    lost_before = {one: one.lost for one in members}
    for one in orphans:
        if isinstance(one, Candidate):
            one.state = None
    begun = monotonic()
    await asyncio.to_thread(node.kill)
    before = stage.read()
    await until(lambda: all(_is_back(one.port, node.port, one.is_open) for one in orphans), "lines", BACK_SECONDS)
    await until(lambda: all(one.state for one in hall.candidates), "a state for everybody", BACK_SECONDS)
    took, spent = monotonic() - begun, stage.read().since(before)
    back = [one for one in orphans if isinstance(one, Candidate)]
    missing = await _answer(stage, random.sample(back, min(ASKED, len(back))))
    others = set(members) - set(orphans)
    return {
        "seconds": took,
        "back": len(orphans),
        "others": len(others),
        "disturbed": sum(one.lost != lost_before[one] or not one.is_open for one in others),
        "outside": sum(not (one.state and one.state.in_test) for one in hall.candidates),
        "missing": missing,
        "faults": len(hall.tally.faults),
        **per_thousand(spent, len(orphans)),
    }


def _is_back(port: int, dead: int, is_open: bool) -> bool:
    return is_open and port != dead


async def _answer(stage: Stage, asked: list[Candidate]) -> int:
    """Let these answer once each; count what of it a dashboard of their room was not told."""
    rooms = {one.number: room.dashboards for room in stage.hall.rooms for one in room.candidates}
    for one in asked:
        advance(one, rooms[one.number])
    await settled(stage.hall)
    return len(stage.hall.tally.missing)

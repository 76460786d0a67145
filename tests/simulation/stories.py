"""The stories that are told in simulated worlds, and what must hold at the end of each."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from tests.faults.agreement import LIVE
from tests.faults.journal import MOST_LINES
from tests.faults.play import playing
from tests.faults.watcher import BEAT_SECONDS
from tests.faults.witness import LATE_SECONDS, witnessed
from tests.simulation.nemesis import FAULTS, LINE_FAULTS, plague
from tests.simulation.world import World, simulated

PLAGUE_SECONDS = 60.0
LIMIT_SECONDS = LATE_SECONDS + BEAT_SECONDS + 0.4
"""So long a screen may show what is no more true and say it is fresh: here every way may be slow."""


async def a_plague(world: World) -> None:
    """Play a room while hubs, stores and lines fail, several at a time.

    Progress is no decision: what a hub cut off from Redis accepts is in Postgres at once, and on the screens of other
    hubs when its client has come over. So nobody is called a liar for it; at the end it must be right everywhere. And
    a line that another part of a torn house cannot see is shown as such: only an interruption must be deserved.
    """
    async with playing(world, people=5, watchers=1, authors=2, pause=0.7, stutter=0.2) as play:
        await play.seated()
        async with witnessed(world, play.room, play.screens, LIMIT_SECONDS, (*LIVE, "progress")):
            await plague(world, PLAGUE_SECONDS, FAULTS)
            await world.heal()
            for screen in play.screens:
                screen.reds = [red for red in screen.reds if red.what == "interrupted"]
            await play.assert_well(within=8.0)


async def bad_lines(world: World) -> None:
    """Play a room on lines that break, fall silent and are slow, with bells that are lost: everything is judged."""
    async with playing(world, people=5, watchers=1, authors=2, pause=0.7, stutter=0.2) as play:
        await play.seated()
        async with witnessed(world, play.room, play.screens, LIMIT_SECONDS):
            await plague(world, PLAGUE_SECONDS, LINE_FAULTS)
            await world.heal()
            await play.assert_well(within=8.0)


STORIES: Mapping[str, Callable[[World], Coroutine[Any, Any, None]]] = {"plague": a_plague, "lines": bad_lines}


def tell(story: str, seed: int) -> list[str]:
    """Tell one story in one world and return its journal; it is noted on what breaks it."""
    with simulated(seed) as world:
        try:
            world.run(STORIES[story](world))
        except BaseException as broken:
            broken.add_note(f"story {story}, seed {seed}\n{world.journal.text(MOST_LINES)}")
            raise
        return [str(one) for one in world.journal.entries]

"""The hall at rest: each dashboard has all that was sent and promised in its room, once and in order.

What shows at once is noted while it is heard. This finds what does not: a last value that never came, a deed that was
not told, and, since lines and screens have no numbers, whatever differs from the same stretch told again.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from loadtests.owed import missing
from loadtests.swarm.hall import Hall, at_once
from loadtests.swarm.people import Dashboard

REST_SECONDS = 5.0
"""How long what was sent may take to stand on a dashboard at rest."""
AGAIN_SECONDS = 10.0
JUDGED_AT_ONCE = 128


async def judge_hall(hall: Hall) -> int:
    """Judge every dashboard; what is wrong is named among the faults, and counted."""
    before = len(hall.tally.faults)
    for lost in await at_once(JUDGED_AT_ONCE, hall.dashboards, judge):
        hall.tally.faults += lost
    return len(hall.tally.faults) - before


async def judge(dashboard: Dashboard) -> list[str]:
    """Name what one dashboard lacks; what it was told otherwise is noted where it notes all that it hears."""
    with suppress(TimeoutError):
        async with asyncio.timeout(REST_SECONDS):
            while missing(dashboard.heard, dashboard.sent):
                await dashboard.changed()
    lost = missing(dashboard.heard, dashboard.sent)
    if not await _told_again(dashboard):
        lost.append(f"room {dashboard.number}: what came since the last look was not told again")
    return lost


async def _told_again(dashboard: Dashboard) -> bool:
    position = dashboard.heard.ask_again()
    if position is None:
        return True
    dashboard.say({"type": "sync", "position": position})
    with suppress(TimeoutError):
        async with asyncio.timeout(AGAIN_SECONDS):
            while dashboard.heard.is_asking:
                await dashboard.changed()
    return not dashboard.heard.is_asking

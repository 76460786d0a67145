"""The goodbye of a node that stops: balancers hear of it first, then everybody inside, a few at a time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Protocol

from channels.close_codes import CloseCode
from channels.connection import GOODBYE_SECONDS, LAST_FRAMES_SECONDS
from hub.model import ConnectionId

STEP_SECONDS = 0.25
"""Pause between two batches of goodbyes."""
AWAY_MS = 1000
"""Over so long clients are spread whom a node sends to the others."""
LAST_SECONDS = LAST_FRAMES_SECONDS + 2 * GOODBYE_SECONDS
"""How long the last goodbye may take: frames still to be judged, the bye, the close."""


class Leaving(Protocol):
    """A connection as far as it can be ended."""

    def end(self, code: CloseCode, after_ms: int = 0) -> None:
        """Ask it to say goodbye."""
        ...


class Held(Protocol):
    """Whatever a node knows of one of its connections."""

    @property
    def connection(self) -> Leaving:
        """Return the connection."""
        ...


def away_ms() -> int:
    """Return when somebody who is sent to the others comes there."""
    return random.randint(0, AWAY_MS)  # nosec B311 # spreads returns, guards nothing


async def part(sockets: Mapping[ConnectionId, Held], gone: asyncio.Event, *, notice: float, seconds: float) -> None:
    """Send everybody away within so many seconds, `notice` of which pass before the first.

    In that time readiness says that newcomers should go elsewhere. Without it a balancer that looks for the fewest
    connections would send those who leave straight back. `gone` is set once nobody is left.
    """
    if sockets:
        await asyncio.sleep(notice)
    await _send_away(list(sockets.values()), seconds - notice)
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_SECONDS):
            await gone.wait()


async def _send_away(leaving: Collection[Held], seconds: float) -> None:
    """Send a share away each quarter of a second, by the clock: a machine that is busy takes no longer."""
    waiting, loop = list(leaving), asyncio.get_running_loop()
    steps = max(1, int(seconds / STEP_SECONDS))
    size = max(1, -(-len(waiting) // steps))
    begun = loop.time()
    for step, start in enumerate(range(0, len(waiting), size)):
        await asyncio.sleep(begun + step * STEP_SECONDS - loop.time())
        for one in waiting[start : start + size]:
            one.connection.end(CloseCode.DRAINING, after_ms=away_ms())

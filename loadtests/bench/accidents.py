"""What dashboards were not told after three accidents, by comparing what each received with what was sent."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from redis.asyncio import Redis

from loadtests.bench.arms import Arm
from loadtests.bench.hall import Room, Screen, Seat, Visitor, is_current, missing
from loadtests.bench.lines import CannotConnect
from loadtests.bench.paces import steadily

ROOMS = 8
SECONDS = 9.0
"""How long candidates answer, once a second each, in each accident."""
HARM_AFTER_SECONDS = 2.0
AWAY_SECONDS = 5.0
DEAD_SECONDS = 1.0
SETTLE_SECONDS = 12.0
"""How long, after the last answer, a dashboard may take to be told of it."""
QUIET_SECONDS = 2.0
FIRST_TRY_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 4.0
POLL_SECONDS = 0.05
Say = Callable[[str], None]


class Keeper:
    """Brings everybody whose line is lost back, to whichever server lives, as clients do."""

    def __init__(self, arm: Arm, nodes: int) -> None:
        self._arm, self._nodes = arm, nodes
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_leaving = False
        self.away: set[Screen] = set()
        self.returns = 0

    def keep(self, who: Visitor) -> None:
        """Watch somebody's line from now on."""
        who.line.on_lost = lambda: self._lost(who)

    def bring_back(self, who: Visitor) -> None:
        """Begin to call again for somebody."""
        task = asyncio.create_task(self._come_back(who))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def leave(self, people: Sequence[Visitor]) -> None:
        """Stop, and close every line."""
        self._is_leaving = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for who in people:
            who.line.cut()

    def _lost(self, who: Visitor) -> None:
        if not self._is_leaving and who not in self.away:
            self.bring_back(who)

    async def _come_back(self, who: Visitor) -> None:
        tries = 0
        while True:
            ceiling = min(LONGEST_PAUSE_SECONDS, FIRST_TRY_SECONDS * 2**tries)
            await asyncio.sleep(random.uniform(0, ceiling))
            tries += 1
            try:
                await self._arm.open_line(who, random.randrange(self._nodes))
            except CannotConnect:
                continue
            break
        self.keep(who)
        self.returns += 1
        if isinstance(who, Seat):
            who.come_back()


class Accidents:
    """One arm with two servers where it can have them, and a small hall that is hurt three times."""

    def __init__(self, arm: Arm, rooms: int, say: Say) -> None:
        self._arm, self._say = arm, say
        self._nodes = min(2, arm.most_nodes)
        self._rooms = [Room.of(number) for number in range(rooms)]
        self._seats = [seat for room in self._rooms for seat in room.seats]
        self._screens = [screen for room in self._rooms for screen in room.screens]
        self._people = [who for room in self._rooms for who in room.people]
        self._keeper = Keeper(arm, self._nodes)

    async def run(self) -> dict[str, Any]:
        """Hurt, wait, count. A server must have been started for each node."""
        for at, seat in enumerate(self._seats):
            seat.node = at % self._nodes
        for screen in self._screens:
            screen.node, screen.got = screen.number % self._nodes, set()
        await self._arm.lay_out(self._rooms)
        await self._arm.connect(self._people)
        await self._arm.enter(self._rooms)
        for who in self._people:
            self._keeper.keep(who)
        await asyncio.sleep(self._arm.rest_seconds)
        try:
            return {
                "pubsub_kill": await self._one("pub/sub kill", self._kill_pubsub, self._why_no_pubsub()),
                "node_kill": await self._one("node kill", self._kill_node, self._why_no_second()),
                "away": await self._one("5 s away", self._look_away, None),
            }
        finally:
            await self._keeper.leave(self._people)

    async def _one(
        self, name: str, harm: Callable[[], Coroutine[Any, Any, str]], why_not: str | None
    ) -> dict[str, Any]:
        if why_not is not None:
            self._say(f"{name}: skipped, {why_not}")
            return {"skipped": why_not}
        since = {seat: (len(seat.times), seat.calls) for seat in self._seats}
        hurting = asyncio.create_task(harm())
        try:
            await steadily(self._rooms, SECONDS, calls=True)
            what = await hurting
        finally:
            hurting.cancel()
        await self._settle()
        counted = missing(self._screens, since)
        self._say(
            f"{name} ({what}): {counted.events} of {counted.expected} events missing, "
            f"{counted.rows} of {counted.rows_shown} rows wrong"
        )
        return {**asdict(counted), "what": what}

    async def _settle(self) -> None:
        """Wait until every row is right, or long enough; then a little for what may still be under way."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                while True:
                    if self._is_settled():
                        break
                    await asyncio.sleep(POLL_SECONDS)
        await asyncio.sleep(QUIET_SECONDS)

    def _is_settled(self) -> bool:
        return all(is_current(screen, seat) for screen in self._screens for seat in screen.room.seats)

    # ── three ways to be hurt ──────────────────────────────────────────────────────────────────────────────────

    async def _kill_pubsub(self) -> str:
        await asyncio.sleep(HARM_AFTER_SECONDS)
        redis = Redis.from_url(self._arm.ground.stores.redis_url)
        try:
            killed = await redis.client_kill_filter(_type="pubsub")
        finally:
            await redis.aclose()
        return f"{int(killed)} connections cut"

    async def _kill_node(self) -> str:
        await asyncio.sleep(HARM_AFTER_SECONDS)
        returns = self._keeper.returns
        self._arm.kill(self._nodes - 1)
        await asyncio.sleep(DEAD_SECONDS)
        await self._arm.revive(self._nodes - 1)
        return f"one of {self._nodes}, {self._keeper.returns - returns} back when it was up again"

    async def _look_away(self) -> str:
        await asyncio.sleep(HARM_AFTER_SECONDS)
        leaving = [room.screens[-1] for room in self._rooms]
        self._keeper.away |= set(leaving)
        for screen in leaving:
            screen.line.cut()
        await asyncio.sleep(AWAY_SECONDS)
        self._keeper.away.clear()
        for screen in leaving:
            self._keeper.bring_back(screen)
        return f"{len(leaving)} of {len(self._screens)} dashboards"

    def _why_no_pubsub(self) -> str | None:
        return None if self._arm.has_pubsub else "it uses no pub/sub"

    def _why_no_second(self) -> str | None:
        return None if self._nodes > 1 else "it is one process without a store"

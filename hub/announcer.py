"""Tells the live store what was committed, in the order of commits, after the author has been answered."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from hub.audit import Recorded
from hub.figures import HubFigures
from hub.live import Apply, LiveStore
from hub.model import SessionNumber
from hub.ports import Head, Ledger, StoreAccident, UnknownSession

log = logging.getLogger("vigie.announcer")

GAP_WAITS_SECONDS = (0.02, 0.05, 0.1)
"""How long to wait for another node that is still applying an earlier decision, before reloading the room."""


class Announcer:
    """One queue per session, so that decisions of this node reach the live store in their own order."""

    def __init__(self, ledger: Ledger, live: LiveStore, figures: HubFigures | None = None) -> None:
        self._ledger = ledger
        self._live = live
        self._figures = figures or HubFigures()
        self._queues: dict[SessionNumber, deque[tuple[Head, Recorded]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.on_applied: Callable[[SessionNumber], None] = lambda _: None

    def announce(self, before: Head, recorded: Recorded) -> None:
        """Queue committed events for the live store; returns at once."""
        if not recorded.events:
            return
        number = recorded.room.number
        queue = self._queues.get(number)
        if queue is not None:
            queue.append((before, recorded))
            return
        self._queues[number] = deque([(before, recorded)])
        task = asyncio.create_task(self._drain(number), name=f"announce-{number}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Wait until everything queued so far has been told (or given up)."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))

    async def _drain(self, number: SessionNumber) -> None:
        queue = self._queues[number]
        try:
            while queue:
                before, recorded = queue.popleft()
                await self._tell(before, recorded)
        finally:
            del self._queues[number]

    async def _tell(self, before: Head, recorded: Recorded) -> None:
        """Apply one decision. A live store that is away is no accident of ours: the verifier reloads it later."""
        number = recorded.room.number
        try:
            outcome = await self._live.apply(before, recorded.room, recorded.events)
            for seconds in GAP_WAITS_SECONDS:
                if outcome is not Apply.GAP:
                    break
                await asyncio.sleep(seconds)
                outcome = await self._live.apply(before, recorded.room, recorded.events)
            self._figures.told[outcome] += 1
            if outcome is Apply.GAP or outcome is Apply.CONFLICT:
                await self.reload(number, beyond=0 if outcome is Apply.CONFLICT else None)
            self.on_applied(number)
        except (StoreAccident, UnknownSession) as accident:
            self._figures.told["away"] += 1
            log.warning(
                "live store not told of session %s decision %s: %r", number, recorded.room.decision_seq, accident
            )

    async def reload(self, number: SessionNumber, *, beyond: int | None = None) -> None:
        """Rebuild the live room from the ledger; in a new life, later than `beyond`, where the histories differ."""
        if beyond is not None:
            seen = (await self._ledger.heads((number,))).get(number)
            if seen is None:
                raise UnknownSession(number)
            await self._ledger.next_epoch(number, seen.live_epoch, beyond)
        self._figures.rebuilt += 1
        await self._live.load(await self._ledger.room(number))

"""The rooms this node looks at: opened once, followed by the bell, verified every second.

Verification, and nothing else, moves a room's `as_of`: the instant at which what was delivered equalled both the
live store and the truth.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Literal

from channels.mirror import Mirror
from hub.announcer import Announcer
from hub.model import SessionNumber
from hub.ports import Bell, Clock, Head, Ledger, LiveStore, Position, StoreUnavailable, UnknownSession

Missing = Literal["live", "decisions"]
log = logging.getLogger("vigie.rooms")

PATIENCE_ROUNDS = 2
"""Rounds a live room may differ from the ledger (a decision on its way) before it is rebuilt."""
LINGER_ROUNDS = 180
"""Rounds an unwatched room is kept: longer than the grace of a loss of ours, since people come back."""
SWEEP_EVERY_ROUNDS = 5
"""Rounds between two looks for seats of nodes that died."""
DEGRADED_EVERY_ROUNDS = 2
"""Rounds between two snapshots from the ledger while the live store is away."""


class Rooms:
    """Every mirror of this node."""

    def __init__(self, ledger: Ledger, live: LiveStore, bell: Bell, announcer: Announcer, clock: Clock) -> None:
        self._ledger, self._live, self._bell, self._announcer, self._clock = ledger, live, bell, announcer, clock
        self._opening: dict[SessionNumber, asyncio.Task[Mirror]] = {}
        self._mirrors: dict[SessionNumber, Mirror] = {}
        self._differs: dict[SessionNumber, int] = {}
        self._idle: dict[SessionNumber, int] = {}
        self._round = 0
        self.on_loaded: Callable[[Mirror], None] = lambda _: None
        self.degraded: list[Missing] = []
        bell.hear(self._rung)

    def opened(self) -> tuple[Mirror, ...]:
        """List the rooms that are open."""
        return tuple(self._mirrors.values())

    async def acquire(self, number: SessionNumber) -> Mirror:
        """Return the mirror of a room, opening it at most once. Raises UnknownSession or StoreUnavailable."""
        mirror = self._mirrors.get(number)
        if mirror is not None:
            return mirror
        opening = self._opening.get(number)
        if opening is None:
            opening = self._opening[number] = asyncio.create_task(self._open(number), name=f"open-{number}")
            opening.add_done_callback(lambda _: self._opening.pop(number, None))
        return await asyncio.shield(opening)

    async def _open(self, number: SessionNumber) -> Mirror:
        mirror = Mirror(number, self._ledger, self._live, self._clock, self.on_loaded)
        try:
            await self._bell.listen(number)
        except StoreUnavailable:
            log.warning("the bell of room %s cannot be heard yet", number)
        await mirror.open()
        self._mirrors[number] = mirror
        return mirror

    async def close(self) -> None:
        """Stop following every room."""
        for mirror in self.opened():
            await mirror.close()
        self._mirrors.clear()

    def _rung(self, number: SessionNumber) -> None:
        mirror = self._mirrors.get(number)
        if mirror is not None:
            mirror.rung()

    def hurry(self, number: SessionNumber) -> None:
        """Hear from this node itself that a decision was applied."""
        mirror = self._mirrors.get(number)
        if mirror is not None:
            mirror.hurry()

    # ── verification ───────────────────────────────────────────────────────────────────────────────────────

    async def verify(self) -> None:
        """Compare every open room with both stores, in one query and one pipeline."""
        self._round += 1
        await self._put_away_idle()
        numbers = tuple(self._mirrors)
        at = self._clock.now()
        truth = await self._heads_of_truth(numbers)
        lives = await self._heads_of_live(numbers)
        missing: tuple[tuple[Missing, bool], ...] = (("live", lives is None), ("decisions", truth is None))
        self.degraded = [name for name, is_missing in missing if is_missing]
        for number in numbers:
            mirror = self._mirrors.get(number)
            if mirror is None:
                continue
            try:
                if lives is None:
                    await self._show_truth(mirror)
                elif await self._equals(mirror, truth.get(number) if truth else None, lives.get(number)):
                    mirror.verified(at)
                if self._round % SWEEP_EVERY_ROUNDS == 0:
                    await mirror.sweep()
            except (StoreUnavailable, UnknownSession) as accident:
                log.warning("room %s cannot be verified: %r", number, accident)
            except Exception:
                log.exception("room %s could not be verified", number)

    async def _heads_of_truth(self, numbers: tuple[SessionNumber, ...]) -> dict[SessionNumber, Head] | None:
        try:
            return dict(await self._ledger.heads(numbers))
        except StoreUnavailable:
            return None

    async def _heads_of_live(
        self, numbers: tuple[SessionNumber, ...]
    ) -> dict[SessionNumber, tuple[Head, Position] | None] | None:
        try:
            return dict(await self._live.heads(numbers))
        except StoreUnavailable:
            return None

    async def _show_truth(self, mirror: Mirror) -> None:
        """While the live store is away, show the ledger's rows every other second."""
        if self._round % DEGRADED_EVERY_ROUNDS == 0 or mirror.is_live:
            await mirror.reload()

    async def _equals(self, mirror: Mirror, truth: Head | None, live: tuple[Head, Position] | None) -> bool:
        """Catch up with the live store and tell whether it stands where the truth does. Truth was read first."""
        if live is None or not mirror.is_live:
            await mirror.reload()
            return False
        head, position = live
        if mirror.position != position:
            await mirror.catch_up()
        if truth is None:
            return False
        if truth.roster_version > mirror.names.roster.version and await mirror.roster_changed():
            # Candidates came or went outside any decision (an import): the live room is built anew.
            await self._announcer.reload(mirror.number, is_new_history=True)
            await mirror.catch_up()
            return False
        if (head.decision_seq, head.decision_hash) == (truth.decision_seq, truth.decision_hash):
            self._differs.pop(mirror.number, None)
            return True
        await self._mend(mirror, truth, head)
        return False

    async def _mend(self, mirror: Mirror, truth: Head, live: Head) -> None:
        """Rebuild a live room that has stood apart from the truth for too long to be a decision on its way."""
        rounds = self._differs[mirror.number] = self._differs.get(mirror.number, 0) + 1
        if rounds < PATIENCE_ROUNDS:
            return
        self._differs.pop(mirror.number, None)
        is_other_history = live.decision_seq >= truth.decision_seq
        log.warning("room %s: live at %s, truth at %s: reloading", mirror.number, live.decision_seq, truth.decision_seq)
        await self._announcer.reload(mirror.number, is_new_history=is_other_history)
        await mirror.catch_up()

    async def _put_away_idle(self) -> None:
        for mirror in self.opened():
            rounds = 0 if mirror.is_followed else self._idle.get(mirror.number, 0) + 1
            self._idle[mirror.number] = rounds
            if rounds > LINGER_ROUNDS:
                del self._mirrors[mirror.number], self._idle[mirror.number]
                await mirror.close()
                # Somebody may have come back meanwhile, and listens already.
                if mirror.number not in self._mirrors and mirror.number not in self._opening:
                    await self._bell.forget(mirror.number)

"""Looks at both stores: where each room stands in them, whether they are there, and whether this is the live store.

Two nodes may see two live stores for a while: one was promoted, and the other still serves whoever is connected to
it. Which one counts is a row in the ledger. A node whose live store tells another history treats it as away.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from contextlib import suppress

from hub.live import Bell, LiveStore, Position, Sighting
from hub.model import SessionNumber
from hub.ports import Clock, Head, Ledger, StoreAccident, StoreUnavailable

log = logging.getLogger("vigie.sights")

PROMPT_SECONDS = 1.0
"""A ledger that has not answered by then is away; it is asked nothing more until it has."""
OWN_WORD_SECONDS = 3.5
"""For so long this node's own confirmation may be what makes a history look confirmed."""
LEAVE_SECONDS = 2.0
"""A node that has been cut off for so long sends its clients away; nobody new is let in at once."""

Heads = Mapping[SessionNumber, Head]
LiveHeads = dict[SessionNumber, tuple[Head, Position] | None]


class Sights:
    """What this node sees of the stores.

    `is_writable` is told from outside, by whoever writes each second. `is_judged` is set once it is known whether this
    node's live store is the current one (or that it is away).
    """

    def __init__(self, ledger: Ledger, live: LiveStore, bell: Bell, clock: Clock) -> None:
        self._ledger, self._live, self._bell, self._clock = ledger, live, bell, clock
        self._late: asyncio.Task[Heads] | None = None
        self._known_history: str | None = None
        self._was_current = True
        self._alone_since: float | None = None
        self._confirmed_at = clock.monotonic()
        self.is_judged = asyncio.Event()
        self.is_writable = True

    @property
    def is_cut_off(self) -> bool:
        """Tell whether other nodes see a live store that this one does not."""
        return self._alone_since is not None

    @property
    def must_leave(self) -> bool:
        """Tell whether that has gone on for so long that clients are better off elsewhere."""
        return self._alone_since is not None and self._clock.monotonic() - self._alone_since >= LEAVE_SECONDS

    async def close(self) -> None:
        """Give up a question that was never answered."""
        if self._late is not None:
            self._late.cancel()
            await asyncio.gather(self._late, return_exceptions=True)

    # ── the truth ──────────────────────────────────────────────────────────────────────────────────────────

    async def of_truth(self, numbers: Collection[SessionNumber]) -> Heads | None:
        """Read where the truth stands; None while the ledger does not answer in time."""
        if self._late is not None:
            if not self._late.done():
                await asyncio.wait({self._late}, timeout=PROMPT_SECONDS)
            if not self._late.done():
                return None
            # An answer to an old question is no answer to this one.
            with suppress(StoreAccident):
                self._late.result()
            self._late = None
        asking = asyncio.create_task(self._heads(numbers), name="sight-of-truth")
        await asyncio.wait({asking}, timeout=PROMPT_SECONDS)
        if not asking.done():
            self._late = asking
            return None
        try:
            return asking.result()
        except StoreAccident:
            return None

    async def _heads(self, numbers: Collection[SessionNumber]) -> Heads:
        return await self._ledger.heads(numbers)

    # ── the live store ─────────────────────────────────────────────────────────────────────────────────────

    async def of_live(self, numbers: Collection[SessionNumber], *, has_truth: bool) -> LiveHeads | None:
        """Read where the rooms stand in the live store; None while it is away, read-only, or not the current one."""
        sighting = await self._sighting(numbers)
        if sighting is not None and await self._is_current(sighting.history, has_truth=has_truth):
            self._alone_since = None
            self.is_judged.set()
            return dict(sighting.rooms)
        if sighting is None:
            self.is_judged.set()
        # Cut, because the address may lead to another server by now.
        self._live.hang_up()
        is_outvoted = sighting is not None and sighting.history == self._known_history
        if not has_truth or (self._may_be_own_word() and not is_outvoted) or not await self._is_elsewhere():
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = self._clock.monotonic()
        return None

    def _may_be_own_word(self) -> bool:
        """Tell whether it may be this node's own confirmation that makes a history look confirmed.

        Not where its live store still tells the history it confirmed last: what counts now is somebody else's word.
        """
        return self._clock.monotonic() - self._confirmed_at < OWN_WORD_SECONDS

    async def of_one(self, number: SessionNumber) -> tuple[Head | None, Head | None]:
        """Read where one room stands, in the live store first. Raises StoreAccident."""
        found = (await self._live.sight((number,))).rooms.get(number)
        truth = (await self._ledger.heads((number,))).get(number)
        return found[0] if found is not None else None, truth

    async def _sighting(self, numbers: Collection[SessionNumber]) -> Sighting | None:
        if not self.is_writable:
            return None
        try:
            return await self._live.sight(numbers)
        except StoreUnavailable:
            return None

    async def _is_current(self, history: str, *, has_truth: bool) -> bool:
        """Ask the ledger which history counts; while it is away, the one this node knew goes on."""
        is_current = history == self._known_history
        if has_truth:
            try:
                is_current = await self._ledger.confirm_history(history, self._known_history)
            except StoreAccident:
                log.warning("the history of the live store cannot be confirmed now")
        self._live.trust(is_current)
        if is_current != self._was_current:
            log.warning("the live store of this node is %s", "the current one" if is_current else "not the current one")
        self._was_current = is_current
        if not is_current or self._known_history not in (None, history):
            # Pub/sub may still hang on the server that was.
            self._bell.hang_up()
        if is_current:
            self._known_history, self._confirmed_at = history, self._clock.monotonic()
        return is_current

    async def _is_elsewhere(self) -> bool:
        try:
            return await self._ledger.is_live_store_elsewhere()
        except StoreAccident:
            return False


def is_same(live: Head, truth: Head) -> bool:
    """Tell whether the live store stands exactly where the truth does, in the same life."""
    return (live.decision_seq, live.decision_hash, live.live_epoch) == (
        truth.decision_seq,
        truth.decision_hash,
        truth.live_epoch,
    )


def contradicts(live: Head, truth: Head) -> bool:
    """Tell whether the live store tells what the truth never will have told: more, other, or a later life."""
    is_other = live.decision_seq == truth.decision_seq and live.decision_hash != truth.decision_hash
    return live.decision_seq > truth.decision_seq or is_other or live.live_epoch > truth.live_epoch

"""Looks at both stores: where each room stands in them, whether they are there, and whether this is the live store.

Two nodes may see two live stores for a while: one was promoted, and the other still serves whoever is connected to
it. Which one counts is a row in the ledger. A node whose live store tells another history treats it as away.

A live store may have several shards. Each has a history of its own, and a row: what befalls one leaves the others
alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

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


@dataclass(slots=True)
class _Standing:
    """What this node thinks of one shard of its live store."""

    confirmed_at: float
    known_history: str | None = None
    was_current: bool = True
    alone_since: float | None = None


class Sights:
    """What this node sees of the stores.

    `is_writable` is told from outside, by whoever writes each second. `is_judged` is set once it is known whether this
    node's live store is the current one (or that it is away). `is_whole` tells whether all of it is there.
    """

    def __init__(self, ledger: Ledger, live: LiveStore, bell: Bell, clock: Clock) -> None:
        self._ledger, self._live, self._bell, self._clock = ledger, live, bell, clock
        self._late: asyncio.Task[Heads] | None = None
        self._shards: dict[str | None, _Standing] = {}
        self._began_at = clock.monotonic()
        self.is_judged = asyncio.Event()
        self.is_writable = True
        self.is_whole = True

    @property
    def is_cut_off(self) -> bool:
        """Tell whether other nodes see a shard of the live store that this one does not."""
        return any(one.alone_since is not None for one in self._shards.values())

    @property
    def must_leave(self) -> bool:
        """Tell whether that has gone on for so long that clients are better off elsewhere."""
        now = self._clock.monotonic()
        since = [one.alone_since for one in self._shards.values() if one.alone_since is not None]
        return any(now - at >= LEAVE_SECONDS for at in since)

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
            # An answer to an old question is no answer to this one; a mistake in it is told once, and not for ever.
            late, self._late = self._late, None
            with suppress(StoreAccident):
                late.result()
        # Known from its first moment: whoever asked may be stopped while it waits.
        asking = self._late = asyncio.create_task(self._heads(numbers), name="sight-of-truth")
        await asyncio.wait({asking}, timeout=PROMPT_SECONDS)
        if not asking.done():
            return None
        self._late = None
        try:
            return asking.result()
        except StoreAccident:
            return None

    async def _heads(self, numbers: Collection[SessionNumber]) -> Heads:
        return await self._ledger.heads(numbers)

    # ── the live store ─────────────────────────────────────────────────────────────────────────────────────

    async def of_live(self, numbers: Collection[SessionNumber], *, has_truth: bool) -> LiveHeads | None:
        """Read where the rooms stand in the live store; None while it is away, read-only, or not the current one.

        A room whose shard is, or that is on its way to another shard, is missing in the answer.
        """
        seen = await self._sightings(numbers)
        self._forget_all_but(seen)
        rooms: LiveHeads = {}
        is_anything_current = False
        self.is_whole = True
        for name, sighting in seen.items():
            if await self._judge(name, sighting, has_truth=has_truth) and sighting is not None:
                is_anything_current = True
                rooms |= sighting.rooms
            else:
                self.is_whole = False
        if all(one is None or self._standing(name).was_current for name, one in seen.items()):
            self.is_judged.set()
        return rooms if is_anything_current else None

    async def of_one(self, number: SessionNumber) -> tuple[Head | None, Head | None]:
        """Read where one room stands, in the live store first. Raises StoreAccident."""
        seen = await self._live.sight((number,))
        found = next((one.rooms[number] for one in seen.values() if one is not None and number in one.rooms), None)
        truth = (await self._ledger.heads((number,))).get(number)
        return found[0] if found is not None else None, truth

    async def sees(self, number: SessionNumber) -> bool:
        """Tell whether the shard that keeps a room is there, and the current one."""
        seen = await self._sightings((number,))
        return any(
            one is not None and number in one.rooms and self._standing(name).was_current for name, one in seen.items()
        )

    async def _sightings(self, numbers: Collection[SessionNumber]) -> Mapping[str | None, Sighting | None]:
        """Look at every shard; where nobody can even tell which there are, at one without a name."""
        seen: Mapping[str, Sighting | None] = {}
        if self.is_writable or not self._shards:
            with suppress(StoreUnavailable):
                seen = await self._live.sight(numbers)
        if seen and self.is_writable:
            return dict(seen.items())
        return dict.fromkeys(seen or self._shards or (None,))

    def _forget_all_but(self, names: Collection[str | None]) -> None:
        for name in tuple(self._shards):
            if name not in names:
                del self._shards[name]

    def _standing(self, name: str | None) -> _Standing:
        return self._shards.setdefault(name, _Standing(confirmed_at=self._began_at))

    async def _judge(self, name: str | None, sighting: Sighting | None, *, has_truth: bool) -> bool:
        """Tell whether a shard is there, and the current one; note since when others see it and this node does not."""
        shard = self._standing(name)
        if sighting is not None and name is not None and await self._is_current(name, sighting.history, has_truth):
            shard.alone_since = None
            return True
        if name is not None:
            # Cut, because the address may lead to another server by now.
            self._live.hang_up(name)
        is_outvoted = sighting is not None and sighting.history == shard.known_history
        is_own_word = self._may_be_own_word(shard) and not is_outvoted
        if not has_truth or is_own_word or not await self._is_elsewhere(name):
            shard.alone_since = None
        elif shard.alone_since is None:
            shard.alone_since = self._clock.monotonic()
        return False

    def _may_be_own_word(self, shard: _Standing) -> bool:
        """Tell whether it may be this node's own confirmation that makes a history look confirmed.

        Not where its live store still tells the history it confirmed last: what counts now is somebody else's word.
        """
        return self._clock.monotonic() - shard.confirmed_at < OWN_WORD_SECONDS

    async def _is_current(self, name: str, history: str, has_truth: bool) -> bool:
        """Ask the ledger which history counts; while it is away, the one this node knew goes on."""
        shard = self._standing(name)
        is_current = history == shard.known_history
        if has_truth:
            try:
                is_current = await self._ledger.confirm_history(name, history, shard.known_history)
            except StoreAccident:
                log.warning("the history of the live store cannot be confirmed now")
        self._live.trust(name, is_current=is_current)
        if is_current != shard.was_current:
            word = "the current one" if is_current else "not the current one"
            log.warning("the live store of this node (%s) is %s", name, word)
        shard.was_current = is_current
        if not is_current or shard.known_history not in (None, history):
            # Pub/sub may still hang on the server that was.
            self._bell.hang_up(name)
        if is_current:
            shard.known_history, shard.confirmed_at = history, self._clock.monotonic()
        return is_current

    async def _is_elsewhere(self, name: str | None) -> bool:
        try:
            return await self._ledger.is_live_store_elsewhere(name)
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

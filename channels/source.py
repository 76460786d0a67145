"""Where a node takes a room from: the live store, put there anew when need be, or the ledger alone."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Sequence

from msgspec.structs import replace

from hub.live import LiveRoom, LiveStore, Position
from hub.model import AttemptState, Candidate, Link, Room, SessionNumber, Waiting
from hub.ports import Ledger, StoreAccident

log = logging.getLogger("vigie.source")

TELLING_SECONDS = 0.1
"""How long whoever decided something is given to tell the live store, before it is told here."""
TRUTH = "pg-"
"""How the epoch of a room begins that is shown from the ledger alone; no position in it is ever continued."""


class Source:
    """The two stores, asked for one room."""

    def __init__(self, number: SessionNumber, ledger: Ledger, live: LiveStore) -> None:
        self._number, self._ledger, self._live = number, ledger, live
        self._disowned: str | None = None
        # Progress that only this process accepted is shown too: the same decision looks different elsewhere.
        self._own = secrets.token_hex(3)

    async def room(self, shown: Room | None, *, at_least: int) -> LiveRoom:
        """Read the live room, or the ledger's when the live store is away. Raises UnknownSession, StoreUnavailable.

        `at_least` is the last decision that was shown here without the live store: less is never shown after it. What
        was `shown` of progress, and is forgotten, is put back.
        """
        try:
            loaded = await self._live_room(at_least)
            if loaded is not None:
                loaded = await self._put_back(loaded, shown)
        except StoreAccident:
            loaded = None
        return loaded or await self.truth(shown)

    async def truth(self, shown: Room | None) -> LiveRoom:
        """Read the ledger alone, without asking the live store; progress is written there seconds later only."""
        room = await self._ledger.room(self._number)
        ahead = {one.id: one for one in ahead_of(room, shown)}
        rows = {
            one: replace(row, progress=ahead[one].progress) if one in ahead else row
            for one, row in room.candidates.items()
        }
        room = replace(room, candidates=rows)
        return LiveRoom(room, Position(f"{TRUTH}{room.decision_seq}-{room.decision_hash[:8]}-{self._own}", 0))

    async def _live_room(self, at_least: int) -> LiveRoom | None:
        await self._live.sweep(self._number)
        loaded = await self._live.snapshot(self._number)
        if loaded is None:
            return await self._put_there()
        if loaded.room.decision_seq < at_least:
            # What was decided while the live store was away never reached it.
            loaded = await self._told(await self._ledger.room(self._number))
        return await self._believed(loaded) if loaded is not None else None

    async def _believed(self, loaded: LiveRoom) -> LiveRoom | None:
        """Compare what was decided with the ledger, where both stand at the same decision: the live store may lie."""
        try:
            truth = await self._ledger.room(self._number)
        except StoreAccident:
            return loaded
        if loaded.room.live_epoch < truth.live_epoch:
            # Another node has just begun this life, or a backup was restored: what is there is over.
            return await self._told(truth)
        if loaded.room.decision_seq < truth.decision_seq:
            return await self._brought_up_to(truth)
        # Once for each decision: were the comparison itself wrong, nodes would disown each other's rooms for ever.
        if not _lies(loaded.room, truth) or self._disowned == truth.decision_hash:
            return loaded
        self._disowned = truth.decision_hash
        log.error("room %s: the live store tells other rows than the ledger: a new life", self._number)
        await self.disown(loaded.room.live_epoch)
        return await self._live.snapshot(self._number)

    async def _brought_up_to(self, truth: Room) -> LiveRoom | None:
        """Give whoever decided a moment to tell the live store, then tell it: one just promoted remembers too little.

        Shown at once, it would be taken for what was just verified.
        """
        await asyncio.sleep(TELLING_SECONDS)
        loaded = await self._live.snapshot(self._number)
        if loaded is not None and loaded.room.decision_seq < truth.decision_seq:
            return await self._told(truth)
        return loaded

    async def _told(self, truth: Room) -> LiveRoom | None:
        """Tell the live store where the truth stands, and read what it makes of it."""
        await self._live.load(truth)
        return await self._live.snapshot(self._number)

    async def disown(self, life: int) -> None:
        """Begin a new life from the ledger: what this one told is continued nowhere. Raises StoreAccident."""
        seen = (await self._ledger.heads((self._number,))).get(self._number)
        if seen is not None:
            await self._ledger.next_epoch(self._number, seen.live_epoch, life)
            await self._live.load(await self._ledger.room(self._number))

    async def bring_up(self, room: Room) -> None:
        """Tell the live store of progress that reached the ledger only: accepted where the live store was away."""
        for row in ahead_of(room, await self._ledger.room(self._number)):
            if row.progress is not None:
                await self._live.remember(self._number, row.id, row.progress)

    async def _put_back(self, loaded: LiveRoom, shown: Room | None) -> LiveRoom | None:
        ahead = ahead_of(loaded.room, shown)
        for row in ahead:
            if row.progress is not None:
                await self._live.remember(self._number, row.id, row.progress)
        return await self._live.snapshot(self._number) if ahead else loaded

    async def _put_there(self) -> LiveRoom | None:
        """Begin a new life of the live room: what the store may have forgotten must never be continued."""
        seen = await self._ledger.room(self._number)
        loaded = await self._live.snapshot(self._number)
        if loaded is None:
            await self._ledger.next_epoch(self._number, seen.live_epoch)
            loaded = await self._told(await self._ledger.room(self._number))
        return loaded


def _lies(told: Room, truth: Room) -> bool:
    """Tell whether a room told by the live store differs from the ledger's at the very same decision."""
    if (told.decision_seq, told.decision_hash, told.roster_version) != (
        truth.decision_seq,
        truth.decision_hash,
        truth.roster_version,
    ):
        return False
    return {one: _decided(row) for one, row in told.candidates.items()} != {
        one: _decided(row) for one, row in truth.candidates.items()
    }


def _decided(row: Candidate) -> Candidate:
    """Return a row without what is live, or noted without a decision."""
    return replace(row, link=Link(), waiting=Waiting(), progress=None, told_version=0, joined_at=None)


def ahead_of(room: Room, shown: Room | None) -> Sequence[Candidate]:
    """List the rows whose progress was shown further than a room read anew tells.

    Nothing is brought over a ledger that was put back to an earlier state, nor into a test that has not begun.
    """
    if shown is None or shown.decision_seq > room.decision_seq:
        return ()
    return [row for row in shown.candidates.values() if _is_ahead(row, room.candidates.get(row.id))]


def _is_ahead(shown: Candidate, read: Candidate | None) -> bool:
    if shown.progress is None or read is None or read.attempt is AttemptState.NOT_STARTED:
        return False
    known = read.progress
    return known is None or (known.total == shown.progress.total and known.answered < shown.progress.answered)


def is_live(position: Position) -> bool:
    """Tell whether a position is one in the live store."""
    return not position.epoch.startswith(TRUTH)

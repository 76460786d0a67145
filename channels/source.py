"""Where a node takes a room from: the live store, put there anew when need be, or the ledger alone."""

from __future__ import annotations

from hub.model import SessionNumber
from hub.ports import Ledger, LiveRoom, LiveStore, Position, StoreAccident

TRUTH = "pg-"
"""How the epoch of a room begins that is shown from the ledger alone; no position in it is ever continued."""


class Source:
    """The two stores, asked for one room."""

    def __init__(self, number: SessionNumber, ledger: Ledger, live: LiveStore) -> None:
        self._number, self._ledger, self._live = number, ledger, live

    async def room(self, *, at_least: int) -> LiveRoom:
        """Read the live room, or the ledger's when the live store is away. Raises UnknownSession, StoreUnavailable.

        `at_least` is the last decision that was shown here without the live store: less is never shown after it.
        """
        try:
            loaded = await self._live_room(at_least)
        except StoreAccident:
            loaded = None
        return loaded or await self.truth()

    async def truth(self) -> LiveRoom:
        """Read the ledger alone, without asking the live store."""
        room = await self._ledger.room(self._number)
        return LiveRoom(room, Position(f"{TRUTH}{room.decision_seq}-{room.decision_hash[:8]}", 0))

    async def _live_room(self, at_least: int) -> LiveRoom | None:
        await self._live.sweep(self._number)
        loaded = await self._live.snapshot(self._number)
        if loaded is None:
            return await self._put_there()
        if loaded.room.decision_seq < at_least:
            # What was decided while the live store was away never reached it.
            await self._live.load(await self._ledger.room(self._number))
            loaded = await self._live.snapshot(self._number)
        return loaded

    async def _put_there(self) -> LiveRoom | None:
        """Begin a new life of the live room: what the store may have forgotten must never be continued."""
        seen = await self._ledger.room(self._number)
        loaded = await self._live.snapshot(self._number)
        if loaded is None:
            await self._ledger.next_epoch(self._number, seen.live_epoch)
            await self._live.load(await self._ledger.room(self._number))
            loaded = await self._live.snapshot(self._number)
        return loaded


def is_live(position: Position) -> bool:
    """Tell whether a position is one in the live store."""
    return not position.epoch.startswith(TRUTH)

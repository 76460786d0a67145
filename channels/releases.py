"""Calls whose taker fell silent: given back, so that they call again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from channels.mirror import Mirror
from hub.commands import ReleaseHelp
from hub.model import HUB
from hub.policy import Thresholds
from hub.ports import StoreAccident
from hub.service import Decisions, Order


class Releases:
    """Looks for taken calls whose taker has had no console in the room for as long as a claim lives.

    Every node does; giving a call back twice does nothing.
    """

    def __init__(self, decisions: Decisions, thresholds: Thresholds) -> None:
        self._decisions, self._thresholds = decisions, thresholds

    async def look(self, mirrors: Sequence[Mirror]) -> None:
        """Give back what nobody goes to any more; a store that is away changes nothing."""
        for mirror in mirrors:
            for order in self._orders(mirror):
                with suppress(StoreAccident):
                    await self._decisions.submit(order)

    def _orders(self, mirror: Mirror) -> list[Order]:
        if not mirror.is_live or mirror.room.is_closed:
            return []
        now, life = mirror.store_now(), self._thresholds.claim_life
        taken = ((row.id, row.open_help) for row in mirror.room.candidates.values())
        return [
            Order(mirror.number, HUB, ReleaseHelp(one.id, one.taken_by), (number,))
            for number, one in taken
            if one is not None and one.taken_by is not None and mirror.staffing.is_silent(one.taken_by, now, life)
        ]

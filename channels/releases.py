"""What somebody had taken before they fell silent: calls are given back, claims taken back; they call again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from channels.clockwork import in_bites
from channels.mirror import Mirror
from hub.commands import ReleaseHelp
from hub.live import LiveStore
from hub.model import HUB, Author, CandidateId, HelpId, SessionNumber
from hub.policy import Thresholds
from hub.ports import Clock, StoreAccident
from hub.service import Decisions, Order

Taken = tuple[SessionNumber, CandidateId, HelpId, Author]

ROOMS_AT_ONCE = 16
"""Rooms whose candidates are gone through in one piece."""


class Releases:
    """Looks for whoever has had no console in a room for as long as a claim lives.

    Every node does; giving back twice does nothing. A call that was taken from elsewhere (over HTTP) keeps its taker
    for that long at least, however long ago they left.
    """

    def __init__(self, live: LiveStore, decisions: Decisions, thresholds: Thresholds, clock: Clock) -> None:
        self._live, self._decisions, self._thresholds, self._clock = live, decisions, thresholds, clock
        self._taken_at: dict[Taken, float] = {}

    async def look(self, mirrors: Sequence[Mirror]) -> None:
        """Give back what nobody goes to any more; a store that is away changes nothing."""
        now = self._clock.monotonic()
        looked_at = [mirror for mirror in mirrors if mirror.is_live and not mirror.room.is_closed]
        taken: dict[Taken, Mirror] = {}
        async for some in in_bites(looked_at, ROOMS_AT_ONCE):
            taken |= {one: mirror for mirror in some for one in _taken(mirror)}
        self._taken_at = {one: self._taken_at.get(one, now) for one in taken}
        for one, mirror in taken.items():
            if self._is_silent(mirror, one[3]) and now - self._taken_at[one] >= self._life:
                await self._give_back(one)
        for mirror in looked_at:
            await self._take_back_claims(mirror)

    @property
    def _life(self) -> float:
        return self._thresholds.claim_life.total_seconds()

    def _is_silent(self, mirror: Mirror, who: Author) -> bool:
        return mirror.staffing.is_silent(who, mirror.store_now(), self._thresholds.claim_life)

    async def _give_back(self, taken: Taken) -> None:
        number, candidate, call, taken_by = taken
        with suppress(StoreAccident):
            await self._decisions.submit(Order(number, HUB, ReleaseHelp(call, taken_by), (candidate,)))

    async def _take_back_claims(self, mirror: Mirror) -> None:
        """A claim that has lapsed must not stand again when its author opens the room half an hour later."""
        for claim in mirror.staffing.claims:
            if self._is_silent(mirror, claim.by):
                with suppress(StoreAccident):
                    await self._live.claim(mirror.number, (claim.candidate,), claim.by, is_taken=False)


def _taken(mirror: Mirror) -> list[Taken]:
    calls = ((row.id, row.open_help) for row in mirror.room.candidates.values())
    return [
        (mirror.number, number, one.id, one.taken_by)
        for number, one in calls
        if one is not None and one.taken_by is not None
    ]

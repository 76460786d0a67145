"""One dashboard as its colleagues know it: it tells the live store that it is open, where it looks, where it goes."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace

from channels import wire
from channels.mirror import Mirror
from hub.live import LiveStore
from hub.model import Author, CandidateId
from hub.policy import Thresholds
from hub.ports import StoreAccident
from hub.staffing import Console as OpenConsole


class Console:
    """The console of one connection. Nothing of it decides: what cannot be told is told again with the next beat."""

    def __init__(self, live: LiveStore, mirror: Mirror, console: OpenConsole, thresholds: Thresholds) -> None:
        self._live, self._mirror, self._thresholds = live, mirror, thresholds
        self._console = console
        self._shown: wire.Colleagues | None = None
        self.is_owed = True

    async def tell(self) -> None:
        """Tell the live store of it, if that is owed."""
        if not self.is_owed:
            return
        with suppress(StoreAccident):
            await self._live.console_open(self._mirror.number, self._console)
            self.is_owed = False

    async def look(self, candidate: int | None) -> None:
        """Look at a candidate, or at nobody."""
        look = CandidateId(candidate) if candidate is not None else None
        if look != self._console.look:
            self._console, self.is_owed = replace(self._console, look=look), True
            await self.tell()

    async def claim(self, candidates: Collection[int], *, is_taken: bool) -> bool:
        """Say that this person goes there, or no longer does; False for somebody who only watches."""
        if not self._may_go:
            return False
        numbers = [CandidateId(one) for one in candidates]
        await self._live.claim(self._mirror.number, numbers, self._console.by, is_taken=is_taken)
        return True

    @property
    def _may_go(self) -> bool:
        now = self._mirror.store_now()
        take_overs = self._mirror.room.take_overs
        has_taken_over = any(one.by == self._console.by and now < one.until for one in take_overs)
        return self._console.is_invigilator or has_taken_over

    async def close(self) -> None:
        """Leave the room; a node that dies is noticed by the others."""
        with suppress(StoreAccident):
            await self._live.console_closed(self._mirror.number, self._console.connection)

    def staffing_changed(self) -> None:
        """Notice whether the live store lost sight of this console: a node that was taken for dead opens it again."""
        known = any(one.connection == self._console.connection for one in self._mirror.staffing.consoles)
        self.is_owed = self.is_owed or not known

    def news(self) -> wire.Colleagues | None:
        """Return who is here and who goes where, if that is another answer than the last one."""
        people = self._people()
        frame = wire.Colleagues(people, self._claims())
        if frame == self._shown:
            return None
        self._shown = frame
        return frame

    def _people(self) -> list[wire.Colleague]:
        names = self._mirror.names
        # While the live store is away nobody else is known of.
        here = self._mirror.staffing.consoles or (self._console,)
        return [
            wire.Colleague(
                names.of(one.by), one.connection, one.look, "invigilator" if one.is_invigilator else "center_admin"
            )
            for one in here
        ]

    def _claims(self) -> list[wire.ClaimView]:
        names, staffing = self._mirror.names, self._mirror.staffing
        standing = staffing.standing(self._mirror.store_now(), self._thresholds.claim_life)
        return [wire.ClaimView(one.candidate, names.of(one.by), one.at) for one in standing]


def is_invigilating(mirror: Mirror, by: Author, *, may_command: bool) -> bool:
    """Tell whether whoever may command here does so as an invigilator, and not by having taken the room over."""
    now = mirror.store_now()
    has_taken_over = any(one.by == by and now < one.until for one in mirror.room.take_overs)
    return may_command and not has_taken_over

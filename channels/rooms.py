"""The rooms this node looks at: opened once, followed by the bell, verified every second.

Verification, and nothing else, moves a room's `as_of`: the instant at which what was delivered equalled both the
live store and the truth.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Literal

from channels.figures import Figures
from channels.mirror import Mirror, Witness
from channels.sights import Sights, contradicts, is_same
from hub.announcer import Announcer
from hub.live import Bell, LiveStore, Position
from hub.model import SessionNumber
from hub.ports import Clock, Head, Ledger, StoreAccident, StoreUnavailable, UnknownSession

Missing = Literal["live", "decisions"]
AWAY_SECONDS = 2.0
"""One answer may be late on a busy machine: whoever comes in is sent away only where more than one is."""
log = logging.getLogger("vigie.rooms")

LINGER_ROUNDS = 180
"""Rounds an unwatched room is kept, since people come back; longer where somebody lost is not given up yet."""
SWEEP_EVERY_ROUNDS = 5
"""Rounds between two looks for seats of nodes that died."""
DEGRADED_EVERY_ROUNDS = 2
"""Rounds between two snapshots from the ledger while the live store is away."""
AT_ONCE = 16
"""Rooms looked at side by side: after an outage every one of them has to be loaded anew."""


class Rooms:
    """Every mirror of this node."""

    def __init__(
        self,
        ledger: Ledger,
        live: LiveStore,
        bell: Bell,
        announcer: Announcer,
        clock: Clock,
        witness: Witness,
        figures: Figures,
    ) -> None:
        self._ledger, self._live, self._bell, self._announcer = ledger, live, bell, announcer
        self._clock, self._witness, self._figures = clock, witness, figures
        self._sights = Sights(ledger, live, bell, clock)
        self._opening: dict[SessionNumber, asyncio.Task[Mirror]] = {}
        self._listening: set[asyncio.Task[None]] = set()
        self._mirrors: dict[SessionNumber, Mirror] = {}
        self._behind: dict[SessionNumber, Head] = {}
        self._odd: dict[SessionNumber, tuple[Head, Position]] = {}
        self._idle: dict[SessionNumber, int] = {}
        self._round = 0
        self._truth_away_since: float | None = None
        self.degraded: list[Missing] = []
        self._unseen: frozenset[SessionNumber] = frozenset()
        bell.hear(self._rung)

    @property
    def is_cut_off(self) -> bool:
        """Tell whether other nodes see a live store that this one does not: its clients are better off with them."""
        return self._sights.is_cut_off

    @property
    def must_leave(self) -> bool:
        """Tell whether its clients must be sent to the others now."""
        return self._sights.must_leave

    @property
    def degraded_anywhere(self) -> list[Missing]:
        """List what this node misses for any of its rooms."""
        return [*self.degraded, "live"] if self._unseen else self.degraded

    def degraded_in(self, number: SessionNumber) -> list[Missing]:
        """List what this node misses for one room: of a live store with several shards, others may be there."""
        return [*self.degraded, "live"] if number in self._unseen else self.degraded

    def require_truth(self) -> None:
        """Raise StoreUnavailable while the ledger is known to be away.

        Who comes in now would wait for their rights to be read for longer than a dashboard waits for a hub.
        """
        since = self._truth_away_since
        if since is not None and self._clock.monotonic() - since >= AWAY_SECONDS:
            raise StoreUnavailable("the ledger does not answer")

    async def judged(self, seconds: float) -> None:
        """Wait until it is known whether the live store here is the current one; some seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._sights.is_judged.wait()

    def note_writable(self, *, is_writable: bool) -> None:
        """Hear whether the live store took this node's last write: one that can only be read shows nobody's work."""
        self._sights.is_writable = is_writable

    def opened(self) -> tuple[Mirror, ...]:
        """List the rooms that are open."""
        return tuple(self._mirrors.values())

    def find(self, number: SessionNumber) -> Mirror | None:
        """Return a room if it is open."""
        return self._mirrors.get(number)

    async def enter(self, number: SessionNumber) -> Mirror:
        """Return a room for somebody who comes in: it shows at least what any node could have shown them before.

        Raises UnknownSession, or StoreUnavailable when neither store answers or this node is cut off.
        """
        if self.is_cut_off:
            raise StoreUnavailable("this node is cut off from the live store, others are not")
        mirror = self._mirrors.get(number)
        if mirror is None:
            return await self.acquire(number)
        await mirror.fresh()
        return mirror

    async def acquire(self, number: SessionNumber) -> Mirror:
        """Return the mirror of a room, opening it at most once. Raises UnknownSession or StoreUnavailable."""
        mirror = self._mirrors.get(number)
        if mirror is not None:
            return mirror
        opening = self._opening.get(number)
        if opening is None:
            opening = self._opening[number] = asyncio.create_task(self._open(number), name=f"open-{number}")
            opening.add_done_callback(lambda _: self._opening.pop(number, None))
        try:
            return await asyncio.shield(opening)
        finally:
            # An accident knows this frame, and the task the accident: whoever waited would be freed late.
            del opening

    async def _open(self, number: SessionNumber) -> Mirror:
        hears = partial(self._bell.hears, number)
        mirror = Mirror(number, self._ledger, self._live, self._clock, self._witness, self._figures, hears)
        is_live_away = await self._is_live_away(number)
        listening = asyncio.create_task(self._listen(number), name=f"listen-{number}")
        self._listening.add(listening)
        listening.add_done_callback(self._listening.discard)
        if not is_live_away:
            # Before the room is read, or a ring in between would be missed. Nobody waits for a bell that is away.
            await listening
        await mirror.open(is_live_away=is_live_away)
        self._mirrors[number] = mirror
        return mirror

    async def _is_live_away(self, number: SessionNumber) -> bool:
        """Tell whether the live store cannot be asked for a room; where a part of it is away, somebody has to look."""
        if "live" in self.degraded:
            return True
        return not self._sights.is_whole and not await self._sights.sees(number)

    async def _listen(self, number: SessionNumber) -> None:
        try:
            await self._bell.listen(number)
        except StoreUnavailable:
            log.warning("the bell of room %s cannot be heard yet", number)

    async def close(self) -> None:
        """Stop following every room, and opening any."""
        opening = tuple(self._opening.values())
        for one in opening:
            one.cancel()
        await asyncio.gather(*opening, return_exceptions=True)
        for mirror in self.opened():
            await mirror.close()
        self._mirrors.clear()
        for listening in tuple(self._listening):
            listening.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        await self._sights.close()

    def _rung(self, number: SessionNumber, position: Position | None) -> None:
        mirror = self._mirrors.get(number)
        if mirror is not None:
            mirror.rung(position)

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
        mirrors = self.opened()
        numbers = tuple(mirror.number for mirror in mirrors)
        at = self._clock.monotonic()
        truth = await self._sights.of_truth(numbers)
        mirrors = await self._without_gone(mirrors, truth)
        live = await self._sights.of_live(numbers, has_truth=truth is not None)
        self._truth_away_since = (self._truth_away_since or at) if truth is None else None
        # A ledger on a full disk is read as ever; a screen that lets people tap all the same would promise too much.
        has_no_decisions = truth is None or not self._ledger.is_recording()
        missing: tuple[tuple[Missing, bool], ...] = (("live", live is None), ("decisions", has_no_decisions))
        self.degraded = [name for name, is_missing in missing if is_missing]
        self._unseen = frozenset(() if live is None else {mirror.number for mirror in mirrors} - live.keys())
        for start in range(0, len(mirrors), AT_ONCE):
            looks = (
                self._look(mirror, at, (truth or {}).get(mirror.number), live)
                for mirror in mirrors[start : start + AT_ONCE]
            )
            await asyncio.gather(*looks)

    async def _look(
        self,
        mirror: Mirror,
        at: float,
        truth: Head | None,
        live: dict[SessionNumber, tuple[Head, Position] | None] | None,
    ) -> None:
        try:
            if live is None or mirror.number not in live:
                await self._show_truth(mirror, is_there=truth is not None)
                return
            await mirror.make_up_staffing()
            if await self._equals(mirror, truth, live.get(mirror.number)):
                mirror.verified(at)
                await mirror.bring_up()
            if self._round % SWEEP_EVERY_ROUNDS == 0:
                await mirror.sweep()
        except (StoreAccident, UnknownSession) as accident:
            log.warning("room %s cannot be verified: %r", mirror.number, accident)
        except Exception:
            log.exception("room %s could not be verified", mirror.number)

    async def _show_truth(self, mirror: Mirror, *, is_there: bool) -> None:
        """While the live store is away, show the ledger's rows every other second."""
        if is_there and (mirror.is_live or self._round % DEGRADED_EVERY_ROUNDS == 0):
            await mirror.show_truth()

    async def _equals(self, mirror: Mirror, truth: Head | None, live: tuple[Head, Position] | None) -> bool:
        """Catch up with the live store and tell whether it stands where the truth does. Truth was read first."""
        if live is None:
            if truth is not None:
                await mirror.reload()
            return False
        head, position = live
        if mirror.is_live and mirror.position != position:
            await mirror.catch_up()
        if truth is None:
            return False
        if not is_same(head, truth):
            await self._mend(mirror)
            return False
        self._behind.pop(mirror.number, None)
        if not mirror.is_live:
            await mirror.reload()
            return False
        if truth.roster_version > mirror.names.roster.version and await mirror.roster_changed():
            # Candidates came or went outside any decision (an import): the live room is built anew.
            await self._announcer.reload(mirror.number, beyond=head.live_epoch)
            await mirror.catch_up()
            return False
        return await self._tells_no_more(mirror, head, position)

    async def _tells_no_more(self, mirror: Mirror, head: Head, position: Position) -> bool:
        """See that the stream tells no decision that the live store itself has not applied: somebody forged it.

        The stream is looked at after the rest, so it may be one decision ahead; not twice at the same place.
        """
        is_even = mirror.position != position or mirror.room.decision_seq == head.decision_seq
        was_odd = self._odd.pop(mirror.number, None) == (head, position)
        if is_even:
            return True
        if was_odd:
            log.error("room %s: the stream tells a decision that nobody applied: a new life", mirror.number)
            await self._rebuild(mirror, beyond=head.live_epoch)
        else:
            self._odd[mirror.number] = (head, position)
        return False

    async def _mend(self, mirror: Mirror) -> None:
        """Rebuild a live room that contradicts the truth, or that is behind it and has not moved for a whole round.

        Both are read once more, the truth last: what was applied was committed before, so a live room that is ahead
        of a truth read later tells another history.
        """
        number = mirror.number
        head, truth = await self._sights.of_one(number)
        if head is None or truth is None or is_same(head, truth):
            return
        if contradicts(head, truth):
            log.warning("room %s: live %s contradicts the truth: a new life", number, head.decision_seq)
            await self._rebuild(mirror, beyond=head.live_epoch)
            return
        is_stuck = self._behind.get(number) == head
        self._behind[number] = head
        if is_stuck or not mirror.is_live:
            log.warning("room %s: live at %s, truth at %s: reloading", number, head.decision_seq, truth.decision_seq)
            await self._rebuild(mirror, beyond=None)

    async def _rebuild(self, mirror: Mirror, beyond: int | None) -> None:
        self._behind.pop(mirror.number, None)
        await self._announcer.reload(mirror.number, beyond=beyond)
        if mirror.is_live:
            await mirror.catch_up()
        else:
            await mirror.reload()

    async def _without_gone(
        self, mirrors: tuple[Mirror, ...], truth: Mapping[SessionNumber, Head] | None
    ) -> tuple[Mirror, ...]:
        """Put rooms away whose session was deleted, and send home whoever looks at them; return the others."""
        gone = () if truth is None else tuple(mirror for mirror in mirrors if mirror.number not in truth)
        for mirror in gone:
            log.info("room %s is no more", mirror.number)
            mirror.audience.dismiss()
            self._witness.forget_room(mirror.number)
            with suppress(StoreAccident):
                await self._put_away(mirror)
        return tuple(mirror for mirror in mirrors if mirror not in gone)

    async def _put_away_idle(self) -> None:
        for mirror in self.opened():
            rounds = 0 if mirror.audience.is_there else self._idle.get(mirror.number, 0) + 1
            self._idle[mirror.number] = rounds
            if rounds > LINGER_ROUNDS and not self._witness.pursues(mirror.number):
                await self._put_away(mirror)

    async def _put_away(self, mirror: Mirror) -> None:
        del self._mirrors[mirror.number]
        self._idle.pop(mirror.number, None)
        await mirror.close()
        # Somebody may have come back meanwhile, and listens already.
        if mirror.number not in self._mirrors and mirror.number not in self._opening:
            await self._bell.forget(mirror.number)

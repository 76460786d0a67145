"""What becomes of one lost line, step by step: nothing for a blink, suspect, offline, interrupted.

An interruption takes away a right, so it goes in this order: the ledger answers, the fast door of that very entry
is closed in the live store, the ledger commits, guarded by the entry and the life of the live store. A client that
returns before the door closes keeps its seat; one that returns after it asks the ledger, and wins if it is first.
`tests/model` visits every interleaving of this.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from channels.figures import Figures
from channels.loss import Loss, Stage
from hub.commands import Interrupt, Leave
from hub.live import LiveStore
from hub.model import HUB, AttemptState, Cause, LinkState, SessionNumber
from hub.ports import Clock, Head, Ledger, StoreAccident, StoreUnavailable
from hub.refusals import Refusal
from hub.service import Decisions, Order

PROMPT_SECONDS = 2.0
"""A ledger in service answers sooner, also on a busy machine."""


class NothingDecided(StoreAccident):
    """The ledger was busy, the live store may have begun a new life, or another entry been told."""


class Course:
    """The stores and the decisions that a loss is carried on with."""

    def __init__(self, ledger: Ledger, live: LiveStore, decisions: Decisions, clock: Clock, figures: Figures) -> None:
        self._ledger, self._live, self._decisions, self._clock = ledger, live, decisions, clock
        self._lines = figures.lines

    async def advance(self, loss: Loss, now: float) -> bool:
        """Carry a loss one step further; False ends it. Raises StoreAccident: then the long grace begins."""
        if loss.entry_no is None:
            return await self._advance_outside(loss, now)
        return await self._advance_seated(loss, now)

    # ── outside the test ───────────────────────────────────────────────────────────────────────────────────

    async def _advance_outside(self, loss: Loss, now: float) -> bool:
        """Let a waiting client leave after the blink; before the first entry its line is the candidate's."""
        number, candidate = loss.mirror.number, loss.candidate
        if loss.stage is Stage.FRESH:
            if loss.connection is not None:
                await self._live.disconnect(number, candidate, loss.connection)
            await self._leave(loss)
            loss.stage = Stage.SUSPECT
            return await self._mark_before_entry(loss, LinkState.SUSPECT)
        if now < loss.offline_at:
            return True
        await self._mark_before_entry(loss, LinkState.OFFLINE)
        return False

    async def _mark_before_entry(self, loss: Loss, state: LinkState) -> bool:
        row = loss.row
        if row is None or row.entry_no > 0:
            return False
        return await self._live.mark(loss.mirror.number, loss.candidate, None, state)

    async def _leave(self, loss: Loss) -> None:
        """Say that nobody asks at the door any more, if that was the last one."""
        await loss.mirror.catch_up()
        row = loss.row
        is_asking = row is not None and (
            row.entry_refused is not None or (row.authorization is not None and row.authorization.was_asking)
        )
        if row is not None and is_asking and row.waiting.clients == 0:
            await self._decisions.submit(Order(loss.mirror.number, HUB, Leave(), (loss.candidate,)))

    # ── in the test ────────────────────────────────────────────────────────────────────────────────────────

    async def _advance_seated(self, loss: Loss, now: float) -> bool:
        """Show the line as it is; interrupt when the grace is over. False ends the loss."""
        number, candidate = loss.mirror.number, loss.candidate
        if not loss.is_still_lost():
            return False
        if not loss.mirror.is_live:
            # Who holds the seat is not known here. A mark for nobody would be refused, and that taken for a return.
            raise NothingDecided
        if loss.stage is Stage.FRESH:
            is_lost = await self._live.mark(number, candidate, loss.speaks_as, LinkState.SUSPECT)
            loss.stage = Stage.SUSPECT
            self._lines["suspect", loss.cause] += is_lost
            return is_lost
        if loss.stage is Stage.SUSPECT:
            if now < loss.offline_at:
                return True
            if not await self._live.mark(number, candidate, loss.speaks_as, LinkState.OFFLINE):
                return False
            loss.stage = Stage.OFFLINE
            self._lines["offline", loss.cause] += 1
        return now < loss.gone_at or await self._interrupt(loss)

    async def _interrupt(self, loss: Loss) -> bool:
        """Take the right to return away, if the ledger still stands where this node saw the loss. False: it is done.

        What decided nothing is not done: the room as it will be shown says whether anybody is lost at all.
        """
        number, entry_no, row = loss.mirror.number, loss.entry_no, loss.row
        if row is None or row.attempt is not AttemptState.RUNNING or entry_no is None:
            return False
        heads = await self._answered_heads(number)
        if number not in heads:
            return False
        life = loss.mirror.room.live_epoch
        if not loss.mirror.is_live or heads[number].live_epoch != life:
            raise NothingDecided
        if not await self._live.detach(number, loss.candidate, entry_no, loss.speaks_as, loss.rank):
            raise NothingDecided
        lost_for = timedelta(seconds=self._clock.monotonic() - loss.lost_at)
        cause = Cause.ROOM if loss.cause is Cause.CANDIDATE and loss.is_the_rooms() else loss.cause
        command = Interrupt(entry_no, life, lost_for, cause)
        answer = await self._decisions.submit(Order(number, HUB, command, (loss.candidate,)))
        # The door is closed by now: whoever comes back asks the ledger, and must have the time to be heard.
        if isinstance(answer, Refusal) or answer.results[0].is_already:
            raise NothingDecided
        self._lines["interrupted", cause] += 1
        return False

    async def _answered_heads(self, number: SessionNumber) -> Mapping[SessionNumber, Head]:
        """Ask whether the ledger is in service. One that was frozen answers at the thaw: that is its return."""
        asked_at = self._clock.monotonic()
        heads = await self._ledger.heads((number,))
        if self._clock.monotonic() - asked_at > PROMPT_SECONDS:
            raise StoreUnavailable("the ledger answered late")
        return heads

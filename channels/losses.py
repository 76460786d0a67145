"""Lost lines, and what becomes of them: nothing for a blink, suspect, offline, interrupted.

An interruption takes away a right, so it goes in this order: the ledger answers, the fast door of that very entry
is closed in the live store, the ledger commits, guarded by the entry and the epoch. A client that returns before
the door closes keeps its seat; one that returns after it asks the ledger, and wins if it is first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

from channels.mirror import Mirror
from hub.commands import Interrupt, Leave
from hub.model import HUB, AttemptState, Candidate, CandidateId, Cause, ClientId, ConnectionId, LinkState, SessionNumber
from hub.policy import Policy
from hub.ports import Clock, FlushedProgress, Head, Ledger, LiveStore, StoreAccident, StoreUnavailable
from hub.refusals import Refusal
from hub.service import Decisions, Order

log = logging.getLogger("vigie.losses")

AT_ONCE = 200
"""Losses carried one step further at the same time: a whole node's worth is spread, a room's is not delayed."""


NOBODY = ClientId("")
"""Stands for whoever waited outside before this node knew the room."""


PROMPT_SECONDS = 1.0
"""A ledger in service answers sooner."""

GONE_KEPT = 20_000
"""Ended lines remembered: as many as a node may lose at once. A place is given within seconds."""

ROOM_LEAST = 3
ROOM_SECONDS = 15.0
"""So many lines of one room, and at least half of those in the test, lost within this time are the room's loss."""


class Stage(IntEnum):
    """How far a loss has come."""

    FRESH = 0
    SUSPECT = 1
    OFFLINE = 2


@dataclass(slots=True)
class Loss:
    """One client whose line is gone. Times are monotonic seconds, `lost_at` that of the last sign of life.

    `suspect_at` and `offline_at` are what is shown, `gone_at` is when the right to return ends. `entry_no` is that of
    the lost seat, None when the client stood outside the test.
    """

    mirror: Mirror
    candidate: CandidateId
    client: ClientId
    connection: ConnectionId | None
    entry_no: int | None
    lost_at: float
    suspect_at: float
    offline_at: float
    gone_at: float
    cause: Cause = Cause.CANDIDATE
    stage: Stage = Stage.FRESH


@dataclass(frozen=True, slots=True)
class Gone:
    """A line that ended here, in case its connection is given a place after all."""

    last_sign: float
    by_hub: bool


class Losses:
    """Every loss this node has seen and not yet brought to an end."""

    def __init__(
        self,
        ledger: Ledger,
        live: LiveStore,
        decisions: Decisions,
        clock: Clock,
        policy: Policy,
        flush: Callable[[FlushedProgress], None],
    ) -> None:
        self._ledger, self._live, self._decisions = ledger, live, decisions
        self._clock, self._policy, self._flush = clock, policy, flush
        self._losses: dict[tuple[SessionNumber, CandidateId, ClientId], Loss] = {}
        self._gone: dict[ConnectionId, Gone] = {}
        self._ours_until = 0.0

    def line_lost(
        self,
        mirror: Mirror,
        candidate: CandidateId,
        client: ClientId,
        connection: ConnectionId | None,
        *,
        entry_no: int | None,
        last_sign: float,
        by_silence: bool,
        by_hub: bool,
    ) -> None:
        """Note a line that broke in front of this node, or that the node itself closed: then the loss is ours."""
        now = self._clock.monotonic()
        by_hub = by_hub or now < self._ours_until
        grace = self._policy.hub_grace if by_hub else self._policy.grace
        blink = 0.0 if by_silence else self._policy.blink.total_seconds()
        self._losses[mirror.number, candidate, client] = Loss(
            mirror,
            candidate,
            client,
            connection,
            entry_no,
            last_sign,
            suspect_at=now + blink,
            offline_at=max(last_sign + grace.total_seconds(), now + blink),
            gone_at=max(last_sign + grace.total_seconds(), now + blink),
            cause=Cause.HUB if by_hub else Cause.CANDIDATE,
        )

    def line_ended(self, connection: ConnectionId, *, last_sign: float, by_hub: bool) -> None:
        """Remember a line that ended: what it asked for may still be on its way."""
        self._gone[connection] = Gone(last_sign, by_hub)
        while len(self._gone) > GONE_KEPT:
            del self._gone[next(iter(self._gone))]

    def place_told(self, mirror: Mirror, candidate: Candidate, client: ClientId, connection: ConnectionId) -> None:
        """Hear that a connection was given a place; if its line has ended here meanwhile, the place is lost again."""
        gone = self._gone.get(connection)
        if gone is None:
            return
        held = mirror.seats.get(candidate.id)
        is_seated = held is not None and held.connection == connection
        self.line_lost(
            mirror,
            candidate.id,
            client,
            connection,
            entry_no=candidate.entry_no if is_seated else None,
            last_sign=gone.last_sign,
            by_silence=False,
            by_hub=gone.by_hub,
        )

    def adopt(self, mirror: Mirror) -> None:
        """Note what a freshly loaded room shows and nobody holds: a loss of ours, so with the long grace."""
        for loss in self._losses.values():
            if loss.mirror is mirror:
                # Seen before the room was loaded anew: the store knows its connection no more, and showed nothing yet.
                loss.connection, loss.stage = None, Stage.FRESH
                self._be_generous(loss)
        for candidate in mirror.room.candidates.values():
            self.adopt_candidate(mirror, candidate)

    def adopt_candidate(self, mirror: Mirror, candidate: Candidate) -> None:
        """Note a candidate whose seat nobody holds, or who is shown outside while nobody is there.

        Every node does: whoever saw the loss may die before it has done its part, and doing it twice does nothing.
        """
        held = mirror.seats.get(candidate.id)
        is_held = held is not None and held.connection is not None
        if candidate.attempt is AttemptState.RUNNING and candidate.interrupted_at is None and not is_held:
            if candidate.seat is not None:
                self._adopt_one(mirror, candidate, candidate.seat.client, candidate.entry_no)
            if candidate.progress is not None:
                # The node that accepted it may have died before it wrote it down.
                self._flush(FlushedProgress(mirror.number, candidate.id, candidate.entry_no, candidate.progress))
        elif candidate.waiting.clients == 0 and _is_shown_outside(candidate):
            self._adopt_one(mirror, candidate, NOBODY, None)

    def _adopt_one(self, mirror: Mirror, candidate: Candidate, client: ClientId, entry_no: int | None) -> None:
        now = self._clock.monotonic()
        known = self._losses.get((mirror.number, candidate.id, client))
        if known is not None and known.entry_no == entry_no:
            return
        gone_at = now + self._policy.hub_grace.total_seconds()
        loss = Loss(
            mirror,
            candidate.id,
            client,
            None,
            entry_no,
            now,
            suspect_at=now + self._policy.silence.total_seconds(),
            offline_at=gone_at,
            gone_at=gone_at,
            cause=Cause.HUB,
        )
        self._losses[mirror.number, candidate.id, client] = loss

    def back(self, number: SessionNumber, candidate: CandidateId, client: ClientId) -> None:
        """Note that this client is connected again."""
        self._losses.pop((number, candidate, client), None)
        self._losses.pop((number, candidate, NOBODY), None)

    def forgive(self) -> None:
        """After this node stood still: what it lost before, or finds lost now, counts as lost by us.

        Clients give up a hub that is silent for as long as it gives up them: so long their broken lines may surface.
        """
        self._ours_until = self._clock.monotonic() + self._policy.silence.total_seconds()
        for loss in self._losses.values():
            self._be_generous(loss)

    # ── what becomes of them ───────────────────────────────────────────────────────────────────────────────

    async def advance(self) -> None:
        """Carry every loss as far as its time has come."""
        now = self._clock.monotonic()
        due = [one for one in self._losses.values() if now >= self._next_at(one)]
        for start in range(0, len(due), AT_ONCE):
            await asyncio.gather(*(self._advance_one(one, now) for one in due[start : start + AT_ONCE]))

    def _next_at(self, loss: Loss) -> float:
        match loss.stage:
            case Stage.FRESH:
                return loss.suspect_at
            case Stage.SUSPECT:
                return loss.offline_at
            case Stage.OFFLINE:
                return loss.gone_at

    async def _advance_one(self, loss: Loss, now: float) -> None:
        try:
            if loss.entry_no is None:
                is_open = await self._advance_outside(loss, now)
            else:
                is_open = await self._advance_seated(loss, now)
            if not is_open:
                self._forget(loss)
        except StoreAccident:
            self._be_generous(loss)
        except Exception:
            log.exception("a loss in room %s failed", loss.mirror.number)
            self._be_generous(loss)

    def _forget(self, loss: Loss) -> None:
        key = (loss.mirror.number, loss.candidate, loss.client)
        if self._losses.get(key) is loss:
            del self._losses[key]

    def _be_generous(self, loss: Loss) -> None:
        """A store was away, or this node stood still: from now on this loss counts as ours."""
        loss.cause = Cause.HUB
        loss.gone_at = self._clock.monotonic() + self._policy.hub_grace.total_seconds()

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
        row = loss.mirror.room.candidates.get(loss.candidate)
        if row is None or row.entry_no > 0:
            return False
        return await self._live.mark(loss.mirror.number, loss.candidate, None, state)

    async def _leave(self, loss: Loss) -> None:
        """Say that nobody asks at the door any more, if that was the last one."""
        await loss.mirror.catch_up()
        row = loss.mirror.room.candidates.get(loss.candidate)
        is_asking = row is not None and (
            row.entry_refused is not None or (row.authorization is not None and row.authorization.was_asking)
        )
        if row is not None and is_asking and row.waiting.clients == 0:
            await self._decisions.submit(Order(loss.mirror.number, HUB, Leave(), (loss.candidate,)))

    # ── in the test ────────────────────────────────────────────────────────────────────────────────────────

    async def _advance_seated(self, loss: Loss, now: float) -> bool:
        """Show the line as it is; interrupt when the grace is over. False ends the loss."""
        number, candidate = loss.mirror.number, loss.candidate
        if not self._is_still_lost(loss):
            return False
        if loss.stage is Stage.FRESH:
            loss.stage = Stage.SUSPECT
            return await self._live.mark(number, candidate, loss.connection, LinkState.SUSPECT)
        if loss.stage is Stage.SUSPECT:
            if now < loss.offline_at:
                return True
            loss.stage = Stage.OFFLINE
            if not await self._live.mark(number, candidate, loss.connection, LinkState.OFFLINE):
                return False
        return now < loss.gone_at or await self._interrupt(loss)

    def _is_still_lost(self, loss: Loss) -> bool:
        """Tell whether nobody newer holds the seat, as far as this node has heard."""
        held = loss.mirror.seats.get(loss.candidate)
        row = loss.mirror.room.candidates.get(loss.candidate)
        if row is None or row.interrupted_at is not None:
            return False
        if held is not None and held.connection is not None:
            if held.connection != loss.connection:
                return False
            # Decided while the line was breaking, and told only now.
            loss.entry_no = held.entry_no
            return True
        return row.entry_no in (0, loss.entry_no)

    async def _interrupt(self, loss: Loss) -> bool:
        """Take the right to return away, if the ledger still stands where this node saw the loss. False: it is done.

        What decided nothing is not done: the live store may have begun a new life in between, or another entry been
        told. Then the long grace begins, and the room as it is shown says whether anybody is lost at all.
        """
        mirror, number, entry_no = loss.mirror, loss.mirror.number, loss.entry_no
        if mirror.room.candidates[loss.candidate].attempt is not AttemptState.RUNNING or entry_no is None:
            return False
        heads = await self._answered_heads(number)
        if number not in heads:
            return False
        life = mirror.room.live_epoch
        is_same_life = mirror.is_live and heads[number].live_epoch == life
        if is_same_life and await self._live.detach(number, loss.candidate, entry_no, loss.connection):
            lost_for = timedelta(seconds=self._clock.monotonic() - loss.lost_at)
            cause = Cause.ROOM if loss.cause is Cause.CANDIDATE and _is_lost_with_the_room(loss) else loss.cause
            command = Interrupt(entry_no, life, lost_for, cause)
            answer = await self._decisions.submit(Order(number, HUB, command, (loss.candidate,)))
            if isinstance(answer, Refusal):
                return True
            if not answer.results[0].is_already:
                return False
        self._be_generous(loss)
        return True

    async def _answered_heads(self, number: SessionNumber) -> Mapping[SessionNumber, Head]:
        """Ask whether the ledger is in service. One that was frozen answers at the thaw: that is its return."""
        asked_at = self._clock.monotonic()
        heads = await self._ledger.heads((number,))
        if self._clock.monotonic() - asked_at > PROMPT_SECONDS:
            raise StoreUnavailable("the ledger answered late")
        return heads


def _is_shown_outside(candidate: Candidate) -> bool:
    """Tell whether a dashboard still shows somebody outside the test: a line before the first entry, or asking."""
    if candidate.attempt.is_over:
        return False
    is_line_shown = candidate.entry_no == 0 and candidate.link.state in (LinkState.ONLINE, LinkState.SUSPECT)
    return is_line_shown or candidate.entry_refused is not None


def _is_lost_with_the_room(loss: Loss) -> bool:
    """Tell whether most of those in the test were lost at about the same time, whichever node saw it."""
    own = loss.mirror.room.candidates[loss.candidate].link.since
    in_test = [one for one in loss.mirror.room.candidates.values() if one.attempt is AttemptState.RUNNING]
    lost = [
        one.link.since
        for one in in_test
        if one.link.state in (LinkState.SUSPECT, LinkState.OFFLINE) and one.link.since is not None
    ]
    together = [at for at in lost if own is not None and abs((at - own).total_seconds()) <= ROOM_SECONDS]
    return len(together) >= max(ROOM_LEAST, (len(in_test) + 1) // 2)

"""Lost lines: those this node saw break, and those it takes over because nobody holds the place any more.

Every node takes over what nobody holds: whoever saw the loss may die before it has done its part.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from channels.course import Course
from channels.figures import Figures
from channels.loss import Loss, Stage, is_shown_outside
from channels.mirror import Mirror
from hub.live import LiveStore
from hub.model import AttemptState, Candidate, CandidateId, Cause, ClientId, ConnectionId, SessionNumber
from hub.policy import Policy
from hub.ports import Clock, FlushedProgress, Ledger, StoreAccident
from hub.service import Decisions

log = logging.getLogger("vigie.losses")

AT_ONCE = 200
"""Losses carried one step further at the same time: a whole node's worth is spread, a room's is not delayed."""


NOBODY = ClientId("")
"""Stands for whoever waited outside before this node knew the room."""


GONE_KEPT = 20_000
"""Ended lines remembered: as many as a node may lose at once. A place is given within seconds."""


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
        figures: Figures,
    ) -> None:
        self._course = Course(ledger, live, decisions, clock, figures)
        self._clock, self._policy, self._flush = clock, policy, flush
        self._losses: dict[tuple[SessionNumber, CandidateId, ClientId], Loss] = {}
        self._gone: dict[ConnectionId, Gone] = {}
        self._ours_until = 0.0

    @property
    def under_way(self) -> int:
        """Return how many lines are lost and not yet back, or given up."""
        return len(self._losses)

    def pursues(self, number: SessionNumber) -> bool:
        """Tell whether a line of this room is lost, and not yet back or given up."""
        return any(loss.mirror.number == number for loss in self._losses.values())

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
        rank: int = 0,
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
            rank=rank,
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
            if loss.mirror.number == mirror.number:
                self._seen_again(loss, mirror)
        if not mirror.is_live:
            return
        for candidate in mirror.room.candidates.values():
            self.adopt_candidate(mirror, candidate)
            if candidate.attempt in (AttemptState.RUNNING, AttemptState.ENDED):
                self._write_down(mirror, candidate)

    def _seen_again(self, loss: Loss, mirror: Mirror) -> None:
        """Go on with a loss in a room that was loaded anew; where the seat was forgotten, the loss is ours by now."""
        loss.mirror = mirror
        if loss.entry_no is not None and not loss.holds_seat:
            loss.stage = Stage.FRESH
            self._be_generous(loss)

    def adopt_candidate(self, mirror: Mirror, candidate: Candidate) -> None:
        """Note a candidate whose seat nobody holds, or who is shown outside while nobody is there.

        Every node does: whoever saw the loss may die before it has done its part, and doing it twice does nothing.
        """
        held = mirror.seats.get(candidate.id)
        is_held = held is not None and held.connection is not None
        if candidate.attempt is AttemptState.RUNNING and candidate.interrupted_at is None and not is_held:
            if candidate.seat is not None:
                self._adopt_one(mirror, candidate, candidate.seat.client, candidate.entry_no)
            self._write_down(mirror, candidate)
        elif candidate.waiting.clients == 0 and is_shown_outside(candidate):
            self._adopt_one(mirror, candidate, NOBODY, None)

    def test_over(self, mirror: Mirror, candidate: Candidate) -> None:
        """Write down what was answered last before an end."""
        self._write_down(mirror, candidate)

    def _write_down(self, mirror: Mirror, candidate: Candidate) -> None:
        """See that progress reaches the ledger: the node that accepted it may have died before it wrote it down."""
        if candidate.progress is not None:
            self._flush(FlushedProgress(mirror.number, candidate.id, candidate.entry_no, candidate.progress))

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
        due = [one for one in self._losses.values() if now >= one.next_at]
        for start in range(0, len(due), AT_ONCE):
            await asyncio.gather(*(self._advance_one(one, now) for one in due[start : start + AT_ONCE]))

    def forget_room(self, number: SessionNumber) -> None:
        """Give up every loss of a session that was deleted."""
        for loss in [one for one in self._losses.values() if one.mirror.number == number]:
            self._forget(loss)

    async def _advance_one(self, loss: Loss, now: float) -> None:
        try:
            if not await self._course.advance(loss, now):
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

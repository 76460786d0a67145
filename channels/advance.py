"""How far one client's test is: what was accepted of it here, told to the live store, and handed over to be written."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from channels.figures import Figures
from channels.mirror import Mirror
from channels.place import Place
from hub.entry import advance, may_return, seat_refusal
from hub.live import Offer
from hub.model import Candidate, CandidateId, ClientId, ConnectionId, Progress
from hub.ports import Clock, FlushedProgress, StoreUnavailable
from hub.refusals import Code

log = logging.getLogger("vigie.advance")


@dataclass(frozen=True, slots=True)
class Sitter:
    """Whose progress it is, and over which connection it comes."""

    candidate: CandidateId
    client: ClientId
    connection: ConnectionId


class Advance:
    """The progress of one connection's candidate."""

    def __init__(
        self,
        sitter: Sitter,
        place: Place,
        mirror: Mirror,
        clock: Clock,
        flush: Callable[[FlushedProgress], None],
        figures: Figures,
    ) -> None:
        self._sitter, self._place, self._mirror = sitter, place, mirror
        self._clock, self._flush = clock, flush
        self._counts = figures.progress
        self._accepted: tuple[int, Progress] | None = None
        self._answer: asyncio.Future[bool] | None = None

    @property
    def is_settled(self) -> bool:
        """Tell whether the live store has answered all that it was offered."""
        return self._answer is None

    async def settled(self) -> None:
        """Wait until it has."""
        while self._answer is not None:
            await asyncio.wait([self._answer])

    @property
    def so_far(self) -> Progress | None:
        """Return the furthest known progress: what this socket had accepted may not be folded here yet."""
        row = self._place.row
        if self._accepted is None or self._accepted[0] != row.entry_no:
            return row.progress
        accepted = self._accepted[1]
        return accepted if row.progress is None or accepted.answered > row.progress.answered else row.progress

    def go(
        self, answered: int, total: int | None, question: int | None, when_fenced: Callable[[], None]
    ) -> Code | None:
        """Pass progress on if it is the seat's and ahead; lower or equal numbers are ignored. Returns why not.

        Call it once what was passed on before is settled. `when_fenced` is called if another connection has the seat.
        """
        row, before = self._place.row, self.so_far
        code = seat_refusal(row, self._sitter.client)
        if code is None and not self._place.holds_seat:
            code = Code.BUSY if self._place.is_unknown else Code.RESUME_NOT_AUTHORIZED
        if code is not None:
            self._counts["refused"] += 1
            return code
        progress = advance(before, answered, total, question, self._clock.now())
        if isinstance(progress, Code):
            self._counts["refused"] += 1
            return progress
        if progress is before:
            self._counts["behind"] += 1
            return None
        self._offer(progress).add_done_callback(partial(self._answered, row, progress, when_fenced))
        return None

    def _answered(
        self, row: Candidate, progress: Progress, when_fenced: Callable[[], None], answer: asyncio.Future[bool]
    ) -> None:
        is_accepted = self._is_accepted(answer)
        self._counts["accepted" if is_accepted else "fenced"] += 1
        if is_accepted:
            self._accepted = (row.entry_no, progress)
            self._hand_over(row, progress)
        else:
            # The live store knows another connection in this seat, or none: find out which.
            self._place.is_owed = True
            when_fenced()

    async def go_on(self) -> None:
        """Make up, on sitting down again, for what a node or a live store may have taken with it.

        The live store is told what only this node had accepted, and the ledger what only a dead node had noted.
        """
        row, furthest = self._place.row, self.so_far
        if furthest is None or not self._place.holds_seat or not may_return(row, self._sitter.client):
            return
        self._hand_over(row, furthest)
        if furthest is not row.progress and not self._place.is_owed:
            await self.settled()
            self._offer(furthest).add_done_callback(self._is_accepted)
            await self.settled()

    def _offer(self, progress: Progress) -> asyncio.Future[bool]:
        """Pass progress to the live store."""
        answer = self._mirror.offers.make(Offer(self._sitter.candidate, self._sitter.connection, progress))
        answer.add_done_callback(self._settle)
        self._answer = answer
        return answer

    def _settle(self, answer: asyncio.Future[bool]) -> None:
        if self._answer is answer:
            self._answer = None

    def _hand_over(self, row: Candidate, progress: Progress) -> None:
        self._flush(FlushedProgress(self._mirror.number, row.id, row.entry_no, progress))

    def _is_accepted(self, answer: asyncio.Future[bool]) -> bool:
        """Tell whether progress was taken; where the live store could not say so, the ledger's own fence accepts it."""
        accident = answer.exception()
        if accident is None:
            return answer.result()
        if not isinstance(accident, StoreUnavailable):
            log.error("progress of connection %s could not be passed on", self._sitter.connection, exc_info=accident)
        return True

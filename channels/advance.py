"""How far one client's test is: what was accepted of it here, told to the live store, and handed over to be written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from channels.figures import Figures
from channels.mirror import Mirror
from channels.place import Place
from hub.entry import advance, may_return, seat_refusal
from hub.live import Offer
from hub.model import Candidate, CandidateId, ClientId, ConnectionId, Progress
from hub.ports import Clock, FlushedProgress, StoreUnavailable
from hub.refusals import Code


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

    @property
    def so_far(self) -> Progress | None:
        """Return the furthest known progress: what this socket had accepted may not be folded here yet."""
        row = self._place.row
        if self._accepted is None or self._accepted[0] != row.entry_no:
            return row.progress
        accepted = self._accepted[1]
        return accepted if row.progress is None or accepted.answered > row.progress.answered else row.progress

    async def go(self, answered: int, total: int | None, question: int | None) -> Code | None:
        """Pass progress on if it is the seat's and ahead; lower or equal numbers are ignored. Returns why not."""
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
        is_accepted = await self._accept(progress)
        self._counts["accepted" if is_accepted else "fenced"] += 1
        if is_accepted:
            self._accepted = (row.entry_no, progress)
            self._hand_over(row, progress)
        else:
            # The live store knows another connection in this seat, or none: find out which.
            self._place.is_owed = True
        return None

    async def go_on(self) -> None:
        """Make up, on sitting down again, for what a node or a live store may have taken with it.

        The live store is told what only this node had accepted, and the ledger what only a dead node had noted.
        """
        row, furthest = self._place.row, self.so_far
        if furthest is None or not self._place.holds_seat or not may_return(row, self._sitter.client):
            return
        self._hand_over(row, furthest)
        if furthest is not row.progress and not self._place.is_owed:
            await self._accept(furthest)

    async def _accept(self, progress: Progress) -> bool:
        """Pass progress to the live store; while that is away, the ledger's own fence is what accepts it."""
        try:
            return await self._mirror.offers.make(Offer(self._sitter.candidate, self._sitter.connection, progress))
        except StoreUnavailable:
            return True

    def _hand_over(self, row: Candidate, progress: Progress) -> None:
        self._flush(FlushedProgress(self._mirror.number, row.id, row.entry_no, progress))

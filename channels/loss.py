"""One lost line: how far it has come, and what the room as this node sees it says of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from channels.mirror import Mirror
from hub.model import AttemptState, Candidate, CandidateId, Cause, ClientId, ConnectionId, LinkState

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
    the lost seat, None when the client stood outside the test; `rank` that of its connection, 0 where it is not known.
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
    rank: int = 0
    cause: Cause = Cause.CANDIDATE
    stage: Stage = Stage.FRESH

    @property
    def next_at(self) -> float:
        """Return when there is something to do."""
        match self.stage:
            case Stage.FRESH:
                return self.suspect_at
            case Stage.SUSPECT:
                return self.offline_at
            case Stage.OFFLINE:
                return self.gone_at

    @property
    def row(self) -> Candidate | None:
        """Return the candidate as the room shows them."""
        return self.mirror.room.candidates.get(self.candidate)

    @property
    def holds_seat(self) -> bool:
        """Tell whether the dead connection still stands in the seat, as far as this node has heard."""
        held = self.mirror.seats.get(self.candidate)
        return held is not None and held.connection is not None and held.connection == self.connection

    @property
    def speaks_as(self) -> ConnectionId | None:
        """Return for whom the live store is told of this loss: the dead connection, or nobody once it forgot it."""
        return self.connection if self.holds_seat else None

    def is_still_lost(self) -> bool:
        """Tell whether nobody newer holds the lost seat, as far as this node has heard."""
        held, row = self.mirror.seats.get(self.candidate), self.row
        if row is None or row.interrupted_at is not None:
            return False
        if held is not None and held.connection is not None:
            if held.connection != self.connection:
                return False
            # Decided while the line was breaking, and told only now.
            self.entry_no = held.entry_no
            return True
        return row.entry_no in (0, self.entry_no)

    def is_the_rooms(self) -> bool:
        """Tell whether most of those in the test were lost at about the same time, whichever node saw it."""
        rows = self.mirror.room.candidates
        own = rows[self.candidate].link.since
        in_test = [one for one in rows.values() if one.attempt is AttemptState.RUNNING]
        lost = [one.link.since for one in in_test if one.link.state in (LinkState.SUSPECT, LinkState.OFFLINE)]
        together = [at for at in lost if at and own and abs((at - own).total_seconds()) <= ROOM_SECONDS]
        return len(together) >= max(ROOM_LEAST, (len(in_test) + 1) // 2)


def is_shown_outside(candidate: Candidate) -> bool:
    """Tell whether a dashboard still shows somebody outside the test: a line before the first entry, or asking."""
    if candidate.attempt.is_over:
        return False
    is_line_shown = candidate.entry_no == 0 and candidate.link.state in (LinkState.ONLINE, LinkState.SUSPECT)
    return is_line_shown or candidate.entry_refused is not None

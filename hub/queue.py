"""Who waits for a human at the door of a room, in the order they began to wait."""

from __future__ import annotations

from datetime import datetime

from hub.model import AttemptState, Candidate, CandidateId, Room


def waiting_queue(room: Room) -> tuple[CandidateId, ...]:
    """List the candidates who can only go on when a person acts; a candidate's place is the index plus one."""
    waiting = [(since, one.id) for one in room.candidates.values() if (since := waits_since(one)) is not None]
    return tuple(number for _, number in sorted(waiting))


def waits_since(candidate: Candidate) -> datetime | None:
    """Return since when this candidate waits for an invigilator; None when nobody needs to come."""
    if candidate.authorization is not None or candidate.attempt.is_over:
        return None
    if candidate.entry_refused is not None:
        return candidate.entry_refused.at
    is_back = candidate.attempt is AttemptState.RUNNING and candidate.waiting.clients > 0
    return candidate.interrupted_at if is_back else None

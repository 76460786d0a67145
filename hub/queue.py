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
    is_back = candidate.attempt is AttemptState.RUNNING and candidate.waiting.clients > 0
    waits = (
        candidate.interrupted_at if is_back else None,
        candidate.entry_refused.at if candidate.entry_refused is not None else None,
    )
    # Who was back already loses no place by typing the code once more.
    return min((since for since in waits if since is not None), default=None)

"""Arithmetic of an exam's time. The invigilator is its master: nothing here ever ends a test."""

from __future__ import annotations

from datetime import datetime, timedelta

from hub.model import AttemptState, Candidate, Room

FINALIZED_WITHIN = timedelta(hours=48)
"""After the latest theoretical end (seeds 001 and 002)."""


def extra_minutes(duration_minutes: int, percentage: int) -> int:
    """Round up the minutes an extra-time percentage gives (105 at 33 % → 35)."""
    return -(-duration_minutes * percentage // 100)


def theoretical_end(room: Room, candidate: Candidate, minutes_added: int) -> datetime | None:
    """Compute the instant at which this candidate's time is used up; None while the room's clock stands."""
    if room.started_at is None:
        return None
    extra = extra_minutes(room.duration_minutes, candidate.extra_time_percentage)
    return room.started_at + timedelta(minutes=room.duration_minutes + extra + minutes_added)


def finalization_due_at(room: Room) -> datetime | None:
    """Compute until when the session is to be finalized; None while nobody has started. Needs every row."""
    started = (one for one in room.candidates.values() if one.attempt is not AttemptState.NOT_STARTED)
    ends = [end for one in started if (end := theoretical_end(room, one, one.time.minutes_added)) is not None]
    return max(ends) + FINALIZED_WITHIN if ends else None

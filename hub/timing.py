"""Arithmetic of an exam's time. The invigilator is its master: nothing here ever ends a test."""

from __future__ import annotations

from datetime import datetime, timedelta

from hub.model import Candidate, Room


def extra_minutes(duration_minutes: int, percentage: int) -> int:
    """Round up the minutes an extra-time percentage gives (105 at 33 % → 35)."""
    return -(-duration_minutes * percentage // 100)


def theoretical_end(room: Room, candidate: Candidate, minutes_added: int) -> datetime | None:
    """Compute the instant at which this candidate's time is used up; None while the room's clock stands."""
    if room.started_at is None:
        return None
    extra = extra_minutes(room.duration_minutes, candidate.extra_time_percentage)
    return room.started_at + timedelta(minutes=room.duration_minutes + extra + minutes_added)

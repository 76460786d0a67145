"""What is kept for how long, which of it is due on a day, and whose data may be erased before.

Durations are counted in calendar years from the day of the session, local to its center, and from the last access to
an account. A session's day is the date that was typed or, when that is later, the day on which it was made, started,
finalized or reopened: a year typed wrong empties nothing that is being prepared or running. What an author, a live
store or a link keeps for hours ends by itself and is not judged here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from hub.model import AttemptState

SESSION_YEARS: Final = 2
"""Identities, words and documents of a session. Source: the field's rule on attendance sheets."""
ACCOUNT_YEARS: Final = 5
"""An account that nobody uses. Source: the same rule."""


@dataclass(frozen=True, slots=True)
class Emptied:
    """What a purge empties or deletes, counted; also what it would, when it is only tried."""

    sessions: int = 0
    candidates: int = 0
    details: int = 0
    documents: int = 0
    comments: int = 0
    answers: int = 0
    clients: int = 0
    accounts: int = 0
    invitations: int = 0
    imports: int = 0
    logins: int = 0
    handovers: int = 0

    def __add__(self, other: Emptied) -> Emptied:
        return Emptied(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


class NotErased(StrEnum):
    """Why one person's data were not erased."""

    UNKNOWN = "unknown_candidate"
    STARTED = "session_open"


def years_before(day: date, years: int) -> date:
    """Return the same day some years earlier; the 28th where there was no 29 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def last_session_due(today: date) -> date:
    """Return the latest day of a session whose data are due today: its second anniversary has come."""
    return years_before(today, SESSION_YEARS)


def last_access_due(at: datetime) -> datetime:
    """Return the latest last access of an account that is due at an instant."""
    day = years_before(at.date(), ACCOUNT_YEARS)
    return at.replace(year=day.year, day=day.day)


def may_erase(attempt: AttemptState, finalized_at: datetime | None) -> bool:
    """Tell whether one candidate's data may go: not while their test is part of a session that is still open."""
    return finalized_at is not None or attempt is AttemptState.NOT_STARTED

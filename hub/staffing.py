"""Who attends to a room now: the consoles that are open, and who said "I go there". Soft facts, they decide nothing.

They live in the live store beside the room, so that every node knows of every console, and are forgotten with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.model import Author, CandidateId, ConnectionId


@dataclass(frozen=True, slots=True)
class Console:
    """One open dashboard. A center admin's is no invigilator's, even while they have taken over."""

    connection: ConnectionId
    by: Author
    is_invigilator: bool
    look: CandidateId | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody said "I go there" about a candidate."""

    candidate: CandidateId
    by: Author
    at: datetime


@dataclass(frozen=True, slots=True)
class Staffing:
    """Everything known of those who attend to a room.

    Instants are the live store's, only their ages count: `read_at` says when it was. `left_at` holds those who have no
    console here any more, since when. `unattended_since`: the last invigilator's console was closed then, or the room
    was loaded and there was none; None while one is open. `known_since`: when it began to be known who is here.
    """

    consoles: tuple[Console, ...] = ()
    claims: tuple[Claim, ...] = ()
    left_at: Mapping[Author, datetime] = field(default_factory=dict)
    unattended_since: datetime | None = None
    known_since: datetime | None = None
    read_at: datetime | None = None

    @property
    def invigilators(self) -> int:
        """Count the invigilators who have a console open; one person with two phones is one."""
        return len({one.by for one in self.consoles if one.is_invigilator})

    def is_silent(self, who: Author, now: datetime, life: timedelta) -> bool:
        """Tell whether somebody has been away from every console of this room for longer than a claim lives.

        Of whoever was never here silence is counted from when the live store began to know: it may have forgotten them.
        """
        if any(one.by == who for one in self.consoles):
            return False
        silent_since = self.left_at.get(who) or self.known_since
        return silent_since is not None and now - silent_since >= life

    def standing(self, now: datetime, life: timedelta) -> tuple[Claim, ...]:
        """Return the claims that still stand: those whose author is here, or was a moment ago."""
        return tuple(one for one in self.claims if not self.is_silent(one.by, now, life))

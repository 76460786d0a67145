"""What each dashboard could see, and whom its owner went to: kept beside the audit, so that the jury can replay it.

No decision: nothing here was judged, and a phone may say what it likes of its own screen. Ids, codes and numbers only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from hub.model import Author, CandidateId, ConnectionId, SessionNumber

MOST_READ = 20_000
"""Notes of one session that are read again, the oldest: far more than an exam makes."""


class WatchKind(StrEnum):
    """What is noted of a dashboard."""

    OPENED = "opened"
    SAW = "saw"
    """How old its data was, and which needs stood on it."""
    CLAIMED = "claimed"
    """Its owner said "I go there"."""
    RELEASED = "released"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class WatchFacts:
    """What is noted; only what belongs to the kind is set.

    `age_ms` is the greatest age of the data since the note before; `alerts` are (candidate, name of the need);
    `code` is why the line was closed, None when it broke.
    """

    freshness: str | None = None
    age_ms: int | None = None
    is_hidden: bool | None = None
    alerts: tuple[tuple[CandidateId, str], ...] = ()
    candidates: tuple[CandidateId, ...] = ()
    code: int | None = None


@dataclass(frozen=True, slots=True)
class WatchNote:
    """One note on its way into the ledger; `ago` when it is written, because a node measures durations only."""

    number: SessionNumber
    by: Author
    connection: ConnectionId
    kind: WatchKind
    ago: timedelta
    facts: WatchFacts = field(default_factory=WatchFacts)


@dataclass(frozen=True, slots=True)
class WatchEntry:
    """One note as it is read again, by the database's clock."""

    by: Author
    connection: ConnectionId
    kind: WatchKind
    at: datetime
    facts: WatchFacts

"""What happened in a room: each event names the facets it changed and carries their new values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from msgspec import Struct, field

from hub.model import (
    AttemptState,
    Attention,
    Author,
    Authorization,
    CandidateId,
    EntryRefused,
    HandOver,
    HelpRequest,
    IdentityState,
    IssueReport,
    Link,
    Presence,
    Progress,
    Seat,
    Seen,
    TakeOver,
    TimeLedger,
    Waiting,
)

Codes = dict[str, int | str | None]
"""Ids, codes and numbers of a decision: all that the chained audit row may say."""


class EventKind(StrEnum):
    """Every kind of event, by its name on the wire; some stay inside the hub."""

    JOINED = "candidate.joined"
    WAITING = "candidate.waiting"
    LEFT = "candidate.left"
    ENTERED = "candidate.entered"
    RESUMED = "candidate.resumed"
    RECONNECTED = "candidate.reconnected"
    PROGRESSED = "candidate.progressed"
    SUSPECT = "candidate.suspect"
    DISCONNECTED = "candidate.disconnected"
    INTERRUPTED = "candidate.interrupted"
    FINISHED = "candidate.finished"
    ENDING = "candidate.ending"
    ENDING_CANCELLED = "candidate.ending_cancelled"
    ENDED = "candidate.ended"
    CLOSED = "candidate.closed"
    ENTRY_REFUSED = "candidate.entry_refused"
    TOLD = "candidate.told"
    PRESENCE_CONFIRMED = "presence.confirmed"
    PRESENCE_CANCELLED = "presence.cancelled"
    PRESENCE_ABSENT = "presence.absent"
    IDENTITY_CHECKED = "identity.checked"
    RESUME_AUTHORIZED = "resume.authorized"
    AUTHORIZATION_EXPIRED = "authorization.expired"
    HELP_OPENED = "help.opened"
    HELP_TAKEN = "help.taken"
    HELP_RELEASED = "help.released"
    HELP_RESOLVED = "help.resolved"
    HELP_LAPSED = "help.lapsed"
    TIME_ADDED = "time.added"
    END_SCREEN_SEEN = "end_screen.seen"
    END_SCREEN_UNSEEN = "end_screen.unseen"
    REPORT_ADDED = "report.added"
    REPORT_CHANGED = "report.changed"
    REPORT_REMOVED = "report.removed"
    MESSAGE_SENT = "message.sent"
    SESSION_STARTED = "session.started"
    SESSION_CHANGED = "session.changed"
    SESSION_FINALIZED = "session.finalized"
    SESSION_REOPENED = "session.reopened"
    SESSION_ASSIGNED = "session.assigned"
    SESSION_PUBLISHED = "session.published"
    SESSION_UNPUBLISHED = "session.unpublished"
    SESSION_TAKEN_OVER = "session.taken_over"
    SESSION_HANDED_OVER = "session.handed_over"
    JURY_DECIDED = "jury.decided"
    JURY_RESOLVED = "jury.report_resolved"
    ROSTER_CHANGED = "roster.changed"
    SEAT_ATTACHED = "seat.attached"
    SEAT_EMPTIED = "seat.emptied"
    STAFFING_CHANGED = "staffing.changed"
    SESSION_DELETED = "session.deleted"
    SESSION_PURGED = "session.purged"
    CANDIDATE_ERASED = "candidate.erased"


class Changes(TypedDict, total=False):
    """New values of a candidate's facets: the fold is `replace(candidate, **changes)`."""

    presence: Presence
    identity: IdentityState
    authorization: Authorization | None
    attempt: AttemptState
    certification_number: int | None
    entry_no: int
    seat: Seat | None
    interrupted_at: datetime | None
    ending_at: datetime | None
    entry_refused: EntryRefused | None
    joined_at: datetime | None
    progress: Progress | None
    help: tuple[HelpRequest, ...]
    reports: tuple[IssueReport, ...]
    end_screen_seen: Seen | None
    time: TimeLedger
    link: Link
    waiting: Waiting
    told_version: int


class RoomChanges(TypedDict, total=False):
    """New values of the session's own facts."""

    duration_minutes: int
    started_at: datetime | None
    is_started_explicitly: bool
    finalized_at: datetime | None
    take_overs: tuple[TakeOver, ...]
    roster_version: int
    reopened_at: datetime | None
    assigned_to: Author | None
    assigned_at: datetime | None
    published_at: datetime | None
    attention: tuple[Attention, ...]
    hand_overs: tuple[HandOver, ...]


class Event(Struct, frozen=True):
    """One decided fact, not yet numbered.

    `codes` (ids, codes, numbers) goes into the chained audit row, `detail` (free text) into the salted detail
    beside it, of which the chained row only holds the digest. `text` is what a message says to the candidate.
    """

    kind: EventKind
    candidate: CandidateId | None = None
    changes: Changes = field(default_factory=Changes)
    room: RoomChanges = field(default_factory=RoomChanges)
    codes: Codes = field(default_factory=dict)
    detail: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None

    @property
    def is_echo(self) -> bool:
        """Tell whether this only repeats, on one row, what a session event did: same number, no audit row."""
        return self.candidate is not None and self.kind in SESSION_KINDS


SESSION_KINDS = frozenset({EventKind.SESSION_STARTED, EventKind.SESSION_CHANGED, EventKind.SESSION_FINALIZED})


class RoomEvent(Struct, frozen=True):
    """One fact as the room's stream carries it, a decision's or the live store's.

    `decision` is None for a live fact. `seq` is its place in the live stream, 0 before the live store gave it one.
    `connection` tells, inside the hub, which socket speaks for its `client` from now on (and, on an event that seats
    that client, holds the seat).
    """

    kind: EventKind
    at: datetime
    candidate: CandidateId | None = None
    by: Author | None = None
    decision: int | None = None
    seq: int = 0
    text: str | None = None
    connection: str | None = None
    client: str | None = None
    room: RoomChanges = field(default_factory=RoomChanges)
    changes: Changes = field(default_factory=Changes)

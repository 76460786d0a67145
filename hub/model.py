"""The nouns of an exam room: a candidate is a set of independent facets, never one status.

One frozen row type serves the rules, the ledger and the live view, so that the same `evolve` folds a decision
read from Postgres and an event read from the stream. Names and birthdates are deliberately absent: they live in
the `Roster`, which never leaves Postgres and the memory of a node.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from msgspec import Struct, field

SessionNumber = NewType("SessionNumber", int)
CandidateId = NewType("CandidateId", int)
AccountId = NewType("AccountId", int)
HelpId = NewType("HelpId", int)
ReportId = NewType("ReportId", int)
ClientId = NewType("ClientId", str)
"""One browser tab of a candidate: what one identification minted a token for."""
ConnectionId = NewType("ConnectionId", str)
NodeId = NewType("NodeId", str)
"""One life of one hub process: a restarted process is another node."""
Author = NewType("Author", str)
"""Who decided: `account:7`, `client:<id>` or `hub`. Translated to a name only on the way to a screen."""

HUB = Author("hub")


def account_author(account: AccountId) -> Author:
    """Name an account as the author of a decision."""
    return Author(f"account:{account}")


def account_of(author: Author) -> AccountId | None:
    """Return the account an author is, if it is one."""
    kind, _, name = author.partition(":")
    return AccountId(int(name)) if kind == "account" and name.isascii() and name.isdigit() else None


def client_author(client: ClientId) -> Author:
    """Name a candidate's client as the author of a decision."""
    return Author(f"client:{client}")


class PresenceState(StrEnum):
    """Is this person in the room?"""

    EXPECTED = "expected"
    CONFIRMED = "confirmed"
    ABSENT = "absent"


class IdentityState(StrEnum):
    """Was the identity document looked at? (`to_correct` opens a report for the jury.)"""

    UNCHECKED = "unchecked"
    CHECKED = "checked"
    TO_CORRECT = "to_correct"


class AuthorizationKind(StrEnum):
    """What a single-use authorization opens."""

    START = "start"
    RESUME = "resume"


class AttemptState(StrEnum):
    """How far the test itself has come."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    FINISHED = "finished"
    ENDED = "ended"
    CLOSED = "closed"

    @property
    def is_over(self) -> bool:
        """Tell whether no way leads back to `running`."""
        return self in _OVER


_OVER = frozenset({AttemptState.FINISHED, AttemptState.ENDED, AttemptState.CLOSED})


class LinkState(StrEnum):
    """What the line of the seated client shows: a display, never a right."""

    NEVER = "never"
    ONLINE = "online"
    SUSPECT = "suspect"
    OFFLINE = "offline"


class Cause(StrEnum):
    """Whose loss an interruption was."""

    CANDIDATE = "candidate"
    ROOM = "room"
    HUB = "hub"


class HelpKind(StrEnum):
    """What a candidate calls for."""

    QUESTION = "question"
    OTHER = "other"


class HelpOutcome(StrEnum):
    """How a call ended; `lapsed` when the test ended before anybody came."""

    ACCEPT = "accept"
    DISMISS = "dismiss"
    LAPSED = "lapsed"


class Presence(Struct, frozen=True):
    """Presence with the author and instant of the last word on it."""

    state: PresenceState = PresenceState.EXPECTED
    by: Author | None = None
    at: datetime | None = None


class Authorization(Struct, frozen=True):
    """One unused right to enter. `expires_at` is None for a start: it lives as long as the session.

    `was_asking` remembers that a person stood at the door when it was given: if it lapses unused, they ask again.
    """

    kind: AuthorizationKind
    by: Author
    at: datetime
    expires_at: datetime | None = None
    was_asking: bool = False


class Seat(Struct, frozen=True):
    """The one client that holds the test, and since when."""

    client: ClientId
    since: datetime


class Link(Struct, frozen=True):
    """State of the line, and since when."""

    state: LinkState = LinkState.NEVER
    since: datetime | None = None


class Waiting(Struct, frozen=True):
    """How many clients are connected for this candidate outside the test."""

    clients: int = 0


class EntryRefused(Struct, frozen=True):
    """The candidate asked to come in and was refused: code of the refusal and instant of asking."""

    code: str
    at: datetime


class Progress(Struct, frozen=True):
    """Questions answered (or passed) out of a total; absolute, never going back."""

    answered: int
    total: int
    question: int | None
    at: datetime


class HelpRequest(Struct, frozen=True):
    """One call for the invigilator, open while `outcome` is None."""

    id: HelpId
    kind: HelpKind
    question: int | None
    text: str | None
    at: datetime
    taken_by: Author | None = None
    outcome: HelpOutcome | None = None
    word: str | None = None


class IssueReport(Struct, frozen=True):
    """What the jury must know about one candidate; `name` is a key of `hub.reports.CATEGORIES`."""

    id: ReportId
    name: str
    question: int | None
    text: str | None
    by: Author
    at: datetime


class Seen(Struct, frozen=True):
    """An invigilator saw the end screen: without it the jury may reject."""

    by: Author
    at: datetime


class Interruption(Struct, frozen=True):
    """One measured absence. `until` is None while it lasts."""

    since: datetime
    until: datetime | None
    cause: Cause


class Addition(Struct, frozen=True):
    """Minutes given (or taken back) by a person, with the reason."""

    minutes: int
    reason: str
    by: Author
    at: datetime


class TimeLedger(Struct, frozen=True):
    """Everything about one candidate's time; `theoretical_end` is shown, it never ends anything by itself."""

    theoretical_end: datetime | None = None
    additions: tuple[Addition, ...] = ()
    interruptions: tuple[Interruption, ...] = ()

    @property
    def minutes_added(self) -> int:
        """Sum the minutes added."""
        return sum(addition.minutes for addition in self.additions)


class Candidate(Struct, frozen=True):
    """One candidate of one session, without a name.

    Live facets (`LIVE_FACETS`) are owned by the live store, all others by the ledger. `revision` is the number of
    the last decision that changed the row, `version` of the last one that changed what the candidate is shown.
    `reserved_number` becomes the `certification_number` at the first entry.
    """

    id: CandidateId
    extra_time_percentage: int = 0
    reserved_number: int = 0
    presence: Presence = field(default_factory=Presence)
    identity: IdentityState = IdentityState.UNCHECKED
    authorization: Authorization | None = None
    attempt: AttemptState = AttemptState.NOT_STARTED
    certification_number: int | None = None
    entry_no: int = 0
    seat: Seat | None = None
    interrupted_at: datetime | None = None
    ending_at: datetime | None = None
    entry_refused: EntryRefused | None = None
    joined_at: datetime | None = None
    progress: Progress | None = None
    help: tuple[HelpRequest, ...] = ()
    reports: tuple[IssueReport, ...] = ()
    end_screen_seen: Seen | None = None
    time: TimeLedger = field(default_factory=TimeLedger)
    link: Link = field(default_factory=Link)
    waiting: Waiting = field(default_factory=Waiting)
    told_version: int = 0
    version: int = 0
    revision: int = 0

    @property
    def open_help(self) -> HelpRequest | None:
        """Return the open call, of which there is at most one."""
        return next((request for request in self.help if request.outcome is None), None)


LIVE_FACETS = frozenset({"link", "waiting", "progress", "told_version"})
"""Facets the live store owns. `progress` is flushed to the ledger, the others live 24 hours at most."""


class TakeOver(Struct, frozen=True):
    """A center admin may command this room until then."""

    by: Author
    until: datetime


class HandOver(Struct, frozen=True):
    """Somebody who never typed the session's password may command this room until then: a colleague let them in."""

    by: Author
    to: Author
    until: datetime


class Attention(StrEnum):
    """Why the jury should look at a session before it is published."""

    COMMENT = "comment"
    REPORT = "report"
    END_SCREEN = "end_screen"
    ABORT_REASON = "abort_reason"


class Room(Struct, frozen=True):
    """One exam session as the rules see it. `candidates` may hold only the rows a decision needs.

    `decision_seq` and `decision_hash` are the head of the audit chain; `live_epoch` counts the lives of the
    live store; `roster_version` changes whenever names or the session's sheet do. `reopened_at`: the jury gave a
    finalized session back for corrections; nobody enters any more. `assigned_to` to `attention` are the jury's.
    `hand_overs`, the latest last, are the rights to invigilate that have an end; past ones stay.
    """

    number: SessionNumber
    candidates: Mapping[CandidateId, Candidate]
    duration_minutes: int = 105
    started_at: datetime | None = None
    is_started_explicitly: bool = False
    finalized_at: datetime | None = None
    take_overs: tuple[TakeOver, ...] = ()
    decision_seq: int = 0
    decision_hash: str = ""
    live_epoch: int = 1
    roster_version: int = 1
    reopened_at: datetime | None = None
    assigned_to: Author | None = None
    assigned_at: datetime | None = None
    published_at: datetime | None = None
    attention: tuple[Attention, ...] = ()
    hand_overs: tuple[HandOver, ...] = ()

    @property
    def is_closed(self) -> bool:
        """Tell whether no candidate sits here any more: finalized, or given back for corrections alone."""
        return self.finalized_at is not None or self.reopened_at is not None


class Person(Struct, frozen=True):
    """Who a candidate is, exactly as printed on the list of the session."""

    last_name: str
    first_name: str
    birthdate: date


class Sheet(Struct, frozen=True):
    """What is written on the session's door: constant while the room runs. Local date and time are never converted."""

    number: SessionNumber
    center: str
    site: str
    room: str
    date: date
    start_time: str
    time_zone: str
    invigilators: str
    observations: str
    access_code: str


class Roster(Struct, frozen=True):
    """Names of one session: candidates and the staff who may appear as authors. Never in Redis, never in a log."""

    version: int
    sheet: Sheet
    people: Mapping[CandidateId, Person]
    staff: Mapping[Author, str]

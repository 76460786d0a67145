"""A session before its test: its sheet, its list, what an import plans, and how sessions are listed and found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NewType

from hub.model import Author, CandidateId, ClientId, Person, SessionNumber
from hub.people import CenterId
from hub.timing import FINALIZED_WITHIN

ImportId = NewType("ImportId", str)
AFTER_FINALIZATION = timedelta(hours=24)
"""How long an invigilator still sees a finalized session."""
IMPORT_LIFE = timedelta(hours=1)
"""How long a checked import waits for its author."""


class SessionStatus(StrEnum):
    """Where a session's life stands; `in_review` once a member of the jury took it."""

    OPEN = "open"
    FINALIZED = "finalized"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"


class SessionSort(StrEnum):
    """What the list of sessions is sorted by; a status counts in the order of a session's life."""

    DATE = "date"
    NUMBER = "number"
    SITE = "site"
    ROOM = "room"
    STATUS = "status"


class Hindrance(StrEnum):
    """Why a session that is being prepared, or its list, cannot be changed so: nothing was written."""

    NOT_FOUND = "not_found"
    STARTED = "session_started"
    DUPLICATE = "candidate_duplicate"
    NOT_STARTED = "session_not_started"
    NOBODY_LEFT = "nobody_left"


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """What a list of sessions is narrowed to: the newest first, unless another order is asked for.

    `q` looks in number, site, room and invigilators; pages begin at 1.
    """

    q: str = ""
    status: SessionStatus | None = None
    from_date: date | None = None
    to_date: date | None = None
    sort: SessionSort = SessionSort.DATE
    is_descending: bool = True
    page: int = 1
    page_size: int = 50


@dataclass(frozen=True, slots=True)
class SessionSecrets:
    """What a new session is opened with; the password already encrypted by the caller."""

    access_code: str
    encrypted_password: bytes


@dataclass(frozen=True, slots=True)
class SessionDraft:
    """A session to be made. `start_time` is `HH:MM`, local to the center like `date`, never converted."""

    center: CenterId
    site: str
    room: str
    date: date
    start_time: str
    invigilators: str
    observations: str = ""
    duration_minutes: int = 105


@dataclass(frozen=True, slots=True)
class SessionChanges:
    """What is to change in a session nobody has started; None leaves a value as it is."""

    site: str | None = None
    room: str | None = None
    date: date | None = None
    start_time: str | None = None
    invigilators: str | None = None
    observations: str | None = None
    duration_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Successor:
    """When, and where if not in the same place, an interrupted session goes on; None: as it was."""

    date: date
    start_time: str
    site: str | None = None
    room: str | None = None
    invigilators: str | None = None


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """One line of the list of sessions. `latest_end`: the latest theoretical end of those who have started."""

    number: SessionNumber
    center: CenterId
    center_name: str
    time_zone: str
    site: str
    room: str
    date: date
    start_time: str
    duration_minutes: int
    invigilators: str
    started_at: datetime | None
    finalized_at: datetime | None
    candidates: int
    assigned_at: datetime | None = None
    published_at: datetime | None = None
    latest_end: datetime | None = None

    @property
    def finalization_due_at(self) -> datetime | None:
        """Return until when the session is to be finalized; None while nobody has started."""
        return None if self.latest_end is None else self.latest_end + FINALIZED_WITHIN

    @property
    def status(self) -> SessionStatus:
        """Derive the status."""
        if self.published_at is not None:
            return SessionStatus.PUBLISHED
        if self.finalized_at is None:
            return SessionStatus.OPEN
        return SessionStatus.FINALIZED if self.assigned_at is None else SessionStatus.IN_REVIEW

    @property
    def has_begun(self) -> bool:
        """Tell whether anybody's test has begun."""
        return self.latest_end is not None

    @property
    def has_started(self) -> bool:
        """Tell whether it is too late to change the session or its list."""
        return self.started_at is not None or self.finalized_at is not None


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One page of the list, and how many sessions there are in all."""

    sessions: tuple[SessionSummary, ...]
    total: int


@dataclass(frozen=True, slots=True)
class SessionDetail:
    """A session as its staff prepare it."""

    summary: SessionSummary
    observations: str
    secrets: SessionSecrets


@dataclass(frozen=True, slots=True)
class SessionDoor:
    """What a typed session password is compared to, once decrypted."""

    encrypted_password: bytes
    is_closed: bool


@dataclass(frozen=True, slots=True)
class PlannedCandidate:
    """One checked line of an import. `sex` is `M` or `F`; `line` is where it stood in the file, for messages."""

    last_name: str
    first_name: str
    birthdate: date
    sex: str
    birth_country: str
    birth_insee_code: str = ""
    birth_postal_code: str = ""
    birth_town: str = ""
    results_email: str = ""
    invitation_email: str = ""
    external_id: str = ""
    extra_time_percentage: int = 0
    line: int = 0


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """Checked lines of one session. With a `number` the candidates join that session and the rest is not read."""

    number: SessionNumber | None
    site: str
    room: str
    date: date
    start_time: str
    invigilators: str
    observations: str
    candidates: tuple[PlannedCandidate, ...]
    line: int = 0


Plan = tuple[PlannedSession, ...]


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """Why an import cannot be done. `column` is a header's plain name, None when the whole line is meant.

    Codes of the directory's own judgement: `session_unknown` (none of this number in this center), `session_started`,
    `session_closed`, `candidate_duplicate`.
    """

    line: int
    column: str | None
    code: str


@dataclass(frozen=True, slots=True)
class StoredImport:
    """A checked import that waits for its author's confirmation; with problems it never can be confirmed."""

    id: ImportId
    center: CenterId
    plan: Plan
    problems: tuple[ImportProblem, ...]


@dataclass(frozen=True, slots=True)
class ImportedSession:
    """A session of a confirmed import; `is_new` unless candidates only joined it."""

    number: SessionNumber
    secrets: SessionSecrets
    is_new: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """A confirmed import: its sessions in the order of the plan, and how many candidates were added."""

    sessions: tuple[ImportedSession, ...]
    candidates: int


@dataclass(frozen=True, slots=True)
class ImportRefused:
    """Nothing was written, because of these."""

    problems: tuple[ImportProblem, ...]


@dataclass(frozen=True, slots=True)
class ListedCandidate:
    """A candidate as the staff who prepare a session see them."""

    id: CandidateId
    last_name: str
    first_name: str
    birthdate: date
    sex: str
    birth_country: str
    birth_insee_code: str
    birth_postal_code: str
    birth_town: str
    results_email: str
    invitation_email: str
    external_id: str
    extra_time_percentage: int


@dataclass(frozen=True, slots=True)
class CandidateChanges:
    """What is to change in a candidate's line of the list; None leaves a value as it is."""

    last_name: str | None = None
    first_name: str | None = None
    birthdate: date | None = None
    sex: str | None = None
    birth_country: str | None = None
    birth_insee_code: str | None = None
    birth_postal_code: str | None = None
    birth_town: str | None = None
    results_email: str | None = None
    invitation_email: str | None = None
    external_id: str | None = None
    extra_time_percentage: int | None = None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One decision as it is handed out: who decided by name (None: no account), codes and numbers, no free text."""

    seq: int
    at: datetime
    kind: str
    candidate: CandidateId | None
    author: Author
    author_name: str | None
    codes: str


@dataclass(frozen=True, slots=True)
class TypedIdentity:
    """Who somebody at the door of a session says they are, as typed."""

    number: SessionNumber
    last_name: str
    first_name: str
    birthdate: date


@dataclass(frozen=True, slots=True)
class DoorSign:
    """A session as its candidates see it."""

    number: SessionNumber
    site: str
    room: str
    date: date
    start_time: str
    time_zone: str
    duration_minutes: int


@dataclass(frozen=True, slots=True)
class IdentityMatch:
    """A candidate whose names and birthdate are those typed. Exactly one match identifies, none or two do not."""

    candidate: CandidateId
    person: Person
    is_closed: bool
    door: DoorSign


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client to be made of a candidate, known by the SHA-256 of its token."""

    candidate: CandidateId
    token_hash: bytes


@dataclass(frozen=True, slots=True)
class KnownClient:
    """What a candidate's token stands for; its rights end with the session.

    `is_running`: the candidate's test is under way, whichever of their clients sits at it.
    """

    client: ClientId
    candidate: CandidateId
    number: SessionNumber
    is_running: bool

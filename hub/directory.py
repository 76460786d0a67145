"""What the web needs besides decisions: who may come in, what is on the list, what is about to be imported.

Values and one Protocol; the real directory is `state.directory`. Secrets never come here in clear: logins and
candidates' tokens as SHA-256 digests (32 bytes), staff passwords as Argon2 hashes, the session password as opaque
encrypted bytes. Every method may raise `hub.ports.StoreUnavailable` or `LockBusy`; `confirm_import` also
`OutcomeUnknown`: confirming again finds out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NewType, Protocol

from hub.model import AccountId, Author, CandidateId, ClientId, Person, SessionNumber
from hub.ports import Standing
from hub.timing import FINALIZED_WITHIN

CenterId = NewType("CenterId", int)
ImportId = NewType("ImportId", str)
InvitationId = NewType("InvitationId", str)

AFTER_FINALIZATION = timedelta(hours=24)
"""How long an invigilator still sees a finalized session."""
IMPORT_LIFE = timedelta(hours=1)
"""How long a checked import waits for its author."""
INVITATION_LIFE = timedelta(hours=48)
"""How long a link waits for whoever it was given to."""


class EmailTaken(Exception):
    """Another account has this e-mail address."""


class CenterNameTaken(Exception):
    """Another center has this name."""


class Role(StrEnum):
    """What a person is to the installation; rights in one session come from `Standing`."""

    OPERATOR = "operator"
    CENTER_ADMIN = "center_admin"
    INVIGILATOR = "invigilator"
    JURY = "jury"


@dataclass(frozen=True, slots=True)
class Center:
    """A place that holds exams. `time_zone` is an IANA name: local dates and times of its sessions are in it."""

    id: CenterId
    name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Account:
    """A member of staff. `centers` are those the person belongs to (an invigilator may belong to none)."""

    id: AccountId
    email: str
    name: str
    role: Role
    is_disabled: bool = False
    centers: tuple[CenterId, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountDraft:
    """An account to be made. Without a password hash nobody can sign in to it yet."""

    email: str
    name: str
    role: Role
    centers: tuple[CenterId, ...] = ()
    password_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account with what its typed password is compared to."""

    account: Account
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """An account as those who manage people see it; `last_access_at` is its last sign-in."""

    account: Account
    centers: tuple[Center, ...]
    last_access_at: datetime | None


@dataclass(frozen=True, slots=True)
class InvitationDraft:
    """A link to be made: for a newcomer, or with an `account` for a forgotten password."""

    secret_hash: bytes
    email: str
    role: Role
    invited_by: AccountId
    centers: tuple[CenterId, ...] = ()
    account: AccountId | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that was made. Of an `account` that exists already, e-mail, role and centers are those of today."""

    id: InvitationId
    email: str
    role: Role
    centers: tuple[Center, ...]
    invited_by: Account
    invited_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    account: Account | None = None


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

    number: SessionNumber
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
class IdentityMatch:
    """A candidate whose names and birthdate are those typed. Exactly one match identifies, none or two do not."""

    candidate: CandidateId
    person: Person
    is_closed: bool


@dataclass(frozen=True, slots=True)
class KnownClient:
    """What a candidate's token stands for; its rights end with the session."""

    client: ClientId
    candidate: CandidateId
    number: SessionNumber
    is_closed: bool


class Directory(Protocol):
    """Postgres: centers, accounts, logins, sessions as they are prepared, identities, imports."""

    # ── centers and accounts ───────────────────────────────────────────────────────────────────────────────────

    async def create_center(self, name: str, time_zone: str = "Europe/Paris") -> Center:
        """Make a center. Raises CenterNameTaken."""
        ...

    async def center_by_name(self, name: str) -> Center | None:
        """Find a center by its exact name."""
        ...

    async def centers(self) -> Sequence[Center]:
        """List all centers by name."""
        ...

    async def create_account(self, draft: AccountDraft) -> Account:
        """Make an account; the e-mail address is compared without case. Raises EmailTaken."""
        ...

    async def account(self, account: AccountId) -> Account | None:
        """Find an account by its id, disabled or not."""
        ...

    async def credentials(self, email: str) -> Credentials | None:
        """Find an account by its e-mail address, disabled or not, with its password hash."""
        ...

    async def set_password_hash(self, account: AccountId, password_hash: str) -> None:
        """Replace an account's password; the caller closes the logins it wants closed."""
        ...

    async def set_disabled(self, account: AccountId, *, is_disabled: bool) -> None:
        """Disable an account, which closes its logins and voids the links it made or was given, or enable it again."""
        ...

    async def disable_unless_last(self, account: AccountId) -> bool:
        """Disable an account like `set_disabled`; False for the last operator who can sign in, who stays."""
        ...

    async def members(self, centers: Collection[CenterId] | None, q: str = "") -> Sequence[Member]:
        """List those who can have signed in, by name: everybody, or who belongs to one of these centers.

        `q` looks in names and e-mail addresses.
        """
        ...

    async def member(self, account: AccountId) -> Member | None:
        """Find one of those whom `members` lists."""
        ...

    # ── logins ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def open_login(self, account: AccountId, secret_hash: bytes, life: timedelta) -> None:
        """Remember a login by the SHA-256 of its secret, for so long by the database's clock."""
        ...

    async def find_login(self, secret_hash: bytes) -> Account | None:
        """Find whose login this is; None when unknown, closed, expired, or the account is disabled."""
        ...

    async def close_login(self, secret_hash: bytes) -> None:
        """Sign out one login."""
        ...

    async def close_logins(self, account: AccountId) -> None:
        """Sign out an account everywhere."""
        ...

    async def still_signed_in(self, secret_hashes: Collection[bytes]) -> frozenset[bytes]:
        """Tell which of these logins still hold, in one query: asked each second for all open sockets."""
        ...

    # ── invitations ────────────────────────────────────────────────────────────────────────────────────────────

    async def invite(self, draft: InvitationDraft) -> Invitation:
        """Keep a link for INVITATION_LIFE; an unused one for the same person, from the same or for a reset, is void."""
        ...

    async def invitations(self, viewer: Account) -> Sequence[Invitation]:
        """List the links of the last month, newest first: all to operators, to others theirs and their centers'."""
        ...

    async def open_invitation(self, secret_hash: bytes) -> Invitation | None:
        """Find a link that still waits; unknown, used, expired are one: None. Rights are the caller's business."""
        ...

    async def withdraw_invitation(self, viewer: Account, invitation: InvitationId) -> bool:
        """Void an unused link that `invitations` lists to this viewer; False when there is none."""
        ...

    async def accept_invitation(self, secret_hash: bytes, name: str, password_hash: str) -> Account | None:
        """Use a newcomer's link and make the account, at once; None unless it still waits. Raises EmailTaken."""
        ...

    async def accept_reset(self, secret_hash: bytes, password_hash: str) -> Account | None:
        """Use a link for a forgotten password: sets it, closes all logins and voids other such links; None as above."""
        ...

    # ── rights in one session ──────────────────────────────────────────────────────────────────────────────────

    async def standing(self, account: AccountId, number: SessionNumber) -> Standing:
        """Tell what an account may do in a session at this moment, without a lock; a decision asks again after it."""
        ...

    async def session_exists(self, number: SessionNumber) -> bool:
        """Tell whether there is such a session."""
        ...

    async def session_door(self, number: SessionNumber) -> SessionDoor | None:
        """Read what a typed session password is compared to."""
        ...

    async def grant_invigilation(self, account: AccountId, number: SessionNumber) -> None:
        """Let an account invigilate a session from now on; a newcomer's name joins the roster (new roster version)."""
        ...

    # ── sessions ───────────────────────────────────────────────────────────────────────────────────────────────

    async def create_session(self, draft: SessionDraft, secrets: SessionSecrets) -> SessionNumber:
        """Make an empty session."""
        ...

    async def sessions(self, account: AccountId, narrowed: SessionFilter) -> SessionPage:
        """List the sessions this account may see, narrowed, sorted, one page."""
        ...

    async def session_detail(self, number: SessionNumber) -> SessionDetail | None:
        """Read a session as its staff prepare it; rights are the caller's business."""
        ...

    async def change_session(self, number: SessionNumber, changes: SessionChanges) -> Hindrance | None:
        """Change a session nobody has started; who looks at it is told by a new roster version."""
        ...

    async def delete_session(self, number: SessionNumber, author: Author) -> Hindrance | None:
        """Delete a session in which nobody has begun, with everything but its audit, which ends with this.

        Also when its clock was started: by mistake, or for a rehearsal.
        """
        ...

    async def succeed_session(
        self, number: SessionNumber, successor: Successor, secrets: SessionSecrets
    ) -> SessionNumber | Hindrance:
        """Make a new session with everybody of a started one who has not finished and was not absent."""
        ...

    async def audit_lines(self, number: SessionNumber) -> Sequence[AuditLine]:
        """List what was decided in a session, in order."""
        ...

    # ── the list of a session ──────────────────────────────────────────────────────────────────────────────────

    async def candidates(self, number: SessionNumber) -> Sequence[ListedCandidate]:
        """List a session's candidates in alphabetical order (of the normal form)."""
        ...

    async def listed_candidate(self, number: SessionNumber, candidate: CandidateId) -> ListedCandidate | None:
        """Read one line of a session's list."""
        ...

    async def add_candidate(self, number: SessionNumber, candidate: PlannedCandidate) -> CandidateId | Hindrance:
        """Put a candidate on the list of a session nobody has started; who looks at it is told, as below."""
        ...

    async def change_candidate(
        self, number: SessionNumber, candidate: CandidateId, changes: CandidateChanges
    ) -> Hindrance | None:
        """Change a line of the list of a session nobody has started; what was decided of the candidate stays."""
        ...

    async def delete_candidate(self, number: SessionNumber, candidate: CandidateId) -> Hindrance | None:
        """Take a candidate off the list of a session nobody has started; their clients' tokens are worth nothing."""
        ...

    # ── candidates' clients ────────────────────────────────────────────────────────────────────────────────────

    async def identify(
        self, number: SessionNumber, last_name: str, first_name: str, birthdate: date
    ) -> tuple[IdentityMatch, ...]:
        """Find who in this session has these names (by normal form) and this birthdate; unknown session: nobody."""
        ...

    async def mint_client(self, candidate: CandidateId, token_hash: bytes) -> ClientId:
        """Make a new client of a candidate, known by the SHA-256 of its token."""
        ...

    async def clients(self, token_hashes: Collection[bytes]) -> Mapping[bytes, KnownClient]:
        """Find clients by their tokens' hashes, in one query; unknown ones are absent."""
        ...

    # ── imports ────────────────────────────────────────────────────────────────────────────────────────────────

    async def judge_plan(self, center: CenterId, plan: Plan) -> tuple[ImportProblem, ...]:
        """Say what in the database stands against a plan, by line."""
        ...

    async def store_import(
        self, author: AccountId, center: CenterId, plan: Plan, problems: Sequence[ImportProblem] = ()
    ) -> ImportId:
        """Keep a checked plan for its author, for an hour."""
        ...

    async def load_import(self, import_id: ImportId, author: AccountId) -> StoredImport | None:
        """Read a checked plan; None when unknown, somebody else's or too old."""
        ...

    async def confirm_import(
        self, import_id: ImportId, author: AccountId, secrets: Sequence[SessionSecrets]
    ) -> Imported | ImportRefused | None:
        """Judge again, then create everything or nothing; `secrets` has one pair per planned session.

        A plan confirmed before returns what was made then. None when unknown, somebody else's or too old.
        """
        ...

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

from hub.model import AccountId, CandidateId, ClientId, Person, SessionNumber
from hub.ports import Standing

CenterId = NewType("CenterId", int)
ImportId = NewType("ImportId", str)

AFTER_FINALIZATION = timedelta(hours=24)
"""How long an invigilator still sees a finalized session."""
IMPORT_LIFE = timedelta(hours=1)
"""How long a checked import waits for its author."""


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


class SessionStatus(StrEnum):
    """Where a session's life stands. `in_review` and `published` join when the jury does."""

    OPEN = "open"
    FINALIZED = "finalized"


class SessionSort(StrEnum):
    """Orders of the list of sessions; dates are newest first."""

    DATE = "date"
    NUMBER = "number"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """What a list of sessions is narrowed to. `q` looks in number, site, room and invigilators; pages begin at 1."""

    q: str = ""
    status: SessionStatus | None = None
    from_date: date | None = None
    to_date: date | None = None
    sort: SessionSort = SessionSort.DATE
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
class SessionSummary:
    """One line of the list of sessions."""

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

    @property
    def status(self) -> SessionStatus:
        """Derive the status."""
        return SessionStatus.OPEN if self.finalized_at is None else SessionStatus.FINALIZED


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
    finalized_at: datetime | None


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
class IdentityMatch:
    """A candidate whose names and birthdate are those typed. Exactly one match identifies, none or two do not."""

    candidate: CandidateId
    person: Person
    finalized_at: datetime | None


@dataclass(frozen=True, slots=True)
class KnownClient:
    """What a candidate's token stands for; its rights end with the session."""

    client: ClientId
    candidate: CandidateId
    number: SessionNumber
    finalized_at: datetime | None


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
        """Disable an account, which closes all its logins, or enable it again."""
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

    async def candidates(self, number: SessionNumber) -> Sequence[ListedCandidate]:
        """List a session's candidates in alphabetical order (of the normal form)."""
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

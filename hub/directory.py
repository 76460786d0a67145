"""What the web needs besides decisions: who may come in, what is on the list, what is about to be imported.

One Protocol; its values are in `hub.people` and `hub.preparation`, the real directory is `state.directory`. Secrets
never come here in clear: logins and candidates' tokens as SHA-256 digests (32 bytes), staff passwords as Argon2 hashes,
the session password as opaque encrypted bytes. Every method may raise `hub.ports.StoreUnavailable` or `LockBusy`;
`confirm_import` also `OutcomeUnknown`: confirming again finds out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from hub.handover import Handover, HandoverId, OpenedHandover, Ticket
from hub.model import AccountId, Author, CandidateId, ClientId, SessionNumber
from hub.people import (
    Account,
    AccountDraft,
    Center,
    CenterId,
    Credentials,
    Invitation,
    InvitationDraft,
    InvitationId,
    Member,
)
from hub.ports import Standing
from hub.preparation import (
    AuditLine,
    CandidateChanges,
    Hindrance,
    IdentityMatch,
    Imported,
    ImportId,
    ImportProblem,
    ImportRefused,
    KnownClient,
    ListedCandidate,
    NewClient,
    Plan,
    PlannedCandidate,
    SessionChanges,
    SessionDetail,
    SessionDoor,
    SessionDraft,
    SessionFilter,
    SessionPage,
    SessionSecrets,
    StoredImport,
    Successor,
    TypedIdentity,
)


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

    async def wall(self, account: AccountId) -> Sequence[SessionNumber]:
        """List the open sessions of an admin's centers that are today's, or were started within a day."""
        ...

    async def standings(
        self, asked: Collection[tuple[AccountId, SessionNumber]]
    ) -> Mapping[tuple[AccountId, SessionNumber], Standing]:
        """Tell the same of many, in one query: asked again and again for all open dashboards.

        Absent are sessions that are not there, and accounts that are not or are disabled.
        """
        ...

    async def has_entered(self, account: AccountId, number: SessionNumber) -> bool:
        """Tell whether an account entered a session with its password, or got a right without an end like that."""
        ...

    async def session_exists(self, number: SessionNumber) -> bool:
        """Tell whether there is such a session."""
        ...

    async def session_door(self, number: SessionNumber) -> SessionDoor | None:
        """Read what a typed session password is compared to."""
        ...

    async def grant_invigilation(self, account: AccountId, number: SessionNumber) -> None:
        """Let an account invigilate a session from now on, without an end, also who was let in for a while only.

        A newcomer's name joins the roster (new roster version).
        """
        ...

    # ── rooms handed over ──────────────────────────────────────────────────────────────────────────────────────

    async def offer_handover(self, number: SessionNumber, by: AccountId, secret_hash: bytes) -> Handover:
        """Keep a secret for SECRET_LIFE; an unused one of the same person for this session is void."""
        ...

    async def open_handover(self, secret_hash: bytes, ticket_hash: bytes) -> OpenedHandover | None:
        """Use a secret up, at once, for a ticket that lives TICKET_LIFE; None unless it still waits."""
        ...

    async def handover(self, handover: HandoverId, number: SessionNumber, by: AccountId) -> Handover | None:
        """Tell whoever made it how far a handover has come; None when it is somebody else's, or not there."""
        ...

    async def handover_ticket(self, ticket_hash: bytes) -> Ticket | None:
        """Find a ticket that may still be presented; a decision asks again after the lock."""
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

    async def identify(self, typed: Collection[TypedIdentity]) -> Mapping[TypedIdentity, Sequence[IdentityMatch]]:
        """Find who in their sessions has these names (by normal form) and birthdates; nobody, no session: absent."""
        ...

    async def mint_clients(self, wanted: Collection[NewClient]) -> Mapping[NewClient, ClientId]:
        """Make new clients; those of a candidate who is not, or no longer, on a list are absent."""
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

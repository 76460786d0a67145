"""The tables of the truth, as SQLAlchemy Core sees them. The migrations make them; a test says that both agree.

One row of `candidates` is one aggregate: facets are columns, and the small lists that only ever change with the row
(help, reports, minutes added, interruptions) are JSONB of the hub's own values. So a decision reads and writes
one row per candidate, conditionally on `revision`, instead of joining and diffing four tables; nothing queries inside
the lists but the jury, later, on sessions that are closed. What happens *without* the session's lock must never
overwrite a decision nor dead-lock with one, so it has rows of its own: `progress` and `doorbook`.

What the jury says is appended to the audit, and nowhere else: a finalized session's candidates are frozen by a
trigger. Where it stands with a session (assigned, published, what needs attention) is on `exam_sessions`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

FIRST_SESSION_NUMBER = 1000
"""Four digits from the start: a number that is read aloud should not change its length in the first year."""
FIRST_CERTIFICATION_NUMBER = 100_001

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _instant(name: str, *, nullable: bool = True, default: str | None = None) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=text(default) if default else None)


def _text(name: str, default: str | None = None) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=None if default is None else text(f"'{default}'"))


def _list(name: str) -> Column[object]:
    return Column(name, JSONB, nullable=False, server_default=text("'[]'"))


def _count(name: str, default: int = 0) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text(str(default)))


def _number() -> Column[int]:
    return Column("number", BigInteger, ForeignKey("exam_sessions.number"), nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text("false"))


# ── people and places ──────────────────────────────────────────────────────────────────────────────────────────

centers = Table(
    "centers",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    _text("time_zone", "Europe/Paris"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    _text("name"),
    _text("role"),
    Column("password_hash", Text),
    _flag("is_disabled"),
    _instant("created_at", nullable=False, default="clock_timestamp()"),
    _instant("last_access_at"),
    CheckConstraint("role IN ('operator', 'center_admin', 'invigilator', 'jury')", name="role"),
    CheckConstraint("email = lower(email)", name="email_lower"),
)

memberships = Table(
    "memberships",
    metadata,
    Column("account", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("center", BigInteger, ForeignKey("centers.id"), nullable=False, index=True),
    PrimaryKeyConstraint("account", "center"),
)

logins = Table(
    "logins",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    Column("account", BigInteger, ForeignKey("accounts.id"), nullable=False, index=True),
    _instant("opened_at", nullable=False, default="clock_timestamp()"),
    _instant("expires_at", nullable=False),
)

imports = Table(
    "imports",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True, server_default=text("gen_random_uuid()")),
    Column("author", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("center", BigInteger, ForeignKey("centers.id"), nullable=False),
    Column("plan", JSONB, nullable=False),
    _list("problems"),
    Column("outcome", JSONB),
    _instant("expires_at", nullable=False),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True, server_default=text("gen_random_uuid()")),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    # Whose forgotten password it is; without one it is a newcomer's.
    Column("account", BigInteger, ForeignKey("accounts.id")),
    _text("email"),
    _text("role"),
    Column("centers", ARRAY(BigInteger), nullable=False, server_default=text("'{}'")),
    Column("invited_by", BigInteger, ForeignKey("accounts.id"), nullable=False, index=True),
    _instant("invited_at", nullable=False, default="clock_timestamp()"),
    _instant("expires_at", nullable=False),
    _instant("used_at"),
    CheckConstraint("role IN ('operator', 'center_admin', 'invigilator', 'jury')", name="role"),
    CheckConstraint("email = lower(email)", name="email_lower"),
)

# ── the exam room ──────────────────────────────────────────────────────────────────────────────────────────────

exam_sessions = Table(
    "exam_sessions",
    metadata,
    Column("number", BigInteger, Identity(always=True, start=FIRST_SESSION_NUMBER), primary_key=True),
    Column("center", BigInteger, ForeignKey("centers.id"), nullable=False, index=True),
    # The sheet. Date and time are local to the center and never converted.
    _text("site"),
    _text("room"),
    Column("date", Date, nullable=False),
    _text("start_time"),
    _text("invigilators"),
    _text("observations", ""),
    _text("access_code"),
    Column("encrypted_password", LargeBinary, nullable=False),
    Column("duration_minutes", Integer, nullable=False, server_default=text("105")),
    _instant("created_at", nullable=False, default="clock_timestamp()"),
    # What was decided about the room as a whole.
    _instant("started_at"),
    _flag("is_started_explicitly"),
    _instant("finalized_at"),
    _list("take_overs"),
    # The head of the chain, and what every decision's time is measured against.
    _count("decision_seq"),
    _text("decision_hash", ""),
    _instant("last_decided_at"),
    _count("live_epoch", 1),
    _count("roster_version", 1),
    # The only timer of the room: the first instant at which `settle` has something to do.
    _instant("next_due_at"),
    # After the test. Once reopened by the jury it takes corrections, but nobody enters any more.
    _instant("reopened_at"),
    Column("assigned_to", Text),
    _instant("assigned_at"),
    _instant("published_at"),
    _list("attention"),
    # The interrupted session whose candidates go on here; it may be gone by then.
    Column("successor_of", BigInteger),
    CheckConstraint("duration_minutes > 0", name="duration"),
    CheckConstraint("(assigned_to IS NULL) = (assigned_at IS NULL)", name="assigned_whole"),
    CheckConstraint("published_at IS NULL OR finalized_at IS NOT NULL", name="published_is_finalized"),
    Index("ix_exam_sessions_finalized_at", "finalized_at", postgresql_where=text("finalized_at IS NOT NULL")),
    Index("ix_exam_sessions_next_due_at", "next_due_at", postgresql_where=text("next_due_at IS NOT NULL")),
)

certification_numbers = Sequence("certification_numbers", start=FIRST_CERTIFICATION_NUMBER, metadata=metadata)

_ALL_OR_NONE = (
    CheckConstraint(
        "(authorization_kind IS NULL) = (authorization_at IS NULL)"
        " AND (authorization_kind IS NULL) = (authorization_by IS NULL)",
        name="authorization_whole",
    ),
    CheckConstraint("(seat_client IS NULL) = (seat_since IS NULL)", name="seat_whole"),
    CheckConstraint("(entry_refused_code IS NULL) = (entry_refused_at IS NULL)", name="entry_refused_whole"),
    CheckConstraint("(end_screen_seen_by IS NULL) = (end_screen_seen_at IS NULL)", name="end_screen_seen_whole"),
)

candidates = Table(
    "candidates",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _number(),
    # Who it is, as printed on the list; the two normal forms are what typed names are compared to.
    _text("last_name"),
    _text("first_name"),
    _text("normal_last_name"),
    _text("normal_first_name"),
    Column("birthdate", Date, nullable=False),
    _text("sex", ""),
    _text("birth_insee_code", ""),
    _text("birth_postal_code", ""),
    _text("birth_town", ""),
    _text("birth_country", ""),
    _text("results_email", ""),
    _text("invitation_email", ""),
    _text("external_id", ""),
    Column("extra_time_percentage", SmallInteger, nullable=False, server_default=text("0")),
    Column(
        "reserved_number",
        BigInteger,
        nullable=False,
        unique=True,
        server_default=certification_numbers.next_value(),
    ),
    # Facets that decisions change.
    _text("presence_state", "expected"),
    Column("presence_by", Text),
    _instant("presence_at"),
    _text("identity_state", "unchecked"),
    Column("authorization_kind", Text),
    Column("authorization_by", Text),
    _instant("authorization_at"),
    _instant("authorization_expires_at"),
    _flag("authorization_was_asking"),
    _text("attempt", "not_started"),
    Column("certification_number", BigInteger),
    Column("entry_no", Integer, nullable=False, server_default=text("0")),
    Column("seat_client", Text),
    _instant("seat_since"),
    _instant("interrupted_at"),
    _instant("ending_at"),
    Column("entry_refused_code", Text),
    _instant("entry_refused_at"),
    Column("end_screen_seen_by", Text),
    _instant("end_screen_seen_at"),
    _list("help"),
    _list("reports"),
    _list("additions"),
    _list("interruptions"),
    # `revision` guards the row, `decided_at` is the time of the decision that wrote it: what the triggers judge by.
    _count("version"),
    _count("revision"),
    _instant("decided_at"),
    UniqueConstraint("number", "birthdate", "normal_last_name", "normal_first_name", name="uq_candidates_person"),
    Index("ix_candidates_running", "number", postgresql_where=text("attempt = 'running'")),
    CheckConstraint("extra_time_percentage BETWEEN 0 AND 300", name="extra_time"),
    CheckConstraint("presence_state IN ('expected', 'confirmed', 'absent')", name="presence"),
    CheckConstraint("identity_state IN ('unchecked', 'checked', 'to_correct')", name="identity"),
    CheckConstraint("authorization_kind IN ('start', 'resume')", name="authorization"),
    CheckConstraint("attempt IN ('not_started', 'running', 'finished', 'ended', 'closed')", name="attempt"),
    CheckConstraint("attempt = 'not_started' OR presence_state = 'confirmed'", name="no_start_without_presence"),
    CheckConstraint("attempt = 'not_started' OR (entry_no > 0 AND seat_client IS NOT NULL)", name="started_seated"),
    CheckConstraint("attempt = 'running' OR authorization_kind IS DISTINCT FROM 'resume'", name="resume_running"),
    *_ALL_OR_NONE,
)

progress = Table(
    "progress",
    metadata,
    Column("candidate", BigInteger, ForeignKey("candidates.id"), primary_key=True),
    # The fence, moved by decisions alone: progress counts in this entry, while the test is open.
    Column("entry_no", Integer, nullable=False, server_default=text("0")),
    _flag("is_open"),
    Column("answered", Integer),
    Column("total", Integer),
    Column("question", Integer),
    _instant("at"),
    CheckConstraint("(answered IS NULL) = (total IS NULL) AND (answered IS NULL) = (at IS NULL)", name="whole"),
    CheckConstraint("answered BETWEEN 0 AND total", name="answered"),
)

doorbook = Table(
    "doorbook",
    metadata,
    Column("candidate", BigInteger, ForeignKey("candidates.id"), primary_key=True),
    _instant("joined_at"),
    Column("wrong_codes", Integer, nullable=False, server_default=text("0")),
    _instant("wrong_code_at"),
)

clients = Table(
    "clients",
    metadata,
    # Never a counter: after a restore a counter would give an old client's id, and its seat, to somebody else.
    Column("id", Uuid(as_uuid=False), primary_key=True, server_default=text("gen_random_uuid()")),
    Column("candidate", BigInteger, ForeignKey("candidates.id"), nullable=False, index=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    _instant("minted_at", nullable=False, default="clock_timestamp()"),
)

invigilations = Table(
    "invigilations",
    metadata,
    _number(),
    Column("account", BigInteger, ForeignKey("accounts.id"), nullable=False, index=True),
    _instant("granted_at", nullable=False, default="clock_timestamp()"),
    # A colleague let this account in, until then; without both it entered with the password.
    Column("given_by", BigInteger, ForeignKey("accounts.id")),
    _instant("until"),
    PrimaryKeyConstraint("number", "account"),
    CheckConstraint("(given_by IS NULL) = (until IS NULL)", name="given_whole"),
)

handovers = Table(
    "handovers",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True, server_default=text("gen_random_uuid()")),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("number", BigInteger, ForeignKey("exam_sessions.number"), nullable=False, index=True),
    Column("given_by", BigInteger, ForeignKey("accounts.id"), nullable=False),
    # Of the secret and, once it was used, of the ticket.
    _instant("expires_at", nullable=False),
    _instant("opened_at"),
    Column("ticket_hash", LargeBinary, unique=True),
    Column("accepted_by", BigInteger, ForeignKey("accounts.id")),
    CheckConstraint("(opened_at IS NULL) = (ticket_hash IS NULL)", name="opened_whole"),
    CheckConstraint("accepted_by IS NULL OR opened_at IS NOT NULL", name="accepted_is_opened"),
)

# ── what was decided ───────────────────────────────────────────────────────────────────────────────────────────

answers = Table(
    "answers",
    metadata,
    _number(),
    _text("author"),
    _text("key"),
    _text("digest"),
    Column("answer", JSONB, nullable=False),
    PrimaryKeyConstraint("number", "author", "key"),
)

audit = Table(
    "audit",
    metadata,
    # No foreign key: a session that nobody started may be deleted, what was decided in it stays.
    Column("number", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    _text("kind"),
    Column("candidate", BigInteger),
    _text("author"),
    _instant("at", nullable=False),
    _instant("node_at", nullable=False),
    Column("codes", JSONB, nullable=False),
    _text("detail_digest"),
    _text("previous_hash"),
    _text("hash"),
    PrimaryKeyConstraint("number", "seq"),
)

audit_details = Table(
    "audit_details",
    metadata,
    Column("number", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    _text("salt"),
    Column("body", JSONB, nullable=False),
    PrimaryKeyConstraint("number", "seq"),
    ForeignKeyConstraint(["number", "seq"], ["audit.number", "audit.seq"]),
)

# ── after the test ──────────────────────────────────────────────────────────────────────────────────────────────

finalizations = Table(
    "finalizations",
    metadata,
    Column("number", BigInteger, ForeignKey("exam_sessions.number"), primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    # {"<candidate>": "candidate" | "technical"}
    Column("abort_reasons", JSONB, nullable=False, server_default=text("'{}'")),
    Column("has_incident", Boolean),
    _text("comment", ""),
    _text("saved_by"),
    _instant("saved_at", nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True, server_default=text("gen_random_uuid()")),
    Column("number", BigInteger, ForeignKey("exam_sessions.number"), nullable=False, index=True),
    _text("name"),
    _text("media_type"),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    _text("added_by"),
    _instant("added_at", nullable=False, default="clock_timestamp()"),
    CheckConstraint("media_type IN ('application/pdf', 'image/jpeg', 'image/png')", name="media_type"),
    CheckConstraint("size_bytes = octet_length(content) AND size_bytes BETWEEN 1 AND 10485760", name="size"),
)

watch_log = Table(
    "watch_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    # No foreign key, like the audit: it outlives a session that was deleted.
    Column("number", BigInteger, nullable=False),
    _text("author"),
    _text("connection"),
    _text("kind"),
    _instant("at", nullable=False),
    Column("facts", JSONB, nullable=False),
    CheckConstraint("kind IN ('opened', 'saw', 'claimed', 'released', 'closed')", name="kind"),
    Index("ix_watch_log_number_at", "number", "at"),
)

# ── the other stores ───────────────────────────────────────────────────────────────────────────────────────────

live_stores = Table(
    "live_stores",
    metadata,
    Column("name", Text, primary_key=True),
    # What the live store says of itself (its replication id): it changes when the store forgot, or is another one.
    _text("history"),
    _instant("confirmed_at", nullable=False),
)

nodes = Table(
    "nodes",
    metadata,
    Column("name", Text, primary_key=True),
    # Who was heard of lately shares the rooms that somebody has to look after with the others.
    _instant("seen_at", nullable=False),
)

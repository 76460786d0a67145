"""What exists after the first revision."""

from __future__ import annotations

from typing import Final

# The fill factor leaves room on a page for the next version of a row: these two are updated all the time.
TABLES: Final = (
    """
CREATE SEQUENCE certification_numbers START WITH 100001
""",
    """
CREATE TABLE accounts (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT,
    is_disabled BOOLEAN DEFAULT false NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    last_access_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_accounts PRIMARY KEY (id),
    CONSTRAINT ck_accounts_role CHECK (role IN ('operator', 'center_admin', 'invigilator', 'jury')),
    CONSTRAINT ck_accounts_email_lower CHECK (email = lower(email)),
    CONSTRAINT uq_accounts_email UNIQUE (email)
)
""",
    """
CREATE TABLE centers (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    time_zone TEXT DEFAULT 'Europe/Paris' NOT NULL,
    CONSTRAINT pk_centers PRIMARY KEY (id),
    CONSTRAINT uq_centers_name UNIQUE (name)
)
""",
    """
CREATE TABLE exam_sessions (
    number BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 1000),
    center BIGINT NOT NULL,
    site TEXT NOT NULL,
    room TEXT NOT NULL,
    date DATE NOT NULL,
    start_time TEXT NOT NULL,
    invigilators TEXT NOT NULL,
    observations TEXT DEFAULT '' NOT NULL,
    access_code TEXT NOT NULL,
    encrypted_password BYTEA NOT NULL,
    duration_minutes INTEGER DEFAULT 105 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    is_started_explicitly BOOLEAN DEFAULT false NOT NULL,
    finalized_at TIMESTAMP WITH TIME ZONE,
    take_overs JSONB DEFAULT '[]' NOT NULL,
    decision_seq BIGINT DEFAULT 0 NOT NULL,
    decision_hash TEXT DEFAULT '' NOT NULL,
    last_decided_at TIMESTAMP WITH TIME ZONE,
    live_epoch BIGINT DEFAULT 1 NOT NULL,
    roster_version BIGINT DEFAULT 1 NOT NULL,
    next_due_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_exam_sessions PRIMARY KEY (number),
    CONSTRAINT ck_exam_sessions_duration CHECK (duration_minutes > 0),
    CONSTRAINT fk_exam_sessions_center FOREIGN KEY(center) REFERENCES centers (id)
)
""",
    """
CREATE INDEX ix_exam_sessions_center ON exam_sessions (center)
""",
    """
CREATE INDEX ix_exam_sessions_next_due_at ON exam_sessions (next_due_at) WHERE next_due_at IS NOT NULL
""",
    """
CREATE TABLE imports (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    author BIGINT NOT NULL,
    center BIGINT NOT NULL,
    plan JSONB NOT NULL,
    problems JSONB DEFAULT '[]' NOT NULL,
    outcome JSONB,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_imports PRIMARY KEY (id),
    CONSTRAINT fk_imports_author FOREIGN KEY(author) REFERENCES accounts (id),
    CONSTRAINT fk_imports_center FOREIGN KEY(center) REFERENCES centers (id)
)
""",
    """
CREATE TABLE logins (
    secret_hash BYTEA NOT NULL,
    account BIGINT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_logins PRIMARY KEY (secret_hash),
    CONSTRAINT fk_logins_account FOREIGN KEY(account) REFERENCES accounts (id)
)
""",
    """
CREATE INDEX ix_logins_account ON logins (account)
""",
    """
CREATE TABLE memberships (
    account BIGINT NOT NULL,
    center BIGINT NOT NULL,
    CONSTRAINT pk_memberships PRIMARY KEY (account, center),
    CONSTRAINT fk_memberships_account FOREIGN KEY(account) REFERENCES accounts (id),
    CONSTRAINT fk_memberships_center FOREIGN KEY(center) REFERENCES centers (id)
)
""",
    """
CREATE INDEX ix_memberships_center ON memberships (center)
""",
    """
CREATE TABLE answers (
    number BIGINT NOT NULL,
    author TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    answer JSONB NOT NULL,
    CONSTRAINT pk_answers PRIMARY KEY (number, author, key),
    CONSTRAINT fk_answers_number FOREIGN KEY(number) REFERENCES exam_sessions (number)
)
""",
    """
CREATE TABLE audit (
    number BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    candidate BIGINT,
    author TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    node_at TIMESTAMP WITH TIME ZONE NOT NULL,
    codes JSONB NOT NULL,
    detail_digest TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY (number, seq),
    CONSTRAINT fk_audit_number FOREIGN KEY(number) REFERENCES exam_sessions (number)
)
""",
    """
CREATE TABLE candidates (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    number BIGINT NOT NULL,
    last_name TEXT NOT NULL,
    first_name TEXT NOT NULL,
    normal_last_name TEXT NOT NULL,
    normal_first_name TEXT NOT NULL,
    birthdate DATE NOT NULL,
    sex TEXT DEFAULT '' NOT NULL,
    birth_insee_code TEXT DEFAULT '' NOT NULL,
    birth_postal_code TEXT DEFAULT '' NOT NULL,
    birth_town TEXT DEFAULT '' NOT NULL,
    birth_country TEXT DEFAULT '' NOT NULL,
    results_email TEXT DEFAULT '' NOT NULL,
    invitation_email TEXT DEFAULT '' NOT NULL,
    external_id TEXT DEFAULT '' NOT NULL,
    extra_time_percentage SMALLINT DEFAULT 0 NOT NULL,
    reserved_number BIGINT DEFAULT nextval('certification_numbers') NOT NULL,
    presence_state TEXT DEFAULT 'expected' NOT NULL,
    presence_by TEXT,
    presence_at TIMESTAMP WITH TIME ZONE,
    identity_state TEXT DEFAULT 'unchecked' NOT NULL,
    authorization_kind TEXT,
    authorization_by TEXT,
    authorization_at TIMESTAMP WITH TIME ZONE,
    authorization_expires_at TIMESTAMP WITH TIME ZONE,
    authorization_was_asking BOOLEAN DEFAULT false NOT NULL,
    attempt TEXT DEFAULT 'not_started' NOT NULL,
    certification_number BIGINT,
    entry_no INTEGER DEFAULT 0 NOT NULL,
    seat_client TEXT,
    seat_since TIMESTAMP WITH TIME ZONE,
    interrupted_at TIMESTAMP WITH TIME ZONE,
    ending_at TIMESTAMP WITH TIME ZONE,
    entry_refused_code TEXT,
    entry_refused_at TIMESTAMP WITH TIME ZONE,
    end_screen_seen_by TEXT,
    end_screen_seen_at TIMESTAMP WITH TIME ZONE,
    help JSONB DEFAULT '[]' NOT NULL,
    reports JSONB DEFAULT '[]' NOT NULL,
    additions JSONB DEFAULT '[]' NOT NULL,
    interruptions JSONB DEFAULT '[]' NOT NULL,
    version BIGINT DEFAULT 0 NOT NULL,
    revision BIGINT DEFAULT 0 NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_candidates PRIMARY KEY (id),
    CONSTRAINT ck_candidates_authorization_whole CHECK (
        (authorization_kind IS NULL) = (authorization_at IS NULL)
        AND (authorization_kind IS NULL) = (authorization_by IS NULL)
    ),
    CONSTRAINT ck_candidates_seat_whole CHECK ((seat_client IS NULL) = (seat_since IS NULL)),
    CONSTRAINT ck_candidates_entry_refused_whole CHECK ((entry_refused_code IS NULL) = (entry_refused_at IS NULL)),
    CONSTRAINT ck_candidates_end_screen_seen_whole CHECK ((end_screen_seen_by IS NULL) = (end_screen_seen_at IS NULL)),
    CONSTRAINT uq_candidates_person UNIQUE (number, birthdate, normal_last_name, normal_first_name),
    CONSTRAINT ck_candidates_extra_time CHECK (extra_time_percentage BETWEEN 0 AND 300),
    CONSTRAINT ck_candidates_presence CHECK (presence_state IN ('expected', 'confirmed', 'absent')),
    CONSTRAINT ck_candidates_identity CHECK (identity_state IN ('unchecked', 'checked', 'to_correct')),
    CONSTRAINT ck_candidates_authorization CHECK (authorization_kind IN ('start', 'resume')),
    CONSTRAINT ck_candidates_attempt CHECK (attempt IN ('not_started', 'running', 'finished', 'ended', 'closed')),
    CONSTRAINT ck_candidates_no_start_without_presence CHECK (attempt = 'not_started' OR presence_state = 'confirmed'),
    CONSTRAINT ck_candidates_started_seated CHECK (
        attempt = 'not_started' OR (entry_no > 0 AND seat_client IS NOT NULL)
    ),
    CONSTRAINT ck_candidates_resume_running CHECK (attempt = 'running' OR authorization_kind IS DISTINCT FROM 'resume'),
    CONSTRAINT fk_candidates_number FOREIGN KEY(number) REFERENCES exam_sessions (number),
    CONSTRAINT uq_candidates_reserved_number UNIQUE (reserved_number)
) WITH (fillfactor = 70)
""",
    """
CREATE INDEX ix_candidates_running ON candidates (number) WHERE attempt = 'running'
""",
    """
CREATE TABLE invigilations (
    number BIGINT NOT NULL,
    account BIGINT NOT NULL,
    granted_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_invigilations PRIMARY KEY (number, account),
    CONSTRAINT fk_invigilations_number FOREIGN KEY(number) REFERENCES exam_sessions (number),
    CONSTRAINT fk_invigilations_account FOREIGN KEY(account) REFERENCES accounts (id)
)
""",
    """
CREATE INDEX ix_invigilations_account ON invigilations (account)
""",
    """
CREATE TABLE audit_details (
    number BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    salt TEXT NOT NULL,
    body JSONB NOT NULL,
    CONSTRAINT pk_audit_details PRIMARY KEY (number, seq),
    CONSTRAINT fk_audit_details_number_seq FOREIGN KEY(number, seq) REFERENCES audit (number, seq)
)
""",
    """
CREATE TABLE clients (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    candidate BIGINT NOT NULL,
    token_hash BYTEA NOT NULL,
    minted_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_clients PRIMARY KEY (id),
    CONSTRAINT fk_clients_candidate FOREIGN KEY(candidate) REFERENCES candidates (id),
    CONSTRAINT uq_clients_token_hash UNIQUE (token_hash)
)
""",
    """
CREATE INDEX ix_clients_candidate ON clients (candidate)
""",
    """
CREATE TABLE doorbook (
    candidate BIGINT NOT NULL,
    joined_at TIMESTAMP WITH TIME ZONE,
    wrong_codes INTEGER DEFAULT 0 NOT NULL,
    wrong_code_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_doorbook PRIMARY KEY (candidate),
    CONSTRAINT fk_doorbook_candidate FOREIGN KEY(candidate) REFERENCES candidates (id)
)
""",
    """
CREATE TABLE progress (
    candidate BIGINT NOT NULL,
    entry_no INTEGER DEFAULT 0 NOT NULL,
    is_open BOOLEAN DEFAULT false NOT NULL,
    answered INTEGER,
    total INTEGER,
    question INTEGER,
    at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_progress PRIMARY KEY (candidate),
    CONSTRAINT ck_progress_whole CHECK (
        (answered IS NULL) = (total IS NULL) AND (answered IS NULL) = (at IS NULL)
    ),
    CONSTRAINT ck_progress_answered CHECK (answered BETWEEN 0 AND total),
    CONSTRAINT fk_progress_candidate FOREIGN KEY(candidate) REFERENCES candidates (id)
) WITH (fillfactor = 70)
""",
)

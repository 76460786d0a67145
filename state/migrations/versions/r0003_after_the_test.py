"""Before and after the test: invitations, the draft of finalization, documents, the jury's place in a session."""

from __future__ import annotations

from alembic import op

from state.migrations.first.grants import ROLE

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None

_INVITATIONS = """
CREATE TABLE invitations (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    secret_hash BYTEA NOT NULL,
    account BIGINT,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    centers BIGINT[] DEFAULT '{}' NOT NULL,
    invited_by BIGINT NOT NULL,
    invited_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_invitations PRIMARY KEY (id),
    CONSTRAINT uq_invitations_secret_hash UNIQUE (secret_hash),
    CONSTRAINT fk_invitations_account FOREIGN KEY(account) REFERENCES accounts (id),
    CONSTRAINT fk_invitations_invited_by FOREIGN KEY(invited_by) REFERENCES accounts (id),
    CONSTRAINT ck_invitations_role CHECK (role IN ('operator', 'center_admin', 'invigilator', 'jury')),
    CONSTRAINT ck_invitations_email_lower CHECK (email = lower(email))
)
"""

_FINALIZATIONS = """
CREATE TABLE finalizations (
    number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    abort_reasons JSONB DEFAULT '{}' NOT NULL,
    has_incident BOOLEAN,
    comment TEXT DEFAULT '' NOT NULL,
    saved_by TEXT NOT NULL,
    saved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_finalizations PRIMARY KEY (number),
    CONSTRAINT fk_finalizations_number FOREIGN KEY(number) REFERENCES exam_sessions (number)
)
"""

_DOCUMENTS = """
CREATE TABLE documents (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    content BYTEA NOT NULL,
    added_by TEXT NOT NULL,
    added_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_documents PRIMARY KEY (id),
    CONSTRAINT fk_documents_number FOREIGN KEY(number) REFERENCES exam_sessions (number),
    CONSTRAINT ck_documents_media_type CHECK (media_type IN ('application/pdf', 'image/jpeg', 'image/png')),
    CONSTRAINT ck_documents_size CHECK (size_bytes = octet_length(content) AND size_bytes BETWEEN 1 AND 10485760)
)
"""

_SESSION_COLUMNS = """
ALTER TABLE exam_sessions
    ADD COLUMN reopened_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN assigned_to TEXT,
    ADD COLUMN assigned_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN published_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN attention JSONB DEFAULT '[]' NOT NULL,
    ADD COLUMN successor_of BIGINT,
    ADD CONSTRAINT ck_exam_sessions_assigned_whole CHECK ((assigned_to IS NULL) = (assigned_at IS NULL)),
    ADD CONSTRAINT ck_exam_sessions_published_is_finalized CHECK (published_at IS NULL OR finalized_at IS NOT NULL)
"""

# What is frozen with the session, the draft and the documents: judged by the session's own row, which whoever finalizes
# has locked.
_FROZEN = """
CREATE FUNCTION guard_of_finalized() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse('finalized_is_frozen') FROM exam_sessions
        WHERE number = COALESCE(NEW.number, OLD.number) AND finalized_at IS NOT NULL;
    RETURN COALESCE(NEW, OLD);
END $$
"""

_SESSION = """
CREATE OR REPLACE FUNCTION guard_exam_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        -- Whoever has started is kept with the list; a clock that was started for nobody keeps nothing.
        IF OLD.finalized_at IS NOT NULL THEN PERFORM refuse('started_is_kept'); END IF;
        RETURN OLD;
    END IF;
    IF NEW.decision_seq < OLD.decision_seq OR NEW.live_epoch < OLD.live_epoch
        OR NEW.roster_version < OLD.roster_version OR NEW.last_decided_at < OLD.last_decided_at
    THEN
        PERFORM refuse('never_back');
    END IF;
    IF OLD.last_decided_at IS NOT NULL AND NEW.last_decided_at IS NULL THEN PERFORM refuse('never_back'); END IF;
    IF OLD.started_at IS NOT NULL AND NEW.started_at IS DISTINCT FROM OLD.started_at THEN
        PERFORM refuse('a_room_starts_once');
    END IF;
    IF NEW.finalized_at IS DISTINCT FROM OLD.finalized_at OR NEW.published_at IS DISTINCT FROM OLD.published_at THEN
        IF NEW.decision_seq = OLD.decision_seq THEN PERFORM refuse('finalized_by_decision'); END IF;
        IF OLD.finalized_at IS NOT NULL AND NEW.finalized_at IS NOT NULL AND NEW.finalized_at <> OLD.finalized_at THEN
            PERFORM refuse('finalized_once');
        END IF;
        IF OLD.published_at IS NOT NULL AND NEW.finalized_at IS NULL THEN PERFORM refuse('published_is_final'); END IF;
        IF OLD.finalized_at IS NOT NULL AND NEW.finalized_at IS NULL AND NEW.reopened_at IS NULL THEN
            PERFORM refuse('reopened_is_said');
        END IF;
        IF OLD.finalized_at IS NULL AND NEW.finalized_at IS NOT NULL THEN
            PERFORM refuse('nobody_runs_once_finalized') FROM candidates
                WHERE number = NEW.number AND attempt = 'running';
        END IF;
    END IF;
    IF OLD.reopened_at IS NOT NULL AND NEW.reopened_at IS NULL THEN PERFORM refuse('reopened_is_said'); END IF;
    RETURN NEW;
END $$
"""

# Once reopened a session takes corrections, and nobody who sits a test.
_REOPENED = """
CREATE FUNCTION guard_reopened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse('nobody_enters_once_reopened') FROM exam_sessions
        WHERE number = NEW.number AND reopened_at IS NOT NULL;
    RETURN NEW;
END $$
"""

_GRANTS = f"""
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON invitations TO {ROLE};
        GRANT SELECT, INSERT, UPDATE, DELETE ON finalizations TO {ROLE};
        GRANT SELECT, INSERT, DELETE ON documents TO {ROLE};
        GRANT DELETE ON exam_sessions, candidates, progress, doorbook, clients, invigilations, answers TO {ROLE};
    END IF;
END $$
"""

_STATEMENTS = (
    _INVITATIONS,
    "CREATE INDEX ix_invitations_invited_by ON invitations (invited_by)",
    _FINALIZATIONS,
    _DOCUMENTS,
    "CREATE INDEX ix_documents_number ON documents (number)",
    _SESSION_COLUMNS,
    "CREATE INDEX ix_exam_sessions_finalized_at ON exam_sessions (finalized_at) WHERE finalized_at IS NOT NULL",
    # A session that nobody has started may be deleted; what was decided in it stays in the audit.
    "ALTER TABLE audit DROP CONSTRAINT fk_audit_number",
    _FROZEN,
    "CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON finalizations"
    " FOR EACH ROW EXECUTE FUNCTION guard_of_finalized()",
    "CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON documents"
    " FOR EACH ROW EXECUTE FUNCTION guard_of_finalized()",
    _SESSION,
    "CREATE TRIGGER guard_delete BEFORE DELETE ON exam_sessions FOR EACH ROW EXECUTE FUNCTION guard_exam_session()",
    _REOPENED,
    "CREATE TRIGGER guard_reopened BEFORE UPDATE ON candidates FOR EACH ROW"
    " WHEN (NEW.entry_no > OLD.entry_no) EXECUTE FUNCTION guard_reopened()",
    _GRANTS,
)


def upgrade() -> None:
    """Make all of it."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: what was decided is never thrown away by a program."""
    raise NotImplementedError("Finalizations and documents are not thrown away by a program.")

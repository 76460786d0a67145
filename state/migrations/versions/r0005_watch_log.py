"""What dashboards could see: only ever added to, like the audit it stands beside."""

from __future__ import annotations

from alembic import op

from state.migrations.first.grants import ROLE

revision = "r0005"
down_revision = "r0004"
branch_labels = None
depends_on = None

_WATCH_LOG = """
CREATE TABLE watch_log (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    number BIGINT NOT NULL,
    author TEXT NOT NULL,
    connection TEXT NOT NULL,
    kind TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    facts JSONB NOT NULL,
    CONSTRAINT pk_watch_log PRIMARY KEY (id),
    CONSTRAINT ck_watch_log_kind CHECK (kind IN ('opened', 'saw', 'claimed', 'released', 'closed'))
)
"""

_GRANTS = f"""
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}') THEN
        GRANT SELECT, INSERT ON watch_log TO {ROLE};
    END IF;
END $$
"""

_STATEMENTS = (
    _WATCH_LOG,
    "CREATE INDEX ix_watch_log_number_at ON watch_log (number, at)",
    "CREATE TRIGGER guard BEFORE UPDATE OR DELETE OR TRUNCATE ON watch_log EXECUTE FUNCTION guard_audit()",
    _GRANTS,
)


def upgrade() -> None:
    """Make it."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: what was seen is never thrown away by a program."""
    raise NotImplementedError("What dashboards could see is not thrown away by a program.")

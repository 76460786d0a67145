"""Which live store is the current one: several processes must agree on it while one of them may see another."""

from __future__ import annotations

from alembic import op

from state.migrations.first.grants import ROLE

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None

_TABLE = """
CREATE TABLE live_stores (
    name TEXT NOT NULL,
    history TEXT NOT NULL,
    confirmed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_live_stores PRIMARY KEY (name)
)
"""

_GRANT = f"""
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}') THEN
        GRANT SELECT, INSERT, UPDATE ON live_stores TO {ROLE};
    END IF;
END $$
"""


def upgrade() -> None:
    """Make the table."""
    op.execute(_TABLE)
    op.execute(_GRANT)


def downgrade() -> None:
    """Drop it: nothing in it outlives a second of service."""
    op.execute("DROP TABLE live_stores")

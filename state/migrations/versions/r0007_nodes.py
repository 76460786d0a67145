"""Which nodes were heard of lately: they share the rooms that somebody has to look after."""

from __future__ import annotations

from alembic import op

from state.migrations.first.grants import ROLE

revision = "r0007"
down_revision = "r0006"
branch_labels = None
depends_on = None

_NODES = """
CREATE TABLE nodes (
    name TEXT NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_nodes PRIMARY KEY (name)
)
"""

_GRANTS = f"""
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON nodes TO {ROLE};
    END IF;
END $$
"""


def upgrade() -> None:
    """Make it."""
    for statement in (_NODES, _GRANTS):
        op.execute(statement)


def downgrade() -> None:
    """Forget it: nodes say each few seconds that they live."""
    op.execute("DROP TABLE nodes")

"""The first tables: people, sessions, candidates, decisions and their audit."""

from __future__ import annotations

from alembic import op

from state.migrations.first.grants import grants
from state.migrations.first.guards import GUARDS
from state.migrations.first.tables import TABLES

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything."""
    for statement in (*TABLES, *GUARDS, grants()):
        op.execute(statement)


def downgrade() -> None:
    """Refuse: what was decided is never thrown away by a program."""
    raise NotImplementedError("There is nothing before the first revision: drop the database by hand.")

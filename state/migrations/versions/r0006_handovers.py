"""A room is handed over to a colleague for a while: rights that have an end, and the secrets that lead to them."""

from __future__ import annotations

from alembic import op

from state.migrations.first.grants import ROLE

revision = "r0006"
down_revision = "r0005"
branch_labels = None
depends_on = None

_RIGHTS = """
ALTER TABLE invigilations
    ADD COLUMN given_by BIGINT,
    ADD COLUMN until TIMESTAMP WITH TIME ZONE,
    ADD CONSTRAINT fk_invigilations_given_by FOREIGN KEY(given_by) REFERENCES accounts (id),
    ADD CONSTRAINT ck_invigilations_given_whole CHECK ((given_by IS NULL) = (until IS NULL))
"""

_HANDOVERS = """
CREATE TABLE handovers (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    secret_hash BYTEA NOT NULL,
    number BIGINT NOT NULL,
    given_by BIGINT NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE,
    ticket_hash BYTEA,
    accepted_by BIGINT,
    CONSTRAINT pk_handovers PRIMARY KEY (id),
    CONSTRAINT uq_handovers_secret_hash UNIQUE (secret_hash),
    CONSTRAINT uq_handovers_ticket_hash UNIQUE (ticket_hash),
    CONSTRAINT fk_handovers_number FOREIGN KEY(number) REFERENCES exam_sessions (number),
    CONSTRAINT fk_handovers_given_by FOREIGN KEY(given_by) REFERENCES accounts (id),
    CONSTRAINT fk_handovers_accepted_by FOREIGN KEY(accepted_by) REFERENCES accounts (id),
    CONSTRAINT ck_handovers_opened_whole CHECK ((opened_at IS NULL) = (ticket_hash IS NULL)),
    CONSTRAINT ck_handovers_accepted_is_opened CHECK (accepted_by IS NULL OR opened_at IS NOT NULL)
)
"""

_GRANTS = f"""
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}') THEN
        GRANT UPDATE ON invigilations TO {ROLE};
        GRANT SELECT, INSERT, UPDATE, DELETE ON handovers TO {ROLE};
    END IF;
END $$
"""


def upgrade() -> None:
    """Make both."""
    for statement in (_RIGHTS, _HANDOVERS, "CREATE INDEX ix_handovers_number ON handovers (number)", _GRANTS):
        op.execute(statement)


def downgrade() -> None:
    """Refuse: without its end a right would be one for good."""
    raise NotImplementedError("A right that was given for a while does not become one for good.")

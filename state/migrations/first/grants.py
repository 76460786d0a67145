"""What the hub's own role may do: everything its work needs, and to the audit only add and read.

The owner migrates and purges. Where there is no role `vigie_app` (one role for everything), nothing is granted and the
guards alone protect the audit.
"""

from __future__ import annotations

from typing import Final

ROLE = "vigie_app"

_RIGHTS: Final = {
    "SELECT, INSERT": "audit, audit_details, answers, centers, invigilations, clients",
    "SELECT, INSERT, UPDATE": "accounts, exam_sessions, candidates, progress, doorbook",
    "SELECT, INSERT, UPDATE, DELETE": "memberships, logins, imports",
    "SELECT": "alembic_version",
}


def grants() -> str:
    """Return the statement that gives the role its rights, if there is such a role."""
    lines = "\n".join(f"        GRANT {rights} ON {tables} TO {ROLE};" for rights, tables in _RIGHTS.items())
    return f"""
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}') THEN
{lines}
        GRANT USAGE ON SEQUENCE certification_numbers TO {ROLE};
    END IF;
END $$
"""

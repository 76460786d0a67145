"""The tables as the hub's role meets them: who owns them, at which revision, with which guards, and what it may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.findings import Check, Finding, doubtful, well, wrong
from state.migrate import is_known, newest

GUARDS: Final = frozenset(
    {
        ("audit", "guard"),
        ("audit_details", "guard"),
        ("candidates", "guard"),
        ("candidates", "guard_purge"),
        ("candidates", "guard_reopened"),
        ("candidates", "guard_update"),
        ("candidates", "open_progress"),
        ("documents", "guard"),
        ("documents", "guard_delete"),
        ("exam_sessions", "guard"),
        ("exam_sessions", "guard_delete"),
        ("finalizations", "guard"),
        ("finalizations", "guard_purge"),
        ("finalizations", "guard_update"),
        ("progress", "guard"),
        ("watch_log", "guard"),
    }
)
"""Which table has which trigger. A test compares it with what the migrations make."""
MIGRATE = "Run `vigie migrate` with the owner in VIGIE_DATABASE_OWNER_URL."

_ROLE = text("""
SELECT current_user AS name, r.rolsuper AS is_super,
       pg_has_role(d.datdba, 'MEMBER') OR EXISTS (
           SELECT FROM pg_class WHERE oid = to_regclass('audit') AND pg_has_role(relowner, 'MEMBER')) AS is_owner
  FROM pg_roles r, pg_database d
 WHERE r.rolname = current_user AND d.datname = current_database()
""")
_AUDIT_RIGHTS = text("""
SELECT format('%s %s', verb, name) AS "right"
  FROM unnest(ARRAY['audit', 'audit_details']) AS name, unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) AS verb
 WHERE has_table_privilege(to_regclass(name), verb)
""")
_EXISTS = text("SELECT to_regclass(:name) IS NOT NULL")
_REVISION = text("SELECT version_num FROM alembic_version")
_TRIGGERS = text("""
SELECT c.relname AS "table", t.tgname AS name
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
""")
_SEALED = text("SELECT encrypted_password FROM exam_sessions ORDER BY number DESC LIMIT 1")


async def role(db: AsyncConnection) -> Finding:
    """Look whether the hub's role has no more power than it needs."""
    row = (await db.execute(_ROLE)).one()
    if row.is_super:
        return wrong(
            Check.POSTGRES_ROLE,
            f"{row.name} is a superuser: no guard holds it back",
            "Make the roles of deploy/database/roles.sql and name vigie_app in VIGIE_DATABASE_URL.",
        )
    if row.is_owner:
        return doubtful(
            Check.POSTGRES_ROLE,
            f"{row.name} owns the tables: it could remove the guards of the audit",
            "Name vigie_app in VIGIE_DATABASE_URL and the owner in VIGIE_DATABASE_OWNER_URL only.",
        )
    return well(Check.POSTGRES_ROLE, f"{row.name} owns nothing")


async def audit(db: AsyncConnection) -> Finding:
    """Look whether the hub's role may only add to the audit and read it."""
    if not await _is_there(db, "audit"):
        return doubtful(Check.POSTGRES_AUDIT, "there is no audit yet", MIGRATE)
    held = list((await db.execute(_AUDIT_RIGHTS)).scalars())
    if not held:
        return well(Check.POSTGRES_AUDIT, "may only be read and added to")
    seen = f"the hub's role may {', '.join(held)}"
    if (await db.execute(_ROLE)).one().is_owner:
        # Where one role does everything this cannot be otherwise; the guards still refuse it.
        return doubtful(Check.POSTGRES_AUDIT, seen, "See postgres.role.")
    return wrong(
        Check.POSTGRES_AUDIT, seen, "As the owner: REVOKE UPDATE, DELETE, TRUNCATE ON audit, audit_details FROM it."
    )


async def revision(db: AsyncConnection) -> Finding:
    """Look whether the tables are those of this version."""
    if not await _is_there(db, "alembic_version"):
        return wrong(Check.POSTGRES_REVISION, "there are no tables yet", MIGRATE)
    found = (await db.execute(_REVISION)).scalar_one_or_none()
    if found == newest():
        return well(Check.POSTGRES_REVISION, f"at {found}, the newest")
    if is_known(found):
        return wrong(Check.POSTGRES_REVISION, f"at {found or 'none'}, behind {newest()}", MIGRATE)
    return wrong(
        Check.POSTGRES_REVISION,
        "at a revision that this version does not know",
        "A newer Vigie has been here: install that version on this machine too.",
    )


async def guards(db: AsyncConnection) -> Finding:
    """Look whether every trigger that refuses what must never be is there and enabled."""
    found = {(row.table, row.name) for row in await db.execute(_TRIGGERS)}
    missing = sorted(f"{name} on {table}" for table, name in GUARDS - found)
    if not missing:
        return well(Check.POSTGRES_GUARDS, f"all {len(GUARDS)} are there")
    return wrong(
        Check.POSTGRES_GUARDS,
        f"missing or disabled: {', '.join(missing)}",
        "If there are no tables yet, run `vigie migrate`. Else find out who did it; as the owner, "
        "ALTER TABLE … ENABLE TRIGGER …, or restore a backup; then run `vigie audit verify`.",
    )


async def secret_key(opens: Callable[[bytes], bool], db: AsyncConnection) -> Finding:
    """Look whether the newest session password can be opened with this installation's key."""
    if not await _is_there(db, "exam_sessions"):
        return doubtful(Check.POSTGRES_KEY, "there are no sessions yet", MIGRATE)
    sealed = (await db.execute(_SEALED)).scalar_one_or_none()
    if sealed is None:
        return well(Check.POSTGRES_KEY, "nothing is sealed yet")
    if opens(sealed):
        return well(Check.POSTGRES_KEY, "opens the newest session password")
    return wrong(
        Check.POSTGRES_KEY,
        "session passwords were sealed with another key",
        "Put the key of this database back: VIGIE_SECRET_KEY, or the file secret_key in the data folder.",
    )


async def _is_there(db: AsyncConnection, table: str) -> bool:
    return bool((await db.execute(_EXISTS, {"name": table})).scalar_one())

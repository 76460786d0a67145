"""A backup of the truth and its way back: dump and state hash of one instant, restored into an empty database only.

PostgreSQL's own tools do the work. A snapshot is exported to them, so that the hash is over the very rows of the dump,
while hubs go on. What comes back is compared with that hash before anybody may use it.

The live store may hold a later history than what comes back. So a restore gives every room a life that no live store
can have told: whatever is there is discarded by the hubs, and rooms are put there anew from PostgreSQL.
"""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from state import backup_file, backup_tools
from state.backup_file import DUMP, Manifest
from state.backup_tools import BackupError, Tools, find_tools
from state.database import address
from state.embedded import Places
from state.migrate import MIGRATION_LOCK, is_known
from state.migrations.first.grants import ROLE
from state.state_hash import PASSING, state_hash

_SETTINGS: Final = {
    "application_name": "vigie-backup",
    "timezone": "UTC",
    # A role may have been given the hub's own limits (docs/pgbouncer.md): here seconds are nothing.
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "bytea_output": "hex",
    "jit": "off",
}
_SNAPSHOT: Final = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
_EXPORT: Final = text("SELECT pg_export_snapshot()")
_SERVER: Final = "CAST(current_setting('server_version_num') AS integer) / 10000 AS server"
_HAS_TABLES: Final = text("SELECT to_regclass('alembic_version') IS NOT NULL AND to_regclass('audit') IS NOT NULL")
_FACTS: Final = text(f"""
SELECT clock_timestamp() AS at, (SELECT version_num FROM alembic_version) AS revision, {_SERVER},
    (SELECT count(*) FROM exam_sessions) AS sessions, (SELECT count(*) FROM candidates) AS candidates,
    (SELECT count(*) FROM audit) AS decisions, pg_has_role(relowner, 'USAGE') AS is_owner,
    EXISTS (SELECT FROM aclexplode(relacl) a JOIN pg_roles r ON r.oid = a.grantee
        WHERE r.rolname = '{ROLE}' AND a.grantee <> relowner) AS has_hub_role
FROM pg_class WHERE oid = CAST('audit' AS regclass)
""")
_SEALED: Final = text("SELECT encrypted_password FROM exam_sessions ORDER BY number DESC LIMIT 1")

_ALONE: Final = text("SELECT pg_try_advisory_xact_lock(:lock)")
_PLACE: Final = text(f"""
SELECT {_SERVER}, has_schema_privilege(current_schema(), 'CREATE') AS may_create,
    EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') AS has_hub_role,
    EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'e')) AS is_used
""")
# The seconds since 1970 are beyond all lives that were counted, and beyond those of any restore before this one. A rank
# in the live store is a life times 2^20 and must stay below 2^53: so it does until 2242.
_NEW_LIVES: Final = text("""
UPDATE exam_sessions SET live_epoch = greatest(live_epoch + 1, CAST(extract(epoch FROM clock_timestamp()) AS bigint))
""")
_ANALYZE: Final = text("ANALYZE")
"""What PostgreSQL knows of its tables is not in a dump, and the hubs' statements may take three seconds at most."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made; `sealed` is one of the session passwords in it, if there is any."""

    path: Path
    manifest: Manifest
    sealed: bytes | None


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that was restored: the rows are those of the manifest's hash.

    `is_hub_role_bare` tells that the hub's role is here and was given no rights: where the file was made there is none.
    """

    manifest: Manifest
    sealed: bytes | None
    is_hub_role_bare: bool


async def back_up(owner_url: str, folder: Path, key_fingerprint: str | None, places: Places) -> Made:
    """Write a backup into a folder, of one instant, while others work. Raises BackupError, OSError."""
    async with _connection(owner_url) as db:
        await db.execute(_SNAPSHOT)
        facts = await _facts(db)
        tools = find_tools(places, facts.server)
        snapshot = (await db.execute(_EXPORT)).scalar_one()
        with backup_file.writing(folder, facts.at) as (path, archive):
            await _dump(archive, tools, owner_url, snapshot)
            manifest = Manifest(
                made_at=facts.at,
                revision=facts.revision,
                server=facts.server,
                dumped_with=tools.major,
                state_hash=await state_hash(db),
                has_hub_role=facts.has_hub_role,
                sessions=facts.sessions,
                candidates=facts.candidates,
                decisions=facts.decisions,
                key_fingerprint=key_fingerprint,
            )
            backup_file.seal(archive, manifest)
        return Made(path, manifest, (await db.execute(_SEALED)).scalar())


async def _facts(db: AsyncConnection) -> Row[tuple[datetime, str, int, int, int, int, bool, bool]]:
    if not (await db.execute(_HAS_TABLES)).scalar_one():
        raise BackupError("there is nothing to back up: this database has no tables of Vigie.")
    facts: Row[tuple[datetime, str, int, int, int, int, bool, bool]] = (await db.execute(_FACTS)).one()
    if not facts.is_owner:
        raise BackupError("only the owner of the tables may read all of them: name it in VIGIE_DATABASE_OWNER_URL.")
    return facts


async def _dump(archive: zipfile.ZipFile, tools: Tools, owner_url: str, snapshot: str) -> None:
    with archive.open(DUMP, "w", force_zip64=True) as file:
        await backup_tools.dump(tools, owner_url, snapshot, PASSING, file.write)


async def restore(owner_url: str, path: Path, places: Places) -> Restored:
    """Restore a backup into the empty database of this role, which then owns it; the revision is the backup's.

    All of it or nothing. Raises BackupError.
    """
    manifest = backup_file.read(path)
    if not is_known(manifest.revision):
        raise BackupError(f"{path} is of revision {manifest.revision}, which only a newer version of Vigie knows.")
    async with _connection(owner_url) as alone, _engine(owner_url) as engine:
        # Held to the end: a hub that starts meanwhile waits with its migrations.
        if not (await alone.execute(_ALONE, {"lock": MIGRATION_LOCK})).scalar_one():
            raise BackupError("somebody else restores or migrates this database at this moment.")
        place = await _place(alone, manifest)
        tools = find_tools(places, max(manifest.dumped_with, place.server))
        await backup_tools.restore(tools, owner_url, backup_file.dump_in(path))
        # At once: whoever is cut off from here on leaves a place that shows nothing of later.
        async with engine.begin() as db:
            await db.execute(_NEW_LIVES)
            await db.execute(_ANALYZE)
        async with engine.connect() as db:
            await db.execute(_SNAPSHOT)
            found = await state_hash(db)
            sealed = (await db.execute(_SEALED)).scalar()
        if found != manifest.state_hash:
            raise BackupError(
                f"the state hash is {found}, the backup's is {manifest.state_hash}: "
                "these are not the rows that were backed up. Drop this database, and do not use it."
            )
    return Restored(manifest, sealed, place.has_hub_role and not manifest.has_hub_role)


async def _place(db: AsyncConnection, manifest: Manifest) -> Row[tuple[int, bool, bool, bool]]:
    """Look at the place of a restore. Raises BackupError when it cannot take this backup."""
    place: Row[tuple[int, bool, bool, bool]] = (await db.execute(_PLACE)).one()
    if place.is_used:
        raise BackupError("this database is not empty, and a backup is restored into an empty one only.")
    if not place.may_create:
        raise BackupError("this role may not make tables here: name the database's owner in VIGIE_DATABASE_OWNER_URL.")
    if place.server < manifest.server:
        raise BackupError(
            f"the backup was made from PostgreSQL {manifest.server}, and this is {place.server}: "
            f"restore it into PostgreSQL {manifest.server} or later."
        )
    if manifest.has_hub_role and not place.has_hub_role:
        raise BackupError(f"the backup gives rights to the role {ROLE}, which is not on this server: make it first.")
    return place


@asynccontextmanager
async def _engine(url: str) -> AsyncIterator[AsyncEngine]:
    connecting = {"server_settings": _SETTINGS}
    engine = create_async_engine(address(url), poolclass=NullPool, hide_parameters=True, connect_args=connecting)
    try:
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[AsyncConnection]:
    """Open one connection, in a transaction that is rolled back at the end."""
    async with _engine(url) as engine, engine.connect() as db:
        yield db

"""Bringing a database to the present: the migrations, run by whoever may own the tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from state.database import address

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 0x7669676965
"""Any constant would do; this one spells `vigie`. Two nodes that start at once migrate one after the other."""
INSUFFICIENT_PRIVILEGE = "42501"


class CannotUpgrade(Exception):
    """The database cannot be brought to the present; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Move:
    """The revision a database was found at, None for an empty one, and the newest, where it is now."""

    found: str | None
    newest: str | None


def configuration() -> Config:
    """Return Alembic's configuration; the connection is added by whoever runs it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


async def upgrade(owner_url: str) -> Move:
    """Bring the database to the newest revision; nothing to do is no error. One transaction: all or nothing.

    A role that owns nothing is enough when nothing is to do. Raises CannotUpgrade when more is, and when the database
    is ahead of this program.
    """
    engine = create_async_engine(address(owner_url), poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.begin() as db:
            await db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            return await db.run_sync(_upgrade)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != INSUFFICIENT_PRIVILEGE:
            raise
        raise CannotUpgrade(
            "the database is behind this version, and this role may not change its tables: "
            "run `vigie migrate` with the owner in VIGIE_DATABASE_OWNER_URL, then try again."
        ) from None
    finally:
        await engine.dispose()


def _upgrade(db: Connection) -> Move:
    config = configuration()
    config.attributes["connection"] = db
    newest = ScriptDirectory.from_config(config).get_current_head()
    move = Move(MigrationContext.configure(db).get_current_revision(), newest)
    if move.found != move.newest:
        try:
            command.upgrade(config, "head")
        except CommandError:
            raise CannotUpgrade(
                f"the database is at revision {move.found}, which this version does not know: start the newer version."
            ) from None
    return move

"""Bringing a database to the present: the migrations, run by whoever may own the tables.

A migration wants tables for itself. While it waits for one that somebody reads, everybody who comes later waits behind
it: so it waits for a moment only, gives everything back, lets the others pass, and tries again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from state.database import address

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 0x7669676965
"""Any constant would do; this one spells `vigie`. Two nodes that start at once migrate one after the other."""
INSUFFICIENT_PRIVILEGE = "42501"
IN_USE = frozenset({"55P03", "40P01"})
"""SQLSTATEs of somebody else holding a table: lock time-out, dead-lock."""

_ONE_AFTER_THE_OTHER = text("SELECT pg_advisory_xact_lock(:lock)")
_WAIT_A_MOMENT = text("SET LOCAL lock_timeout = '500ms'")
"""For tables, not for another node that migrates. Half as long as the hub waits: what it decides meanwhile passes."""


class CannotUpgrade(Exception):
    """The database cannot be brought to the present; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often an upgrade tries to get its tables; the pause before the next attempt grows by as much each time."""

    attempts: int = 10
    pause_seconds: float = 0.5


PATIENCE = Patience()
"""Half a minute in all."""


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


def newest() -> str | None:
    """Return the revision this version brings a database to."""
    return _scripts().get_current_head()


def is_known(revision: str | None) -> bool:
    """Tell whether this version comes after a revision; none at all is where every database begins."""
    return revision is None or any(one.revision == revision for one in _scripts().walk_revisions())


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(configuration())


async def upgrade(owner_url: str, patience: Patience = PATIENCE) -> Move:
    """Bring the database to the newest revision; nothing to do is no error. One transaction: all or nothing.

    A role that owns nothing is enough when nothing is to do. Raises CannotUpgrade when more is, when the database is
    ahead of this program, and when somebody keeps the tables for longer than our patience.
    """
    engine = create_async_engine(address(owner_url), poolclass=NullPool, hide_parameters=True)
    try:
        for attempt in range(patience.attempts):
            await asyncio.sleep(attempt * patience.pause_seconds)
            move = await _attempt(engine)
            if move is not None:
                return move
    finally:
        await engine.dispose()
    raise CannotUpgrade(
        "the database is behind this version, and somebody keeps its tables: look in pg_stat_activity for a "
        "transaction that has been open for long, such as a backup or a report. Nothing was changed; "
        "when it has ended, try again."
    )


async def _attempt(engine: AsyncEngine) -> Move | None:
    """Upgrade in one transaction; None when somebody else keeps a table that it needs, and nothing was changed."""
    try:
        async with engine.begin() as db:
            await db.execute(_ONE_AFTER_THE_OTHER, {"lock": MIGRATION_LOCK})
            await db.execute(_WAIT_A_MOMENT)
            return await db.run_sync(_upgrade)
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state in IN_USE:
            return None
        if state != INSUFFICIENT_PRIVILEGE:
            raise
        raise CannotUpgrade(
            "the database is behind this version, and this role may not change its tables: "
            "run `vigie migrate` with the owner in VIGIE_DATABASE_OWNER_URL, then try again."
        ) from None


def _upgrade(db: Connection) -> Move:
    config = configuration()
    config.attributes["connection"] = db
    move = Move(MigrationContext.configure(db).get_current_revision(), newest())
    if move.found != move.newest:
        try:
            command.upgrade(config, "head")
        except CommandError:
            raise CannotUpgrade(
                f"the database is at revision {move.found}, which this version does not know: start the newer version."
            ) from None
    return move

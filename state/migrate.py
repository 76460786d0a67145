"""Bringing a database to the present: the migrations, run by whoever may own the tables."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from state.database import address

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 0x7669676965
"""Any constant would do; this one spells `vigie`. Two nodes that start at once migrate one after the other."""


def configuration() -> Config:
    """Return Alembic's configuration; the connection is added by whoever runs it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


async def upgrade(owner_url: str) -> None:
    """Bring the database to the newest revision; nothing to do is no error. One transaction: all or nothing."""
    engine = create_async_engine(address(owner_url), poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.begin() as db:
            await db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            await db.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _upgrade(db: Connection) -> None:
    config = configuration()
    config.attributes["connection"] = db
    command.upgrade(config, "head")

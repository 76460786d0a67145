"""The database server as the hub meets it: reached over the hub's own pool, with the hub's own settings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from asyncpg import InvalidAuthorizationSpecificationError, InvalidCatalogNameError, TooManyConnectionsError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.findings import Check, Finding, Grade, well, wrong
from hub.ports import StoreUnavailable
from state.checks import clocks, schema
from state.checks.bounded import bounded
from state.database import Database
from state.embedded.discovery import MIN_POSTGRES_MAJOR

SETTINGS_LOST = "settings lost"

_SWITCHES = text("SELECT name, setting AS value FROM pg_settings WHERE name = ANY(:names)")
DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
"""The last one the hub asks for itself, on every connection."""
_ROOM = text("""
SELECT least(
           current_setting('max_connections')::int
               - current_setting('superuser_reserved_connections')::int
               - coalesce(current_setting('reserved_connections', true)::int, 0),
           nullif(r.rolconnlimit, -1), nullif(d.datconnlimit, -1)) AS most,
       (SELECT count(*) FROM pg_stat_activity
         WHERE datid IS NOT NULL AND usesysid IS NOT NULL AND usesysid <> r.oid) AS others
  FROM pg_roles r, pg_database d
 WHERE r.rolname = current_user AND d.datname = current_database()
""")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one hub process asks of the server, this machine's clock, and whether a session password opens here."""

    connections: int
    now: Callable[[], datetime]
    opens: Callable[[bytes], bool]


Look = Callable[[AsyncConnection], Awaitable[Finding]]


async def look_at_postgres(url: str, wanted: Wanted) -> Sequence[Finding]:
    """Say how the database at this address is; what cannot be reached is one finding."""
    database = Database(url, pool_size=1)
    try:
        reached = await bounded(Check.POSTGRES, partial(_reach, database))
        if reached.grade is Grade.PROBLEM:
            return [reached]
        looks: dict[Check, Look] = {
            Check.POSTGRES_VERSION: _version,
            Check.POSTGRES_DURABLE: _durable,
            Check.POSTGRES_CONNECTIONS: partial(_connections, wanted.connections),
            Check.POSTGRES_CLOCK: partial(_clock, wanted.now),
            Check.POSTGRES_ROLE: schema.role,
            Check.POSTGRES_REVISION: schema.revision,
            Check.POSTGRES_GUARDS: schema.guards,
            Check.POSTGRES_AUDIT: schema.audit,
            Check.POSTGRES_KEY: partial(schema.secret_key, wanted.opens),
        }
        return [reached, *[await bounded(check, partial(_over, database, look)) for check, look in looks.items()]]
    finally:
        await database.close()


async def _over(database: Database, look: Look) -> Finding:
    async with database.single() as db:
        return await look(db)


async def _reach(database: Database) -> Finding:
    try:
        await database.answers()
    except StoreUnavailable as away:
        return wrong(Check.POSTGRES, *_why(away))
    return well(Check.POSTGRES, "answers")


def _why(away: StoreUnavailable) -> tuple[str, str]:
    """Say what keeps us out, and what to do. The server's own words may quote what was typed: they stay out."""
    if str(away) == SETTINGS_LOST:
        return "connections do not keep the limits asked of them", "Do what docs/pgbouncer.md says under 1."
    cause = getattr(away.__cause__, "orig", None) or away.__cause__
    cause = getattr(cause, "__cause__", None) or cause
    if isinstance(cause, InvalidAuthorizationSpecificationError):
        return "the server does not accept this role or its password", "Correct them in VIGIE_DATABASE_URL."
    if isinstance(cause, InvalidCatalogNameError):
        return "there is no such database", "Create it, owned by vigie_owner, or correct VIGIE_DATABASE_URL."
    if isinstance(cause, TooManyConnectionsError):
        return "every connection is taken", "Raise max_connections, or the role's CONNECTION LIMIT."
    return (
        f"the database does not answer ({type(cause or away).__name__})",
        "Start PostgreSQL; then compare host and port in VIGIE_DATABASE_URL with what it listens on.",
    )


async def _version(db: AsyncConnection) -> Finding:
    row = (await db.execute(text("SELECT current_setting('server_version_num')::int"))).scalar_one()
    return judged_version(row)


def judged_version(number: int) -> Finding:
    """Judge a version as the server counts it, 180004 for 18.4."""
    seen = f"PostgreSQL {number // 10000}.{number % 10000}"
    if number // 10000 >= MIN_POSTGRES_MAJOR:
        return well(Check.POSTGRES_VERSION, seen)
    return wrong(Check.POSTGRES_VERSION, seen, f"Move the database to PostgreSQL {MIN_POSTGRES_MAJOR} or later.")


async def _durable(db: AsyncConnection) -> Finding:
    rows = await db.execute(_SWITCHES, {"names": list(DURABLE)})
    found = {row.name: row.value for row in rows}
    off = [name for name in DURABLE if found[name] == "off"]
    if off:
        return wrong(
            Check.POSTGRES_DURABLE,
            f"{' and '.join(off)} off: decisions can be lost with the machine",
            f"Set {', '.join(f'{name} = on' for name in off)} in postgresql.conf and reload PostgreSQL.",
        )
    return well(Check.POSTGRES_DURABLE, ", ".join(f"{name} {found[name]}" for name in DURABLE))


async def _connections(wanted: int, db: AsyncConnection) -> Finding:
    row = (await db.execute(_ROOM)).one()
    left = row.most - row.others
    seen = f"{left} for the hub, which takes up to {wanted} for each process"
    if left >= wanted:
        return well(Check.POSTGRES_CONNECTIONS, seen)
    return wrong(
        Check.POSTGRES_CONNECTIONS,
        seen,
        "Raise max_connections of PostgreSQL, or the CONNECTION LIMIT of the role or the database.",
    )


async def _clock(now: Callable[[], datetime], db: AsyncConnection) -> Finding:
    asked_at = now()
    theirs = (await db.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return clocks.compared(Check.POSTGRES_CLOCK, theirs, asked_at, now())

"""The way to Postgres: one pool of connections, how long anything may take, and what an error means.

Every connection is told at its start how long it may wait, so that a stuck node can hold a session's lock for two
seconds at most. These are settings of the connection and not of a transaction: nobody can forget them.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Final, NoReturn

import asyncpg
import msgspec
from sqlalchemy import event, exc, text
from sqlalchemy.engine import URL, AdaptedConnection, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from hub.ports import Crowded, LockBusy, OutcomeUnknown, StoreAccident, StoreUnavailable, Unrecorded
from state.accidents import RuleBroken, StaleRow
from state.figures import PostgresFigures

log = logging.getLogger("vigie.database")

SETTINGS: Final = {
    "application_name": "vigie",
    "timezone": "UTC",
    "lock_timeout": "1s",
    "statement_timeout": "3s",
    "idle_in_transaction_session_timeout": "2s",
    "synchronous_commit": "on",
    # Compiling a statement that reads thirty rows takes longer than reading them.
    "jit": "off",
}
_VERIFIED: Final = tuple(name for name in SETTINGS if name != "application_name")
"""What is looked at on each new connection; under which name it is listed changes nothing."""
_SETTING: Final = "SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name"
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 6.0
"""For a server that is frozen, not slow: the server's own limits end a slow statement earlier."""
POOL_SIZE = 16
PATIENCE_SECONDS = 10.0
"""How long a deed waits for its turn to have a connection: in a start wave a whole node's worth queues here."""
FRESH_SECONDS = 1.0
"""While every connection is lent, the server counts as there when somebody was served so lately."""
MAX_BIGINT = 2**63 - 1

_BUSY: Final = frozenset({"55P03", "40P01", "40001"})
"""SQLSTATEs of somebody else holding what we need: lock time-out, dead-lock, serialization."""
_BROKEN_CLASSES: Final = ("22", "23", "VG")
"""Classes of SQLSTATE that blame the data: a value, a constraint, one of our guards."""
_MISTAKE_CLASSES: Final = ("42", "0A")
"""Classes that blame the program or its rights: these stay what they are."""

_UNRECORDED: Final = ("53100", "25006")
"""A full disk; a server that may only be read: a standby, or one that was told so."""
UNRECORDED_SECONDS = 2.0
"""A write that was refused so speaks for so long; meanwhile nodes try again each second."""

_WHILE_CONNECTING: Final = (asyncpg.InterfaceError, asyncpg.PostgresError)
"""What the driver itself raises when a new connection breaks before it is ready: nobody wraps these."""
_LOST_CLASSES: Final = ("08", "57")
"""Classes of a connection that went away: while committing, nobody can tell what became of it."""


_KINDS: Final[Mapping[type[Exception], str]] = {
    LockBusy: "busy",
    Crowded: "crowded",
    StoreUnavailable: "unavailable",
    Unrecorded: "unavailable",
    OutcomeUnknown: "outcome_unknown",
    RuleBroken: "rule_broken",
    StaleRow: "stale",
}
"""What an accident is counted as; what the driver says of the program itself is a `mistake`."""


def is_id(value: int) -> bool:
    """Tell whether a number from outside can be an id at all; the driver fails on what no bigint holds."""
    return 0 < value <= MAX_BIGINT


class Database:
    """A pool of connections; `close` it when done."""

    def __init__(self, url: str, *, pool_size: int = POOL_SIZE, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Prepare the pool; nothing connects before the first use."""
        self.pool_size, self.figures = pool_size, PostgresFigures()
        self._turns = _Turns(pool_size, patience_seconds)
        self._engine = _create_engine(url, pool_size)
        self._unrecorded_at = -math.inf
        self._single = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    @asynccontextmanager
    async def single(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection on which every statement is its own transaction: one round trip, one snapshot."""
        with self._counted(), _translated():
            async with self._turns.take(), self._single.connect() as db:
                try:
                    yield db
                except OSError:
                    await db.invalidate()
                    raise

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection inside a transaction; leaving normally commits, anything else rolls back.

        Raises OutcomeUnknown when the connection broke while committing.
        """
        with self._counted(), _translated():
            async with self._turns.take(), self._engine.connect() as db:
                try:
                    yield db
                except OSError:
                    await db.invalidate()
                    raise
                await _commit(db)

    def is_recording(self) -> bool:
        """Tell whether no write was refused in the last seconds for want of space, or because there must be none."""
        return time.monotonic() - self._unrecorded_at > UNRECORDED_SECONDS

    async def answers(self) -> bool:
        """Tell whether the server answers over these connections; may raise StoreUnavailable instead of saying no.

        It is asked over one of them, which also finds out those that a restart of it broke. In a wave none is free for
        seconds: then whoever was served last has asked.
        """
        if self._turns.are_taken:
            return self._turns.were_served_within(FRESH_SECONDS)
        async with self.single() as db:
            return bool((await db.execute(text("SELECT 1"))).scalar_one() == 1)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self.figures.asking += 1
        try:
            yield
        except (StoreAccident, exc.DBAPIError) as accident:
            self.figures.errors[_KINDS.get(type(accident), "mistake")] += 1
            if isinstance(accident, Unrecorded):
                self._unrecorded_at = time.monotonic()
            raise
        finally:
            self.figures.asking -= 1


class _Turns:
    """Who may have a connection: first come, first served. The pool by itself lets newcomers pass whoever waits."""

    def __init__(self, at_once: int, patience_seconds: float) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._patience_seconds = patience_seconds
        self._served_at = -math.inf

    @property
    def are_taken(self) -> bool:
        """Tell whether whoever comes now has to wait."""
        return self._free.locked()

    def were_served_within(self, seconds: float) -> bool:
        """Tell whether anybody was served to their end so lately."""
        return time.monotonic() - self._served_at <= seconds

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Wait for one's turn. Raises Crowded, or StoreUnavailable when nobody else was served meanwhile either."""
        begun_at = time.monotonic()
        try:
            async with asyncio.timeout(self._patience_seconds):
                await self._free.acquire()
        except TimeoutError:
            if self._served_at < begun_at:
                raise StoreUnavailable("no connection answers") from None
            raise Crowded("too many ask at once") from None
        try:
            yield
            self._served_at = time.monotonic()
        finally:
            self._free.release()


def address(url: str) -> URL:
    """Return an operator's address as our driver wants it, which says `ssl` where others say `sslmode`."""
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    mode = parsed.query.get("sslmode")
    return parsed if mode is None else parsed.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})


def _create_engine(url: str, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        address(url),
        pool_size=pool_size,
        max_overflow=0,
        # An error would otherwise quote the values it was about: names do not belong in logs.
        hide_parameters=True,
        json_serializer=_as_json,
        json_deserializer=_as_it_came,
        connect_args={"timeout": CONNECT_SECONDS, "command_timeout": ANSWER_SECONDS, "server_settings": SETTINGS},
    )
    event.listen(engine.sync_engine, "connect", _verify)
    return engine


def _verify(connection: AdaptedConnection, _: object) -> None:
    """Refuse a new connection on which the settings do not hold: whoever pools in between may have dropped them."""
    found = connection.run_async(lambda driver: driver.fetch(_SETTING, [*_VERIFIED]))
    lost = sorted(f"{row['name']} is {row['value']!r}" for row in found if row["value"] != SETTINGS[row["name"]])
    if lost:
        log.error("connections to the database do not keep what is asked of them (docs/pgbouncer.md): %s", lost)
        connection.run_async(lambda driver: driver.close())
        raise StoreUnavailable("settings lost")


def _as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _as_it_came(value: str) -> str:
    """Leave JSON undecoded: each column has a typed decoder of its own."""
    return value


async def _commit(db: AsyncConnection) -> None:
    try:
        await db.commit()
    except exc.DBAPIError as error:
        code = _sqlstate(error)
        if error.connection_invalidated or code is None or code[:2] in _LOST_CLASSES:
            raise OutcomeUnknown from error
        raise
    except OSError as error:
        await db.invalidate()
        raise OutcomeUnknown from error


def _sqlstate(error: exc.DBAPIError) -> str | None:
    code = getattr(error.orig, "sqlstate", None)
    return code if isinstance(code, str) else None


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except exc.DBAPIError as error:
        _raise_meaning(error)
    except (OSError, *_WHILE_CONNECTING) as error:
        raise StoreUnavailable(type(error).__name__) from error


def _raise_meaning(error: exc.DBAPIError) -> NoReturn:
    code = _sqlstate(error)
    if code in _BUSY:
        raise LockBusy(code) from error
    if code in _UNRECORDED:
        raise Unrecorded(code) from error
    if code is not None and code[:2] in _MISTAKE_CLASSES:
        raise error
    if code is not None and code[:2] in _BROKEN_CLASSES:
        # Said aloud: the rules allowed it, so one of the two is wrong. It names the rule, never the data.
        broken = RuleBroken(_broken_rule(error, code))
        log.error("the database refused what the rules had allowed: %s", broken)
        # `from None`: the driver's own text may quote the row.
        raise broken from None
    raise StoreUnavailable(code or type(error.orig).__name__) from error


def _broken_rule(error: exc.DBAPIError, code: str) -> str:
    cause = getattr(error.orig, "__cause__", None)
    constraint = getattr(cause, "constraint_name", None)
    message = getattr(cause, "message", "") if code.startswith("VG") else ""
    return " ".join(str(part) for part in (code, constraint, message) if part)

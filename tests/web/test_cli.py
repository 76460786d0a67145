"""The commands of the terminal, in processes of their own: what they print, where they stop, with which code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner, Result

from state.embedded import EmbeddedServers
from tests.web.lycee import file, line
from web import logs
from web.cli import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """One data folder for the commands of this module."""
    folder = Path(tempfile.mkdtemp(prefix="vigie-cli-"))
    folder.chmod(0o711)
    yield folder / "var"
    shutil.rmtree(folder, ignore_errors=True)


Commands = Callable[..., Result]


@pytest.fixture
def beside(servers: EmbeddedServers, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Commands beside a process that runs the servers of a data folder, as `vigie run` does."""
    # The test run's own log handlers stay as they are.
    monkeypatch.setattr(logs, "set_up", lambda _: None)

    def command(*words: str) -> Result:
        return CliRunner().invoke(main, words, env={"VIGIE_VAR": str(servers.data_dir)})

    return command


def vigie(var: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
    return subprocess.run(
        [sys.executable, "-m", "web.cli", *words],
        cwd=ROOT,
        env={**clean, "VIGIE_VAR": str(var), **settings},
        capture_output=True,
        text=True,
        timeout=90,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(
    "words",
    [
        "",
        "run",
        "serve",
        "migrate",
        "init",
        "center add",
        "account reset",
        "import",
        "audit verify",
        "purge",
        "erase",
        "doctor",
        "backup",
        "restore",
    ],
)
def test_every_command_explains_itself(words: str) -> None:
    shown = CliRunner().invoke(main, [*words.split(), "--help"])
    assert (shown.exit_code, shown.output.startswith("Usage:")) == (0, True)


@pytest.mark.parametrize("words", ["start", "account add x", "account add x --name y --role king", "import /nothing"])
def test_a_misused_command_is_code_2(words: str) -> None:
    assert CliRunner().invoke(main, words.split()).exit_code == 2


def test_a_wrong_setting_is_one_line_and_code_2(var: Path) -> None:
    refused = vigie(var, "serve", VIGIE_PORT="http")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "vigie: VIGIE_PORT is not valid: a whole number from 0 to 65535 is expected.\n"


def test_a_data_folder_that_cannot_be_is_one_line_and_code_1(var: Path) -> None:
    refused = vigie(Path("/proc/nowhere"), "serve", VIGIE_PORT="0")
    assert refused.returncode == 1
    assert refused.stderr.startswith("vigie: /proc/nowhere")
    assert refused.stderr.count("\n") == 1


def test_a_database_that_does_not_answer_is_one_line_and_code_1(var: Path) -> None:
    refused = vigie(var, "center", "add", "X", VIGIE_DATABASE_URL="postgresql://nobody@127.0.0.1:9/x")
    assert refused.returncode == 1
    assert refused.stderr == "vigie: the database does not answer: check VIGIE_DATABASE_URL, then try again.\n"


def test_the_first_operator_is_made_in_an_empty_folder_and_only_once(var: Path) -> None:
    made = vigie(var, "init", "--email", "op@example.org", "--name", "Opal")
    assert (made.returncode, "(operator)" in made.stdout) == (0, True), made.stderr
    again = vigie(var, "init", "--email", "OP@example.org", "--name", "Opal")
    assert (again.returncode, again.stderr) == (1, "vigie: There is already an account for OP@example.org.\n")


def test_centers_and_accounts_are_made_and_mistakes_are_explained(beside: Commands) -> None:
    assert "Lycée A (Europe/Paris)" in beside("center", "add", "Lycée A").stdout
    assert beside("center", "add", "Lycée A").exit_code == 1
    assert "no time zone" in beside("center", "add", "Lycée B", "--time-zone", "Mars/Phobos").stderr
    person = ("account", "add", "a@example.org", "--name", "A", "--role", "center_admin")
    assert "--center" in beside(*person).stderr
    made = beside(*person, "--center", "Lycée A")
    assert "shown this once" in made.stdout


def test_an_import_from_the_terminal_is_checked_first(beside: Commands, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_bytes(file(line()))
    bad.write_bytes(file(line(sex="X")))
    beside("center", "add", "Lycée C")
    refused = beside("import", str(bad), "--yes", "--center", "Lycée C")
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[0] == "error: line 2, Sexe: sex_invalid"
    unsure = beside("import", str(good), "--center", "Lycée C")
    assert unsure.exit_code == 1
    done = beside("import", str(good), "--yes", "--center", "Lycée C")
    assert done.exit_code == 0, done.stderr
    assert "1 candidates imported." in done.stdout
    assert "password C-" in done.stdout


# ── migrations ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Own:
    """An installation's own, empty database, and the commands on it."""

    var: Path
    app_url: str
    owner_url: str

    def migrate(self) -> subprocess.CompletedProcess[str]:
        return vigie(self.var, "migrate", VIGIE_DATABASE_URL=self.app_url, VIGIE_DATABASE_OWNER_URL=self.owner_url)

    def as_the_hub(self) -> subprocess.CompletedProcess[str]:
        """Do a small piece of work with the hub's role and no owner."""
        return vigie(self.var, "center", "add", "Lycée", VIGIE_DATABASE_URL=self.app_url)

    async def execute(self, statement: str) -> None:
        db = await asyncpg.connect(plain(self.owner_url))
        await db.execute(statement)
        await db.close()


def plain(url: str) -> str:
    return url.replace("postgresql+asyncpg", "postgresql")


@pytest.fixture
async def own(servers: EmbeddedServers, tmp_path: Path) -> AsyncIterator[Own]:
    db = await asyncpg.connect(plain(servers.owner_database_url))
    await db.execute("CREATE DATABASE own")
    yield Own(tmp_path, *servers.urls_of("own"))
    await db.execute("DROP DATABASE own WITH (FORCE)")
    await db.close()


async def test_migrate_says_in_one_line_what_it_did(own: Own) -> None:
    done, again = own.migrate(), own.migrate()
    assert (done.returncode, again.returncode) == (0, 0), done.stderr
    went = re.fullmatch(r"The database went from empty to revision (r\d{4})\.\n", done.stdout)
    assert went, done.stdout
    assert again.stdout == f"The database is at revision {went[1]}: nothing to do.\n"


async def test_the_hubs_role_is_enough_once_the_database_is_migrated(own: Own) -> None:
    refused = own.as_the_hub()
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "run `vigie migrate`" in refused.stderr
    own.migrate()
    assert own.as_the_hub().returncode == 0


async def test_a_database_of_a_newer_version_is_one_line_and_left_alone(own: Own) -> None:
    own.migrate()
    await own.execute("UPDATE alembic_version SET version_num = 'r9999'")
    for refused in (own.migrate(), own.as_the_hub()):
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        assert "start the newer version" in refused.stderr


def test_without_a_database_of_ones_own_there_is_nothing_to_migrate(var: Path) -> None:
    refused = vigie(var, "migrate")
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert "VIGIE_DATABASE_URL" in refused.stderr

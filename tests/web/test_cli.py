"""The commands of the terminal, in processes of their own: what they print, where they stop, with which code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.lycee import file, line

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """One data folder for the commands of this module."""
    folder = Path(tempfile.mkdtemp(prefix="vigie-cli-"))
    folder.chmod(0o711)
    yield folder / "var"
    shutil.rmtree(folder, ignore_errors=True)


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


def test_every_command_explains_itself(var: Path) -> None:
    for words in ((), ("run",), ("serve",), ("init",), ("center", "add"), ("account", "reset"), ("import",)):
        shown = vigie(var, *words, "--help")
        assert (shown.returncode, shown.stdout.startswith("Usage:")) == (0, True)
    assert not var.exists()


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


def test_an_installation_is_furnished_from_the_terminal(var: Path, tmp_path: Path) -> None:
    assert "(operator)" in vigie(var, "init", "--email", "op@example.org", "--name", "Opal").stdout
    assert vigie(var, "init", "--email", "OP@example.org", "--name", "Opal").returncode == 1
    assert vigie(var, "center", "add", "Lycée A", "--time-zone", "Mars/Phobos").returncode == 1
    assert vigie(var, "center", "add", "Lycée A").stdout == "Center 1: Lycée A (Europe/Paris)\n"
    orphan = vigie(var, "account", "add", "a@example.org", "--name", "A", "--role", "center_admin")
    assert (orphan.returncode, "--center" in orphan.stderr) == (1, True)
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_bytes(file(line()))
    bad.write_bytes(file(line(sex="X")))
    refused = vigie(var, "import", str(bad), "--yes")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[0] == "error: line 2, Sexe: sex_invalid"
    done = vigie(var, "import", str(good), "--yes")
    assert done.returncode == 0, done.stderr
    assert "1 candidates imported." in done.stdout
    assert "password C-" in done.stdout
    unsure = vigie(var, "import", str(good))
    assert unsure.returncode == 1

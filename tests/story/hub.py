"""A real hub in a process of its own, started and stopped as a person does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from loadtests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90
STOP_SECONDS = 30
ORPHAN_SECONDS = 20


class Hub:
    """`vigie run` with a data folder of its own; `demo` is what stands in var/demo.json."""

    module = "web.cli"

    def __init__(self, var: Path, **settings: str) -> None:
        self.var = var
        self.port = free_port()
        self.log = var.parent / f"{var.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.demo: dict[str, Any] = {}
        self._settings = settings

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start, and return when the hub says that it is ready and the demo's accounts are written down."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
        chosen = {"VIGIE_VAR": str(self.var), "VIGIE_PORT": str(self.port), "VIGIE_DEMO_PLAYERS": "0"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module, "run"],
                cwd=ROOT,
                env=clean | chosen | self._settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_ready()
        except BaseException:
            self.kill()
            raise
        self.demo = json.loads((self.var / "demo.json").read_text())

    def stop(self) -> int:
        """Press Ctrl-C and return the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"Ctrl-C did not stop the hub in {STOP_SECONDS} s:\n{self.tail()}") from None

    def kill(self) -> None:
        """Kill the process without a warning."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def tail(self) -> str:
        """Return the end of what the hub has printed."""
        return self.log.read_text(errors="replace")[-3000:]

    def relatives(self) -> list[int]:
        """Find the processes that belong to this data folder, by command line, environment or working directory."""
        mark = str(self.var).encode()
        others = [one for one in Path("/proc").iterdir() if one.name.isdigit() and int(one.name) != os.getpid()]
        return [int(one.name) for one in others if mark in _words(one)]

    def assert_no_orphan(self) -> None:
        """Assert that every process of this data folder goes away by itself."""
        deadline = time.monotonic() + ORPHAN_SECONDS
        while left := self.relatives():
            assert time.monotonic() < deadline, f"processes left behind: {[_name(pid) for pid in left]}"
            time.sleep(0.1)

    def _wait_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while not (self._is_ready() and (self.var / "demo.json").exists()):
            assert self.process.poll() is None, f"the hub stopped with {self.process.returncode}:\n{self.tail()}"
            assert time.monotonic() < deadline, f"the hub was not ready in {START_SECONDS} s:\n{self.tail()}"
            time.sleep(0.1)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(self.http_url + "/readyz", timeout=2, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False


def _words(entry: Path) -> bytes:
    words = b""
    for name in ("cmdline", "environ"):
        try:
            words += (entry / name).read_bytes()
        except OSError:
            continue  # gone meanwhile, or somebody else's
    with suppress(OSError):
        words += os.readlink(entry / "cwd").encode()
    return words


def _name(pid: int) -> str:
    try:
        return f"{pid} {(Path('/proc') / str(pid) / 'cmdline').read_bytes().replace(bytes(1), b' ').decode()[:120]}"
    except OSError:
        return str(pid)

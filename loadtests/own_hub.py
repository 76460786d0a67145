"""A hub of its own for one measurement: started as a person does, on this machine alone, ended by its process id.

It ends with whoever started it, too: see `loadtests.tied`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from loadtests.ports import free_port
from loadtests.tied import tied

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120
STOP_SECONDS = 60


class HubFailed(Exception):
    """The hub did not start; the text is the end of what it said."""


class OwnHub:
    """`vigie run` with an empty data folder, without played candidates; `demo` holds the accounts it made.

    With `command="serve"`, one more process of a hub whose stores the settings name: it makes no accounts.
    """

    def __init__(self, folder: Path, command: str = "run", **settings: str) -> None:
        self.base_url = f"http://127.0.0.1:{free_port()}"
        self.demo: dict[str, Any] = {}
        self._command = command
        self._var, self._log = folder / "var", folder / "hub.log"
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Return the process id of the hub that runs now; stores of its own are its children."""
        assert self._process is not None
        return self._process.pid

    @property
    def port(self) -> int:
        """Tell where it listens."""
        return int(self.base_url.rpartition(":")[2])

    @property
    def is_running(self) -> bool:
        """Tell whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> OwnHub:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, at the same address as before, and wait until it is ready. Raises HubFailed."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
        own = {"VIGIE_VAR": str(self._var), "VIGIE_PORT": str(self.port), "VIGIE_DEMO_PLAYERS": "0"}
        self._var.mkdir(mode=0o700, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # nosec B603 # our own words, no shell
                [*tied(), sys.executable, "-m", "web.cli", self._command],
                cwd=ROOT,
                env=clean | own | self._settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_ready(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ask it to end, and return once it is gone."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it without a warning."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _wait_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise HubFailed(self._log.read_text(errors="replace")[-3000:])
            time.sleep(0.2)
        if self._command == "run":
            self.demo = json.loads((self._var / "demo.json").read_text())

    def _is_ready(self) -> bool:
        try:
            is_ready = httpx.get(f"{self.base_url}/readyz", timeout=2, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False
        return is_ready and (self._command != "run" or (self._var / "demo.json").exists())

"""Hub processes (`vigie serve`), each behind a chaos proxy and reaching its stores through chaos proxies of its own.

So a fault can hit one hub's way to Redis and leave the other's alone, and a client's way without touching the hub.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy.engine import make_url
from websockets.asyncio.client import ClientConnection

from loadtests.ports import free_port
from state.embedded import launch
from tests.faults.ground import send
from tests.faults.proxy import ChaosProxy, Upstream
from tests.faults.stepping import CLOCK
from tests.faults.valkey import PASSWORD
from tests.story.client import dial

ROOT = Path(__file__).resolve().parents[2]
SECRET_KEY = "a secret that all hubs of the rig share"
START_SECONDS = 40.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.05
READINESS_SECONDS = 1.0
"""How often a balancer asks whether a hub is ready, and how long it waits for an answer."""
Note = Callable[[str, str], None]

EXPECTED_ACCIDENTS = (
    "hub.ports.StoreUnavailable",
    "hub.ports.OutcomeUnknown",
    "hub.ports.LockBusy",
)
"""What a hub may stumble over while somebody kills its stores: the three ways in which a store says no."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """What hubs are told of their stores: where the proxies lead, and the logins."""

    database: Upstream
    redis: Upstream
    app_url: str
    owner_url: str


class Hub:
    """One node. `front` is where clients connect, `to_database` and `to_redis` are its ways to the stores."""

    def __init__(self, name: str, folder: Path, addresses: Addresses, seed: int, note: Note, **settings: str) -> None:
        self.name, self._addresses, self._settings = name, addresses, settings
        self._note = lambda what: note(name, what)
        self.var, self.log = folder / name, folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.module = "web.cli"
        """What is run; `tests.faults.stepping` is the same with a clock that `step_clock` sets."""
        self.sink = self.log
        """Where it prints to; a full disk, for instance."""
        self._read_from = 0
        self.is_ready = False

        def proxy(part: str, upstream: Upstream, *, speaks_redis: bool = False) -> ChaosProxy:
            about = f"{name}/{part}"
            return ChaosProxy(about, upstream, seed, speaks_redis, lambda what: note(about, what))

        self.front = proxy("front", ("127.0.0.1", free_port()))
        self.to_database = proxy("database", addresses.database)
        self.to_redis = proxy("redis", addresses.redis, speaks_redis=True)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, name: str, folder: Path, addresses: Addresses, seed: int, note: Note, **settings: str
    ) -> AsyncIterator[Hub]:
        """Start a hub (without waiting for it) and its proxies; kill it and look at its log at the end."""
        hub = cls(name, folder, addresses, seed, note, **settings)
        hub.var.mkdir(mode=0o700)
        for one in hub.proxies:
            await one.open()
        hub.start()
        watching = asyncio.create_task(hub._watch_readiness(), name=f"readiness-{name}")
        try:
            yield hub
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            hub.kill()
            for one in hub.proxies:
                await one.close()

    @property
    def proxies(self) -> tuple[ChaosProxy, ...]:
        return self.front, self.to_database, self.to_redis

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self.front.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.front.port}"

    @property
    def own_url(self) -> str:
        """Give the hub's own address, past its front proxy."""
        assert isinstance(self.front.upstream, tuple)
        return f"http://127.0.0.1:{self.front.upstream[1]}"

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def is_open(self) -> bool:
        """Tell whether a balancer would send somebody here: it asks each second, and notices a dead process at once."""
        return self.is_running and self.is_ready

    def start(self, **changed: str) -> None:
        """Start the process; `changed` settings hold from now on."""
        assert not self.is_running
        self._settings |= changed
        # Through the stores' launcher, so that a hub dies with the tests however they end.
        launcher = (sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), str(int(signal.SIGKILL)), "self")
        with self.sink.open("ab") as log:
            self.process = subprocess.Popen(
                [*launcher, sys.executable, "-m", self.module, "serve"],
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._note("started")

    async def ready(self, within: float = START_SECONDS) -> None:
        """Wait until the hub says that all its parts are there.

        One that gave up, as it does when it starts while its database is down, is started again, as a supervisor does.
        """
        deadline = time.monotonic() + within
        async with httpx.AsyncClient(base_url=self.own_url, timeout=3, trust_env=False) as http:
            while not await _is_ready(http):
                if not self.is_running:
                    self.start()
                assert time.monotonic() < deadline, f"{self.name} was not ready in {within} s:\n{self.tail()}"
                await asyncio.sleep(POLL_SECONDS)
        self.is_ready = True
        self._note("ready")

    def kill(self) -> None:
        """Kill the process without a warning."""
        if self.process is not None and self.is_running:
            self._note("kill -9")
            self.process.kill()
            self.process.wait()

    def terminate(self) -> None:
        """Ask the process to stop; it says goodbye to its clients first."""
        assert self.process is not None
        self._note("SIGTERM")
        self.process.send_signal(signal.SIGTERM)

    async def drained(self, within: float = STOP_SECONDS) -> int:
        """Wait until the process has ended by itself, and return its exit code."""
        assert self.process is not None
        async with asyncio.timeout(within):
            while self.process.poll() is None:
                await asyncio.sleep(POLL_SECONDS)
        self._note(f"ended with {self.process.returncode}")
        return int(self.process.returncode)

    def freeze(self) -> None:
        """Stop the process's clock."""
        assert self.process is not None
        self._note("SIGSTOP")
        send(signal.SIGSTOP, self.process.pid)

    def thaw(self) -> None:
        assert self.process is not None
        self._note("SIGCONT")
        send(signal.SIGCONT, self.process.pid)

    def step_clock(self, seconds: float) -> None:
        """Let the wall clock be wrong by so much, at once; the process must be one that can (`module`)."""
        self._note(f"clock {seconds:+.0f} s")
        (self.var / CLOCK).write_text(str(seconds))

    def calm(self) -> None:
        """End every fault on this hub's ways."""
        for one in self.proxies:
            one.calm()

    def tail(self) -> str:
        """Return the end of what the process has printed."""
        return self.log.read_text(errors="replace")[-3000:]

    async def dial(self, path: str, within: float) -> ClientConnection:
        """Open a bare socket through the front proxy."""
        return await dial(self.ws_url, path, open_timeout=within)

    def begin_page(self) -> None:
        """Look, from now on, only at what is logged from now on."""
        self._read_from = self.log.stat().st_size

    def complaints(self) -> list[str]:
        """List what the log holds and should not: tracebacks, and accidents no store's death explains."""
        lines = self.log.read_bytes()[self._read_from :].decode(errors="replace").splitlines()
        return [line for line in lines if "Traceback" in line or not _is_explained(_read(line))]

    async def _watch_readiness(self) -> None:
        async with httpx.AsyncClient(base_url=self.own_url, timeout=READINESS_SECONDS, trust_env=False) as http:
            while True:
                was_ready, self.is_ready = self.is_ready, await _is_ready(http)
                if was_ready != self.is_ready:
                    self._note("is ready, says a balancer" if self.is_ready else "is not ready, says a balancer")
                await asyncio.sleep(READINESS_SECONDS)

    def _environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
        assert isinstance(self.front.upstream, tuple)
        return clean | {
            "VIGIE_DATABASE_URL": self._through(self._addresses.app_url),
            # A hub brings the tables to the present when it starts, which only their owner may.
            "VIGIE_DATABASE_OWNER_URL": self._through(self._addresses.owner_url),
            "VIGIE_REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:{self.to_redis.port}/0",
            "VIGIE_SECRET_KEY": SECRET_KEY,
            "VIGIE_VAR": str(self.var),
            "VIGIE_PORT": str(self.front.upstream[1]),
            "VIGIE_LOG_FORMAT": "json",
            **self._settings,
        }

    def _through(self, url: str) -> str:
        """Lead a database address through this hub's proxy."""
        parsed = make_url(url).set(host="127.0.0.1", port=self.to_database.port, query={"ssl": "disable"})
        return parsed.set(drivername="postgresql").render_as_string(hide_password=False)


async def _is_ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).status_code == 200
    except httpx.HTTPError:
        return False


def _read(line: str) -> Mapping[str, object]:
    try:
        read = json.loads(line)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _is_explained(line: Mapping[str, object]) -> bool:
    accident = str(line.get("accident", ""))
    return not accident or accident.startswith(EXPECTED_ACCIDENTS)

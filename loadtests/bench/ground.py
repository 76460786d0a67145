"""What every arm stands on: the same stores as the hub's, fresh for each arm, and server processes that end with us."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from loadtests.ports import free_port
from loadtests.processes import Cores, tree
from loadtests.tied import tied
from state.embedded import EmbeddedServers

STOP_SECONDS = 10.0
READY_SECONDS = 60.0
POLL_SECONDS = 0.05


class ServerFailed(Exception):
    """A server did not come up; the text is the end of what it said."""


class Ground:
    """A folder, two cores, and running stores. Nothing outlives the bench: the kernel ends what it started."""

    def __init__(self, folder: Path, cores: Cores, stores: EmbeddedServers) -> None:
        self.folder, self.cores, self.stores = folder, cores, stores
        self._key = secrets.token_urlsafe(32)

    @classmethod
    @asynccontextmanager
    async def lay(cls, folder: Path, cores: Cores) -> AsyncIterator[Ground]:
        """Start PostgreSQL and Valkey on the server's core."""
        # From now on the whole start is there: their threads and processes inherit the core.
        with cores.of_server():
            opened = EmbeddedServers.start(folder / "stores")
            stores = await opened.__aenter__()
        try:
            yield cls(folder, cores, stores)
        finally:
            await opened.__aexit__(None, None, None)

    @property
    def redis_pids(self) -> set[int]:
        """List the live store's processes."""
        return tree(self.stores.pids["redis"])

    @property
    def postgres_pids(self) -> set[int]:
        """List the database's processes: each connection is one."""
        return tree(self.stores.pids["postgres"])

    def environment(self) -> dict[str, str]:
        """Tell a peer where its stores are."""
        return {
            "BENCH_REDIS_URL": self.stores.redis_url,
            "BENCH_DATABASE_URL": self.stores.owner_database_url.replace("postgresql+asyncpg", "postgresql"),
        }

    def hub_environment(self) -> dict[str, str]:
        """Tell a process of the hub where its stores are, and the key that all of them share."""
        return {
            "VIGIE_DATABASE_URL": self.stores.database_url,
            "VIGIE_DATABASE_OWNER_URL": self.stores.owner_database_url,
            "VIGIE_REDIS_URL": self.stores.redis_url,
            "VIGIE_SECRET_KEY": self._key,
        }


class Server:
    """One server process of a peer: started on the server's core, ready when its port answers, ended by its id."""

    def __init__(self, ground: Ground, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.port = free_port()
        self._ground, self._command, self._environment = ground, command, environment
        self._log = ground.folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Give the id of the process that runs now."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start it and wait for its port. Raises ServerFailed."""
        self._process = self._spawn()
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not await self._answers():
                    if self._process.poll() is not None:
                        raise ServerFailed(self._tail())
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise ServerFailed(f"silent for {READY_SECONDS:.0f} s\n{self._tail()}") from None

    def _spawn(self) -> subprocess.Popen[bytes]:
        """Become its parent through the stores' launcher: however the bench ends, its servers end with it."""
        command = [part.replace("{port}", str(self.port)) for part in self._command]
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("BENCH_", "NODE_"))}
        with self._ground.cores.of_server(), self._log.open("ab") as log:
            return subprocess.Popen(  # nosec B603 # our own words, no shell
                [*tied(), *command],
                env=clean | self._ground.environment() | {"BENCH_PORT": str(self.port)} | dict(self._environment),
                # Not our folder: Python would take our packages for the peer's.
                cwd=self._ground.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def stop(self) -> None:
        """Ask it to end, insist, and return once it is gone."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._process is None or self._process.poll() is not None:
                return
            self._process.send_signal(number)
            try:
                await asyncio.to_thread(self._process.wait, STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue

    def kill(self) -> None:
        """End it without a warning."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]

"""One Valkey of the rig's own: killed, wiped, put back to an old file, made a replica, promoted.

The embedded one would not do: replicas need a port to connect to, and nobody may restart a killed server unasked.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from loadtests.ports import free_port
from state.embedded import Places
from state.embedded.child import Program, spawn
from state.embedded.discovery import find_redis
from state.embedded.folder import write_private
from tests.faults.ground import POLL_SECONDS, Note, no_notes

READY_SECONDS = 20.0
PASSWORD = "only-for-these-tests"


class LiveServer:
    """One Valkey on a port of 127.0.0.1 with an append-only file; nobody restarts it but its owner."""

    def __init__(self, name: str, folder: Path, note: Note = no_notes) -> None:
        self.name, self.folder, self._note = name, folder / name, note
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.folder.mkdir(mode=0o700)
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        self._program = find_redis(Places.of_this_machine())

    @classmethod
    @asynccontextmanager
    async def open(cls, name: str, folder: Path, note: Note = no_notes) -> AsyncIterator[LiveServer]:
        """Start a server and stop it at the end."""
        server = cls(name, folder, note)
        try:
            await server.start()
            yield server
        finally:
            server.kill()

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    @property
    def url(self) -> str:
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    async def start(self) -> None:
        """Start on what is on the disk, and return when it answers."""
        config = self.folder / "valkey.conf"
        write_private(config, self._configuration())
        command = (str(self._program.server), str(config))
        self.process = spawn(Program(self.name, command, self.folder / "log", signal.SIGTERM))
        async with asyncio.timeout(READY_SECONDS):
            while not await self._answers():
                assert self.is_running, (self.folder / "log").read_text()[-2000:]
                await asyncio.sleep(POLL_SECONDS)
        self._note("serves")

    def kill(self) -> None:
        """Kill it without a warning. What it had answered is in its file: only a dead machine would lose that."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop as an administrator does."""
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        assert self.process is not None
        self._note("frozen")
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        self._note("thawed")
        self.process.send_signal(signal.SIGCONT)

    async def flush_all(self) -> None:
        """Forget everything, in a server that goes on."""
        self._note("FLUSHALL")
        await self.ask("FLUSHALL", "SYNC")

    def delete_data(self) -> None:
        """Empty the disk of a server that is stopped."""
        assert not self.is_running
        shutil.rmtree(self.data)
        self.data.mkdir(mode=0o700)
        self._note("data deleted")

    def copy_aside(self, name: str) -> None:
        """Copy the append-only file as it is now, for an old one to put back later."""
        is_running = self.is_running
        if is_running:
            self.freeze()
        try:
            shutil.copytree(self.data, self.folder / f"aside-{name}", dirs_exist_ok=True)
        finally:
            if is_running:
                self.thaw()

    def put_back(self, name: str) -> None:
        """Put an old append-only file in the place of the newer one; the server must be stopped."""
        self.delete_data()
        shutil.copytree(self.folder / f"aside-{name}", self.data, dirs_exist_ok=True)
        self._note(f"old file {name} put back")

    async def follow(self, primary: LiveServer) -> None:
        """Become a replica, and return once it has everything the primary has."""
        self._note(f"follows {primary.name}")
        await self.ask("REPLICAOF", "127.0.0.1", primary.port)
        async with asyncio.timeout(READY_SECONDS):
            while not await self._has_all_of(primary):
                await asyncio.sleep(POLL_SECONDS)

    async def promote(self) -> None:
        """Stop following: from now on a primary with a history of its own."""
        self._note("promoted")
        await self.ask("REPLICAOF", "NO", "ONE")

    async def ask(self, *command: object) -> object:
        """Send one command past every proxy."""
        client = Redis(host="127.0.0.1", port=self.port, password=PASSWORD, socket_timeout=5)
        try:
            return await client.execute_command(*command)  # type: ignore[no-untyped-call]
        finally:
            await client.aclose()

    def _end(self, number: signal.Signals) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(number)
        self.process.wait(READY_SECONDS)
        self._note(f"ended by {number.name}")

    def _configuration(self) -> str:
        lines = (
            f"port {self.port}",
            "bind 127.0.0.1",
            f"dir {self.data}",
            f"requirepass {PASSWORD}",
            f"masterauth {PASSWORD}",
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            "maxmemory-policy noeviction",
            # A replica is a fault to be played here, not a thing to wait five seconds for.
            "repl-diskless-sync-delay 0",
            "repl-ping-replica-period 1",
        )
        return "\n".join((*lines, ""))

    async def _answers(self) -> bool:
        try:
            return bool(await self.ask("PING"))
        except (RedisError, OSError):
            return False

    async def _has_all_of(self, primary: LiveServer) -> bool:
        own, theirs = await self._replication(), await primary._replication()
        is_linked = own.get("master_link_status") == "up"
        return is_linked and own["slave_repl_offset"] >= theirs["master_repl_offset"]

    async def _replication(self) -> dict[str, object]:
        found = await self.ask("INFO", "replication")
        assert isinstance(found, dict)
        return found

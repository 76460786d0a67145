"""The database of a rig: the embedded PostgreSQL, to be killed, frozen, and put back to an older state of its disk."""

from __future__ import annotations

import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from state.embedded import EmbeddedServers
from state.embedded.child import living
from state.embedded.folder import mark_of
from state.migrate import upgrade
from tests.faults.ground import Note, no_notes, send


class PostgresStore:
    """The database of a rig. `copy_aside` and `put_back` are a snapshot of its disk."""

    def __init__(self, folder: Path, note: Note = no_notes) -> None:
        self._folder, self._note = folder / "pg", note
        self._stack = AsyncExitStack()
        self._servers: EmbeddedServers | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, note: Note = no_notes) -> AsyncIterator[PostgresStore]:
        """Start a migrated database and stop it at the end."""
        store = cls(folder, note)
        try:
            await store.start()
            await upgrade(store.owner_url)
            yield store
        finally:
            await store.stop()

    @property
    def servers(self) -> EmbeddedServers:
        assert self._servers is not None, "the database is stopped"
        return self._servers

    @property
    def url(self) -> str:
        """Give the hub's address, past every proxy."""
        return self.servers.database_url

    @property
    def owner_url(self) -> str:
        """Give the owner's address, past every proxy."""
        return self.servers.owner_database_url

    @property
    def socket(self) -> Path:
        """Give the Unix socket, for a proxy's upstream."""
        return self._folder.resolve() / "run" / "pg" / ".s.PGSQL.5432"

    @property
    def data(self) -> Path:
        """Give the folder of its files."""
        return self._folder / "postgres"

    @property
    def pid(self) -> int:
        return self.servers.pids["postgres"]

    def processes(self) -> list[int]:
        """List the server with all its backends."""
        return living(frozenset({"postgres"}), mark_of(self._folder))

    async def start(self) -> None:
        self._servers = await self._stack.enter_async_context(EmbeddedServers.start(self._folder, redis=False))

    async def stop(self) -> None:
        """Stop as an administrator does."""
        self.thaw()
        self._servers = None
        await self._stack.aclose()

    def kill(self) -> None:
        """Kill it without a warning; its supervisor starts it again in about half a second."""
        self._note(f"kill -9 {self.pid}")
        send(signal.SIGKILL, self.pid)

    def armed(self) -> Callable[[], None]:
        """Find the server and its backends now; what is returned kills all of them in one instant."""
        pids = self.processes()

        def kill_all() -> None:
            self._note(f"kill -9 {len(pids)} processes")
            send(signal.SIGKILL, *pids)

        return kill_all

    def stop_at_once(self) -> None:
        """Stop it in its "immediate" mode: every backend quits where it stands; the supervisor starts it again."""
        self._note("immediate stop")
        send(signal.SIGQUIT, self.pid)

    def freeze(self) -> None:
        """Stop the clock of the server and of all its backends."""
        self._note("frozen")
        send(signal.SIGSTOP, *self.processes())

    def thaw(self) -> None:
        send(signal.SIGCONT, *self.processes())
        self._note("thawed")

    def copy_aside(self, name: str) -> None:
        """Copy the files as they are at this instant: nothing runs meanwhile, so it is like a snapshot of the disk."""
        aside = self._folder.with_name(f"pg-{name}")
        shutil.rmtree(aside, ignore_errors=True)
        frozen = self.processes()
        send(signal.SIGSTOP, *frozen)
        try:
            shutil.copytree(self.data, aside, ignore_dangling_symlinks=True)
        finally:
            send(signal.SIGCONT, *frozen)
        self._note(f"copied aside as {name}")

    async def put_back(self, name: str) -> None:
        """Replace the files by an older copy: what was decided since is gone, as after a restored dump."""
        await self.stop()
        shutil.rmtree(self.data)
        shutil.copytree(self._folder.with_name(f"pg-{name}"), self.data)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self.data.chmod(0o700)
        await self.start()
        self._note(f"put back {name}")

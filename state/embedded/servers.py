"""The two default servers together, for as long as an `async with` lasts.

    async with EmbeddedServers.start(Path("var")) as servers:
        engine = create_async_engine(servers.database_url)

Start it from the main thread. Whoever has servers of their own passes `postgres=False` or `redis=False`
and uses their addresses instead: nothing is looked for, nothing is started.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from state.embedded.child import Child
from state.embedded.discovery import Places
from state.embedded.folder import DataFolder
from state.embedded.postgres import APP, DATABASE, OWNER, Postgres
from state.embedded.valkey import Valkey


class EmbeddedServers:
    """Running default servers: their addresses, versions and process ids."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._postgres: Postgres | None = None
        self._valkey: Valkey | None = None
        self._children: dict[str, Child] = {}

    @classmethod
    @asynccontextmanager
    async def start(
        cls, data_dir: Path, *, postgres: bool = True, redis: bool = True, places: Places | None = None
    ) -> AsyncIterator["EmbeddedServers"]:
        """Starts what is asked for on a data folder and stops it at the end.

        Raises EmbeddedServersError, with a text for the person who reads the terminal, when a program is missing,
        the folder is in use, or a server does not come up.
        """
        async with AsyncExitStack() as stack:
            folder = DataFolder(data_dir)
            stack.callback(folder.close)
            servers = cls(folder.path)
            where = places or Places.of_this_machine()
            if redis:
                servers._valkey = Valkey.lay_out(folder, where)
                await servers._bring_up("redis", servers._valkey.child(), stack)
            if postgres:
                servers._postgres = await Postgres.lay_out(folder, where)
                await servers._bring_up("postgres", servers._postgres.child(), stack)
                await servers._postgres.furnish()
            yield servers

    @property
    def database_url(self) -> str:
        """Gives the hub's address of the database (role `vigie_app`)."""
        return self._running_postgres.url(APP)

    @property
    def owner_database_url(self) -> str:
        """Gives the owner's address of the database (role `vigie_owner`: migrations, purges, new databases)."""
        return self._running_postgres.url(OWNER)

    def urls_of(self, database: str) -> tuple[str, str]:
        """Gives the hub's and the owner's addresses of another database on the same server."""
        return self._running_postgres.url(APP, database), self._running_postgres.url(OWNER, database)

    @property
    def redis_url(self) -> str:
        """Gives the address of the live store's server."""
        return self._running_valkey.url

    @property
    def versions(self) -> Mapping[str, str]:
        """Gives what runs, e.g. {"postgres": "PostgreSQL 18.4", "redis": "Valkey 9.1.2"}."""
        running: dict[str, str] = {}
        if self._postgres is not None:
            running["postgres"] = f"PostgreSQL {self._postgres.program.version}"
        if self._valkey is not None:
            running["redis"] = self._valkey.program.version
        return running

    @property
    def pids(self) -> Mapping[str, int]:
        """Gives the process ids of the servers, under the same names as `versions`."""
        return {name: child.pid for name, child in self._children.items()}

    async def _bring_up(self, name: str, child: Child, stack: AsyncExitStack) -> None:
        # Before the start, so that a start that fails or is cancelled half-way leaves nothing running.
        stack.push_async_callback(child.stop)
        await child.start()
        self._children[name] = child

    @property
    def _running_postgres(self) -> Postgres:
        if self._postgres is None:
            raise LookupError(f"No embedded PostgreSQL was asked for: where is {DATABASE}? Use VIGIE_DATABASE_URL.")
        return self._postgres

    @property
    def _running_valkey(self) -> Valkey:
        if self._valkey is None:
            raise LookupError("No embedded Redis-protocol server was asked for: use VIGIE_REDIS_URL.")
        return self._valkey

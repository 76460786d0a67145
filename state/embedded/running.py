"""The default servers of a data folder that another process runs: where they are, for commands beside it."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

from state.embedded.folder import Passwords, _socket_folder
from state.embedded.postgres import APP, DATABASE, OWNER


@dataclass(frozen=True, slots=True)
class RunningServers:
    """Addresses of servers that somebody else supervises."""

    database_url: str
    owner_database_url: str
    redis_url: str


def running_servers(data_dir: Path) -> RunningServers | None:
    """Give the addresses of the servers that another process runs on this folder; None when nobody does."""
    path = data_dir.resolve()
    if not _is_taken(path / "servers.lock"):
        return None
    try:
        passwords = Passwords(**json.loads((path / "passwords.json").read_text()))
    except FileNotFoundError:
        return None  # taken a moment ago, and the servers are not there yet
    sockets = _socket_folder(path)

    def database(role: str, password: str) -> str:
        return f"postgresql+asyncpg://{role}:{password}@/{DATABASE}?host={sockets / 'pg'}"

    return RunningServers(
        database(APP, passwords.app),
        database(OWNER, passwords.owner),
        f"unix://:{passwords.redis}@{sockets / 'redis.sock'}?db=0",
    )


def _is_taken(lock_file: Path) -> bool:
    try:
        lock = os.open(lock_file, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False

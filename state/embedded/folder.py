"""The data folder of the default servers: one owner at a time, its passwords, its sockets and its logs.

postgres/        the database            logs/            what the servers say
redis/           the live store's log    passwords.json   mode 0600, made once
servers.lock     held while we live      run/             sockets, mode 0700 (elsewhere if the path is too long)
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import stat
from dataclasses import asdict, dataclass
from pathlib import Path

MAX_SOCKET_PATH_BYTES = 107  # the kernel's sun_path holds 108 bytes, the last one is a zero
LONGEST_SOCKET_NAME = "/pg/.s.PGSQL.5432"
# A socket's path travels inside URLs and configuration files: only what needs no quoting in any of them.
PLAIN_PATH = re.compile(r"[A-Za-z0-9._/-]+")
PASSWORD_BYTES = 24
MARK_DIGITS = 12  # of SHA-256, in hexadecimal: enough that two folders of one machine never meet
MAX_LOG_BYTES = 10 * 1024 * 1024  # then the log moves to `.1` at the next start


class EmbeddedServersError(Exception):
    """The default servers cannot be had; the text says why and how to fix it."""


@dataclass(frozen=True, slots=True)
class Passwords:
    """The generated passwords of the two servers."""

    superuser: str
    owner: str
    app: str
    redis: str

    @classmethod
    def generate(cls) -> "Passwords":
        """Makes new ones, of characters that need no quoting anywhere."""
        return cls(*(secrets.token_urlsafe(PASSWORD_BYTES) for _ in range(4)))


class DataFolder:
    """A data folder that this process owns until `close`."""

    def __init__(self, path: Path) -> None:
        """Makes the folder if needed and takes it, or says who has it."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path.resolve()
        self.logs = self.path / "logs"
        self._lock = _take_lock(self.path)
        try:
            self.logs.mkdir(mode=0o700, exist_ok=True)
            self.sockets = _private_folder(_socket_folder(self.path))
        except BaseException:
            self.close()
            raise

    @property
    def mark(self) -> str:
        """Gives the word by which the servers of this folder are known among all processes."""
        return mark_of(self.path)

    def close(self) -> None:
        """Lets the next process have the folder."""
        os.close(self._lock)

    def passwords(self) -> Passwords:
        """Reads the passwords, or makes them when the folder is new."""
        path = self.path / "passwords.json"
        if path.exists():
            path.chmod(0o600)
            return Passwords(**json.loads(path.read_text()))
        if (self.path / "postgres").exists():
            raise EmbeddedServersError(
                f"{self.path} holds a database but its passwords.json is gone. Put that file back, "
                "or move the folder away to begin with an empty one."
            )
        passwords = Passwords.generate()
        # Written aside, then named: a crash leaves either no passwords or all of them.
        aside = path.with_suffix(".new")
        write_private(aside, json.dumps(asdict(passwords), indent=2) + "\n")
        aside.rename(path)
        return passwords

    def log_file(self, name: str) -> Path:
        """Gives the path of a server's log, moved aside first if it has grown too large."""
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > MAX_LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path


def mark_of(path: Path) -> str:
    """Gives the mark of a data folder's servers: always the same for the same folder."""
    digest = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()
    return f"vigie-{digest[:MARK_DIGITS]}"


def write_private(path: Path, text: str) -> None:
    """Writes a file that was never, at any instant, readable by others; on the disk when it returns."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _take_lock(path: Path) -> int:
    # Not inherited by the servers: a dead owner's lock is free even while its servers are still stopping.
    lock = os.open(path / "servers.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(lock, 32).decode(errors="replace").strip()
        os.close(lock)
        raise EmbeddedServersError(
            f"The data folder {path} is in use by process {owner or 'unknown'}. "
            "Stop that one first, or choose another folder with VIGIE_VAR."
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def _socket_folder(path: Path) -> Path:
    """Chooses where the sockets live: in the data folder, or always the same private place if that cannot be."""
    beside = path / "run"
    length = len(os.fsencode(beside)) + len(LONGEST_SOCKET_NAME)
    if length <= MAX_SOCKET_PATH_BYTES and PLAIN_PATH.fullmatch(str(beside)):
        return beside
    name = f"{mark_of(path)}-{os.getuid()}"
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    # Not root's: another user may have to serve the database for root, and could not pass through there.
    if os.getuid() != 0 and runtime and PLAIN_PATH.fullmatch(runtime) and _is_private(Path(runtime)):
        return Path(runtime) / name
    return Path("/tmp") / name  # nosec B108 # `_private_folder` refuses what is not ours


def _is_private(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def _private_folder(path: Path) -> Path:
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        # /tmp belongs to everybody: somebody else's folder or link under our name is a trap, not a place.
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise EmbeddedServersError(f"{path} is not a folder of ours: remove it, then start again.") from None
        path.chmod(0o700)
    return path

"""A backup as one dated file: a zip, stored, that holds a dump of PostgreSQL and what it says of itself.

Any unzip brings the dump out again for PostgreSQL's own tools. A zip is written from front to back while its size is
unknown, its end says what is in it, and each part has its checksum: a file that was cut or damaged is known as such
before anything of it is believed.
"""

from __future__ import annotations

import fcntl
import os
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from state.backup_tools import CHUNK_BYTES, BackupError

FORMAT = 1
DUMP, MANIFEST = "vigie.dump", "manifest.json"
_NAME = "vigie-%Y%m%d-%H%M%SZ.zip"
_OURS = re.compile(r"vigie-\d{8}-\d{6}Z\.zip")
_PART = re.compile(rf"\.{_OURS.pattern}\.part")
_DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, RuntimeError)
"""What reading a damaged zip may raise, and a manifest that is none (`msgspec` raises a ValueError)."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself.

    `server` is PostgreSQL's major version, `dumped_with` that of pg_dump. `has_hub_role` tells whether the hub has a
    role of its own there. The fingerprint is that of the secret key which was known where the backup was made.
    """

    format: int = FORMAT
    made_at: datetime
    revision: str
    server: int
    dumped_with: int
    state_hash: str
    has_hub_role: bool
    sessions: int
    candidates: int
    decisions: int
    key_fingerprint: str | None


@contextmanager
def writing(folder: Path, made_at: datetime) -> Iterator[tuple[Path, zipfile.ZipFile]]:
    """Write a backup of this instant, for its owner alone to read; it has its name once all of it is on the disk.

    Raises BackupError when the disk does not take it.
    """
    path = folder / made_at.strftime(_NAME)
    with _explained(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_left_parts(folder)
        with _aside(path) as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                yield path, archive
            file.flush()
            os.fsync(file.fileno())
        _sync(folder)


@contextmanager
def _aside(path: Path) -> Iterator[BinaryIO]:
    """Write a file under another name, which becomes its own when the block ends well; else nothing is left."""
    aside = path.with_name(f".{path.name}.part")
    with os.fdopen(os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
        try:
            # Held while we live: the part of a backup that was killed belongs to nobody.
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
            aside.rename(path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Say what is wrong with a folder; a connection that breaks meanwhile is another matter."""
    try:
        yield
    except (ConnectionError, TimeoutError):
        raise
    except OSError as wrong:
        raise BackupError(f"{folder}: {wrong.strerror}.") from None


def seal(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Add the manifest, which is known last."""
    archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")


def read(path: Path) -> Manifest:
    """Read all of a backup once, and return what it says of itself. Raises BackupError when it is not whole."""
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
            manifest = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
            archive.getinfo(DUMP)
    except _DAMAGES:
        raise BackupError(f"{path} is no backup of Vigie, or it was cut: nothing was restored.") from None
    if damaged is not None:
        raise BackupError(f"{path} is damaged ({damaged}): nothing was restored.")
    if manifest.format > FORMAT:
        raise BackupError(f"{path} was written by a newer version of Vigie: restore it with that version.")
    return manifest


def dump_in(path: Path) -> Iterator[bytes]:
    """Go through the dump in a backup, piece by piece."""
    with zipfile.ZipFile(path) as archive, archive.open(DUMP) as file:
        while part := file.read(CHUNK_BYTES):
            yield part


def keep_newest(folder: Path, most: int) -> Sequence[Path]:
    """Remove the backups in a folder but for so many; nothing but ours, which are known by their names."""
    ours = sorted(path for path in folder.iterdir() if _OURS.fullmatch(path.name) and path.is_file())
    with _explained(folder):
        for path in ours[:-most]:
            path.unlink()
    return ours[:-most]


def _remove_left_parts(folder: Path) -> None:
    """Remove what backups left that were killed: nobody holds it any more."""
    for path in folder.iterdir():
        if _PART.fullmatch(path.name):
            with path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """See that the folder itself knows its new file after a loss of power."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

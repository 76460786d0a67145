"""A disk that is really full: a small file system under a server's data, and a ballast that takes all its room."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

BLOCK = bytes(1 << 16)
NOT_ALLOWED = "Only somebody who may mount file systems can fill a disk of their own."


class SmallDisk:
    """The file system under one folder."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Take all the room there is."""
        with self._ballast.open("ab", buffering=0) as ballast, suppress(OSError):
            while ballast.write(BLOCK):
                pass
        left = os.statvfs(self._ballast.parent)
        assert left.f_bavail == 0, f"{left.f_bavail} blocks are left"

    def clear(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[SmallDisk]:
    """Put a folder on a small disk of its own, with what it holds; whoever works in it is stopped, before and after.

    Skips where nobody may.
    """
    with _mounted(folder, mebibytes):
        disk = SmallDisk(folder)
        try:
            yield disk
        finally:
            disk.clear()


@contextmanager
def _mounted(folder: Path, mebibytes: int) -> Iterator[None]:
    aside = folder.with_name(f"{folder.name}-aside")
    status = folder.stat()
    options = f"size={mebibytes}m,mode={status.st_mode & 0o7777:o},uid={status.st_uid},gid={status.st_gid}"
    _copy(folder, aside)
    try:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True)
        if mounted.returncode != 0:
            pytest.skip(NOT_ALLOWED)
        try:
            _copy(aside, folder)
            yield
            shutil.rmtree(aside)
            _copy(folder, aside)
        finally:
            subprocess.run(["umount", folder], check=True)
        shutil.rmtree(folder)
        _copy(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    """Copy what a folder holds, with its owners and rights."""
    target.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", f"{source}/.", target], check=True)

"""The ground a rig stands on: its folder, its ports, signals to its processes."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.02
PATIENCE = 3.0
"""How many times longer the quick tier waits for what must come: it runs on machines that others use at the same time.

What is promised in seconds is asserted as promised in the long tier. What must *not* come early is asserted in both.
"""
Note = Callable[[str], None]


def no_notes(_text: str) -> None:
    """Take no notes."""


@contextmanager
def short_folder() -> Iterator[Path]:
    """Make a folder whose sockets have short paths, and through which another user may pass."""
    folder = Path(tempfile.mkdtemp(prefix="vf-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def send(number: signal.Signals, *pids: int) -> None:
    """Send a signal to processes; one that is gone already is no accident."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def patient(seconds: float) -> float:
    """Return how long to wait for something that is promised within so many seconds."""
    return seconds if os.environ.get("VIGIE_FAULTS") == "long" else seconds * PATIENCE

"""A hub for a measurement ends with whoever measures, and so do its stores: a run that is cut short leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from loadtests.own_hub import ROOT
from loadtests.processes import PROC, tree

GONE_SECONDS = 30
MEASURING = """
import sys
from pathlib import Path
from loadtests.own_hub import OwnHub

with OwnHub(Path(sys.argv[1])) as hub:
    print(hub.pid, flush=True)
    sys.stdin.read()
"""


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that waits to be buried does not."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(is_true: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not is_true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_true()


def test_a_hub_and_its_stores_end_when_whoever_measures_is_killed(tmp_path: Path) -> None:
    measuring = subprocess.Popen(
        [sys.executable, "-c", MEASURING, str(tmp_path)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert measuring.stdin is not None
    assert measuring.stdout is not None
    started: set[int] = set()
    try:
        hub = int(measuring.stdout.readline())
        started = tree(hub)
        assert len(started) > 3, "the hub, Valkey and PostgreSQL"
        measuring.kill()
        measuring.wait()
        assert wait_until(lambda: not any(map(is_alive, started)), GONE_SECONDS)
    finally:
        measuring.kill()
        measuring.stdin.close()
        measuring.stdout.close()
        measuring.wait()
        for pid in started:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)

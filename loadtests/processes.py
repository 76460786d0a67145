"""What processes use, read from the kernel, and where they may run."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PROC = Path("/proc")
SCHEDULER_CLOCK = 2
"""The kernel's per-process clock: utime + stime of all its threads, dead ones included, without /proc's ticks."""


def parents(proc: Path = PROC) -> dict[int, int]:
    """Tell the parent of every process."""
    found = {}
    for entry in proc.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:  # gone between the listing and the reading
            continue
        # The name stands in brackets and may hold anything, brackets too.
        found[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    return found


def tree(root: int, known: Mapping[int, int] | None = None) -> set[int]:
    """List a process and all that descends from it."""
    known = parents() if known is None else known
    found, grew = {root}, True
    while grew:
        children = {pid for pid, parent in known.items() if parent in found} - found
        grew = bool(children)
        found |= children
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """Add up what living processes have used so far."""
    total = 0.0
    for pid in pids:
        try:
            total += time.clock_gettime((~pid << 3) | SCHEDULER_CLOCK)
        except OSError:  # ended meanwhile
            continue
    return total


def resident_kib(pids: Iterable[int], proc: Path = PROC) -> int:
    """Add up the memory that living processes hold."""
    total = 0
    for pid in pids:
        try:
            lines = (proc / str(pid) / "status").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
    return total


class Cores:
    """The generator has a core of its own; the server and its stores share another."""

    def __init__(self) -> None:
        allowed = sorted(os.sched_getaffinity(0))
        self.server, self.generator = allowed[0], allowed[-1]

    @property
    def are_two(self) -> bool:
        """Tell whether there are two at all."""
        return self.server != self.generator

    @contextmanager
    def of_server(self) -> Iterator[None]:
        """Let what is started meanwhile live on the server's core: a core is inherited, threads and children too."""
        os.sched_setaffinity(0, {self.server})
        try:
            yield
        finally:
            os.sched_setaffinity(0, {self.generator})

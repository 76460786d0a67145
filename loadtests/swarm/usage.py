"""What a hub and its stores cost: processor time and memory, read from /proc."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loadtests.processes import PROC, cpu_seconds, resident_kib, tree

SERVER, REDIS, POSTGRES = "server", "redis", "postgres"


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds since the start, and resident KiB, by kind of process."""

    cpu_seconds: Mapping[str, float]
    kib: Mapping[str, float]

    def since(self, before: Usage) -> dict[str, float]:
        """Return the processor seconds spent since an earlier reading, by kind."""
        return {kind: self.cpu_seconds[kind] - before.cpu_seconds.get(kind, 0.0) for kind in self.cpu_seconds}


def read(root: int) -> Usage:
    """Read the process and all its descendants."""
    kinds: dict[str, list[int]] = {SERVER: [], REDIS: [], POSTGRES: []}
    for pid in tree(root):
        kinds[_kind(pid)].append(pid)
    cpu = {kind: cpu_seconds(pids) for kind, pids in kinds.items()}
    return Usage(cpu, {kind: float(resident_kib(pids)) for kind, pids in kinds.items()})


def _kind(pid: int) -> str:
    try:
        name = (PROC / str(pid) / "comm").read_text()
    except OSError:  # ended meanwhile
        return SERVER
    return REDIS if "valkey" in name or "redis" in name else POSTGRES if "postgres" in name else SERVER

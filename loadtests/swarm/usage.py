"""What the nodes of a hub and their stores cost: processor time and memory, read from /proc."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from loadtests.processes import PROC, cpu_seconds, parents, resident_kib, tree

SERVER, REDIS, POSTGRES = KINDS = ("server", "redis", "postgres")


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds of each process since its start, and resident KiB, by kind of process."""

    cpu_seconds: Mapping[str, Mapping[int, float]]
    kib: Mapping[str, float]

    def since(self, before: Usage) -> dict[str, float]:
        """Return the processor seconds spent since an earlier reading, by kind.

        Process by process: one that has ended since (a database connection of a node that died) takes nothing away.
        """
        return {
            kind: sum(used - before.cpu_seconds[kind].get(pid, 0.0) for pid, used in self.cpu_seconds[kind].items())
            for kind in KINDS
        }


def read(roots: Iterable[int]) -> Usage:
    """Read these processes and all their descendants."""
    known = parents()
    kinds: dict[str, list[int]] = {kind: [] for kind in KINDS}
    for pid in {one for root in roots for one in tree(root, known)}:
        kinds[_kind(pid)].append(pid)
    cpu = {kind: {pid: cpu_seconds([pid]) for pid in pids} for kind, pids in kinds.items()}
    return Usage(cpu, {kind: float(resident_kib(pids)) for kind, pids in kinds.items()})


def _kind(pid: int) -> str:
    try:
        name = (PROC / str(pid) / "comm").read_text()
    except OSError:  # ended meanwhile
        return SERVER
    return REDIS if "valkey" in name or "redis" in name else POSTGRES if "postgres" in name else SERVER

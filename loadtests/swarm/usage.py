"""What a hub and its stores cost: processor time and memory, read from /proc."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE_KIB = os.sysconf("SC_PAGE_SIZE") / 1024
SERVER, REDIS, POSTGRES = "server", "redis", "postgres"


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds since the start, and resident KiB, by kind of process."""

    cpu_seconds: Mapping[str, float]
    kib: Mapping[str, float]
    files: int

    def since(self, before: Usage) -> dict[str, float]:
        """Return the processor seconds spent since an earlier reading, by kind."""
        return {kind: self.cpu_seconds[kind] - before.cpu_seconds.get(kind, 0.0) for kind in self.cpu_seconds}


def read(root: int) -> Usage:
    """Read the process and all its descendants."""
    cpu, kib = dict.fromkeys((SERVER, REDIS, POSTGRES), 0.0), dict.fromkeys((SERVER, REDIS, POSTGRES), 0.0)
    for pid in _family(root):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            continue
        name, rest = stat[stat.index("(") + 1 : stat.rindex(")")], stat[stat.rindex(")") + 2 :].split()
        kind = REDIS if "valkey" in name or "redis" in name else POSTGRES if "postgres" in name else SERVER
        cpu[kind] += (int(rest[11]) + int(rest[12])) / _TICK
        kib[kind] += int(rest[21]) * _PAGE_KIB
    return Usage(cpu, kib, len(os.listdir(f"/proc/{root}/fd")))


def _family(root: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents.setdefault(int(stat[stat.rindex(")") + 2 :].split()[1]), []).append(int(entry.name))
    family, at = [root], 0
    while at < len(family):
        family += parents.get(family[at], [])
        at += 1
    return family

"""Where results are kept: a JSON file of everything, and the section of RESULTS.md that is written from it."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loadtests.bench.table import cost_table, growth_table, missing_table, skipped
from loadtests.processes import Cores

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "loadtests" / "results"
DOCUMENT = ROOT / "loadtests" / "RESULTS.md"
HEADING = "## The hub against its peers"
NEXT_HEADING = "\n## "


def machine(cores: Cores) -> dict[str, Any]:
    """Say what this was measured on."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "processor": models[0].partition(":")[2].strip() if models else platform.machine(),
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
        "cores": {"server and stores": cores.server, "generator": cores.generator},
    }


def begin_anything(cores: Cores) -> dict[str, Any]:
    """Make the beginning of any result: when, on what."""
    return {"at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(cores), "stores": {}}


def begin(cores: Cores, rounds: int, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Make an empty result."""
    return {**begin_anything(cores), "rounds": rounds, "sizes": list(sizes), "arms": {}}


def keep(results: Mapping[str, Any], path: Path) -> None:
    """Write the JSON file; after each arm, so that a run that is cut short leaves what it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def section(results: Mapping[str, Any], picture: str | None) -> str:
    """Write the section."""
    lines = [HEADING, "", *_circumstances(results), "", *cost_table(results), ""]
    if missed := missing_table(results):
        lines += [*missed, ""]
    lines += [*growth_table(results), ""]
    if picture:
        lines += [f"![Cost against size]({picture})", ""]
    if left_out := skipped(results):
        lines += ["Left out, or not measured to the end:", "", *left_out, ""]
    return "\n".join([*lines, HOW_TO_READ])


def put_section(text: str, new: str) -> str:
    """Put a section into the document, in place of the one with the same heading."""
    start = text.find(new.partition("\n")[0] + "\n")
    if start < 0:
        return f"{text.rstrip()}\n\n{new}"
    end = text.find(NEXT_HEADING, start + 1)
    rest = text[end + 1 :] if end >= 0 else ""
    return text[:start] + new + (f"\n{rest}" if rest else "")


def put_into_document(new: str) -> None:
    """Put a section into RESULTS.md."""
    DOCUMENT.write_text(put_section(DOCUMENT.read_text(encoding="utf-8"), new), encoding="utf-8")


def measured_on(results: Mapping[str, Any], command: str) -> str:
    """Say in one line what any result was measured with, and where."""
    where = results["machine"]
    software = ", ".join((f"Python {where['python']}", *results["stores"].values()))
    processors = f"{where['processors']} processors {where['processor']}, {where['system']}"
    return f"`{command}` · {results['at'][:10]} · {processors} · {software} · load {where['load']} when it began"


def _circumstances(results: Mapping[str, Any]) -> list[str]:
    cores = results["machine"]["cores"]
    versions = [
        f"- {arm['title']}: " + ", ".join(f"{name} {version}" for name, version in arm["versions"].items())
        for arm in results["arms"].values() if arm["versions"]
    ]  # fmt: skip
    return [
        f"{measured_on(results, 'make bench')} · {results['rounds']} interleaved rounds, median (least-most)",
        "",
        f"Server, Redis and PostgreSQL together on core {cores['server and stores']}, the generator on core "
        f"{cores['generator']}; {results['sizes'][-1]} rooms of 25 candidates and 2 dashboards. The same Valkey "
        "(append-only log, fsync every second) and PostgreSQL for every arm, fresh each time.",
        "",
        *versions,
    ]


HOW_TO_READ = """\
How to read it: a progress frame of about 60 bytes in, an event of about 120 bytes to both dashboards. An event is in
flight until both have it, or a newer progress of the same candidate; for polling, until it is committed. CPU is the
kernel's count of user and system time, less what the same processes use when nobody does anything, and it includes the
seconds of rest after each burst (write-behind, collectors). `≥`: the generator had no more to give. Latency is measured
at half of the events/s of the same round.

Missing counts compare what each dashboard received with what was sent: two servers on the same stores, a candidate
answering once a second and calling for help every five. Progress that a newer one replaced within the same unbroken
frame is not missing. A row is wrong when, 12 s after the last answer, a dashboard does not show a candidate's last
answer and last call. Every client comes back to any server that lives and tells its last answer again; one of the hub
or of polling says what had no reply again, one of Socket.IO sends what it could not send, as those clients do.
"""
"""The end of the section."""


def read(path: Path) -> dict[str, Any]:
    """Read a kept JSON file."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found

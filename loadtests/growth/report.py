"""From what was measured to what is read: a table for each curve, what it says, its picture, and the section."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from loadtests.bench.chart import draw_lines
from loadtests.bench.results import measured_on
from loadtests.bench.table import PARTS, figure, markdown, spread
from loadtests.growth.curves import Curve

Measured = Mapping[str, Any]
HEADING = "## How it grows"
FLAT = 1.25
"""What is called flat stays within a quarter: less than this machine drifts by itself from minute to minute."""
NODE_SHARE = 0.1
"""So much more an answer may cost for each node that is added."""


def idle(point: Measured) -> float:
    """Give the CPU milliseconds a second of everything, nobody doing anything."""
    return float(sum(point["idle_ms_per_second"].values()))


def costs(point: Measured) -> list[float]:
    """Give the CPU milliseconds per 1,000 answers of each round, all that runs meanwhile included."""
    return [one["cpu_ms_per_1000"] for one in point["rounds"]]


def net_costs(point: Measured) -> list[float]:
    """Give the same without what the idle lines cost in that time."""
    return [max(0.0, one["cpu_ms_per_1000"] - idle(point) * 1000 / one["per_second"]) for one in point["rounds"]]


def net_cost(point: Measured) -> float:
    """Give the median of it."""
    return statistics.median(net_costs(point))


def per_delivery(point: Measured) -> float:
    """Give it per 1,000 deliveries: every dashboard of the room hears of every answer."""
    return net_cost(point) / float(point["dashboards"])


def idle_per_thousand(point: Measured) -> float:
    """Give the idle cost of 1,000 sockets."""
    return idle(point) * 1000 / float(point["sockets"])


def _idle_parts(point: Measured) -> str:
    parts = ", ".join(f"{name} {figure(point['idle_ms_per_second'][part])}" for part, name in PARTS)
    return f"{figure(idle(point))}: {parts}"


def _tails(point: Measured) -> str:
    return " / ".join(spread([one[part] for one in point["rounds"]]) for part in ("p50_ms", "p99_ms"))


COLUMNS: Mapping[str, Callable[[Measured], str]] = {
    "sockets": lambda point: f"{point['sockets']:,}",
    "KiB a socket": lambda point: figure(point["kib_per_socket"]),
    "idle, CPU ms/s": _idle_parts,
    "answers/s": lambda point: figure(statistics.median(one["per_second"] for one in point["rounds"])),
    "CPU ms per 1,000 answers": lambda point: spread(costs(point)),
    "less the idle": lambda point: spread(net_costs(point)),
    "per 1,000 deliveries": lambda point: figure(per_delivery(point)),
    "p50 / p99 ms": _tails,
    "fixed work, ms": lambda point: figure(point["fixed_work_ms"]),
}


def table(points: Mapping[str, Measured], what: str) -> list[str]:
    """Write a row for each size."""
    rows = [[x, *(write(point) for write in COLUMNS.values())] for x, point in points.items()]
    return markdown([what, *COLUMNS], rows)


# ── what a curve says ──────────────────────────────────────────────────────────────────────────────────────────────


def connections(points: Sequence[Measured]) -> str:
    """Compare what a connection costs in the largest hall with the smallest."""
    first, last = points[0], points[-1]
    ratios = idle_per_thousand(last) / idle_per_thousand(first), last["kib_per_socket"] / first["kib_per_socket"]
    return (
        f"From the smallest to the largest hall the idle cost of 1,000 sockets went from "
        f"{figure(idle_per_thousand(first))} to {figure(idle_per_thousand(last))} CPU ms/s (× {ratios[0]:.2f}), the "
        f"memory of one by × {ratios[1]:.2f}: {_flat(max(ratios))}."
    )


def rooms(points: Sequence[Measured]) -> str:
    """Compare the dearest division with the cheapest."""
    found = [net_cost(one) for one in points]
    ratio = max(found) / min(found) if min(found) else float("inf")
    return f"Without the idle cost, the dearest answer cost × {ratio:.2f} the cheapest: {_flat(ratio)}."


def nodes(points: Sequence[Measured]) -> str:
    """Compare each number of nodes with the first."""
    first = points[0]
    grown = [
        (net_cost(one) / net_cost(first) - 1) / (one["nodes"] - first["nodes"]) for one in points[1:]
    ]  # fmt: skip
    told = ", ".join(f"{share:+.0%} with {one['nodes']}" for share, one in zip(grown, points[1:], strict=True))
    verdict = "within" if max(grown) <= NODE_SHARE else "MORE THAN"
    return f"Without the idle cost, an answer costs for each node added: {told}; {verdict} the tenth that is allowed."


def dashboards(points: Sequence[Measured]) -> str:
    """Compare a delivery in the most watched room with the least."""
    first, last = points[0], points[-1]
    return (
        f"From {first['dashboards']} to {last['dashboards']} dashboards an answer costs × "
        f"{net_cost(last) / net_cost(first):.2f}, a delivery × {per_delivery(last) / per_delivery(first):.2f}."
    )


def _flat(ratio: float) -> str:
    return f"{'flat' if ratio <= FLAT else 'NOT flat'} (flat is at most × {FLAT:g})"


SAYINGS: Mapping[str, Callable[[Sequence[Measured]], str]] = {
    "connections": connections, "rooms": rooms, "nodes": nodes, "together": nodes, "dashboards": dashboards
}  # fmt: skip


def saying(name: str, points: Mapping[str, Measured]) -> str:
    """Say what a curve shows; nothing where there is no curve."""
    return SAYINGS[name](list(points.values())) if len(points) > 1 else ""


# ── pictures and the section ───────────────────────────────────────────────────────────────────────────────────────

PER_ANSWER: Mapping[str, Callable[[Measured], float]] = {
    "CPU ms per 1,000 answers": lambda point: statistics.median(costs(point)),
    "less the idle": net_cost,
    "per 1,000 deliveries": per_delivery,
}
DRAWN: Mapping[str, Mapping[str, Callable[[Measured], float]]] = {
    "connections": {
        "idle cost of 1,000 sockets, CPU ms/s": idle_per_thousand,
        "memory of a socket, KiB": lambda point: float(point["kib_per_socket"]),
        "99 of 100 answers are shown within, ms": lambda point: statistics.median(
            one["p99_ms"] for one in point["rounds"]
        ),
    },
    "rooms": PER_ANSWER,
    "nodes": PER_ANSWER,
    "together": PER_ANSWER,
    "dashboards": PER_ANSWER,
}


def draw(name: str, curve: Curve, points: Mapping[str, Measured], path: Path) -> None:
    """Write the picture of a curve."""
    lines = {line: [round(read(point), 1) for point in points.values()] for line, read in DRAWN[name].items()}
    draw_lines(path, curve.title, curve.x_title, list(points), lines)


def section(results: Mapping[str, Any], curves: Mapping[str, Curve], pictures: str | None) -> str:
    """Write the section; `pictures` is the folder they are in."""
    lines = [HEADING, "", measured_on(results, "make growth"), ""]
    for name, told in results["curves"].items():
        lines += [f"### {curves[name].title}", "", *table(told["points"], curves[name].x_title), ""]
        if said := saying(name, told["points"]):
            lines += [said, ""]
        if told["failures"]:
            lines += ["Not measured, or not right:", "", *(f"- {one}" for one in told["failures"]), ""]
        if pictures and told["points"]:
            lines += [f"![{curves[name].title}]({pictures}/growth-{name}.svg)", ""]
    return "\n".join([*lines, HOW_TO_READ])


HOW_TO_READ = """\
How to read it: nodes and stores share one core, the candidates and dashboards are played on the other. CPU is the
kernel's count of user and system time, of all nodes and both stores; an answer is done when every dashboard of its room
shows it. Medians of the rounds of one run, least and most behind them. `fixed work` is what the same piece of work took
on that core just before: where it differs from row to row, so does the machine, and every figure of that row with it.
The first curve and the last are one hub whose hall grows, the others a fresh hub for each row.

Of nodes: all of them share the one core, and each brings people and answers of its own (of the same answers, fewer on
each node would share a wake-up, and cost more). Where the people of a room are all over them, as a proxy that knows
nothing of rooms would have it, every node follows every room: each reads and folds every event, whoever of its own it
has to tell. Where a room is on one node, no other follows it; the one whose share it is asks every ten seconds whether
its seats are held. The two curves show what a node adds to the work, at its dearest and at its cheapest. They do not
show that two nodes on two cores carry twice as much: of two processors one plays the candidates. Nor do they show from
where on one Redis is too slow for its nodes.
"""
"""The end of the section."""

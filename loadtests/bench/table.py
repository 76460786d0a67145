"""From what was measured to what is read: medians with their least and most, as one table in Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Run = Mapping[str, Any]
BUSY_GENERATOR = 0.9
"""From this share of its core on, the generator was the bottleneck: the server could have done more."""
PARTS = (("server", "server"), ("redis", "Redis"), ("postgres", "Postgres"))
NONE = "–"


def spread(values: Sequence[float], digits: int | None = None) -> str:
    """Write a median, with the least and the most when there are several."""
    if not values:
        return NONE
    middle = statistics.median(values)
    text = figure(middle, digits)
    if len(values) == 1:
        return text
    return f"{text} ({figure(min(values), digits)}-{figure(max(values), digits)})"


def figure(value: float, digits: int | None = None) -> str:
    """Write a number with no more digits than it deserves."""
    digits = (0 if value >= 100 else 1 if value >= 1 else 2) if digits is None else digits
    return f"{value:,.{digits}f}"


def costs(runs: Sequence[Run], point: str) -> str:
    """Write CPU milliseconds per 1,000 events: the whole, then its parts."""
    points = [run[point]["cpu"] for run in runs]
    whole = spread([sum(one.values()) for one in points])
    parts = [
        f"{name} {figure(statistics.median(one[part] for one in points))}"
        for part, name in PARTS if statistics.median(one[part] for one in points) >= LEAST_WORTH_SAYING
    ]  # fmt: skip
    return f"{whole}: {', '.join(parts)}" if len(parts) > 1 else whole


LEAST_WORTH_SAYING = 0.05


def throughput(runs: Sequence[Run]) -> str:
    """Write events per second at saturation."""
    text = spread([run["saturation"]["per_second"] for run in runs], 0)
    busy = any(run["saturation"]["generator_share"] >= BUSY_GENERATOR for run in runs)
    return f"≥ {text}" if busy else text


def lateness(runs: Sequence[Run]) -> str:
    """Write p50 / p99 / p99.9 of send -> dashboard's receive, in milliseconds."""
    shares = ("p50", "p99", "p99.9")
    return " / ".join(
        spread([run["half"][share] for run in runs if run["half"][share] is not None]) for share in shares
    )


def memory(runs: Sequence[Run]) -> str:
    """Write KiB per connection, idle and busy."""
    return f"{spread([run['idle_kib'] for run in runs])}, {spread([run['busy_kib'] for run in runs])}"


def undelivered(runs: Sequence[Run]) -> str:
    """Write how many events did not come although nobody hurt anybody."""
    usual = sum(run[point]["undelivered"] for run in runs for point in ("one", "64", "saturation", "half"))
    pressed = {run["saturation"]["lost_at"] for run in runs if "lost_at" in run["saturation"]}
    if not pressed:
        return f"{usual:,}"
    lost = sum(run["saturation"].get("lost", 0) for run in runs)
    return f"{usual:,}; {lost:,} with {min(pressed):,} in flight"


def idle(runs: Sequence[Run]) -> str:
    """Write the CPU milliseconds a second of everything, nobody doing anything."""
    return spread([sum(run["idle_ms_per_second"].values()) for run in runs])


COLUMNS: Mapping[str, Callable[[Sequence[Run]], str]] = {
    "1 in flight": lambda runs: costs(runs, "one"),
    "64 in flight": lambda runs: costs(runs, "64"),
    "at saturation": lambda runs: costs(runs, "saturation"),
    "events/s": throughput,
    "p50 / p99 / p99.9 ms at half": lateness,
    "KiB a connection: idle, busy": memory,
    "CPU ms to accept one": lambda runs: spread([run["accept_ms"] for run in runs], 2),
    "idle, CPU ms/s": idle,
    "not delivered": undelivered,
}
ACCIDENTS = {"pubsub_kill": "pub/sub cut", "node_kill": "node killed", "away": "5 s away"}


def missed(accident: Mapping[str, Any] | None) -> str:
    """Write what was missing after an accident: events, and rows that were still wrong in the end."""
    if accident is None:
        return NONE
    if "skipped" in accident:
        return f"{NONE} ({accident['skipped']})"
    return f"{accident['events']:,} of {accident['expected']:,}; {accident['rows']} rows wrong"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Write a table."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def cost_table(results: Mapping[str, Any]) -> list[str]:
    """Write what each arm costs and how much it carries."""
    rows = [
        [arm["title"], *(write(arm["runs"]) for write in COLUMNS.values())]
        for arm in results["arms"].values() if arm["runs"]
    ]  # fmt: skip
    return markdown(["CPU ms per 1,000 events:", *COLUMNS], rows)


def missing_table(results: Mapping[str, Any]) -> list[str]:
    """Write what dashboards were not told after each accident."""
    rows = [
        [arm["title"], *(missed(arm["accidents"].get(name)) for name in ACCIDENTS)]
        for arm in results["arms"].values() if arm.get("accidents")
    ]  # fmt: skip
    return markdown(["Events missing after:", *ACCIDENTS.values()], rows) if rows else []


def growth_table(results: Mapping[str, Any]) -> list[str]:
    """Write the cost against the size of the hall, an answer a second from each candidate, idle lines included."""
    arms = [arm for arm in results["arms"].values() if arm["runs"]]
    sizes = list(arms[0]["runs"][0]["growth"]) if arms else []
    rows = [
        [arm["title"], *(spread([sum(run["growth"][size].values()) for run in arm["runs"]]) for size in sizes)]
        for arm in arms
    ]
    return markdown(["CPU ms per 1,000 at an answer a second:", *(f"{size} rooms" for size in sizes)], rows)


def skipped(results: Mapping[str, Any]) -> list[str]:
    """Name every arm that did not take part or not to the end, and why."""
    return [
        f"- {arm['title']}: {reason}"
        for arm in results["arms"].values() for reason in ([arm["skipped"]] if arm.get("skipped") else arm["failures"])
    ]  # fmt: skip

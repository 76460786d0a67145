"""What is said of a long run: a table of figures, and the section of the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from loadtests.bench.results import measured_on
from loadtests.bench.table import markdown
from loadtests.soak.flat import MEBI, Verdict

HEADING = "## Half an hour at exam pace"
NAMES: Mapping[str, str] = {
    "resident_bytes": "memory of the hub, MiB",
    "descriptors": "open descriptors of the hub",
    "tasks": "tasks of its loop",
    "redis_bytes": "memory that Redis uses, MiB",
    "redis_keys": "keys in Redis",
    "postgres_connections": "connections to PostgreSQL",
}
HEAD = ("figure", "at the beginning", "second quarter", "last quarter", "grew by", "may grow by", "")


def table(verdicts: Sequence[Verdict]) -> list[str]:
    """Write a row for each figure."""
    return markdown(HEAD, [_row(one) for one in verdicts])


def _row(one: Verdict) -> list[str]:
    is_bytes = one.figure.endswith("_bytes")

    def write(value: float) -> str:
        return f"{value / MEBI:,.1f}" if is_bytes else f"{value:,.0f}"

    numbers = (one.first, one.second, one.last, one.last - one.second, one.allowed)
    return [NAMES[one.figure], *map(write, numbers), "flat" if one.is_flat else "**NOT flat**"]


def section(results: Mapping[str, Any], verdicts: Sequence[Verdict]) -> str:
    """Write the section."""
    done = ", ".join(f"{what} {count:,}" for what, count in results["done"].items())
    lines = [
        HEADING, "", measured_on(results, "make soak"), "",
        f"{results['rooms']} rooms of 25 candidates and 2 dashboards, {results['minutes']:g} minutes, a sample every "
        f"{results['every_seconds']:g} s; before, each room's stream was filled to its length. What was: {done}.", "",
        *table(verdicts), "",
        *(f"- {one}" for one in results["wrong"] or ["Nothing was missing, out of order or cut off."]), "",
    ]  # fmt: skip
    return "\n".join([*lines, HOW_TO_READ])


HOW_TO_READ = """\
How to read it: medians of the samples of a quarter. A figure is flat when the last quarter's is above the second's by
no more than it may grow; the first quarter is the beginning, in which everything grows.
"""
"""The end of the section."""

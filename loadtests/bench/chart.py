"""Lines in a picture: a cost against a size."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Lines = Mapping[str, Sequence[float | None]]
"""The values of each line by its name; none where nothing was measured."""


def draw(results: Mapping[str, Any], path: Path) -> None:
    """Write an SVG: one line for each arm, the cost on a logarithmic axis."""
    arms = [arm for arm in results["arms"].values() if arm["runs"]]
    sizes = list(arms[0]["runs"][0]["growth"])
    lines = {
        arm["title"]: [
            round(statistics.median(sum(run["growth"][size].values()) for run in arm["runs"]), 1) for size in sizes
        ]
        for arm in arms
    }
    title = "CPU ms per 1,000 events, every candidate answering once a second"
    draw_lines(path, title, "rooms of 25 candidates and 2 dashboards", sizes, lines, is_logarithmic=True)


def draw_lines(
    path: Path, title: str, x_title: str, x_labels: Sequence[str], lines: Lines, *, is_logarithmic: bool = False
) -> None:
    """Write an SVG of some lines; an axis that is not logarithmic begins at nothing."""
    # Here and not above: it puts itself among the interpreter's importers, and nobody else needs it.
    import pygal
    from pygal.style import CleanStyle

    chart = pygal.Line(
        logarithmic=is_logarithmic, include_x_axis=not is_logarithmic, style=CleanStyle, js=(), width=900, height=520,
        legend_at_bottom=True, truncate_legend=-1, title=title, x_title=x_title,
    )  # fmt: skip
    chart.x_labels = x_labels
    for name, values in lines.items():
        chart.add(name, values)
    # What it would run in a browser to show numbers under a pointer: a picture in a document runs nothing.
    picture = re.sub(r"<script.*?</script>", "", chart.render(is_unicode=True), flags=re.DOTALL)
    path.write_text(picture + "\n", encoding="utf-8")

"""The cost against the size of the hall, as a picture."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def draw(results: Mapping[str, Any], path: Path) -> None:
    """Write an SVG: one line for each arm, the cost on a logarithmic axis."""
    # Here and not above: it puts itself among the interpreter's importers, and nobody else needs it.
    import pygal
    from pygal.style import CleanStyle

    arms = [arm for arm in results["arms"].values() if arm["runs"]]
    sizes = list(arms[0]["runs"][0]["growth"])
    chart = pygal.Line(
        logarithmic=True, style=CleanStyle, js=(), width=900, height=520, legend_at_bottom=True, truncate_legend=-1,
        title="CPU ms per 1,000 events, every candidate answering once a second",
        x_title="rooms of 25 candidates and 2 dashboards",
    )  # fmt: skip
    chart.x_labels = sizes
    for arm in arms:
        chart.add(
            arm["title"],
            [round(statistics.median(sum(run["growth"][size].values()) for run in arm["runs"]), 1) for size in sizes],
        )
    # What it would run in a browser to show numbers under a pointer: a picture in a document runs nothing.
    picture = re.sub(r"<script.*?</script>", "", chart.render(is_unicode=True), flags=re.DOTALL)
    path.write_text(picture + "\n", encoding="utf-8")

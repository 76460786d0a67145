"""The cost against the size of the hall, as a picture."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pygal
from pygal.style import CleanStyle


def draw(results: Mapping[str, Any], path: Path) -> None:
    """Write an SVG: one line for each arm, both axes logarithmic in effect (the sizes double twice)."""
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
    chart.render_to_file(str(path), disable_xml_declaration=False)

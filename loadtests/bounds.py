"""Numbers a person may choose, between two bounds: nothing here runs without an end."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def bounded(least: float, most: float) -> Callable[[str], float]:
    """Make a reader of a number between two bounds."""

    def parse(text: str) -> float:
        value = float(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"from {least:g} to {most:g}")
        return int(value) if value.is_integer() else value

    return parse

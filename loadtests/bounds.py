"""What a person may choose: numbers between two bounds, since nothing here runs without an end, and names of a list."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection


def bounded(least: float, most: float) -> Callable[[str], float]:
    """Make a reader of a number between two bounds."""

    def parse(text: str) -> float:
        value = float(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"from {least:g} to {most:g}")
        return int(value) if value.is_integer() else value

    return parse


def chosen_from(names: Collection[str]) -> Callable[[str], tuple[str, ...]]:
    """Make a reader of some of these names, with commas between them."""

    def parse(text: str) -> tuple[str, ...]:
        chosen = tuple(text.split(","))
        if unknown := [name for name in chosen if name not in names]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}? There are {', '.join(names)}.")
        return chosen

    return parse

"""What a tail is: the value below which a part of the sorted values lies."""

from __future__ import annotations

from collections.abc import Sequence


def share(values: Sequence[float], part: float) -> float:
    """Return the value below which this part of the sorted values lies; 0 of none."""
    return values[min(len(values) - 1, int(len(values) * part))] if values else 0.0

"""A hub whose wall clock is set while it runs: `python -m tests.faults.stepping serve` is `vigie serve` but for that.

It reads by how many seconds it is wrong from a file in its data folder, at each look at the clock.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

CLOCK = "clock"
"""The name of that file."""


def main() -> None:
    """Become the hub."""
    from web import cli, house  # here, so that the rig may read the name above without loading a hub

    file = Path(os.environ["VIGIE_VAR"]) / CLOCK

    class SteppedClock(house.SystemClock):
        def now(self) -> datetime:
            wrong = float(file.read_text() or 0) if file.exists() else 0.0
            return super().now() + timedelta(seconds=wrong)

    house.SystemClock = SteppedClock  # type: ignore[misc]
    cli.main()


if __name__ == "__main__":
    main()

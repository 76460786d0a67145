"""What every folder of tests may use: a real Postgres, started at its first use; and the long tier, on request."""

from __future__ import annotations

import os

import pytest

pytest_plugins = ("tests.contract.postgres", "tests.promises")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the long tier be asked for."""
    parser.addoption("--long-faults", action="store_true", help="also run what takes minutes (make faults)")
    parser.addoption(
        "--faults-minutes",
        type=float,
        default=5.0,
        help="for how long the long tier lets faults of every kind overlap (make faults MINUTES=60 is a soak)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let whoever measures seconds know how strict to be."""
    if config.getoption("long_faults"):
        os.environ["VIGIE_FAULTS"] = "long"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tier out unless it was asked for."""
    is_long = os.environ.get("VIGIE_FAULTS") == "long"
    left_out = [] if is_long else [item for item in items if item.get_closest_marker("long_faults") is not None]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]

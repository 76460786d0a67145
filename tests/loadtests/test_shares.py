"""A share is a value that was measured."""

from __future__ import annotations

import pytest

from loadtests.shares import share


@pytest.mark.parametrize(("part", "expected"), [(0.5, 501), (0.99, 991), (0.999, 1000), (1, 1000), (0, 1)])
def test_a_share_is_a_value_that_was_measured(part: float, expected: float) -> None:
    assert share([float(one) for one in range(1, 1001)], part) == expected
    assert share([7.0], part) == 7.0
    assert share([], part) == 0

"""When a client comes back: after what it was asked for, within bounds, and at a moment of its own."""

from __future__ import annotations

import pytest

from channels.wire import Bye
from loadtests.client import FIRST_TRY_SECONDS, LONGEST_ASKED_SECONDS, Backoff, LineLost


@pytest.mark.parametrize(("after_ms", "least"), [(0, 0.0), (800, 0.8), (3_600_000, LONGEST_ASKED_SECONDS)])
def test_a_client_stays_away_for_as_long_as_it_was_asked_but_not_for_an_hour(after_ms: int, least: float) -> None:
    lost = LineLost.told(Bye(4200, "draining", True, after_ms))
    pauses = [Backoff().pause(lost, 0.0) for _ in range(200)]
    assert all(least <= pause <= least + FIRST_TRY_SECONDS for pause in pauses)
    assert max(pauses) - min(pauses) > FIRST_TRY_SECONDS / 2


@pytest.mark.parametrize(
    ("code", "may_return"), [(1006, True), (4000, False), (4011, False), (4100, True), (4200, True)]
)
def test_without_a_goodbye_the_close_code_says_who_may_return(code: int, may_return: bool) -> None:
    assert LineLost.closed(code).may_return is may_return

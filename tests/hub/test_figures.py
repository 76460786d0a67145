"""Counts and spreads."""

from __future__ import annotations

from hub.figures import Spread, tally


def test_a_value_lies_under_the_first_bound_that_is_not_below_it() -> None:
    spread = Spread((0.01, 0.025, 1.0))
    for value in (0.0, 0.01, 0.0101, 0.025, 1.0, 1.0001, 60.0):
        spread.note(value)
    assert spread.counts == [2, 2, 1, 2]
    assert spread.count == 7
    assert spread.total == sum((0.0, 0.01, 0.0101, 0.025, 1.0, 1.0001, 60.0))


def test_two_spreads_share_nothing() -> None:
    bounds = (1.0, 2.0)
    one, other = Spread(bounds), Spread(bounds)
    one.note(1.5)
    assert (one.count, other.count) == (1, 0)


def test_named_words_stand_in_a_tally_from_the_beginning_and_others_from_their_first_time() -> None:
    words = tally("busy", "lost")
    assert words == {"busy": 0, "lost": 0}
    words["other"] += 1
    assert words == {"busy": 0, "lost": 0, "other": 1}

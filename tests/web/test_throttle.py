"""Brakes on guessing: so many failures in a moving window, then wait; and nothing is kept of who has gone."""

from __future__ import annotations

import pytest

from web.errors import Refused
from web.throttle import SWEEP_SECONDS, Brake, Throttle

BRAKE = Brake("tries", 3, 60.0)
OTHER = Brake("others", 3, 60.0)


class Hand:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def throttle(hand: Hand) -> Throttle:
    return Throttle(hand)


def refused_ms(throttle: Throttle, value: str = "ada", brake: Brake = BRAKE) -> int | None:
    try:
        throttle.check((brake, value))
    except Refused as refused:
        return refused.error.after_ms
    return None


def fails(throttle: Throttle, times: int, value: str = "ada") -> None:
    for _ in range(times):
        throttle.failed((BRAKE, value))


def test_a_full_window_means_wait_until_its_oldest_failure_is_forgotten(throttle: Throttle, hand: Hand) -> None:
    fails(throttle, 1)
    hand.now += 20
    fails(throttle, 1)
    assert refused_ms(throttle) is None
    fails(throttle, 1)
    assert refused_ms(throttle) == 40_000
    hand.now += 39.9
    assert refused_ms(throttle) == 1000, "nobody is asked to come back in less than a second"
    hand.now += 0.1
    assert refused_ms(throttle) is None
    fails(throttle, 1)
    assert refused_ms(throttle) == 20_000, "the window moves: the others still count"


def test_whoever_goes_on_while_refused_waits_no_longer_for_it(throttle: Throttle, hand: Hand) -> None:
    fails(throttle, 3)
    hand.now += 50
    fails(throttle, 30)
    hand.now += 10
    assert refused_ms(throttle) is None


def test_windows_are_of_one_thing_and_one_value(throttle: Throttle) -> None:
    fails(throttle, 3)
    assert refused_ms(throttle, "bob") is None
    assert refused_ms(throttle, "ada", OTHER) is None
    throttle.forgive((BRAKE, "bob"))
    assert refused_ms(throttle) is not None
    throttle.forgive((BRAKE, "ada"))
    assert refused_ms(throttle) is None


def test_an_attempt_is_counted_before_it_is_known_how_it_ends(throttle: Throttle) -> None:
    for _ in range(3):
        throttle.attempt((BRAKE, "ada"))
    with pytest.raises(Refused) as refused:
        throttle.attempt((BRAKE, "ada"))
    assert (refused.value.status, refused.value.error.code) == (429, "too_many_attempts")


def test_uses_are_allowed_so_often_and_then_at_an_instant(throttle: Throttle, hand: Hand) -> None:
    assert [throttle.allow((BRAKE, "ada")) for _ in range(4)] == [None, None, None, 60_000]
    hand.now += 60
    assert throttle.allow((BRAKE, "ada")) is None


def test_what_is_over_is_forgotten_and_what_is_not_is_kept(throttle: Throttle, hand: Hand) -> None:
    for person in range(1000):
        fails(throttle, 1, f"person {person}")
    hand.now += SWEEP_SECONDS - 1
    fails(throttle, 3, "late")
    hand.now += 1
    fails(throttle, 1, "now")
    assert len(throttle._windows) == 2
    assert refused_ms(throttle, "late") is not None

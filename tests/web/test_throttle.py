"""Brakes on guessing: so many failures in a moving window, then wait; and nothing is kept of who has gone."""

from __future__ import annotations

import time

import pytest
from limits import RateLimitItemPerMinute

from web.errors import Refused
from web.throttle import SWEEP_SECONDS, Brake, SeldomSwept, Throttle

BRAKE = Brake("tries", RateLimitItemPerMinute(3))
OTHER = Brake("others", RateLimitItemPerMinute(3))


class Hand:
    """The wall clock, in a test's hand."""

    now = 1_000_000.0


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Hand:
    made = Hand()
    monkeypatch.setattr(time, "time", lambda: made.now)
    return made


@pytest.fixture
def throttle(hand: Hand) -> Throttle:
    del hand
    return Throttle()


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
    hand.now += 0.2
    assert refused_ms(throttle) is None
    fails(throttle, 1)
    assert 19_000 < (refused_ms(throttle) or 0) <= 20_000, "the window moves: the others still count"


def test_whoever_goes_on_while_refused_waits_no_longer_for_it(throttle: Throttle, hand: Hand) -> None:
    fails(throttle, 3)
    hand.now += 50
    fails(throttle, 30)
    hand.now += 10.1
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
    hand.now += 60.1
    assert throttle.allow((BRAKE, "ada")) is None


def test_windows_are_swept_by_one_thread_that_waits_and_holds_nobody_up(throttle: Throttle) -> None:
    storage = throttle._windows.storage
    assert isinstance(storage, SeldomSwept)
    sweeping = storage.timer
    for person in range(200):
        fails(throttle, 1, f"person {person}")
    assert storage.timer is sweeping
    assert sweeping.is_alive()
    assert sweeping.interval == SWEEP_SECONDS
    assert sweeping.daemon, "a process that ends does not wait for it"

"""How late the loop of a process runs."""

import pytest

from channels.lag import LAG_EVERY_SECONDS, RECENT_SECONDS, Lag


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
def told() -> list[float]:
    return []


@pytest.fixture
def lag(hand: Hand, told: list[float]) -> Lag:
    return Lag(told.append, hand)


async def woken(lag: Lag, hand: Hand, *, late: float) -> None:
    hand.now += LAG_EVERY_SECONDS + late
    await lag.look()


async def test_a_look_in_time_notes_no_lag_and_a_late_one_by_how_much(lag: Lag, hand: Hand, told: list[float]) -> None:
    await lag.look()
    await woken(lag, hand, late=0.0)
    await woken(lag, hand, late=0.25)
    assert told == pytest.approx([0.0, 0.25])
    assert lag.recent == pytest.approx(0.25)


async def test_a_look_that_comes_too_early_is_no_lag(lag: Lag, hand: Hand, told: list[float]) -> None:
    await lag.look()
    await woken(lag, hand, late=-0.001)
    assert told == [0.0]


async def test_a_lag_is_recent_for_at_least_a_second_and_at_most_two(lag: Lag, hand: Hand) -> None:
    await lag.look()
    await woken(lag, hand, late=0.3)
    noted_at = hand.now
    while hand.now < noted_at + RECENT_SECONDS:
        assert lag.recent == pytest.approx(0.3)
        await woken(lag, hand, late=0.0)
    while hand.now < noted_at + 2 * RECENT_SECONDS + LAG_EVERY_SECONDS:
        await woken(lag, hand, late=0.0)
    assert lag.recent == pytest.approx(0.0)


async def test_a_lag_that_still_lasts_is_recent_before_it_is_noted(lag: Lag, hand: Hand, told: list[float]) -> None:
    await lag.look()
    hand.now += LAG_EVERY_SECONDS + 0.4
    assert lag.recent == pytest.approx(0.4)
    assert told == []


def test_a_process_that_never_looked_has_no_lag(lag: Lag, hand: Hand) -> None:
    hand.now += 60.0
    assert lag.recent == 0.0


def test_what_was_noted_before_a_long_pause_is_forgotten(lag: Lag, hand: Hand) -> None:
    lag.note(0.5)
    hand.now += 2 * RECENT_SECONDS
    assert lag.recent == 0.0

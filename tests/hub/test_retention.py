"""What is due when: calendar years, and whose data may be erased before."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from hub.model import AttemptState
from hub.retention import Emptied, last_access_due, last_session_due, may_erase, years_before

DAY = date(2026, 11, 27)


def test_a_session_is_due_from_its_second_anniversary_on() -> None:
    assert last_session_due(DAY) == date(2024, 11, 27)
    assert last_session_due(date(2026, 11, 26)) < date(2024, 11, 27)


def test_a_session_of_a_leap_day_is_kept_two_whole_years() -> None:
    assert last_session_due(date(2026, 2, 28)) < date(2024, 2, 29) < last_session_due(date(2026, 3, 1))


def test_a_leap_day_has_a_day_two_years_before() -> None:
    assert years_before(date(2028, 2, 29), 2) == date(2026, 2, 28)


def test_an_account_is_due_five_years_after_its_last_access_to_the_minute() -> None:
    assert last_access_due(datetime(2026, 11, 27, 8, 30, tzinfo=UTC)) == datetime(2021, 11, 27, 8, 30, tzinfo=UTC)
    assert last_access_due(datetime(2028, 2, 29, 8, 30, tzinfo=UTC)) == datetime(2023, 2, 28, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize("attempt", AttemptState)
def test_who_has_started_is_erased_only_once_the_session_is_finalized(attempt: AttemptState) -> None:
    assert may_erase(attempt, None) is (attempt is AttemptState.NOT_STARTED)
    assert may_erase(attempt, datetime(2026, 11, 27, tzinfo=UTC))


def test_what_is_emptied_adds_up() -> None:
    assert Emptied(sessions=1, details=2) + Emptied(details=3, logins=1) == Emptied(sessions=1, details=5, logins=1)

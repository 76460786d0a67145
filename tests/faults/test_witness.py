"""The witness of screens, checked: it finds a silent lie, and forgives whoever is late and says so."""

from __future__ import annotations

from typing import Any, cast

from hub.model import SessionNumber
from tests.faults.journal import Journal
from tests.faults.witness import Look, Reading, Witness

ONE = 7


class _Rig:
    journal = Journal(begun_at=0.0)


def told(
    *changes: tuple[float, Any], until: float = 20.0, progress: Any = None, hidden_at: float | None = None
) -> Witness:
    """Read the truth each 0.2 s: from each of these instants on it has another value.

    Just before `hidden_at` two decisions were made that no reading saw apart.
    """
    witness = Witness(cast(Any, _Rig()), cast(Any, SessionNumber(1)), [])
    for tick in range(int(until * 5)):
        at = tick / 5
        value = [value for since, value in changes if since <= at][-1]
        seq = 2 if hidden_at is not None and at >= hidden_at else 0
        witness.readings.append(Reading(at, at + 0.01, {ONE: {"presence": value, "progress": progress}}, seq))
    return witness


def shown(witness: Witness, value: Any, began: float, ended: float, age: float = 0.5, progress: Any = None) -> None:
    """Show a value each 0.2 s."""
    looks = witness.looks.setdefault("a screen", [])
    for tick in range(int(began * 5), int(ended * 5)):
        looks.append(Look(tick / 5, age, {ONE: {"presence": value, "progress": progress}}))


def test_a_screen_that_is_right_is_no_liar() -> None:
    witness = told((0, "expected"), (5, "confirmed"))
    shown(witness, "expected", 1, 5)
    shown(witness, "confirmed", 5, 15)
    assert witness.lies() == []


def test_a_screen_may_be_late_for_three_seconds() -> None:
    witness = told((0, "expected"), (5, "confirmed"))
    shown(witness, "expected", 1, 8)
    assert witness.lies() == []


def test_a_screen_that_is_late_for_longer_and_says_it_is_fresh_lies() -> None:
    witness = told((0, "expected"), (5, "confirmed"))
    shown(witness, "expected", 1, 11)
    assert witness.lies()


def test_a_screen_that_says_how_old_it_is_does_not_lie() -> None:
    witness = told((0, "expected"), (5, "confirmed"))
    shown(witness, "expected", 1, 7)
    shown(witness, "expected", 7, 15, age=4.0)
    assert witness.lies() == []


def test_a_screen_that_returns_to_what_was_true_long_ago_lies() -> None:
    witness = told((0, "expected"), (5, "confirmed"))
    shown(witness, "confirmed", 5, 12)
    shown(witness, "expected", 12, 13)
    assert witness.lies()


def test_what_came_and_went_between_two_readings_may_be_shown_but_not_for_long() -> None:
    witness = told((0, "expected"), (5, "confirmed"), hidden_at=12)
    shown(witness, "confirmed", 5, 12)
    shown(witness, "expected", 12, 13)
    assert witness.lies() == []
    shown(witness, "expected", 13, 16)
    assert witness.lies()


def test_what_nobody_read_is_a_lie_only_when_it_stands() -> None:
    witness = told((0, "expected"), (5, "confirmed"))
    shown(witness, "absent", 4.8, 6)
    shown(witness, "confirmed", 6, 15)
    assert witness.lies() == []
    shown(witness, "absent", 15, 19)
    assert witness.lies()


def test_less_progress_than_postgres_has_had_for_long_is_a_lie_and_more_is_none() -> None:
    witness = told((0, "expected"), progress={"answered": 5})
    shown(witness, "expected", 1, 10, progress={"answered": 6})
    assert witness.lies() == []
    shown(witness, "expected", 10, 11, progress={"answered": 4})
    assert witness.lies()

"""The table of promises, checked: it hears of every test named after one, and says what became of it."""

from __future__ import annotations

import pytest

from tests.promises import COUNTED, Line, Table, Tally, promises_of, written


def report(when: str, outcome: str = "passed", **figures: str) -> pytest.TestReport:
    counted = [(f"{COUNTED} {name}", value) for name, value in figures.items()]
    about = ("tests/x.py", 1, "test_p03_x")
    return pytest.TestReport("x.py::test_p03_x", about, {}, outcome, None, when, duration=0.5, user_properties=counted)  # type: ignore[arg-type]


def test_a_test_is_named_after_one_promise_or_several() -> None:
    assert promises_of("test_p03_nobody_starts") == (3,)
    assert promises_of("test_p07_p09_everything_at_once") == (7, 9)
    assert promises_of("test_a_p03_in_the_middle") == ()


def test_a_test_that_fails_in_any_phase_has_failed() -> None:
    for failing in ("setup", "call", "teardown"):
        line = Line("test_p03_x")
        for when in ("setup", "call", "teardown"):
            line.take(report(when, "failed" if when == failing else "passed"))
        assert (line.outcome, line.seconds) == ("failed", 1.5)


def test_the_table_says_what_was_counted() -> None:
    tally = Tally()
    tally.add("kills")
    tally.add("kills", 2)
    tally.took("healing", 1.5)
    tally.took("healing", 0.5)
    table = Table()
    for when in ("setup", "call"):
        table.pytest_runtest_logreport(report(when))
    table.pytest_runtest_logreport(report("teardown", **dict(tally.figures())))
    said = "\n".join(written(list(table._lines.values())))
    assert "P3 nobody starts without a confirmed presence: 1 of 1 passed" in said
    assert "kills 3, healing (worst, s) 1.50" in said

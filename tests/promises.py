"""The table of promises: for each test named after one, what became of it and what it counted.

A test whose name begins with `test_p03_` stands for a clause of promise 3. What it counts it tells its `tally`; the
figures travel with its report, so they come from every worker of a parallel run, stand in the JUnit file, and are
printed as one table at the end.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

PROMISES = {
    1: "an acknowledged decision is never lost",
    2: "nothing decided is lost with Redis, nothing invented with an older Postgres",
    3: "nobody starts without a confirmed presence",
    4: "an ended test is never resumed",
    5: "an authorization works once, nobody takes over silently",
    6: "a dashboard is never silently stale",
    7: "invigilators acting at once converge",
    8: "the same accepted command twice is once",
    9: "no event out of order, no hole",
    10: "one slow or hostile client never delays the others",
    11: "progress never goes back, is never invented",
    12: "a real loss shows, a blink never does",
    13: "thousands return in batches, none needs an authorization",
    14: "a poison message kills nothing",
    15: "degraded modes are explicit",
    16: "clocks do not decide",
    17: "a deploy is not noticed and loses nothing",
    18: "finalized is frozen and auditable",
    19: "the checks are honest",
    20: "a backup restores",
}
COUNTED = "counted"
"""What the name of a figure begins with, among whatever else a report may carry."""
_PROMISED = re.compile(r"test_((?:p\d\d_)+)")
WORST = " (worst, s)"


@dataclass(slots=True)
class Tally:
    """What one test counted: how often things happened, and how long they took at worst."""

    counts: Counter[str] = field(default_factory=Counter)
    longest: dict[str, float] = field(default_factory=dict)

    def add(self, what: str, times: int = 1) -> None:
        """Count something."""
        self.counts[what] += times

    def took(self, what: str, seconds: float) -> None:
        """Remember the longest time of its kind."""
        self.longest[what] = max(seconds, self.longest.get(what, 0.0))

    def figures(self) -> Iterator[tuple[str, str]]:
        """Give each figure with its name, in words."""
        for what, times in self.counts.items():
            yield what, str(times)
        for what, seconds in self.longest.items():
            yield what + WORST, f"{seconds:.2f}"


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """What this test counts; told in the table and in the JUnit file, whether it passes or not."""
    counted = Tally()
    yield counted
    request.node.user_properties += [(f"{COUNTED} {name}", value) for name, value in counted.figures()]


@dataclass(slots=True)
class Line:
    """One test in the table."""

    name: str
    outcome: str = "passed"
    seconds: float = 0.0
    figures: dict[str, str] = field(default_factory=dict)

    def take(self, report: pytest.TestReport) -> None:
        """Hear of one phase of the test: its preparation, itself, its end."""
        self.seconds += report.duration
        if not report.passed and self.outcome != "failed":
            self.outcome = report.outcome
        if report.when == "teardown":
            figures = {str(name): str(value) for name, value in report.user_properties}
            self.figures = {
                name.removeprefix(f"{COUNTED} "): one for name, one in figures.items() if name.startswith(COUNTED)
            }

    @property
    def counted(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.figures.items())


def promises_of(test: str) -> tuple[int, ...]:
    """Return the numbers of the promises a test is named after, if any."""
    found = _PROMISED.match(test)
    return tuple(int(one) for one in re.findall(r"\d\d", found[1])) if found else ()


class Table:
    """Gathers the reports of a run, wherever its tests were run."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.rpartition("::")[2]
        if promises_of(name):
            self._lines.setdefault(report.nodeid, Line(name)).take(report)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._lines:
            terminalreporter.section("promises")
            for line in written(list(self._lines.values())):
                terminalreporter.write_line(line)


def written(lines: Sequence[Line]) -> Iterator[str]:
    """Write the table, promise by promise: tests, outcome, time, what was counted."""
    for number, promise in PROMISES.items():
        own = [one for one in lines if number in promises_of(one.name)]
        if own:
            well = sum(one.outcome == "passed" for one in own)
            yield f"P{number} {promise}: {well} of {len(own)} passed"
        for one in sorted(own, key=lambda one: one.name):
            yield f"    {one.outcome:<7} {one.seconds:7.1f} s  {one.name}" + (
                f"\n{'':21}{one.counted}" * bool(one.figures)
            )


def pytest_configure(config: pytest.Config) -> None:
    """Gather where the reports come together; a worker of a parallel run only sends its own."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Table(), "promises-table")

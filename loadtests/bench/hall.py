"""The hall as the generator knows it: who sits where, what they sent, and what each dashboard was told of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from loadtests.bench.wire import CALL, PROGRESS, Fact

CANDIDATES, DASHBOARDS = 25, 2


@dataclass(eq=False)
class Seat:
    """A candidate. `times` are the instants of each progress, by the generator's clock; number n is at n - 1."""

    room: Room
    place: int
    id: int = 0
    node: int = 0
    line: Any = None
    times: list[float] = field(default_factory=list)
    calls: int = 0
    unsaid: list[Fact] = field(default_factory=list)
    secret: str = ""
    told: dict[str, Any] = field(default_factory=dict)
    """What its arm remembers from one line to the next."""

    def answer(self) -> None:
        """Make progress; without a line it is said later, as a page does."""
        self.times.append(time.perf_counter())
        self._say((PROGRESS, self.id, len(self.times)))

    def call(self) -> None:
        """Call for help."""
        self.calls += 1
        self._say((CALL, self.id, self.calls))

    def come_back(self) -> None:
        """On a new line: say what could not be said, and how far this candidate is now."""
        unsaid, self.unsaid = self.unsaid, []
        for fact in unsaid:
            if fact[0] == CALL or not self.line.says_only_the_last:
                self._say(fact)
        if self.times and self.line.is_open:
            self.line.progress(len(self.times))

    def facts(self) -> Iterable[Fact]:
        """List all that this candidate made happen."""
        yield from ((PROGRESS, self.id, number) for number in range(1, len(self.times) + 1))
        yield from ((CALL, self.id, number) for number in range(1, self.calls + 1))

    def _say(self, fact: Fact) -> None:
        if self.line is None or not self.line.is_open:
            self.unsaid.append(fact)
        elif fact[0] == PROGRESS:
            self.line.progress(fact[2])
        else:
            self.line.call(fact[2])


@dataclass(eq=False)
class Screen:
    """A dashboard: the furthest it was told of each candidate (`held`), and the very events it was told (`got`)."""

    room: Room
    number: int
    node: int = 0
    line: Any = None
    held: dict[tuple[str, int], int] = field(default_factory=dict)
    got: set[Fact] | None = None
    """Kept only when accidents are counted."""
    covered: dict[int, int] = field(default_factory=dict)
    """Per candidate: up to which progress it was told everything that still mattered."""
    told: dict[str, Any] = field(default_factory=dict)
    """What its arm remembers from one line to the next."""

    def hear(self, news: Iterable[Fact], *, is_whole: bool = False) -> None:
        """Take events. `is_whole`: they are all since the last ones, but for progress that newer progress replaces."""
        now, watch = time.perf_counter(), self.room.watch
        for fact in news:
            kind, candidate, number = fact
            if self.got is not None:
                self.got.add(fact)
                if is_whole and kind == PROGRESS and self.covered.get(candidate, 0) < number:
                    self.covered[candidate] = number
            before = self.held.get((kind, candidate), 0)
            if number > before:
                self.held[kind, candidate] = number
                if watch is not None and kind == PROGRESS:
                    watch(self, candidate, before, number, now)

    def show(self, rows: Iterable[Fact]) -> None:
        """Take what a newcomer is given: the last of everything. No event was told by it."""
        now, watch = time.perf_counter(), self.room.watch
        for kind, candidate, number in rows:
            before = self.held.get((kind, candidate), 0)
            if number > before:
                self.held[kind, candidate] = number
                if watch is not None and kind == PROGRESS:
                    watch(self, candidate, before, number, now)


Watch = Callable[[Screen, int, int, int, float], None]
Visitor = Seat | Screen


@dataclass(eq=False)
class Room:
    """25 candidates and 2 dashboards."""

    number: int
    seats: list[Seat] = field(default_factory=list)
    screens: list[Screen] = field(default_factory=list)
    watch: Watch | None = None
    answered: Callable[[Seat], None] | None = None
    """Told of each progress that its server has answered, where servers answer."""
    about: Any = None
    """What its arm knows of it."""

    @classmethod
    def of(cls, number: int) -> Room:
        """Make an empty room; candidates are numbered over the whole hall until an arm knows better."""
        room = cls(number)
        room.seats = [Seat(room, at, number * 100 + at + 1) for at in range(CANDIDATES)]
        room.screens = [Screen(room, at) for at in range(DASHBOARDS)]
        return room

    @property
    def people(self) -> list[Visitor]:
        """List the dashboards, then the candidates."""
        return [*self.screens, *self.seats]

    @property
    def number_on_the_wire(self) -> int:
        """Tell what its arm calls it."""
        return int(self.about.number) if self.about is not None else self.number


@dataclass(frozen=True, slots=True)
class Missing:
    """What dashboards were not told: events that nothing stands for, rows that are wrong in the end."""

    events: int
    expected: int
    rows: int
    rows_shown: int


def missing(screens: Iterable[Screen], since: dict[Seat, tuple[int, int]]) -> Missing:
    """Count, for these dashboards, what happened after each candidate's (progress, calls) in `since`."""
    events = expected = rows = rows_shown = 0
    for screen in screens:
        assert screen.got is not None
        for seat in screen.room.seats:
            progress, calls = since[seat]
            happened = [fact for fact in seat.facts() if fact[2] > (progress if fact[0] == PROGRESS else calls)]
            expected += len(happened)
            events += sum(not _was_told(screen, fact) for fact in happened)
            rows_shown += 1
            rows += not is_current(screen, seat)
    return Missing(events, expected, rows, rows_shown)


def _was_told(screen: Screen, fact: Fact) -> bool:
    assert screen.got is not None
    return fact in screen.got or (fact[0] == PROGRESS and screen.covered.get(fact[1], 0) >= fact[2])


def is_current(screen: Screen, seat: Seat) -> bool:
    """Tell whether a dashboard shows the last of a candidate's everything."""
    held = screen.held
    return held.get((PROGRESS, seat.id), 0) >= len(seat.times) and held.get((CALL, seat.id), 0) >= seat.calls

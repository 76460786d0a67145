"""What everybody on stage shares: the rooms, who sits where, and which act is played."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from locust.env import Environment

from loadtests.class_rooms import TIME_ZONE, Api, ClassRoom, Signs, lay_out
from loadtests.client import LineLost, Person, new_key
from loadtests.heard import Heard
from loadtests.owed import Sent
from loadtests.scenes.line import Line
from loadtests.scenes.plays import Act
from loadtests.target import Target

HTTP_SECONDS = 30.0
SITE = "Essai de charge"
ASKED_TO_WAIT = frozenset({4100, 4200})
"""Overloaded, draining: a client that is asked to come back later does, and nothing failed."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is played. `every`: seconds between two answers of one candidate; `seconds`: how long they work."""

    rooms: int
    candidates: int
    dashboards: int
    every: float
    seconds: float

    @property
    def people(self) -> int:
        """Count the candidates of all rooms."""
        return self.rooms * self.candidates

    @property
    def consoles(self) -> int:
        """Count the dashboards of all rooms."""
        return self.rooms * self.dashboards


@dataclass
class Room:
    """One room: what its list says, what was sent in it, and what its dashboards heard."""

    list: ClassRoom
    sent: Sent = field(default_factory=Sent)
    sent_at: dict[int, tuple[int, float]] = field(default_factory=dict)
    dashboards: dict[int, Heard] = field(default_factory=dict)


@dataclass(eq=False)
class Seat:
    """One candidate over all lines: who it is, and how far. Two deeds keep their keys over a broken line."""

    room: Room
    person: Person
    token: str | None = None
    candidate: int = 0
    answered: int = 0
    storms: int = 0
    enter_key: str = field(default_factory=new_key)
    finish_key: str = field(default_factory=new_key)


@dataclass(eq=False)
class Desk:
    """One dashboard over all lines."""

    room: Room
    place: int
    storms: int = 0


class Stage:
    """One play: laid out when it begins, judged when everybody has come to rest."""

    def __init__(self, target: Target, size: Size, environment: Environment) -> None:
        self.target, self.size, self._environment = target, size, environment
        # Each call on a connection of its own, as from a device of its own.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self.http = httpx.Client(base_url=target.base_url, timeout=HTTP_SECONDS, limits=limits, trust_env=False)
        self.rooms: list[Room] = []
        self.seats: deque[Seat] = deque()
        self.desks: deque[Desk] = deque()
        self.act = Act.ARRIVE
        self.storms = 0
        self.lines: set[Line[Any]] = set()
        self.in_test: set[Seat] = set()
        self.finished: set[Seat] = set()
        self.judged: set[tuple[int, int]] = set()
        self.admin = self.invigilator = ""
        self.ready_at: float | None = None
        self.moved_at = 0.0
        self.has_failed = False

    async def lay_out(self) -> None:
        """Import the rooms, under names a person recognises, and get the right to them."""
        api = Api(self.target.base_url)
        try:
            self.admin = await api.login(self.target.admin)
            self.invigilator = await api.login(self.target.invigilator)
            now = datetime.now(ZoneInfo(TIME_ZONE)).strftime("%d/%m %H:%M:%S")
            signs = Signs(SITE, f"Charge {now}, salle {{room}}")
            lists = await lay_out(api, self.admin, self.size.rooms, self.size.candidates, signs)
            for one in lists:
                await api.invigilate(self.invigilator, one)
        finally:
            await api.http.aclose()
        self.rooms = [Room(one) for one in lists]
        self.seats.extend(Seat(room, person) for room in self.rooms for person in room.list.people)
        self.desks.extend(Desk(room, place) for room in self.rooms for place in range(self.size.dashboards))
        self.ready_at = time.perf_counter()

    def play(self, act: Act) -> None:
        """Begin the next act."""
        self.act = act
        self.storms += act is Act.STORM
        for line in tuple(self.lines):
            line.poke()

    def sits(self, seat: Seat) -> None:
        """Hear that a candidate is in the test."""
        if seat not in self.in_test:
            self.in_test.add(seat)
            self.moved_at = time.perf_counter()

    def sees_the_end(self, seat: Seat) -> None:
        """Hear that a candidate has finished."""
        self.in_test.discard(seat)
        if seat not in self.finished:
            self.finished.add(seat)
            self.moved_at = time.perf_counter()

    def is_judged(self, desk: Desk) -> bool:
        """Tell whether a dashboard came to rest and was compared."""
        return (desk.room.list.number, desk.place) in self.judged

    def judge(self, desk: Desk) -> None:
        """Hear that a dashboard came to rest and was compared."""
        self.judged.add((desk.room.list.number, desk.place))
        self.moved_at = time.perf_counter()

    @property
    def are_all_in_the_test(self) -> bool:
        """Tell whether everybody sits, on a line of after the last storm."""
        return len(self.in_test) == self.size.people and all(one.storms == self.storms for one in self.in_test)

    @property
    def have_all_finished(self) -> bool:
        """Tell whether everybody sees the end screen."""
        return len(self.finished) == self.size.people

    @property
    def are_all_judged(self) -> bool:
        """Tell whether every dashboard came to rest and was compared."""
        return len(self.judged) == self.size.consoles

    def note_loss(self, name: str, begun: float, lost: LineLost, place: Seat | Desk) -> None:
        """Report a lost line, unless a storm broke it or the hub asked its owner to come back later."""
        is_storm = place.storms != self.storms and lost.may_return
        place.storms = self.storms
        if not is_storm and lost.code not in ASKED_TO_WAIT:
            self.note(name, time.monotonic() - begun, lost)

    # ── measuring ──────────────────────────────────────────────────────────────────────────────────────────

    def note(self, name: str, seconds: float, fault: Exception | None = None, kind: str = "WS") -> None:
        """Report one measurement, or a failure, under a stable name."""
        self._environment.events.request.fire(  # type: ignore[no-untyped-call]
            request_type=kind, name=name, response_time=seconds * 1000, response_length=0, exception=fault, context={}
        )

    @contextmanager
    def measured(self, name: str, kind: str = "WS") -> Iterator[None]:
        """Measure a deed; what it raises is its failure, and goes on."""
        begun = time.perf_counter()
        try:
            yield
        except LineLost as lost:
            what, fault = ("asked to wait", None) if lost.code in ASKED_TO_WAIT else (name, lost)
            self.note(what, time.perf_counter() - begun, fault, kind)
            raise
        except Exception as failure:
            self.note(name, time.perf_counter() - begun, failure, kind)
            raise
        self.note(name, time.perf_counter() - begun, kind=kind)

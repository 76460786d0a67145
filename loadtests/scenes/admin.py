"""A center's admin as Locust plays it: a wall of all rooms, whose numbers must be those of the rooms at rest."""

from __future__ import annotations

import time

import gevent
import msgspec
from locust import User, task

from channels import wire
from loadtests.client import Backoff, LineLost
from loadtests.frames import answered
from loadtests.scenes.invigilator import REST_SECONDS, WrongHub
from loadtests.scenes.line import Line, NoAnswer
from loadtests.scenes.plays import Act
from loadtests.scenes.stage import Room, Stage

ROOMS_SECONDS = 5.0
STEP_SECONDS = 0.5

_decode = msgspec.json.Decoder(wire.AdminHears).decode


class Admin(User):
    """One wall."""

    fixed_count = 1
    stage: Stage

    def on_start(self) -> None:
        """Begin with an empty wall."""
        self.rooms: dict[int, wire.RoomSummary] = {}
        self.line: Line[wire.AdminHears] | None = None
        self.backoff = Backoff()
        self._is_judged = False

    def on_stop(self) -> None:
        """Leave."""
        if self.line is not None:
            self.line.close()

    @task
    def watch(self) -> None:
        """Hold one line until it is gone."""
        begun = time.monotonic()
        try:
            self._hold()
        except NoAnswer:
            gevent.sleep(STEP_SECONDS)  # noted where it happened
        except LineLost as lost:
            self.stage.note("admin: line kept", time.monotonic() - begun, lost)
            gevent.sleep(self.backoff.pause(lost, time.monotonic() - begun))

    def _hold(self) -> None:
        with self.stage.measured("admin: rooms"):
            line = self.line = Line(self.stage.target.base_url, "/ws/admin", _decode, self._hear)
            line.say({"type": "hello", "token": self.stage.admin})
            deadline = time.monotonic() + ROOMS_SECONDS
            while not self.rooms:
                line.wait(deadline - time.monotonic())
                if time.monotonic() > deadline:
                    raise NoAnswer(f"no rooms in {ROOMS_SECONDS:g} s")
        try:
            while True:
                gevent.sleep(STEP_SECONDS)
                line.check()
                if self.stage.act is Act.REST and not self._is_judged:
                    self._judge(line)
        finally:
            line.close()

    def _hear(self, frame: wire.AdminHears) -> None:
        if isinstance(frame, wire.RoomsFrame):
            self.rooms.update({one.session: one for one in frame.rooms})
            for number in frame.gone:
                self.rooms.pop(number, None)

    def _judge(self, line: Line[wire.AdminHears]) -> None:
        """Wait until the wall says what the dashboards say."""
        begun = time.perf_counter()
        while (wrong := self._differences()) and time.perf_counter() - begun < REST_SECONDS:
            gevent.sleep(STEP_SECONDS)
            line.check()
        fault = WrongHub(wrong) if wrong else None
        self.stage.note("admin: same as the rooms", time.perf_counter() - begun, fault)
        self._is_judged = True

    def _differences(self) -> str:
        return next((text for room in self.stage.rooms if (text := self._difference(room))), "")

    def _difference(self, room: Room) -> str:
        number = room.list.number
        shown, rows = self.rooms.get(number), list(room.dashboards[0].rows.values())
        if shown is None:
            return f"room {number} is not on the wall"
        running = sum(row["attempt"] == "running" for row in rows)
        finished = sum(row["attempt"] == "finished" for row in rows)
        held = (len(rows), running, finished, sum(answered(row) for row in rows))
        wall = (shown.candidates, shown.running, shown.finished, shown.answered)
        return "" if wall == held else f"room {number}: {wall} on the wall, {held} on a dashboard"

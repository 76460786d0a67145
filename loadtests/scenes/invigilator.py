"""An invigilator as Locust plays it: one dashboard that checks all it hears, and the commands of an exam."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import gevent
from locust import User, task
from locust.exception import StopUser

from channels import wire
from loadtests.client import Backoff, LineLost, new_key
from loadtests.frames import DashboardHears, Facets, decode
from loadtests.heard import OVER, Heard
from loadtests.owed import GIVES, missing
from loadtests.scenes.line import Line, NoAnswer, Refused
from loadtests.scenes.plays import Act
from loadtests.scenes.stage import Desk, Stage

STEP_SECONDS = 0.3
"""A person's pace, and under the hub's five commands a second."""
DATA_SECONDS = 15.0
REST_SECONDS = 10.0
"""How long what was sent may take to stand on every dashboard of a room at rest."""
COMPARE_SECONDS = 2.0
COMPARE_TRIES = 4
BENIGN = frozenset({"help_closed", "help_taken", "attempt_over", "not_finished"})
"""Somebody was faster: a colleague, or the candidate."""


class WrongHub(Exception):
    """What a dashboard heard must not be; the text says what."""


class Invigilator(User):
    """One dashboard of one room. The first of a room lets people in, the last one answers calls."""

    stage: Stage

    def on_start(self) -> None:
        """Take a desk."""
        if not self.stage.desks:
            raise StopUser
        self.desk: Desk = self.stage.desks.popleft()
        room = self.desk.room
        self.heard = Heard(room.list.number, self._on_progress, self._on_fault, keeps_log=True)
        room.dashboards[self.desk.place] = self.heard
        self.line: Line[DashboardHears] | None = None
        self.backoff = Backoff()
        self._expected_decision = 0

    def on_stop(self) -> None:
        """Leave."""
        if self.line is not None:
            self._leave(self.line)

    @task
    def attend(self) -> None:
        """Hold one line until it is gone; come back with the position of what is held."""
        begun = time.monotonic()
        try:
            self._hold()
        except (Refused, NoAnswer):
            gevent.sleep(STEP_SECONDS)  # noted where it happened
        except LineLost as lost:
            self.stage.note_loss("invigilator: line kept", begun, lost, self.desk)
            if not lost.may_return:
                raise StopUser from None
            gevent.sleep(self.backoff.pause(lost, time.monotonic() - begun))

    def _on_progress(self, candidate: int, answered: int) -> None:
        sent = self.desk.room.sent_at.get(candidate)
        if sent is not None and sent[0] == answered:
            self.stage.note("progress to dashboard", time.perf_counter() - sent[1])

    def _on_fault(self, text: str) -> None:
        self.stage.note("dashboard: heard", 0, WrongHub(text))

    # ── one line ───────────────────────────────────────────────────────────────────────────────────────────

    def _hold(self) -> None:
        stage, heard = self.stage, self.heard
        position = heard.position
        line = None
        try:
            with stage.measured("invigilator: hello" if position is None else "invigilator: back"):
                line = self.line = Line(stage.target.base_url, "/ws/invigilator", decode, self._hear)
                self._has_data = False
                stage.lines.add(line)
                hello = {"type": "hello", "token": stage.invigilator, "session": self.desk.room.list.number}
                line.say(hello if position is None else {**hello, "position": position})
                self._until_told(line)
            while True:
                self._step(line)
        finally:
            if line is not None:
                self._leave(line)

    def _hear(self, frame: DashboardHears) -> None:
        self.heard.hear(frame)
        self._has_data = self._has_data or not isinstance(frame, wire.Welcome)

    def _until_told(self, line: Line[DashboardHears]) -> None:
        deadline = time.monotonic() + DATA_SECONDS
        while not self._has_data:
            line.wait(deadline - time.monotonic())
            if time.monotonic() > deadline:
                raise NoAnswer(f"no data in {DATA_SECONDS:g} s")

    def _leave(self, line: Line[DashboardHears]) -> None:
        self.stage.lines.discard(line)
        line.close()
        self.line = None

    def _step(self, line: Line[DashboardHears]) -> None:
        stage, desk = self.stage, self.desk
        gevent.sleep(STEP_SECONDS)
        line.check()
        if stage.act is Act.STORM and desk.storms != stage.storms:
            line.break_off()
            line.check()
        if self.heard.decision < self._expected_decision:
            return  # what was decided last does not show yet: it would be asked for twice
        if desk.place == 0:
            self._let_people_in(line)
        if desk.place == stage.size.dashboards - 1:
            self._answer_calls(line)
        if stage.act is Act.REST and not stage.is_judged(desk):
            self._judge(line)

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────

    def _let_people_in(self, line: Line[DashboardHears]) -> None:
        """Do the most urgent of: confirm who sits there, let back who was lost, tick who has finished."""
        rows = self.heard.rows.values()
        here = [row["id"] for row in rows if _waits_for_presence(row)]
        lost = [row["id"] for row in rows if _asks_to_come_back(row)]
        done = [row["id"] for row in rows if row["attempt"] in OVER and row["end_screen_seen"] is None]
        if here:
            self._command(line, "presence.confirm", here)
        elif lost:
            self._command(line, "resume.authorize", lost)
        elif done:
            self._command(line, "end_screen.see", done)

    def _answer_calls(self, line: Line[DashboardHears]) -> None:
        for row in self.heard.rows.values():
            call = next((one for one in row["help"] if one["outcome"] is None), None)
            if call is not None and call["taken_by"] is None:
                self._command(line, "help.take", [row["id"]], help=call["id"])
                return
            if call is not None:
                self._command(line, "help.resolve", [row["id"]], help=call["id"], outcome="dismiss")
                return

    def _command(self, line: Line[DashboardHears], type_: str, candidates: Sequence[int], **fields: object) -> None:
        with self.stage.measured(f"invigilator: {type_}"):
            reply = line.insist({"type": type_, "key": new_key(), "candidates": candidates, **fields})
            results = reply.results if isinstance(reply.results, list) else []
            codes = {one.code for one in results if one.code} - BENIGN
            if codes:
                raise Refused(", ".join(sorted(codes)))
        if isinstance(reply.decision_seq, int):
            self._expected_decision = reply.decision_seq
        self.desk.room.sent.replied(GIVES[type_], reply)

    # ── at rest ────────────────────────────────────────────────────────────────────────────────────────────

    def _judge(self, line: Line[DashboardHears]) -> None:
        """Wait until all that was sent stands here, then hold the fold against all that a hub can tell of it."""
        stage, room, begun = self.stage, self.desk.room, time.perf_counter()
        while (lost := missing(self.heard, room.sent)) and time.perf_counter() - begun < REST_SECONDS:
            gevent.sleep(STEP_SECONDS)
            line.check()
        for text in lost or [""]:
            stage.note("dashboard: nothing missing", time.perf_counter() - begun, WrongHub(text) if text else None)
        for name, look in (("when told again", self._hear_again), ("as a fresh snapshot", self._compare)):
            with suppress(WrongHub), stage.measured(f"dashboard: same {name}"):
                look(line)
        stage.judge(self.desk)

    def _hear_again(self, line: Line[DashboardHears]) -> None:
        """Ask for all that came since the beginning, as far as a hub remembers, in one stretch."""
        faults, position = self.heard.fault_count, self.heard.ask_again()
        if position is None:
            return
        line.say({"type": "sync", "position": position})
        self._wait_while(line, lambda: self.heard.is_asking)
        if self.heard.is_asking:
            raise NoAnswer("nothing was told again")
        self._raise_after(faults)

    def _compare(self, line: Line[DashboardHears]) -> None:
        """Hold the fold against a snapshot of the very place; somebody may move in between."""
        before, faults = self.heard.comparisons, self.heard.fault_count
        for _ in range(COMPARE_TRIES):
            line.say({"type": "sync"})
            self._wait_while(line, lambda: self.heard.comparisons == before)
            self._raise_after(faults)
            if self.heard.comparisons > before:
                return
        raise NoAnswer("no snapshot of the place that was held")

    def _wait_while(self, line: Line[DashboardHears], is_open: Callable[[], bool]) -> None:
        deadline = time.monotonic() + COMPARE_SECONDS
        while is_open() and time.monotonic() < deadline:
            line.wait(deadline - time.monotonic())

    def _raise_after(self, faults: int) -> None:
        if self.heard.fault_count > faults:
            raise WrongHub(self.heard.faults[-1])


def _waits_for_presence(row: Facets) -> bool:
    return bool(row["presence"]["state"] == "expected" and row["link"]["state"] == "online")


def _asks_to_come_back(row: Facets) -> bool:
    is_out = row["attempt"] == "running" and row["interrupted_at"] is not None
    return bool(is_out and row["waiting"]["clients"] and row["authorization"] is None)

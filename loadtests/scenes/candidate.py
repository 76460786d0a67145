"""A candidate as Locust plays it: identified, let in, answering, thrown out by a storm and back, finished."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import gevent
import httpx
import msgspec
from locust import User, task
from locust.exception import StopUser

from channels import wire
from loadtests.class_rooms import QUESTIONS
from loadtests.client import RESEND_SECONDS, Backoff, LineLost, new_key
from loadtests.owed import ENTRIES, GIVES, PROGRESS_REF
from loadtests.scenes.line import Line, NoAnswer, Refused
from loadtests.scenes.plays import Act
from loadtests.scenes.stage import Seat, Stage

STATE_SECONDS = 15.0
WALK_SECONDS = (0.0, 1.0)
"""From "you may start" to the code typed."""
AGAIN_SECONDS = 0.5
HELP_SHARE = 0.02
"""So many answers are followed by a call."""
HELP_TEXT = "L’image de la question ne s’affiche pas."
FINISH_SECONDS = (0.0, 2.0)
"""An end rush: everybody within two seconds."""

_decode = msgspec.json.Decoder(wire.CandidateHears).decode
_CandidateLine = Line[wire.CandidateHears]


class Candidate(User):
    """One candidate over as many lines as it takes."""

    stage: Stage

    def on_start(self) -> None:
        """Take a seat: there are as many as candidates."""
        if not self.stage.seats:
            raise StopUser
        self.seat: Seat = self.stage.seats.popleft()
        self.state: wire.State | None = None
        self.line: _CandidateLine | None = None
        self.backoff = Backoff()

    def on_stop(self) -> None:
        """Leave."""
        if self.line is not None:
            self._leave(self.line)

    @task
    def sit(self) -> None:
        """Hold one line, from hello until it is gone, and wait before the next one."""
        begun = time.monotonic()
        try:
            if self.seat.token is None:
                self.seat.token = self._identified()
            self._hold()
        except (Refused, NoAnswer, httpx.HTTPError):
            gevent.sleep(AGAIN_SECONDS)  # noted where it happened
        except LineLost as lost:
            self.stage.note_loss("candidate: line kept", begun, lost, self.seat)
            if not lost.may_return:
                raise StopUser from None
            gevent.sleep(self.backoff.pause(lost, time.monotonic() - begun))

    def _identified(self) -> str:
        """Identify, patiently: at a shared address the hub may ask to wait."""
        deadline = time.monotonic() + RESEND_SECONDS
        body = self.seat.person.says(self.seat.room.list.number)
        with self.stage.measured("candidate: identify", "HTTP"):
            while True:
                answer = self.stage.http.post("/api/candidate/identity", json=body)
                if answer.status_code == 200:
                    return str(answer.json()["token"])
                error = answer.json()["error"]
                pause = error.get("after_ms", 1000) / 1000
                if answer.status_code not in (429, 503) or time.monotonic() + pause > deadline:
                    raise Refused(error["code"])
                gevent.sleep(pause * random.uniform(1.0, 1.5))

    # ── one line ───────────────────────────────────────────────────────────────────────────────────────────

    def _hold(self) -> None:
        stage, seat = self.stage, self.seat
        name = "candidate: hello" if not seat.candidate else "candidate: back"
        self.state = None
        with stage.measured(name):
            line = self.line = _CandidateLine(stage.target.base_url, "/ws/candidate", _decode, self._hear)
            stage.lines.add(line)
            line.say({"type": "hello", "token": seat.token, "session": seat.room.list.number})
            state = self._until_told(line)
        seat.answered = max(0, state.answered or 0)
        seat.room.sent.line_back(seat.candidate, seat.answered)
        try:
            while True:
                self._step(line)
        finally:
            self._leave(line)

    def _hear(self, frame: wire.CandidateHears) -> None:
        if isinstance(frame, wire.State):
            self.state = frame
            if self.line is not None:
                self.line.say({"type": "ack", "version": frame.version})
        elif isinstance(frame, wire.Welcome) and frame.you.candidate is not None:
            self.seat.candidate = frame.you.candidate

    def _until_told(self, line: _CandidateLine) -> wire.State:
        deadline = time.monotonic() + STATE_SECONDS
        while self.state is None:
            line.wait(deadline - time.monotonic())
            if time.monotonic() > deadline:
                raise NoAnswer(f"no state in {STATE_SECONDS:g} s")
        return self.state

    def _leave(self, line: _CandidateLine) -> None:
        self.stage.lines.discard(line)
        self.stage.in_test.discard(self.seat)
        self.seat.room.sent.line_lost(self.seat.candidate)
        line.close()
        self.line = None

    def _step(self, line: _CandidateLine) -> None:
        """Do what state and act ask for."""
        state, stage, seat = self.state, self.stage, self.seat
        assert state is not None
        self._account_for_refusals(line)
        if stage.act is Act.STORM and seat.storms != stage.storms:
            line.break_off()
            line.check()
        if state.end_reason is not None:
            stage.sees_the_end(seat)
            line.wait(AGAIN_SECONDS)
        elif not state.in_test:
            stage.in_test.discard(seat)
            self._wait_at_the_door(line, state)
        else:
            stage.sits(seat)
            self._work(line)

    def _account_for_refusals(self, line: _CandidateLine) -> None:
        while line.refusals:
            answered, code = line.refusals.pop()
            self.seat.room.sent.refused(self.seat.candidate, answered)
            self.stage.note("candidate: progress", 0, Refused(code))

    def _wait_at_the_door(self, line: _CandidateLine, state: wire.State) -> None:
        if state.authorization is None:
            line.wait(AGAIN_SECONDS)
            return
        kind = ENTRIES[state.authorization]
        gevent.sleep(max(random.uniform(*WALK_SECONDS), state.enter_after_ms / 1000))
        seat = self.seat
        frame = {"type": "enter", "key": seat.enter_key, "access_code": seat.room.list.access_code, "total": QUESTIONS}
        self._do(line, "candidate: enter", kind, frame)
        seat.enter_key = new_key()
        self._until(line, lambda later: later.in_test or later.end_reason is not None)

    # ── in the test ────────────────────────────────────────────────────────────────────────────────────────

    def _work(self, line: _CandidateLine) -> None:
        act, seat = self.stage.act, self.seat
        if act is Act.FINISH:
            self._wait_for(line, random.uniform(*FINISH_SECONDS), act)
            frame = {"type": "finish", "key": seat.finish_key, "answered": seat.answered, "total": QUESTIONS}
            self._do(line, "candidate: finish", GIVES["finish"], frame)
            self._until(line, lambda later: later.end_reason is not None)
        elif act is Act.WORK:
            if self._wait_for(line, random.uniform(0.5, 1.5) * self.stage.size.every, act):
                self._answer(line)
        else:
            line.wait(AGAIN_SECONDS)

    def _answer(self, line: _CandidateLine) -> None:
        seat = self.seat
        seat.answered += 1
        seat.room.sent.progress(seat.candidate, seat.answered)
        seat.room.sent_at[seat.candidate] = (seat.answered, time.perf_counter())
        line.say(
            {"type": "progress", "answered": seat.answered, "total": QUESTIONS, "ref": PROGRESS_REF + seat.answered}
        )
        if random.random() < HELP_SHARE and not self._is_calling:
            frame = {"type": "help", "key": new_key(), "kind": "question", "question": 1, "text": HELP_TEXT}
            self._do(line, "candidate: help", GIVES["help"], frame)

    @property
    def _is_calling(self) -> bool:
        return self.state is not None and any(one.outcome is None for one in self.state.help)

    def _do(self, line: _CandidateLine, name: str, kind: str, frame: dict[str, object]) -> None:
        """Do a deed whose event is owed to every dashboard once it is acknowledged."""
        with self.stage.measured(name):
            reply = line.insist(frame)
        self.seat.room.sent.replied(kind, reply, self.seat.candidate)

    def _until(self, line: _CandidateLine, is_true: Callable[[wire.State], bool]) -> None:
        """Wait for a state; when it does not come, the next step finds out where this candidate stands."""
        deadline = time.monotonic() + STATE_SECONDS
        while self.state is not None and not is_true(self.state) and time.monotonic() < deadline:
            line.wait(deadline - time.monotonic())

    def _wait_for(self, line: _CandidateLine, seconds: float, act: Act) -> bool:
        """Let some time pass; False when another act began first."""
        deadline = time.monotonic() + seconds
        while self.stage.act is act and time.monotonic() < deadline:
            line.wait(deadline - time.monotonic())
        return self.stage.act is act

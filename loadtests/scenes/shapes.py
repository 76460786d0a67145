"""The scenes as a Locust shape: act after act, each until what it waits for is so, and never longer than its time.

When an act fails the next one is the last: what was heard so far is judged.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from locust import LoadTestShape

from loadtests.scenes.plays import SCENES, Act, Part
from loadtests.scenes.stage import Stage

ARRIVAL_SECONDS = 5.0
"""Over how long a room fills at the door."""
LAYING_OUT_SECONDS = 120.0


class Scene(LoadTestShape):
    """Plays one scene. Everybody is on stage from the first act on: what changes is what they do."""

    set_up: Callable[[], tuple[Stage, str]]
    """Makes the stage of the next play, and names the scene; set once Locust knows what was asked for."""

    def reset_time(self) -> None:
        """Begin with the first act."""
        super().reset_time()  # type: ignore[no-untyped-call]
        self.stage, scene = self.set_up()
        self.parts = SCENES[scene]
        self._place = 0
        self._since: float | None = None

    def tick(self) -> tuple[int, float] | None:
        """Say how many are on stage; None when the play is over."""
        stage = self.stage
        is_late = time.perf_counter() - self.start_time > LAYING_OUT_SECONDS
        if stage.has_failed or (is_late and stage.ready_at is None):
            return None
        if stage.ready_at is not None and not self._go_on(stage.ready_at):
            return None
        everybody = stage.size.people + stage.size.consoles + 1
        return everybody, max(1.0, everybody / ARRIVAL_SECONDS)

    def _go_on(self, ready_at: float) -> bool:
        """Look whether the act is over; False after the last one."""
        now = time.perf_counter()
        if self._since is None:
            self._begin(ready_at)
            return True
        part = self.parts[self._place]
        lasted, is_there = now - self._since, self._is_there(part)
        longest = part.seconds or self.stage.size.seconds
        if not is_there and lasted < longest:
            return True
        has_failed = bool(part.name) and not is_there
        if has_failed:
            self.stage.note(part.name, lasted, TimeoutError(f"not within {longest:g} s: {self._state()}"), "ACT")
        elif part.name:
            # Locust looks once a second; the people on stage know better.
            self.stage.note(part.name, max(0.0, self.stage.moved_at - self._since), kind="ACT")
        last = len(self.parts) - 1
        if self._place == last:
            return False
        self._place = last if has_failed else self._place + 1
        self._begin(now)
        return True

    def _begin(self, now: float) -> None:
        self._since = now
        part = self.parts[self._place]
        self.stage.play(part.act)
        sys.stdout.write(f"{part.act.value:8} {self._state()}\n")
        sys.stdout.flush()

    def _is_there(self, part: Part) -> bool:
        stage = self.stage
        match part.act:
            case Act.ARRIVE | Act.STORM:
                return stage.are_all_in_the_test
            case Act.FINISH:
                return stage.have_all_finished
            case Act.REST:
                return stage.are_all_judged
            case Act.WORK:
                return False

    def _state(self) -> str:
        stage = self.stage
        counts = f"{len(stage.in_test)} in the test, {len(stage.finished)} finished, {len(stage.judged)} judged"
        return f"{counts}, of {stage.size.people} candidates and {stage.size.consoles} dashboards"

"""The candidates of the demo session, played: they join, wait to be let in, work at a human pace, and finish.

    python -m loadtests.players var/demo.json [--pace 2] [--parent PID]

Real HTTP and real sockets, no knowledge of the hub but the wire. One of them is impatient and asks to come in before
anybody said so, one loses the line for half a minute and must be let in again, one calls for help.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import json
import logging
import os
import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path

import httpx

from channels import wire
from loadtests.client import Backoff, IdentityRefused, Line, LineLost, Person, identify, line_to, new_key

log = logging.getLogger("vigie.players")

PR_SET_PDEATHSIG = 1
QUESTIONS = 32
ARRIVAL_SECONDS = (0.5, 25.0)
"""Over how long the room fills."""
WALK_SECONDS = (2.0, 9.0)
"""From "you may start" to the code typed."""
QUESTION_SECONDS = (20.0, 60.0)
FAST_QUESTION_SECONDS = (6.0, 18.0)
FAST_SHARE = 0.3
"""Some are quick, so that the screen lives from the first minute."""
SECONDS_AWAY = (24.0, 32.0)
"""Longer than the hub's grace of 15 s: this one must be let in again."""
DROPS_AFTER = 4
CALLS_AFTER = 3
IMPATIENT_AFTER_SECONDS = 8.0
REFUSED_AGAIN_SECONDS = 3.0
IDENTITY_RETRY_SECONDS = 2.0
HELP_TEXT = "L’image de la question ne s’affiche pas."


class Part(Enum):
    """What a player does besides the ordinary."""

    ORDINARY = "ordinary"
    IMPATIENT = "impatient"
    DROPS = "drops"
    CALLS = "calls"


SPECIAL_PARTS = (Part.ORDINARY, Part.IMPATIENT, Part.DROPS, Part.CALLS)


@dataclass(frozen=True, slots=True)
class Stage:
    """What all players share."""

    base_url: str
    session_number: int
    access_code: str
    pace: float

    async def wait(self, least: float, most: float) -> None:
        """Let a human amount of time pass."""
        await asyncio.sleep(random.uniform(least, most) / self.pace)


class Player:
    """One simulated candidate, through as many lines as it takes."""

    def __init__(self, stage: Stage, person: Person, part: Part) -> None:
        self._stage, self._person, self._part = stage, person, part
        self._speed = FAST_QUESTION_SECONDS if random.random() < FAST_SHARE else QUESTION_SECONDS
        self._answered = 0
        self._has_dropped = self._has_called = self._has_asked = False
        self._finish_key, self._help_key = new_key(), new_key()

    async def play(self) -> None:
        """Play from the arrival to the end screen."""
        await self._stage.wait(*ARRIVAL_SECONDS)
        token = await self._identified()
        backoff = Backoff()
        while token is not None:
            begun = time.monotonic()
            try:
                async with line_to(self._stage.base_url) as line:
                    await line.hello(token, self._stage.session_number)
                    await self._sit(line)
            except LineLost as lost:
                if not lost.may_return:
                    return
                await asyncio.sleep(backoff.pause(lost, time.monotonic() - begun))

    async def _identified(self) -> str | None:
        """Identify, patiently: at a shared address the hub may ask to wait."""
        async with httpx.AsyncClient(base_url=self._stage.base_url, timeout=10, trust_env=False) as http:
            while True:
                try:
                    return await identify(http, self._stage.session_number, self._person)
                except IdentityRefused as refused:
                    if str(refused) != "too_many_attempts":
                        return None
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(random.uniform(0.5, 1.5) * IDENTITY_RETRY_SECONDS)

    async def _sit(self, line: Line) -> None:
        """Do on this line whatever the state allows, until the line is gone."""
        while True:
            state = line.state
            assert state is not None
            self._answered = max(self._answered, state.answered or 0)
            if state.end_reason is not None:
                await line.until(lambda later: later.end_reason is None)  # the end screen stays until the line goes
            elif state.in_test:
                await self._work(line)
            else:
                await self._wait_at_the_door(line)

    async def _wait_at_the_door(self, line: Line) -> None:
        """Wait until the state says that one may come in, then type the code; ask once where that is the story."""
        if self._wants_to_ask(line):
            self._has_asked = True
            await line.until(_may_enter, IMPATIENT_AFTER_SECONDS / self._stage.pace)
            await line.enter(self._stage.access_code, new_key(), QUESTIONS)
            return
        await line.until(lambda state: _may_enter(state) or state.in_test or state.end_reason is not None)
        state = line.state
        if state is None or not _may_enter(state):
            return
        if state.authorization == "start":
            await self._stage.wait(*WALK_SECONDS)
        reply = await line.enter(self._stage.access_code, new_key(), QUESTIONS)
        if reply.ok:
            await line.until(lambda later: later.in_test or later.end_reason is not None, REFUSED_AGAIN_SECONDS)
        else:
            await asyncio.sleep(REFUSED_AGAIN_SECONDS)

    def _wants_to_ask(self, line: Line) -> bool:
        """Tell whether to ask before anybody said so: the impatient one, and whoever was interrupted."""
        state = line.state
        if state is None or self._has_asked or _may_enter(state):
            return False
        return state.attempt == "running" or self._part is Part.IMPATIENT

    async def _work(self, line: Line) -> None:
        """Answer one question, or finish; between them, what this part has to do."""
        self._has_asked = False
        if self._answered >= QUESTIONS:
            await self._stage.wait(*FAST_QUESTION_SECONDS)
            await line.finish(self._finish_key, self._answered, QUESTIONS)
            await line.until(lambda state: state.end_reason is not None, REFUSED_AGAIN_SECONDS)
            return
        if self._part is Part.DROPS and not self._has_dropped and self._answered >= DROPS_AFTER:
            await self._drop(line)
        if self._part is Part.CALLS and not self._has_called and self._answered >= CALLS_AFTER:
            reply = await line.help("question", self._help_key, self._answered + 1, HELP_TEXT)
            self._has_called = reply.ok
        least, most = self._speed
        seconds = random.uniform(least, most) / self._stage.pace
        if await line.until(lambda state: not state.in_test or state.end_reason is not None, seconds):
            return
        self._answered += 1
        await line.progress(self._answered, QUESTIONS, min(self._answered + 1, QUESTIONS))

    async def _drop(self, line: Line) -> None:
        """Lose the line for longer than the hub waits."""
        self._has_dropped = True
        await line.abort()
        # Not faster with the pace: the hub's own grace is not either.
        await asyncio.sleep(random.uniform(*SECONDS_AWAY))
        raise LineLost


def _may_enter(state: wire.State) -> bool:
    return state.authorization is not None and not state.in_test


def parts(count: int) -> list[Part]:
    """Give the special parts to the first players, the rest are ordinary."""
    special = [*SPECIAL_PARTS[:count]]
    return special + [Part.ORDINARY] * (count - len(special))


async def play(stage: Stage, people: Sequence[Person]) -> None:
    """Play everybody at once; one accident is one player's, and said."""
    players = [Player(stage, person, part) for person, part in zip(people, parts(len(people)), strict=True)]
    for outcome in await asyncio.gather(*(player.play() for player in players), return_exceptions=True):
        if isinstance(outcome, BaseException):
            log.error("a player stopped: %r", outcome)


def die_with(parent: int) -> None:
    """Ask the kernel to end this process when its parent ends, however that happens."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit(0)


def main() -> None:
    """Read what the demo wrote, and play."""
    parser = argparse.ArgumentParser(description="Play the candidates of the demo session.")
    parser.add_argument("demo", type=Path, help="the demo.json that `vigie run` wrote")
    parser.add_argument("--pace", type=float, default=1.0, help="2 plays twice as fast")
    parser.add_argument("--parent", type=int, help="die with this process")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if options.parent is not None:
        die_with(options.parent)
    demo = json.loads(options.demo.read_text())
    stage = Stage(demo["base_url"], demo["session"]["number"], demo["session"]["access_code"], options.pace)
    people = [
        Person(one["last_name"], one["first_name"], date.fromisoformat(one["birthdate"]))
        for one in demo["candidates"]
        if one["played"]
    ]
    asyncio.run(play(stage, people))


if __name__ == "__main__":
    main()

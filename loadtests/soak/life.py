"""What goes on in the rooms: everybody answers at exam pace, lines break, somebody calls, somebody is let back in."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from time import monotonic

from channels import wire
from loadtests.swarm.hall import Disappointed, until
from loadtests.swarm.line import NoLine
from loadtests.swarm.people import Candidate, Dashboard
from loadtests.swarm.scenes import Stage, advance

BACK_SECONDS = 30.0
AWAY_SECONDS = 20.0
"""Longer than the 15 s after which a candidate whose line broke is interrupted."""
DEED_SECONDS = 120.0
FREE_TRIES = 50
EVERY_SECONDS = {"line broken": 3.0, "call for help": 10.0, "dashboard broken": 15.0, "left and let back in": 30.0}


class Life:
    """Everybody's life: `done` counts what happened, `cut` the lines that we broke, `wrong` says what was not to be."""

    def __init__(self, stage: Stage, per_second: float) -> None:
        self.done: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.cut = 0
        self._stage, self._per_second = stage, per_second
        self._rooms = {one.number: room for room in stage.hall.rooms for one in room.candidates}
        self._busy: set[Candidate] = set()

    async def go_on(self, seconds: float) -> None:
        """Live for so long; deeds that have begun are brought to their end."""
        until_at = monotonic() + seconds
        deeds: dict[str, Callable[[], Awaitable[None]]] = {
            "line broken": self._break_line,
            "call for help": self._call,
            "dashboard broken": self._break_dashboard,
            "left and let back in": self._leave_and_return,
        }
        async with asyncio.TaskGroup() as group:
            group.create_task(self._answer(until_at))
            for name, deed in deeds.items():
                group.create_task(self._again_and_again(name, deed, until_at))

    async def _answer(self, until_at: float) -> None:
        turn, begun = 0, monotonic()
        while (at := begun + turn / self._per_second) < until_at:
            await asyncio.sleep(max(0.0, at - monotonic()))
            turn += 1
            try:
                one = self._free_candidate()
            except Disappointed as failed:
                self.wrong.append(f"answer: {failed}")
                continue
            advance(one, self._rooms[one.number].dashboards)
            self.done["answer"] += 1

    async def _again_and_again(self, name: str, deed: Callable[[], Awaitable[None]], until_at: float) -> None:
        while monotonic() + EVERY_SECONDS[name] < until_at:
            await asyncio.sleep(EVERY_SECONDS[name])
            try:
                async with asyncio.timeout(DEED_SECONDS):
                    await deed()
            except (Disappointed, NoLine, TimeoutError) as failed:
                self.wrong.append(f"{name}: {failed or 'no end'}")
            self.done[name] += 1

    def _free_candidate(self) -> Candidate:
        """Choose somebody who sits there and to whom nothing else is happening."""
        for one in random.choices(self._stage.hall.candidates, k=FREE_TRIES):
            if one not in self._busy and one.is_open:
                return one
        raise Disappointed("nobody is there")

    # ── deeds ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _break_line(self) -> None:
        """Pull somebody's plug; they are back by themselves, and still in the test."""
        one = self._free_candidate()
        self._busy.add(one)
        one.state = None
        assert one.line is not None
        one.line.abort()
        self.cut += 1
        await until(lambda: one.state is not None, "a broken line is back", BACK_SECONDS)
        self._busy.discard(one)

    async def _break_dashboard(self) -> None:
        """Pull a dashboard's plug: it comes back with its position, and what it missed is told."""
        one = random.choice(self._stage.hall.dashboards)
        if one.line is None:
            return
        lost = one.lost
        one.line.abort()
        self.cut += 1
        await until(lambda: one.lost > lost and one.is_open, "a dashboard is back", BACK_SECONDS)

    async def _call(self) -> None:
        """Somebody calls for help, and is answered."""
        one = self._free_candidate()
        self._busy.add(one)
        _raise_unless_ok(await one.call(), "help")
        await until(lambda: _open_call(one) is not None, "a call is told to its author", BACK_SECONDS)
        answer = self._invigilator(one).command("help.resolve", [one.id], help=_open_call(one), outcome="dismiss")
        _raise_unless_ok(await answer, "help.resolve")
        await until(lambda: _open_call(one) is None, "an answer is told to its author", BACK_SECONDS)
        self._busy.discard(one)

    async def _leave_and_return(self) -> None:
        """Somebody is away for too long, and the invigilator lets them in again."""
        one = self._free_candidate()
        self._busy.add(one)
        one.leave()
        self.cut += 1
        await asyncio.sleep(AWAY_SECONDS)
        one.state = None
        await self._stage.hall.connect([one])
        await until(lambda: one.state is not None, "somebody who left is heard", BACK_SECONDS)
        if one.state is not None and one.state.in_test:
            raise Disappointed("somebody who was away was not interrupted")
        await self._let_in(one)
        self._busy.discard(one)

    async def _let_in(self, one: Candidate) -> None:
        letting = self._invigilator(one).command("resume.authorize", [one.id])
        _raise_unless_ok(await letting, "resume.authorize")
        await until(lambda: bool(one.state and one.state.authorization), "an authorization is told", BACK_SECONDS)
        _raise_unless_ok(await one.enter(self._rooms[one.number].room.access_code), "enter")
        await until(lambda: bool(one.state and one.state.in_test), "somebody let in is in the test", BACK_SECONDS)

    def _invigilator(self, one: Candidate) -> Dashboard:
        return self._rooms[one.number].dashboards[0]


def _raise_unless_ok(reply: wire.Reply, what: str) -> None:
    results = reply.results if isinstance(reply.results, list) else []
    if not reply.ok or not all(one.ok for one in results):
        raise Disappointed(f"{what}: {reply.error}, {[one.code for one in results]}")


def _open_call(one: Candidate) -> int | None:
    calls = one.state.help if one.state is not None else []
    return next((call.id for call in calls if call.outcome is None), None)

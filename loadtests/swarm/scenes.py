"""What is played with the hall, scene after scene; each returns its figures."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

from loadtests.class_rooms import Api
from loadtests.nodes import Nodes
from loadtests.shares import share
from loadtests.swarm import usage
from loadtests.swarm.hall import Disappointed, Hall, HallRoom, at_once, until
from loadtests.swarm.people import Candidate, Dashboard

Figures = dict[str, float]
EXAM_PACE_SECONDS = 200.0
"""32 questions in 105 minutes: one answer of each candidate in so long."""
SETTLE_SECONDS = 20.0
"""How long what was said last may be on its way."""
START_SECONDS = 300.0
DECIDED_EVERY_SECONDS = 5.0
"""A busy invigilator: one decision in so long."""
RATE_OF_ONE = 1.9
"""Frames a second that a candidate may say; the hub's limit is 2."""


class Stage:
    """The hall, and the nodes whose cost is read."""

    def __init__(self, hall: Hall, nodes: Nodes) -> None:
        self.hall, self.nodes = hall, nodes

    def read(self) -> usage.Usage:
        """Read what the nodes that live, and their stores, have cost so far."""
        return usage.read(self.nodes.pids)


async def identify(stage: Stage, api: Api) -> Figures:
    """Everybody says who they are who has not yet."""
    known, before, begun = len(stage.hall.candidates), stage.read(), monotonic()
    await stage.hall.identify(api)
    took, count = monotonic() - begun, len(stage.hall.candidates) - known
    return {"seconds": took, "candidates": count, **per_thousand(stage.read().since(before), count)}


async def join(stage: Stage) -> Figures:
    """Everybody who is new connects and says hello."""
    new = [one for one in stage.hall.candidates if not one.is_staying]
    count, before, begun = len(new), stage.read(), monotonic()
    await stage.hall.connect(new)
    await until(lambda: all(one.state for one in new), "a state for everybody", 120)
    took, after = monotonic() - begun, stage.read()
    return {
        "seconds": took,
        "candidates": count,
        "kib_per_connection": (after.kib[usage.SERVER] - before.kib[usage.SERVER]) / count,
        **per_thousand(after.since(before), count),
    }


async def start(stage: Stage) -> Figures:
    """Every invigilator confirms everybody, everybody enters when the hub would have them: nine o'clock."""
    hall = stage.hall
    rooms = [one for one in hall.rooms if not all(who.state and who.state.in_test for who in one.candidates)]
    new = [who for one in rooms for who in one.candidates]
    before, begun = stage.read(), monotonic()

    async def let_in(dashboard: Dashboard) -> None:
        reply = await dashboard.command("presence.confirm", "all")
        if not reply.ok:
            raise Disappointed(f"presence.confirm: {reply.error}")

    async def enter(room_code: str, one: Candidate) -> None:
        while not (one.state and one.state.authorization):
            await one.changed()
        await asyncio.sleep(one.state.enter_after_ms / 1000)
        reply = await one.enter(room_code)
        if not reply.ok:
            raise Disappointed(f"a candidate may not enter: {reply.error}")

    entering = [enter(room.room.access_code, one) for room in rooms for one in room.candidates]
    async with _at_most(START_SECONDS, "everybody let in"):
        await asyncio.gather(at_once(64, [room.dashboards[0] for room in rooms], let_in), *entering)
    await until(lambda: all(one.state and one.state.in_test for one in new), "everybody in the test", 60)
    await until(lambda: all(_is_full(one) for one in hall.dashboards), "everybody shown in the test", 60)
    took, count = monotonic() - begun, len(new)
    again = sum(one.asked_again for one in (*new, *hall.dashboards))
    cost = per_thousand(stage.read().since(before), count)
    return {"seconds": took, "candidates": count, "asked_again": again, **cost}


async def pace(stage: Stage, per_second: float, seconds: float) -> Figures:
    """Answer so many questions a second, spread over everybody."""
    hall = stage.hall
    hall.tally.forget()
    before, begun = stage.read(), monotonic()
    candidates = random.sample(hall.candidates, len(hall.candidates))
    rooms = {one.number: room.dashboards for room in hall.rooms for one in room.candidates}
    for turn in range(int(per_second * seconds)):
        one = candidates[turn % len(candidates)]
        await _wait_until(begun + turn / per_second)
        advance(one, rooms[one.number])
        hall.tally.sent += 1
    await settled(hall)
    return _delivery(stage, before, monotonic() - begun)


async def in_flight(stage: Stage, width: int, seconds: float) -> Figures:
    """Keep so many answers under way: the next one goes when the last dashboard of the room has the one before."""
    hall = stage.hall
    hall.tally.forget()
    before, begun = stage.read(), monotonic()
    rooms = {one.number: room.dashboards for room in hall.rooms for one in room.candidates}
    turns = itertools.cycle(random.sample(hall.candidates, len(hall.candidates)))
    until_at = begun + seconds
    rested: dict[int, float] = {}

    async def one_after_another() -> None:
        while monotonic() < until_at:
            one = next(turns)
            wait = rested.get(one.id, 0.0) - monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            rested[one.id] = monotonic() + 1 / RATE_OF_ONE
            dashboards = rooms[one.number]
            advance(one, dashboards)
            hall.tally.sent += 1
            await _shown(one, dashboards)

    await asyncio.gather(*(one_after_another() for _ in range(width)))
    await settled(hall)
    return _delivery(stage, before, monotonic() - begun)


async def decide(stage: Stage, rooms: int, seconds: float) -> Figures:
    """Let the invigilators of so many rooms add a minute at a person's pace, each whenever it occurs to them."""
    chosen, begun = stage.hall.rooms[:rooms], monotonic()
    count = int(seconds * len(chosen) / DECIDED_EVERY_SECONDS)
    due = sorted(random.uniform(0, seconds) for _ in range(count))
    before, taken = stage.read(), []

    async def one(turn: int, at: float) -> None:
        await _wait_until(begun + at)
        taken.append(await _add_minute(chosen[turn % len(chosen)], turn // len(chosen)))

    await asyncio.gather(*(one(turn, at) for turn, at in enumerate(due)))
    return _decided(stage, before, taken)


async def decide_at_once(stage: Stage, rooms: int, rounds: int) -> Figures:
    """Let the invigilators of so many rooms add a minute in the same moment, again and again."""
    chosen = stage.hall.rooms[:rooms]
    before, taken = stage.read(), []
    for turn in range(rounds):
        taken += await asyncio.gather(*(_add_minute(room, turn) for room in chosen))
        await asyncio.sleep(0.5)
    return _decided(stage, before, taken)


async def _add_minute(room: HallRoom, turn: int) -> float:
    """Add a minute to one candidate's time; return how many seconds the reply took."""
    who, begun = room.candidates[turn % len(room.candidates)].id, monotonic()
    reply = await room.dashboards[0].command("time.add", [who], minutes=1, reason="load")
    if not reply.ok or not reply.results or not reply.results[0].ok:
        raise Disappointed(f"time.add: {reply}")
    return monotonic() - begun


def _decided(stage: Stage, before: usage.Usage, taken: list[float]) -> Figures:
    cost = per_thousand(stage.read().since(before), len(taken))
    return {"decisions": len(taken), **_tails(sorted(taken)), **cost}


async def storm(stage: Stage) -> Figures:
    """Break every candidate's line at once: all come back by themselves."""
    hall = stage.hall
    before, begun = stage.read(), monotonic()
    for one in hall.candidates:
        one.state = None
        if one.line is not None:
            one.line.abort()
    await until(lambda: all(one.state for one in hall.candidates), "everybody back", 120)
    took, count = monotonic() - begun, len(hall.candidates)
    outside = sum(not (one.state and one.state.in_test) for one in hall.candidates)
    return {
        "seconds": took,
        "candidates": count,
        "outside": outside,
        **per_thousand(stage.read().since(before), count),
    }


def advance(one: Candidate, dashboards: list[Dashboard]) -> None:
    """Let somebody answer once more, and these dashboards await it."""
    now = monotonic()
    for dashboard in dashboards:
        dashboard.awaited.expect(one.id, one.answered + 1, now)
    one.advance()


async def _shown(one: Candidate, dashboards: list[Dashboard]) -> None:
    """Wait until these dashboards show what somebody said last; what does not come in time is missing."""
    try:
        async with asyncio.timeout(SETTLE_SECONDS):
            for other in dashboards:
                while other.is_open and other.progress.get(one.id, 0) < one.answered:
                    await other.changed()
    except TimeoutError:
        for other in dashboards:
            other.awaited.give_up(one.id)


async def settled(hall: Hall) -> None:
    """Wait until everything was heard; what does not come in time is missing."""
    try:
        await until(lambda: not any(one.awaited.is_waiting for one in hall.dashboards), "all heard", SETTLE_SECONDS)
    except Disappointed:
        for one in hall.dashboards:
            one.awaited.give_all_up()


@asynccontextmanager
async def _at_most(seconds: float, what: str) -> AsyncIterator[None]:
    """Bound what may take long. Raises Disappointed."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Disappointed(f"{what}: not in {seconds:g} s") from None


async def _wait_until(at: float) -> None:
    wait = at - monotonic()
    if wait > 0:
        await asyncio.sleep(wait)


def _is_full(dashboard: Dashboard) -> bool:
    return bool(dashboard.attempts) and all(one == "running" for one in dashboard.attempts.values())


def _delivery(stage: Stage, before: usage.Usage, seconds: float) -> Figures:
    tally = stage.hall.tally
    latencies = sorted(tally.latencies)
    return {
        "sent": tally.sent,
        "per_second": tally.sent / seconds,
        "delivered": tally.delivered,
        "missing": len(tally.missing),
        "faults": len(tally.faults),
        **_tails(latencies),
        **per_thousand(stage.read().since(before), tally.sent),
    }


def _tails(ordered: list[float]) -> Figures:
    parts = {"p50_ms": 0.5, "p99_ms": 0.99, "p999_ms": 0.999}
    return {**{name: share(ordered, part) * 1000 for name, part in parts.items()}, "max_ms": share(ordered, 1) * 1000}


def per_thousand(spent: dict[str, float], count: int) -> Figures:
    """Return processor milliseconds per thousand of what was counted, by kind of process."""
    each = {f"cpu_ms_per_1000_{kind}": seconds * 1_000_000 / max(1, count) for kind, seconds in spent.items()}
    return {**each, "cpu_ms_per_1000": sum(each.values())}

"""What a node has put into the stream itself is not read back, and never folded twice, out of order or with a hole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.live import Position, Stretch
from hub.model import SessionNumber
from tests.conversations.hall import NUMBER, STILL, Hall, Json, TestLine, hall, halls, seated, seen


def answered_in(line: TestLine) -> list[int]:
    """List the progress a dashboard was given, and see that its events follow each other."""
    told: list[int] = []
    to: int | None = None
    for frame in line.given:
        if frame["type"] == "snapshot":
            to = frame["seq"]
        if frame["type"] == "events":
            assert frame["from"] == (to or 0) + 1
            to = frame["to"]
            told += advances(frame)
    return told


def advances(frame: Json) -> list[int]:
    return [one["set"]["progress"]["answered"] for one in frame["events"] if one["type"] == "candidate.progressed"]


async def has_answered(room: Hall, dashboard: TestLine, answered: int) -> Json:
    return await dashboard.hear("events", lambda one: answered in advances(one))


@asynccontextmanager
async def two_nodes_in_step() -> AsyncIterator[tuple[tuple[Hall, TestLine, TestLine], tuple[Hall, TestLine, TestLine]]]:
    """Open a room at two nodes, each with a dashboard and somebody in the test; both have shown a first answer."""
    async with halls(2, pace=STILL) as (first, second):
        here, there = await first.dashboard(), await second.dashboard()
        near = await seated(first, here)
        far = await seated(second, there, candidate=2, name="bob")
        far.say(type="progress", answered=1, total=32)
        await has_answered(first, here, 1)
        yield (first, here, near), (second, there, far)


def slow_to_read(room: Hall) -> tuple[asyncio.Event, asyncio.Event]:
    """Let the stream be read, and the answer wait; gives what is set at the first reading, and what lets it go on."""
    is_asked, may_answer = asyncio.Event(), asyncio.Event()

    async def read(number: SessionNumber, position: Position) -> Stretch | None:
        found = await room.live.read(number, position)
        is_asked.set()
        await may_answer.wait()
        return found

    room.live_door.stand_in("read", read)
    return is_asked, may_answer


async def test_own_progress_is_told_without_being_read_back() -> None:
    async with hall(pace=STILL) as room:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        await seen(dashboard, "candidate.entered")
        before = room.live_door.calls["read"]
        for answered in (1, 2, 3):
            line.say(type="progress", answered=answered, total=32)
            await has_answered(room, dashboard, answered)
        assert room.live_door.calls["read"] == before
        assert answered_in(dashboard) == [1, 2, 3]


async def test_own_progress_behind_something_unheard_is_read_with_it() -> None:
    async with two_nodes_in_step() as ((first, here, near), (second, there, far)):
        await first.bell.forget(NUMBER)
        far.say(type="progress", answered=2, total=32)
        await has_answered(second, there, 2)
        await first.bell.listen(NUMBER)
        near.say(type="progress", answered=3, total=32)
        await has_answered(first, here, 3)
        assert answered_in(here) == [1, 2, 3]


async def test_progress_that_is_accepted_while_the_stream_is_being_read_is_told_once() -> None:
    async with two_nodes_in_step() as ((first, here, near), (second, _, far)):
        is_asked, may_answer = slow_to_read(first)
        far.say(type="progress", answered=2, total=32)
        await is_asked.wait()
        near.say(type="progress", answered=3, total=32)
        await first.until(lambda: first.stage.seq == second.mirror.position.seq)
        may_answer.set()
        await has_answered(first, here, 3)
        assert answered_in(here) == [1, 2, 3]
        assert first.mirror.position == second.mirror.position


async def test_a_node_alone_tells_without_a_ring_what_it_had_accepted_while_the_stream_was_being_read() -> None:
    async with hall(pace=STILL) as room:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        await seen(dashboard, "candidate.entered")
        is_asked, may_answer = slow_to_read(room)
        room.mirror.rung()
        await is_asked.wait()
        line.say(type="progress", answered=3, total=32)
        await room.until(lambda: room.stage.seq > room.mirror.position.seq)
        may_answer.set()
        await has_answered(room, dashboard, 3)

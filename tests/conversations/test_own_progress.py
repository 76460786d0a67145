"""What a node has put into the stream itself is not read back, and never folded twice, out of order or with a hole.

And what a candidate says while the live store has not answered yet waits for that answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import pytest

from hub.events import Changes, EventKind, RoomEvent
from hub.live import Accepted, Offer, Position, Stretch
from hub.model import CandidateId, SessionNumber
from hub.ports import StoreUnavailable
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


@pytest.mark.parametrize("is_own_first", [True, False])
async def test_a_ring_about_own_progress_hides_nothing_else_that_was_rung_for(*, is_own_first: bool) -> None:
    async with hall(pace=STILL) as room:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        await seen(dashboard, "candidate.entered")
        shown = RoomEvent(EventKind.TOLD, room.clock.now(), CandidateId(2), changes=Changes(told_version=7))

        async def progress(number: SessionNumber, offers: Sequence[Offer], *, is_heard: bool) -> Accepted:
            accepted = await room.live.progress(number, offers, is_heard=is_heard)
            for seq in sorted((accepted.events[-1].seq, room.stage.emit(shown).seq), reverse=not is_own_first):
                room.mirror.rung(Position(accepted.epoch, seq))
            return accepted

        room.live_door.stand_in("progress", progress)
        line.say(type="progress", answered=1, total=32)
        assert (await seen(dashboard, "candidate.told"))["told_version"] == 7


# ── while the live store has not answered yet ──────────────────────────────────────────────────────────────────────


@contextmanager
def slow_to_take(room: Hall) -> Iterator[tuple[list[int], asyncio.Event]]:
    """Let the live store take progress only when it may; gives what it was offered."""
    offered: list[int] = []
    may_take = asyncio.Event()

    async def progress(number: SessionNumber, offers: Sequence[Offer], *, is_heard: bool) -> Accepted:
        offered.extend(one.progress.answered for one in offers)
        await may_take.wait()
        return await room.live.progress(number, offers, is_heard=is_heard)

    room.live_door.stand_in("progress", progress)
    try:
        yield offered, may_take
    finally:
        may_take.set()


async def test_what_a_candidate_says_after_an_answer_is_judged_after_it() -> None:
    async with hall(pace=STILL) as room:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        with slow_to_take(room) as (offered, may_take):
            line.say(type="progress", answered=5, total=32)
            line.say(type="progress", answered=6, total=32)
            line.say(type="progress", answered=4, total=32)
            finishing = asyncio.create_task(room.command(line, "finish", answered=7, total=32))
            await room.until(lambda: offered == [5])
            await asyncio.sleep(0.05)
            assert offered == [5]
            assert not finishing.done()
            may_take.set()
            assert (await finishing)["ok"] is True
            assert offered == [5, 6], "the last one was behind"
            await seen(dashboard, "candidate.finished")
            told = [one["type"] for frame in dashboard.given if frame["type"] == "events" for one in frame["events"]]
            assert told.index("candidate.progressed") < told.index("candidate.finished")
            finished = (await room.row(1)).progress
            assert finished is not None
            assert finished.answered == 7


async def test_a_node_that_leaves_writes_down_an_answer_that_was_still_under_way() -> None:
    async with hall(pace=STILL) as room:
        line = await seated(room, await room.dashboard())
        with slow_to_take(room) as (offered, may_take):
            line.say(type="progress", answered=5, total=32)
            await room.until(lambda: offered == [5])
            leaving = asyncio.create_task(room.node.drain())
            await line.hear("bye")
            await asyncio.sleep(0.05)
            assert not leaving.done()
            may_take.set()
            await leaving
            progress = (await room.row(1)).progress
            assert progress is not None
            assert progress.answered == 5


@pytest.mark.parametrize("accident", [StoreUnavailable("away"), ValueError("of ours")])
async def test_an_answer_that_the_live_store_cannot_take_is_accepted_by_the_ledger(accident: Exception) -> None:
    async with hall(pace=STILL) as room:
        line = await seated(room, await room.dashboard())

        async def progress(*_: object, **__: object) -> Accepted:
            raise accident

        room.live_door.stand_in("progress", progress)
        line.say(type="progress", answered=5, total=32)
        accepted = room.node.figures.progress
        await room.until(lambda: accepted["accepted"] == 1)
        await room.node.write_progress()
        written = (await room.row(1)).progress
        assert written is not None
        assert written.answered == 5
        assert line.closed_with is None


async def test_progress_that_the_live_store_refuses_is_not_written_down_either() -> None:
    async with hall() as room:
        line = await seated(room, await room.dashboard())

        async def fenced(_: SessionNumber, offers: Sequence[Offer], **__: object) -> Accepted:
            return Accepted((False,) * len(offers))

        room.live_door.stand_in("progress", fenced)
        line.say(type="progress", answered=5, total=32)
        await room.until(lambda: room.node.figures.progress["fenced"] > 0)
        room.live_door.stand_in("progress", room.live.progress)
        await room.rounds(5)
        progress = (await room.row(1)).progress
        assert progress is not None
        assert progress.answered == 0, "another connection holds the seat"

"""A line that ends is freed with everything that belonged to it, on the spot: nobody has to look for circles."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable, Iterator

import pytest

from channels.close_codes import CloseCode
from hub.ports import StoreUnavailable
from tests.conversations.hall import Hall, TestLine, hall, seated
from tests.uncollected import uncollected


@pytest.fixture
def no_collector() -> Iterator[None]:
    with uncollected():
        yield


Arrival = Callable[[Hall], Awaitable[TestLine]]


async def seated_candidate(room: Hall) -> TestLine:
    return await seated(room, room.lines[0])


async def waiting_candidate(room: Hall) -> TestLine:
    return (await room.candidate(room.client(1, "ada")))[0]


async def dashboard(room: Hall) -> TestLine:
    line = await room.dashboard()
    assert (await room.command(line, "message.send", [1], text="Silence"))["ok"]
    return line


async def wall(room: Hall) -> TestLine:
    line = await room.wall()
    await line.hear("rooms")
    return line


async def wall_that_is_still_looking(room: Hall) -> TestLine:
    room.directory.lists = asyncio.Event()
    return await room.wall()


async def left(room: Hall, line: TestLine) -> None:
    await line.hang_up()


async def sent_away(room: Hall, line: TestLine) -> None:
    room.end_line(line, CloseCode.DRAINING)


async def spoke_nonsense(room: Hall, line: TestLine) -> None:
    line.say_raw(b"\x00")


async def did_not_read(room: Hall, line: TestLine) -> None:
    line.reads.clear()
    for _ in range(100):
        line.say(type="nonsense")


def parts_of(room: Hall, line: TestLine) -> list[weakref.ref[object]]:
    connection = room.connection(line)
    return [weakref.ref(connection), weakref.ref(connection._conversation)]


async def assert_freed(parts: list[weakref.ref[object]]) -> None:
    # What a turn of the loop still owes a line that ended holds it for that turn.
    await asyncio.sleep(0.05)
    assert [one() for one in parts] == [None] * len(parts)


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("end", [left, sent_away, spoke_nonsense, did_not_read])
@pytest.mark.parametrize("arrive", [seated_candidate, waiting_candidate, dashboard, wall, wall_that_is_still_looking])
async def test_whoever_was_welcome(arrive: Arrival, end: Callable[[Hall, TestLine], Awaitable[None]]) -> None:
    async with hall() as room:
        await room.dashboard()
        line = await arrive(room)
        parts = parts_of(room, line)
        await end(room, line)
        assert line.task is not None
        await line.task
        await assert_freed(parts)


async def knew_nobody(room: Hall) -> TestLine:
    line = room.line("candidate")
    line.say(type="hello", token="of nobody")
    return line


async def came_while_the_ledger_was_away(room: Hall) -> TestLine:
    room.ledger_door.fail(accident=StoreUnavailable)
    line = room.line("candidate")
    line.say(type="hello", token=room.client(1, "ada"))
    return line


async def watched_no_room(room: Hall) -> TestLine:
    line = room.line("invigilator")
    line.say(type="hello", token="token-durand", session=999)
    return line


async def was_no_admin(room: Hall) -> TestLine:
    line = room.line("admin")
    line.say(type="hello", token="token-durand")
    return line


async def said_no_hello(room: Hall) -> TestLine:
    line = room.line("admin")
    line.say(type="alive")
    return line


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize(
    "arrive", [knew_nobody, came_while_the_ledger_was_away, watched_no_room, was_no_admin, said_no_hello]
)
async def test_whoever_was_turned_away(arrive: Arrival) -> None:
    async with hall() as room:
        line = await arrive(room)
        await asyncio.sleep(0)
        parts: list[weakref.ref[object]] = [
            weakref.ref(part)
            for one in room.node._sockets.values()
            for part in (one.connection, one.connection._conversation)
        ]
        assert len(parts) == 2
        assert line.task is not None
        await line.task
        assert line.closed_with is not None
        await assert_freed(parts)

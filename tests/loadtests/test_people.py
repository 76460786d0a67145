"""The swarm's clients come back when they are told to, say again what was lost, and note what they said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from channels import wire
from loadtests.owed import PROGRESS_REF, Sent
from loadtests.swarm import people
from loadtests.swarm.line import NoLine
from loadtests.swarm.people import QUESTIONS, Address, Candidate, Dashboard, Member
from loadtests.swarm.tally import Tally
from tests.builders import NOW
from tests.loadtests.rooms import ROOM, beat, events, snapshot
from tests.loadtests.streams import Streams

MEMBERS: tuple[Callable[[Address], Member], ...] = (
    lambda address: Candidate(address, 0, 296, "token", 1, Sent()),
    lambda address: Dashboard(address, 0, 296, "token", Tally(), Sent()),
)


@asynccontextmanager
async def door(bye: wire.Bye, came: asyncio.Queue[float]) -> AsyncIterator[Address]:
    """Say goodbye to the first who comes, and let the others stay; note when each one came."""
    is_first = True

    async def greet(socket: ServerConnection) -> None:
        nonlocal is_first
        await socket.recv()
        came.put_nowait(monotonic())
        if is_first:
            is_first = False
            await socket.send(msgspec.json.encode(bye), text=True)
            await socket.close(bye.code)
        await socket.wait_closed()

    async with serve(greet, "127.0.0.1", 0, subprotocols=[Subprotocol(wire.SUBPROTOCOL)]) as server:
        yield Address(next(iter(server.sockets)).getsockname()[1])


async def staying(make: Callable[[Address], Member], address: Address) -> Member:
    member = make(address)
    member.is_staying = True
    await member.connect()
    return member


@pytest.mark.parametrize("make", MEMBERS)
async def test_whoever_is_asked_to_come_later_comes_then(make: Callable[[Address], Member]) -> None:
    came: asyncio.Queue[float] = asyncio.Queue()
    async with door(wire.Bye(4200, "draining", True, 700), came) as address, asyncio.timeout(10):
        member = await staying(make, address)
        first, second = await came.get(), await came.get()
        assert second - first >= 0.7
        member.leave()


@pytest.mark.parametrize("make", MEMBERS)
async def test_whoever_is_asked_not_to_come_back_stays_away(make: Callable[[Address], Member]) -> None:
    came: asyncio.Queue[float] = asyncio.Queue()
    async with door(wire.Bye(4010, "replaced", False, 0), came) as address, asyncio.timeout(10):
        member = await staying(make, address)
        while member.line is not None:
            await member.changed()
        assert not [task for task in asyncio.all_tasks() if "Member._come_back" in repr(task.get_coro())]


def a_state(answered: int) -> bytes:
    told = wire.State(
        1, "running", "confirmed", None, True, answered, QUESTIONS, 1001, None, "open", None, None, None, [], NOW
    )
    return msgspec.json.encode(told)


async def test_what_went_with_a_broken_line_and_what_was_done_without_one_is_said_on_the_next() -> None:
    said: asyncio.Queue[int] = asyncio.Queue()
    known = iter((0, 1))

    async def seat(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(a_state(next(known)), text=True)
        async for frame in socket:
            said.put_nowait(json.loads(frame)["answered"])
            if said.qsize() == 2:
                socket.transport.abort()

    async with serve(seat, "127.0.0.1", 0, subprotocols=[Subprotocol(wire.SUBPROTOCOL)]) as server, asyncio.timeout(10):
        one = Candidate(Address(next(iter(server.sockets)).getsockname()[1]), 0, 296, "token", 1, Sent())
        one.is_staying = True
        await one.connect()
        await one.changed()
        one.advance()
        one.advance()
        while one.is_open:
            await one.changed()
        one.advance()
        assert one.sent.candidates() == []
        assert [await said.get() for _ in range(3)] == [1, 2, 3]
        assert (one.sent.candidates(), one.sent.last(1), one.sent.between(1, 1, 3)) == ([1], 3, 0)
        one.leave()


async def test_a_progress_that_the_hub_refuses_is_owed_to_nobody() -> None:
    one = Candidate(Address(1), 0, 296, "token", 1, Sent())
    one.hear(a_state(0))
    one.advance()
    assert one.sent.candidates() == [1]
    refused = wire.Reply(PROGRESS_REF + 1, False, error=wire.ErrorView("rate_limited", True))
    one.hear(msgspec.json.encode(refused))
    assert one.sent.candidates() == []


async def test_a_deed_that_has_no_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "RESEND_SECONDS", 0.2)
    async with Streams({"token": (snapshot(), beat(41))}, events(42, 41)).open() as hub, asyncio.timeout(10):
        dashboard = Dashboard(Address(hub.port), 0, ROOM, "token", Tally(), Sent())
        await dashboard.connect()
        with pytest.raises(NoLine):
            await dashboard.command("time.add", [1], minutes=1, reason="load")
        dashboard.leave()

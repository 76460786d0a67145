"""The swarm's clients do as they are told when the hub says goodbye."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from channels import wire
from loadtests.owed import Sent
from loadtests.swarm.people import Address, Candidate, Dashboard, Member
from loadtests.swarm.tally import Tally

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


@pytest.mark.parametrize("make", MEMBERS)
async def test_whoever_is_asked_to_come_later_comes_then(make: Callable[[Address], Member]) -> None:
    came: asyncio.Queue[float] = asyncio.Queue()
    async with door(wire.Bye(4200, "draining", True, 700), came) as address, asyncio.timeout(10):
        member = make(address)
        member.is_staying = True
        await member.connect()
        first, second = await came.get(), await came.get()
        assert second - first >= 0.7
        member.leave()


@pytest.mark.parametrize("make", MEMBERS)
async def test_whoever_is_asked_not_to_come_back_stays_away(make: Callable[[Address], Member]) -> None:
    came: asyncio.Queue[float] = asyncio.Queue()
    async with door(wire.Bye(4010, "replaced", False, 0), came) as address, asyncio.timeout(10):
        member = make(address)
        member.is_staying = True
        await member.connect()
        while member.line is not None:
            await member.changed()
        assert not [task for task in asyncio.all_tasks() if "Member._come_back" in repr(task.get_coro())]

"""Texts leave by the short way whole and readable, a peer that does not read is waited for, and reading goes on."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.utils import ClientDisconnected
from websockets.asyncio.client import ClientConnection, connect

from web.socket_protocol import EXTENSION, MOST_UNREAD, SocketProtocol

Say = Callable[[bytes], Awaitable[None]]


class Endpoint:
    """An endpoint that does nothing by itself: the test holds its `say` and takes its messages."""

    def __init__(self) -> None:
        self.is_open = asyncio.Event()
        self.may_end = asyncio.Event()
        self.say: Say
        self.receive: Receive

    @property
    def protocol(self) -> SocketProtocol:
        owner = getattr(self.say, "__self__")  # noqa: B009
        assert isinstance(owner, SocketProtocol)
        return owner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self.say, self.receive = scope["extensions"][EXTENSION], receive
        self.is_open.set()
        await self.may_end.wait()


class QuietServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


@contextlib.asynccontextmanager
async def served(endpoint: Endpoint) -> AsyncIterator[ClientConnection]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(endpoint, ws=SocketProtocol, lifespan="off", log_config=None, ws_ping_interval=None)
    server = QuietServer(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        address = f"ws://127.0.0.1:{listener.getsockname()[1]}"
        async with connect(address, compression=None, proxy=None, max_size=2**20, ping_interval=None) as client:
            await asyncio.wait_for(endpoint.is_open.wait(), 10)
            yield client
    finally:
        endpoint.may_end.set()
        server.should_exit = True
        await running


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
async def test_a_text_of_any_size_arrives_as_it_was(size: int) -> None:
    endpoint = Endpoint()
    async with served(endpoint) as client:
        text = ("é" * (size // 2) + "x" * (size % 2)).encode()
        assert len(text) == size
        await endpoint.say(text)
        await endpoint.say(b"next")
        assert (await client.recv(), await client.recv()) == (text.decode(), "next")


async def test_a_peer_that_does_not_read_is_waited_for() -> None:
    endpoint = Endpoint()
    async with served(endpoint) as client:
        said = 0

        async def talk() -> None:
            nonlocal said
            while True:
                await endpoint.say(b"x" * 60_000)
                said += 1
                await asyncio.sleep(0)

        talking = asyncio.create_task(talk())
        client.transport.pause_reading()
        async with asyncio.timeout(10):
            while endpoint.protocol.writable.is_set():
                await asyncio.sleep(0.01)
        before = said
        await asyncio.sleep(0.1)
        assert said == before
        client.transport.resume_reading()
        async with asyncio.timeout(10):
            while said == before:
                await client.recv()
        talking.cancel()


async def test_nothing_is_said_into_a_line_that_is_gone() -> None:
    endpoint = Endpoint()
    async with served(endpoint) as client:
        await client.close()
        async with asyncio.timeout(10):
            while (await endpoint.receive())["type"] != "websocket.disconnect":
                pass
        with pytest.raises(ClientDisconnected):
            await endpoint.say(b"too late")


async def test_reading_goes_on_while_messages_are_taken_and_stops_when_nobody_takes_them() -> None:
    endpoint = Endpoint()
    async with served(endpoint) as client:
        for number in range(3 * MOST_UNREAD):
            await client.send(str(number))
        async with asyncio.timeout(10):
            while endpoint.protocol.queue.qsize() < MOST_UNREAD:
                await asyncio.sleep(0.01)
        heard = [(await endpoint.receive())["text"] for _ in range(3 * MOST_UNREAD)]
        assert heard == [str(number) for number in range(3 * MOST_UNREAD)], "nothing is lost, and in order"


async def test_one_message_does_not_stop_the_reading() -> None:
    endpoint = Endpoint()
    async with served(endpoint) as client:
        await client.send("one")
        async with asyncio.timeout(10):
            while endpoint.protocol.queue.empty():
                await asyncio.sleep(0.01)
        assert not endpoint.protocol.read_paused


async def test_the_handshake_is_forgotten() -> None:
    endpoint = Endpoint()
    async with served(endpoint):
        assert not {"request", "response"} & set(vars(endpoint.protocol))

"""Texts go the short ways whole and in order, whatever pieces they come in; everything unusual is the server's."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.utils import ClientDisconnected
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode

from tests.uncollected import uncollected
from web.socket_protocol import EXTENSION, SocketProtocol

PATIENCE = 10


class Holder:
    """Hears for the endpoint and holds the protocol, as a connection does."""

    def __init__(self, protocol: SocketProtocol, heard: list[str | bytes | None]) -> None:
        self.protocol, self.heard = protocol, heard

    def hear(self, said: str | bytes | None) -> None:
        self.heard.append(said)


class Endpoint:
    """An endpoint that does nothing by itself: the test holds its protocol, and sees what is heard."""

    def __init__(self) -> None:
        self.is_open = asyncio.Event()
        self.may_end = asyncio.Event()
        self.heard: list[str | bytes | None] = []
        self.protocol: SocketProtocol

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self.protocol = scope["extensions"][EXTENSION]()
        self.protocol.listen(Holder(self.protocol, self.heard).hear)
        self.is_open.set()
        await self.may_end.wait()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not is_so():
                await asyncio.sleep(0.01)


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
            await asyncio.wait_for(endpoint.is_open.wait(), PATIENCE)
            yield client
    finally:
        endpoint.may_end.set()
        server.should_exit = True
        await running


def text_frame(text: str) -> bytes:
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=True)


# ── out ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
async def test_a_text_of_any_size_arrives_as_it_was(size: int) -> None:
    endpoint = Endpoint()
    async with served(endpoint) as client:
        text = ("é" * (size // 2) + "x" * (size % 2)).encode()
        assert len(text) == size
        assert endpoint.protocol.say(text)
        assert endpoint.protocol.say(b"next")
        assert (await client.recv(), await client.recv()) == (text.decode(), "next")


async def test_nothing_is_said_while_the_peer_does_not_read_and_then_it_is() -> None:
    endpoint = Endpoint()
    async with served(endpoint) as client:
        client.transport.pause_reading()
        said = 0
        async with asyncio.timeout(PATIENCE):
            while endpoint.protocol.say(b"x" * 60_000):
                said += 1
                await asyncio.sleep(0)
        client.transport.resume_reading()
        for _ in range(said):
            await asyncio.wait_for(client.recv(), PATIENCE)
        await asyncio.wait_for(endpoint.protocol.writable.wait(), PATIENCE)
        assert endpoint.protocol.say(b"last")
        assert await client.recv() == "last"


async def test_nothing_is_said_into_a_line_that_is_gone() -> None:
    endpoint = Endpoint()
    async with served(endpoint) as client:
        await client.close()
        await endpoint.until(lambda: None in endpoint.heard)
        with pytest.raises(ClientDisconnected):
            endpoint.protocol.say(b"too late")


# ── in ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64, 5000])
async def test_texts_are_heard_whole_and_in_order_whatever_pieces_they_come_in(piece: int) -> None:
    texts = ["", "a", "x" * 125, "y" * 126, "é" * 300, "z" * 8000, '{"type":"alive"}']
    endpoint = Endpoint()
    async with served(endpoint) as client:
        raw = b"".join(text_frame(one) for one in texts)
        for start in range(0, len(raw), piece):
            endpoint.protocol.data_received(raw[start : start + piece])
        assert endpoint.heard == texts
        await client.send("by the wire")
        await endpoint.until(lambda: endpoint.heard[-1] == "by the wire")


async def test_a_ping_between_texts_is_answered_and_the_texts_are_heard() -> None:
    endpoint = Endpoint()
    async with served(endpoint) as client:
        await client.send("before")
        await asyncio.wait_for(await client.ping(), PATIENCE)
        await client.send("after")
        await endpoint.until(lambda: len(endpoint.heard) == 2)
        assert endpoint.heard == ["before", "after"]


async def test_fragments_and_binaries_and_long_texts_are_heard_in_their_place() -> None:
    endpoint = Endpoint()
    async with served(endpoint) as client:
        await client.send("one")
        await client.send(["frag", "ments"])
        await client.send(os.urandom(3) + b"\x00")
        await client.send("w" * 100_000)
        await client.send("last")
        await endpoint.until(lambda: len(endpoint.heard) == 5)
        assert endpoint.heard[0:2] == ["one", "fragments"]
        assert isinstance(endpoint.heard[2], bytes)
        assert endpoint.heard[3:] == ["w" * 100_000, "last"]


async def test_an_unmasked_frame_and_a_text_that_is_none_end_the_line() -> None:
    for bad in (Frame(Opcode.TEXT, b"hi").serialize(mask=False), Frame(Opcode.TEXT, b"\xff\xfe").serialize(mask=True)):
        endpoint = Endpoint()
        async with served(endpoint) as client:
            client.transport.write(text_frame("good") + bad)
            await asyncio.wait_for(client.wait_closed(), PATIENCE)
            await endpoint.until(lambda: None in endpoint.heard)  # noqa: B023
            assert endpoint.heard[0] == "good"
            assert client.close_code in (1002, 1007)


async def test_the_end_of_a_line_is_heard() -> None:
    endpoint = Endpoint()
    async with served(endpoint) as client:
        await client.send("here")
        client.transport.abort()
        await endpoint.until(lambda: endpoint.heard == ["here", None])


async def test_the_handshake_is_forgotten() -> None:
    endpoint = Endpoint()
    async with served(endpoint):
        assert not {"request", "response"} & set(vars(endpoint.protocol))


# ── the end ────────────────────────────────────────────────────────────────────────────────────────────────────


async def leave(client: ClientConnection) -> None:
    await client.close()


async def break_off(client: ClientConnection) -> None:
    client.transport.abort()


async def speak_without_a_mask(client: ClientConnection) -> None:
    client.transport.write(b"\x81\x01a")


@pytest.mark.parametrize("go", [leave, break_off, speak_without_a_mask])
async def test_a_line_that_is_closed_is_freed_without_anybody_looking_for_it(
    go: Callable[[ClientConnection], Awaitable[None]],
) -> None:
    endpoint = Endpoint()
    async with served(endpoint) as client:
        await client.send("something")
        await endpoint.until(lambda: bool(endpoint.heard))
        with uncollected():
            protocol = weakref.ref(endpoint.protocol)
            parser = weakref.ref(endpoint.protocol.conn)
            del endpoint.protocol
            await go(client)
            await endpoint.until(lambda: None in endpoint.heard)
            endpoint.may_end.set()
            await endpoint.until(lambda: protocol() is None and parser() is None)


async def test_whoever_listens_after_the_end_hears_what_came_before_it() -> None:
    endpoint = Endpoint()
    async with served(endpoint) as client:
        endpoint.protocol._hear, endpoint.protocol.queue = None, asyncio.Queue()
        await client.send("last words")
        await endpoint.until(lambda: not endpoint.protocol.queue.empty())
        client.transport.abort()
        await endpoint.until(lambda: endpoint.protocol.disconnected)
        endpoint.protocol.listen(endpoint.heard.append)
        assert endpoint.heard == ["last words", None]

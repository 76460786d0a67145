"""The server's own guards, on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import socket
import time
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from web import server as serving
from web.app import create_app
from web.house import House
from web.server import CannotListen, Server, listen
from web.settings import Settings


class QuietServer(Server):
    """A server that leaves the signals of the test run alone."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


@pytest_asyncio.fixture
async def address(house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    monkeypatch.setattr(serving, "HANDSHAKE_SECONDS", 0.3)
    ready, told = asyncio.Event(), []

    async def on_ready() -> None:
        ready.set()

    async def on_stopping() -> None:
        told.append("stopping")

    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    monkeypatch.setattr(house, "origins", frozenset({f"http://127.0.0.1:{port}"}))
    server = QuietServer(create_app(house), Settings(), house.doors, on_ready=on_ready, on_stopping=on_stopping)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    await asyncio.wait_for(ready.wait(), 20)
    yield f"127.0.0.1:{port}"
    server.should_exit = True
    await asyncio.wait_for(running, 20)
    assert told == ["stopping"]
    with socket.socket() as knock:
        assert knock.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


async def test_it_answers_and_does_not_say_what_it_is(address: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"http://{address}/healthz")
    assert answer.json() == {"alive": True}
    assert "server" not in answer.headers


@pytest.mark.parametrize("said", [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"GET /ws/candidate HTTP/1.1\r\nUpgr"])
async def test_who_does_not_say_a_whole_header_in_time_is_cut(address: str, said: bytes) -> None:
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(said)
    begun = time.monotonic()
    with contextlib.suppress(ConnectionResetError):
        assert await asyncio.wait_for(reader.read(), 5) == b""
    assert time.monotonic() - begun > 0.2
    writer.close()


async def test_a_socket_outlives_the_handshakes_time_and_is_not_compressed(address: str) -> None:
    async with connect(f"ws://{address}/ws/candidate", subprotocols=["vigie.v1"], proxy=None) as line:
        assert line.subprotocol == "vigie.v1"
        assert "Sec-WebSocket-Extensions" not in line.response.headers
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(line.recv(), 0.5)
        await line.send(json.dumps({"type": "hello", "token": "nobody's"}))
        assert json.loads(await line.recv())["code"] == 4001
        with pytest.raises(ConnectionClosed):
            await line.recv()
        assert line.close_code == 4001


async def test_a_socket_from_a_foreign_page_is_refused_before_the_upgrade(address: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://{address}/ws/candidate", subprotocols=["vigie.v1"], origin="http://evil.test", proxy=None)
    assert refused.value.response.status_code == 403


def test_an_address_that_cannot_be_had_is_explained() -> None:
    with contextlib.closing(listen("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"Port {port} is in use"):
            listen("127.0.0.1", port)
    with pytest.raises(CannotListen, match="VIGIE_HOST"):
        listen("192.0.2.1", 0)
    with pytest.raises(CannotListen, match="VIGIE_HOST"):
        listen("no such name", 0)

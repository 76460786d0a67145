"""A server of nothing but streams: it plays to each dashboard the one that its token names, whatever is in it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from channels import wire
from loadtests.frames import DashboardHears


class Streams:
    """What is played, and `again`, the answer to whoever asks for it again. `port` is known while it runs."""

    def __init__(self, streams: Mapping[str, Sequence[DashboardHears | wire.Events]], again: DashboardHears) -> None:
        self._streams, self._again = streams, again
        self._whole = {token: asyncio.Event() for token in streams}
        self.port = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Streams]:
        async with serve(self._play, "127.0.0.1", 0, subprotocols=[Subprotocol(wire.SUBPROTOCOL)]) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            yield self

    async def heard_by_all(self) -> None:
        """Wait until everybody has answered the beat that ends their stream."""
        async with asyncio.timeout(20):
            for whole in self._whole.values():
                await whole.wait()

    async def _play(self, socket: ServerConnection) -> None:
        try:
            token = json.loads(await socket.recv())["token"]
            for frame in self._streams[token]:
                await socket.send(msgspec.json.encode(frame), text=True)
            async for said in socket:
                if json.loads(said)["type"] == "alive":
                    self._whole[token].set()
                else:
                    await socket.send(msgspec.json.encode(self._again), text=True)
        except ConnectionClosed:
            return

"""An echo behind a chaos proxy, and somebody who calls it: what the proxy's own tests play with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.faults.proxy import ChaosProxy, Upstream

SOON = 2.0


@dataclass
class Echo:
    """A server that says back what it hears and remembers it."""

    heard: bytes = b""
    farewells: int = 0
    resets: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while data := await reader.read(65536):
                self.heard += data
                writer.write(data)
                await writer.drain()
            self.farewells += 1
        except ConnectionError:
            self.resets += 1
        finally:
            writer.close()


@asynccontextmanager
async def echoing(path: Path | None = None, **faults: object) -> AsyncIterator[tuple[Echo, ChaosProxy]]:
    echo = Echo()
    if path is None:
        server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
        upstream: Upstream = server.sockets[0].getsockname()[:2]
    else:
        server, upstream = await asyncio.start_unix_server(echo.serve, str(path)), path
    proxy = ChaosProxy("echo", upstream, seed=7, **faults)  # type: ignore[arg-type]
    await proxy.open()
    try:
        yield echo, proxy
    finally:
        await proxy.close()
        server.close()
        for writer in echo.writers:
            writer.close()
        await asyncio.sleep(0.01)


@dataclass
class Caller:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def call(cls, proxy: ChaosProxy) -> Caller:
        return cls(*await asyncio.open_connection("127.0.0.1", proxy.port))

    async def says(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def hears(self, size: int, within: float = SOON) -> bytes:
        async with asyncio.timeout(within):
            return await self.reader.readexactly(size)

    async def hears_nothing(self, seconds: float = 0.15) -> None:
        with pytest.raises(TimeoutError):
            await self.hears(1, seconds)

"""A stand-in for a pooler that ignores startup parameters: whatever is asked for at the start is not passed on."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from sqlalchemy.engine import make_url

SSL_REQUEST = 80877103


@asynccontextmanager
async def pooler(url: str, ignored: Collection[str]) -> AsyncIterator[str]:
    """Stand between a client and the server of this address; gives the address that leads here."""
    parsed = make_url(url)
    socket = f"{parsed.query['host']}/.s.PGSQL.5432"
    open_ones: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(socket)
        back.write(_without(await _startup(reader, writer), ignored))
        for way in (_copy(reader, back), _copy(there, writer)):
            task = asyncio.create_task(way)
            open_ones.add(task)
            task.add_done_callback(open_ones.discard)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        here = parsed.set(host="127.0.0.1", port=port).difference_update_query(["host"])
        yield here.render_as_string(hide_password=False)
    finally:
        server.close()
        for task in tuple(open_ones):
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)


async def _startup(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Read the first message; whoever would like TLS first is told that there is none."""
    while True:
        (length,) = struct.unpack("!i", await reader.readexactly(4))
        message = await reader.readexactly(length - 4)
        if struct.unpack("!i", message[:4])[0] != SSL_REQUEST:
            return message
        writer.write(b"N")


def _without(message: bytes, ignored: Collection[str]) -> bytes:
    words = message[4:].rstrip(b"\0").split(b"\0")
    asked = zip(words[::2], words[1::2], strict=True)
    kept = b"".join(name + b"\0" + value + b"\0" for name, value in asked if name.decode() not in ignored)
    body = message[:4] + kept + b"\0"
    return struct.pack("!i", len(body) + 4) + body


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
    finally:
        writer.close()

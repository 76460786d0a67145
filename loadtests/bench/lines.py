"""One WebSocket of the generator: what every arm's candidate and dashboard is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from loadtests.framing import CLOSE, PING, PONG, TEXT, Reader, Refused, frame, opening

CONNECT_SECONDS = 20.0


class CannotConnect(Exception):
    """The server does not take this connection."""


class Line(asyncio.Protocol):
    """Opens, says what its arm says first (`begin`), hears texts (`hear`) until it is lost.

    A subclass calls `settle` once the server has said that this client is in.
    """

    path = "/"
    subprotocol: str | None = None
    says_only_the_last = False
    """Of progress that could not be said, its client says only the last: it stands for the others."""

    def __init__(self) -> None:
        self.on_lost: Callable[[], None] | None = None
        self._port = 0
        self._reader = Reader()
        self._in: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether something can be said."""
        return self._transport is not None and self._in.done()

    async def connect(self, port: int) -> None:
        """Open the line and wait until this client is in. Raises CannotConnect."""
        self._port = port
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", port)
                await self._in
        except (OSError, TimeoutError) as failed:
            self.cut()
            raise CannotConnect(f"{type(self).__name__}: {failed or 'no answer'}") from failed

    def begin(self) -> None:
        """Say the first thing."""

    def hear(self, text: bytes) -> None:
        """Take one text."""

    def settle(self) -> None:
        """Note that this client is in."""
        if not self._in.done():
            self._in.set_result(None)

    def say(self, text: bytes) -> None:
        """Send one text; into a lost line it is lost, as everywhere."""
        if self._transport is not None:
            self._transport.write(frame(text))

    def cut(self) -> None:
        """Break the line as a pulled plug does."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.take(transport).write(opening(self.path, self._port, self.subprotocol))

    def take(self, transport: asyncio.BaseTransport) -> asyncio.Transport:
        """Keep the transport; uvloop's are no subclass of asyncio's."""
        self._transport = cast(asyncio.Transport, transport)
        return self._transport

    def data_received(self, data: bytes) -> None:
        """Hear what is whole."""
        was_open = self._reader.is_open
        try:
            messages = self._reader.feed(data)
        except Refused as refused:
            self._fail(str(refused))
            return
        if self._reader.is_open and not was_open:
            self.begin()
        for opcode, payload in messages:
            if opcode == TEXT:
                self.hear(payload)
            elif opcode == PING and self._transport is not None:
                self._transport.write(frame(payload, PONG))
            elif opcode == CLOSE:
                self.cut()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell whoever holds this line."""
        self._transport = None
        self._fail("closed before this client was in")
        if self.on_lost is not None:
            self.on_lost()

    def _fail(self, why: str) -> None:
        if not self._in.done():
            self._in.set_exception(ConnectionError(why))
            self._in.exception()  # whoever waited may have given up
        if self._transport is not None:
            self._transport.abort()

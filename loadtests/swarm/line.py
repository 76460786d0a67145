"""One WebSocket of the swarm: no library between it and the kernel, so that one core holds ten thousand.

Whoever wants a client to learn from reads `loadtests.client`.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import cast

from channels import wire
from loadtests.framing import CLOSE, PING, PONG, TEXT, Reader, Refused, frame, opening

CONNECT_SECONDS = 30.0


class NoLine(Exception):
    """The socket could not be had, or is gone."""


class SwarmLine(asyncio.Protocol):
    """A socket that calls back with every text, and once with the close code (1006 when there was none)."""

    def __init__(self, opened: asyncio.Future[None], on_text: Callable[[bytes], None]) -> None:
        self._opened, self._on_text = opened, on_text
        self._transport: asyncio.Transport | None = None
        self._reader = Reader()
        self.close_code: int | None = None
        self.on_closed: Callable[[int], None] = lambda code: None

    @classmethod
    async def open(cls, host: str, port: int, path: str, on_text: Callable[[bytes], None]) -> SwarmLine:
        """Connect and upgrade. Raises NoLine."""
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = loop.create_future()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                transport, line = await loop.create_connection(lambda: cls(opened, on_text), host, port)
                transport.write(opening(path, port, wire.SUBPROTOCOL))
                await opened
        except (OSError, TimeoutError) as gone:
            raise NoLine(repr(gone)) from None
        return line

    @property
    def is_open(self) -> bool:
        """Tell whether something can still be said."""
        return self._reader.is_open and self.close_code is None

    def say(self, text: bytes) -> None:
        """Send one text; into a line that is gone it says nothing, and who listens hears of the end."""
        if self._transport is not None:
            self._transport.write(frame(text))

    def abort(self) -> None:
        """Break the line as a pulled plug does."""
        if self._transport is not None:
            self._transport.abort()

    def leave(self) -> None:
        """Close the line as a page does that is left."""
        if self._transport is not None and self.is_open:
            self._transport.write(frame(struct.pack("!H", 1000), CLOSE))

    # ── what the loop calls ────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell of the end, once."""
        self._transport = None
        if self.close_code is None:
            self.close_code = 1006
        if not self._opened.done():
            self._opened.set_exception(NoLine(f"closed before the upgrade: {exc!r}"))
        elif self._reader.is_open:
            self.on_closed(self.close_code)

    def data_received(self, data: bytes) -> None:
        """Cut what came into messages."""
        try:
            messages = self._reader.feed(data)
        except Refused as refused:
            if not self._opened.done():
                self._opened.set_exception(NoLine(str(refused)))
            self.abort()
            return
        if self._reader.is_open and not self._opened.done():
            self._opened.set_result(None)
        for kind, payload in messages:
            self._take(kind, payload)

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == TEXT:
            self._on_text(payload)
        elif kind == PING and self._transport is not None:
            self._transport.write(frame(payload, PONG))
        elif kind == CLOSE:
            self.close_code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
            if self._transport is not None:
                self._transport.write(frame(payload[:2], CLOSE))
                self._transport.close()

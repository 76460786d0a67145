"""One WebSocket of the swarm: no library between it and the kernel, so that one core holds ten thousand.

It trusts its peer, a hub on this machine: frames are whole, headers are read just far enough. Whoever wants a client
to learn from reads `loadtests.client`.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import cast

from channels import wire

CONNECT_SECONDS = 30.0
_TEXT, _CLOSE, _PING = 0x1, 0x8, 0x9
_MASKED = 0x80
_KEY = bytes(4)
"""A key of zeros leaves the payload as it is: the hub unmasks all the same."""


class NoLine(Exception):
    """The socket could not be had, or is gone."""


class SwarmLine(asyncio.Protocol):
    """A socket that calls back with every text, and once with the close code (1006 when there was none)."""

    def __init__(self, opened: asyncio.Future[None], on_text: Callable[[bytes], None]) -> None:
        self._opened, self._on_text = opened, on_text
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._is_upgraded = False
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
                transport.write(_handshake(host, port, path))
                await opened
        except (OSError, TimeoutError) as gone:
            raise NoLine(repr(gone)) from None
        return line

    @property
    def is_open(self) -> bool:
        """Tell whether something can still be said."""
        return self._is_upgraded and self.close_code is None

    def say(self, text: bytes) -> None:
        """Send one text; into a line that is gone it says nothing, and who listens hears of the end."""
        if self._transport is not None:
            self._transport.write(_frame(_TEXT, text))

    def abort(self) -> None:
        """Break the line as a pulled plug does."""
        if self._transport is not None:
            self._transport.abort()

    def leave(self) -> None:
        """Close the line as a page does that is left."""
        if self._transport is not None and self.is_open:
            self._transport.write(_frame(_CLOSE, struct.pack("!H", 1000)))

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
        elif self._is_upgraded:
            self.on_closed(self.close_code)

    def data_received(self, data: bytes) -> None:
        """Cut what came into frames."""
        if self._buffer:
            data = self._buffer + data
        self._buffer = b""
        at = 0 if self._is_upgraded else self._read_answer(data)
        while at < len(data):
            whole = _payload(data, at)
            if whole is None:
                self._buffer = data[at:]
                return
            kind, start, at = whole
            self._take(kind, data[start:at])

    def _read_answer(self, data: bytes) -> int:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self._buffer = data
            return len(data)
        if data.startswith(b"HTTP/1.1 101"):
            self._is_upgraded = True
            if not self._opened.done():
                self._opened.set_result(None)
            return end + 4
        if not self._opened.done():
            self._opened.set_exception(NoLine(data[:40].decode(errors="replace")))
        self.abort()
        return len(data)

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == _TEXT:
            self._on_text(payload)
        elif kind == _PING and self._transport is not None:
            self._transport.write(_frame(0xA, payload))
        elif kind == _CLOSE:
            self.close_code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
            if self._transport is not None:
                self._transport.write(_frame(_CLOSE, payload[:2]))
                self._transport.close()


def _handshake(host: str, port: int, path: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {wire.SUBPROTOCOL}\r\n\r\n"
    ).encode()


def _frame(kind: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((0x80 | kind, _MASKED | size)) + _KEY + payload
    return struct.pack("!BBH", 0x80 | kind, _MASKED | 126, size) + _KEY + payload


def _payload(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Find one frame: its kind, where its payload starts and ends; None while it is not whole."""
    if len(data) < at + 2:
        return None
    size, start = data[at + 1] & 0x7F, at + 2
    if size == 126:
        start = at + 4
        if len(data) < start:
            return None
        size = struct.unpack_from("!H", data, at + 2)[0]
    elif size == 127:
        start = at + 10
        if len(data) < start:
            return None
        size = struct.unpack_from("!Q", data, at + 2)[0]
    if len(data) < start + size:
        return None
    return data[at] & 0x0F, start, start + size

"""uvicorn's WebSocket protocol, without what ten thousand sockets would pay for at every frame.

The server's own way of a frame leads through a state machine, the application's wrappers and a queue whose reader has
to be woken; and it stops reading at every message and starts again after it, two calls to the kernel each time. What is
nearly all of our traffic, whole texts of a few kilobytes, goes straight from and to the transport here. Handshakes,
fragments, control frames, faults and the end of a line stay with the server's code.
"""

from __future__ import annotations

import asyncio
import struct
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from channels import wire

if TYPE_CHECKING:
    from websockets.utils import apply_mask
else:
    try:
        from websockets.speedups import apply_mask
    except ImportError:
        from websockets.utils import apply_mask

EXTENSION = "vigie.socket"
"""Where an endpoint finds the `SocketProtocol` in its scope: weakly, for the scope is the protocol's own."""

Hear = Callable[[str | bytes | None], None]

_TEXT = 0x81
"""First byte of one whole text."""
_WHOLE_CONTROL = 0x88
"""The bits that the first byte of every control frame has."""
_MASKED = 0x80
_LONG, _LONGER = 126, 127
"""Where the second byte is one of these, the length follows in two bytes, or in eight."""


class SocketProtocol(WebSocketsSansIOProtocol):
    """One socket."""

    _hear: Hear | None = None
    _is_between = False
    """Whether the server's parser stands between two frames: everything it was given was whole."""
    _begun = b""
    """The beginning of a frame."""

    def handle_connect(self, event: Request) -> None:
        """Offer the short ways to the endpoint."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            extensions: Any = self.scope["extensions"]
            extensions[EXTENSION] = weakref.ref(self)

    async def send(self, message: Any) -> None:
        """Do what the server does, and forget the handshake once it is answered."""
        await super().send(message)
        if message["type"] == "websocket.accept":
            self._is_between = not self.conn.reader.buffer
            del self.request, self.response

    # ── in ─────────────────────────────────────────────────────────────────────────────────────────────────

    def listen(self, hear: Hear) -> None:
        """Hand on each message as it comes, and None when the line is closed; those first that came before."""
        straight = _Straight(hear)
        while not self.queue.empty():
            straight.put_nowait(self.queue.get_nowait())
        if self.disconnected:
            return
        self._hear = hear
        self.queue = straight  # type: ignore[assignment]
        if self.read_paused:
            self.transport.resume_reading()
        # Nobody reads a queue now, so nothing fills: the server's own code pauses unless it believes it has.
        self.read_paused = True

    def data_received(self, data: bytes) -> None:
        """Take frames one by one while they are of the usual kinds; from the first other one on all go to the server.

        What the server is given before is whole, so its parser stands between two frames whenever it is not asked.
        """
        if self._hear is None or not self._is_between:
            self._is_between = False
            super().data_received(data)
            return
        data = self._begun + data
        at, size = 0, len(data)
        while at < size and not self.transport.is_closing():
            text, end = _extent(data, at)
            if end is None:
                self._is_between, self._begun = False, b""
                super().data_received(data[at:])
                return
            if end > size:
                break
            self._take_frame(self._hear, data, at, text, end)
            at = end
        self._begun = data[at:]

    def _take_frame(self, hear: Hear, data: bytes, at: int, text: int, end: int) -> None:
        """Hand on a whole text; a control frame, and what is no text after all, is the server's."""
        if data[at] == _TEXT:
            try:
                hear(apply_mask(data[text:end], data[text - 4 : text]).decode())
            except UnicodeDecodeError:
                pass
            else:
                return
        super().data_received(data[at:end])

    # ── the end ────────────────────────────────────────────────────────────────────────────────────────────

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on the end, and let go of whoever heard it: they hold this line.

        The library's parser holds itself, and so does what stopped it. Circles are freed late (`web.collector`).
        """
        super().connection_lost(exc)
        if self._hear is not None:
            self._hear = None
            self.queue = asyncio.Queue()
        self.conn.parser.close()
        self.conn.parser_exc = None

    # ── out ────────────────────────────────────────────────────────────────────────────────────────────────

    def say(self, text: bytes) -> bool:
        """Send one text; False, and nothing is sent, while the peer does not read. Raises ClientDisconnected."""
        if self.disconnected or self.close_sent or self.transport.is_closing():
            raise ClientDisconnected
        if not self.writable.is_set():
            return False
        self.transport.write(_header(len(text)) + text)
        return True


class _Straight:
    """Stands in for the server's queue of messages: each is handed on where it comes."""

    __slots__ = ("_hear",)

    def __init__(self, hear: Hear) -> None:
        self._hear = hear

    def put_nowait(self, message: Any) -> None:
        if message["type"] != "websocket.receive":
            self._hear(None)
            return
        text: str | None = message.get("text")
        self._hear(text if text is not None else message["bytes"])


def _extent(data: bytes, at: int) -> tuple[int, int | None]:
    """Return where the payload of the frame at `at` begins, and where the frame ends; None for an unusual one.

    Usual are whole masked texts of our size and whole control frames. While its header is not whole, it ends beyond.
    """
    if len(data) - at < 2:
        return at, len(data) + 1
    is_text, length = data[at] == _TEXT, data[at + 1] - _MASKED
    if length < 0 or length == _LONGER or not (is_text or (data[at] & _WHOLE_CONTROL == _WHOLE_CONTROL)):
        return at, None
    if length < _LONG:
        return at + 6, at + 6 + length
    if len(data) - at < 4:
        return at, len(data) + 1
    length = int.from_bytes(data[at + 2 : at + 4], "big")
    is_usual = is_text and length <= wire.MAX_FRAME_BYTES
    return at + 8, at + 8 + length if is_usual else None


def _header(size: int) -> bytes:
    if size < _LONG:
        return bytes((_TEXT, size))
    return struct.pack("!BBH", _TEXT, 126, size) if size < 65536 else struct.pack("!BBQ", _TEXT, 127, size)

"""uvicorn's WebSocket protocol, without what ten thousand sockets would pay for at every frame.

The server's own way of a frame out leads through the application's wrappers and a state machine that has to agree; a
frame of ours is always whole and always text, so its header and its bytes go straight to the transport.
On the way in it stops reading at every message and starts again after it, two calls to the kernel each time; here it
stops at the seventeenth that nobody has taken. And it keeps the handshake for ever.
"""

from __future__ import annotations

import struct
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

EXTENSION = "vigie.say"
"""Where an endpoint finds `SocketProtocol.say` in its scope."""
MOST_UNREAD = 16
_TEXT = 0x81
"""One whole text frame."""


class SocketProtocol(WebSocketsSansIOProtocol):
    """One socket."""

    def handle_connect(self, event: Request) -> None:
        """Offer the short way out to the endpoint."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            extensions: Any = self.scope["extensions"]
            extensions[EXTENSION] = self.say

    async def say(self, text: bytes) -> None:
        """Send one text message; waits while the peer does not read. Raises ClientDisconnected."""
        if not self.writable.is_set():
            await self.writable.wait()
        if self.disconnected or self.close_sent or self.transport.is_closing():
            raise ClientDisconnected
        self.transport.write(_header(len(text)) + text)

    async def send(self, message: Any) -> None:
        """Do what the server does, and forget the handshake once it is answered."""
        await super().send(message)
        if message["type"] == "websocket.accept":
            del self.request, self.response

    def send_receive_event_to_app(self) -> None:
        """Hand a message over, and go on reading unless nobody takes them."""
        if self.read_paused or self.queue.qsize() >= MOST_UNREAD:
            super().send_receive_event_to_app()
            return
        # The server's own code would pause unless it believes that it has paused already.
        self.read_paused = True
        super().send_receive_event_to_app()
        self.read_paused = False


def _header(size: int) -> bytes:
    if size < 126:
        return bytes((_TEXT, size))
    return struct.pack("!BBH", _TEXT, 126, size) if size < 65536 else struct.pack("!BBQ", _TEXT, 127, size)

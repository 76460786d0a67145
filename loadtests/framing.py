"""The client's half of WebSocket framing (RFC 6455), cut by hand: a general client would be the bottleneck."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Sequence

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
_FINAL, _MASKED = 0x80, 0x80
_ONE_BYTE, _TWO_BYTES, _EIGHT_BYTES = 125, 126, 127
_NO_MASK = bytes(4)
"""A client must mask; a key of zeros leaves the text as it is."""


def opening(path: str, port: int, subprotocol: str | None = None) -> bytes:
    """Write the request that opens a socket."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        *([f"Sec-WebSocket-Protocol: {subprotocol}"] if subprotocol else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """Write one whole message of a client."""
    size = len(payload)
    if size <= _ONE_BYTE:
        head = bytes((_FINAL | opcode, _MASKED | size))
    elif size < 1 << 16:
        head = bytes((_FINAL | opcode, _MASKED | _TWO_BYTES)) + size.to_bytes(2, "big")
    else:
        head = bytes((_FINAL | opcode, _MASKED | _EIGHT_BYTES)) + size.to_bytes(8, "big")
    return head + _NO_MASK + payload


class Refused(Exception):
    """The server did not open the socket; the text is its first line."""


class Reader:
    """Takes what a server's socket gives and yields the messages in it; the answer to the opening is taken off."""

    def __init__(self) -> None:
        self._rest = b""
        self._parts: list[bytes] = []
        self.is_open = False

    def feed(self, data: bytes) -> Sequence[tuple[int, bytes]]:
        """Give (opcode, payload) of every message that is whole now. Raises Refused."""
        data = self._rest + data if self._rest else data
        if not self.is_open:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return ()
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                raise Refused(head.split(b"\r\n", 1)[0].decode(errors="replace"))
            self.is_open = True
        return list(self._messages(data))

    def _messages(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        at, end = 0, len(data)
        while end - at >= 2:
            first, size, start = data[at], data[at + 1], at + 2
            if size >= _TWO_BYTES:
                width = 2 if size == _TWO_BYTES else 8
                if end < start + width:
                    break
                size, start = int.from_bytes(data[start : start + width], "big"), start + width
            if end < start + size:
                break
            at = start + size
            message = self._joined(first, data[start:at])
            if message is not None:
                yield message
        self._rest = data[at:]

    def _joined(self, first: int, payload: bytes) -> tuple[int, bytes] | None:
        """Put the parts of a fragmented message together; a control frame may stand between them."""
        opcode = first & 0x0F
        if first & _FINAL and (opcode >= CLOSE or not self._parts):
            return opcode, payload
        self._parts.append(payload)
        if not first & _FINAL:
            return None
        whole, self._parts = b"".join(self._parts), []
        return TEXT, whole

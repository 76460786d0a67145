"""The WebSocket endpoints: origin and subprotocol are judged before the channels hear of anybody.

Raw ASGI instead of the framework's WebSocket class: a binary message must be refused as a frame, not crash as a
KeyError, and a handshake from a foreign page must be refused before the upgrade.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, MutableMapping

import msgspec
from starlette.requests import HTTPConnection
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.utils import ClientDisconnected

from channels import wire
from channels.close_codes import CloseCode
from channels.line import Line, LineClosed
from web import access
from web.access import LOGIN_COOKIE, is_allowed_origin
from web.doors import Doors
from web.house import House
from web.socket_protocol import EXTENSION, SocketProtocol

Serve = Callable[[Line, HTTPConnection], Awaitable[None]]
Refused = MutableMapping[tuple[str, str], int]
"""How many were refused, by role and reason."""


class AsgiLine:
    """One accepted socket as the channels see it: texts go straight through the protocol, only its end through ASGI."""

    __slots__ = ("_protocol", "_send")

    def __init__(self, scope: Scope, send: Send) -> None:
        """Take what our own server hands on with a socket (`web.socket_protocol`); no other server will do."""
        self._protocol: SocketProtocol = scope["extensions"][EXTENSION]()
        self._send = send

    def listen(self, hear: Callable[[str | bytes | None], None]) -> None:
        """Hand on each message, and None when the line is closed."""
        self._protocol.listen(hear)

    def say(self, text: bytes) -> bool:
        """Send one text message, unless the peer does not read."""
        try:
            return self._protocol.say(text)
        except ClientDisconnected as gone:
            raise LineClosed from gone

    async def drained(self) -> None:
        """Wait until the peer reads again, or is gone."""
        await self._protocol.writable.wait()

    async def close(self, code: int) -> None:
        """Close the line."""
        try:
            await self._send({"type": "websocket.close", "code": code})
        except (OSError, RuntimeError) as gone:
            # uvicorn raises an OSError for a lost peer and a RuntimeError for a socket that is closed already.
            raise LineClosed from gone


class Socket:
    """An ASGI endpoint that admits a handshake and hands its line to a conversation."""

    def __init__(self, role: str, origins: Collection[str], doors: Doors, serve: Serve, refused: Refused) -> None:
        self._role, self._origins, self._doors = role, origins, doors
        self._serve, self._refused = serve, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a foreign page with 403, a client of another version with 4006; else hold the conversation."""
        handshake = HTTPConnection(scope)
        await receive()
        if not is_allowed_origin(self._origins, handshake):
            self._refuse("origin")
            await send({"type": "websocket.close", "code": int(CloseCode.FORBIDDEN)})
            return
        line = AsgiLine(scope, send)
        if wire.SUBPROTOCOL not in scope.get("subprotocols", ()):
            self._refuse("version")
            await send({"type": "websocket.accept"})
            await _refuse(line, CloseCode.VERSION)
            return
        await send({"type": "websocket.accept", "subprotocol": wire.SUBPROTOCOL})
        await self._hold(line, handshake)

    async def _hold(self, line: AsgiLine, handshake: HTTPConnection) -> None:
        """Hold the conversation, unless one address has far too many already."""
        address = access.address(handshake)
        after_ms = self._doors.take_in(address)
        if after_ms:
            self._refuse("address")
            await _refuse(line, CloseCode.RATE_LIMITED, after_ms)
            return
        try:
            await self._serve(line, handshake)
        finally:
            self._doors.let_out(address)

    def _refuse(self, reason: str) -> None:
        self._refused[self._role, reason] = self._refused.get((self._role, reason), 0) + 1


async def _refuse(line: AsgiLine, code: CloseCode, after_ms: int = 0) -> None:
    """Say why before a word is heard, and close."""
    try:
        line.say(msgspec.json.encode(wire.Bye(int(code), code.reason, code.may_reconnect, after_ms)))
        await line.close(int(code))
    except LineClosed:
        return


def cookie_of(handshake: HTTPConnection) -> str | None:
    """Return the login cookie of a page of ours; without an Origin a cookie proves nothing."""
    return handshake.cookies.get(LOGIN_COOKIE) if "origin" in handshake.headers else None


def socket_routes(house: House, refused: Refused) -> list[WebSocketRoute]:
    """Return the routes of the sockets."""

    async def candidate(line: Line, _handshake: HTTPConnection) -> None:
        await house.node.serve_candidate(line)

    async def invigilator(line: Line, handshake: HTTPConnection) -> None:
        await house.node.serve_invigilator(line, cookie_of(handshake))

    async def admin(line: Line, handshake: HTTPConnection) -> None:
        await house.node.serve_admin(line, cookie_of(handshake))

    return [
        WebSocketRoute("/ws/candidate", Socket("candidate", house.origins, house.doors, candidate, refused)),
        WebSocketRoute("/ws/invigilator", Socket("invigilator", house.origins, house.doors, invigilator, refused)),
        WebSocketRoute("/ws/admin", Socket("admin", house.origins, house.doors, admin, refused)),
    ]

"""Our own entry to uvicorn: its protocols with the guards they lack, and a stop that says goodbye first.

What the installed server would do by itself, measured: never time out a handshake, keep a peer that stopped reading
for ever, compress every frame, accept frames of 16 MiB, log addresses with their query strings, and close all sockets
with 1012 before the application hears of the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from web.doors import Doors
from web.settings import Settings
from web.socket_protocol import SocketProtocol

HANDSHAKE_SECONDS = 5.0
"""How long a connection may take to say its whole request header."""
HEARD_LATE_SECONDS = 0.3
USER_TIMEOUT_MS = 20_000
"""A peer that acknowledges nothing for this long is gone; the kernel alone would try for a quarter of an hour."""
MAX_SOCKET_BYTES = 64 * 1024
"""The server's own bound for one frame; the conversation's is 8 KiB and answered politely."""
KEEP_ALIVE_SECONDS = 15
GRACEFUL_SECONDS = 5
BACKLOG = 4096
"""Thousands come back at once when another node dies."""


class CannotListen(Exception):
    """The address cannot be listened on; the text says why."""


class GuardedHttp(HttpToolsProtocol):
    """An HTTP connection that must say what it wants in time; sockets begin here too."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock of the handshake."""
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else ""
        self._is_inside = self._is_unfinished = _doors(self.config).knock(self._peer, len(self.connections))
        if not self._is_inside:
            transport.abort()
        raw = transport.get_extra_info("socket")
        if raw is not None and raw.family in (socket.AF_INET, socket.AF_INET6):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        self._deadline = asyncio.get_running_loop().call_later(HANDSHAKE_SECONDS, self._is_late, transport)

    def _is_late(self, transport: asyncio.Transport) -> None:
        """Give what lies in the buffer a last chance: perhaps it was this process that stood still."""
        self._deadline = asyncio.get_running_loop().call_later(HEARD_LATE_SECONDS, transport.abort)

    def on_headers_complete(self) -> None:
        """Stop it: whoever has said a whole header is a client."""
        self._deadline.cancel()
        self._count_greeted()
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        """Count it no longer: from here on it is a socket, and another protocol hears of its end."""
        super().handle_websocket_upgrade()
        self._count_left()
        # It holds what holds it, and the server lets go of it only where an HTTP connection ends.
        del self.parser

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop it as well."""
        self._deadline.cancel()
        self._count_greeted()
        self._count_left()
        super().connection_lost(exc)

    def _count_greeted(self) -> None:
        if self._is_unfinished:
            self._is_unfinished = False
            _doors(self.config).greeted(self._peer)

    def _count_left(self) -> None:
        if self._is_inside:
            self._is_inside = False
            _doors(self.config).left(self._peer)


class GuardedConfig(uvicorn.Config):
    """What the server is made with, and the doors that its connections go through."""

    doors: Doors


def _doors(config: uvicorn.Config) -> Doors:
    assert isinstance(config, GuardedConfig)  # nosec B101 # narrows a type
    return config.doors


class Server(uvicorn.Server):
    """Serves until it is asked to stop, then drains before anything is closed."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        doors: Doors,
        *,
        on_ready: Callable[[], Awaitable[None]],
        on_stopping: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(_config(app, settings, doors))
        self._on_ready, self._on_stopping = on_ready, on_stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept, then say so."""
        await super().startup(sockets)
        if self.started:
            await self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say goodbye to everybody, then take nobody new and close.

        Meanwhile it goes on to accept: readiness says in words that this process stops, a request is answered, a new
        socket is sent on with a code. A closed door would be a 502 behind a proxy, and a line lost without a word.
        """
        if not self.force_exit:
            drain = asyncio.ensure_future(self._on_stopping())
            while not drain.done() and not self.force_exit:
                await asyncio.wait([drain], timeout=0.1)
            drain.cancel()
            await asyncio.gather(drain, return_exceptions=True)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear Ctrl-C and SIGTERM without raising them again afterwards: our own cleaning up still has to run."""
        loop = asyncio.get_running_loop()
        for one in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(one, self.handle_exit, one, None)
        try:
            yield
        finally:
            # Stopping already: a second Ctrl-C must not interrupt the stores while they write.
            for one in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(one, _nothing)


def _nothing() -> None:
    pass


def _config(app: ASGIApp, settings: Settings, doors: Doors) -> GuardedConfig:
    config = GuardedConfig(
        app,
        http=GuardedHttp,
        ws=SocketProtocol,
        ws_max_size=MAX_SOCKET_BYTES,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    config.doors = doors
    return config


def listen(host: str, port: int) -> socket.socket:
    """Take the address before anything else is started, or say clearly why not."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError:
        raise CannotListen(f"VIGIE_HOST={host} is not an address of this machine.") from None
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as wrong:
        listener.close()
        raise CannotListen(_why(wrong, host, port)) from None
    listener.setblocking(False)
    return listener


def _why(wrong: OSError, host: str, port: int) -> str:
    if wrong.errno == errno.EADDRINUSE:
        return f"Port {port} is in use: stop what listens there, or choose another one with VIGIE_PORT."
    if wrong.errno == errno.EACCES:
        return f"Port {port} needs rights this user does not have: choose one above 1023 with VIGIE_PORT."
    return f"{host}:{port} cannot be listened on ({wrong.strerror}): check VIGIE_HOST and VIGIE_PORT."

"""One raw connection to a Redis-protocol server: bytes out, parsed replies in, no queue and no opinion.

redis-py connects (address, TLS, login), then its transport is taken over: its per-reply machinery costs more than the
whole rest of a progress call. Both RESP2 and RESP3 are understood, as far as scripts and pub/sub use them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from hub.ports import StoreUnavailable

CONNECT_SECONDS = 1.0

log = logging.getLogger("vigie.redis")


class ReplyError(str):
    """An error reply of the server: a value, because it belongs to exactly one call."""

    __slots__ = ()


Reply: TypeAlias = "int | bytes | ReplyError | list[Reply] | None"


class BadReply(Exception):
    """The server spoke something that is not the protocol: the connection is of no use any more."""


def pack(*parts: str | bytes | int) -> bytes:
    """Encode one command."""
    out = [b"*%d\r\n" % len(parts)]
    for part in parts:
        raw = part if isinstance(part, bytes) else str(part).encode()
        out.append(b"$%d\r\n%b\r\n" % (len(raw), raw))
    return b"".join(out)


class ReplyParser:
    """Cuts a stream of bytes into replies."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[Reply]:
        """Take some bytes, return the replies that are complete. Raises BadReply."""
        buffer = self._buffer + data if self._buffer else data
        replies: list[Reply] = []
        at = 0
        while True:
            try:
                reply, after = _parse(buffer, at)
            except _Incomplete:
                self._buffer = buffer[at:]
                return replies
            replies.append(reply)
            at = after


class _Incomplete(Exception):
    """More bytes are needed."""


_INTEGER, _BULK, _SIMPLE, _ERROR, _NULL = b":"[0], b"$"[0], b"+"[0], b"-"[0], b"_"[0]
_VERBATIM, _MAP = b"="[0], b"%"[0]
_LISTS = frozenset(b"*>~")
"""Array, push and set: the same to us."""


def _parse(buffer: bytes, at: int) -> tuple[Reply, int]:
    end = buffer.find(b"\r\n", at)
    if end < 0:
        raise _Incomplete
    kind = buffer[at]
    line = buffer[at + 1 : end]
    after = end + 2
    if kind == _INTEGER:
        return _number(line), after
    if kind == _BULK:
        return _parse_bulk(buffer, after, _number(line))
    if kind == _VERBATIM:
        text, after = _parse_bulk(buffer, after, _number(line))
        # Three letters and a colon say what kind of text it is.
        return text[4:] if isinstance(text, bytes) else text, after
    if kind in _LISTS:
        return _parse_list(buffer, after, _number(line))
    if kind == _MAP:
        return _parse_list(buffer, after, 2 * _number(line))
    if kind == _SIMPLE:
        return line, after
    if kind == _ERROR:
        return ReplyError(line.decode(errors="replace")), after
    if kind == _NULL:
        return None, after
    raise BadReply(buffer[at : at + 1])


def _number(line: bytes) -> int:
    try:
        return int(line)
    except ValueError:
        raise BadReply(line[:20]) from None


def _parse_bulk(buffer: bytes, at: int, length: int) -> tuple[Reply, int]:
    if length < 0:
        return None, at
    if len(buffer) < at + length + 2:
        raise _Incomplete
    return buffer[at : at + length], at + length + 2


def _parse_list(buffer: bytes, at: int, length: int) -> tuple[Reply, int]:
    if length < 0:
        return None, at
    items: list[Reply] = []
    for _ in range(length):
        item, at = _parse(buffer, at)
        items.append(item)
    return items, at


class RawConnection(asyncio.Protocol):
    """A connected, logged-in transport; tells of replies and, once, of its loss."""

    def __init__(self, replied: Callable[[list[Reply]], None], lost: Callable[[RawConnection], None]) -> None:
        self._replied = replied
        self._lost = lost
        self._parser = ReplyParser()
        self._transport: asyncio.WriteTransport | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._is_cut = False

    @classmethod
    async def open(
        cls, client: Redis, replied: Callable[[list[Reply]], None], lost: Callable[[RawConnection], None]
    ) -> RawConnection:
        """Connect as the client would. Raises StoreUnavailable."""
        connection: AbstractConnection = client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
        connection.retry = Retry(NoBackoff(), 0)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await connection.connect()  # type: ignore[no-untyped-call]
        # uvloop raises a RuntimeError on a transport that closed while we were saying hello.
        except (RedisError, OSError, TimeoutError, RuntimeError) as error:
            await _drop(connection)
            # The library wraps what happened, a wrong password too, into an error of the network.
            raise StoreUnavailable(f"Redis: {type(error.__cause__ or error).__name__}") from error
        except asyncio.CancelledError:
            await _drop(connection)
            raise
        opened = cls(replied, lost)
        opened._take_over(connection)
        return opened

    def _take_over(self, connection: AbstractConnection) -> None:
        writer = connection._writer
        assert writer is not None  # nosec B101 # narrows a type
        # The writer is kept: newer Pythons close its transport when it is collected.
        self._writer, self._transport = writer, writer.transport
        connection._reader = connection._writer = None
        writer.transport.set_protocol(self)

    def write(self, data: bytes) -> None:
        """Send bytes; a lost connection is told through `lost`, never here."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def abort(self) -> None:
        """Cut the connection: nothing is heard of it any more but `lost`."""
        self._is_cut = True
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Cut what came into replies; nonsense ends the connection."""
        if self._is_cut:
            return
        try:
            replies = self._parser.feed(data)
        except BadReply as nonsense:
            log.error("not the Redis protocol: %s", nonsense)
            self.abort()
            return
        if replies:
            self._replied(replies)

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell the owner, once."""
        if self._transport is not None:
            self._transport = None
            self._lost(self)


async def _drop(connection: AbstractConnection) -> None:
    with suppress(RedisError, OSError, TimeoutError, RuntimeError):
        await connection.disconnect(nowait=True)

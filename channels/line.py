"""A socket as the channels see it, whatever server it comes from; and what ends it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from channels.close_codes import CloseCode
from hub.model import ConnectionId

log = logging.getLogger("vigie.connection")


class Line(Protocol):
    """One accepted socket. What comes over it is handed on where it comes: nobody has to be woken to take it."""

    def listen(self, hear: Callable[[str | bytes | None], None]) -> None:
        """Hand on each message, once and in order (bytes: a binary one), and None when the line is closed."""
        ...

    def say(self, text: bytes) -> bool:
        """Send one text message; False, and nothing is sent, while the peer does not read. Raises LineClosed."""
        ...

    async def drained(self) -> None:
        """Wait until the peer reads again, or is gone."""
        ...

    async def close(self, code: int) -> None:
        """Close the line with a code. Raises LineClosed."""
        ...


class LineClosed(Exception):
    """The peer is gone: nothing can be sent any more."""


class Goodbye(Exception):
    """The conversation is over, for this reason."""

    def __init__(self, code: CloseCode, after_ms: int = 0, reason: str | None = None) -> None:
        super().__init__(code.reason)
        self.code = code
        self.after_ms = after_ms
        self.reason = reason or code.reason

    def bare(self) -> Goodbye:
        """Return its words without where they were raised: from there everything of a connection can be reached."""
        return Goodbye(self.code, self.after_ms, self.reason)


class Ending:
    """The end of a line; the first one counts.

    What is raised within ends the line: a goodbye with its word, a lost peer without, an accident of ours aloud.
    """

    __slots__ = ("_connection", "over")

    def __init__(self, connection: ConnectionId) -> None:
        """Take whose end it is, by the id that its welcome and the log call it by."""
        self._connection = connection
        self.over: asyncio.Future[Goodbye | None] = asyncio.get_running_loop().create_future()

    @property
    def has_come(self) -> bool:
        """Tell whether the line has ended."""
        return self.over.done()

    @property
    def goodbye(self) -> Goodbye | None:
        """Return the word it ended with, if it has ended with one."""
        return self.over.result() if self.over.done() else None

    def end(self, goodbye: Goodbye | None) -> None:
        """End the line; without a goodbye the peer has gone."""
        if not self.over.done():
            self.over.set_result(goodbye and goodbye.bare())

    def __enter__(self) -> None:
        """Begin what may end the line."""

    def __exit__(
        self, _kind: type[BaseException] | None, accident: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        """End the line; who is cancelled stays cancelled."""
        if accident is None or not isinstance(accident, Exception):
            return False
        if isinstance(accident, Goodbye):
            self.end(accident)
        elif isinstance(accident, LineClosed):
            self.end(None)
        else:
            log.error("connection %s stumbled", self._connection, exc_info=accident)
            self.end(Goodbye(CloseCode.RESYNC, 500))
        return True

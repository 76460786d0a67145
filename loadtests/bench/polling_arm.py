"""The reference to leave behind: answers posted one by one, and dashboards that ask for the whole room every 5 s."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import msgspec

from loadtests.bench.arms import Arm
from loadtests.bench.hall import Screen, Seat
from loadtests.bench.install import python_peer, python_versions, uvicorn
from loadtests.bench.lines import Line
from loadtests.bench.wire import CALL, PROGRESS, Fact, progress_frame
from loadtests.frames import Facets

EVERY_SECONDS = 5.0
HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "


class Told(msgspec.Struct):
    """The whole room."""

    rows: list[Facets]


_told = msgspec.json.Decoder(Told)


class HttpLine(Line):
    """A kept connection over which one request is made at a time."""

    says_only_the_last = True

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[bytes] = deque()
        self._asked = False
        self._held = b""

    def begin(self) -> None:
        """Ask the first thing."""
        raise NotImplementedError

    def answered(self, body: bytes) -> None:
        """Take an answer."""

    def ask(self, method: str, path: str, body: bytes = b"") -> None:
        """Make a request, after those before it."""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        self._waiting.append(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        self._ask_next()

    def _ask_next(self) -> None:
        if not self._asked and self._waiting and self._transport is not None:
            self._asked = True
            self._transport.write(self._waiting[0])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: there is nothing to upgrade."""
        self.take(transport)
        self.begin()

    def data_received(self, data: bytes) -> None:
        """Put an answer together."""
        self._held += data
        head, found, body = self._held.partition(HEAD_END)
        if not found:
            return
        at = head.lower().find(LENGTH)
        size = int(head[at + len(LENGTH) :].split(b"\r", 1)[0]) if at >= 0 else 0
        if len(body) < size:
            return
        if not head.startswith(b"HTTP/1.1 2"):
            self.cut()
            return
        self._held, self._asked = body[size:], False
        self._waiting.popleft()
        self.settle()
        self.answered(body[:size])
        self._ask_next()


class PollingCandidate(HttpLine):
    """Posts each answer and each call; what got no answer is posted again on the next line."""

    def __init__(self, seat: Seat) -> None:
        super().__init__()
        self._seat = seat
        self._path = f"/rooms/{seat.room.number}/candidates/{seat.id}"
        self._unanswered: deque[Fact | None] = seat.told.setdefault("unanswered", deque())

    def begin(self) -> None:
        """Take the seat, then repeat."""
        again = [fact for fact in self._unanswered if fact is not None]
        self._unanswered.clear()
        self._unanswered.append(None)
        self.ask("POST", self._path)
        for kind, _, number in again:
            (self.progress if kind == PROGRESS else self.call)(number)

    def answered(self, body: bytes) -> None:
        """Note what was committed."""
        fact = self._unanswered.popleft()
        if fact is not None and fact[0] == PROGRESS and self._seat.room.answered is not None:
            self._seat.room.answered(self._seat)

    def progress(self, number: int) -> None:
        """Tell the number of answers."""
        self._unanswered.append((PROGRESS, self._seat.id, number))
        self.ask("POST", f"{self._path}/progress", progress_frame(number))

    def call(self, number: int) -> None:
        """Call for help."""
        self._unanswered.append((CALL, self._seat.id, number))
        self.ask("POST", f"{self._path}/help", b'{"text":"%d"}' % number)


class PollingDashboard(HttpLine):
    """Asks for its room when it comes and every five seconds after, each dashboard at a moment of its own."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen

    def begin(self) -> None:
        """Ask at once; the next time within five seconds."""
        self._poll()
        asyncio.get_running_loop().call_later(random.uniform(0, EVERY_SECONDS), self._poll_on)

    def answered(self, body: bytes) -> None:
        """Show the room: all that happened up to now is in it."""
        facts: list[Fact] = []
        for row in _told.decode(body).rows:
            facts += [(CALL, row["id"], int(one["text"] or 0)) for one in row["help"]]
            if row["progress"] is not None:
                facts.append((PROGRESS, row["id"], row["progress"]["answered"]))
        self._screen.hear(facts, is_whole=True)

    def _poll(self) -> None:
        # Never two at once: a server that is late is not asked more often.
        if not self._waiting:
            self.ask("GET", f"/rooms/{self._screen.room.number}")

    def _poll_on(self) -> None:
        if self._transport is not None:
            self._poll()
            asyncio.get_running_loop().call_later(EVERY_SECONDS, self._poll_on)


class Polling(Arm):
    """Polling. `in flight` are answers that are not committed; dashboards learn of them when they ask."""

    name, title = "polling", "polling every 5 s, Starlette + asyncpg"
    has_pubsub = False
    is_done_when_answered: ClassVar[bool] = True
    rest_seconds = 1.0
    python: Path

    @classmethod
    def prepare(cls, build: Path) -> Mapping[str, str]:
        """Install it with pip."""
        cls.python = python_peer(cls.name, build)
        return python_versions(cls.python, ("starlette", "asyncpg", "uvicorn"))

    def command(self) -> tuple[Sequence[str], Mapping[str, str]]:
        """Start the app; it keeps quiet connections for as long as a proxy does, not for uvicorn's 5 s."""
        return (*uvicorn(self.python, self.name), "--timeout-keep-alive", "75"), {}

    def candidate(self, seat: Seat) -> Line:
        """Make a candidate's line."""
        return PollingCandidate(seat)

    def dashboard(self, screen: Screen) -> Line:
        """Make a dashboard's line."""
        return PollingDashboard(screen)

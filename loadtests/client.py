"""A candidate's client that speaks the protocol and nothing else: the demo plays with it, load tests multiply it.

`identify` gets a token over HTTP; a `Line` is one socket from hello to bye. The line answers beats, acknowledges the
states it is given and cuts itself when the hub falls silent; whoever plays reads `line.state` and waits for `changed`.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from channels import wire

SILENCE_SECONDS = 9.0
"""A candidate's client drops a line on which it heard nothing for this long."""
ANSWER_SECONDS = 5.0
RESEND_SECONDS = 30.0
FIRST_TRY_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 20.0
LONGEST_ASKED_SECONDS = 60.0
"""No goodbye makes a client stay away for longer."""
STABLE_SECONDS = 30.0
"""A line that held for this long was a good one: the next pause begins small again."""
LONGEST_TURN_SECONDS = 30.0
"""No hub asks anybody to wait longer before they enter."""

_hears = msgspec.json.Decoder(wire.CandidateHears)
_encoder = msgspec.json.Encoder()


class LineLost(Exception):
    """The line is gone; `may_return` says whether the hub wants this client back, and after how long."""

    def __init__(self, *, may_return: bool = True, after_seconds: float = 0.0, code: int = 1006) -> None:
        super().__init__(f"closed with {code}")
        self.may_return, self.after_seconds, self.code = may_return, after_seconds, code

    @classmethod
    def told(cls, bye: wire.Bye) -> LineLost:
        """Read it from a goodbye."""
        return cls(may_return=bye.reconnect, after_seconds=bye.after_ms / 1000, code=bye.code)

    @classmethod
    def closed(cls, code: int) -> LineLost:
        """Read it from a close code, where nobody said goodbye."""
        return cls(may_return=not 4000 <= code < 4100, code=code)


class IdentityRefused(Exception):
    """The hub did not recognise this person; the text is its code."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who a candidate says they are."""

    last_name: str
    first_name: str
    birthdate: date

    def says(self, session_number: int) -> dict[str, object]:
        """Return what this person types to be let in."""
        return {
            "session_number": session_number,
            "last_name": self.last_name,
            "first_name": self.first_name,
            "birthdate": self.birthdate.isoformat(),
        }


async def identify(http: httpx.AsyncClient, session_number: int, person: Person) -> str:
    """Get a token. Raises IdentityRefused, or httpx.HTTPError while the hub is away."""
    answer = await http.post("/api/candidate/identity", json=person.says(session_number))
    if answer.status_code >= 500:
        answer.raise_for_status()
    if answer.status_code != 200:
        raise IdentityRefused(str(answer.json()["error"]["code"]))
    return str(answer.json()["token"])


def new_key() -> str:
    """Make an idempotency key: one per deed, the same each time it is sent again."""
    return str(uuid.uuid4())


class Line:
    """One socket of one candidate."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._replies: dict[int, asyncio.Future[wire.Reply]] = {}
        self._ref = 0
        self._changed = asyncio.Event()
        self._lost: LineLost | None = None
        self._turn_at = 0.0
        self.welcome: wire.Welcome | None = None
        self.state: wire.State | None = None
        self.messages: list[wire.Message] = []

    # ── hearing ────────────────────────────────────────────────────────────────────────────────────────────

    async def until(self, is_true: Callable[[wire.State], bool], seconds: float | None = None) -> bool:
        """Wait for a state; False when the time is over first. Raises LineLost."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    self._check()
                    if self.state is not None and is_true(self.state):
                        return True
                    self._changed.clear()
                    await self._changed.wait()
        return False

    async def listen(self) -> None:
        """Hear frames until the line is gone. Never raises: whoever waits on the line hears of the loss."""
        lost = LineLost()
        try:
            while True:
                async with asyncio.timeout(SILENCE_SECONDS):
                    raw = await self._socket.recv()
                goodbye = await self._hear(raw)
                if goodbye is not None:
                    lost = goodbye
                    break
        except (ConnectionClosed, TimeoutError, OSError):
            lost = LineLost.closed(self._socket.close_code or 1006)
        finally:
            self._give_up(lost)

    async def _hear(self, raw: str | bytes) -> LineLost | None:
        try:
            frame = _hears.decode(raw)
        except msgspec.ValidationError:
            return None  # a frame of a later version: not for us
        match frame:
            case wire.CandidateBeat():
                await self._say({"type": "alive"})
            case wire.State():
                self.state = frame
                self._turn_at = time.monotonic() + min(frame.enter_after_ms / 1000, LONGEST_TURN_SECONDS)
                await self._say({"type": "ack", "version": frame.version})
            case wire.Reply():
                waiting = self._replies.pop(frame.ref, None) if frame.ref is not None else None
                if waiting is not None and not waiting.done():
                    waiting.set_result(frame)
            case wire.Welcome():
                self.welcome = frame
            case wire.Message():
                self.messages.append(frame)
            case wire.Bye():
                return LineLost.told(frame)
        self._changed.set()
        return None

    def _give_up(self, lost: LineLost) -> None:
        self._lost = lost
        for waiting in self._replies.values():
            if not waiting.done():
                waiting.set_exception(lost)
                waiting.exception()  # whoever asked may be gone already
        self._changed.set()

    def _check(self) -> None:
        if self._lost is not None:
            raise self._lost

    # ── saying ─────────────────────────────────────────────────────────────────────────────────────────────

    async def hello(self, token: str, session_number: int | None = None) -> wire.State:
        """Say who this is; return the first state."""
        frame: dict[str, object] = {"type": "hello", "token": token}
        if session_number is not None:
            frame["session"] = session_number
        await self._say(frame)
        if not await self.until(lambda _: True, ANSWER_SECONDS):
            raise LineLost
        assert self.state is not None
        return self.state

    async def enter(self, access_code: str, key: str, total: int | None = None) -> wire.Reply:
        """Ask for the test, when this client's turn among those who enter has come."""
        await asyncio.sleep(self._turn_at - time.monotonic())
        return await self._ask({"type": "enter", "key": key, "access_code": access_code, "total": total})

    async def progress(self, answered: int, total: int, question: int | None = None) -> None:
        """Tell how far this candidate is."""
        await self._say({"type": "progress", "answered": answered, "total": total, "question": question})

    async def help(self, kind: str, key: str, question: int | None = None, text: str | None = None) -> wire.Reply:
        """Call the invigilator."""
        return await self._ask({"type": "help", "key": key, "kind": kind, "question": question, "text": text})

    async def finish(self, key: str, answered: int, total: int) -> wire.Reply:
        """Finish the test."""
        return await self._ask({"type": "finish", "key": key, "answered": answered, "total": total})

    async def abort(self) -> None:
        """Break the line as a pulled plug does: no goodbye."""
        self._socket.transport.abort()

    async def _ask(self, frame: dict[str, object]) -> wire.Reply:
        """Send a frame with a number and wait for its reply. Raises LineLost, also when no reply comes."""
        self._check()
        self._ref += 1
        waiting: asyncio.Future[wire.Reply] = asyncio.get_running_loop().create_future()
        self._replies[self._ref] = waiting
        await self._say({**frame, "ref": self._ref})
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await waiting
        except TimeoutError:
            raise LineLost from None

    async def _say(self, frame: dict[str, object]) -> None:
        try:
            await self._socket.send(_encoder.encode(frame).decode())
        except (ConnectionClosed, OSError):
            raise self._lost or LineLost() from None


@asynccontextmanager
async def line_to(base_url: str) -> AsyncIterator[Line]:
    """Open one socket. Raises LineLost when it cannot be had."""
    address = base_url.replace("http", "ws", 1) + "/ws/candidate"
    try:
        socket = await connect(
            address,
            subprotocols=[Subprotocol(wire.SUBPROTOCOL)],
            compression=None,
            ping_interval=None,
            open_timeout=ANSWER_SECONDS,
            close_timeout=1,
            proxy=None,
        )
    except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
        raise LineLost from None
    line = Line(socket)
    listening = asyncio.create_task(line.listen())
    try:
        yield line
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        await socket.close()


class Backoff:
    """How long to wait before coming back: full jitter, so that a thousand clients do not come at once."""

    def __init__(self) -> None:
        self._tries = 0

    def pause(self, lost: LineLost, held_seconds: float) -> float:
        """Return the seconds to wait after this loss of a line that held for so long."""
        self._tries = 0 if held_seconds > STABLE_SECONDS else self._tries
        ceiling = min(LONGEST_PAUSE_SECONDS, FIRST_TRY_SECONDS * 2**self._tries)
        self._tries = min(self._tries + 1, 10)
        return min(LONGEST_ASKED_SECONDS, lost.after_seconds) + random.uniform(0, ceiling)

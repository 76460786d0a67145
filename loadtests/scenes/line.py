"""One socket as a Locust user holds it: the user's greenlet says and asks, another one hears and answers beats."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from typing import Generic, TypeVar

import gevent
import msgspec
from gevent.event import AsyncResult, Event
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from channels import wire
from loadtests.client import ANSWER_SECONDS, RESEND_SECONDS, SILENCE_SECONDS, LineLost
from loadtests.frames import Beat
from loadtests.owed import PROGRESS_REF

_encode = msgspec.json.Encoder().encode
_ALIVE = '{"type":"alive"}'
OPEN_SECONDS = 20.0
CLOSE_SECONDS = 1.0

Frame = TypeVar("Frame")


class Refused(Exception):
    """The hub said no; the text is its code. `after_seconds`: come again then."""

    def __init__(self, code: str, after_seconds: float | None = None) -> None:
        super().__init__(code)
        self.code, self.after_seconds = code, after_seconds


class NoAnswer(Exception):
    """The hub did not answer in time."""


class LineFailed(LineLost):
    """The line is gone and nobody said why; the text says what was seen."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.args = (text,)


class Line(Generic[Frame]):
    """One socket from hello to goodbye. `hear` is called with each frame, in the reading greenlet."""

    def __init__(
        self, base_url: str, path: str, decode: Callable[[bytes], Frame], hear: Callable[[Frame], None]
    ) -> None:
        self._decode, self._hear = decode, hear
        self._replies: dict[int, AsyncResult[wire.Reply]] = {}
        self._ref = 0
        self._news = Event()
        self._open = ExitStack()
        self.lost: LineLost | None = None
        self.refusals: list[tuple[int, str]] = []
        self._socket = self._dial(base_url.replace("http", "ws", 1) + path)
        self._listener = gevent.spawn(self._listen)

    def _dial(self, address: str) -> ClientConnection:
        try:
            return self._open.enter_context(
                connect(
                    address,
                    subprotocols=[Subprotocol(wire.SUBPROTOCOL)],
                    compression=None,
                    ping_interval=None,
                    proxy=None,
                    open_timeout=OPEN_SECONDS,
                    close_timeout=CLOSE_SECONDS,
                )
            )
        except (OSError, InvalidHandshake, ConnectionClosed) as error:
            raise LineFailed(f"no connection: {type(error).__name__} {error}") from None

    # ── hearing ────────────────────────────────────────────────────────────────────────────────────────────

    def _listen(self) -> None:
        lost: LineLost = LineFailed("the reader failed")
        try:
            while True:
                goodbye = self._take(self._socket.recv(SILENCE_SECONDS, decode=False))
                if goodbye is not None:
                    lost = goodbye
                    break
        except TimeoutError:
            lost = LineFailed(f"heard nothing for {SILENCE_SECONDS:g} s")
        except (ConnectionClosed, OSError, LineLost):
            lost = LineLost.closed(self._socket.close_code or 1006)
        finally:
            self._give_up(lost)

    def _take(self, raw: bytes) -> LineLost | None:
        try:
            frame = self._decode(raw)
        except msgspec.ValidationError:
            return None  # a frame of a later version: not for us
        if isinstance(frame, Beat | wire.CandidateBeat | wire.AdminBeat):
            self._socket.send(_ALIVE)
        elif isinstance(frame, wire.Reply):
            self._reply(frame)
        elif isinstance(frame, wire.Bye):
            return LineLost.told(frame)
        self._hear(frame)
        self._news.set()
        return None

    def _reply(self, frame: wire.Reply) -> None:
        waiting = self._replies.pop(frame.ref, None) if frame.ref is not None else None
        if waiting is not None:
            waiting.set(frame)
        elif not frame.ok and isinstance(frame.error, wire.ErrorView):
            self.refusals.append(((frame.ref or PROGRESS_REF) - PROGRESS_REF, frame.error.code))

    def _give_up(self, lost: LineLost) -> None:
        self.lost = self.lost or lost
        for waiting in self._replies.values():
            waiting.set_exception(self.lost)
        self._replies.clear()
        self._news.set()

    # ── waiting ────────────────────────────────────────────────────────────────────────────────────────────

    def wait(self, seconds: float) -> None:
        """Wait for the next frame, for `poke`, or for so long. Raises LineLost."""
        self.check()
        self._news.clear()
        self._news.wait(max(0.0, seconds))
        self.check()

    def poke(self) -> None:
        """Wake whoever waits."""
        self._news.set()

    def check(self) -> None:
        """Raise LineLost once the line is gone."""
        if self.lost is not None:
            raise self.lost

    # ── saying ─────────────────────────────────────────────────────────────────────────────────────────────

    def say(self, frame: Mapping[str, object]) -> None:
        """Send a frame. Raises LineLost."""
        self.check()
        try:
            self._socket.send(_encode(frame).decode())
        except (ConnectionClosed, OSError):
            raise self.lost or LineLost() from None

    def ask(self, frame: Mapping[str, object]) -> wire.Reply:
        """Send a frame with a number and wait for its reply. Raises Refused, NoAnswer or LineLost."""
        self.check()
        self._ref += 1
        ref = self._ref
        waiting: AsyncResult[wire.Reply] = AsyncResult()
        self._replies[ref] = waiting
        self.say({**frame, "ref": ref})
        try:
            reply: wire.Reply = waiting.get(timeout=ANSWER_SECONDS)
        except gevent.Timeout:
            self._replies.pop(ref, None)
            raise NoAnswer(f"no reply in {ANSWER_SECONDS:g} s") from None
        if isinstance(reply.error, wire.ErrorView):
            after_ms = reply.error.after_ms
            raise Refused(reply.error.code, None if after_ms is None else after_ms / 1000)
        return reply

    def insist(self, frame: Mapping[str, object]) -> wire.Reply:
        """Ask; unanswered, or asked to come again, send the same deed with the same key, as long as a client does."""
        deadline = time.monotonic() + RESEND_SECONDS
        while True:
            try:
                return self.ask(frame)
            except Refused as refused:
                if refused.after_seconds is None or time.monotonic() + refused.after_seconds > deadline:
                    raise
                gevent.sleep(refused.after_seconds)
            except NoAnswer:
                if time.monotonic() > deadline:
                    raise

    def break_off(self) -> None:
        """Break the line as a pulled plug does: no goodbye."""
        self.lost = self.lost or LineLost()
        with suppress(OSError):
            self._socket.socket.shutdown(socket.SHUT_RDWR)
        self.close()

    def close(self) -> None:
        """Leave."""
        self._listener.kill()
        with suppress(ConnectionClosed, OSError):
            self._open.close()

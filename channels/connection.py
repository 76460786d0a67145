"""One socket from its hello to its goodbye: what is heard is judged in order, what there is to tell is told.

The conversation (candidate, invigilator or admin) says what frames mean; this file knows the course of a connection:
hello, welcome, beats, silence, and how to say goodbye.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import msgspec

from channels import wire
from channels.close_codes import CloseCode
from channels.figures import LEFT, RoleFigures
from channels.hearing import Hearing
from channels.inbox import Inbox
from channels.line import Ending, Goodbye, Line, LineClosed
from channels.rates import Rate
from channels.telling import Speaker, Telling
from channels.translate import refused
from hub.model import ConnectionId
from hub.ports import Clock, StoreAccident
from hub.refusals import Code, Refusal
from hub.turns import refusal_of

log = logging.getLogger("vigie.connection")

HELLO_SECONDS = 5.0
"""How long a client may take to say who it is."""
HEARD_LATE_SECONDS = 0.3
"""After that time: what lay in the buffer meanwhile is read within this."""
MAX_PENDING_FRAMES = 64
"""Frames waiting to be judged; the next one is answered `busy`."""
LAST_FRAMES_SECONDS = 4.0
"""How long frames that had arrived before the end may still be judged: a finish and a closed lid belong together."""
GOODBYE_SECONDS = 1.0
"""How long the last frames may take before the socket is cut."""

_encoder = msgspec.json.Encoder()
Frame = TypeVar("Frame")


class Conversation(Speaker, Protocol[Frame]):
    """What the frames of one role mean."""

    async def open(self, hello: wire.Hello, connection: Connection[Frame]) -> wire.Welcome:
        """Judge the hello. Raises Goodbye."""
        ...

    def handle(self, frame: Frame) -> wire.Reply | Awaitable[wire.Reply | None] | None:
        """Do what a frame asks: on the spot, which may raise Goodbye, or in the time that what it returns takes.

        That may raise a StoreAccident too.
        """
        ...

    async def closed(self, *, by_silence: bool, code: CloseCode | None) -> None:
        """Hear that the line is gone, and let go of the connection."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What one role may send, and how often its line is proven."""

    rate: Rate
    heartbeat_seconds: float

    def view(self) -> wire.Limits:
        """Return the limits as the welcome says them."""
        return wire.Limits(wire.MAX_FRAME_BYTES, self.rate.per_second, self.rate.burst)


class Connection(Generic[Frame]):
    """One accepted socket, from hello to goodbye.

    What knows it while it lasts, its inbox, its conversation and its line, lets go of it at the end: so all of it is
    freed on the spot. A storm of ten thousand would leave as many circles behind, and Python seldom looks for those.
    """

    def __init__(
        self,
        line: Line,
        conversation: Conversation[Frame],
        decoder: msgspec.json.Decoder[Frame],
        limits: Limits,
        clock: Clock,
        identity: ConnectionId,
        figures: RoleFigures,
    ) -> None:
        self._line, self._conversation, self._clock, self._figures = line, conversation, clock, figures
        self.limits, self.id = limits, identity
        self._ending = Ending(identity)
        self._telling = Telling(line, conversation, clock, figures, self._ending)
        self._hearing = Hearing(decoder, limits.rate, clock.monotonic(), figures, self._telling.answer)
        self._inbox: Inbox[tuple[Frame, float]] = Inbox(MAX_PENDING_FRAMES, self._ending)
        self._hello: asyncio.Future[wire.Hello] = asyncio.get_running_loop().create_future()
        self.last_sign = self._begun_at = clock.monotonic()
        self.is_silent = False
        self.is_welcome = False

    # ── from outside ───────────────────────────────────────────────────────────────────────────────────────

    def wake(self, news_at: float | None = None) -> None:
        """Say that there is something to tell; for news, when they came to this node."""
        self._telling.wake(news_at)

    def beat_due(self) -> None:
        """Say that it is time for a beat."""
        self._telling.beat_due()

    def end(self, code: CloseCode, after_ms: int = 0, reason: str | None = None) -> None:
        """Ask the connection to say goodbye; the first reason counts."""
        self._ending.end(Goodbye(code, after_ms, reason))

    def cut_silent(self) -> None:
        """Give up a line that has not given a byte for too long."""
        self.is_silent = True
        self.end(CloseCode.SILENT)

    @property
    def has_ended(self) -> bool:
        """Tell whether the peer is known to be gone, or was sent away, while its hello is still being judged."""
        return self._ending.has_come

    def forgive_silence(self) -> None:
        """Count silence from now on: until now it was the hub that did not listen."""
        self.last_sign = self._clock.monotonic()

    # ── the whole life ─────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Hold the conversation until either side ends it. Never raises."""
        goodbye: Goodbye | None = None
        self._figures.accepted += 1
        self._figures.open += 1
        if not self._ending.has_come:
            self._line.listen(self._hear)
        try:
            await self._open(await self._greeting())
            goodbye = await self._ending.over
        except Goodbye as reason:
            goodbye = self._ending.goodbye or reason.bare()
        except StoreAccident:
            goodbye = Goodbye(CloseCode.STORE_UNAVAILABLE, 1000)
        except Exception:
            log.exception("connection %s failed", self.id)
            goodbye = Goodbye(CloseCode.RESYNC, 500)
        finally:
            self._figures.open -= 1
            self._ending.end(goodbye)
            # What was said before the line ended is judged: nothing that was heard is dropped.
            await self._inbox.close(LAST_FRAMES_SECONDS)
            await self._telling.stop()
            await self._part(goodbye)

    async def _greeting(self) -> wire.Hello:
        """Wait for the first words; a client that said them while this process stood still is asked to come again."""
        is_late = not await self._has_begun(HELLO_SECONDS)
        if is_late:
            await self._has_begun(HEARD_LATE_SECONDS)
        if not self._hello.done():
            raise Goodbye(CloseCode.NO_HELLO)
        if is_late:
            raise Goodbye(CloseCode.RESYNC, 500)
        return self._hello.result()

    async def _has_begun(self, seconds: float) -> bool:
        """Wait for so long; False when there was neither a hello nor an end."""
        begun, _ = await asyncio.wait(
            (self._hello, self._ending.over), timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        return bool(begun)

    async def _open(self, hello: wire.Hello) -> None:
        """Let the conversation judge the hello; what is told begins with its welcome."""
        heard_at = self.last_sign
        self._figures.hellos_waiting += 1
        try:
            welcome = _encoder.encode(await self._conversation.open(hello, self))
        finally:
            self._figures.hellos_waiting -= 1
        self._figures.welcome.note(self._clock.monotonic() - heard_at)
        self.forgive_silence()
        self.is_welcome = True
        self._telling.begin(welcome)
        self._inbox.open(self._judge)

    async def _part(self, goodbye: Goodbye | None) -> None:
        """Say why, close, and tell the conversation."""
        self._figures.closed[LEFT if goodbye is None else str(int(goodbye.code))] += 1
        if self.is_welcome:
            # Whoever was never welcome has no name to be found by: only counted, so that a flood fills no log.
            why = LEFT if goodbye is None else f"{int(goodbye.code)} {goodbye.reason}"
            log.info("connection %s ended after %.0f s: %s", self.id, self._clock.monotonic() - self._begun_at, why)
        if goodbye is not None:
            code = goodbye.code
            bye = wire.Bye(int(code), goodbye.reason, code.may_reconnect, goodbye.after_ms)
            with suppress(TimeoutError, LineClosed):
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await self._telling.finish(_encoder.encode(bye))
            with suppress(TimeoutError, LineClosed):
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await self._line.close(int(code))
        try:
            await self._conversation.closed(by_silence=self.is_silent, code=goodbye.code if goodbye else None)
        except Exception:
            log.exception("connection %s could not be put away", self.id)

    # ── what is heard ──────────────────────────────────────────────────────────────────────────────────────

    def _hear(self, raw: str | bytes | None) -> None:
        """Take what came over the line. Nothing here waits: an unread `alive` would kill a living client."""
        if raw is None or self._ending.has_come:
            self._ending.end(None)
            return
        self.last_sign = self._clock.monotonic()
        with self._ending:
            if self._hello.done():
                self._take(raw)
            else:
                self._hello.set_result(self._hearing.hello(raw))

    def _take(self, raw: str | bytes) -> None:
        frame = self._hearing.frame(raw, self.last_sign)
        if frame is not None and not self._inbox.put((frame, self.last_sign)):
            busy = refused(getattr(frame, "ref", None), Refusal(Code.BUSY, after_ms=1000))
            self._telling.answer(busy, frame, self.last_sign)

    def _judge(self, heard: tuple[Frame, float]) -> Awaitable[None] | None:
        frame, heard_at = heard
        reply = self._conversation.handle(frame)
        if reply is None:
            return None
        if not isinstance(reply, wire.Reply):
            return self._judge_in_time(reply, frame, heard_at)
        self._telling.answer(reply, frame, heard_at)
        return None

    async def _judge_in_time(self, judging: Awaitable[wire.Reply | None], frame: Frame, heard_at: float) -> None:
        try:
            reply = await judging
        except StoreAccident as accident:
            reply = refused(getattr(frame, "ref", None), refusal_of(accident))
        if reply is not None:
            self._telling.answer(reply, frame, heard_at)

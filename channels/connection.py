"""One socket and its three tasks: a reader that never awaits a store, a worker that judges, a writer that sends.

The conversation (candidate or invigilator) says what frames mean; this file knows hello, rates, bounds, beats and
how to say goodbye.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import msgspec

from channels import wire
from channels.close_codes import CloseCode
from channels.figures import LEFT, RoleFigures
from channels.inbox import Inbox, Wakeup
from channels.rates import Bucket, Rate
from channels.translate import error_view, refused
from hub.model import ConnectionId
from hub.ports import Clock, StoreAccident
from hub.refusals import Code, Refusal

log = logging.getLogger("vigie.connection")

HELLO_SECONDS = 5.0
"""How long a client may take to say who it is."""
HEARD_LATE_SECONDS = 0.3
"""After that time: what lay in the buffer meanwhile is read within this."""
MAX_PENDING_FRAMES = 64
"""Frames waiting for the worker; the next one is answered `busy`."""
MAX_PENDING_REPLIES = 32
"""Replies waiting for the writer; a client that does not read them is cut."""
MAX_RATE_REFUSALS = 20
MAX_BAD_FRAMES = 10
BAD_FRAMES_SECONDS = 60.0
LAST_FRAMES_SECONDS = 4.0
"""How long frames that had arrived before the end may still be judged: a finish and a closed lid belong together."""
GOODBYE_SECONDS = 1.0
"""How long the last frames may take before the socket is cut."""

_encoder = msgspec.json.Encoder()
Frame = TypeVar("Frame")


class Line(Protocol):
    """A socket as the channels see it, whatever server it comes from."""

    async def receive(self) -> str | bytes | None:
        """Return the next message (bytes: a binary one); None once the line is closed."""
        ...

    async def send(self, data: bytes) -> None:
        """Send one text message; waits while the peer does not read. Raises LineClosed."""
        ...

    async def close(self, code: int) -> None:
        """Close the line with a code."""
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


class Conversation(Protocol[Frame]):
    """What the frames of one role mean."""

    async def open(self, hello: wire.Hello, connection: Connection[Frame]) -> wire.Welcome:
        """Judge the hello. Raises Goodbye."""
        ...

    async def handle(self, frame: Frame) -> wire.Reply | None:
        """Do what a frame asks. Raises Goodbye or a StoreAccident."""
        ...

    async def pending(self) -> list[bytes]:
        """Take the frames that this socket has not been given yet."""
        ...

    def beat(self) -> bytes:
        """Make this socket's beat."""
        ...

    async def closed(self, *, by_silence: bool, code: CloseCode | None) -> None:
        """Hear that the line is gone."""
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
    """One accepted socket, from hello to goodbye."""

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
        self._line, self._conversation, self._decoder, self._clock = line, conversation, decoder, clock
        self._figures = figures
        self.limits, self.id = limits, identity
        self._bucket = Bucket(limits.rate, clock.monotonic())
        loop = asyncio.get_running_loop()
        self._frames: Inbox[tuple[Frame, float]] = Inbox(MAX_PENDING_FRAMES, loop)
        self._replies: list[tuple[wire.Reply, Frame | None, float]] = []
        self._wake = Wakeup(loop)
        self._over: asyncio.Future[Goodbye | None] = loop.create_future()
        self._greeting: asyncio.Timeout | None = None
        self._reader: asyncio.Task[Goodbye | None] | None = None
        self._rate_refusals = 0
        self._bad_frames: list[float] = []
        self._is_beat_due = False
        self._news_at: float | None = None
        self.last_sign = clock.monotonic()
        self.is_silent = False
        self.is_welcome = False

    # ── from outside ───────────────────────────────────────────────────────────────────────────────────────

    def wake(self, news_at: float | None = None) -> None:
        """Say that there is something to send; for news, when they came to this node."""
        if self._news_at is None:
            self._news_at = news_at
        self._wake.set()

    def beat_due(self) -> None:
        """Say that it is time for a beat."""
        self._is_beat_due = True
        self._wake.set()

    def end(self, code: CloseCode, after_ms: int = 0, reason: str | None = None) -> None:
        """Ask the connection to say goodbye; the first reason counts."""
        if not self._over.done():
            self._over.set_result(Goodbye(code, after_ms, reason))
            if self._greeting is not None:
                self._greeting.reschedule(asyncio.get_running_loop().time())

    def cut_silent(self) -> None:
        """Give up a line that has not given a byte for too long."""
        self.is_silent = True
        self.end(CloseCode.SILENT)

    @property
    def has_ended(self) -> bool:
        """Tell whether the peer is known to be gone, or was sent away, while its hello is still being judged."""
        return self._over.done() or (self._reader is not None and self._reader.done())

    def forgive_silence(self) -> None:
        """Count silence from now on: until now it was the hub that did not listen."""
        self.last_sign = self._clock.monotonic()

    # ── the whole life ─────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Hold the conversation until either side ends it. Never raises."""
        goodbye: Goodbye | None = None
        tasks: list[asyncio.Task[Goodbye | None]] = []
        self._figures.accepted += 1
        self._figures.open += 1
        try:
            hello = await self._hello()
            self._reader = asyncio.create_task(self._read())
            tasks.append(self._reader)
            await self._open(hello)
            self.forgive_silence()
            self.is_welcome = True
            tasks += [asyncio.create_task(self._work()), asyncio.create_task(self._write())]
            goodbye = await self._first_end(tasks)
        except Goodbye as reason:
            goodbye = self._over.result() if self._over.done() else reason
        except StoreAccident:
            goodbye = Goodbye(CloseCode.STORE_UNAVAILABLE, 1000)
        except Exception:
            log.exception("connection %s failed", self.id)
            goodbye = Goodbye(CloseCode.RESYNC, 500)
        finally:
            self._figures.open -= 1
            await self._judge_last_frames(tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._part(goodbye)

    async def _open(self, hello: wire.Hello) -> None:
        """Let the conversation judge the hello; the writer begins with its welcome."""
        heard_at = self.last_sign
        self._figures.hellos_waiting += 1
        try:
            self._welcome = _encoder.encode(await self._conversation.open(hello, self))
        finally:
            self._figures.hellos_waiting -= 1
        self._figures.welcome.note(self._clock.monotonic() - heard_at)

    async def _judge_last_frames(self, tasks: list[asyncio.Task[Goodbye | None]]) -> None:
        """Let the worker judge what was said before the line ended; nothing that was heard is dropped."""
        if len(tasks) < 2 or tasks[1].done():
            return
        tasks[0].cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_FRAMES_SECONDS):
                await self._frames.emptied()

    async def _first_end(self, tasks: list[asyncio.Task[Goodbye | None]]) -> Goodbye | None:
        """Wait for the first task, or anybody outside, to end the conversation."""
        done, _ = await asyncio.wait([self._over, *tasks], return_when=asyncio.FIRST_COMPLETED)
        if self._over in done:
            return self._over.result()
        for task in done:
            accident = task.exception()
            if isinstance(accident, Goodbye):
                return accident
            if accident is not None and not isinstance(accident, LineClosed):
                log.error("connection %s failed", self.id, exc_info=accident)
                return Goodbye(CloseCode.RESYNC, 500)
        return None

    async def _part(self, goodbye: Goodbye | None) -> None:
        """Say why, close, and tell the conversation."""
        self._figures.closed[LEFT if goodbye is None else str(int(goodbye.code))] += 1
        if goodbye is not None:
            code = goodbye.code
            bye = wire.Bye(int(code), goodbye.reason, code.may_reconnect, goodbye.after_ms)
            with suppress(TimeoutError, LineClosed):
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await self._flush_replies()
                    await self._say(_encoder.encode(bye))
            with suppress(TimeoutError, LineClosed):
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await self._line.close(int(code))
        try:
            await self._conversation.closed(by_silence=self.is_silent, code=goodbye.code if goodbye else None)
        except Exception:
            log.exception("connection %s could not be put away", self.id)

    # ── reading ────────────────────────────────────────────────────────────────────────────────────────────

    async def _hello(self) -> wire.Hello:
        raw = await self._first_words()
        self._check_form(raw)
        try:
            frame = self._decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            raise Goodbye(CloseCode.BAD_FRAME) from None
        if not isinstance(frame, wire.Hello):
            raise Goodbye(CloseCode.BAD_FRAME)
        self.last_sign = self._clock.monotonic()
        self._figures.heard[wire.Hello] += 1
        return frame

    async def _first_words(self) -> str | bytes:
        """Wait for the first message; a client that said it while this process stood still is asked to come again."""
        raw: str | bytes | None = None
        self._refuse_if_over()
        try:
            async with asyncio.timeout(HELLO_SECONDS) as self._greeting:
                raw = await self._line.receive()
        except TimeoutError:
            self._refuse_if_over()
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARD_LATE_SECONDS):
                    if await self._line.receive() is not None:
                        raise Goodbye(CloseCode.RESYNC, 500) from None
        finally:
            self._greeting = None
        if raw is None:
            raise Goodbye(CloseCode.NO_HELLO)
        return raw

    def _refuse_if_over(self) -> None:
        """Part at once from whoever was sent away before a word was heard: none of theirs shall cost anything."""
        if self._over.done():
            raise self._over.result() or Goodbye(CloseCode.RESYNC, 500)

    def _check_form(self, raw: str | bytes) -> None:
        """Refuse what cannot be a frame at all: binary, too long, not one JSON object."""
        if isinstance(raw, bytes) or len(raw) > wire.MAX_FRAME_BYTES:
            raise Goodbye(CloseCode.BAD_FRAME)
        if not raw.isascii() and len(raw.encode(errors="surrogatepass")) > wire.MAX_FRAME_BYTES:
            raise Goodbye(CloseCode.BAD_FRAME)
        if not raw.lstrip().startswith("{"):
            raise Goodbye(CloseCode.BAD_FRAME)

    async def _read(self) -> Goodbye | None:
        while True:
            raw = await self._line.receive()
            if raw is None:
                return None
            self.last_sign = self._clock.monotonic()
            self._check_form(raw)
            frame = self._decoded(raw)
            self._figures.heard[type(frame)] += 1
            if frame is None or isinstance(frame, wire.Alive):
                continue
            wait_ms = self._bucket.take(self.last_sign)
            if wait_ms:
                self._refuse_rate(getattr(frame, "ref", None), wait_ms)
                continue
            self._hand_over(frame)

    def _hand_over(self, frame: Frame) -> None:
        """Give a frame to the worker. The reader never waits for it: an unread `alive` would kill a living client."""
        if not self._frames.put((frame, self.last_sign)):
            self._queue(refused(getattr(frame, "ref", None), Refusal(Code.BUSY, after_ms=1000)), frame, self.last_sign)

    def _decoded(self, raw: str | bytes) -> Frame | None:
        """Return the frame; or answer what is well-formed but wrong, and return None."""
        try:
            frame = self._decoder.decode(raw)
        except msgspec.ValidationError as error:
            self._refuse_form(raw, str(error))
            return None
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            raise Goodbye(CloseCode.BAD_FRAME) from None
        if isinstance(frame, wire.Hello):
            self._refuse_form(raw, "hello was said already")
            return None
        return frame

    def _refuse_form(self, raw: str | bytes, what: str) -> None:
        self._bad_frames = [*self._bad_frames, self.last_sign][-MAX_BAD_FRAMES:]
        is_often = len(self._bad_frames) == MAX_BAD_FRAMES
        if is_often and self.last_sign - self._bad_frames[0] < BAD_FRAMES_SECONDS:
            raise Goodbye(CloseCode.BAD_FRAME)
        code = Code.UNKNOWN_TYPE if "`$.type`" in what or "`type`" in what else Code.INVALID
        error = error_view(Refusal(code), {"frame": what})
        self._queue(wire.Reply(_ref_in(raw), ok=False, error=error))

    def _refuse_rate(self, ref: int | None, wait_ms: int) -> None:
        self._rate_refusals += 1
        if self._rate_refusals > MAX_RATE_REFUSALS:
            raise Goodbye(CloseCode.RATE_LIMITED, wait_ms)
        self._queue(refused(ref, Refusal(Code.RATE_LIMITED, after_ms=wait_ms)))

    # ── judging and writing ────────────────────────────────────────────────────────────────────────────────

    async def _work(self) -> Goodbye | None:
        while True:
            frame, heard_at = await self._frames.take()
            try:
                reply = await self._conversation.handle(frame)
            except StoreAccident:
                reply = refused(getattr(frame, "ref", None), Refusal(Code.STORE_UNAVAILABLE, after_ms=1000))
            finally:
                self._frames.done()
            if reply is not None:
                self._queue(reply, frame, heard_at)

    def _queue(self, reply: wire.Reply, asked: Frame | None = None, heard_at: float = 0.0) -> None:
        if len(self._replies) >= MAX_PENDING_REPLIES:
            raise Goodbye(CloseCode.TOO_SLOW, 1000)
        self._replies.append((reply, asked, heard_at))
        self._wake.set()

    async def _write(self) -> Goodbye | None:
        await self._say(self._welcome)
        self._wake.set()
        while True:
            await self._wake.wait()
            await self._flush_replies()
            news_at, self._news_at = self._news_at, None
            frames = await self._conversation.pending()
            has_news = bool(frames)
            if self._is_beat_due:
                # Made in the same instant as the frames before it: a beat vouches for exactly what was given.
                self._is_beat_due = False
                frames.append(self._conversation.beat())
            for frame in frames:
                await self._say(frame)
            if news_at is not None and has_news:
                self._figures.delivery.note(self._clock.monotonic() - news_at)

    async def _flush_replies(self) -> None:
        while self._replies:
            reply, asked, heard_at = self._replies.pop(0)
            await self._say(_encoder.encode(reply))
            self._figures.reply_sent(reply, asked, self._clock.monotonic() - heard_at)

    async def _say(self, frame: bytes) -> None:
        await self._line.send(frame)
        self._figures.frame_sent(frame)


class _OnlyRef(msgspec.Struct):
    ref: int | None = None


_ref_decoder = msgspec.json.Decoder(_OnlyRef)


def _ref_in(raw: str | bytes) -> int | None:
    """Return the number of a frame that could not be understood, when it can be read."""
    try:
        return _ref_decoder.decode(raw).ref
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None

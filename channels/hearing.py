"""What one socket says, judged by its form and its pace, before anybody looks at what it means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from channels import wire
from channels.close_codes import CloseCode
from channels.figures import RoleFigures
from channels.line import Goodbye
from channels.rates import Bucket, Rate
from channels.translate import error_view, refused
from hub.refusals import Code, Refusal

MAX_RATE_REFUSALS = 20
MAX_BAD_FRAMES = 10
BAD_FRAMES_SECONDS = 60.0

Frame = TypeVar("Frame")


class Hearing(Generic[Frame]):
    """Makes frames of messages; what is wrong with one is answered, what is wrong with a client ends its line."""

    __slots__ = ("_answer", "_bad_frames", "_bucket", "_decoder", "_figures", "_rate_refusals")

    def __init__(
        self,
        decoder: msgspec.json.Decoder[Frame],
        rate: Rate,
        now: float,
        figures: RoleFigures,
        answer: Callable[[wire.Reply], None],
    ) -> None:
        self._decoder, self._figures, self._answer = decoder, figures, answer
        self._bucket = Bucket(rate, now)
        self._rate_refusals = 0
        self._bad_frames: tuple[float, ...] = ()

    def hello(self, raw: str | bytes) -> wire.Hello:
        """Read the first words. Raises Goodbye."""
        _check_form(raw)
        try:
            frame = self._decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            raise Goodbye(CloseCode.BAD_FRAME) from None
        if not isinstance(frame, wire.Hello):
            raise Goodbye(CloseCode.BAD_FRAME)
        self._figures.heard[wire.Hello] += 1
        return frame

    def frame(self, raw: str | bytes, now: float) -> Frame | None:
        """Read a message; None when nothing has to be judged: a sign of life, or answered already. Raises Goodbye."""
        _check_form(raw)
        frame = self._decoded(raw, now)
        self._figures.heard[type(frame)] += 1
        if frame is None or isinstance(frame, wire.Alive):
            return None
        wait_ms = self._bucket.take(now)
        if wait_ms:
            self._refuse_rate(getattr(frame, "ref", None), wait_ms)
            return None
        return frame

    def _decoded(self, raw: str | bytes, now: float) -> Frame | None:
        try:
            frame = self._decoder.decode(raw)
        except msgspec.ValidationError as error:
            self._refuse_form(raw, str(error), now)
            return None
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            raise Goodbye(CloseCode.BAD_FRAME) from None
        if isinstance(frame, wire.Hello):
            self._refuse_form(raw, "hello was said already", now)
            return None
        return frame

    def _refuse_form(self, raw: str | bytes, what: str, now: float) -> None:
        self._bad_frames = (*self._bad_frames, now)[-MAX_BAD_FRAMES:]
        is_often = len(self._bad_frames) == MAX_BAD_FRAMES
        if is_often and now - self._bad_frames[0] < BAD_FRAMES_SECONDS:
            raise Goodbye(CloseCode.BAD_FRAME)
        code = Code.UNKNOWN_TYPE if "`$.type`" in what or "`type`" in what else Code.INVALID
        self._answer(wire.Reply(_ref_in(raw), ok=False, error=error_view(Refusal(code), {"frame": what})))

    def _refuse_rate(self, ref: int | None, wait_ms: int) -> None:
        self._rate_refusals += 1
        if self._rate_refusals > MAX_RATE_REFUSALS:
            raise Goodbye(CloseCode.RATE_LIMITED, wait_ms)
        self._answer(refused(ref, Refusal(Code.RATE_LIMITED, after_ms=wait_ms)))


def _check_form(raw: str | bytes) -> None:
    """Refuse what cannot be a frame at all: binary, too long, not one JSON object. Raises Goodbye."""
    if isinstance(raw, bytes) or len(raw) > wire.MAX_FRAME_BYTES:
        raise Goodbye(CloseCode.BAD_FRAME)
    if not raw.isascii() and len(raw.encode(errors="surrogatepass")) > wire.MAX_FRAME_BYTES:
        raise Goodbye(CloseCode.BAD_FRAME)
    if not raw.startswith("{") and not raw.lstrip().startswith("{"):
        raise Goodbye(CloseCode.BAD_FRAME)


class _OnlyRef(msgspec.Struct):
    ref: int | None = None


_ref_decoder = msgspec.json.Decoder(_OnlyRef)


def _ref_in(raw: str | bytes) -> int | None:
    """Return the number of a frame that could not be understood, when it can be read."""
    try:
        return _ref_decoder.decode(raw).ref
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None

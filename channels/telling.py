"""What one socket is given: answers, news, beats, in this order. At once where nothing has to be waited for.

A task is there only while something has to be: a store that the conversation asks first, or a client that reads slowly.
"""

from __future__ import annotations

import asyncio
from typing import Protocol, TypeAlias

import msgspec

from channels import wire
from channels.close_codes import CloseCode
from channels.figures import RoleFigures
from channels.line import Ending, Goodbye, Line
from hub.ports import Clock

MAX_PENDING_REPLIES = 32
"""Answers waiting to be said; a client that does not read them is cut."""

_encoder = msgspec.json.Encoder()

_Answer: TypeAlias = tuple[wire.Reply, object, float]
"""A reply, the frame it answers, and when that was heard (monotonic)."""


class Speaker(Protocol):
    """Whose news they are."""

    @property
    def is_ready(self) -> bool:
        """Tell whether nothing has to be asked before the news can be told."""
        ...

    async def prepare(self) -> None:
        """Ask what has to be asked. Raises Goodbye."""
        ...

    def news(self) -> list[bytes]:
        """Take the frames that this socket has not been given yet."""
        ...

    def beat(self) -> bytes:
        """Make this socket's beat."""
        ...


class Telling:
    """Everything on its way to one socket."""

    __slots__ = (
        "_clock", "_ending", "_figures", "_is_beat_due", "_is_begun", "_is_wanted",
        "_line", "_loop", "_news_at", "_owed", "_speaker", "_task",
    )  # fmt: skip

    def __init__(self, line: Line, speaker: Speaker, clock: Clock, figures: RoleFigures, ending: Ending) -> None:
        self._line, self._speaker, self._clock, self._figures = line, speaker, clock, figures
        self._ending = ending
        self._loop = asyncio.get_running_loop()
        self._owed: list[bytes | _Answer] = []
        self._news_at: float | None = None
        self._is_begun = self._is_wanted = self._is_beat_due = False
        self._task: asyncio.Task[None] | None = None

    def begin(self, welcome: bytes) -> None:
        """Say the welcome, and from now on whatever there is."""
        self._owed.insert(0, welcome)
        self._is_begun = self._is_wanted = True
        self._loop.call_soon(self._tell)

    def wake(self, news_at: float | None = None) -> None:
        """Say that there is something to tell; of news, when they came to this node (monotonic)."""
        if self._news_at is None:
            self._news_at = news_at
        if self._is_begun and not self._is_wanted:
            # Not on the spot: whatever else happens in this turn of the loop goes along.
            self._loop.call_soon(self._tell)
        self._is_wanted = True

    def beat_due(self) -> None:
        """Say that it is time for a beat."""
        self._is_beat_due = True
        self.wake()

    def answer(self, reply: wire.Reply, asked: object = None, heard_at: float = 0.0) -> None:
        """Say an answer next. Raises Goodbye to a client that reads none."""
        if len(self._owed) >= MAX_PENDING_REPLIES:
            raise Goodbye(CloseCode.TOO_SLOW, 1000)
        self._owed.append((reply, asked, heard_at))
        self.wake()

    async def stop(self) -> None:
        """Tell nothing more by itself."""
        self._is_begun = False
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            # One that had not begun has not put itself away.
            self._task = None

    async def finish(self, last: bytes) -> None:
        """Say what is owed still, and a last frame. Raises LineClosed."""
        self._owed.append(last)
        await self._say_patiently()

    # ── at once, or patiently ──────────────────────────────────────────────────────────────────────────────

    def _tell(self) -> None:
        if not self._is_begun or self._task is not None:
            return  # a task that is under way looks again by itself
        with self._ending:
            if not (self._say_owed() and self._speaker.is_ready and self._tell_news()):
                self._task = self._loop.create_task(self._tell_patiently())

    def _tell_news(self) -> bool:
        """Tell what there is; False when the client does not read."""
        self._is_wanted = False
        news_at = self._take_news()
        is_said = self._say_owed()
        if is_said and news_at is not None:
            self._figures.delivery.note(self._clock.monotonic() - news_at)
        return is_said

    async def _tell_patiently(self) -> None:
        try:
            with self._ending:
                await self._say_patiently()
                while self._is_wanted:
                    if not self._speaker.is_ready:
                        await self._speaker.prepare()
                    if not self._tell_news():
                        await self._say_patiently()
        finally:
            self._task = None

    async def _say_patiently(self) -> None:
        while not self._say_owed():
            await self._line.drained()

    def _take_news(self) -> float | None:
        """Put the news, and a beat that is due, behind what is owed; return when news came to this node.

        The beat is made in the same instant as the frames before it: it vouches for exactly what was given.
        """
        news_at, self._news_at = self._news_at, None
        frames = self._speaker.news()
        self._owed += frames
        if self._is_beat_due:
            self._is_beat_due = False
            self._owed.append(self._speaker.beat())
        return news_at if frames else None

    def _say_owed(self) -> bool:
        while self._owed:
            first = self._owed[0]
            frame = first if isinstance(first, bytes) else _encoder.encode(first[0])
            if not self._line.say(frame):
                return False
            del self._owed[0]
            self._figures.frame_sent(frame)
            if not isinstance(first, bytes):
                reply, asked, heard_at = first
                self._figures.reply_sent(reply, asked, self._clock.monotonic() - heard_at)
        return True

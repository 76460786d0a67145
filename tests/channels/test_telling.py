"""What one socket is given: answers before news, a beat behind them, everything in order however slowly it reads."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from channels import wire
from channels.close_codes import CloseCode
from channels.figures import RoleFigures
from channels.line import Ending, Goodbye, LineClosed
from channels.telling import MAX_PENDING_REPLIES, Telling
from hub.model import ConnectionId


class Clock:
    def now(self) -> datetime:
        return datetime(2026, 11, 21, tzinfo=UTC)

    def monotonic(self) -> float:
        return 100.0


class Place:
    """A line, whoever speaks on it, and how it ended."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.is_gone = False
        self.fresh: list[bytes] = []
        self.is_ready = True
        self.may_prepare = asyncio.Event()
        self.ending = Ending(ConnectionId("one"))
        self.telling = Telling(self, self, Clock(), RoleFigures(), self.ending)

    # The line.

    def listen(self, hear: Callable[[str | bytes | None], None]) -> None:
        raise NotImplementedError

    def say(self, text: bytes) -> bool:
        if self.is_gone:
            raise LineClosed
        if self.reads.is_set():
            frame = json.loads(text)
            self.said.append(frame["type"] + str(frame.get("ref", "")))
        return self.reads.is_set()

    async def drained(self) -> None:
        await self.reads.wait()

    async def close(self, code: int) -> None:
        raise NotImplementedError

    # The speaker.

    async def prepare(self) -> None:
        await self.may_prepare.wait()
        self.is_ready = True

    def news(self) -> list[bytes]:
        fresh, self.fresh = self.fresh, []
        return fresh

    def beat(self) -> bytes:
        return frame("beat")


def frame(kind: str) -> bytes:
    return json.dumps({"type": kind}, separators=(",", ":")).encode()


def reply(ref: int) -> wire.Reply:
    return wire.Reply(ref, ok=True)


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def a_place() -> Place:
    place = Place()
    place.telling.begin(frame("welcome"))
    await turns()
    assert place.said == ["welcome"]
    place.said.clear()
    return place


async def test_answers_go_before_news_and_a_beat_behind_them() -> None:
    place = await a_place()
    place.fresh = [frame("events")]
    place.telling.beat_due()
    place.telling.answer(reply(1))
    await turns()
    assert place.said == ["reply1", "events", "beat"]


async def test_the_welcome_is_said_first_whatever_was_answered_before_it() -> None:
    place = Place()
    place.telling.answer(reply(1))
    await turns()
    assert place.said == []
    place.telling.begin(frame("welcome"))
    await turns()
    assert place.said == ["welcome", "reply1"]


async def test_who_reads_slowly_is_given_everything_in_order_and_news_only_when_there_is_room() -> None:
    place = await a_place()
    place.reads.clear()
    place.telling.answer(reply(1))
    place.fresh = [frame("events")]
    await turns()
    place.telling.answer(reply(2))
    place.telling.beat_due()
    await turns()
    assert (place.said, place.fresh) == ([], [frame("events")])
    place.reads.set()
    await turns()
    assert place.said == ["reply1", "reply2", "events", "beat"]


async def test_answers_do_not_wait_for_a_store_but_news_do() -> None:
    place = await a_place()
    place.is_ready = False
    place.fresh = [frame("state")]
    place.telling.answer(reply(1))
    await turns()
    assert place.said == ["reply1"]
    place.may_prepare.set()
    await turns()
    assert place.said == ["reply1", "state"]


async def test_who_reads_no_answers_is_sent_away() -> None:
    place = await a_place()
    place.reads.clear()
    for ref in range(MAX_PENDING_REPLIES):
        place.telling.answer(reply(ref))
    with pytest.raises(Goodbye) as goodbye:
        place.telling.answer(reply(99))
    assert goodbye.value.code is CloseCode.TOO_SLOW
    await turns()
    await place.telling.stop()


async def test_a_line_that_is_gone_ends_without_a_word_and_an_accident_with_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    place = await a_place()
    place.is_gone = True
    place.telling.beat_due()
    await turns()
    assert place.ending.has_come
    assert place.ending.goodbye is None
    assert caplog.text == ""
    stumbling = await a_place()
    stumbling.fresh = [b"no frame"]
    stumbling.telling.wake()
    await turns()
    assert stumbling.ending.goodbye is not None
    assert stumbling.ending.goodbye.code is CloseCode.RESYNC
    assert "stumbled" in caplog.text


async def test_nothing_is_told_after_the_stop_but_what_is_owed_and_a_last_word() -> None:
    place = await a_place()
    place.reads.clear()
    place.telling.answer(reply(1))
    await turns()
    await place.telling.stop()
    place.fresh = [frame("events")]
    place.telling.wake()
    place.reads.set()
    await turns()
    assert place.said == []
    await place.telling.finish(frame("bye"))
    assert place.said == ["reply1", "bye"]

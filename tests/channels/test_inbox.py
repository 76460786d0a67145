"""Frames are judged one after the other, in order, from the moment the inbox is open; what is raised ends the line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from channels.close_codes import CloseCode
from channels.inbox import Inbox
from channels.line import Ending, Goodbye
from hub.model import ConnectionId


class Judge:
    """Judges numbers when it may, and notes how its line ended."""

    def __init__(self, limit: int = 3) -> None:
        self.judged: list[int] = []
        self.may_judge = asyncio.Event()
        self.may_judge.set()
        self.ending = Ending(ConnectionId("one"))
        self.inbox: Inbox[int] = Inbox(limit, self.ending)

    async def judge(self, number: int) -> None:
        await self.may_judge.wait()
        if number < 0:
            raise Goodbye(CloseCode.BAD_FRAME)
        self.judged.append(number)


async def test_frames_that_came_before_it_was_open_are_judged_first() -> None:
    judge = Judge()
    assert judge.inbox.put(1)
    await asyncio.sleep(0)
    assert judge.judged == []
    judge.inbox.open(judge.judge)
    assert judge.inbox.put(2)
    await judge.inbox.close(1)
    assert judge.judged == [1, 2]


async def test_one_too_many_is_refused_until_one_is_taken() -> None:
    judge = Judge(limit=2)
    assert [judge.inbox.put(one) for one in (1, 2, 3)] == [True, True, False]
    judge.may_judge.clear()
    judge.inbox.open(judge.judge)
    await asyncio.sleep(0)
    assert judge.inbox.put(4), "the first is being judged"
    judge.may_judge.set()
    await judge.inbox.close(1)
    assert judge.judged == [1, 2, 4]


async def test_closing_waits_for_what_was_heard_but_not_for_ever() -> None:
    judge = Judge()
    judge.inbox.open(judge.judge)
    judge.may_judge.clear()
    judge.inbox.put(1)
    await judge.inbox.close(0.02)
    judge.may_judge.set()
    await asyncio.sleep(0)
    assert judge.judged == []


async def test_what_is_raised_ends_the_line_and_nothing_is_judged_after_it() -> None:
    judge = Judge()
    judge.inbox.open(judge.judge)
    for number in (1, -1, 2):
        judge.inbox.put(number)
    await judge.inbox.close(1)
    assert judge.judged == [1]
    assert judge.ending.goodbye is not None
    assert judge.ending.goodbye.code is CloseCode.BAD_FRAME


class QuickJudge(Judge):
    """Judges on the spot, except odd numbers."""

    def judge_even_at_once(self, number: int) -> Awaitable[None] | None:
        if number % 2:
            return self.judge(number)
        self.judged.append(number)
        return None


async def test_what_can_be_judged_on_the_spot_is_but_never_before_what_came_first() -> None:
    judge = QuickJudge(limit=10)
    judge.inbox.open(judge.judge_even_at_once)
    judge.inbox.put(2)
    assert judge.judged == [2]
    judge.may_judge.clear()
    for number in (3, 4, 5, 6):
        judge.inbox.put(number)
    await asyncio.sleep(0.01)
    assert judge.judged == [2]
    judge.may_judge.set()
    await judge.inbox.close(1)
    assert judge.judged == [2, 3, 4, 5, 6]

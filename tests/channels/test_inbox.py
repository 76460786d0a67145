"""A writer is woken once for whatever came; a worker takes frames in order; somebody may wait for the last."""

from __future__ import annotations

import asyncio

import pytest

from channels.inbox import Inbox, Wakeup


def an_inbox(limit: int = 3) -> Inbox[int]:
    return Inbox(limit, asyncio.get_running_loop())


async def test_a_wait_takes_the_mark_away_and_many_marks_are_one() -> None:
    wake = Wakeup(asyncio.get_running_loop())
    wake.set()
    wake.set()
    await wake.wait()
    waiting = asyncio.create_task(wake.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    wake.set()
    await waiting


async def test_a_wait_that_is_given_up_loses_no_mark() -> None:
    wake = Wakeup(asyncio.get_running_loop())
    waiting = asyncio.create_task(wake.wait())
    await asyncio.sleep(0)
    wake.set()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(1):
        await wake.wait()


async def test_frames_come_in_order_to_whoever_waits_already_or_comes_later() -> None:
    inbox = an_inbox()
    taking = asyncio.create_task(inbox.take())
    await asyncio.sleep(0)
    assert all(inbox.put(one) for one in (1, 2, 3))
    assert await taking == 1
    assert [await inbox.take(), await inbox.take()] == [2, 3]


async def test_one_too_many_is_refused_until_the_worker_takes_one() -> None:
    inbox = an_inbox(limit=2)
    assert [inbox.put(one) for one in (1, 2, 3)] == [True, True, False]
    await inbox.take()
    assert inbox.put(4)


async def test_emptied_waits_for_what_is_being_dealt_with_too() -> None:
    inbox = an_inbox()
    await asyncio.wait_for(inbox.emptied(), 1)
    inbox.put(1)
    inbox.put(2)
    emptied = asyncio.create_task(inbox.emptied())
    for _ in range(2):
        await inbox.take()
        await asyncio.sleep(0)
        assert not emptied.done()
        inbox.done()
    await asyncio.wait_for(emptied, 1)

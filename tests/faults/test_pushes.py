"""Redis' pushes are mistreated as asked, and nothing else of its bytes is touched."""

from __future__ import annotations

import asyncio
import random
from itertools import pairwise

from tests.faults.echo import Caller, echoing
from tests.faults.pushes import PushFaults, PushFilter, reply_end


def push(number: int) -> bytes:
    text = b"1000:%d" % number
    return b"*3\r\n$7\r\nmessage\r\n$4\r\nbell\r\n$%d\r\n%b\r\n" % (len(text), text)


async def test_pushes_are_dropped_doubled_and_reordered_and_nothing_else_is_touched() -> None:
    async with echoing(speaks_redis=True) as (_, proxy):
        caller = await Caller.call(proxy)
        proxy.mistreat_pushes(PushFaults(drop=0.2, double=0.2, reorder=0.2))
        replies = [b"+OK\r\n", b"$5\r\nmessa\r\n", b"*2\r\n:1\r\n*0\r\n", b"$-1\r\n", b"*-1\r\n", b"%1\r\n+a\r\n:1\r\n"]
        said = b"".join(push(number) + replies[number % len(replies)] for number in range(300))
        for at in range(0, len(said), 77):
            await caller.says(said[at : at + 77])
        await asyncio.sleep(0.4)
        heard = await caller.reader.read(1 << 20)
        pushes, others, at = [], [], 0
        while (end := reply_end(heard, at)) is not None and end > at:
            reply, at = heard[at:end], end
            (pushes if b"message" in reply else others).append(reply)
            if at == len(heard):
                break
        numbers = [int(one.split(b"1000:")[1]) for one in pushes]
        assert others == [replies[number % len(replies)] for number in range(300)]
        missing, doubled = 300 - len(set(numbers)), len(numbers) - len(set(numbers))
        late = sum(1 for one, following in pairwise(numbers) if following < one)
        assert 30 < missing < 90
        assert 30 < doubled < 90
        assert late > 30


def test_without_faults_a_filter_only_waits_for_whole_replies() -> None:
    told = PushFilter(random.Random(1), PushFaults)
    said = b"".join(push(number) + b"+PONG\r\n" for number in range(10))
    assert b"".join(told.filtered(said[at : at + 3]) for at in range(0, len(said), 3)) == said

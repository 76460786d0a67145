"""The periodic jobs of a node: what they notice of their own process."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from channels.clockwork import PATIENCE_SECONDS, STALL_SECONDS, Clockwork, in_bites

PAUSES = (0.01, 0.02, 0.03, 0.04)


async def stood_still(times: int) -> int:
    """Let the jobs of one process run, hold it up so often, and return how many stalls were told."""
    told: list[None] = []
    runs: Counter[float] = Counter()
    clockwork = Clockwork(lambda: told.append(None))

    def job(pause: float) -> None:
        async def run() -> None:
            runs[pause] += 1

        clockwork.every(pause, run)

    async def everybody_runs_again() -> None:
        before = Counter(runs)
        async with asyncio.timeout(10):
            while any(runs[one] <= before[one] for one in PAUSES):
                await asyncio.sleep(0.001)

    for pause in PAUSES:
        job(pause)
    try:
        await everybody_runs_again()
        for _ in range(times):
            time.sleep(STALL_SECONDS + 0.2)  # noqa: ASYNC251 - this is the accident: nothing else runs meanwhile
            await everybody_runs_again()
    finally:
        await clockwork.stop()
    return len(told)


async def test_a_stall_is_told_once_whatever_the_number_of_jobs() -> None:
    assert await stood_still(1) == 1


async def test_each_stall_is_told() -> None:
    assert await stood_still(2) == 2


async def test_a_process_that_runs_tells_of_none() -> None:
    assert await stood_still(0) == 0


async def test_whatever_else_is_to_be_done_has_its_turn_between_two_bites() -> None:
    turns = 0

    async def somebody_else() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(somebody_else())
    bites = [(tuple(some), turns) async for some in in_bites(range(7), 3)]
    other.cancel()
    assert [some for some, _ in bites] == [(0, 1, 2), (3, 4, 5), (6,)]
    assert [at for _, at in bites] == [0, 1, 2]


async def test_a_job_does_not_wait_long_for_the_others() -> None:
    turns = 0

    async def somebody_busy() -> None:
        nonlocal turns
        while True:
            turns += 1
            time.sleep(PATIENCE_SECONDS / 4)  # noqa: ASYNC251 - a turn of the loop that takes long
            await asyncio.sleep(0)

    other = asyncio.create_task(somebody_busy())
    bites = [tuple(some) async for some in in_bites(range(100), 1)]
    other.cancel()
    assert len(bites) == 100
    assert 1 <= turns <= 5


async def test_nothing_is_gone_through_in_no_bite() -> None:
    assert [some async for some in in_bites((), 3)] == []

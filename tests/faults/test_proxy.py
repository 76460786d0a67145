"""Each fault of the proxy does what it says: real sockets, no hub."""

from __future__ import annotations

import asyncio
import hashlib
import time
from pathlib import Path

import pytest

from tests.faults.echo import SOON, Caller, echoing
from tests.faults.proxy import Way


async def is_soon(found: object, what: str) -> None:
    async with asyncio.timeout(SOON):
        while not found():  # type: ignore[operator]
            await asyncio.sleep(0.005)
    assert found(), what  # type: ignore[operator]


async def test_calm_it_carries_both_ways_and_says_farewell() -> None:
    async with echoing() as (echo, proxy):
        caller = await Caller.call(proxy)
        await caller.says(b"hello")
        assert await caller.hears(5) == b"hello"
        caller.writer.close()
        await is_soon(lambda: echo.farewells == 1, "the farewell arrives")
        await is_soon(lambda: not proxy.passages, "nothing is left behind")


async def test_it_reaches_a_unix_socket(tmp_path: Path) -> None:
    async with echoing(tmp_path / "s") as (_, proxy):
        caller = await Caller.call(proxy)
        await caller.says(b"hello")
        assert await caller.hears(5) == b"hello"


async def test_latency_delays_each_way_and_keeps_the_order() -> None:
    async with echoing() as (_, proxy):
        caller = await Caller.call(proxy)
        proxy.delay(0.1, 0.05)
        begun = time.monotonic()
        for number in range(20):
            await caller.says(b"%03d" % number)
        assert await caller.hears(60) == b"".join(b"%03d" % number for number in range(20))
        assert 0.2 <= time.monotonic() - begun < 1.0
        proxy.delay(0.0)
        begun = time.monotonic()
        await caller.says(b"x")
        await caller.hears(1)
        assert time.monotonic() - begun < 0.1


async def test_a_freeze_loses_nothing_of_five_megabytes() -> None:
    async with echoing() as (_, proxy):
        caller = await Caller.call(proxy)
        sent = bytes(range(256)) * 20_000
        saying = asyncio.create_task(caller.says(sent))
        hearing = asyncio.create_task(caller.hears(len(sent), 10))
        for _ in range(5):
            await asyncio.sleep(0.01)
            proxy.freeze()
            await asyncio.sleep(0.02)
            proxy.thaw()
        heard = await hearing
        await saying
        assert hashlib.sha256(heard).digest() == hashlib.sha256(sent).digest()


async def test_a_freeze_keeps_both_sides_open_and_farewells_wait_too() -> None:
    async with echoing() as (echo, proxy):
        caller = await Caller.call(proxy)
        await caller.says(b"a")
        await caller.hears(1)
        proxy.freeze(Way.UP)
        await caller.says(b"b")
        caller.writer.write_eof()
        await caller.hears_nothing()
        assert (echo.heard, echo.farewells) == (b"a", 0)
        proxy.thaw()
        assert await caller.hears(1) == b"b"
        await is_soon(lambda: echo.farewells == 1, "the farewell came after the bytes")


async def test_a_freeze_of_one_way_leaves_the_other_open() -> None:
    async with echoing() as (echo, proxy):
        caller = await Caller.call(proxy)
        proxy.freeze(Way.DOWN)
        await caller.says(b"a")
        await is_soon(lambda: echo.heard == b"a", "up goes on")
        await caller.hears_nothing()
        proxy.thaw(Way.DOWN)
        assert await caller.hears(1) == b"a"


async def test_a_connection_made_during_a_freeze_speaks_after_it() -> None:
    async with echoing() as (_, proxy):
        proxy.freeze()
        caller = await Caller.call(proxy)
        await caller.says(b"a")
        await caller.hears_nothing()
        proxy.thaw()
        assert await caller.hears(1) == b"a"


async def test_a_half_open_line_swallows_bytes_and_farewells_and_never_comes_back() -> None:
    async with echoing() as (echo, proxy):
        lost, quiet = await Caller.call(proxy), await Caller.call(proxy)
        for one in (lost, quiet):
            await one.says(b"a")
            await one.hears(1)
        proxy.drop()
        await lost.says(b"b")
        await lost.hears_nothing()
        proxy.carry()
        await lost.says(b"c")
        await lost.hears_nothing()
        assert echo.heard == b"aa", "a stream with a hole is never delivered"
        await quiet.says(b"d")
        assert await quiet.hears(1) == b"d", "who lost nothing goes on"
        assert echo.farewells == 0


async def test_a_cut_resets_both_sides() -> None:
    async with echoing() as (echo, proxy):
        callers = [await Caller.call(proxy) for _ in range(4)]
        for one in callers:
            await one.says(b"a")
            await one.hears(1)
        assert proxy.cut() == 4
        for one in callers:
            with pytest.raises(ConnectionResetError):
                await one.hears(1)
        await is_soon(lambda: echo.resets == 4, "the upstream hears of it")


async def test_a_refusal_breaks_new_connections_only() -> None:
    async with echoing() as (_, proxy):
        standing = await Caller.call(proxy)
        await standing.says(b"a")
        await standing.hears(1)
        proxy.refuse()
        newcomer = await Caller.call(proxy)
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await newcomer.hears(1)
        await standing.says(b"b")
        assert await standing.hears(1) == b"b"
        proxy.admit()
        later = await Caller.call(proxy)
        await later.says(b"c")
        assert await later.hears(1) == b"c"


async def test_a_dead_upstream_breaks_the_caller_and_a_redirect_leads_elsewhere() -> None:
    async with echoing() as (_, proxy), echoing() as (other, second):
        standing = await Caller.call(proxy)
        await standing.says(b"a")
        await standing.hears(1)
        proxy.redirect(second.upstream, is_cutting=False)
        moved = await Caller.call(proxy)
        await moved.says(b"b")
        assert await moved.hears(1) == b"b"
        assert other.heard == b"b"
        await standing.says(b"c")
        assert await standing.hears(1) == b"c", "who stands stays where they are"
        proxy.redirect(("127.0.0.1", 1))
        with pytest.raises(ConnectionResetError):
            await moved.hears(1)
        nobody = await Caller.call(proxy)
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await nobody.hears(1)


async def test_five_hundred_connections_cost_little() -> None:
    async with echoing() as (_, proxy):
        callers = await asyncio.gather(*(Caller.call(proxy) for _ in range(500)))
        begun = time.process_time()
        for _ in range(3):
            await asyncio.gather(*(one.says(b"x" * 200) for one in callers))
            await asyncio.gather(*(one.hears(200) for one in callers))
        assert time.process_time() - begun < 3.0
        for one in callers:
            one.writer.close()


async def test_a_cut_in_the_very_moment_of_the_accept_leaves_nothing_open() -> None:
    async with echoing() as (_, proxy):
        for _ in range(20):
            calling = asyncio.create_task(Caller.call(proxy))
            while not proxy.passages:
                await asyncio.sleep(0)
            proxy.cut()
            caller = await calling
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await caller.hears(1)
            caller.writer.close()
        assert not proxy.passages

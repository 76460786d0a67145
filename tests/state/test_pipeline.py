"""The auto-pipelining caller: shares writes, keeps answers apart, fails fast and alone."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from hub.ports import StoreUnavailable
from state.embedded import EmbeddedServers
from state.figures import RedisFigures
from state.pipeline import Pipeline, Script, ScriptFailed
from state.resp import Reply, ReplyError, ReplyParser
from state.servers import memory_of
from state.shards import OneServer


def script(body: str) -> Script:
    return Script.from_source("test", f"#!lua flags=\n{body}")


ECHO = script("return ARGV[1]")
BROKEN = script("return redis.call('HGET', KEYS[1], 'x')")
WRITE = script("return redis.call('SET', KEYS[1], ARGV[1])")


@pytest.fixture
async def pipeline(client: Redis) -> AsyncIterator[Pipeline]:
    made = Pipeline(client)
    yield made
    await made.close()


async def echo(pipeline: Pipeline, text: str) -> Reply:
    return await pipeline.run(ECHO, ("k",), (text,))


async def until_it_answers(pipeline: Pipeline) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                await echo(pipeline, "there?")
            except StoreUnavailable:
                await asyncio.sleep(0.02)
            else:
                return


async def test_calls_of_one_turn_leave_in_few_writes_and_get_their_own_answers(
    pipeline: Pipeline, client: Redis
) -> None:
    await echo(pipeline, "warm")
    before = int((await client.info("stats"))["total_reads_processed"])
    answers = await asyncio.gather(*(echo(pipeline, f"call {place}") for place in range(300)))
    after = int((await client.info("stats"))["total_reads_processed"])
    assert answers == [f"call {place}".encode() for place in range(300)]
    assert after - before < 30


async def test_a_server_that_forgot_a_script_is_told_it_again(pipeline: Pipeline, client: Redis) -> None:
    await echo(pipeline, "a")
    await client.script_flush()
    assert await asyncio.gather(*(echo(pipeline, text) for text in "bcd")) == [b"b", b"c", b"d"]


async def test_an_error_fails_exactly_its_call(pipeline: Pipeline, client: Redis) -> None:
    await client.set("text", "not a hash")
    outcomes = await asyncio.gather(
        echo(pipeline, "a"), pipeline.run(BROKEN, ("text",)), echo(pipeline, "b"), return_exceptions=True
    )
    assert outcomes[0] == b"a"
    assert isinstance(outcomes[1], ScriptFailed)
    assert outcomes[2] == b"b"


async def test_a_full_server_is_unavailable_for_writes_only(pipeline: Pipeline, client: Redis) -> None:
    await client.config_set("maxmemory", "1")
    try:
        with pytest.raises(StoreUnavailable, match="OOM"):
            await pipeline.run(WRITE, ("k",), ("v",))
    finally:
        await client.config_set("maxmemory", "0")
    assert await pipeline.run(WRITE, ("k",), ("v",)) == b"OK"


async def test_a_read_only_server_is_unavailable(pipeline: Pipeline, client: Redis) -> None:
    await client.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(StoreUnavailable, match="READONLY"):
            await pipeline.run(WRITE, ("k",), ("v",))
    finally:
        await client.replicaof("NO", "ONE")


async def test_a_frozen_server_is_unavailable_after_a_second_and_back_when_it_thaws(
    pipeline: Pipeline, servers: EmbeddedServers
) -> None:
    await echo(pipeline, "warm")
    pid = servers.pids["redis"]
    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        outcomes = await asyncio.gather(*(echo(pipeline, str(i)) for i in range(50)), return_exceptions=True)
        assert all(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
        assert 0.9 < time.monotonic() - began < 3
    finally:
        os.kill(pid, signal.SIGCONT)
    await until_it_answers(pipeline)


async def test_a_killed_connection_fails_what_waits_and_the_next_call_connects(
    pipeline: Pipeline, client: Redis
) -> None:
    await echo(pipeline, "warm")
    waiting = asyncio.ensure_future(pipeline.command("BLPOP", "never", 5))
    async with asyncio.timeout(5):
        while not await client.client_list(_type="normal") or not any(
            one["cmd"] == "blpop" for one in await client.client_list()
        ):
            await asyncio.sleep(0.01)
    await client.client_kill_filter(_type="normal", skipme=True)
    with pytest.raises(StoreUnavailable):
        await waiting
    assert await echo(pipeline, "again") == b"again"


async def test_a_caller_that_gave_up_shifts_nobodys_answer(pipeline: Pipeline) -> None:
    await echo(pipeline, "warm")
    calls = [asyncio.ensure_future(echo(pipeline, str(place))) for place in range(10)]
    await asyncio.sleep(0)
    calls[3].cancel()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(outcomes.pop(3), asyncio.CancelledError)
    assert outcomes == [str(place).encode() for place in range(10) if place != 3]


async def test_too_many_waiting_calls_are_refused_at_once(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("state.pipeline.PENDING_MAX", 5)
    outcomes = await asyncio.gather(*(echo(pipeline, "x") for _ in range(8)), return_exceptions=True)
    assert [isinstance(outcome, StoreUnavailable) for outcome in outcomes] == [False] * 5 + [True] * 3


async def test_nobody_there_fails_at_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    client = Redis.from_url(f"unix://{tmp_path_factory.mktemp('nobody')}/no.sock")
    pipeline = Pipeline(client)
    began = time.monotonic()
    for _ in range(20):
        with pytest.raises(StoreUnavailable):
            await echo(pipeline, "x")
    assert time.monotonic() - began < 0.5
    await pipeline.close()
    await client.aclose()


async def test_a_closed_pipeline_answers_nothing(pipeline: Pipeline) -> None:
    await echo(pipeline, "warm")
    await pipeline.close()
    with pytest.raises(StoreUnavailable):
        await echo(pipeline, "x")


def test_replies_are_the_same_however_they_are_cut() -> None:
    wire = (
        b":12\r\n$5\r\na\r\nbc\r\n$-1\r\n_\r\n+OK\r\n-ERR no\r\n*2\r\n:1\r\n*1\r\n$0\r\n\r\n"
        b">2\r\n+push\r\n:3\r\n=7\r\ntxt:abc\r\n%1\r\n+k\r\n:9\r\n*-1\r\n"
    )
    whole: list[Reply] = [
        12, b"a\r\nbc", None, None, b"OK", ReplyError("ERR no"), [1, [b""]], [b"push", 3], b"abc", [b"k", 9], None
    ]  # fmt: skip
    for size in range(1, len(wire) + 1):
        parser = ReplyParser()
        cut = [wire[at : at + size] for at in range(0, len(wire), size)]
        assert [reply for piece in cut for reply in parser.feed(piece)] == whole


# ── what is counted ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_calls_are_counted_by_script_and_timed_by_the_write(client: Redis) -> None:
    figures = RedisFigures()
    pipeline = Pipeline(client, "watch", figures)
    await echo(pipeline, "warm")
    before = figures.round_trip.count
    await asyncio.gather(*(echo(pipeline, "x") for _ in range(50)), pipeline.command("PING"))
    assert figures.calls == {"test": 51, "PING": 1}
    assert figures.connected["watch"] == 1
    assert figures.round_trip.count == before + 1, "what left in one write is one round trip"
    assert 0 < figures.round_trip.total < 5
    assert (pipeline.waiting, sum(figures.failed.values())) == (0, 0)
    await pipeline.close()


async def test_a_lost_line_a_refused_call_and_nobody_there_are_counted(client: Redis, tmp_path: Path) -> None:
    figures = RedisFigures()
    pipeline = Pipeline(client, figures=figures)
    with pytest.raises(StoreUnavailable):
        await pipeline.command("NOSUCHCOMMAND")
    assert figures.failed["refused"] == 1
    pipeline.hang_up()
    await until_it_answers(pipeline)
    assert (figures.failed["lost"], figures.connected["calls"]) == (1, 2)
    await pipeline.close()
    nobody = Redis.from_url(f"unix://{tmp_path}/no.sock")
    lonely = Pipeline(nobody, figures=figures)
    with pytest.raises(StoreUnavailable):
        await echo(lonely, "x")
    assert figures.failed["no_connection"] == 1
    await lonely.close()
    await nobody.aclose()


async def test_the_server_says_how_much_memory_it_uses_and_may_use(client: Redis) -> None:
    shards = OneServer(client)
    before = await memory_of(shards)
    assert before.used > 100_000
    assert before.most is None, "nobody set a limit"
    await client.config_set("maxmemory", "64mb")
    try:
        assert (await memory_of(shards)).most == 64 * 1024 * 1024
    finally:
        await client.config_set("maxmemory", "0")
    await shards.close()


async def test_a_frozen_server_and_calls_beyond_the_bound_are_counted(
    client: Redis, servers: EmbeddedServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = RedisFigures()
    pipeline = Pipeline(client, figures=figures)
    await echo(pipeline, "warm")
    monkeypatch.setattr("state.pipeline.PENDING_MAX", 2)
    pid = servers.pids["redis"]
    os.kill(pid, signal.SIGSTOP)
    try:
        outcomes = asyncio.gather(*(echo(pipeline, "x") for _ in range(3)), return_exceptions=True)
        await asyncio.sleep(0)
        assert pipeline.waiting == 2
        assert all(isinstance(one, StoreUnavailable) for one in await outcomes)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert (figures.failed["too_many"], figures.failed["no_answer"], pipeline.waiting) == (1, 1, 0)
    await pipeline.close()

"""The doorbell: hears rings, distrusts its line, and nothing stops it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable

import pytest
from redis.asyncio import Redis

from hub.live import Position
from hub.model import SessionNumber
from state.bell import RedisBell
from state.embedded import EmbeddedServers
from state.keys import room_keys
from state.shards import MAIN, OneServer

ROOM, OTHER = SessionNumber(7), SessionNumber(8)


class Ear:
    """Notes what was rung."""

    def __init__(self) -> None:
        self.rung: list[SessionNumber] = []
        self.places: list[Position | None] = []

    def __call__(self, number: SessionNumber, position: Position | None) -> None:
        self.places.append(position)
        self.rung.append(number)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not condition():
                await asyncio.sleep(0.01)


@pytest.fixture
async def bell(client: Redis) -> AsyncIterator[RedisBell]:
    made = RedisBell(OneServer(client), ping_seconds=0.1, silence_seconds=0.4)
    yield made
    await made.close()


@pytest.fixture
def ear(bell: RedisBell) -> Ear:
    made = Ear()
    bell.hear(made)
    return made


async def ring(client: Redis, number: SessionNumber, seq: int = 1) -> int:
    heard: int = await client.spublish(room_keys(number).bell, f"{number}:{seq}")
    return heard


async def test_a_ring_is_heard_by_who_listens(bell: RedisBell, ear: Ear, client: Redis) -> None:
    await bell.listen(ROOM)
    await bell.listen(OTHER)
    ear.rung.clear()
    await ring(client, OTHER)
    await ring(client, ROOM)
    await ear.until(lambda: len(ear.rung) == 2)
    assert ear.rung == [OTHER, ROOM]


async def test_a_forgotten_room_is_silent(bell: RedisBell, ear: Ear, client: Redis) -> None:
    await bell.listen(ROOM)
    await bell.listen(OTHER)
    await bell.forget(ROOM)
    ear.rung.clear()
    await ring(client, ROOM)
    await ring(client, OTHER)
    await ear.until(lambda: bool(ear.rung))
    assert ear.rung == [OTHER]


async def test_nonsense_rings_nobody(bell: RedisBell, ear: Ear, client: Redis) -> None:
    await bell.listen(ROOM)
    ear.rung.clear()
    for payload in (b"", b"x", b"\xff:1", b"99999:1", "\u0662:1".encode()):
        await client.spublish(room_keys(ROOM).bell, payload)
    await ring(client, ROOM)
    await ear.until(lambda: bool(ear.rung))
    assert ear.rung == [ROOM]


async def test_after_a_killed_line_every_room_is_rung_once_and_heard_again(
    bell: RedisBell, ear: Ear, client: Redis
) -> None:
    await bell.listen(ROOM)
    await bell.listen(OTHER)
    ear.rung.clear()
    await client.client_kill_filter(_type="pubsub")
    await ear.until(lambda: len(ear.rung) == 2)
    assert sorted(ear.rung) == [ROOM, OTHER]
    async with asyncio.timeout(5):
        while not await ring(client, ROOM):
            await asyncio.sleep(0.01)
    await ear.until(lambda: len(ear.rung) == 3)
    assert ear.rung[-1] == ROOM


async def test_a_frozen_server_is_noticed_and_every_room_is_rung_when_it_thaws(
    bell: RedisBell, ear: Ear, servers: EmbeddedServers, caplog: pytest.LogCaptureFixture
) -> None:
    await bell.listen(ROOM)
    ear.rung.clear()
    pid = servers.pids["redis"]
    os.kill(pid, signal.SIGSTOP)
    try:
        await ear.until(lambda: "silent" in caplog.text)
    finally:
        os.kill(pid, signal.SIGCONT)
    await ear.until(lambda: ROOM in ear.rung)


async def test_a_server_that_comes_back_is_heard_again(bell: RedisBell, ear: Ear, servers: EmbeddedServers) -> None:
    await bell.listen(ROOM)
    ear.rung.clear()
    os.kill(servers.pids["redis"], signal.SIGKILL)
    await ear.until(lambda: ROOM in ear.rung)


async def test_a_callback_that_fails_stops_nothing(
    bell: RedisBell, client: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[SessionNumber] = []

    async def later(number: SessionNumber, _position: Position | None) -> None:
        heard.append(number)
        raise RuntimeError("in the task")

    def ring_or_fail(number: SessionNumber, _position: Position | None) -> None:
        if not heard:
            heard.append(number)
            raise RuntimeError("at once")

    bell.hear(ring_or_fail)
    await bell.listen(ROOM)
    await ring(client, ROOM)
    await Ear().until(lambda: len(heard) == 1)
    bell.hear(later)
    await ring(client, ROOM)
    await Ear().until(lambda: "in the task" in caplog.text)
    await ring(client, ROOM)
    await Ear().until(lambda: len(heard) == 3)
    assert "at once" in caplog.text


async def test_listening_without_a_server_waits_its_time_and_keeps_the_room_for_later(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    client = Redis.from_url(f"unix://{tmp_path_factory.mktemp('nobody')}/no.sock")
    bell = RedisBell(OneServer(client), ping_seconds=0.05, silence_seconds=0.1)
    await bell.listen(ROOM)
    await bell.close()
    await client.aclose()


async def test_rings_subscriptions_and_new_lines_are_counted(client: Redis) -> None:
    shards, ear = OneServer(client), Ear()
    figures = shards.figures
    bell = RedisBell(shards, ping_seconds=0.1, silence_seconds=0.4)
    bell.hear(ear)
    await bell.listen(ROOM)
    await ring(client, ROOM)
    await ring(client, OTHER)
    await ear.until(lambda: figures.rings == 1)
    assert (figures.connected["bell"], figures.confirmed, figures.silent) == (1, 1, 0)
    bell.hang_up(MAIN)
    await ear.until(lambda: figures.confirmed == 2)
    assert figures.connected["bell"] == 2
    await bell.close()


async def test_a_silent_line_is_counted(client: Redis, servers: EmbeddedServers) -> None:
    shards = OneServer(client)
    figures = shards.figures
    bell = RedisBell(shards, ping_seconds=0.05, silence_seconds=0.2)
    await bell.listen(ROOM)
    os.kill(servers.pids["redis"], signal.SIGSTOP)
    try:
        await Ear().until(lambda: figures.silent >= 1)
    finally:
        os.kill(servers.pids["redis"], signal.SIGCONT)
    await bell.close()

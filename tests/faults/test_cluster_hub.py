"""A hub of its own on a cluster: who sits in a room of a shard that dies goes on, and asks nobody for anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.model import SessionNumber
from tests.faults.cluster import LiveCluster
from tests.story.api import Api
from tests.story.client import Dashboard
from tests.story.hub import Hub
from tests.story.rooms import Room, World, log_in

FAILED_OVER_SECONDS = 20.0


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[LiveCluster]:
    async with LiveCluster.open(tmp_path, with_replica=True) as opened:
        yield opened


@pytest.fixture
async def world(tmp_path: Path, cluster: LiveCluster) -> AsyncIterator[World]:
    hub = Hub(tmp_path / "var", VIGIE_REDIS_URL=cluster.url)
    await asyncio.to_thread(hub.start)
    try:
        async with Api(hub.http_url) as api:
            world = World(hub, api, await log_in(hub))
            yield world
            await world.leave()
    finally:
        await asyncio.to_thread(hub.stop)


async def room_of(world: World, cluster: LiveCluster, shard: int) -> Room:
    """Make rooms until one is kept by this shard."""
    while True:
        room = await world.room(2)
        if cluster.shard_of(SessionNumber(room.number)) == shard:
            return room


async def degraded(board: Dashboard, what: list[str]) -> None:
    """Wait for a beat that says so."""

    def says() -> bool:
        beats = [frame for frame in board.frames if frame["type"] == "beat"]
        return bool(beats) and beats[-1]["degraded"] == what

    await board.until(says, f"degraded: {what}", FAILED_OVER_SECONDS)


async def test_a_class_on_a_dead_shard_goes_on_at_its_replica(world: World, cluster: LiveCluster) -> None:
    lost, other = await room_of(world, cluster, 0), await room_of(world, cluster, 1)
    boards = [await room.board() for room in (lost, other)]
    tabs = [await room.seated(board) for room, board in zip((lost, other), boards, strict=True)]
    ids = [room.id(board) for room, board in zip((lost, other), boards, strict=True)]
    for tab, board, one in zip(tabs, boards, ids, strict=True):
        await tab.progress(3)
        await board.row(one, lambda row: row["progress"] and row["progress"]["answered"] == 3, "progress")
    epochs = [board.epoch for board in boards]
    async with asyncio.TaskGroup() as meanwhile:
        meanwhile.create_task(cluster.fail_over())
        await degraded(boards[0], ["live"])
        # A decision needs no live store, and the other room needs no dead shard.
        reply = await boards[0].command("time.add", ids[0], minutes=2, reason="panne")
        assert reply["ok"]
        await tabs[1].progress(4)
        await boards[1].row(ids[1], lambda row: row["progress"]["answered"] == 4, "progress meanwhile")
    await degraded(boards[0], [])
    assert boards[0].epoch not in epochs
    assert boards[1].epoch == epochs[1], "the other room has the same life as before"
    await tabs[0].progress(5)
    row = await boards[0].row(ids[0], lambda row: row["progress"]["answered"] == 5, "progress", FAILED_OVER_SECONDS)
    assert (row["attempt"], row["interrupted_at"], row["entry_no"]) == ("running", None, 1)
    assert [tab.close_code for tab in tabs] == [None, None]

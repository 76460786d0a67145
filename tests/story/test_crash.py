"""The hub dies in the middle of a room: nothing is lost and nobody needs an authorization."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.story.api import Api
from tests.story.client import new_key
from tests.story.hub import Hub
from tests.story.rooms import World, accepted, declined, eventually, log_in, ok, refused

LOST_SECONDS = 5
"""Progress is written behind: so much of it may be lost with the process, not more."""


@pytest.fixture
def own_hub(tmp_path_factory: pytest.TempPathFactory) -> Hub:
    return Hub(tmp_path_factory.mktemp("crash") / "var")


async def test_after_a_kill_9_everybody_goes_on_without_an_authorization(own_hub: Hub) -> None:
    hub = own_hub
    await asyncio.to_thread(hub.start)
    try:
        async with Api(hub.http_url) as api:
            await play(World(hub, api, await log_in(hub)))
    finally:
        if hub.process is not None and hub.process.poll() is None:
            assert hub.stop() == 0, hub.tail()
    hub.assert_no_orphan()
    assert "Traceback" not in hub.log.read_text()


async def play(world: World) -> None:
    hub, room = world.hub, await world.room(3)
    board = await room.board()
    tabs = [await room.seated(board, place) for place in range(2)]
    ids = [room.id(board, place) for place in range(3)]
    waiting = await room.tab(2)
    accepted(await board.command("presence.confirm", ids[2]))
    said = {"minutes": 9, "reason": "avant la panne", "key": new_key()}
    acknowledged = accepted(await board.command("time.add", ids[0], **said))
    for answered, tab in ((14, tabs[0]), (21, tabs[1])):
        await tab.progress(answered)
    await board.row(ids[1], lambda row: (row["progress"] or {}).get("answered") == 21, "progress")
    await asyncio.sleep(LOST_SECONDS + 1)  # the write-behind's period: from here on nothing of it may be lost
    before = {one: dict(board.rows[one]) for one in ids}
    numbers = [tab.state["certification_number"] for tab in tabs]
    hub.kill()
    await asyncio.to_thread(hub.assert_no_orphan)
    await asyncio.gather(*(line.closing() for line in (*tabs, waiting, board)))
    world.lines.clear()
    room.boards.clear()
    await asyncio.to_thread(hub.start)
    back = [await room.tab(token=tab.token) for tab in tabs]  # type: ignore[attr-defined]
    for tab, answered, number in zip(back, (14, 21), numbers, strict=True):
        assert tab.state["in_test"], "nobody needs an authorization"
        assert (tab.state["answered"], tab.state["certification_number"]) == (answered, number)
    third = await room.tab(token=waiting.token)  # type: ignore[attr-defined]
    assert third.state["authorization"] == "start", "a decision is a decision"
    fresh = await room.board()
    for one in ids:
        for facet in (
            "presence",
            "authorization",
            "attempt",
            "entry_no",
            "certification_number",
            "interrupted_at",
            "time",
        ):
            assert fresh.rows[one][facet] == before[one][facet], facet
    again = accepted(await fresh.command("time.add", ids[0], **said))
    assert again["decision_seq"] == acknowledged["decision_seq"], "a key outlives the process"
    await back[0].progress(15)
    await fresh.row(ids[0], lambda row: row["progress"]["answered"] == 15, "goes on")
    ok(await third.enter(room.access_code))
    ok(await back[1].ask("finish", answered=22, total=32))
    await fresh.row(ids[1], lambda row: row["attempt"] == "finished", "finished")
    await world.leave()


async def test_a_kill_9_of_the_process_leaves_no_orphan_even_without_a_restart(tmp_path: Path) -> None:
    settings = {"VIGIE_UNDO_SECONDS": "0", "VIGIE_ENTRY_WINDOW_SECONDS": "1"}
    hub = Hub(tmp_path / "var", **settings)
    await asyncio.to_thread(hub.start)
    try:
        assert len(hub.relatives()) > 1, "the hub and its stores"
        async with Api(hub.http_url) as api:
            await play_without_delay(World(hub, api, await log_in(hub)))
    finally:
        hub.kill()
    await asyncio.to_thread(hub.assert_no_orphan)


async def play_without_delay(world: World) -> None:
    """An end without an undo window takes effect at once; who has not started in the entry window is too late."""
    room = await world.room()
    board = await room.board()
    tab, second = await room.seated(board), await room.tab(1)
    one = room.id(board)
    accepted(await board.command("attempt.end", one))
    await tab.told("the end", attempt="ended", end_reason="ended_by_invigilator")
    await board.row(one, lambda row: row["attempt"] == "ended", "ended")
    declined(await board.command("attempt.end.cancel", one), "too_late")

    async def is_too_late() -> bool:
        return (await second.enter(room.access_code))["error"]["code"] == "session_closed"

    refused(await second.enter("AAAA22"), "access_code_invalid")
    await eventually(is_too_late, "the end of the entry window")
    await world.leave()

"""The hub dies in the middle of a room: nothing is lost and nobody needs an authorization."""

from __future__ import annotations

import asyncio
import signal

from tests.story.api import Api
from tests.story.background import with_own_hub
from tests.story.client import new_key
from tests.story.hub import Hub
from tests.story.rooms import World, accepted, declined, eventually, log_in, ok, refused

LOST_SECONDS = 5
"""Progress is written behind: so much of it may be lost with the process, not more."""


@with_own_hub()
async def test_after_a_kill_9_everybody_goes_on_without_an_authorization(hub: Hub) -> None:
    async with Api(hub.http_url) as api:
        await play(World(hub, api, await log_in(hub)))


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
        assert tab.state["in_test"], f"nobody needs an authorization: {tab.frames}\n{hub.tail()}"
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


@with_own_hub(VIGIE_UNDO_SECONDS="0", VIGIE_ENTRY_WINDOW_SECONDS="1")
async def test_a_kill_9_leaves_no_orphan_even_without_a_restart(hub: Hub) -> None:
    assert len(hub.relatives()) > 1, "the hub and its stores"
    async with Api(hub.http_url) as api:
        await play_without_delay(World(hub, api, await log_in(hub)))
    hub.kill()


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


@with_own_hub(VIGIE_UNDO_SECONDS="4", VIGIE_BLINK_SECONDS="1", VIGIE_GRACE_SECONDS="2", VIGIE_HUB_GRACE_SECONDS="9")
async def test_a_restart_is_our_fault_and_costs_only_those_who_do_not_come_back(hub: Hub) -> None:
    async with Api(hub.http_url) as api:
        world = World(hub, api, await log_in(hub))
        room = await world.room(3)
        board = await room.board()
        tabs = [await room.seated(board, place) for place in range(3)]
        ids = [room.id(board, place) for place in range(3)]
        await tabs[0].progress(14)
        await board.row(ids[0], lambda row: row["progress"], "progress")
        accepted(await board.command("attempt.end", ids[2]))
        assert await asyncio.to_thread(hub.stop) == 0
        for line in (*tabs, board):
            assert await line.closing() == 4200, "a stop says goodbye, and to come back"
        world.lines.clear()
        room.boards.clear()
        await asyncio.to_thread(hub.start)
        fresh = await room.board()
        await fresh.row(ids[2], lambda row: row["attempt"] == "ended", "what was due was settled")
        await asyncio.sleep(3)  # longer than the grace for a loss that is the candidate's own
        back = await room.tab(token=tabs[0].token)  # type: ignore[attr-defined]
        assert (back.state["in_test"], back.state["answered"]) == (True, 14), "a stop flushes what it knows"
        row = await fresh.row(ids[1], lambda row: row["interrupted_at"], "did not come back", within=15)
        assert row["time"]["interruptions"][0]["cause"] == "hub"
        lost = await room.tab(token=tabs[1].token)  # type: ignore[attr-defined]
        assert not lost.state["in_test"]
        assert fresh.rows[ids[0]]["time"]["interruptions"] == []
        await world.leave()


@with_own_hub(VIGIE_BLINK_SECONDS="1", VIGIE_GRACE_SECONDS="2", VIGIE_SILENCE_SECONDS="6")
async def test_a_hub_that_stood_still_blames_nobody_for_it(hub: Hub) -> None:
    async with Api(hub.http_url) as api:
        world = World(hub, api, await log_in(hub))
        room = await world.room(2)
        board = await room.board()
        patient, impatient = [await room.seated(board, place) for place in range(2)]
        ids = [room.id(board, place) for place in range(2)]
        assert hub.process is not None
        hub.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(4)
        impatient.abort()  # as a page does that has heard nothing for too long
        await asyncio.sleep(4)
        hub.process.send_signal(signal.SIGCONT)
        await asyncio.sleep(4)  # longer than the grace
        await patient.progress(3)
        await board.row(ids[0], lambda row: row["progress"], "the line holds")
        back = await room.tab(token=impatient.token)  # type: ignore[attr-defined]
        assert back.state["in_test"]
        assert board.close_code is None
        for one in ids:
            row = board.rows[one]
            assert (row["interrupted_at"], row["time"]["interruptions"]) == (None, [])
        await world.leave()

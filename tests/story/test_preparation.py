"""A list is corrected while its room is looked at: everybody sees it, and who is no longer part of it is sent home."""

from __future__ import annotations

import pytest

from tests.story.api import Refused
from tests.story.rooms import World, ok


async def test_a_corrected_line_reaches_an_open_dashboard(world: World) -> None:
    room = await world.room(2)
    board = await room.board()
    one, epoch = room.id(board, 0), board.epoch
    path = f"/sessions/{room.number}/candidates/{one}"
    await world.api.call(
        "PATCH", path, world.staff.admin, json={"first_name": "Zélie", "extra_time_percentage": "33 %"}
    )
    await board.until(lambda: board.epoch != epoch, "the room loaded anew", within=4)
    await board.row(
        one, lambda row: (row["first_name"], row["extra_time_percentage"]) == ("Zélie", 33), "the correction"
    )


async def test_a_candidate_taken_off_the_list_is_sent_home_and_the_others_stay(world: World) -> None:
    room = await world.room(2)
    board = await room.board()
    gone, stays = await room.tab(0), await room.tab(1)
    one, other = room.id(board, 0), room.id(board, 1)
    await world.api.call("DELETE", f"/sessions/{room.number}/candidates/{one}", world.staff.admin)
    assert await gone.closing(within=4) == 4003
    await board.until(lambda: set(board.rows) == {other}, "one row less", within=4)
    ok(await board.command("presence.confirm", other))
    await stays.told("may start", authorization="start")
    with pytest.raises(Refused) as refusal:
        await room.identify(0)
    assert refusal.value.code == "identity_not_found"


async def test_who_looks_at_a_deleted_session_is_sent_home(world: World) -> None:
    room = await world.room(2)
    lines = [await room.board(), await room.board(world.staff.admin), await room.tab(0)]
    await world.api.call("DELETE", f"/sessions/{room.number}", world.staff.admin)
    assert [await line.closing(within=4) for line in lines] == [4004] * 3
    with pytest.raises(Refused) as refusal:
        await world.api.call("GET", f"/sessions/{room.number}", world.staff.admin)
    assert refusal.value.code == "not_found"

"""A session is finalized while somebody still works: told at once, and what was answered is kept."""

from __future__ import annotations

from typing import Any

from tests.story.rooms import World, refused


async def test_what_was_answered_a_moment_ago_is_kept_and_the_candidate_is_told(world: World) -> None:
    room = await world.room()
    board = await room.board()
    tab, one = await room.seated(board), room.id(board)
    await tab.progress(10)
    await board.row(one, lambda row: row["progress"], "progress")
    await tab.progress(11)
    await board.row(one, lambda row: row["progress"]["answered"] == 11, "more of it")
    receipt = await finalized(world, room.number, one)
    assert receipt["head"]
    state = await tab.told("the end", attempt="closed", end_reason="closed", session_status="finalized", in_test=False)
    assert state["answered"] == 11
    await board.row(one, lambda row: row["attempt"] == "closed", "closed")
    refused(await tab.ask("finish", answered=32, total=32), "attempt_over")
    kept = await world.api.call("GET", f"/sessions/{room.number}/finalization", world.staff.admin)
    assert next(row for row in kept["candidates"] if row["id"] == one)["progress"]["answered"] == 11


async def finalized(world: World, number: int, unfinished: int) -> dict[str, Any]:
    """Say why somebody did not finish, and confirm."""
    path, token = f"/sessions/{number}/finalization", world.staff.admin
    body = {"version": 0, "abort_reasons": {str(unfinished): "technical"}, "incident": False, "comment": ""}
    saved = await world.api.call("PUT", path, token, json=body)
    confirmed = await world.api.call("POST", f"{path}/confirm", token, json={"version": saved["draft"]["version"]})
    receipt: dict[str, Any] = confirmed["receipt"]
    return receipt

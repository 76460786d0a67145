"""The end: finished, ended by the invigilator, undone in time or too late, and never undone afterwards."""

from __future__ import annotations

from tests.story.client import Candidate, Dashboard
from tests.story.rooms import Room, World, accepted, declined, ok, refused


async def ending(world: World) -> tuple[Room, Dashboard, Candidate, int]:
    """Bring somebody to the middle of the test and ask to end it."""
    room = await world.room()
    board = await room.board()
    tab, one = await room.seated(board), room.id(board)
    await tab.progress(10)
    await board.row(one, lambda row: row["progress"], "progress")
    accepted(await board.command("attempt.end", one))
    await board.row(one, lambda row: row["ending_at"], "the undo window")
    return room, board, tab, one


async def test_a_finish_inside_the_undo_window_wins(world: World) -> None:
    _, board, tab, one = await ending(world)
    ok(await tab.ask("finish", answered=12, total=32))
    row = await board.row(one, lambda row: row["attempt"] == "finished", "finished")
    assert (row["ending_at"], row["progress"]["answered"]) == (None, 12)
    state = await tab.told("the end screen", attempt="finished", end_reason="finished", in_test=False)
    assert state["certification_number"]
    accepted(await board.command("attempt.end", one), already=True)
    assert "candidate.ended" not in board.types(one)


async def test_the_candidate_is_not_told_and_goes_on_inside_the_undo_window(world: World) -> None:
    room, board, tab, one = await ending(world)

    def told() -> list[object]:
        return [frame for frame in tab.frames if frame["type"] == "state"]

    states = told()
    await tab.progress(11)
    await board.row(one, lambda row: row["progress"]["answered"] == 11, "goes on")
    ok(await tab.enter(room.access_code))
    if board.rows[one]["attempt"] == "running":
        assert told() == states


async def test_an_end_that_nobody_undoes_ends_the_test(world: World) -> None:
    _, board, tab, one = await ending(world)
    row = await board.row(one, lambda row: row["attempt"] == "ended", "ended", within=6)
    state = await tab.told("the end", attempt="ended", end_reason="ended_by_invigilator", in_test=False)
    assert state["answered"] == 10
    assert row["progress"]["answered"] == 10
    refused(await tab.ask("finish"), "attempt_over")
    declined(await board.command("attempt.end.cancel", one), "too_late")
    accepted(await board.command("attempt.end", one), already=True)
    declined(await board.command("resume.authorize", one), "attempt_over")
    declined(await board.command("time.add", one, minutes=5, reason="non"), "attempt_over")
    assert board.rows[one]["attempt"] == "ended"


async def test_an_end_cancelled_in_time_is_as_if_nobody_had_asked(world: World) -> None:
    _, board, tab, one = await ending(world)
    accepted(await board.command("attempt.end.cancel", one))
    await board.row(one, lambda row: row["ending_at"] is None, "cancelled")
    declined(await board.command("attempt.end.cancel", one), "no_end_requested")
    await tab.progress(20)
    row = await board.row(one, lambda row: row["progress"]["answered"] == 20, "goes on")
    assert row["attempt"] == "running"
    ok(await tab.ask("finish"))


async def test_while_ending_no_other_client_comes_in_whatever_its_code(world: World) -> None:
    room, board, _, one = await ending(world)
    other = await room.tab()
    refused(await other.enter(room.access_code), "attempt_ending")
    refused(await other.enter("AAAA22"), "attempt_ending")
    declined(await board.command("resume.authorize", one), "attempt_ending")


async def test_asking_to_end_voids_an_unused_resume(world: World) -> None:
    room = await world.room()
    board = await room.board()
    await room.seated(board)
    one = room.id(board)
    accepted(await board.command("resume.authorize", one))
    accepted(await board.command("attempt.end", one))
    row = await board.row(one, lambda row: row["ending_at"], "ending")
    assert row["authorization"] is None
    accepted(await board.command("attempt.end", one), already=True)


async def test_after_the_end_nobody_enters_and_the_end_screen_comes_again_in_a_new_browser(world: World) -> None:
    room = await world.room()
    board = await room.board()
    tab, one = await room.seated(board), room.id(board)
    ok(await tab.ask("finish", answered=32, total=32))
    await board.row(one, lambda row: row["attempt"] == "finished", "finished")
    number = (await tab.told("the end", attempt="finished"))["certification_number"]
    refused(await tab.enter(room.access_code), "attempt_over")
    await tab.close()
    again = await room.tab()
    assert (again.state["attempt"], again.state["end_reason"]) == ("finished", "finished")
    assert again.state["certification_number"] == number
    assert (again.state["answered"], again.state["total"]) == (32, 32)
    refused(await again.enter(room.access_code), "attempt_over")
    refused(await again.enter("AAAA22"), "attempt_over")
    accepted(await board.command("end_screen.see", one))
    row = await board.row(one, lambda row: row["end_screen_seen"], "seen")
    assert row["waiting"]["clients"] == 0, "who looks at the end screen is not waiting"
    assert row["entry_refused"] is None
    assert not {"candidate.waiting", "candidate.entry_refused"} & set(board.types(one))


async def test_who_may_be_ended_and_who_not(world: World) -> None:
    room = await world.room(3)
    board = await room.board()
    await room.seated(board)
    ids = [room.id(board, place) for place in range(3)]
    reply = ok(await board.command("attempt.end", ids))
    assert [(r["candidate"], r.get("code")) for r in reply["results"]] == list(
        zip(ids, [None, "not_started", "not_started"], strict=True)
    )
    declined(await board.command("attempt.end.cancel", ids[1]), "no_end_requested")
    declined(await board.command("attempt.end", [999_999_999]), "unknown_candidate")


async def test_the_end_screen_is_seen_and_unseen_once_there_is_one(world: World) -> None:
    room = await world.room()
    board = await room.board()
    tab, one = await room.seated(board), room.id(board)
    declined(await board.command("end_screen.see", one), "not_finished")
    ok(await tab.ask("finish", answered=1, total=2))
    accepted(await board.command("end_screen.see", one))
    row = await board.row(one, lambda row: row["end_screen_seen"], "seen")
    assert row["end_screen_seen"]["by"]
    accepted(await board.command("end_screen.see", one), already=True)
    accepted(await board.command("end_screen.unsee", one))
    await board.row(one, lambda row: row["end_screen_seen"] is None, "unseen")
    accepted(await board.command("end_screen.unsee", one), already=True)

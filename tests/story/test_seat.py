"""One candidate, several tabs and computers: who holds the test, and how it changes hands."""

from __future__ import annotations

import asyncio

from tests.story.client import new_key
from tests.story.rooms import World, accepted, ok, refused


async def test_a_second_tab_waits_without_taking_over(world: World) -> None:
    room = await world.room()
    board = await room.board()
    first, one = await room.seated(board), room.id(board)
    await first.progress(5)
    second = await room.tab()
    assert not second.state["in_test"]
    assert second.state["attempt"] == "running"
    await board.row(one, lambda row: row["waiting"]["clients"] == 1, "somebody waits")
    refused(await second.enter(room.access_code), "resume_not_authorized")
    row = await board.row(one, lambda row: row["entry_refused"], "is asking to come in")
    assert row["entry_refused"]["code"] == "resume_not_authorized"
    refused(await second.ask("finish"), "resume_not_authorized")
    await second.progress(30)
    await second.until(lambda: len(second.replies) + (second.frames[-1]["type"] == "reply") >= 3, "a refused progress")
    await first.progress(6)
    row = await board.row(one, lambda row: (row["progress"] or {}).get("answered") == 6, "the first goes on")
    assert (row["entry_no"], row["attempt"], row["link"]["state"]) == (1, "running", "online")
    assert first.close_code is None
    assert first.state["in_test"]


async def test_a_reload_takes_its_own_seat_back_and_the_older_socket_is_replaced(world: World) -> None:
    room = await world.room()
    board = await room.board()
    first, one = await room.seated(board), room.id(board)
    await first.progress(7)
    await board.row(one, lambda row: row["progress"], "progress")
    heard = len(board.types(one))
    again = await room.tab(token=first.token)
    assert again.state["in_test"], "no enter is needed"
    assert (again.state["answered"], again.state["total"]) == (7, 32)
    assert await first.closing() == 4010
    assert first.bye is not None
    assert first.bye["reason"] == "replaced"
    await again.progress(8)
    await board.row(one, lambda row: row["progress"]["answered"] == 8, "goes on")
    assert [kind for kind in board.types(one)[heard:] if kind != "candidate.told"] == ["candidate.progressed"]
    assert board.rows[one]["entry_no"] == 1


async def test_a_broken_line_that_is_back_at_once_shows_nothing(world: World) -> None:
    room = await world.room()
    board = await room.board()
    first, one = await room.seated(board), room.id(board)
    heard = len(board.types(one))
    first.abort()
    again = await room.tab(token=first.token)
    assert again.state["in_test"]
    await again.progress(1)
    await board.row(one, lambda row: row["progress"], "goes on")
    assert [kind for kind in board.types(one)[heard:] if kind != "candidate.told"] == ["candidate.progressed"]


async def test_a_resume_authorization_lets_exactly_one_of_two_in_and_the_old_computer_is_cut(world: World) -> None:
    room = await world.room()
    board = await room.board()
    old, one = await room.seated(board), room.id(board)
    await old.progress(9)
    left, right = await room.tab(), await room.tab()
    refused(await left.enter(room.access_code), "resume_not_authorized")
    accepted(await board.command("resume.authorize", one))
    row = await board.row(one, lambda row: row["authorization"], "authorization")
    assert row["authorization"]["kind"] == "resume"
    assert row["authorization"]["expires_at"]
    await asyncio.gather(*(tab.told("authorized", authorization="resume") for tab in (left, right)))
    replies = await asyncio.gather(left.enter(room.access_code), right.enter(room.access_code))
    assert sorted(reply["ok"] for reply in replies) == [False, True], replies
    winner, loser = (left, right) if replies[0]["ok"] else (right, left)
    refused(replies[0] if not replies[0]["ok"] else replies[1], "resume_not_authorized")
    state = await winner.told("the test", in_test=True, answered=9, total=32, authorization=None)
    assert state["certification_number"] == old.state["certification_number"]
    assert await old.closing() == 4010
    assert old.bye is not None
    assert old.bye["reason"] == "seat_taken", "moved to another computer, and told so"
    row = await board.row(one, lambda row: row["entry_no"] == 2, "resumed")
    assert (row["authorization"], row["time"]["interruptions"], row["interrupted_at"]) == (None, [], None)
    assert "candidate.resumed" in board.types(one)
    assert not loser.state["in_test"]


async def test_an_authorization_once_used_is_used(world: World) -> None:
    room = await world.room()
    board = await room.board()
    old, one = await room.seated(board), room.id(board)
    second = await room.tab()
    accepted(await board.command("resume.authorize", one))
    ok(await second.enter(room.access_code))
    await second.told("the test", in_test=True)
    back = await room.tab(token=old.token)
    assert not back.state["in_test"], "the replaced client has lost the seat"
    refused(await back.enter(room.access_code), "resume_not_authorized")


async def test_a_stored_ok_gives_no_seat(world: World) -> None:
    room = await world.room()
    board, old = await room.board(), await room.tab()
    one, key = room.id(board), new_key()
    accepted(await board.command("presence.confirm", one))
    ok(await old.enter(room.access_code, key=key))
    await old.told("the test", in_test=True)
    second = await room.tab()
    accepted(await board.command("resume.authorize", one))
    ok(await second.enter(room.access_code))
    back = await room.tab(token=old.token)
    ok(await back.enter(room.access_code, key=key))
    assert not back.state["in_test"]
    await second.progress(4)
    await board.row(one, lambda row: (row["progress"] or {}).get("answered") == 4, "the seat stays where it is")
    assert second.state["in_test"]


async def test_progress_never_goes_back_and_stays_between_zero_and_total(world: World) -> None:
    room = await world.room()
    board = await room.board()
    tab, one = await room.seated(board), room.id(board)
    for answered in (4, 2, 4, 5):
        await tab.progress(answered, question=answered)
    row = await board.row(one, lambda row: (row["progress"] or {}).get("answered") == 5, "five")
    assert row["progress"]["total"] == 32
    assert all(not f["ok"] for f in tab.frames if f["type"] == "reply" and f["ref"] is None), "a lower one is ignored"
    for answered, total in ((33, 32), (-1, 32)):
        before = len([f for f in tab.frames if f["type"] == "reply"])
        await tab.progress(answered, total)
        reply = await tab.until(lambda n=before: [f for f in tab.frames if f["type"] == "reply"][n:], "refused")
        assert reply[0]["error"]["code"] == "invalid", reply
    assert board.rows[one]["progress"]["answered"] == 5


async def test_a_resume_is_for_running_attempts_only_and_repeating_it_renews_it(world: World) -> None:
    room = await world.room()
    board = await room.board()
    one, other = room.id(board), room.id(board, 1)
    await room.seated(board)
    reply = ok(await board.command("resume.authorize", [one, other]))
    assert [result.get("code") for result in reply["results"]] == [None, "not_started"]
    first = (await board.row(one, lambda row: row["authorization"], "authorization"))["authorization"]["expires_at"]
    ok(await board.command("resume.authorize", one))
    await board.row(one, lambda row: row["authorization"]["expires_at"] > first, "renewed")

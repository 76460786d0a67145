"""Getting in: who may start, with which code, and what the invigilator sees of it."""

from __future__ import annotations

import asyncio

from tests.story.rooms import World, accepted, ok, refused

WRONG_CODE = "AAAA22"


async def test_a_wrong_code_before_presence_says_the_code_is_wrong_and_is_never_shown(world: World) -> None:
    room = await world.room()
    board, tab = await room.board(), await room.tab()
    refused(await tab.enter(WRONG_CODE), "access_code_invalid")
    await board.happened("candidate.joined", room.id(board))
    accepted(await board.command("identity.check", room.id(board), state="checked"))
    await board.row(room.id(board), lambda row: row["identity"] == "checked", "identity")
    assert "candidate.entry_refused" not in board.types()
    assert board.rows[room.id(board)]["entry_refused"] is None


async def test_entering_before_presence_is_refused_and_shown_to_the_invigilator_at_once(world: World) -> None:
    room = await world.room()
    board, tab = await room.board(), await room.tab()
    one = room.id(board)
    refused(await tab.enter(room.access_code), "presence_not_confirmed")
    row = await board.row(one, lambda row: row["entry_refused"], "entry_refused", within=2)
    assert row["entry_refused"]["code"] == "presence_not_confirmed"
    accepted(await board.command("presence.confirm", one))
    await tab.told("authorized", authorization="start", presence="confirmed", in_test=False)
    row = await board.row(one, lambda row: row["authorization"], "authorization")
    assert row["entry_refused"] is None, "an authorization clears it"
    assert row["authorization"]["kind"] == "start"
    assert row["authorization"]["expires_at"] is None, "a confirmed presence lives until the session ends"


async def test_the_first_entry_consumes_the_authorization_and_gives_the_certification_number(world: World) -> None:
    room = await world.room()
    board, tab = await room.board(), await room.tab()
    one = room.id(board)
    assert tab.state["certification_number"] is None
    accepted(await board.command("presence.confirm", one))
    ok(await tab.enter(room.access_code))
    state = await tab.told("the test", in_test=True, attempt="running", authorization=None)
    assert state["certification_number"] is not None
    row = await board.row(one, lambda row: row["attempt"] == "running", "entered")
    assert row["certification_number"] == state["certification_number"]
    assert (row["authorization"], row["entry_no"], row["waiting"]["clients"]) == (None, 1, 0)
    assert row["link"]["state"] == "online"
    assert board.session["started_at"], "the first entry starts the room's clock"


async def test_the_code_may_be_typed_in_lower_case_with_spaces_around(world: World) -> None:
    room = await world.room()
    board, tab = await room.board(), await room.tab()
    accepted(await board.command("presence.confirm", room.id(board)))
    ok(await tab.enter(f"  {room.access_code.lower()} "))
    await tab.told("the test", in_test=True)


async def test_a_cancelled_or_absent_presence_lets_nobody_in(world: World) -> None:
    room = await world.room()
    board, tab = await room.board(), await room.tab()
    one = room.id(board)
    for last in ("presence.cancel", "presence.absent"):
        accepted(await board.command("presence.confirm", one))
        await tab.told("authorized", authorization="start")
        accepted(await board.command(last, one))
        await tab.told("not authorized any more", authorization=None)
        refused(await tab.enter(room.access_code), "presence_not_confirmed")
    row = await board.row(one, lambda row: row["presence"]["state"] == "absent", "absent")
    assert row["authorization"] is None
    accepted(await board.command("presence.cancel", one))
    await board.row(one, lambda row: row["presence"]["state"] == "expected", "expected again, from absent")


async def test_leaving_clears_the_refused_entry(world: World) -> None:
    room = await world.room()
    board, tab = await room.board(), await room.tab()
    one = room.id(board)
    refused(await tab.enter(room.access_code), "presence_not_confirmed")
    await board.row(one, lambda row: row["entry_refused"], "entry_refused")
    await tab.close()
    await board.row(one, lambda row: row["entry_refused"] is None, "cleared", within=12)


async def test_enter_from_the_client_already_seated_is_accepted_without_effect(world: World) -> None:
    room = await world.room()
    board = await room.board()
    tab = await room.seated(board)
    one = room.id(board)
    ok(await tab.enter(room.access_code))
    accepted(await board.command("time.add", one, minutes=1, reason="repère"))
    row = await board.row(one, lambda row: row["time"]["minutes_added"] == 1, "the marker")
    assert row["entry_no"] == 1
    assert board.types(one).count("candidate.entered") == 1
    assert "candidate.resumed" not in board.types(one)


async def test_an_entry_says_its_total_and_the_total_is_fixed(world: World) -> None:
    room = await world.room()
    board, tab = await room.board(), await room.tab()
    one = room.id(board)
    accepted(await board.command("presence.confirm", one))
    ok(await tab.enter(room.access_code, total=32))
    await tab.told("the test", in_test=True, total=32)
    await tab.progress(1, 33)
    reply = await tab.until(
        lambda: next((f for f in tab.frames if f["type"] == "reply" and not f["ok"]), None), "refusal"
    )
    assert reply["error"]["code"] == "total_changed"


async def test_after_five_wrong_codes_tries_are_limited_for_this_candidate_only(world: World) -> None:
    room = await world.room()
    board, tab, neighbour = await room.board(), await room.tab(), await room.tab(1)
    for _ in range(5):
        refused(await tab.enter(WRONG_CODE), "access_code_invalid")
    sixth = refused(await tab.enter(WRONG_CODE), "rate_limited")
    assert 0 < sixth["error"]["after_ms"] <= 10_000
    again = await room.tab(0)
    refused(await again.enter(WRONG_CODE), "rate_limited")
    accepted(await board.command("presence.confirm", room.id(board, 1)))
    ok(await neighbour.enter(room.access_code))


async def test_somebody_who_comes_in_is_seen_to_join_and_to_leave(world: World) -> None:
    room = await world.room()
    board = await room.board()
    one = room.id(board)
    assert board.rows[one]["link"]["state"] == "never"
    first = await room.tab()
    row = await board.row(one, lambda row: row["waiting"]["clients"] == 1, "joined")
    assert row["link"]["state"] == "online"
    second = await room.tab()
    await board.row(one, lambda row: row["waiting"]["clients"] == 2, "a second client")
    assert [kind for kind in board.types(one) if kind != "candidate.told"] == ["candidate.joined", "candidate.waiting"]
    await asyncio.gather(first.close(), second.close())
    await board.row(one, lambda row: row["waiting"]["clients"] == 0, "left", within=12)
    assert "candidate.left" in board.types(one)


async def test_an_acknowledged_state_is_shown_as_told(world: World) -> None:
    room = await world.room()
    board, tab = await room.board(), await room.tab()
    one = room.id(board)
    accepted(await board.command("presence.confirm", one))
    version = (await tab.told("authorized", authorization="start"))["version"]
    await tab.say({"type": "ack", "version": version})
    await board.row(one, lambda row: row["told_version"] == version, "told")


async def test_a_progress_or_a_finish_before_the_start_is_refused(world: World) -> None:
    room = await world.room()
    tab = await room.tab()
    refused(await tab.ask("finish"), "not_started")
    await tab.progress(3)
    await tab.until(
        lambda: [f for f in tab.frames if f["type"] == "reply" and f.get("error", {}).get("code") == "not_started"][1:],
        "a refused progress",
    )

"""Rules that need time to pass. All of them are played at once when the first is asked for, each in its own room."""

from __future__ import annotations

import asyncio
import itertools
from datetime import datetime

from tests.story.background import story
from tests.story.client import Candidate, Dashboard
from tests.story.rooms import World, accepted, declined, ok, refused


def seconds(sooner: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(sooner)).total_seconds()


@story(standard=True)
async def test_after_15_seconds_without_a_line_a_return_needs_an_authorization(world: World) -> None:
    room = await world.room()
    board = await room.board()
    tab, one = await room.seated(board), room.id(board)
    await tab.progress(11)
    await board.row(one, lambda row: row["progress"], "progress")
    tab.abort()
    row = await board.row(one, lambda row: row["link"]["state"] == "suspect", "suspect", within=9)
    row = await board.row(one, lambda row: row["interrupted_at"], "interrupted", within=20)
    await board.row(one, lambda row: row["link"]["state"] == "offline", "offline", within=5)
    (interruption,) = row["time"]["interruptions"]
    assert (interruption["to"], interruption["cause"]) == (None, "candidate")
    back: Candidate = await room.tab(token=tab.token)  # type: ignore[attr-defined]
    assert (back.state["in_test"], back.state["attempt"]) == (False, "running")
    assert back.state["suspended_since"]
    assert back.state["answered"] == 11
    row = await board.row(one, lambda row: row["waiting"]["clients"] == 1, "is back and waits")
    assert row["link"]["state"] == "offline", "while interrupted it stays offline"
    refused(await back.enter(room.access_code), "resume_not_authorized")
    await board.row(one, lambda row: row["entry_refused"], "asks to come in")
    accepted(await board.command("resume.authorize", one))
    await back.told("authorized", authorization="resume")
    ok(await back.enter(room.access_code))
    await back.told("the test goes on", in_test=True, answered=11, suspended_since=None)
    row = await board.row(one, lambda row: row["entry_no"] == 2, "resumed")
    assert row["interrupted_at"] is None
    assert row["time"]["interruptions"][0]["to"], "measured to its end"
    assert row["link"]["state"] == "online"


@story(standard=True)
async def test_a_return_within_the_grace_needs_nothing(world: World) -> None:
    room = await world.room()
    board = await room.board()
    tab, one = await room.seated(board), room.id(board)
    tab.abort()
    await board.row(one, lambda row: row["link"]["state"] == "suspect", "suspect", within=9)
    back: Candidate = await room.tab(token=tab.token)  # type: ignore[attr-defined]
    assert back.state["in_test"]
    row = await board.row(one, lambda row: row["link"]["state"] == "online", "online again")
    assert (row["entry_no"], row["interrupted_at"], row["time"]["interruptions"]) == (1, None, [])
    assert list(board.types(one))[-2:] == ["candidate.suspect", "candidate.reconnected"]


@story(standard=True)
async def test_a_return_within_five_seconds_is_no_event_at_all(world: World) -> None:
    room = await world.room()
    board = await room.board()
    tab, one = await room.seated(board), room.id(board)
    heard = len(board.types(one))
    for _ in range(2):
        tab.abort()
        await asyncio.sleep(3)  # the rule is about time: within this long nothing may happen
        tab = await room.tab(token=tab.token)  # type: ignore[attr-defined]
        assert tab.state["in_test"]
    await tab.progress(1)
    await board.row(one, lambda row: row["progress"], "goes on")
    assert [kind for kind in board.types(one)[heard:] if kind != "candidate.told"] == ["candidate.progressed"]


@story(standard=True)
async def test_an_end_takes_effect_after_ten_seconds_and_cannot_be_undone_then(world: World) -> None:
    room = await world.room()
    board = await room.board()
    await room.seated(board)
    one = room.id(board)
    accepted(await board.command("attempt.end", one))
    row = await board.row(one, lambda row: row["ending_at"], "ending")
    asked = next(event for event in board.events if event["type"] == "candidate.ending")
    assert 9 <= seconds(asked["at"], row["ending_at"]) <= 11
    row = await board.row(one, lambda row: row["attempt"] == "ended", "ended", within=13)
    declined(await board.command("attempt.end.cancel", one), "too_late")


@story(standard=True)
async def test_a_silent_candidate_is_suspect_after_nine_seconds_and_cut(world: World) -> None:
    room = await world.room()
    board = await room.board()
    tab, one = await room.seated(board), room.id(board)
    heard = len(board.types(one))
    tab.silence()
    begun = asyncio.get_running_loop().time()
    await board.row(one, lambda row: row["link"]["state"] == "suspect", "suspect", within=14)
    assert asyncio.get_running_loop().time() - begun <= 13, "a real loss shows in 13 s"
    assert await tab.closing(within=8) == 4103 or tab.close_code == 1006
    assert board.types(one)[heard:][0] == "candidate.suspect"
    await board.row(one, lambda row: row["interrupted_at"], "interrupted", within=15)


@story(standard=True)
async def test_a_silent_dashboard_is_cut_with_4103(world: World) -> None:
    room = await world.room()
    board = await room.board()
    board.silence()
    assert await board.closing(within=14) in (4103, 1006)


@story(standard=True)
async def test_a_candidates_beat_comes_each_four_seconds_or_so(world: World) -> None:
    room = await world.room()
    tab = await room.tab()
    beats = await tab.until(
        lambda: b if len(b := [f for f in tab.frames if f["type"] == "beat"]) >= 4 else None, "four beats", within=25
    )
    gaps = [seconds(a["server_time"], b["server_time"]) for a, b in itertools.pairwise(beats)]
    assert all(3 <= gap <= 6 for gap in gaps), gaps


@story()
async def test_who_says_nothing_for_five_seconds_is_no_client(world: World) -> None:
    lines = [await world.open(kind) for kind in (Candidate, Dashboard)]
    for line in lines:
        assert await line.closing(within=9) == 4008
        assert line.bye["code"] == 4008


@story()
async def test_a_resume_nobody_uses_lapses_and_the_person_asks_again(world: World) -> None:
    room = await world.room()
    board = await room.board()
    await room.seated(board)
    one, other = room.id(board), await room.tab()
    refused(await other.enter(room.access_code), "resume_not_authorized")
    accepted(await board.command("resume.authorize", one))
    await other.told("authorized", authorization="resume")
    await board.row(one, lambda row: row["authorization"], "authorized")
    await board.row(one, lambda row: row["authorization"] is None, "lapsed", within=12)
    assert "authorization.expired" in board.types(one)
    await other.told("not authorized any more", authorization=None)
    refused(await other.enter(room.access_code), "resume_not_authorized")


@story()
async def test_a_take_over_ends_by_itself(world: World) -> None:
    room = await world.room()
    admin = await room.board(world.staff.admin)
    one = room.id(admin)
    ok(await admin.ask("room.take_over"))
    accepted(await admin.command("presence.confirm", one))

    async def forbidden() -> bool:
        reply = await admin.command("presence.confirm", one)
        return not reply["ok"] and reply["error"]["code"] == "forbidden"

    for _ in range(30):
        if await forbidden():
            return
        await asyncio.sleep(0.5)
    raise AssertionError("the take-over never ended")


@story()
async def test_an_interrupted_candidate_may_be_let_in_on_another_computer(world: World) -> None:
    room = await world.room()
    board = await room.board()
    tab, one = await room.seated(board), room.id(board)
    await tab.progress(4)
    await board.row(one, lambda row: row["progress"], "progress")
    tab.abort()
    await board.row(one, lambda row: row["interrupted_at"], "interrupted", within=12)
    other = await room.tab()
    accepted(await board.command("resume.authorize", one))
    ok(await other.enter(room.access_code))
    await other.told("the test", in_test=True, answered=4)
    old = await room.tab(token=tab.token)  # type: ignore[attr-defined]
    assert not old.state["in_test"]
    refused(await old.enter(room.access_code), "resume_not_authorized")


@story()
async def test_after_the_limit_a_wrong_code_may_be_tried_again_each_ten_seconds(world: World) -> None:
    room = await world.room()
    tab = await room.tab()
    replies = [await tab.enter("AAAA22") for _ in range(6)]
    assert [reply["error"]["code"] for reply in replies] == ["access_code_invalid"] * 5 + ["rate_limited"]
    await asyncio.sleep(replies[-1]["error"]["after_ms"] / 1000 + 0.5)  # the hub said how long
    refused(await tab.enter("AAAA22"), "access_code_invalid")
    refused(await tab.enter("AAAA22"), "rate_limited")

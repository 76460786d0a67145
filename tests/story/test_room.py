"""What an invigilator does in a room besides letting people in: time, help, reports, messages, and doing it twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.story.client import Frame, new_key
from tests.story.rooms import World, accepted, declined, ok, refused

LATE = "late_or_leaving.late"


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_the_theoretical_end_is_start_plus_duration_plus_extra_rounded_up_plus_minutes_added(
    world: World,
) -> None:
    room = await world.room()
    board = await room.board()
    plain, extra = room.id(board, 0), room.id(board, 1)
    assert board.rows[plain]["time"]["theoretical_end"] is None
    assert (board.rows[plain]["extra_time_percentage"], board.rows[extra]["extra_time_percentage"]) == (0, 33)
    tabs = [await room.seated(board, 0), await room.seated(board, 1)]
    start, duration = instant(board.session["started_at"]), board.session["duration_minutes"]
    assert duration == 105
    for one, tab, minutes in ((plain, tabs[0], 105), (extra, tabs[1], 140)):
        end = await board.row(one, lambda row: row["time"]["theoretical_end"], "an end")
        assert instant(end["time"]["theoretical_end"]) == start + timedelta(minutes=minutes)
        state = await tab.told("the end", theoretical_end=end["time"]["theoretical_end"])
        assert state["in_test"]
    accepted(await board.command("time.add", [plain, extra], minutes=10, reason="alerte incendie"))
    accepted(await board.command("time.add", plain, minutes=-3, reason="erreur de saisie"))
    row = await board.row(plain, lambda row: row["time"]["minutes_added"] == 7, "seven more")
    assert instant(row["time"]["theoretical_end"]) == start + timedelta(minutes=112)
    await tabs[0].told("the new end", theoretical_end=row["time"]["theoretical_end"])


async def test_time_has_its_limits(world: World) -> None:
    room = await world.room()
    board = await room.board()
    one = room.id(board)
    for wrong in (
        {"minutes": 601, "reason": "x"},
        {"minutes": 5, "reason": ""},
        {"minutes": 5, "reason": "x" * 201},
        {"minutes": 5},
    ):
        refused(await board.command("time.add", one, **wrong), "invalid")
    accepted(await board.command("time.add", one, minutes=5, reason="x" * 200))
    declined(await board.command("time.add", one, minutes=-200, reason="sous zéro"), "invalid")
    accepted(await board.command("time.add", "all", minutes=1, reason="tous"))
    for row in list(board.rows):
        await board.row(row, lambda now: now["time"]["minutes_added"] in (1, 6), "everybody")


async def test_saying_again_what_is_so_is_already_and_no_error(world: World) -> None:
    room = await world.room()
    board, tab = await room.board(), await room.tab()
    one = room.id(board)
    accepted(await board.command("presence.cancel", one), already=True)
    accepted(await board.command("presence.absent", one))
    accepted(await board.command("presence.absent", one), already=True)
    accepted(await board.command("presence.confirm", one))
    accepted(await board.command("presence.confirm", one), already=True)
    accepted(await board.command("identity.check", one, state="checked"))
    accepted(await board.command("identity.check", one, state="checked"), already=True)
    ok(await tab.enter(room.access_code))
    await board.row(one, lambda row: row["attempt"] == "running", "running")
    accepted(await board.command("presence.confirm", one), already=True)
    declined(await board.command("presence.cancel", one), "already_started")
    declined(await board.command("presence.absent", one), "already_started")
    accepted(await board.command("identity.check", one, state="to_correct"))
    row = await board.row(one, lambda row: row["identity"] == "to_correct", "to correct")
    assert row["authorization"] is None, "confirming somebody who runs gives no new authorization"
    reply = ok(await board.command("presence.confirm", "all"))
    assert sorted(bool(result.get("already")) for result in reply["results"]) == [False, True]


async def test_who_was_not_there_when_the_code_was_given_needs_a_reason(world: World) -> None:
    room = await world.room(3)
    board, early = await room.board(), await room.tab(0)
    one, two, three = (room.id(board, place) for place in range(3))
    await board.row(one, lambda row: row["waiting"]["clients"] == 1, "there")
    reply = ok(await board.command("session.start"))
    assert reply["results"] == []
    await board.until(lambda: board.session["started_at"], "the room's clock")
    accepted(await board.command("presence.confirm", one))
    ok(await early.enter(room.access_code))
    late = await room.tab(1)
    declined(await board.command("presence.confirm", two), "late_reason_required")
    refused(await board.command("presence.confirm", two, late_reason=""), "invalid")
    accepted(await board.command("presence.confirm", two, late_reason="train en retard"))
    row = await board.row(two, lambda row: row["reports"], "a report")
    assert [(r["name"], r["text"]) for r in row["reports"]] == [(LATE, "train en retard")]
    ok(await late.enter(room.access_code))
    declined(await board.command("presence.confirm", [three]), "late_reason_required")
    started = board.session["started_at"]
    again = ok(await board.command("session.start"))
    assert again["results"] == []
    assert board.session["started_at"] == started, "the clock starts once"


async def test_the_first_entry_starts_the_clock_without_making_anybody_late(world: World) -> None:
    room = await world.room()
    board = await room.board()
    await room.seated(board)
    assert board.session["started_at"]
    accepted(await board.command("presence.confirm", room.id(board, 1)))


async def test_help_is_opened_updated_taken_and_resolved(world: World) -> None:
    room = await world.room()
    board = await room.board()
    tab, one = await room.seated(board), room.id(board)
    opened = ok(await tab.ask("help", kind="question", question=12, text="L'image manque"))
    row = await board.row(one, lambda row: row["help"], "a call")
    (call,) = row["help"]
    assert (call["id"], call["kind"], call["question"], call["taken_by"], call["outcome"]) == (
        opened["help"], "question", 12, None, None,
    )  # fmt: skip
    updated = ok(await tab.ask("help", kind="other", text="Toujours pas"))
    assert updated["help"] == opened["help"], "one open request; a second one updates it"
    await board.row(one, lambda row: row["help"][0]["text"] == "Toujours pas", "the new text")
    assert len(board.rows[one]["help"]) == 1
    accepted(await board.command("help.take", one, help=opened["help"]))
    row = await board.row(one, lambda row: row["help"][0]["taken_by"], "taken")
    accepted(await board.command("help.take", one, help=opened["help"]), already=True)
    admin = await room.board(world.staff.admin)
    ok(await admin.ask("room.take_over"))
    reply = declined(await admin.command("help.take", one, help=opened["help"]), "help_taken")
    assert row["help"][0]["taken_by"] in str(reply["results"][0]), "help_taken names by whom"
    await tab.progress(13)
    await board.row(one, lambda row: row["progress"], "help never blocks progress")
    accepted(await board.command("help.resolve", one, help=opened["help"], outcome="dismiss", word="vu ensemble"))
    await board.until(
        lambda: all(h["outcome"] for h in board.rows[one]["help"]), "resolved: handled, or gone from the row"
    )
    declined(await board.command("help.take", one, help=opened["help"]), "help_closed")
    assert ok(await tab.ask("help", kind="other"))["help"] != opened["help"]


async def test_help_while_waiting_is_of_the_kind_other(world: World) -> None:
    room = await world.room()
    board, tab = await room.board(), await room.tab()
    refused(await tab.ask("help", kind="question", question=1), "not_started")
    refused(await tab.ask("help", kind="other", text="x" * 281), "invalid")
    ok(await tab.ask("help", kind="other", text="x" * 280))
    await board.row(room.id(board), lambda row: row["help"], "a call")


async def test_a_call_still_open_at_the_end_lapses(world: World) -> None:
    room = await world.room()
    board = await room.board()
    tab, one = await room.seated(board), room.id(board)
    ok(await tab.ask("help", kind="other", text="?"))
    await board.row(one, lambda row: row["help"], "a call")
    ok(await tab.ask("finish", answered=1, total=1))
    await board.row(one, lambda row: row["attempt"] == "finished", "finished")
    await board.until(lambda: all(h["outcome"] == "lapsed" for h in board.rows[one]["help"]), "lapsed")
    refused(await tab.ask("help", kind="other", text="?"), "attempt_over")


async def test_a_resume_never_touches_help(world: World) -> None:
    room = await world.room()
    board = await room.board()
    tab, one = await room.seated(board), room.id(board)
    ok(await tab.ask("help", kind="other", text="?"))
    accepted(await board.command("resume.authorize", one))
    row = await board.row(one, lambda row: row["authorization"], "authorization")
    assert [call["outcome"] for call in row["help"]] == [None]


async def test_a_message_reaches_those_it_is_for_and_nobody_else(world: World) -> None:
    room = await world.room()
    board, left, right = await room.board(), await room.tab(0), await room.tab(1)
    accepted(await board.command("message.send", room.id(board, 0), text="Rangez vos téléphones"))
    assert (await left.heard("message"))["text"] == "Rangez vos téléphones"
    accepted(await board.command("message.send", "all", text="Bientôt"))
    for tab in (left, right):
        await tab.until(lambda t=tab: [f for f in t.frames if f["type"] == "message" and f["text"] == "Bientôt"], "all")
    assert [f["text"] for f in right.frames if f["type"] == "message"] == ["Bientôt"]
    for wrong in ("", "x" * 281):
        refused(await board.command("message.send", "all", text=wrong), "invalid")
    await board.happened("message.sent")


async def test_reports_are_added_edited_and_removed(world: World) -> None:
    room = await world.room()
    board = await room.board()
    one = room.id(board)
    accepted(await board.command("report.add", one, name="question.image_not_displayed", question=12))
    row = await board.row(one, lambda row: row["reports"], "a report")
    (report,) = row["reports"]
    assert (report["name"], report["question"]) == ("question.image_not_displayed", 12)
    accepted(await board.command("report.add", one, name="fraud", text="  antisèche  "))
    row = await board.row(one, lambda row: len(row["reports"]) == 2, "a second one")
    fraud = next(r for r in row["reports"] if r["name"] == "fraud")
    assert fraud["text"] == "antisèche", "a text is trimmed"
    accepted(
        await board.command("report.edit", one, report=fraud["id"], name="fraud", text="antisèche, dans la trousse")
    )
    await board.until(
        lambda: "antisèche, dans la trousse" in [r["text"] for r in board.rows[one]["reports"]], "the new text"
    )
    accepted(await board.command("report.remove", one, report=report["id"]))
    await board.row(one, lambda row: [r["id"] for r in row["reports"]] == [fraud["id"]], "removed")
    assert {"report.added", "report.changed", "report.removed"} <= set(board.types(one))


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "question.image_not_displayed"},
        {"name": "question.image_not_displayed", "question": 0},
        {"name": "question.image_not_displayed", "question": 501},
        {"name": "fraud"},
        {"name": "fraud", "text": "   "},
        {"name": "fraud", "text": "x" * 501},
        {"name": "question.other", "question": 3},
        {"name": "made.up", "text": "x"},
    ],
    ids=str,
)
async def test_a_report_without_what_its_name_needs_is_invalid(world: World, wrong: Frame) -> None:
    room = await world.room()
    board = await room.board()
    reply = await board.command("report.add", room.id(board), **wrong)
    if reply["ok"]:
        declined(reply, "invalid")
    else:
        refused(reply, "invalid")
    assert board.rows[room.id(board)]["reports"] == []


async def test_the_same_key_gives_the_same_answer_and_does_it_once(world: World) -> None:
    room = await world.room()
    board = await room.board()
    one, key = room.id(board), new_key()
    first = accepted(await board.command("time.add", one, minutes=5, reason="a", key=key))
    again = ok(await board.command("time.add", one, minutes=5, reason="a", key=key))
    assert (again["results"], again["decision_seq"]) == (first["results"], first["decision_seq"])
    refused(await board.command("time.add", one, minutes=6, reason="a", key=key), "key_reused")
    refused(await board.command("presence.confirm", one, key=key), "key_reused")
    accepted(await board.command("time.add", one, minutes=1, reason="b"))
    await board.row(one, lambda row: row["time"]["minutes_added"] == 6, "five, once, and one")


async def test_a_key_belongs_to_its_author(world: World) -> None:
    room = await world.room()
    board, admin = await room.board(), await room.board(world.staff.admin)
    one, key = room.id(board), new_key()
    ok(await admin.ask("room.take_over"))
    accepted(await board.command("time.add", one, minutes=5, reason="a", key=key))
    accepted(await admin.command("time.add", one, minutes=7, reason="b", key=key))
    await board.row(one, lambda row: row["time"]["minutes_added"] == 12, "both")


async def test_a_candidates_key_belongs_to_its_client(world: World) -> None:
    room = await world.room()
    board = await room.board()
    first, second, key = await room.tab(), await room.tab(), new_key()
    call = ok(await first.ask("help", kind="other", text="ici", key=key))
    ok(await second.ask("help", kind="other", text="là", key=key))
    row = await board.row(room.id(board), lambda row: row["help"] and row["help"][0]["text"] == "là", "the second")
    assert [one["id"] for one in row["help"]] == [call["help"]]


async def test_a_refusal_is_judged_again_under_the_same_key(world: World) -> None:
    room = await world.room()
    board, tab = await room.board(), await room.tab()
    key = new_key()
    refused(await tab.enter(room.access_code, key=key), "presence_not_confirmed")
    accepted(await board.command("presence.confirm", room.id(board)))
    ok(await tab.enter(room.access_code, key=key))
    await tab.told("the test", in_test=True)


async def test_a_finish_resent_with_its_key_gets_its_answer_again(world: World) -> None:
    room = await world.room()
    board = await room.board()
    tab, key = await room.seated(board), new_key()
    ok(await tab.ask("finish", answered=3, total=9, key=key))
    ok(await tab.ask("finish", answered=3, total=9, key=key))
    refused(await tab.ask("finish", answered=4, total=9, key=key), "key_reused")
    refused(await tab.ask("finish", answered=3, total=9), "attempt_over")
    await board.row(room.id(board), lambda row: row["progress"]["answered"] == 3, "finished below total")


async def test_commands_over_http_are_the_sockets_commands(world: World) -> None:
    room = await world.room()
    board = await room.board()
    one, key, path = room.id(board), new_key(), f"/sessions/{room.number}/commands"
    token = world.staff.invigilator
    body = {"type": "time.add", "key": key, "candidates": [one], "minutes": 4, "reason": "http"}
    over_http = await world.api.call("POST", path, token, json=body)
    over_socket = ok(await board.command("time.add", one, minutes=4, reason="http", key=key))
    assert over_http["results"] == over_socket["results"], "one key, two doors, one answer"
    assert over_http["decision_seq"] == over_socket["decision_seq"]
    await board.row(one, lambda row: row["time"]["minutes_added"] == 4, "once")
    body = {"type": "end_screen.see", "key": new_key(), "candidates": "all"}
    results = (await world.api.call("POST", path, token, json=body))["results"]
    assert {result["code"] for result in results} == {"not_finished"}
    await world.api.call("POST", path, token, json={"type": "session.start", "key": new_key()})
    await board.until(lambda: board.session["started_at"], "started")

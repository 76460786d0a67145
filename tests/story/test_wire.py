"""Frames that are wrong, too many, or out of turn; positions; beats."""

from __future__ import annotations

import asyncio
import itertools
import json
from datetime import datetime
from typing import Any

import pytest

from tests.story.client import PROTOCOL, Candidate, Dashboard, dial, new_key
from tests.story.rooms import Room, World, accepted, ok, refused


async def refused_with(dashboard: Dashboard, code: int) -> None:
    assert await dashboard.closing() == code
    assert dashboard.bye is not None
    assert dashboard.bye["code"] == code


BAD = {
    "binary": b'{"type":"alive"}',
    "not JSON": "{nope",
    "an array": "[]",
    "a number": "1",
    "too long": json.dumps({"type": "look", "candidate": None, "filler": "x" * 8192}),
    "nested without end": "[" * 4000,
    "not UTF-16": '{"type":"\\ud800"',
}


@pytest.mark.parametrize("bad", BAD, ids=str)
async def test_a_frame_that_is_no_frame_ends_the_line(world: World, bad: str) -> None:
    room = await world.room()
    board = await room.board()
    await board.say(BAD[bad])
    await refused_with(board, 4000)


async def test_the_limit_of_a_frame_is_8192_bytes(world: World) -> None:
    room = await world.room()
    board = await room.board()
    frame = json.dumps({"type": "look", "candidate": None})
    await board.say(frame + " " * (8192 - len(frame)))
    ok(await board.command("presence.confirm", "all"))
    await board.say(frame + " " * (8193 - len(frame)))
    await refused_with(board, 4000)


async def test_a_frame_far_too_long_ends_the_line(world: World) -> None:
    room = await world.room()
    board = await room.board()
    await board.say("x" * 200_000)
    assert await board.closing() in (4000, 1009)


async def test_a_frame_in_fragments_is_one_frame(world: World) -> None:
    room = await world.room()
    board = await room.board()
    text = json.dumps({"type": "presence.confirm", "ref": 77, "key": new_key(), "candidates": "all"})
    await board.socket.send([text[:9], text[9:40], text[40:]])
    accepted(await board.until(lambda: board.replies.get(77), "a reply"))


async def test_alive_is_free(world: World) -> None:
    room = await world.room()
    board, tab = await room.board(), await room.tab()
    for line in (board, tab):
        for _ in range(200):
            await line.say('{"type":"alive"}')
    ok(await board.command("presence.confirm", "all"))
    ok(await tab.ask("help", kind="other"))


@pytest.mark.parametrize("first", ['{"type":"alive"}', '{"type":"enter","ref":1}', "{}"])
async def test_anything_before_hello_ends_the_line(world: World, first: str) -> None:
    line: Candidate = await world.open(Candidate)
    await line.say(first)
    assert await line.closing() == 4000
    assert line.bye is not None


async def test_a_client_of_another_version_is_told_so(world: World) -> None:
    for offered in (None, ["vigie.v0"]):
        socket = await dial(world.hub.ws_url, "/ws/candidate", subprotocols=offered)
        frame = json.loads(await asyncio.wait_for(socket.recv(), 5))
        assert (frame["type"], frame["code"]) == ("bye", 4006)
        await asyncio.wait_for(socket.wait_closed(), 5)
        assert socket.close_code == 4006
    socket = await dial(world.hub.ws_url, "/ws/candidate", subprotocols=["vigie.v0", PROTOCOL])
    assert socket.subprotocol == PROTOCOL
    await socket.close()


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"type": "presence.revoke", "candidates": "all"}, "unknown_type"),
        ({"type": "presence.confirm", "candidates": "everybody"}, "invalid"),
        ({"type": "presence.confirm", "candidates": []}, "invalid"),
        ({"type": "presence.confirm", "candidates": [1.5]}, "invalid"),
        ({"type": "presence.confirm", "candidates": [2**70]}, "invalid"),
        ({"type": "presence.confirm"}, "invalid"),
        ({"type": "presence.confirm", "candidates": "all", "key": "not a uuid"}, "invalid"),
        ({"type": "presence.confirm", "candidates": "all", "key": None}, "invalid"),
        ({"type": "presence.confirm", "candidates": "all", "surprise": 1}, "invalid"),
        ({"type": "presence.confirm", "candidates": "all", "late_reason": "x" * 201}, "invalid"),
        ({"type": "identity.check", "candidates": "all", "state": "perfect"}, "invalid"),
        ({"type": "time.add", "candidates": "all", "minutes": "5", "reason": "x"}, "invalid"),
        ({"type": "enter", "access_code": "AAAA22"}, "unknown_type"),
    ],
    ids=str,
)
async def test_a_wrong_frame_is_refused_with_its_ref_and_the_line_goes_on(world: World, frame: Any, code: str) -> None:
    room = await world.room()
    board = await room.board()
    frame = {"key": new_key(), **frame}
    ref = await board.post(**{"type_": frame.pop("type"), **frame})
    reply = await board.until(lambda: board.replies.get(ref), "a refusal")
    refused(reply, code)
    ok(await board.command("presence.confirm", "all"))


async def test_a_wrong_frame_without_a_readable_ref_is_refused_with_null(world: World) -> None:
    room = await world.room()
    board = await room.board()
    for ref in ("seven", None, -1.5, [1]):
        before = len([f for f in board.frames if f["type"] == "reply"])
        await board.say({"type": "presence.confirm", "ref": ref, "key": new_key(), "candidates": "all"})
        replies = await board.until(lambda n=before: [f for f in board.frames if f["type"] == "reply"][n:], "a refusal")
        assert (replies[0]["ref"], replies[0]["ok"]) == (None, False)
    ok(await board.command("presence.confirm", "all"))


async def test_the_tenth_wrong_frame_in_a_minute_ends_the_line(world: World) -> None:
    room = await world.room()
    board = await room.board()
    for _ in range(9):
        await board.ask("no.such.command")
    assert board.close_code is None
    await board.post("no.such.command", key=new_key())
    await refused_with(board, 4000)


async def test_a_candidate_who_talks_too_much_is_slowed_then_cut(world: World) -> None:
    room = await world.room()
    board, tab = await room.board(), await room.tab()
    neighbour = await room.tab(1)
    refs = [await tab.post("help", key=new_key(), kind="other", text=str(n)) for n in range(14)]
    replies = [await tab.until(lambda r=ref: tab.replies.get(r), "a reply") for ref in refs]
    slowed = [reply for reply in replies if not reply["ok"]]
    assert all(reply["ok"] for reply in replies[:8]), "a burst of ten is allowed, hello and beats apart"
    assert slowed, "more is not"
    for reply in slowed:
        assert reply["error"]["code"] == "rate_limited"
        assert reply["error"]["after_ms"] > 0
    for n in range(60):
        await tab.post("help", key=new_key(), kind="other", text=str(n))
    assert await tab.closing() == 4101
    accepted(await board.command("presence.confirm", room.id(board, 1)))
    ok(await neighbour.enter(room.access_code))


async def test_an_invigilator_may_do_thirty_things_in_a_row_and_not_sixty(world: World) -> None:
    room = await world.room()
    board = await room.board()
    one = room.id(board)
    refs = [await board.post("presence.confirm", key=new_key(), candidates=[one]) for _ in range(45)]
    replies = [await board.until(lambda r=ref: board.replies.get(r), "a reply", 15) for ref in refs]
    assert all(reply["ok"] for reply in replies[:28])
    refusals = {reply["error"]["code"] for reply in replies if not reply["ok"]}
    assert refusals == {"rate_limited"}


async def test_frames_sent_before_welcome_are_answered_in_order(world: World) -> None:
    room = await world.room()
    token = (await room.identify())["token"]
    line: Candidate = await world.open(Candidate)
    await line.say({"type": "hello", "token": token})
    refs = [await line.post("help", key=new_key(), kind="other", text=str(n)) for n in range(3)]
    for ref in refs:
        ok(await line.until(lambda r=ref: line.replies.get(r), "a reply"))
    kinds = [frame["type"] for frame in line.frames if frame["type"] in ("welcome", "reply")]
    assert kinds == ["welcome", "reply", "reply", "reply"]
    assert list(line.replies) == refs


async def with_history(world: World) -> tuple[Room, Dashboard, Dashboard]:
    """A dashboard that is up to date, and one whose position is a few events older and whose line is gone."""
    room = await world.room()
    board, older = await room.board(), await room.board()
    await older.close()
    tab = await room.seated(board)
    for answered in (1, 2, 3):
        await tab.progress(answered)
    await board.row(room.id(board), lambda row: (row["progress"] or {}).get("answered") == 3, "history")
    await tab.close()
    await board.row(room.id(board), lambda row: row["link"]["state"] != "online", "quiet", within=12)
    return room, board, older


async def test_hello_with_a_position_gets_all_that_was_missed(world: World) -> None:
    room, board, older = await with_history(world)
    back = await Dashboard.open(world.hub.ws_url, None)
    world.lines.append(back)
    back.knows(older)
    await back.say(
        {"type": "hello", "token": world.staff.invigilator, "session": room.number, "position": older.position}
    )
    await back.until(lambda: back.seq >= board.seq, "what was missed")
    assert not [frame for frame in back.frames if frame["type"] == "snapshot"]
    assert back.rows == board.rows


async def test_sync_gives_events_from_the_position_or_a_snapshot(world: World) -> None:
    _room, board, older = await with_history(world)

    refs: list[int] = []

    async def sync(**position: Any) -> Any:
        heard = len(board.frames)
        refs.append(await board.post("sync", position=position))
        return await board.until(
            lambda: next((f for f in board.frames[heard:] if f["type"] in ("events", "snapshot", "reply")), None),
            "sync",
        )

    nothing = await sync(epoch=board.epoch, seq=board.seq)
    assert (nothing["type"], nothing["from"], nothing["to"], nothing["events"]) == (
        "events", board.seq + 1, board.seq, [],
    )  # fmt: skip
    assert (await sync(epoch="another", seq=board.seq))["type"] == "snapshot"
    assert (await sync(epoch=board.epoch, seq=board.seq + 1000))["type"] == "snapshot", "nobody is ahead of the head"
    board.knows(older)
    missed = await sync(**older.position)
    assert (missed["type"], missed["from"]) == ("events", older.seq + 1)
    assert not set(refs) & set(board.replies), "sync has no other reply"
    await board.close()


async def test_sync_with_a_wrong_position_is_refused(world: World) -> None:
    room = await world.room()
    board = await room.board()
    for wrong in (
        {},
        {"epoch": board.epoch},
        {"epoch": board.epoch, "seq": -1},
        {"epoch": board.epoch, "seq": "4"},
    ):
        ref = await board.post("sync", position=wrong)
        refused(await board.until(lambda r=ref: board.replies.get(r), f"refusal of {wrong}", 3), "invalid")


async def test_a_dashboards_beat_comes_each_second_and_says_how_fresh_the_data_are(world: World) -> None:
    room = await world.room()
    board = await room.board()
    beats = await board.until(
        lambda: b if len(b := [f for f in board.frames if f["type"] == "beat"]) >= 4 else None, "four beats"
    )
    times = [datetime.fromisoformat(beat["server_time"]) for beat in beats]
    gaps = [(later - sooner).total_seconds() for sooner, later in itertools.pairwise(times)]
    assert all(0.3 <= gap <= 3 for gap in gaps), gaps
    last = beats[-1]
    age = datetime.fromisoformat(last["server_time"]) - datetime.fromisoformat(last["as_of"])
    assert age.total_seconds() < 3, "in quiet times the data are verified each second"
    assert last["degraded"] == []


async def test_broken_bodies_over_http_get_a_stable_code(world: World) -> None:
    room = await world.room()
    token, http = world.staff.invigilator, world.api
    paths = ["/login", "/invigilations", "/candidate/identity", f"/sessions/{room.number}/commands", "/sessions"]
    bodies = [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b"[" * 5000,
        b'{"email": 1, "session_number": "x", "type": 4}',
    ]
    for path in paths:
        for body in bodies:
            answer = await http.raw("POST", path, token, content=body, headers={"Content-Type": "application/json"})
            assert 400 <= answer.status_code < 500, (path, body[:20], answer.status_code)
    huge = await http.raw("POST", "/login", content=b"x" * 3_000_000, headers={"Content-Type": "application/json"})
    assert huge.status_code in (400, 413)
    number = {"session_number": 10**30, "last_name": "x", "first_name": "x", "birthdate": "2008-01-01"}
    assert (await http.raw("POST", "/candidate/identity", json=number)).status_code in (400, 404, 422)
    name = {"session_number": room.number, "last_name": "x" * 5000, "first_name": "\x00", "birthdate": "2008-02-30"}
    assert (await http.raw("POST", "/candidate/identity", json=name)).status_code in (400, 404, 422)
    for path in ("/sessions/abc", "/sessions/99999999999999999999", "/nowhere"):
        assert (await http.raw("GET", path, world.staff.admin)).status_code in (400, 404, 422)
    assert (await http.raw("PUT", "/login", json={})).status_code == 405

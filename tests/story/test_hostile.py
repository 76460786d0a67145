"""What no honest client sends: characters no column takes, numbers no column holds, cookies from elsewhere."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.story.client import PATIENCE, Candidate, Dashboard, dial, new_key
from tests.story.rooms import World, accepted, ok

ODD_TEXTS = ("\x00", "a\x00b", "\u202egnp.exe", "\x1b[31m", "👩‍🚀" * 20, "\n", "'; DROP TABLE x; --")
ODD_NUMBERS = (0, -1, 2**31, 2**53, 2**63, 2**64, 10**400, True, 1.5)
STABLE = {"invalid", "unknown_candidate", "help_closed", "not_started", "rate_limited", "access_code_invalid"}


async def answered(line: Any, type_: str, **fields: Any) -> dict[str, Any]:
    """Send something odd and return the answer, which is one of the stable ones or ok."""
    reply: dict[str, Any] = await line.ask(type_, **fields)
    codes = (
        [reply["error"]["code"]] if not reply["ok"] else [r["code"] for r in reply.get("results", ()) if not r["ok"]]
    )
    assert set(codes) <= STABLE, (type_, fields, reply)
    return reply


@pytest.mark.parametrize("text", ODD_TEXTS, ids=ascii)
async def test_odd_texts_are_kept_or_refused_and_break_nothing(world: World, text: str) -> None:
    room = await world.room()
    board, tab = await room.board(), await room.tab()
    one = room.id(board)
    await answered(board, "time.add", candidates=[one], minutes=1, reason=text)
    await answered(board, "message.send", candidates=[one], text=text)
    await answered(board, "report.add", candidates=[one], name="fraud", text=text)
    await answered(board, "presence.confirm", candidates=[one], late_reason=text)
    await answered(tab, "help", kind="other", text=text)
    await answered(tab, "enter", access_code=text)
    ok(await board.command("presence.confirm", one))
    ok(await tab.enter(room.access_code))
    await board.row(one, lambda row: row["attempt"] == "running", "all goes on")
    fresh = await room.board()
    assert fresh.rows[one]["attempt"] == "running"


@pytest.mark.parametrize("number", ODD_NUMBERS, ids=lambda number: ascii(number)[:20])
async def test_odd_numbers_are_refused_and_break_nothing(world: World, number: Any) -> None:
    room = await world.room()
    board = await room.board()
    tab, one = await room.seated(board), room.id(board)
    if number is not True:
        await answered(board, "presence.confirm", candidates=[number])
    await answered(board, "help.take", candidates=[one], help=number)
    await answered(board, "report.remove", candidates=[one], report=number)
    await answered(board, "report.add", candidates=[one], name="question.image_not_displayed", question=number)
    await board.say({"type": "look", "candidate": number})
    await answered(tab, "help", kind="question", question=number)
    await tab.say({"type": "ack", "version": number})
    await tab.progress(number, 32)
    await tab.progress(0, 32, question=number)
    await tab.progress(2, 32)
    await board.row(one, lambda row: (row["progress"] or {}).get("answered", 0) >= 1, "goes on")
    accepted(await board.command("identity.check", one, state="checked"))


async def test_a_total_is_a_sensible_number(world: World) -> None:
    room = await world.room()
    board = await room.board()
    tab, one = await room.seated(board), room.id(board)
    for total in (-1, 2**63, 10**9):
        await tab.progress(0, total)
    ok(await tab.ask("help", kind="other"))
    await tab.progress(1, 32)
    await board.row(one, lambda row: (row["progress"] or {}).get("total") == 32, "the first right one counts")


@pytest.mark.parametrize(
    "bad", [b"\x81\x02\xff\xfe", b"\x81\x85\x00\x00\x00\x00\xff\xff\xff\xff\xff"], ids=["no mask", "no UTF-8"]
)
async def test_a_line_that_speaks_no_websocket_is_closed(world: World, bad: bytes) -> None:
    room = await world.room()
    tab = await room.tab()
    tab.socket.transport.write(bad)
    assert await tab.closing() in (1002, 1007, 1006)
    assert (await room.tab(token=tab.token)).state  # type: ignore[attr-defined]


async def test_odd_tokens_and_sessions_in_hello_are_refused(world: World) -> None:
    room = await world.room()
    for hello, codes in (
        ({"token": "\x00"}, {4001}),
        ({"token": "é" * 500}, {4001, 4000}),
        ({"token": 7}, {4000, 4001}),
        ({"token": world.staff.invigilator, "session": 2**64}, {4000, 4003, 4004}),
        ({"token": world.staff.invigilator, "session": -1}, {4000, 4003, 4004}),
        ({"token": world.staff.admin, "session": "x"}, {4000}),
        ({"token": world.staff.admin}, {4000, 4003, 4004}),
        ({"token": world.staff.admin, "session": room.number, "position": {"epoch": "\x00", "seq": 2**70}}, {4000}),
    ):
        line: Dashboard = await world.open(Dashboard, **hello)
        assert await line.closing() in codes, (hello, line.close_code)


async def test_odd_questions_over_http_get_a_stable_answer(world: World) -> None:
    api, admin = world.api, world.staff.admin
    for params in (
        {"q": "\x00"}, {"q": "%' OR 1=1"}, {"q": "x" * 3000}, {"page": "0"}, {"page": "-1"}, {"page": str(10**30)},
        {"sort": "password"}, {"from": "soon"}, {"to": "2027-02-30"}, {"status": "odd"},
    ):  # fmt: skip
        answer = await api.raw("GET", "/sessions", admin, params=params)
        assert answer.status_code in (200, 400, 422), (params, answer.text)
    for token in ("é", "-", "x y", "x" * 5000):
        answer = await api.raw("GET", "/me", headers={"Authorization": b"Bearer " + token.encode()})
        assert answer.status_code in (400, 401), token
    for path in ("/imports/%00/confirm", "/imports/../confirm", "/sessions/%00/commands", "/sessions/1e3/commands"):
        answer = await api.raw("POST", path, admin, json={})
        assert 400 <= answer.status_code < 500, path
    odd = {"last_name": "a\x00", "first_name": "\ud800", "birthdate": "0000-00-00", "session_number": True}
    body = str(odd).replace("'", '"').replace("True", "true").encode("utf-8", "surrogatepass")
    answer = await api.raw("POST", "/candidate/identity", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 404, 422)
    for text in ("a\x00b", "\u202e", "  "):
        identity = {"session_number": 1000, "last_name": text, "first_name": text, "birthdate": "2008-01-01"}
        assert (await api.raw("POST", "/candidate/identity", json=identity)).status_code in (400, 404, 422)
        login = {"email": text, "password": text, "bearer": True}
        assert (await api.raw("POST", "/login", json=login)).status_code in (400, 401, 422)


async def test_a_cookie_counts_only_from_the_own_pages(world: World) -> None:
    room, own = await world.room(), world.hub.http_url
    account = world.hub.demo["invigilator"]
    async with httpx.AsyncClient(base_url=own, trust_env=False) as browser:
        answer = await browser.post("/api/login", json=account, headers={"Origin": own})
        assert answer.status_code == 200
        assert "token" not in answer.json(), "a page needs no token"
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        (held,) = [f"{name}={value}" for name, value in browser.cookies.items()]
    headers = {"Cookie": held}
    line: Dashboard = await world.open(
        Dashboard, options={"additional_headers": headers, "origin": own}, session=room.number
    )
    await line.until(lambda: line.epoch, "the page's dashboard")
    with suppress(InvalidStatus):  # before the upgrade, or after it
        unsaid = await world.open(Dashboard, options={"additional_headers": headers}, session=room.number)
        assert await unsaid.closing() in (4001, 4003)
    with pytest.raises(InvalidStatus) as foreign:
        await dial(world.hub.ws_url, "/ws/invigilator", additional_headers=headers, origin="https://evil.example")
    assert foreign.value.response.status_code == 403
    token = (await room.identify())["token"]
    candidate: Candidate = await world.open(
        Candidate, options={"additional_headers": headers, "origin": own}, token=token
    )
    await candidate.settled()
    async with httpx.AsyncClient(base_url=own, trust_env=False) as elsewhere:
        body = {"type": "session.start", "key": new_key()}
        answer = await elsewhere.post(
            f"/api/sessions/{room.number}/commands", json=body, headers=headers | {"Origin": "https://evil.example"}
        )
        assert answer.status_code in (401, 403)
    assert line.session["started_at"] is None


async def test_many_enter_with_one_authorization_and_one_of_them_is_in(world: World) -> None:
    room = await world.room()
    board = await room.board()
    one = room.id(board)
    accepted(await board.command("presence.confirm", one))
    tabs = await asyncio.gather(*(room.tab() for _ in range(12)))
    replies = await asyncio.gather(*(tab.enter(room.access_code) for tab in tabs))
    assert sum(reply["ok"] for reply in replies) == 1
    assert {reply["error"]["code"] for reply in replies if not reply["ok"]} == {"resume_not_authorized"}
    row = await board.row(one, lambda row: row["waiting"]["clients"] == 11, "the others wait")
    assert row["entry_no"] == 1
    for entry_no in (2, 3, 4):
        accepted(await board.command("resume.authorize", one))
        outside = [tab for tab in tabs if tab.close_code is None and not tab.state["in_test"]]
        replies = await asyncio.gather(*(tab.enter(room.access_code) for tab in outside))
        assert sum(reply["ok"] for reply in replies) == 1, replies
        await board.row(one, lambda row, n=entry_no: row["entry_no"] == n, "resumed once")
        seated = next(tab for tab, reply in zip(outside, replies, strict=True) if reply["ok"])
        await seated.told("the test", in_test=True)
    async with asyncio.timeout(PATIENCE):
        while [tab.close_code for tab in tabs].count(4010) != 3:
            await asyncio.sleep(0.05)


async def test_commands_that_race_leave_every_dashboard_with_one_truth(world: World) -> None:
    room = await world.room(4)
    boards = await asyncio.gather(*(room.board() for _ in range(4)))
    ids = list(boards[0].rows)

    async def hurry(board: Dashboard, turn: int) -> None:
        for n in range(6):
            kind = ("presence.confirm", "presence.cancel", "presence.absent")[(n + turn) % 3]
            ok(await board.command(kind, [ids[(n + turn) % 4]]))
            ok(await board.command("time.add", "all", minutes=1, reason=str(turn)))

    await asyncio.gather(*(hurry(board, turn) for turn, board in enumerate(boards)))
    for board in boards:
        for one in ids:
            await board.row(one, lambda row: row["time"]["minutes_added"] == 24, "everything was heard")
    assert all(board.rows == boards[0].rows for board in boards)
    ats = [datetime.fromisoformat(event["at"]) for event in boards[0].events if "decision" in event]
    assert ats == sorted(ats), "the time of a decision is never earlier than the last one's"

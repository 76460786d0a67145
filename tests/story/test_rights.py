"""Who may see and do what; and that a wrong password, a wrong name and an unknown number look alike."""

from __future__ import annotations

import statistics
import time

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.story.api import Refused
from tests.story.client import Candidate, Dashboard, Line, dial, new_key
from tests.story.rooms import CLASS, Person, World, accepted, ok, refused

NOBODY = 2_000_000_000


async def closed_with(world: World, kind: type[Line], **hello: object) -> int:
    """Say hello and return the code of the refusal; a bye says it first."""
    line: Line = await world.open(kind, **hello)
    code = await line.closing()
    assert line.bye is not None, "told why"
    assert line.bye["code"] == code
    return code


async def test_a_hello_that_may_not_be_answered_is_refused_with_the_right_code(world: World) -> None:
    room, other = await world.room(), await world.room(invigilated=False)
    candidate = (await room.identify())["token"]
    staff = world.staff
    assert await closed_with(world, Dashboard, token="x" * 43, session=room.number) == 4001
    assert await closed_with(world, Candidate, token="not-a-token") == 4001
    assert await closed_with(world, Dashboard, token=staff.invigilator, session=other.number) == 4003
    assert await closed_with(world, Dashboard, token=staff.invigilator, session=NOBODY) == 4003
    assert await closed_with(world, Dashboard, token=staff.admin, session=NOBODY) == 4004
    assert await closed_with(world, Candidate, token=candidate, session=other.number) == 4003
    assert await closed_with(world, Dashboard, token=candidate, session=room.number) in (4001, 4003)
    assert await closed_with(world, Candidate, token=staff.invigilator) in (4001, 4003)
    assert await closed_with(world, Dashboard, session=room.number) == 4001
    right: Candidate = await world.open(Candidate, token=candidate, session=room.number)
    await right.settled()


async def test_a_password_opens_its_own_session_only(world: World) -> None:
    room, other = await world.room(invigilated=False), await world.room(invigilated=False)
    token = world.staff.invigilator
    with pytest.raises(Refused) as refusal:
        await world.api.invigilate(token, other.number, room.password)
    assert (refusal.value.status, refusal.value.code) == (401, "session_or_password_wrong")
    body = {"type": "presence.confirm", "key": new_key(), "candidates": "all"}
    with pytest.raises(Refused) as refusal:
        await world.api.call("POST", f"/sessions/{other.number}/commands", token, json=body)
    assert refusal.value.status in (403, 404)
    session = await world.api.invigilate(token, other.number, other.password.removeprefix("C-").lower())
    assert session["number"] == other.number, "prefix and case do not matter"
    await other.board()


async def test_unknown_session_and_wrong_password_are_one_answer(world: World) -> None:
    room = await world.room(invigilated=False)
    token, spent = world.staff.invigilator, {}
    answers: list[httpx.Response] = []
    for number in (room.number, NOBODY):
        times = []
        for _ in range(2):
            begun = time.perf_counter()
            body = {"session_number": number, "password": "C-AAAAAAAA"}
            answers.append(await world.api.raw("POST", "/invigilations", token, json=body))
            times.append(time.perf_counter() - begun)
        spent[number] = statistics.median(times)
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["error"]["code"] == "session_or_password_wrong"


async def test_every_identity_that_does_not_match_gets_one_answer(world: World) -> None:
    room = await world.room()
    right = room.people[0].identity
    wrong = [
        right | {"last_name": "Autre"},
        right | {"first_name": "Autre"},
        right | {"birthdate": "2008-03-03"},
        {"last_name": right["first_name"], "first_name": right["last_name"], "birthdate": right["birthdate"]},
    ]
    answers = [
        await world.api.raw("POST", "/candidate/identity", json={"session_number": room.number, **w}) for w in wrong
    ]
    answers.append(await world.api.raw("POST", "/candidate/identity", json={"session_number": NOBODY, **right}))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["error"]["code"] == "identity_not_found"


@pytest.mark.parametrize(
    ("place", "last_name", "first_name"),
    [
        (0, "EVRARD NGUYEN", "zoe"),
        (0, "  évrard -- nguyễn ", "ZOÉ"),
        (1, "oedipe", "JEAN-MARIE"),
        (2, "D’ARTOIS", "Lucja"),
        (3, "strasser", "BJORN"),
    ],
)
async def test_names_match_by_their_normal_form(world: World, place: int, last_name: str, first_name: str) -> None:
    room = await world.room(CLASS)
    typed = {"last_name": last_name, "first_name": first_name, "birthdate": room.people[place].birthdate}
    found = await world.api.identify(room.number, typed)
    same = await room.identify(place)
    assert found["candidate"]["id"] == same["candidate"]["id"]
    assert found["session"]["number"] == room.number
    assert found["token"] != same["token"], "each identification is one client"


async def test_a_center_admin_reads_every_room_and_commands_after_a_take_over_seen_by_all(world: World) -> None:
    room = await world.room()
    board, admin = await room.board(), await room.board(world.staff.admin)
    one = room.id(board)
    refused(await admin.command("presence.confirm", one), "forbidden")
    body = {"type": "presence.confirm", "key": new_key(), "candidates": [one]}
    with pytest.raises(Refused) as refusal:
        await world.api.call("POST", f"/sessions/{room.number}/commands", world.staff.admin, json=body)
    assert (refusal.value.status, refusal.value.code) == (403, "forbidden")
    refused(await board.ask("room.take_over"), "forbidden")
    assert ok(await admin.ask("room.take_over"))["results"] == []
    await board.happened("session.taken_over")
    accepted(await admin.command("presence.confirm", one))
    await board.row(one, lambda row: row["presence"]["state"] == "confirmed", "confirmed")


async def test_a_candidate_is_told_of_nobody_else(world: World) -> None:
    room = await world.room()
    board, left, right = await room.board(), await room.tab(0), await room.tab(1)
    accepted(await board.command("presence.confirm", room.id(board, 1)))
    await right.told("authorized", authorization="start")
    ok(await right.enter(room.access_code))
    await right.told("the test", in_test=True)
    heard = str(left.frames)
    assert left.state["authorization"] is None
    assert room.people[1].last_name not in heard
    assert room.access_code not in heard


async def test_colleagues_see_who_looks_at_whom(world: World) -> None:
    room = await world.room()
    board, other = await room.board(), await room.board(world.staff.admin)
    one = room.id(board)
    await board.say({"type": "look", "candidate": one})

    def looked_at() -> bool:
        last = [frame for frame in other.frames if frame["type"] == "colleagues"][-1:]
        return any(person["look"] == one for frame in last for person in frame["people"])

    await other.until(looked_at, "the colleague's look")
    await board.say({"type": "look", "candidate": None})
    await other.until(lambda: not looked_at(), "nobody looks any more")


async def test_a_foreign_origin_is_refused_before_the_upgrade_and_the_own_one_is_welcome(world: World) -> None:
    room = await world.room()
    token = (await room.identify())["token"]
    own = world.hub.http_url
    for origin in (
        "https://evil.example",
        "null",
        own + ".evil.example",
        f"http://127.0.0.1:{world.hub.port + 1}",
        own.upper(),
    ):
        with pytest.raises(InvalidStatus) as refusal:
            await dial(world.hub.ws_url, "/ws/candidate", additional_headers={"Origin": origin})
        assert refusal.value.response.status_code == 403
    line: Candidate = await world.open(Candidate, options={"origin": own}, token=token)
    await line.settled()


async def test_a_finished_login_is_finished(world: World) -> None:
    account = world.hub.demo["invigilator"]
    token = await world.api.login(**account)
    me = await world.api.call("GET", "/me", token)
    assert account["email"] in str(me)
    await world.api.raw("POST", "/logout", token)
    assert (await world.api.raw("GET", "/me", token)).status_code == 401
    assert (await world.api.raw("GET", "/me")).status_code == 401
    answers = [
        await world.api.raw("POST", "/login", json={"email": email, "password": "wrong-password-1", "bearer": True})
        for email in (account["email"], "nobody@example.org")
    ]
    assert {(a.status_code, a.json()["error"]["code"]) for a in answers} == {(401, "bad_credentials")}
    assert answers[0].text == answers[1].text


async def test_logging_out_closes_the_dashboards_of_that_login_and_no_other(world: World) -> None:
    room = await world.room()
    token = await world.api.login(**world.hub.demo["invigilator"])
    other, leaving = await room.board(), await room.board(token)
    await world.api.call("POST", "/logout", token)
    assert await leaving.closing(within=4) == 4001
    ok(await other.command("presence.confirm", "all"))
    assert await closed_with(world, Dashboard, token=token, session=room.number) == 4001


async def test_a_session_is_made_and_read_by_the_centers_admin(world: World) -> None:
    body = {
        "site": "Lycée des essais",
        "room": "Salle à la main",
        "date": "2027-01-15",
        "start_time": "09:00",
        "invigilators": "A. Durand",
        "duration_minutes": 90,
    }
    api, staff = world.api, world.staff
    made = await api.call("POST", "/sessions", staff.admin, json=body)
    password = made.get("invigilator_password") or made["session"]["invigilator_password"]
    number = made.get("number") or made["session"]["number"]
    assert password.startswith("C-")
    read = await api.call("GET", f"/sessions/{number}", staff.admin)
    assert "Salle à la main" in str(read)
    assert str(number) in str(await api.call("GET", "/sessions", staff.admin, params={"q": "à la main"}))
    for token, path in ((staff.invigilator, "/sessions"), (None, "/sessions")):
        answer = await api.raw("POST", path, token, json=body)
        assert answer.status_code in (401, 403)
    assert (await api.raw("GET", f"/sessions/{number}", staff.invigilator)).status_code in (403, 404)
    assert (await api.raw("POST", "/sessions", staff.admin, json=body | {"date": "15/01/2027"})).status_code in (
        400,
        422,
    )
    session = await api.invigilate(staff.invigilator, number, password)
    assert session["duration_minutes"] == 90


async def test_two_of_one_name_and_birthdate_are_not_on_one_list(world: World) -> None:
    twins = (Person("Martin", "Léo"), Person("MARTIN", "leo"))
    from tests.story.rooms import csv, room_name

    checked = await world.api.import_csv(world.staff.admin, csv(twins, room_name()))
    assert [error["line"] for error in checked["errors"]] == [3], checked

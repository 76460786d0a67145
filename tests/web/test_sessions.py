"""Sessions over HTTP: who prepares them, who enters with the password, who is on the list, who may command."""

from __future__ import annotations

import itertools

import httpx
import pytest

from hub.people import Role
from tests.web.lycee import ORIGIN, SESSION, Hiring, Staff, code, file, line

_keys = itertools.count(1)
LEA = {"last_name": "Ben Saïd", "first_name": "Léa", "birthdate": "2008-03-14"}
CODES = ("access_code", "invigilator_password")


def key() -> str:
    return f"key-{next(_keys):08}"


async def imported(admin: Staff, *lines: str) -> dict[str, object]:
    """A session with candidates, through the import; returns its codes."""
    headers = {"Content-Type": "text/csv"}
    checked = await admin.http.post("/api/imports", content=file(*(lines or (line(),))), headers=headers)
    assert checked.json()["errors"] == []
    confirmed = await admin.http.post(f"/api/imports/{checked.json()['id']}/confirm")
    assert confirmed.status_code == 201
    first: dict[str, object] = confirmed.json()["sessions"][0]
    return first


async def entered(hire: Hiring, opened: dict[str, object]) -> Staff:
    """An invigilator who entered this session with its password."""
    staff = await hire.staff(Role.INVIGILATOR)
    body = {"session_number": opened["number"], "password": opened["invigilator_password"]}
    assert (await staff.http.post("/api/invigilations", json=body)).status_code == 200
    return staff


# ── preparing ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_admin_makes_a_session_and_reads_its_codes_again(hire: Hiring) -> None:
    admin = await hire.admin()
    made = await admin.http.post("/api/sessions", json=SESSION)
    assert made.status_code == 201
    view = made.json()
    assert {name: view[name] for name in SESSION} == SESSION
    assert (view["status"], view["time_zone"], view["duration_minutes"]) == ("open", "Europe/Paris", 105)
    assert view["started_at"] is None
    assert all(view[name] for name in CODES)
    assert (await admin.http.get(f"/api/sessions/{view['number']}")).json() == view
    listed = (await admin.http.get("/api/sessions")).json()
    assert (listed["total"], [one["number"] for one in listed["sessions"]]) == (1, [view["number"]])
    assert not any(name in listed["sessions"][0] for name in CODES)


@pytest.mark.parametrize(
    "wrong",
    [
        {"date": "01/12/2026"},
        {"date": "2026-02-30"},
        {"start_time": "9h30"},
        {"start_time": "24:00"},
        {"site": ""},
        {"site": "   "},
        {"site": "a\u0000b"},
        {"room": "x" * 101},
        {"duration_minutes": 0},
        {"duration_minutes": 1e9},
        {"unknown": 1},
    ],
)
async def test_a_session_that_cannot_be_is_invalid_and_names_the_field(hire: Hiring, wrong: dict[str, object]) -> None:
    admin = await hire.admin()
    refused = await admin.http.post("/api/sessions", json={**SESSION, **wrong})
    assert code(refused) == (400, "invalid")
    assert list(refused.json()["error"]["fields"]) == list(wrong)


async def test_only_an_admin_makes_sessions_and_of_several_centers_names_one(hire: Hiring) -> None:
    centers = [await hire.center(), await hire.center()]
    foreign = await hire.center()
    admin = await hire.staff(Role.CENTER_ADMIN, *centers)
    assert code(await admin.http.post("/api/sessions", json=SESSION)) == (400, "invalid")
    assert code(await admin.http.post("/api/sessions", json={**SESSION, "center": foreign.id})) == (400, "invalid")
    made = await admin.http.post("/api/sessions", json={**SESSION, "center": centers[1].id})
    assert (made.status_code, made.json()["center"]) == (201, centers[1].id)
    for role in (Role.INVIGILATOR, Role.JURY, Role.OPERATOR):
        staff = await hire.staff(role)
        assert code(await staff.http.post("/api/sessions", json=SESSION)) == (403, "forbidden")


async def test_who_may_not_see_a_session_learns_nothing_of_it(hire: Hiring, anybody: httpx.AsyncClient) -> None:
    opened = await imported(await hire.admin())
    paths = [f"/api/sessions/{opened['number']}{rest}" for rest in ("", "/candidates", "/qr.svg")]
    other_admin, stranger = await hire.admin(), await hire.staff(Role.INVIGILATOR)
    jury, operator = await hire.staff(Role.JURY), await hire.staff(Role.OPERATOR)
    for path in paths:
        assert code(await anybody.get(path)) == (401, "not_signed_in")
        for staff in (other_admin, stranger, jury, operator):
            assert code(await staff.http.get(path)) == (403, "forbidden")
    assert code(await stranger.http.get("/api/sessions/4000000")) == (403, "forbidden")
    assert code(await other_admin.http.get("/api/sessions/4000000")) == (404, "not_found")
    assert (await stranger.http.get("/api/sessions")).json()["total"] == 0
    assert code(await jury.http.get("/api/sessions")) == (403, "forbidden")


async def test_the_list_is_narrowed_and_a_wrong_question_is_invalid(hire: Hiring) -> None:
    admin = await hire.admin()
    for room in ("12", "13"):
        await admin.http.post("/api/sessions", json={**SESSION, "room": room})
    assert (await admin.http.get("/api/sessions", params={"from": "2026-12-02"})).json()["total"] == 0
    assert (await admin.http.get("/api/sessions", params={"q": "moulin", "status": "open"})).json()["total"] == 2
    assert (await admin.http.get("/api/sessions", params={"page": "2"})).json()["sessions"] == []
    for wrong in ({"page": "0"}, {"status": "lost"}, {"from": "soon"}, {"sort": "x"}, {"other": "1"}, {"q": "\x00"}):
        assert code(await admin.http.get("/api/sessions", params=wrong)) == (400, "invalid")


# ── entering with the password ─────────────────────────────────────────────────────────────────────────────────


async def test_an_invigilator_enters_with_number_and_password_and_keeps_the_right(hire: Hiring) -> None:
    opened = await imported(await hire.admin())
    staff = await hire.staff(Role.INVIGILATOR)
    typed = str(opened["invigilator_password"]).removeprefix("C-").lower()
    answer = await staff.http.post(
        "/api/invigilations", json={"session_number": opened["number"], "password": f" {typed} "}
    )
    assert answer.status_code == 200
    view = answer.json()["session"]
    assert (view["number"], view["access_code"]) == (opened["number"], opened["access_code"])
    assert "invigilator_password" not in view
    assert (await staff.http.get("/api/sessions")).json()["total"] == 1
    listed = (await staff.http.get(f"/api/sessions/{opened['number']}/candidates")).json()["candidates"]
    assert [set(one) for one in listed] == [{"id", "last_name", "first_name", "birthdate", "extra_time_percentage"}]


async def test_an_unknown_session_and_a_wrong_password_are_one_answer(hire: Hiring) -> None:
    opened = await imported(await hire.admin())
    staff = await hire.staff(Role.INVIGILATOR)
    answers = [
        await staff.http.post("/api/invigilations", json={"session_number": number, "password": "C-AAAAAAAA"})
        for number in (opened["number"], 4_000_000)
    ]
    assert answers[0].text == answers[1].text
    assert code(answers[0]) == (401, "session_or_password_wrong")


async def test_neither_jury_nor_operator_enter_a_room(hire: Hiring) -> None:
    opened = await imported(await hire.admin())
    body = {"session_number": opened["number"], "password": opened["invigilator_password"]}
    for role in (Role.JURY, Role.OPERATOR):
        staff = await hire.staff(role)
        assert code(await staff.http.post("/api/invigilations", json=body)) == (403, "forbidden")


async def test_guessing_passwords_is_slowed_per_account(hire: Hiring) -> None:
    opened = await imported(await hire.admin())
    guesser, other = await hire.staff(Role.INVIGILATOR), await hire.staff(Role.INVIGILATOR)
    wrong = {"session_number": opened["number"], "password": "C-AAAAAAAA"}
    for _ in range(10):
        await guesser.http.post("/api/invigilations", json=wrong)
    right = {**wrong, "password": opened["invigilator_password"]}
    assert code(await guesser.http.post("/api/invigilations", json=right)) == (429, "too_many_attempts")
    assert (await other.http.post("/api/invigilations", json=right)).status_code == 200


async def test_the_qr_code_is_an_image_for_those_who_see_the_session(hire: Hiring) -> None:
    opened = await imported(await hire.admin())
    drawn = await (await entered(hire, opened)).http.get(f"/api/sessions/{opened['number']}/qr.svg")
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
    assert drawn.text.startswith("<svg")


# ── candidates identify ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_candidate_is_known_by_the_normal_form_of_the_names(hire: Hiring, anybody: httpx.AsyncClient) -> None:
    opened = await imported(await hire.admin())
    typed = {"last_name": "BEN-SAID", "first_name": " lea ", "birthdate": "2008-03-14"}
    answer = await anybody.post("/api/candidate/identity", json={"session_number": opened["number"], **typed})
    assert answer.status_code == 200
    body = answer.json()
    assert body["candidate"].items() >= LEA.items()
    assert body["session"]["number"] == opened["number"]
    assert not any(str(opened[name]) in answer.text for name in CODES)
    again = await anybody.post("/api/candidate/identity", json={"session_number": opened["number"], **typed})
    assert again.json()["token"] != body["token"]
    assert again.json()["candidate"] == body["candidate"]


async def test_every_mismatch_is_one_answer(hire: Hiring, anybody: httpx.AsyncClient) -> None:
    opened = await imported(await hire.admin())
    right = {"session_number": opened["number"], **LEA}
    answers = [
        await anybody.post("/api/candidate/identity", json={**right, **wrong})
        for wrong in (
            {"session_number": 4_000_000},
            {"last_name": "Said"},
            {"first_name": "\u0000"},
            {"birthdate": "2008-03-15"},
        )
    ]
    assert {one.text for one in answers} == {answers[0].text}
    assert code(answers[0]) == (404, "identity_not_found")


@pytest.mark.parametrize(
    "wrong",
    [
        {"last_name": "x" * 101},
        {"first_name": 7},
        {"birthdate": "14/03/2008"},
        {"session_number": 0},
        {"birthdate": None},
    ],
)
async def test_an_identity_that_cannot_be_names_the_field(anybody: httpx.AsyncClient, wrong: dict[str, object]) -> None:
    refused = await anybody.post("/api/candidate/identity", json={"session_number": 1, **LEA, **wrong})
    assert code(refused) == (400, "invalid")
    assert list(refused.json()["error"]["fields"]) == list(wrong)


async def test_sixty_failures_a_minute_from_one_school_are_no_reason_to_wait(
    hire: Hiring, anybody: httpx.AsyncClient
) -> None:
    opened = await imported(await hire.admin())
    wrong = {"session_number": opened["number"], **LEA, "birthdate": "2008-03-15"}
    for _ in range(60):
        await anybody.post("/api/candidate/identity", json=wrong)
    right = await anybody.post("/api/candidate/identity", json={**wrong, **LEA})
    assert right.status_code == 200
    for _ in range(60):
        await anybody.post("/api/candidate/identity", json=wrong)
    assert code(await anybody.post("/api/candidate/identity", json=wrong)) == (429, "too_many_attempts")


# ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_command_over_http_answers_as_the_socket_does(hire: Hiring) -> None:
    opened = await imported(await hire.admin())
    staff = await entered(hire, opened)
    path = f"/api/sessions/{opened['number']}"
    (listed,) = (await staff.http.get(f"{path}/candidates")).json()["candidates"]
    body = {"type": "presence.confirm", "key": key(), "candidates": [listed["id"], 10**12]}
    first = await staff.http.post(f"{path}/commands", json=body)
    assert first.status_code == 200
    assert first.json()["ok"] is True
    assert first.json()["results"] == [
        {"candidate": listed["id"], "ok": True},
        {"candidate": 10**12, "ok": False, "code": "unknown_candidate"},
    ]
    again = await staff.http.post(f"{path}/commands", json=body)
    assert again.json() == first.json()
    reused = await staff.http.post(f"{path}/commands", json={**body, "candidates": "all"})
    assert code(reused) == (409, "key_reused")


async def test_commands_are_for_those_who_have_the_right_now(hire: Hiring, anybody: httpx.AsyncClient) -> None:
    admin = await hire.admin()
    opened = await imported(admin)
    path = f"/api/sessions/{opened['number']}/commands"

    def confirm() -> dict[str, object]:
        return {"type": "presence.confirm", "key": key(), "candidates": "all"}

    stranger, other_admin = await hire.staff(Role.INVIGILATOR), await hire.admin()
    assert code(await anybody.post(path, json=confirm())) == (401, "not_signed_in")
    for staff in (stranger, other_admin, admin):
        assert code(await staff.http.post(path, json=confirm())) == (403, "forbidden")
    taken = await admin.http.post(path, json={"type": "room.take_over", "key": key()})
    assert (taken.status_code, taken.json()["results"]) == (200, [])
    assert (await admin.http.post(path, json=confirm())).json()["results"][0]["ok"] is True


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"type": "attempt.erase", "key": "12345678", "candidates": "all"}, "unknown_type"),
        ({"key": "12345678", "candidates": "all"}, "invalid"),
        ({"type": "presence.confirm", "candidates": "all"}, "invalid"),
        ({"type": "presence.confirm", "key": "12345678", "candidates": []}, "invalid"),
        ({"type": "presence.confirm", "key": "12345678", "candidates": "some"}, "invalid"),
        ({"type": "presence.confirm", "key": "12345678", "candidates": "all", "more": 1}, "invalid"),
        ({"type": "time.add", "key": "12345678", "candidates": "all", "minutes": 601, "reason": "x"}, "invalid"),
        ({"type": "hello", "token": "x"}, "unknown_type"),
    ],
)
async def test_a_command_that_cannot_be_has_a_stable_code(hire: Hiring, body: dict[str, object], expected: str) -> None:
    opened = await imported(await hire.admin())
    staff = await entered(hire, opened)
    refused = await staff.http.post(f"/api/sessions/{opened['number']}/commands", json=body)
    assert code(refused) == (400, expected)


async def test_a_page_of_somebody_else_cannot_command(hire: Hiring) -> None:
    opened = await imported(await hire.admin())
    staff = await entered(hire, opened)
    token = staff.http.headers["Authorization"].removeprefix("Bearer ")
    async with httpx.AsyncClient(
        transport=staff.http._transport, base_url=ORIGIN, cookies={"vigie_login": token}
    ) as browser:
        body = {"type": "presence.confirm", "key": key(), "candidates": "all"}
        path = f"/api/sessions/{opened['number']}/commands"
        foreign = await browser.post(path, json=body, headers={"Origin": "http://evil.test"})
        assert code(foreign) == (403, "origin_not_allowed")
        ours = await browser.post(path, json=body, headers={"Origin": ORIGIN})
        assert ours.status_code == 200

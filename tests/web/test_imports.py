"""Check, then confirm: nothing is written by the first, everything or nothing by the second."""

from __future__ import annotations

import httpx

from hub.directory import Role
from tests.web.lycee import SESSION, Hiring, Staff, file, line

CSV = {"Content-Type": "text/csv; charset=utf-8"}


async def check(staff: Staff, *lines: str, query: str = "") -> httpx.Response:
    return await staff.http.post(f"/api/imports{query}", content=file(*lines), headers=CSV)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_check_counts_and_writes_nothing_until_it_is_confirmed(hire: Hiring) -> None:
    admin = await hire.admin()
    checked = await check(admin, line(), line(last_name="Martin", room="13", extra="33%"))
    assert checked.status_code == 200
    body = checked.json()
    assert {**body, "id": ""} == {"id": "", "sessions": 2, "candidates": 2, "errors": [], "warnings": []}
    assert (await admin.http.get("/api/sessions")).json()["total"] == 0
    confirmed = await admin.http.post(f"/api/imports/{body['id']}/confirm")
    assert confirmed.status_code == 201
    assert confirmed.json()["candidates"] == 2
    assert [set(one) for one in confirmed.json()["sessions"]] == [{"number", "access_code", "invigilator_password"}] * 2
    number = confirmed.json()["sessions"][1]["number"]
    (martin,) = (await admin.http.get(f"/api/sessions/{number}/candidates")).json()["candidates"]
    assert (martin["last_name"], martin["extra_time_percentage"], martin["birth_insee_code"]) == ("Martin", 33, "75112")
    again = await admin.http.post(f"/api/imports/{body['id']}/confirm")
    assert (again.status_code, again.json()) == (201, confirmed.json())
    assert (await admin.http.get("/api/sessions")).json()["total"] == 2


async def test_errors_have_line_column_and_code_and_stand_in_the_way(hire: Hiring) -> None:
    admin = await hire.admin()
    checked = await check(admin, line(), line(last_name="B", sex="X"), line(number="4000000", last_name="C"))
    assert checked.json()["errors"] == [
        {"line": 3, "column": "Sexe", "code": "sex_invalid"},
        {"line": 4, "column": None, "code": "session_unknown"},
    ]
    refused = await admin.http.post(f"/api/imports/{checked.json()['id']}/confirm")
    assert code(refused) == (409, "import_has_errors")
    assert (await admin.http.get("/api/sessions")).json()["total"] == 0


async def test_an_existing_number_adds_and_the_same_person_again_is_an_error(hire: Hiring) -> None:
    admin = await hire.admin()
    number = (await admin.http.post("/api/sessions", json=SESSION)).json()["number"]
    checked = await check(admin, line(), query=f"?session={number}")
    await admin.http.post(f"/api/imports/{checked.json()['id']}/confirm")
    assert (await admin.http.get(f"/api/sessions/{number}")).json()["candidates"] == 1
    twice = await check(admin, line(number=str(number), last_name="BEN SAID"))
    assert [one["code"] for one in twice.json()["errors"]] == ["candidate_duplicate"]


async def test_an_import_belongs_to_its_author(hire: Hiring) -> None:
    center = await hire.center()
    author, colleague = [await hire.staff(Role.CENTER_ADMIN, center) for _ in range(2)]
    checked = await check(author, line())
    assert code(await colleague.http.post(f"/api/imports/{checked.json()['id']}/confirm")) == (404, "not_found")
    unknown = "00000000-0000-4000-8000-000000000000"
    assert code(await author.http.post(f"/api/imports/{unknown}/confirm")) == (404, "not_found")
    assert code(await author.http.post("/api/imports/anything/confirm")) == (404, "not_found")


async def test_a_session_of_another_center_is_as_good_as_unknown(hire: Hiring) -> None:
    owner, other = await hire.admin(), await hire.admin()
    number = (await owner.http.post("/api/sessions", json=SESSION)).json()["number"]
    checked = await check(other, line(), query=f"?session={number}")
    assert [one["code"] for one in checked.json()["errors"]] == ["session_unknown"]


async def test_only_admins_import_and_only_csv(hire: Hiring) -> None:
    admin, invigilator = await hire.admin(), await hire.staff(Role.INVIGILATOR)
    assert code(await check(invigilator, line())) == (403, "forbidden")
    ods = {"Content-Type": "application/vnd.oasis.opendocument.spreadsheet"}
    assert code(await admin.http.post("/api/imports", content=b"PK", headers=ods)) == (415, "unsupported_media_type")
    assert code(await check(admin, line(), query="?session=abc")) == (400, "invalid")
    large = await admin.http.post("/api/imports", content=b"x" * (2 * 1024 * 1024 + 1), headers=CSV)
    assert code(large) == (413, "too_large")
    for body in (b"", b"\x00\xff", b'a;"b', b"\x00" * 10):
        checked = await admin.http.post("/api/imports", content=body, headers=CSV)
        assert checked.status_code == 200
        assert checked.json()["errors"] != []

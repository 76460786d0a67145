"""Check, then confirm: nothing is written by the first, everything or nothing by the second."""

from __future__ import annotations

import asyncio
from threading import Event, Semaphore

import httpx
import pytest

from hub.model import SessionNumber
from hub.people import Role
from tests.web.lycee import HEADER, SESSION, Hiring, Staff, code, file, line
from tests.web.spreadsheet import ROW, Number, person, sheet
from web import roster_csv

CSV = {"Content-Type": "text/csv; charset=utf-8"}
ODS = {"Content-Type": "application/vnd.oasis.opendocument.spreadsheet"}


async def check(staff: Staff, *lines: str, query: str = "") -> httpx.Response:
    return await staff.http.post(f"/api/imports{query}", content=file(*lines), headers=CSV)


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


async def test_only_admins_import_and_only_lists(hire: Hiring) -> None:
    admin, invigilator = await hire.admin(), await hire.staff(Role.INVIGILATOR)
    assert code(await check(invigilator, line())) == (403, "forbidden")
    excel = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
    assert code(await admin.http.post("/api/imports", content=b"PK", headers=excel)) == (415, "unsupported_media_type")
    for wrong in ("abc", "0", "", "9" * 17, "0" * 16 + "1" + "9" * 5000):
        assert code(await check(admin, line(), query=f"?session={wrong}")) == (400, "invalid")
    for headers in (CSV, ODS):
        large = await admin.http.post("/api/imports?session=1", content=b"x" * 10_000_000, headers=headers)
        assert code(large) == (413, "too_large")
    for body in (b"", b"\x00\xff", b'a;"b', b"\x00" * 10):
        checked = await admin.http.post("/api/imports", content=body, headers=CSV)
        assert checked.status_code == 200
        assert checked.json()["errors"] != []


async def test_a_session_that_is_named_says_for_which_center(hire: Hiring) -> None:
    centers = [await hire.center() for _ in range(2)]
    admin = await hire.staff(Role.CENTER_ADMIN, *centers)
    number = (await admin.http.post("/api/sessions", json={**SESSION, "center": centers[1].id})).json()["number"]
    assert code(await check(admin, line())) == (400, "invalid")
    checked = await check(admin, line(), query=f"?session={number}")
    assert (checked.status_code, checked.json()["errors"]) == (200, [])
    other = await check(admin, line(), query=f"?session={number}&center={centers[0].id}")
    assert [one["code"] for one in other.json()["errors"]] == ["session_unknown"]


# ── a spreadsheet ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_spreadsheet_fills_the_session_it_is_for(hire: Hiring) -> None:
    admin = await hire.admin()
    number = (await admin.http.post("/api/sessions", json=SESSION)).json()["number"]
    content = sheet(["Liste de la terminale B"], ROW, person(last_name="Müller", insee=Number("1053", "1053")))
    checked = await admin.http.post(f"/api/imports?session={number}", content=content, headers=ODS)
    assert checked.status_code == 200, checked.text
    body = checked.json()
    assert (body["sessions"], body["candidates"], body["errors"]) == (1, 1, [])
    assert body["warnings"] == [{"line": 3, "column": "Code INSEE de la commune de naissance", "code": "code_padded"}]
    confirmed = await admin.http.post(f"/api/imports/{body['id']}/confirm")
    assert (confirmed.status_code, confirmed.json()["candidates"]) == (201, 1)
    (listed,) = (await admin.http.get(f"/api/sessions/{number}/candidates")).json()["candidates"]
    assert (listed["last_name"], listed["birth_insee_code"], listed["birthdate"]) == ("Müller", "01053", "2008-03-14")


async def test_a_spreadsheet_is_of_one_session_and_says_of_which(hire: Hiring) -> None:
    admin, other = await hire.admin(), await hire.admin()
    number = (await admin.http.post("/api/sessions", json=SESSION)).json()["number"]
    content = sheet(ROW, person())
    assert code(await admin.http.post("/api/imports", content=content, headers=ODS)) == (400, "session_required")
    foreign = await other.http.post(f"/api/imports?session={number}", content=content, headers=ODS)
    assert [one["code"] for one in foreign.json()["errors"]] == ["session_unknown"]
    wrong = await admin.http.post(f"/api/imports?session={number}", content=b"PK\x03\x04 no", headers=ODS)
    assert wrong.json()["errors"] == [{"line": 1, "column": None, "code": "ods_unreadable"}]


# ── lists on their way out ─────────────────────────────────────────────────────────────────────────────────────


async def test_the_empty_list_is_one_that_can_be_imported_once_filled(hire: Hiring, anybody: httpx.AsyncClient) -> None:
    admin, invigilator = await hire.admin(), await hire.staff(Role.INVIGILATOR)
    template = await admin.http.get("/api/imports/template.csv")
    assert (template.status_code, template.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert template.content == b"\xef\xbb\xbf" + HEADER.encode() + b"\r\n"
    checked = await admin.http.post("/api/imports", content=template.content + line().encode(), headers=CSV)
    assert (checked.json()["errors"], checked.json()["warnings"], checked.json()["candidates"]) == ([], [], 1)
    assert code(await anybody.get("/api/imports/template.csv")) == (401, "not_signed_in")
    assert code(await invigilator.http.get("/api/imports/template.csv")) == (403, "forbidden")


async def test_a_confirmed_import_whose_session_was_deleted_since_answers_again(hire: Hiring) -> None:
    admin = await hire.admin()
    checked = await check(admin, line(), line(room="13"))
    path = f"/api/imports/{checked.json()['id']}/confirm"
    first, second = (await admin.http.post(path)).json()["sessions"]
    assert (await admin.http.delete(f"/api/sessions/{first['number']}")).status_code == 204
    again = await admin.http.post(path)
    assert (again.status_code, again.json()["sessions"]) == (201, [second])


async def test_lists_are_parsed_one_at_a_time(hire: Hiring, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = await hire.admin()
    inside, is_joined = Semaphore(1), Event()
    parse = roster_csv.parse

    def slow(body: bytes, into: SessionNumber | None = None) -> roster_csv.Judged:
        """Wait a moment for a second one to come in."""
        if inside.acquire(blocking=False):
            is_joined.wait(0.3)
            inside.release()
        else:
            is_joined.set()
        return parse(body, into)

    monkeypatch.setattr(roster_csv, "parse", slow)
    checked = await asyncio.gather(*(check(admin, line()) for _ in range(3)))
    assert [one.status_code for one in checked] == [200, 200, 200]
    assert not is_joined.is_set()


async def test_a_session_dated_long_ago_is_a_warning_and_may_be_imported(hire: Hiring) -> None:
    admin = await hire.admin()
    checked = (await check(admin, line(date="01/10/2024"))).json()
    assert (checked["errors"], checked["warnings"]) == (
        [],
        [{"line": 2, "column": "Date de début", "code": "date_past"}],
    )
    assert (await admin.http.post(f"/api/imports/{checked['id']}/confirm")).status_code == 201

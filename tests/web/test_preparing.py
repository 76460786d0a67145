"""Preparing a session over HTTP: its admins change it, its list and nobody else's, until somebody starts."""

from __future__ import annotations

import asyncio
import csv
import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import httpx
import pytest
import pytest_asyncio

from channels.gathering import Gathering
from hub import commands as ask
from hub.model import AccountId, CandidateId, ClientId, SessionNumber, account_author, client_author
from hub.people import Role
from hub.ports import Answer
from hub.preparation import NewClient
from hub.service import Order
from hub.tokens import token_digest
from tests.contract.ledgers import minted
from tests.web.lycee import SESSION, Hiring, Staff, code, file, line
from web.exports import DELIMITER
from web.house import House

_once = itertools.count(1)
CSV = {"Content-Type": "text/csv"}
LEA = {
    "last_name": "Ben Saïd",
    "first_name": "Léa",
    "birthdate": "2008-03-14",
    "sex": "F",
    "birth_country": "FRANCE",
    "birth_insee_code": "75112",
}
EMPTY = ("birth_postal_code", "birth_town", "results_email", "invitation_email", "external_id")


def fields(answer: httpx.Response) -> dict[str, str]:
    assert code(answer) == (400, "invalid")
    found: dict[str, str] = answer.json()["error"]["fields"]
    return found


@dataclass
class Room:
    """A session with an admin, a colleague of theirs, and one candidate."""

    hire: Hiring
    admin: Staff
    colleague: Staff
    number: int
    candidate: int

    @property
    def path(self) -> str:
        return f"/api/sessions/{self.number}"

    @property
    def list(self) -> str:
        return f"{self.path}/candidates"

    @property
    def one(self) -> str:
        return f"{self.list}/{self.candidate}"

    async def invigilator(self) -> Staff:
        staff = await self.hire.staff(Role.INVIGILATOR)
        await self.hire.house.directory.grant_invigilation(staff.account.id, SessionNumber(self.number))
        return staff

    async def decide(self, staff: Staff | None, command: ask.Command, *candidates: int) -> None:
        """Let staff, or a new client of the first candidate, command."""
        author = account_author(AccountId(staff.account.id)) if staff else None
        ids = tuple(CandidateId(one) for one in candidates)
        if author is None:
            assert isinstance(command, ask.Enter | ask.Finish)
            author = client_author(command.client)
        answer = await self.hire.house.decisions.submit(Order(SessionNumber(self.number), author, command, ids))
        assert isinstance(answer, Answer), answer
        assert all(one.refusal is None for one in answer.results), answer

    async def enter(self, invigilator: Staff, candidate: int) -> ask.Enter:
        await self.decide(invigilator, ask.ConfirmPresence(), candidate)
        token = f"token {next(_once)}".encode()
        client = await minted(self.hire.house.directory, CandidateId(candidate), token)
        command = ask.Enter(client, is_code_right=True, total=32)
        await self.decide(None, command, candidate)
        return command


@pytest_asyncio.fixture
async def room(hire: Hiring) -> Room:
    center = await hire.center()
    admin, colleague = [await hire.staff(Role.CENTER_ADMIN, center) for _ in range(2)]
    number = (await admin.http.post("/api/sessions", json=SESSION)).json()["number"]
    made = await admin.http.post(f"/api/sessions/{number}/candidates", json=LEA)
    assert made.status_code == 201, made.text
    return Room(hire, admin, colleague, number, made.json()["id"])


# ── who may ────────────────────────────────────────────────────────────────────────────────────────────────────


def deeds(room: Room) -> list[tuple[str, str, object]]:
    successor = {"date": "2026-12-02", "start_time": "09:00"}
    return [
        ("PATCH", room.path, {"room": "13"}),
        ("POST", f"{room.path}/successor", successor),
        ("POST", room.list, {**LEA, "first_name": "Zoé"}),
        ("PATCH", room.one, {"first_name": "Ada"}),
        ("GET", f"{room.list}.csv", None),
        ("GET", f"{room.path}/audit.csv", None),
        ("DELETE", room.one, None),
        ("DELETE", room.path, None),
    ]


async def test_only_admins_of_the_center_prepare_its_sessions(room: Room, anybody: httpx.AsyncClient) -> None:
    hire = room.hire
    others = [
        await hire.admin(),
        await room.invigilator(),
        await hire.staff(Role.INVIGILATOR),
        await hire.staff(Role.JURY),
        await hire.staff(Role.OPERATOR),
    ]
    for method, path, body in deeds(room):
        assert code(await anybody.request(method, path, json=body)) == (401, "not_signed_in")
        for staff in others:
            assert code(await staff.http.request(method, path, json=body)) == (403, "forbidden"), (method, path)
    (listed,) = (await room.admin.http.get(room.list)).json()["candidates"]
    assert listed.items() >= LEA.items()
    assert (await room.admin.http.get(room.path)).json()["room"] == SESSION["room"]


async def test_every_admin_of_the_center_does_all_of_it(room: Room) -> None:
    for method, path, body in deeds(room):
        answer = await room.colleague.http.request(method, path, json=body)
        if path.endswith("/successor"):
            assert code(answer) == (409, "session_not_started")
        else:
            assert answer.is_success, (method, path, answer.text)
    assert code(await room.admin.http.get(room.path)) == (404, "not_found")


async def test_what_is_not_there_is_not_found(room: Room) -> None:
    http = room.admin.http
    elsewhere = (await http.post("/api/sessions", json=SESSION)).json()["number"]
    for number in (4_000_000, 0, "9" * 16):
        assert code(await http.patch(f"/api/sessions/{number}", json={})) == (404, "not_found")
        assert code(await http.delete(f"/api/sessions/{number}")) == (404, "not_found")
    for path in (f"{room.list}/4000000", f"{room.list}/0", f"/api/sessions/{elsewhere}/candidates/{room.candidate}"):
        assert code(await http.patch(path, json={"sex": "M"})) == (404, "not_found")
        assert code(await http.delete(path)) == (404, "not_found")


# ── the session ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_session_that_nobody_has_started_may_be_edited(room: Room) -> None:
    view = (await room.admin.http.get(room.path)).json()
    assert (view["has_started"], view["may_edit"], view["may_finalize"]) == (False, True, False)
    assert (view["finalized_at"], view["finalization_due_at"]) == (None, None)
    changed = await room.admin.http.patch(
        room.path,
        json={"room": " 13 ", "date": "2026-12-24", "start_time": "9:05", "observations": "a\r\nb", "invigilators": ""},
    )
    assert changed.status_code == 200, changed.text
    expected = {"room": "13", "date": "2026-12-24", "start_time": "09:05", "observations": "a\nb", "invigilators": ""}
    assert changed.json() == {**view, **expected}
    assert (await room.admin.http.get(room.path)).json() == changed.json()
    assert (await room.admin.http.patch(room.path, json={})).json() == changed.json()


WRONG_SESSIONS: list[tuple[dict[str, str], dict[str, str]]] = [
    ({"site": " "}, {"site": "required"}),
    ({"site": "x" * 101, "room": "a\u202eb"}, {"site": "too_long", "room": "characters_invalid"}),
    ({"room": "a\u0000b"}, {"room": "characters_invalid"}),
    ({"date": "0001-01-01"}, {"date": "date_invalid"}),
    ({"date": "01/12/2026"}, {"date": "date_invalid"}),
    ({"date": "2026-12-24T09:00"}, {"date": "date_invalid"}),
    ({"start_time": "24:00"}, {"start_time": "time_invalid"}),
    ({"observations": "x" * 1001}, {"observations": "too_long"}),
    ({"invigilators": "\u001b[2J"}, {"invigilators": "characters_invalid"}),
]


async def test_a_session_that_cannot_be_is_refused_by_field_and_code(room: Room) -> None:
    for wrong, expected in WRONG_SESSIONS:
        assert fields(await room.admin.http.patch(room.path, json=wrong)) == expected
        assert fields(await room.admin.http.post("/api/sessions", json={**SESSION, **wrong})) == expected
    assert (await room.admin.http.get(room.path)).json().items() >= SESSION.items()


SENSELESS: list[dict[str, object]] = [
    {"duration_minutes": 0},
    {"duration_minutes": 10**30},
    {"room": None},
    {"number": 7},
    {"center": 1},
]


async def test_a_change_that_makes_no_sense_names_its_field(room: Room) -> None:
    for wrong in SENSELESS:
        assert list(fields(await room.admin.http.patch(room.path, json=wrong))) == list(wrong)


@pytest.mark.parametrize("is_anybody_in", [True, False])
async def test_nothing_changes_once_the_session_has_started(room: Room, *, is_anybody_in: bool) -> None:
    invigilator = await room.invigilator()
    if is_anybody_in:
        await room.enter(invigilator, room.candidate)
    else:
        await room.decide(invigilator, ask.StartSession())
    for method, path, body in deeds(room):
        is_deletion = (method, path) == ("DELETE", room.path)
        if method == "GET" or path.endswith("/successor") or (is_deletion and not is_anybody_in):
            continue
        answer = await room.admin.http.request(method, path, json=body)
        assert code(answer) == (409, "session_started"), (method, path)
    view = (await room.admin.http.get(room.path)).json()
    assert (view["has_started"], view["may_edit"]) == (True, False)
    assert (view["may_delete"], view["may_finalize"]) == (not is_anybody_in, is_anybody_in)
    deleted = await room.admin.http.delete(room.path)
    assert deleted.status_code == (409 if is_anybody_in else 204)


async def test_a_session_says_by_when_it_should_be_finalized(room: Room) -> None:
    invigilator = await room.invigilator()
    await room.enter(invigilator, room.candidate)
    await room.decide(invigilator, ask.AddTime(15, "network"), room.candidate)
    view = (await room.admin.http.get(room.path)).json()
    ledger = await room.hire.house.ledger.room(SessionNumber(room.number))
    end = ledger.candidates[CandidateId(room.candidate)].time.theoretical_end
    assert end is not None
    assert ledger.started_at is not None
    assert (end - ledger.started_at).total_seconds() == 120 * 60
    assert (parsed(view["finalization_due_at"]) - end.timestamp()) == 48 * 3600
    assert (view["has_started"], view["may_edit"], view["may_finalize"]) == (True, False, True)
    watched = (await invigilator.http.get(room.path)).json()
    assert (watched["may_edit"], watched["may_finalize"], "observations" in watched) == (False, False, False)


def parsed(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


# ── the list of sessions ───────────────────────────────────────────────────────────────────────────────────────


async def test_the_list_is_sorted_both_ways_and_by_status(hire: Hiring) -> None:
    admin = await hire.admin()
    given = [("B", "2", "2026-12-02"), ("A", "3", "2026-12-01"), ("C", "1", "2026-12-03")]
    numbers = []
    for site, room, day in given:
        body = {**SESSION, "site": site, "room": room, "date": day}
        numbers.append((await admin.http.post("/api/sessions", json=body)).json()["number"])
    first, second, third = numbers
    orders = {
        "date": [second, first, third],
        "number": [first, second, third],
        "site": [second, first, third],
        "room": [third, first, second],
    }
    for sort, expected in orders.items():
        assert await listed(admin, sort=sort) == expected
        assert await listed(admin, sort=f"-{sort}") == expected[::-1]
    assert await listed(admin) == orders["date"][::-1]
    assert await listed(admin, sort="status") == await listed(admin, sort="-status") == await listed(admin)
    assert await listed(admin, status="open") == await listed(admin)
    for status in ("finalized", "in_review", "published"):
        assert await listed(admin, status=status) == []
    for wrong in ("--date", "date-", "status desc", "-"):
        assert code(await admin.http.get("/api/sessions", params={"sort": wrong})) == (400, "invalid")


async def listed(admin: Staff, **query: str) -> list[int]:
    answer = await admin.http.get("/api/sessions", params=query)
    assert answer.status_code == 200, answer.text
    return [one["number"] for one in answer.json()["sessions"]]


# ── the list of a session ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_candidate_is_added_as_an_import_would(room: Room) -> None:
    given = {
        **LEA,
        "last_name": " Müller\u00a0 Weiß ",
        "sex": "m",
        "extra_time_percentage": "33 %",
        "birth_insee_code": "75 112",
        "results_email": "a@example.org",
    }
    made = await room.admin.http.post(room.list, json=given)
    assert made.status_code == 201, made.text
    expected = {
        **LEA,
        "last_name": "Müller Weiß",
        "sex": "M",
        "extra_time_percentage": 33,
        "results_email": "a@example.org",
    }
    assert made.json() == {**dict.fromkeys(EMPTY, ""), **expected, "id": made.json()["id"]}
    assert (await room.admin.http.get(room.path)).json()["candidates"] == 2


WRONG_CANDIDATES: list[tuple[dict[str, object], dict[str, str]]] = [
    ({"last_name": ""}, {"last_name": "required"}),
    ({"last_name": "x" * 101}, {"last_name": "too_long"}),
    ({"first_name": "a\u0000b"}, {"first_name": "characters_invalid"}),
    ({"first_name": "\u202eb"}, {"first_name": "characters_invalid"}),
    ({"first_name": "?!"}, {"first_name": "characters_invalid"}),
    ({"birthdate": "0001-01-01"}, {"birthdate": "birthdate_invalid"}),
    ({"birthdate": "2101-01-01"}, {"birthdate": "birthdate_invalid"}),
    ({"birthdate": "14/03/2008"}, {"birthdate": "birthdate_invalid"}),
    ({"birthdate": "2008-02-30"}, {"birthdate": "birthdate_invalid"}),
    ({"sex": "X"}, {"sex": "sex_invalid"}),
    ({"birth_country": ""}, {"birth_country": "required"}),
    ({"birth_insee_code": "7511"}, {"birth_insee_code": "insee_code_invalid"}),
    ({"birth_insee_code": ""}, {"birth_insee_code": "birthplace_invalid"}),
    (
        {"birth_insee_code": "", "birth_postal_code": "7501", "birth_town": "P"},
        {"birth_postal_code": "postal_code_invalid"},
    ),
    ({"birth_insee_code": "99"}, {"birth_country": "birthplace_invalid"}),
    ({"results_email": "nobody"}, {"results_email": "email_invalid"}),
    ({"external_id": "x" * 101}, {"external_id": "too_long"}),
    ({"extra_time_percentage": 301}, {"extra_time_percentage": "extra_time_invalid"}),
    ({"extra_time_percentage": -1}, {"extra_time_percentage": "extra_time_invalid"}),
    ({"extra_time_percentage": 10**18}, {"extra_time_percentage": "extra_time_invalid"}),
    ({"extra_time_percentage": "33.5"}, {"extra_time_percentage": "extra_time_invalid"}),
    ({"sex": "", "last_name": "\t"}, {"last_name": "required", "sex": "required"}),
]


async def test_a_candidate_who_cannot_be_is_refused_by_field_and_code(room: Room) -> None:
    for wrong, expected in WRONG_CANDIDATES:
        assert fields(await room.admin.http.post(room.list, json={**LEA, "first_name": "Zoé", **wrong})) == expected
        assert fields(await room.admin.http.patch(room.one, json=wrong)) == expected
    (kept,) = (await room.admin.http.get(room.list)).json()["candidates"]
    assert kept.items() >= LEA.items()


MISSHAPEN: list[dict[str, object]] = [{"last_name": 7}, {"id": 1}, {"extra_time_percentage": True}, {"sex": None}]


async def test_a_candidate_of_another_shape_names_the_field(room: Room) -> None:
    for wrong in MISSHAPEN:
        for answer in (
            await room.admin.http.post(room.list, json={**LEA, **wrong}),
            await room.admin.http.patch(room.one, json=wrong),
        ):
            assert list(fields(answer)) == list(wrong)


async def test_a_body_of_ten_megabytes_is_too_large(room: Room) -> None:
    body, headers = b'{"last_name":"' + b"x" * 10_000_000 + b'"}', {"Content-Type": "application/json"}
    assert code(await room.admin.http.post(room.list, content=body, headers=headers)) == (413, "too_large")
    assert code(await room.admin.http.patch(room.one, content=body, headers=headers)) == (413, "too_large")


async def test_one_person_is_on_the_list_once_however_it_is_written(room: Room) -> None:
    fields_of_a_person = dict.fromkeys(("last_name", "first_name", "birthdate"), "candidate_duplicate")
    again = await room.admin.http.post(room.list, json={**LEA, "last_name": "BEN-SAID", "first_name": "lea"})
    assert code(again) == (409, "candidate_duplicate")
    assert again.json()["error"]["fields"] == fields_of_a_person
    zoe = (await room.admin.http.post(room.list, json={**LEA, "first_name": "Zoé"})).json()["id"]
    became = await room.admin.http.patch(f"{room.list}/{zoe}", json={"first_name": "LÉA"})
    assert code(became) == (409, "candidate_duplicate")


async def test_a_correction_is_judged_with_the_rest_of_the_line(room: Room) -> None:
    abroad = {"birth_country": "CHILI", "birth_insee_code": "99"}
    assert fields(await room.admin.http.patch(room.one, json=abroad)) == {"birth_town": "required"}
    corrected = await room.admin.http.patch(room.one, json={**abroad, "birth_town": "Arica"})
    assert corrected.status_code == 200, corrected.text
    assert corrected.json().items() >= {**LEA, **abroad, "birth_town": "Arica"}.items()
    assert (await room.admin.http.patch(room.one, json={})).json() == corrected.json()


async def test_a_corrected_name_is_the_one_that_opens_the_door(room: Room, anybody: httpx.AsyncClient) -> None:
    await room.admin.http.patch(room.one, json={"last_name": "Martin"})
    typed = {"session_number": room.number, "first_name": "Léa", "birthdate": "2008-03-14"}
    assert (await anybody.post("/api/candidate/identity", json={**typed, "last_name": "MARTIN"})).status_code == 200
    old = await anybody.post("/api/candidate/identity", json={**typed, "last_name": "Ben Saïd"})
    assert code(old) == (404, "identity_not_found")
    assert (await room.admin.http.delete(room.one)).status_code == 204
    gone = await anybody.post("/api/candidate/identity", json={**typed, "last_name": "Martin"})
    assert code(gone) == (404, "identity_not_found")


async def test_who_is_taken_off_the_list_while_they_identify_gets_no_token(
    room: Room, house: House, anybody: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def after_the_deletion(wanted: Collection[NewClient]) -> Mapping[NewClient, ClientId]:
        assert (await room.admin.http.delete(room.one)).status_code == 204
        return await house.directory.mint_clients(wanted)

    monkeypatch.setattr(house, "newcomers", Gathering(after_the_deletion))
    typed = {name: LEA[name] for name in ("last_name", "first_name", "birthdate")}
    gone = await anybody.post("/api/candidate/identity", json={"session_number": room.number, **typed})
    assert code(gone) == (404, "identity_not_found")


async def test_thirty_who_identify_at_once_get_a_token_each(room: Room, anybody: httpx.AsyncClient) -> None:
    typed = {"session_number": room.number, **{name: LEA[name] for name in ("last_name", "first_name", "birthdate")}}
    wrong = {**typed, "last_name": "Nobody"}
    answers = await asyncio.gather(
        *(anybody.post("/api/candidate/identity", json=typed if place % 3 else wrong) for place in range(30))
    )
    assert [one.status_code for one in answers] == [200 if place % 3 else 404 for place in range(30)]
    tokens = {one.json()["token"] for one in answers if one.status_code == 200}
    assert len(tokens) == 20
    known = await room.hire.house.directory.clients([token_digest(one) for one in tokens])
    assert len({one.client for one in known.values()}) == 20


# ── another day ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_interrupted_session_goes_on_in_another_one(room: Room) -> None:
    http = room.admin.http
    zoe = (await http.post(room.list, json={**LEA, "first_name": "Zoé", "extra_time_percentage": 33})).json()["id"]
    invigilator = await room.invigilator()
    entry = await room.enter(invigilator, room.candidate)
    await room.decide(None, ask.Finish(entry.client, 32, 32), room.candidate)
    made = await http.post(f"{room.path}/successor", json={"date": "2026-12-08", "start_time": "14:00", "room": "B2"})
    assert made.status_code == 201, made.text
    before, view = (await http.get(room.path)).json(), made.json()
    assert (view["site"], view["room"], view["date"], view["start_time"]) == (
        SESSION["site"],
        "B2",
        "2026-12-08",
        "14:00",
    )
    assert view["number"] != room.number
    assert (
        view["access_code"] != before["access_code"] or view["invigilator_password"] != before["invigilator_password"]
    )
    assert (view["may_edit"], view["candidates"]) == (True, 1)
    (carried,) = (await http.get(f"/api/sessions/{view['number']}/candidates")).json()["candidates"]
    assert (carried["first_name"], carried["extra_time_percentage"]) == ("Zoé", 33)
    assert carried["id"] != zoe
    wrong = await http.post(f"{room.path}/successor", json={"date": "soon", "start_time": "25:00", "site": ""})
    assert fields(wrong) == {"date": "date_invalid", "start_time": "time_invalid", "site": "required"}


async def test_a_session_whose_candidates_all_finished_has_no_successor(room: Room) -> None:
    entry = await room.enter(await room.invigilator(), room.candidate)
    await room.decide(None, ask.Finish(entry.client, 32, 32), room.candidate)
    body = {"date": "2026-12-08", "start_time": "14:00"}
    assert code(await room.admin.http.post(f"{room.path}/successor", json=body)) == (409, "nobody_left")


# ── on paper ───────────────────────────────────────────────────────────────────────────────────────────────────


def rows_of(answer: httpx.Response) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment;")
    return list(csv.reader(answer.content.decode("utf-8-sig").splitlines(keepends=True), delimiter=DELIMITER))


async def test_a_list_that_was_handed_out_is_imported_again_as_it_was(hire: Hiring) -> None:
    admin = await hire.admin()
    lines = [
        line(last_name="@Bé;n", external="=1+1", extra="33%", results="a@example.org", observations='"a\nb"'),
        line(last_name="Zola", insee="", postal="01000", town="L'Haÿ", invitation="+x@example.org"),
    ]
    lines[0] = lines[0].replace("@Bé;n", '"@Bé;n"')
    checked = await admin.http.post("/api/imports", content=file(*lines), headers=CSV)
    assert checked.json()["errors"] == []
    made = (await admin.http.post(f"/api/imports/{checked.json()['id']}/confirm")).json()["sessions"][0]["number"]
    handed = await admin.http.get(f"/api/sessions/{made}/candidates.csv")
    header, *rows = rows_of(handed)
    assert [row[header.index("* Nom de naissance")] for row in rows] == ["'@Bé;n", "Zola"]
    assert [row[header.index("Identifiant externe")] for row in rows] == ["'=1+1", ""]
    target = (await admin.http.post("/api/sessions", json=SESSION)).json()["number"]
    again = await admin.http.post(f"/api/imports?session={target}", content=handed.content, headers=CSV)
    assert (again.json()["errors"], again.json()["warnings"]) == ([], [])
    await admin.http.post(f"/api/imports/{again.json()['id']}/confirm")
    lists = [
        [{**one, "id": 0} for one in (await admin.http.get(f"/api/sessions/{number}/candidates")).json()["candidates"]]
        for number in (made, target)
    ]
    assert lists[0] == lists[1]
    whole = await admin.http.post("/api/imports", content=handed.content, headers=CSV)
    assert (whole.json()["errors"], whole.json()["sessions"], whole.json()["candidates"]) == ([], 1, 2)


async def test_the_audit_is_handed_out_with_names_of_staff_and_no_free_text(room: Room) -> None:
    invigilator = await room.invigilator()
    await room.enter(invigilator, room.candidate)
    await room.decide(invigilator, ask.AddTime(5, "panne du réseau"), room.candidate)
    answer = await room.admin.http.get(f"{room.path}/audit.csv")
    header, *rows = rows_of(answer)
    assert header == ["seq", "at", "kind", "candidate", "author", "codes"]
    assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
    assert {row[4] for row in rows} == {invigilator.account.name, "candidate"}
    assert {row[3] for row in rows} <= {str(room.candidate), ""}
    assert '"minutes": 5' in rows[-1][5] or '"minutes":5' in rows[-1][5]
    assert "panne" not in answer.text
    assert "Ben Sa" not in answer.text

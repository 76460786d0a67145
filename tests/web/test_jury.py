"""The jury over HTTP on real stores: the queue, a case, decisions that are kept, two members at once, giving back."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest

from hub import commands as ask
from hub.model import HelpKind, client_author
from hub.people import Role
from hub.ports import Answer
from hub.service import Order
from hub.tokens import new_token, token_digest
from tests.contract.ledgers import minted
from tests.web.closing import Room, a_room
from tests.web.lycee import Hiring, Staff, code


async def finalized(hire: Hiring) -> Room:
    """One finished without end screen, one aborted with a report, one absent; finalized with a comment."""
    room = await a_room(hire, 3)
    await room.starts(0, 1)
    await room.finishes(0)
    await room.command("report.add", 1, name="fraud", text="téléphone")
    body = {"version": 0, "abort_reasons": {str(room.ids[1]): "candidate"}, "incident": True, "comment": "Alarme"}
    assert (await room.admin.http.put(f"{room.path}/finalization", json=body)).status_code == 200
    assert (await room.confirms(1)).status_code == 200
    return room


def path(room: Room) -> str:
    return f"/api/jury/sessions/{room.number}"


async def case(member: Staff, room: Room) -> dict[str, object]:
    answer = await member.http.get(path(room))
    assert answer.status_code == 200, answer.text
    read: dict[str, object] = answer.json()
    return read


def row(read: dict[str, object], room: Room, place: int) -> dict[str, object]:
    rows: list[dict[str, object]] = read["candidates"]  # type: ignore[assignment]
    return next(one for one in rows if one["id"] == room.ids[place])


# ── the queue ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_queue_holds_what_is_finalized_and_says_why_it_needs_attention(hire: Hiring) -> None:
    member, room = await hire.staff(Role.JURY), await finalized(hire)
    opened = await a_room(hire, 1)
    listed = (await member.http.get("/api/jury/sessions", params={"sort": "-number"})).json()
    first = listed["sessions"][0]
    assert first["number"] == room.number
    assert first["attention"] == ["comment", "report", "end_screen", "abort_reason"]
    assert (first["status"], first["is_late"], first["assigned_to"]) == ("finalized", False, None)
    assert first["finalized_by"] == room.admin.account.name
    assert opened.number not in [one["number"] for one in listed["sessions"]]


async def test_the_queue_is_narrowed_and_sorted(hire: Hiring) -> None:
    member, calm, room = await hire.staff(Role.JURY), await a_room(hire, 1), await finalized(hire)
    await calm.starts(0)
    await calm.finishes(0)
    await calm.command("end_screen.see", 0)
    await calm.finalized()

    async def found(**params: str | int) -> list[int]:
        """Read page after page: other tests leave sessions, too."""
        numbers: list[int] = []
        for page in count(1):
            asked: dict[str, str | int] = {"sort": "number", "page": page, **params}
            answer = await member.http.get("/api/jury/sessions", params=asked)
            assert answer.status_code == 200, answer.text
            if not answer.json()["sessions"]:
                break
            numbers += [one["number"] for one in answer.json()["sessions"]]
        return [number for number in numbers if number in (calm.number, room.number)]

    both = sorted([calm.number, room.number])
    assert await found() == both
    assert await found(sort="-number") == both[::-1]
    assert await found(attention="yes") == [room.number]
    assert await found(attention="no") == [calm.number]
    assert await found(q=str(room.number)) == [room.number]
    assert await found(center=room.admin.account.centers[0]) == [room.number]
    assert await found(assigned="me") == []
    assert (await member.http.post(f"{path(room)}/assign", json={"seen": None})).status_code == 200
    assert await found(assigned="me") == await found(status="in_review") == [room.number]
    assert await found(assigned="nobody") == await found(status="finalized") == [calm.number]
    assert (await member.http.post(f"{path(calm)}/publish", json={})).status_code == 200
    assert await found(status="published") == [calm.number]


@pytest.mark.parametrize("params", [{"sort": "name"}, {"page": 0}, {"status": "open"}, {"q": "a\0"}, {"more": 1}])
async def test_a_query_that_makes_no_sense_is_refused(hire: Hiring, params: dict[str, str]) -> None:
    member = await hire.staff(Role.JURY)
    assert code(await member.http.get("/api/jury/sessions", params=params)) == (400, "invalid")


# ── a case ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_case_shows_all_that_was_said_and_how_it_came(hire: Hiring) -> None:
    member, room = await hire.staff(Role.JURY), await finalized(hire)
    read = await case(member, room)
    assert (read["comment"], read["incident"]) == ("Alarme", True)
    finished, aborted, absent = (row(read, room, place) for place in range(3))
    assert [one["attempt"] for one in (finished, aborted, absent)] == ["finished", "closed", "not_started"]
    assert (aborted["abort_reason"], finished["abort_reason"], finished["decision"]) == ("candidate", None, None)
    report = aborted["reports"][0]  # type: ignore[index]
    assert (report["needs_action"], report["resolution"], report["text"]) == (True, None, "téléphone")
    timeline: list[dict[str, object]] = read["timeline"]  # type: ignore[assignment]
    assert [one["seq"] for one in timeline] == list(range(1, len(timeline) + 1))
    last = timeline[-1]
    assert (last["kind"], last["by"], last["detail"]) == (
        "session.finalized",
        room.admin.account.name,
        {"comment": "Alarme"},
    )
    entered = next(one for one in timeline if one["kind"] == "candidate.entered")
    assert entered["by"] == "Zoé Łukasz"
    assert read["head"]["decision_seq"] == last["seq"]  # type: ignore[index]


# ── deciding ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_decisions_are_appended_and_the_last_one_counts(hire: Hiring) -> None:
    member, room = await hire.staff(Role.JURY), await finalized(hire)
    body = {"candidate": room.ids[1], "verdict": "rejected", "reason": "Fraude", "seen": 0}
    first = await member.http.post(f"{path(room)}/decisions", json=body)
    assert first.status_code == 200, first.text
    said = first.json()["decision"]
    assert (said["verdict"], said["reason"], said["by"]) == ("rejected", "Fraude", member.account.name)
    again = {**body, "verdict": "validated", "reason": "", "seen": said["seq"]}
    assert (await member.http.post(f"{path(room)}/decisions", json=again)).status_code == 200
    read = await case(member, room)
    assert row(read, room, 1)["decision"]["verdict"] == "validated"  # type: ignore[index]
    kinds = [one["codes"]["verdict"] for one in read["timeline"] if one["kind"] == "jury.decided"]  # type: ignore[attr-defined]
    assert kinds == ["rejected", "validated"]


async def test_two_members_at_once_and_exactly_one_is_told_of_the_other(hire: Hiring) -> None:
    members, room = [await hire.staff(Role.JURY) for _ in range(2)], await finalized(hire)
    body = {"candidate": room.ids[0], "verdict": "validated", "seen": 0}
    answers = await asyncio.gather(*(one.http.post(f"{path(room)}/decisions", json=body) for one in members))
    winner, loser = sorted(answers, key=lambda one: one.status_code)
    assert (winner.status_code, code(loser)) == (200, (409, "changed_meanwhile"))
    names = {one.account.name for one in members}
    assert loser.json()["error"]["fields"]["by"] in names
    assert winner.json()["decision"]["by"] == loser.json()["error"]["fields"]["by"]


async def test_a_report_is_resolved_with_a_word_and_needs_no_attention_then(hire: Hiring) -> None:
    member, room = await hire.staff(Role.JURY), await finalized(hire)
    report = row(await case(member, room), room, 1)["reports"][0]  # type: ignore[index]
    where = f"{path(room)}/reports/{report['id']}/resolve"
    assert code(await member.http.post(where, json={"word": " ", "seen": 0})) == (400, "invalid")
    done = await member.http.post(where, json={"word": "Entendu", "seen": 0})
    assert done.status_code == 200, done.text
    assert done.json()["resolution"]["word"] == "Entendu"
    read = await case(member, room)
    assert "report" not in read["session"]["attention"]  # type: ignore[index]
    nowhere = f"{path(room)}/reports/999999999/resolve"
    assert code(await member.http.post(nowhere, json={"word": "x", "seen": 0})) == (404, "unknown_report")


async def test_what_is_published_stands_until_it_is_taken_back(hire: Hiring) -> None:
    member, room = await hire.staff(Role.JURY), await finalized(hire)
    assert (await member.http.post(f"{path(room)}/publish", json={})).json()["session"]["status"] == "published"
    assert (await member.http.post(f"{path(room)}/publish", json={})).status_code == 200
    body = {"candidate": room.ids[0], "verdict": "validated", "seen": 0}
    assert code(await member.http.post(f"{path(room)}/decisions", json=body)) == (409, "already_published")
    unfinalize = await member.http.post(f"{path(room)}/unfinalize", json={"reason": "x"})
    assert code(unfinalize) == (409, "already_published")
    assert (await member.http.post(f"{path(room)}/unpublish", json={})).json()["session"]["status"] == "finalized"
    assert (await member.http.post(f"{path(room)}/decisions", json=body)).status_code == 200


async def given_back(hire: Hiring, room: Room) -> Staff:
    """Let a member of the jury give a session back to its center."""
    member = await hire.staff(Role.JURY)
    await member.http.post(f"{path(room)}/assign", json={"seen": None})
    given = await member.http.post(f"{path(room)}/unfinalize", json={"reason": "Signalement oublié"})
    assert given.status_code == 200, given.text
    return member


async def test_a_session_given_back_is_corrected_and_finalized_again(hire: Hiring) -> None:
    room = await finalized(hire)
    member = await given_back(hire, room)
    assert code(await member.http.get(path(room))) == (404, "not_found")
    shown = await room.shown()
    assert (shown["reopened_at"] is not None, shown["reopened_why"]) == (True, "Signalement oublié")
    assert shown["draft"]["comment"] == "Alarme"  # type: ignore[index]
    told = await room.command("report.add", 0, name="other", text="oublié")
    assert told["results"][0]["ok"]  # type: ignore[index]
    again = await room.confirms(shown["draft"]["version"])  # type: ignore[index]
    assert again.status_code == 200, again.text
    read = await case(member, room)
    assert (read["session"]["assigned_to"], read["session"]["status"]) == (None, "finalized")  # type: ignore[index]
    assert row(read, room, 1)["attempt"] == "closed"


async def test_nobody_sits_in_a_session_that_was_given_back(hire: Hiring) -> None:
    room = await finalized(hire)
    await given_back(hire, room)
    house, late = room.house, room.ids[2]
    client = await minted(house.directory, late, token_digest(new_token()))
    for command in (ask.Enter(client, is_code_right=True), ask.AskHelp(client, HelpKind.OTHER)):
        order = Order(room.number, client_author(client), command, (late,), f"after-{type(command).__name__}")
        refused = await house.decisions.submit(order)
        assert isinstance(refused, Answer)
        assert [one.refusal.code.value for one in refused.results if one.refusal] == ["session_closed"]
    for type_, fields in (
        ("presence.confirm", {}),
        ("message.send", {"text": "x"}),
        ("identity.check", {"state": "checked"}),
    ):
        told = await room.command(type_, 2, **fields)
        assert told["results"][0]["code"] == "session_closed", type_  # type: ignore[index]
    anne = {"session_number": room.number, "last_name": "D'Arc-Élan", "first_name": "Jeanne", "birthdate": "2008-03-14"}
    assert code(await room.admin.http.post("/api/candidate/identity", json=anne)) == (409, "session_closed")


async def test_a_session_given_back_is_its_centers_alone(hire: Hiring) -> None:
    room = await a_room(hire, 1)
    invigilator, newcomer = await hire.staff(Role.INVIGILATOR), await hire.staff(Role.INVIGILATOR)
    await room.house.directory.grant_invigilation(invigilator.account.id, room.number)
    await room.starts(0)
    await room.finalized()
    await given_back(hire, room)
    for paper in ("", "/candidates", "/kit.pdf", "/attendance-sheet.pdf"):
        assert code(await invigilator.http.get(f"{room.path}{paper}")) == (403, "forbidden")
    assert (await invigilator.http.get("/api/sessions")).json()["total"] == 0
    detail = (await room.admin.http.get(room.path)).json()
    body = {"session_number": room.number, "password": detail["invigilator_password"]}
    assert code(await newcomer.http.post("/api/invigilations", json=body)) == (409, "session_closed")


async def test_what_was_in_time_is_not_late_because_the_jury_gave_it_back(hire: Hiring) -> None:
    room = await finalized(hire)
    member = await given_back(hire, room)
    shown = await room.shown()
    assert shown["is_late"] is False
    assert (await room.confirms(shown["draft"]["version"])).json()["receipt"]["is_late"] is False  # type: ignore[index]
    assert (await case(member, room))["session"]["is_late"] is False  # type: ignore[index]


async def test_the_jury_reads_nothing_of_a_session_before_its_finalization(hire: Hiring) -> None:
    member, room = await hire.staff(Role.JURY), await a_room(hire, 1)
    await room.starts(0)
    pages = [path(room), f"{path(room)}/watch", f"{path(room)}/watch.csv", f"{room.path}/documents"]
    papers = [f"{room.path}/{paper}.pdf" for paper in ("attendance-sheet", "incidents")]
    for page in pages:
        assert code(await member.http.get(page)) == (404, "not_found"), page
    for paper in papers:
        assert code(await member.http.get(paper)) == (403, "forbidden"), paper
    await room.finalized()
    for page in pages + papers:
        assert (await member.http.get(page)).status_code == 200, page


async def test_only_the_jury_judges(hire: Hiring) -> None:
    room = await finalized(hire)
    deeds = {
        "assign": {"seen": None},
        "decisions": {"candidate": room.ids[0], "verdict": "validated", "seen": 0},
        "reports/1/resolve": {"word": "x", "seen": 0},
        "publish": {},
        "unpublish": {},
        "unfinalize": {"reason": "x"},
    }
    others = [room.admin, await hire.staff(Role.OPERATOR), await hire.staff(Role.INVIGILATOR)]
    for staff in others:
        assert code(await staff.http.get("/api/jury/sessions")) == (403, "forbidden")
        assert code(await staff.http.get(path(room))) == (403, "forbidden")
        for deed, body in deeds.items():
            assert code(await staff.http.post(f"{path(room)}/{deed}", json=body)) == (403, "forbidden"), deed
    opened, member = await a_room(hire, 1), await hire.staff(Role.JURY)
    for deed, body in deeds.items():
        assert code(await member.http.post(f"{path(opened)}/{deed}", json=body)) == (404, "not_found"), deed

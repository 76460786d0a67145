"""The results of a session: there once they are published, gone when they are taken back, and nobody else's."""

from __future__ import annotations

import csv
import io

from hub.people import Role
from tests.web.closing import Room, a_room
from tests.web.lycee import Hiring, Staff, code


async def published(hire: Hiring) -> tuple[Room, Staff]:
    """One finished, one rejected, one aborted without a word of the jury, one absent."""
    room, member = await a_room(hire, 4), await hire.staff(Role.JURY)
    await room.starts(0, 1, 2)
    await room.finishes(0, 1)
    await room.command("end_screen.see", 0)
    await room.finalized()
    case = f"/api/jury/sessions/{room.number}"
    rejected = {"candidate": room.ids[1], "verdict": "rejected", "reason": "=Fraude; vue", "seen": 0}
    assert (await member.http.post(f"{case}/decisions", json=rejected)).status_code == 200
    assert (await member.http.post(f"{case}/publish", json={})).status_code == 200
    return room, member


async def read(room: Room) -> list[dict[str, str]]:
    answer = await room.admin.http.get(f"{room.path}/results.csv")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith("attachment; ")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


async def test_the_results_say_what_the_jury_said_and_validate_whoever_finished_without_a_word(hire: Hiring) -> None:
    room, _ = await published(hire)
    rows = {row["last_name"]: row for row in await read(room)}
    assert [row["verdict"] for row in rows.values()] == ["", "", "validated", "rejected"]
    assert list(rows) == ["Ben Saïd", "D'Arc-Élan", "Łukasz", "Nguyễn"]
    finished, rejected, aborted = rows["Łukasz"], rows["Nguyễn"], rows["D'Arc-Élan"]
    assert (finished["answered"], finished["total"], finished["end_screen_seen"]) == ("32", "32", "1")
    assert (rejected["reason"], rejected["end_screen_seen"]) == ("'=Fraude; vue", "0")
    assert (aborted["attempt"], rows["Ben Saïd"]["certification_number"]) == ("closed", "")


async def test_there_are_no_results_before_publication_nor_once_they_are_taken_back(hire: Hiring) -> None:
    room, member = await published(hire)
    assert (await member.http.post(f"/api/jury/sessions/{room.number}/unpublish", json={})).status_code == 200
    assert code(await room.admin.http.get(f"{room.path}/results.csv")) == (409, "not_published")
    opened = await a_room(hire, 1)
    assert code(await opened.admin.http.get(f"{opened.path}/results.csv")) == (409, "not_published")

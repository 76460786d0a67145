"""What dashboards could see, read by the jury: named people, ids and codes, nothing before the end, nobody else."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

import pytest

from hub.model import Author, ConnectionId, account_author
from hub.people import Role
from hub.watch import WatchFacts, WatchKind, WatchNote
from tests.web.closing import NAMES, Room, a_room
from tests.web.lycee import Hiring, code
from web.api import watch as watch_api

PHONE, TABLET = ConnectionId("c-phone"), ConnectionId("c-tablet")


def note(room: Room, by: Author, kind: WatchKind, ago: float, **facts: object) -> WatchNote:
    connection = facts.pop("connection", PHONE)
    assert isinstance(connection, str)
    return WatchNote(room.number, by, ConnectionId(connection), kind, timedelta(seconds=ago), WatchFacts(**facts))  # type: ignore[arg-type]


async def lived(hire: Hiring) -> tuple[Room, str]:
    """A finalized room with one dashboard that was opened, saw a call, went there and broke; and another one."""
    room, invigilator = await a_room(hire, 3), await hire.staff(Role.INVIGILATOR)
    who = account_author(invigilator.account.id)
    alerts = ((room.ids[0], "help"), (room.ids[1], "outage"))
    saw = {"freshness": "slow", "age_ms": 3_500, "is_hidden": False, "alerts": alerts}
    await room.starts(0)
    await room.house.ledger.keep_watch(
        [
            note(room, who, WatchKind.CLOSED, 10.0),
            note(room, who, WatchKind.CLAIMED, 20.0, candidates=(room.ids[0],)),
            note(room, who, WatchKind.OPENED, 40.0),
            note(room, who, WatchKind.SAW, 30.0, **saw),
            note(room, account_author(room.admin.account.id), WatchKind.CLOSED, 5.0, connection=TABLET, code=4011),
        ]
    )
    await room.finalized()
    return room, invigilator.account.name


def path(room: Room) -> str:
    return f"/api/jury/sessions/{room.number}/watch"


async def test_the_jury_reads_each_note_in_its_order_with_the_name_of_who_looked(hire: Hiring) -> None:
    (room, name), member = await lived(hire), await hire.staff(Role.JURY)
    answer = await member.http.get(path(room))
    assert answer.status_code == 200, answer.text
    read = answer.json()
    instants = [datetime.fromisoformat(one.pop("at")) for one in read["notes"]]
    assert instants == sorted(instants)
    assert timedelta(seconds=9) < instants[1] - instants[0] < timedelta(seconds=11)
    mine = {"by": name, "connection": PHONE}
    assert read == {
        "notes": [
            {**mine, "kind": "opened"},
            {
                **mine, "kind": "saw", "freshness": "slow", "age_ms": 3_500, "is_hidden": False,
                "alerts": [{"candidate": room.ids[0], "need": "help"}, {"candidate": room.ids[1], "need": "outage"}],
            },
            {**mine, "kind": "claimed", "candidates": [room.ids[0]]},
            {**mine, "kind": "closed"},
            {"by": room.admin.account.name, "connection": TABLET, "kind": "closed", "code": 4011},
        ],
        "is_whole": True,
    }  # fmt: skip


async def test_no_candidate_is_named_in_it(hire: Hiring) -> None:
    (room, _), member = await lived(hire), await hire.staff(Role.JURY)
    for address in (path(room), f"{path(room)}.csv"):
        text = (await member.http.get(address)).content.decode("utf-8-sig")
        assert not [part for names in NAMES for part in names if part in text], text


async def test_it_is_also_a_table(hire: Hiring) -> None:
    (room, name), member = await lived(hire), await hire.staff(Role.JURY)
    answer = await member.http.get(f"{path(room)}.csv")
    assert answer.headers["content-disposition"] == f'attachment; filename="{room.number}-watch.csv"'
    text = answer.content.decode("utf-8-sig")
    header, opened, saw, claimed, broken, over = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    assert header == list(watch_api.HEADERS)
    assert opened[1:] == [name, PHONE, "opened", "", "", "", "", "", ""]
    alerts = f"help:{room.ids[0]} outage:{room.ids[1]}"
    assert saw[1:] == [name, PHONE, "saw", "slow", "3500", "0", alerts, "", ""]
    assert claimed[3:] == ["claimed", "", "", "", "", str(room.ids[0]), ""]
    assert (broken[-1], over[-1]) == ("", "4011")


async def test_a_record_that_was_cut_says_so(hire: Hiring, monkeypatch: pytest.MonkeyPatch) -> None:
    (room, _), member = await lived(hire), await hire.staff(Role.JURY)
    monkeypatch.setattr(watch_api, "MOST_READ", 5)
    assert (await member.http.get(path(room))).json()["is_whole"] is False


async def test_a_room_that_nobody_watched_has_an_empty_record(hire: Hiring) -> None:
    room, member = await a_room(hire, 1), await hire.staff(Role.JURY)
    await room.starts(0)
    await room.finalized()
    assert (await member.http.get(path(room))).json() == {"notes": [], "is_whole": True}


async def test_nobody_but_the_jury_reads_it_and_the_jury_not_before_the_end(hire: Hiring) -> None:
    (room, _), opened = await lived(hire), await a_room(hire, 1)
    invigilator = await hire.staff(Role.INVIGILATOR)
    await room.house.directory.grant_invigilation(invigilator.account.id, room.number)
    for address in (path(room), f"{path(room)}.csv"):
        for staff in (room.admin, invigilator, await hire.staff(Role.OPERATOR)):
            assert code(await staff.http.get(address)) == (403, "forbidden")
    member = await hire.staff(Role.JURY)
    for address in (path(opened), f"{path(opened)}.csv"):
        assert code(await member.http.get(address)) == (404, "not_found")

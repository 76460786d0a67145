"""The design's table of rights, asked from outside of a real hub, by everybody, on every address and every command.

The table below is written from what people are allowed, not from `web.rights`: a new address or command without a row
here fails. Who is what:

    i  an invigilator who entered with the password      a  an admin of the center, who reads every room
    c  a colleague who was let in for a while            t  the same, and has taken this room over
    o  an invigilator of another room                    u  the same, whose take-over has ended
    l  a colleague whose time has ended                  x  an admin of another center
    r  an invigilator whose right was taken back         j  the jury        p  an operator

Strangers are signed in as nobody: without a word, with a token that is none, a candidate's, of a login that has ended,
of an account that was disabled. They are told 401 on every address that is not for whoever comes.
"""

from __future__ import annotations

import json
import typing
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from channels import wire
from hub.people import Role
from tests.attacks.conftest import opened_world
from tests.attacks.people import Somebody, Town
from tests.faults.rig import Rig
from tests.story.client import Candidate, Dashboard, Wall, new_key
from tests.story.rooms import Room, World, declined, ok, refused
from web.rights import RIGHTS

S = "/api/sessions/{number}"
J = "/api/jury/sessions/{number}"
ANYBODY = "ioclratuxjp"
SEES = "icatu"
ADMINS = "atux"
OWN_ADMINS = "atu"
NOBODY = "00000000-0000-0000-0000-000000000000"

OPEN: dict[tuple[str, str], str] = {
    ("GET", "/api/me"): ANYBODY,
    ("POST", "/api/me/password"): ANYBODY,
    ("GET", "/api/accounts"): ADMINS + "p",
    ("POST", "/api/accounts/{account}/disable"): "p",
    ("POST", "/api/accounts/{account}/enable"): "p",
    ("GET", "/api/invitations"): ADMINS + "p",
    ("POST", "/api/invitations"): ADMINS + "p",
    ("DELETE", "/api/invitations/{uuid}"): ADMINS + "p",
    ("GET", "/api/centers"): ADMINS + "p",
    ("POST", "/api/centers"): "p",
    ("POST", "/api/invigilations"): "ioclr" + ADMINS,
    ("GET", "/api/sessions"): "ioclr" + ADMINS,
    ("POST", "/api/sessions"): ADMINS,
    ("GET", S): SEES,
    ("PATCH", S): OWN_ADMINS,
    ("DELETE", S): OWN_ADMINS,
    ("POST", f"{S}/successor"): OWN_ADMINS,
    ("GET", f"{S}/qr.svg"): SEES,
    ("GET", f"{S}/candidates"): SEES,
    ("POST", f"{S}/candidates"): OWN_ADMINS,
    ("PATCH", f"{S}/candidates/{{candidate}}"): OWN_ADMINS,
    ("DELETE", f"{S}/candidates/{{candidate}}"): OWN_ADMINS,
    ("POST", f"{S}/commands"): SEES,
    ("POST", f"{S}/handovers"): "ict",
    ("GET", f"{S}/handovers/{{uuid}}"): SEES,
    ("POST", "/api/handovers/accept"): "ioclr" + ADMINS,
    ("GET", "/api/imports/template.csv"): ADMINS,
    ("POST", "/api/imports"): ADMINS,
    ("POST", "/api/imports/{uuid}/confirm"): ADMINS,
    ("GET", f"{S}/candidates.csv"): OWN_ADMINS,
    ("GET", f"{S}/audit.csv"): OWN_ADMINS,
    ("GET", f"{S}/results.csv"): OWN_ADMINS,
    ("GET", f"{S}/attendance-sheet.pdf"): SEES,
    ("GET", f"{S}/kit.pdf"): "iatu",
    ("GET", f"{S}/notice.pdf"): SEES,
    ("GET", f"{S}/incidents.pdf"): SEES,
    ("GET", f"{S}/finalization"): OWN_ADMINS,
    ("PUT", f"{S}/finalization"): OWN_ADMINS,
    ("POST", f"{S}/finalization/confirm"): OWN_ADMINS,
    ("GET", f"{S}/documents"): OWN_ADMINS,
    ("POST", f"{S}/documents"): OWN_ADMINS,
    ("GET", f"{S}/documents/{{uuid}}"): OWN_ADMINS,
    ("DELETE", f"{S}/documents/{{uuid}}"): OWN_ADMINS,
    ("GET", "/api/jury/sessions"): "j",
    ("GET", J): "",
    ("POST", f"{J}/assign"): "",
    ("POST", f"{J}/decisions"): "",
    ("POST", f"{J}/reports/{{report}}/resolve"): "",
    ("POST", f"{J}/publish"): "",
    ("POST", f"{J}/unpublish"): "",
    ("POST", f"{J}/unfinalize"): "",
    ("GET", f"{J}/watch"): "",
    ("GET", f"{J}/watch.csv"): "",
}
"""Who may call what, while the session is open."""
PUBLIC = {
    ("POST", "/api/login"),
    ("POST", "/api/logout"),
    ("POST", "/api/invitations/look"),
    ("POST", "/api/invitations/accept"),
    ("POST", "/api/candidate/identity"),
    ("POST", "/api/handovers/open"),
}
"""For whoever comes: what they bring decides."""
FINALIZED = {way: "j" for way in OPEN if way[1].startswith(J) and "watch" not in way[1]} | {
    ("GET", f"{S}/documents"): "j" + OWN_ADMINS,
    ("GET", f"{S}/attendance-sheet.pdf"): "j" + SEES,
    ("GET", f"{S}/incidents.pdf"): "j" + SEES,
    ("GET", f"{J}/watch"): "j",
    ("GET", f"{J}/watch.csv"): "j",
    ("GET", f"{S}/candidates"): SEES,
    ("GET", f"{S}/results.csv"): OWN_ADMINS,
}
"""What is otherwise, or might be, once it is finalized."""

TAKE_OVER = "room.take_over"
IN_THE_ROOM = (
    "presence.confirm", "presence.cancel", "presence.absent", "identity.check", "resume.authorize", "attempt.end",
    "attempt.end.cancel", "time.add", "help.take", "help.resolve", "message.send", "session.start",
)  # fmt: skip
AFTER_IT = ("end_screen.see", "end_screen.unsee", "report.add", "report.edit", "report.remove")
"""What admins of the center do without taking over: they finalize."""
COMMANDS = {**dict.fromkeys(IN_THE_ROOM, "ict"), **dict.fromkeys(AFTER_IT, SEES), TAKE_OVER: OWN_ADMINS}
"""Who may command what. Whoever only reads is `forbidden`; whoever sees nothing is told so at the door."""


@dataclass
class City:
    """A room with everybody around it, and another one. Whose test runs in it is its first candidate."""

    world: World
    room: Room
    other: Room
    people: dict[str, Somebody]
    strangers: dict[str, str | None]
    ids: list[int]

    def tokens(self) -> dict[str, str | None]:
        return {**{who: one.token for who, one in self.people.items()}, **self.strangers}


@pytest.fixture(scope="module")
async def city(whole_rig: Rig, hashed: str) -> AsyncIterator[City]:
    for hub in whole_rig.hubs:
        hub.begin_page()
    async with opened_world(whole_rig) as world:
        yield await founded(world, Town(whole_rig, hashed))
    assert not whole_rig.complaints(), whole_rig.complaints()[:5]


async def founded(world: World, town: Town) -> City:
    room, other = await world.room(), await world.room(invigilated=False)
    home, away = await town.own_center(), (await town.center()).id
    people = {
        **{who: await town.hire(Role.INVIGILATOR) for who in "iclro"},
        **{who: await town.hire(Role.CENTER_ADMIN, home) for who in "atu"},
        "x": await town.hire(Role.CENTER_ADMIN, away),
        "j": await town.hire(Role.JURY),
        "p": await town.hire(Role.OPERATOR),
    }
    api = world.api
    for who in "ir":
        await api.invigilate(people[who].token, room.number, room.password)
    await api.invigilate(people["o"].token, other.number, other.password)
    for who in "cl":
        made = await api.call("POST", f"/sessions/{room.number}/handovers", people["i"].token)
        opened = await api.call("POST", "/handovers/open", json={"secret": made["url"].partition("#")[2]})
        await api.call("POST", "/handovers/accept", people[who].token, json={"ticket": opened["ticket"]})
    for who in "tu":
        await commanded(world, people[who].token, room, {"type": "room.take_over"})
    here = (room.number, people["l"].account)
    await town.execute("UPDATE invigilations SET until = now() WHERE number = $1 AND account = $2", *here)
    await town.execute("DELETE FROM invigilations WHERE account = $1", people["r"].account)
    await end_take_over(town, room.number, people["u"].account)
    gone, disabled = await town.sign_in(people["i"]), await town.hire(Role.CENTER_ADMIN, home)
    await api.call("POST", "/logout", gone.token)
    await api.call("POST", f"/accounts/{disabled.account}/disable", people["p"].token)
    strangers = {
        "nobody": None,
        "a token that is none": "x" * 43,
        "a candidate": (await room.identify(1))["token"],
        "who has signed out": gone.token,
        "who was disabled": disabled.token,
    }
    board = await room.board(people["i"].token)
    await room.seated(board)
    return City(world, room, other, people, strangers, [room.id(board, place) for place in (0, 1)])


async def end_take_over(town: Town, number: int, account: int) -> None:
    await town.execute(
        """UPDATE exam_sessions SET take_overs = (
            SELECT jsonb_agg(CASE WHEN one->>'by' = $2 THEN one || '{"until": "2026-01-01T00:00:00Z"}' ELSE one END)
            FROM jsonb_array_elements(take_overs) AS one
        ) WHERE number = $1""",
        number,
        f"account:{account}",
    )


async def commanded(world: World, token: str | None, room: Room, body: dict[str, object]) -> httpx.Response:
    path = f"/sessions/{room.number}/commands"
    return await world.api.raw("POST", path, token, json={**body, "key": new_key()})


def filled(path: str, number: int, candidate: int) -> str:
    return path.format(number=number, candidate=candidate, account=1_999_999, uuid=NOBODY, report=1_999_999)


def shape(path: str) -> str:
    """Write a path's parameters as this table does."""
    for theirs, ours in (
        ("{number:number}", "{number}"), ("{candidate:number}", "{candidate}"), ("{account:number}", "{account}"),
        ("{id:number}", "{report}"), ("{id:uuid}", "{uuid}"),
    ):  # fmt: skip
        path = path.replace(theirs, ours)
    return path


async def doors(city: City, table: dict[tuple[str, str], str]) -> list[str]:
    """Ask every row as everybody, and say where a door was wrong; nothing asked for is understood anywhere."""
    wrong = []
    for (method, path), allowed in sorted(table.items(), key=lambda row: row[0][0] == "DELETE"):
        address = filled(path, city.room.number, city.ids[0])
        content = {} if method in ("GET", "DELETE") else {"json": {"there is no such field": 1}}
        # Whoever may open goes last: they might change something.
        for who, token in sorted(city.tokens().items(), key=lambda one: one[0] in allowed):
            status = (await city.world.api.raw(method, address.removeprefix("/api"), token, **content)).status_code
            if len(who) > 1:
                is_right = status == 401
            elif who in allowed:
                is_right = status < 500 and status not in (401, 403) and (status != 404 or path.count("{") > 1)
                is_right |= status == 404 and "{number}" not in path
            else:
                is_right = status == 403 or (status == 404 and who in "jx")
            if not is_right:
                wrong.append(f"{method} {address} as {who}: {status}")
    return wrong


def test_every_address_and_every_command_has_a_row() -> None:
    assert {(method, shape(path)) for method, path in RIGHTS} == set(OPEN) | PUBLIC
    assert {one.__struct_config__.tag for one in typing.get_args(wire.StaffCommand)} == set(COMMANDS)


async def test_every_address_opens_to_whom_it_should_and_to_nobody_else(city: City) -> None:
    assert await doors(city, OPEN) == []


# ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────


def bodies(candidate: int) -> dict[str, dict[str, typing.Any]]:
    """Read one good example of each command, about this candidate."""
    folder = Path(__file__).parents[1] / "channels" / "examples" / "invigilator_says"
    said = [json.loads(file.read_text("utf-8")) for file in sorted(folder.iterdir())]
    chosen = {one["type"]: one for one in said if one["type"] in COMMANDS}
    for one in chosen.values():
        one.pop("ref"), one.pop("key")
        if "candidates" in one:
            one["candidates"] = [candidate]
    return chosen


def without_type(body: dict[str, typing.Any]) -> dict[str, typing.Any]:
    return {name: value for name, value in body.items() if name != "type"}


async def misjudged(city: City, type_: str, body: dict[str, typing.Any]) -> list[str]:
    """Give one command as everybody; say who was answered otherwise than the table has it."""
    wrong = []
    for who, token in city.tokens().items():
        answer = await commanded(city.world, token, city.room, body)
        expected = 401 if len(who) > 1 else 200 if who in COMMANDS[type_] else 403
        if answer.status_code != expected:
            wrong.append(f"{type_} as {who}: {answer.status_code} {answer.text[:80]}")
    return wrong


async def test_every_command_is_judged_by_who_gives_it(city: City) -> None:
    said = {type_: body for type_, body in bodies(city.ids[0]).items() if type_ != TAKE_OVER}
    assert [wrong for type_, body in said.items() for wrong in await misjudged(city, type_, body)] == []


async def test_whoever_only_reads_commands_nothing_over_a_socket(city: City) -> None:
    watching = [await city.room.board(city.people[who].token) for who in "au"]
    for type_, body in bodies(city.ids[0]).items():
        for board in watching:
            if type_ in IN_THE_ROOM:
                refused(await board.ask(type_, **without_type(body)), "forbidden")
    for who, token in city.tokens().items():
        board: Dashboard = await city.world.open(Dashboard, token=token or "-", session=city.room.number)
        if who in SEES:
            await board.until(lambda b=board: b.epoch, "the first data")
        else:
            assert await board.closing() == (4001 if len(who) > 1 else 4003), who
        wall: Wall = await city.world.open(Wall, token=token or "-")
        if who in ADMINS:
            await wall.heard("rooms")
            assert (city.room.number in wall.rooms) <= (who != "x")
        else:
            assert await wall.closing() == (4001 if len(who) > 1 else 4003), who


async def test_a_candidate_is_no_staff_and_staff_no_candidate(city: City) -> None:
    token = city.strangers["a candidate"]
    for who in "iaxjp":
        line: Candidate = await city.world.open(Candidate, token=city.people[who].token)
        assert await line.closing() == 4001
    elsewhere: Candidate = await city.world.open(Candidate, token=token, session=city.other.number)
    assert await elsewhere.closing() == 4003
    tab = await city.room.tab(token=token)
    for type_, body in list(bodies(city.ids[0]).items())[:8]:
        refused(await tab.ask(type_, **without_type(body)), "unknown_type")


async def test_ids_of_another_room_give_nothing(city: City) -> None:
    theirs = await city.other.board(city.people["o"].token)
    stolen = city.other.id(theirs)
    ours = await city.room.board(city.people["i"].token)
    before = (theirs.rows[stolen].copy(), theirs.seq)
    for type_, body in bodies(stolen).items():
        if "candidates" in body:
            declined(await ours.ask(type_, **without_type(body)), "unknown_candidate")
    await ours.say({"type": "look", "candidate": stolen})
    await ours.say({"type": "claim", "candidates": [stolen], "is_taken": True})
    ok(await ours.command("presence.cancel", city.ids[1]))
    ok(await theirs.command("presence.cancel", stolen))
    assert (theirs.rows[stolen], theirs.seq) == before, "nothing happened there"
    assert theirs.colleagues["claims"] == []
    assert [one["look"] for one in theirs.colleagues["people"]] == [None] * len(theirs.colleagues["people"])


# ── at the end: from here on others command, and then nobody does ────────────────────────────────────────────


async def test_only_admins_of_the_center_take_over(city: City) -> None:
    assert await misjudged(city, TAKE_OVER, {"type": TAKE_OVER}) == []


async def test_a_finalized_session_is_the_jurys_too(city: City) -> None:
    admin, path = city.people["a"].token, f"/sessions/{city.room.number}/finalization"
    version = (await city.world.api.call("GET", path, admin))["draft"]["version"]
    draft = {"abort_reasons": {str(city.ids[0]): "technical"}, "incident": False, "comment": "", "version": version}
    version = (await city.world.api.call("PUT", path, admin, json=draft))["draft"]["version"]
    await city.world.api.call("POST", f"{path}/confirm", admin, json={"version": version})
    assert await doors(city, FINALIZED) == []

"""Names and secrets that stand out are put in as people put them in, and looked for where they must not be.

`docs/privacy.md` says what may be where: the words of reports, calls and messages may be in Redis, names, birthdates,
codes and tokens never; nothing of all that may be in a log, in a figure, in an address, in a command line or in the
refusal of an error.
"""

from __future__ import annotations

import asyncio
import json
import random
import string
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from redis.asyncio import Redis

from hub.people import Role
from tests.attacks.people import Town
from tests.faults.rig import Rig
from tests.faults.valkey import PASSWORD as REDIS_PASSWORD
from tests.story.api import check_error
from tests.story.rooms import Person, Room, World, accepted, csv, ok, refused, room_name


def drawn(prefix: str) -> str:
    """Draw a word that stands nowhere by chance."""
    return prefix + "".join(random.choices(string.ascii_lowercase, k=10))


@dataclass
class Canaries:
    """What was put in: `words` may be in Redis, `secrets` nowhere but where they belong."""

    secrets: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)

    def everywhere(self) -> dict[str, str]:
        return self.secrets | self.words


def sung(text: bytes, canaries: dict[str, str]) -> set[str]:
    """Name the canaries that are heard in a text, as they were typed or as JSON, an address or Redis spell them."""
    low = text.lower()
    found = set()
    for name, canary in canaries.items():
        spellings = {canary, json.dumps(canary)[1:-1], str(httpx.QueryParams({"x": canary}))[2:]}
        if any(spelling.lower().encode() in low for spelling in spellings):
            found.add(name)
    return found


async def lived(world: World, town: Town) -> tuple[Canaries, list[httpx.Response]]:
    """Play a room from its import to its end, hand it over, invite, forget a password, and make every mistake."""
    canaries = Canaries()
    secrets, words = canaries.secrets, canaries.words
    person = Person(drawn("Kanarien"), drawn("Xylo"), "1987-03-17")
    secrets |= {"last name": person.last_name, "first name": person.first_name}
    secrets |= {"birthdate": person.birthdate, "birthdate as typed": "17/03/1987"}
    room = await world.room([person, Person("Autre", "Candidat")])
    secrets |= {"access code": room.access_code, "session password": room.password.removeprefix("C-")}
    await in_the_room(world, room, canaries)
    await among_colleagues(world, town, room, canaries)
    return canaries, await mistaken(world, room, person, secrets, words)


async def in_the_room(world: World, room: Room, canaries: Canaries) -> None:
    secrets, words = canaries.secrets, canaries.words
    board, found = await room.board(), await room.identify()
    secrets["candidate's token"] = found["token"]
    tab, one = await room.tab(token=found["token"]), room.id(board)
    for name in ("call", "message", "report", "reason"):
        words[name] = drawn(name)
    ok(await tab.ask("help", kind="other", text=words["call"]))
    accepted(await board.command("message.send", one, text=words["message"]))
    accepted(await board.command("report.add", one, name="fraud", text=words["report"]))
    accepted(await board.command("time.add", one, minutes=5, reason=words["reason"]))
    refused(await tab.enter(room.access_code), "presence_not_confirmed")
    accepted(await board.command("presence.confirm", one))
    ok(await tab.enter(room.access_code.lower()))
    await tab.told("the test", in_test=True)
    await tab.progress(3)
    ok(await tab.ask("finish", answered=32, total=32))


async def among_colleagues(world: World, town: Town, room: Room, canaries: Canaries) -> None:
    secrets, api = canaries.secrets, world.api
    admin, secrets["staff password"] = world.staff.admin, drawn("Passwort ")
    made = await api.call("POST", f"/sessions/{room.number}/handovers", world.staff.invigilator)
    secrets["handover"] = made["url"].partition("#")[2]
    opened = await api.call("POST", "/handovers/open", json={"secret": secrets["handover"]})
    secrets["handover's ticket"] = opened["ticket"]
    colleague = await town.hire(Role.INVIGILATOR)
    await api.call("POST", "/handovers/accept", colleague.token, json={"ticket": opened["ticket"]})
    email = drawn("kanari") + "@example.org"
    link = await api.call("POST", "/invitations", admin, json={"email": email, "role": "invigilator"})
    secrets |= {"invitation": link["url"].partition("#")[2], "colleague's e-mail": email}
    secrets["colleague's name"] = drawn("Nadia ")
    words = {"secret": secrets["invitation"], "name": secrets["colleague's name"]}
    await api.call("POST", "/invitations/look", json={"secret": secrets["invitation"]})
    await api.call("POST", "/invitations/accept", json={**words, "new_password": secrets["staff password"]})
    token = await api.login(email, secrets["staff password"])
    secrets["login"] = token
    me = (await api.call("GET", "/me", token))["account"]
    operator = await town.hire(Role.OPERATOR)
    reset = await api.call("POST", "/invitations", operator.token, json={"account": me["id"]})
    secrets["reset"] = reset["url"].partition("#")[2]
    await api.call("POST", "/invitations/look", json={"secret": secrets["reset"]})


async def mistaken(
    world: World, room: Room, person: Person, secrets: dict[str, str], words: dict[str, str]
) -> list[httpx.Response]:
    """Make every mistake with what must not be repeated; return what was answered."""
    api, admin, number = world.api, world.staff.admin, room.number
    identity = {"session_number": number, **person.identity}
    odd = csv([Person(person.last_name, person.first_name, person.birthdate)], room_name())
    json_, csv_ = {"Content-Type": "application/json"}, {"Content-Type": "text/csv"}
    unknown = {"type": words["report"], "key": "12345678"}
    return [
        await api.raw("POST", "/candidate/identity", json={**identity, "birthdate": "1987-03-18"}),
        await api.raw("POST", "/candidate/identity", json={**identity, "first_name": [person.first_name]}),
        await api.raw("POST", "/login", json={"email": secrets["colleague's e-mail"], "password": room.password}),
        await api.raw("POST", "/login", json={"email": "x", "password": secrets["staff password"], "odd": 1}),
        await api.raw("POST", "/invigilations", admin, json={"session_number": number, "password": "C-" + "A" * 8}),
        await api.raw("POST", "/invitations/look", json={"secret": secrets["reset"] + "x"}),
        await api.raw("POST", "/handovers/open", json={"secret": secrets["handover"]}),
        await api.raw("GET", "/me", secrets["candidate's token"]),
        await api.raw("POST", f"/sessions/{number}/candidates", admin, json={**person.identity, "sex": "?"}),
        await api.raw("POST", f"/sessions/{number}/commands", admin, json=unknown),
        await api.raw("POST", "/imports", admin, content=odd.replace(b";F;", b";?;"), headers=csv_),
        await api.raw("POST", "/imports", admin, content=odd.decode().encode("utf-16"), headers=csv_),
        await api.raw("POST", "/login", content=json.dumps(identity).encode()[:-1], headers=json_),
        await api.raw("GET", "/sessions", admin, params={"sort": person.last_name}),
    ]  # fmt: skip


async def keyspace(redis: Redis) -> bytes:
    """Read everything that Redis holds, of every kind."""
    readers = {"string": "GET {}", "hash": "HGETALL {}", "stream": "XRANGE {} - +", "set": "SMEMBERS {}",
               "zset": "ZRANGE {} 0 -1 WITHSCORES", "list": "LRANGE {} 0 -1"}  # fmt: skip
    whole = []
    async for key in redis.scan_iter():
        kind = (await redis.type(key)).decode()
        name, *rest = readers[kind].split(" ")
        whole.append(
            key + repr(await redis.execute_command(name, *(key if one == "{}" else one for one in rest))).encode()
        )
    assert any(b":ev" in one for one in whole), "the stream was read"
    return b"\n".join(whole)


def command_lines() -> bytes:
    """Read what every process of this machine was started with, our own hubs' stores among them."""
    lines = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                lines.append((entry / "cmdline").read_bytes())
            except OSError:
                continue  # gone meanwhile
    return b"\n".join(lines)


def addresses(answers: Iterable[httpx.Response]) -> bytes:
    """Read where answers point to."""
    return b"\n".join(answer.headers.get("location", "").encode() for answer in answers)


async def test_canaries_sing_nowhere(rig: Rig, world: World, town: Town) -> None:
    canaries, answers = await lived(world, town)
    await asyncio.sleep(0.2)  # the log is written by another process
    everywhere = canaries.everywhere()
    logs = b"\n".join(hub.log.read_bytes() for hub in rig.hubs)
    async with httpx.AsyncClient(trust_env=False) as http:
        figures = b"\n".join([(await http.get(f"{hub.own_url}/metrics")).content for hub in rig.hubs])
    assert b"vigie_" in figures, "the figures were read"
    redis = Redis(host="127.0.0.1", port=rig.redis.port, password=REDIS_PASSWORD)
    try:
        kept = await keyspace(redis)
    finally:
        await redis.aclose()
    assert sung(kept, canaries.words) == set(canaries.words), "what may be in Redis is found there: the search works"
    errors = b"\n".join(answer.content for answer in answers if answer.status_code >= 400)
    checked = b"\n".join(answer.content for answer in answers if answer.status_code < 400)
    for answer in answers:
        if answer.status_code >= 400:
            check_error(answer)
    places: dict[str, tuple[bytes, dict[str, Any]]] = {
        "the logs": (logs, everywhere),
        "the figures": (figures, everywhere),
        "Redis": (kept, canaries.secrets),
        "command lines": (command_lines(), everywhere),
        "refusals": (errors, everywhere),
        "a checked import": (checked, canaries.secrets),
        "redirections": (addresses(answers), everywhere),
    }
    assert {place: sung(*what) for place, what in places.items() if sung(*what)} == {}

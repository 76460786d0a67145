"""Many rooms under way at once: a list imported, an invigilator in each, candidates who answer without end."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from channels import wire
from loadtests.client import Line, LineLost, Person, identify, line_to, new_key

TIME_ZONE = "Europe/Paris"
BIRTHDATE = date(2008, 2, 29)
QUESTIONS = 10_000
"""As many as the wire allows: nobody finishes while something is measured."""
AT_ONCE = 8
"""Rooms that begin side by side."""
ANSWER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ClassRoom:
    """One room as its import told it."""

    number: int
    access_code: str
    password: str
    people: Sequence[Person]


@dataclass(frozen=True, slots=True)
class Signs:
    """What stands on the doors, with the room's number in it."""

    site: str = "Lycée {site}"
    room: str = "Salle {room}"


class Api:
    """The HTTP calls that lay out the rooms."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.AsyncClient(base_url=base_url, timeout=60, trust_env=False)

    async def call(self, method: str, path: str, token: str | None = None, **options: Any) -> Any:
        """Make a call; raises httpx.HTTPStatusError when it is refused."""
        headers = {**options.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        answer = await self.http.request(method, f"/api{path}", headers=headers, **options)
        answer.raise_for_status()
        self.http.cookies.clear()
        return answer.json() if answer.headers.get("content-type", "").startswith("application/json") else answer.text

    async def login(self, account: Mapping[str, str]) -> str:
        """Return a bearer token."""
        told = await self.call("POST", "/login", json={**account, "bearer": True})
        return str(told["token"])

    async def invigilate(self, token: str, room: ClassRoom) -> None:
        """Get the right to a room by its password."""
        entry = {"session_number": room.number, "password": room.password}
        await self.call("POST", "/invigilations", token, json=entry)


async def lay_out(api: Api, admin: str, rooms: int, candidates: int, signs: Signs = Signs()) -> list[ClassRoom]:
    """Import so many rooms of today with so many candidates each."""
    header = str(await api.call("GET", "/imports/template.csv", admin)).lstrip("\ufeff").splitlines()[0]
    today = datetime.now(ZoneInfo(TIME_ZONE)).strftime("%d/%m/%Y")
    places = ((room, place) for room in range(1, rooms + 1) for place in range(candidates))
    lines = [header, *(_line(header, room, place, today, signs) for room, place in places)]
    body = "\r\n".join([*lines, ""]).encode()
    checked = await api.call("POST", "/imports", admin, content=body, headers={"Content-Type": "text/csv"})
    if checked["errors"]:
        raise ValueError(checked["errors"][:3])
    made = await api.call("POST", f"/imports/{checked['id']}/confirm", admin)
    # The import keeps the order of the file.
    return [
        ClassRoom(one["number"], one["access_code"], one["invigilator_password"], _people(room, candidates))
        for room, one in enumerate(made["sessions"], start=1)
    ]


def _people(room: int, candidates: int) -> list[Person]:
    return [Person(f"Nom{_letters(room)}", f"Prénom{_letters(place)}", BIRTHDATE) for place in range(candidates)]


def _line(header: str, room: int, place: int, today: str, signs: Signs) -> str:
    cells = {
        "Nom du site": signs.site.format(site=room % 7 + 1),
        "Nom de la salle": signs.room.format(room=room),
        "Date de début": today,
        "Heure de début": "09:00",
        "Surveillant": "A. Durand",
        "Nom de naissance": f"Nom{_letters(room)}",
        "Prénom": f"Prénom{_letters(place)}",
        "Date de naissance": BIRTHDATE.strftime("%d/%m/%Y"),
        "Sexe": "F",
        "Code INSEE": "75115",
        "Pays de naissance": "FRANCE",
    }
    names = (name.lstrip("* ") for name in header.split(";"))
    return ";".join(next((text for start, text in cells.items() if name.startswith(start)), "") for name in names)


def _letters(number: int) -> str:
    """Write a number in letters: names hold no digits."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


class Lesson:
    """All rooms under way: consoles and candidates, until `stop`. They answer while `goes_on` is set."""

    def __init__(self, base_url: str, rooms: Sequence[ClassRoom], every_seconds: float) -> None:
        self._base_url, self._rooms, self._every_seconds = base_url, rooms, every_seconds
        self.goes_on = asyncio.Event()
        self.lost = 0
        self.sent = 0
        self._open = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self, api: Api, invigilator: str) -> None:
        """Bring everybody into the test."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(room: ClassRoom) -> None:
            async with turn:
                await self._begin_one(api, invigilator, room)

        await asyncio.gather(*(one(room) for room in self._rooms))

    async def stop(self) -> None:
        """Leave every line."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._open.aclose()

    async def _begin_one(self, api: Api, invigilator: str, room: ClassRoom) -> None:
        await api.invigilate(invigilator, room)
        console = await self._open.enter_async_context(_console(self._base_url))
        await console.send(json.dumps({"type": "hello", "token": invigilator, "session": room.number}))
        lines = [await self._join(api.http, room, person) for person in room.people]
        for ref, command in enumerate(({"type": "presence.confirm", "candidates": "all"}, {"type": "session.start"})):
            await console.send(json.dumps({**command, "ref": ref, "key": new_key()}))
        self._tasks.append(asyncio.create_task(_attend(console)))
        for line in lines:
            if not await line.until(lambda state: state.authorization is not None, ANSWER_SECONDS):
                raise TimeoutError(f"room {room.number} lets nobody in")
            reply = await line.enter(room.access_code, new_key(), QUESTIONS)
            if not reply.ok:
                raise ValueError(reply.error)
            self._tasks.append(asyncio.create_task(self._answer(line)))

    async def _join(self, http: httpx.AsyncClient, room: ClassRoom, person: Person) -> Line:
        token = await identify(http, room.number, person)
        line = await self._open.enter_async_context(line_to(self._base_url))
        await line.hello(token, room.number)
        return line

    async def _answer(self, line: Line) -> None:
        answered = 0
        try:
            while True:
                await asyncio.sleep(random.uniform(0.5, 1.5) * self._every_seconds)
                await self.goes_on.wait()
                answered += 1
                await line.progress(answered, QUESTIONS)
                self.sent += 1
        except LineLost:
            self.lost += 1


def _console(base_url: str) -> connect:
    address = base_url.replace("http", "ws", 1) + "/ws/invigilator"
    return connect(
        address, subprotocols=[Subprotocol(wire.SUBPROTOCOL)], compression=None, ping_interval=None, proxy=None
    )


async def _attend(console: ClientConnection) -> None:
    """Keep an invigilator's console open."""
    try:
        async for frame in console:
            if '"type":"beat"' in str(frame):
                await console.send('{"type":"alive"}')
    except ConnectionClosed:
        return

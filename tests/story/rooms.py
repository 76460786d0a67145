"""Rooms to play in: each is a session of its own, made as a center makes one, by importing a list."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.story.api import Api
from tests.story.client import PATIENCE, Candidate, Dashboard, Line
from tests.story.hub import Hub

HEADER = (
    "Numéro de session préexistante;* Nom du site;* Nom de la salle;* Date de début (format: JJ/MM/AAAA);"
    "* Heure de début (heure locale format: HH:MM);* Surveillant(s);Observations (optionnel);* Nom de naissance;"
    "* Prénom;* Date de naissance (format: JJ/MM/AAAA);* Sexe (M ou F);Code INSEE de la commune de naissance;"
    "Code postal de la commune de naissance;Nom de la commune de naissance;* Pays de naissance;"
    "E-mail du destinataire des résultats;E-mail de convocation;Identifiant externe;"
    "Temps majoré ? (exemple format: 33%)"
)
_rooms = itertools.count(1)


@dataclass(frozen=True)
class Person:
    last_name: str
    first_name: str
    birthdate: str = "2008-02-29"
    extra: str = ""

    @property
    def identity(self) -> dict[str, str]:
        return {"last_name": self.last_name, "first_name": self.first_name, "birthdate": self.birthdate}


CLASS = (
    Person("Évrard-Nguyễn", "Zoé", "2008-03-02"),
    Person("Œdipe", "Jean Marie", "2007-12-31", "33%"),
    Person("d'Artois", "Łucja", "2008-01-01"),
    Person("STRAẞER", "Bjørn", "2008-06-15"),
)


def room_name() -> str:
    """Name a room that no other test uses."""
    return f"Salle {next(_rooms)}"


def csv_line(person: Person, room: str, **cells: str) -> str:
    """Write one line of the import file; `cells` replaces some of it."""
    year, month, day = person.birthdate.split("-")
    line = {
        "number": "", "site": "Lycée des essais", "room": room, "date": "15/01/2027", "time": "09:00",
        "invigilators": "A. Durand", "observations": "", "last_name": person.last_name,
        "first_name": person.first_name, "birthdate": f"{day}/{month}/{year}", "sex": "F", "insee": "75115",
        "postal": "", "town": "", "country": "FRANCE", "results": "", "convocation": "", "external": "",
        "extra": person.extra,
    }  # fmt: skip
    unknown = set(cells) - set(line)
    assert not unknown, unknown
    return ";".join((line | cells).values())


def csv(people: Sequence[Person], room: str) -> bytes:
    """Write an import file of one session."""
    return "\r\n".join([HEADER, *(csv_line(person, room) for person in people), ""]).encode()


@dataclass
class Staff:
    """The tokens of one hub, asked for once: logging in is slow on purpose."""

    admin: str
    invigilator: str


async def log_in(hub: Hub) -> Staff:
    """Log the demo's two accounts in."""
    async with Api(hub.http_url) as api:
        admin = await api.login(**hub.demo["admin"])
        return Staff(admin, await api.login(**hub.demo["invigilator"]))


@dataclass
class Room:
    """One session as its invigilator knows it."""

    world: World
    number: int
    access_code: str
    password: str
    people: Sequence[Person]
    boards: list[Dashboard] = field(default_factory=list)

    async def board(self, token: str | None = None, **hello: Any) -> Dashboard:
        """Open a dashboard and wait for its data."""
        line: Dashboard = await self.world.open(
            Dashboard, token=token or self.world.staff.invigilator, session=self.number, **hello
        )
        await line.until(lambda: line.epoch, "the first snapshot")
        self.boards.append(line)
        return line

    async def tab(self, place: int = 0, token: str | None = None) -> Candidate:
        """Identify as the candidate at this place of the list (or come back with a token) and wait for the state."""
        token = token or (await self.identify(place))["token"]
        line: Candidate = await self.world.open(Candidate, token=token)
        line.token = token  # type: ignore[attr-defined]
        await line.settled()
        return line

    async def identify(self, place: int = 0) -> dict[str, Any]:
        return await self.world.api.identify(self.number, self.people[place].identity)

    def id(self, board: Dashboard, place: int = 0) -> int:
        """Find the candidate's id by the name on the list."""
        person = self.people[place]
        return next(
            one for one, row in board.rows.items()
            if (row["last_name"], row["first_name"]) == (person.last_name, person.first_name)
        )  # fmt: skip

    async def seated(self, board: Dashboard, place: int = 0) -> Candidate:
        """Bring a candidate into the test: joined, confirmed, entered."""
        tab = await self.tab(place)
        accepted(await board.command("presence.confirm", self.id(board, place)))
        ok(await tab.enter(self.access_code))
        await tab.told("the test", in_test=True)
        await board.row(self.id(board, place), lambda row: row["attempt"] == "running", "entered")
        return tab


class World:
    """What one test opens on a hub; `leave` checks all of it once more and closes it."""

    def __init__(self, hub: Hub, api: Api, staff: Staff) -> None:
        self.hub, self.api, self.staff = hub, api, staff
        self.lines: list[Line] = []
        self.rooms: list[Room] = []

    async def room(self, people: int | Sequence[Person] = 2, invigilated: bool = True) -> Room:
        """Import a session with these people; its invigilator has typed the password unless told otherwise."""
        chosen = CLASS[:people] if isinstance(people, int) else people
        checked = await self.api.import_csv(self.staff.admin, csv(chosen, room_name()))
        assert checked["errors"] == [], checked
        confirmed = await self.api.confirm_import(self.staff.admin, checked["id"])
        (made,) = confirmed["sessions"]
        room = Room(self, made["number"], made["access_code"], made["invigilator_password"], chosen)
        if invigilated:
            await self.api.invigilate(self.staff.invigilator, room.number, room.password)
        self.rooms.append(room)
        return room

    async def open(
        self, kind: type[Line], answers_beats: bool = True, options: dict[str, Any] | None = None, **hello: Any
    ) -> Any:
        """Open a line that is watched until the end of the test."""
        line = await kind.open(self.hub.ws_url, hello or None, answers_beats, **(options or {}))
        self.lines.append(line)
        return line

    async def leave(self) -> None:
        """Compare each open dashboard's fold with a fresh snapshot, then close everything and raise what was wrong."""
        try:
            for room in self.rooms:
                for board in room.boards:
                    if board.close_code is None and board.fault is None:
                        await self._compare(room, board)
        finally:
            await self._close()

    async def _compare(self, room: Room, board: Dashboard) -> None:
        """Snapshot + events = a fresh snapshot, at one position."""
        for _ in range(5):
            fresh: Dashboard = await Dashboard.open(
                self.hub.ws_url, {"token": room.world.staff.admin, "session": room.number}
            )
            try:
                await fresh.until(lambda one=fresh: one.epoch, "a fresh snapshot")
                if fresh.epoch != board.epoch:
                    continue
                await board.until(lambda one=fresh: board.seq >= one.seq, "the same position")
                if board.seq == fresh.seq:
                    assert board.rows == fresh.rows, differences(board.rows, fresh.rows)
                    assert board.session == fresh.session, (board.session, fresh.session)
                    return
            finally:
                await fresh.close()
        raise AssertionError("dashboard and fresh snapshot never stood at one position")

    async def _close(self) -> None:
        faults = []
        for line in self.lines:
            try:
                await line.close()
            except AssertionError as fault:
                faults.append(fault)
        if faults:
            raise faults[0]


def differences(folded: dict[int, Any], fresh: dict[int, Any]) -> str:
    """Say where a fold and a snapshot disagree."""
    said = [
        f"candidate {one} {key}: folded {folded.get(one, {}).get(key)!r}, snapshot {row[key]!r}"
        for one, row in fresh.items() for key in row if folded.get(one, {}).get(key) != row[key]
    ]  # fmt: skip
    return "; ".join(said) or f"other candidates: {set(folded) ^ set(fresh)}"


def ok(reply: dict[str, Any]) -> dict[str, Any]:
    """Assert that a reply is positive."""
    assert reply["ok"], reply
    return reply


def accepted(reply: dict[str, Any], already: bool = False) -> dict[str, Any]:
    """Assert that a command was accepted for everybody, as something new or as already so."""
    ok(reply)
    assert reply["results"], reply
    for result in reply["results"]:
        assert result["ok"], reply
        assert bool(result.get("already")) == already, reply
    return reply


def refused(reply: dict[str, Any], code: str) -> dict[str, Any]:
    """Assert that a frame as a whole was refused with this code."""
    assert not reply["ok"], reply
    assert reply["error"]["code"] == code, reply
    return reply


def declined(reply: dict[str, Any], *codes: str) -> dict[str, Any]:
    """Assert that a command was judged and refused, person by person, with these codes."""
    ok(reply)
    assert [result.get("code") for result in reply["results"]] == list(codes), reply
    return reply


async def eventually(found: Callable[[], Awaitable[Any]], what: str, within: float = PATIENCE) -> Any:
    """Ask again until the answer is true."""
    try:
        async with asyncio.timeout(within):
            while not (value := await found()):
                await asyncio.sleep(0.6)  # slower than a candidate may speak
            return value
    except TimeoutError:
        raise AssertionError(f"{what} did not come in {within} s") from None

"""The hub among its peers: real processes, the real wire, every guarantee on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from loadtests.bench.arms import AT_ONCE, Arm
from loadtests.bench.ground import Ground
from loadtests.bench.hall import CANDIDATES, Room, Screen, Seat, Visitor
from loadtests.bench.hub_lines import HubCandidate, HubDashboard
from loadtests.bench.lines import Line
from loadtests.class_rooms import Api, ClassRoom, lay_out
from loadtests.client import Person, new_key
from loadtests.own_hub import OwnHub


class Hub(Arm):
    """Vigie. Its candidates may send 10 frames at once and then 2 a second, so bursts are short and rests long."""

    name, title = "hub", "Vigie, all guarantees on"
    rest_seconds = 6.0

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.hubs: list[OwnHub] = []
        self._invigilator = ""
        self._starting: asyncio.Future[None] | None = None

    @classmethod
    def prepare(cls, build: Path) -> Mapping[str, str]:
        """Nothing: it is here."""
        return {"vigie": version("vigie")}

    async def start(self, nodes: int = 1) -> None:
        """Start the hub, and more processes of it beside."""
        for number in range(nodes):
            folder = self.ground.folder / f"hub-{number}"
            folder.mkdir()
            hub = OwnHub(folder, "serve" if number else "run", **self.ground.hub_environment())
            self.hubs.append(hub)
            await self.revive(number)

    async def stop(self) -> None:
        """End every process, one that is still starting too."""
        if self._starting is not None:
            await asyncio.wait([self._starting])
        for hub in self.hubs:
            await asyncio.to_thread(hub.stop)

    def kill(self, node: int) -> None:
        """End a process without a warning."""
        self.hubs[node].kill()

    async def revive(self, node: int) -> None:
        """Start a process, while the generator goes on."""

        def start() -> None:
            with self.ground.cores.of_server():
                self.hubs[node].start()

        # Whoever is interrupted meanwhile must still know the process, to end it.
        self._starting = asyncio.ensure_future(asyncio.to_thread(start))
        await asyncio.shield(self._starting)

    def server_pids(self) -> set[int]:
        """List the hub's processes."""
        return {hub.pid for hub in self.hubs}

    def port(self, node: int) -> int:
        """Tell where a process listens."""
        return self.hubs[node].port

    def candidate(self, seat: Seat) -> Line:
        """Make a candidate's line."""
        return HubCandidate(seat, self)

    def dashboard(self, screen: Screen) -> Line:
        """Make a dashboard's line."""
        return HubDashboard(screen, self._invigilator, self)

    async def lay_out(self, rooms: Sequence[Room]) -> None:
        """Import the rooms, take the invigilator's right to each, and identify every candidate."""
        api = Api(self.hubs[0].base_url)
        try:
            admin = await api.login(self.hubs[0].demo["admin"])
            self._invigilator = await api.login(self.hubs[0].demo["invigilator"])
            imported = await lay_out(api, admin, len(rooms), CANDIDATES)
            turn = asyncio.Semaphore(AT_ONCE)
            async with asyncio.TaskGroup() as group:
                for room, told in zip(rooms, imported, strict=True):
                    room.about = told
                    entry = {"session_number": told.number, "password": told.password}
                    await api.call("POST", "/invigilations", self._invigilator, json=entry)
                    for seat, person in zip(room.seats, told.people, strict=True):
                        group.create_task(_identify(api, turn, seat, told.number, person))
        finally:
            await api.http.aclose()

    async def enter(self, rooms: Sequence[Room]) -> None:
        """Confirm, start, and let everybody in."""
        turn = asyncio.Semaphore(8)
        async with asyncio.TaskGroup() as group:
            for room in rooms:
                group.create_task(_begin(turn, room))

    async def open_line(self, who: Visitor, node: int) -> Line:
        """Open a line; somebody who comes back repeats what was not answered."""
        line = await super().open_line(who, node)
        if isinstance(line, HubCandidate):
            line.say_again()
        return line


async def _identify(api: Api, turn: asyncio.Semaphore, seat: Seat, number: int, person: Person) -> None:
    body = {
        "session_number": number,
        "last_name": person.last_name,
        "first_name": person.first_name,
        "birthdate": person.birthdate.isoformat(),
    }
    async with turn:
        answer: Any = await api.call("POST", "/candidate/identity", json=body)
    seat.secret, seat.id = answer["token"], answer["candidate"]["id"]


async def _begin(turn: asyncio.Semaphore, room: Room) -> None:
    told: ClassRoom = room.about
    console = room.screens[0].line
    async with turn:
        await console.ask({"type": "presence.confirm", "key": new_key(), "candidates": "all"})
        await console.ask({"type": "session.start", "key": new_key()})
        await asyncio.gather(*(seat.line.enter(told.access_code) for seat in room.seats))

"""A hall: rooms laid out over HTTP, everybody identified, and then as many sockets as there are people."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar

from loadtests.class_rooms import Api, ClassRoom, lay_out
from loadtests.owed import Sent
from loadtests.swarm.line import NoLine
from loadtests.swarm.people import Address, Candidate, Dashboard, Member
from loadtests.swarm.tally import Tally

ROOMS_OF_A_LIST = 100
"""One list holds some thousands of people; a country sends many lists."""
IDENTIFYING_AT_ONCE = 16
CONNECTING_AT_ONCE = 256
"""Handshakes under way: as many as a backlog holds, and a browser would wait longer than this."""

One = TypeVar("One")
Done = TypeVar("Done")


class Disappointed(Exception):
    """What should have become true did not, in the time it was given."""


@dataclass(slots=True)
class HallRoom:
    """One room with its people."""

    room: ClassRoom
    sent: Sent = field(default_factory=Sent)
    candidates: list[Candidate] = field(default_factory=list)
    dashboards: list[Dashboard] = field(default_factory=list)


class Hall:
    """All rooms of one load. The people of a room go round the nodes, unless it is kept together on one of them."""

    def __init__(self, address: Address, tally: Tally, *, is_together: bool = False) -> None:
        self.address, self.tally = address, tally
        self.rooms: list[HallRoom] = []
        self._is_together = is_together

    @property
    def candidates(self) -> list[Candidate]:
        """List all candidates, room after room."""
        return [one for room in self.rooms for one in room.candidates]

    @property
    def dashboards(self) -> list[Dashboard]:
        """List all dashboards."""
        return [one for room in self.rooms for one in room.dashboards]

    async def lay_out(self, api: Api, admin: str, rooms: int, candidates: int) -> None:
        """Import the rooms, list by list."""
        for begun in range(0, rooms, ROOMS_OF_A_LIST):
            made = await lay_out(api, admin, min(ROOMS_OF_A_LIST, rooms - begun), candidates)
            self.rooms += [HallRoom(one) for one in made]

    async def identify(self, api: Api) -> None:
        """Let everybody say who they are who has not yet."""

        turns = {room.room.number: turn for turn, room in enumerate(self.rooms)}

        async def one(hall_room: HallRoom, place: int) -> tuple[HallRoom, Candidate]:
            room, person = hall_room.room, hall_room.room.people[place]
            identity = {
                "session_number": room.number,
                "last_name": person.last_name,
                "first_name": person.first_name,
                "birthdate": person.birthdate.isoformat(),
            }
            told = await api.call("POST", "/candidate/identity", json=identity)
            turn = turns[room.number] if self._is_together else place
            id_ = told["candidate"]["id"]
            return hall_room, Candidate(self.address, turn, room.number, told["token"], id_, hall_room.sent)

        new = [room for room in self.rooms if not room.candidates]
        asked = [(room, place) for room in new for place in range(len(room.room.people))]
        for room, candidate in await at_once(IDENTIFYING_AT_ONCE, asked, lambda it: one(*it)):
            room.candidates.append(candidate)

    async def attend(self, api: Api, invigilator: str, each: int) -> None:
        """Give each room so many dashboards, and open those it had not."""

        async def right_to(room: HallRoom) -> None:
            entry = {"session_number": room.room.number, "password": room.room.password}
            await api.call("POST", "/invigilations", invigilator, json=entry)

        await at_once(4, [room for room in self.rooms if not room.dashboards], right_to)
        for place, room in enumerate(self.rooms):
            room.dashboards += [
                Dashboard(
                    self.address,
                    place if self._is_together else place + turn,
                    room.room.number,
                    invigilator,
                    self.tally,
                    room.sent,
                )
                for turn in range(len(room.dashboards), each)
            ]
        await self.connect([one for one in self.dashboards if not one.is_staying])
        await until(lambda: all(one.epoch for one in self.dashboards), "a snapshot for every dashboard", 60)

    async def connect(self, members: Sequence[Member]) -> None:
        """Open a line for each; whoever is refused comes again as a client does."""

        async def one(member: Member) -> None:
            member.is_staying = True
            for pause in (0.5, 1, 2, 4, 8, 16, 16, 16):
                try:
                    await member.connect()
                except NoLine:
                    await asyncio.sleep(pause)
                    continue
                return
            raise Disappointed("a line could not be had")

        await at_once(CONNECTING_AT_ONCE, members, one)

    def leave(self) -> None:
        """Close every line."""
        for one in (*self.candidates, *self.dashboards):
            one.leave()


async def at_once(most: int, over: Iterable[One], do: Callable[[One], Awaitable[Done]]) -> list[Done]:
    """Do something for each, so many at a time; the first failure is raised."""
    turn = asyncio.Semaphore(most)

    async def in_turn(one: One) -> Done:
        async with turn:
            return await do(one)

    return await asyncio.gather(*(in_turn(one) for one in over))


async def until(is_true: Callable[[], bool], what: str, seconds: float) -> float:
    """Wait until something is true and return how long it took. Raises Disappointed."""
    begun = monotonic()
    while not is_true():
        if monotonic() - begun > seconds:
            raise Disappointed(f"{what}: not in {seconds:g} s")
        await asyncio.sleep(0.02)
    return monotonic() - begun

"""Many rooms at once: one import, tokens minted in the database, and if wanted everybody already in the test.

What a test of thousands needs before it begins, and nothing of what it is about. The entries are judged by the hub's
own rules on the rig's own Postgres, in this process: over the wire they would take most of a minute.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import httpx

from hub import commands as ask
from hub.announcer import Announcer
from hub.model import CandidateId, ClientId, NodeId, SessionNumber, account_author, client_author
from hub.policy import Policy
from hub.ports import Answer
from hub.service import Decisions, Order
from hub.tokens import new_token, token_digest
from state.database import Database
from state.directory import PostgresDirectory
from state.ledger import PostgresLedger
from state.live import RedisLiveStore
from state.servers import open_shards
from tests.contract.ledgers import minted
from tests.faults.rig import Rig, RigRoom
from tests.story.api import Api
from tests.story.rooms import HEADER, Person, csv_line
from web.house import SystemClock

SEATS = 25
TOTAL = 1000
LONG_SECONDS = 60.0
AT_ONCE = 4
_halls = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Hall:
    """A room as the rig knows one; for each of its candidates, in their order, a client and its token."""

    room: RigRoom
    clients: tuple[ClientId, ...]
    tokens: tuple[str, ...]


async def halls(rig: Rig, count: int, seats: int = SEATS) -> list[Hall]:
    """Make so many rooms; the invigilators may command each of them."""
    people = tuple(Person(f"Nom {chr(65 + place)}", f"Prénom {chr(65 + place)}") for place in range(seats))
    made = await _imported(rig, count, people)
    found = []
    async with rig.database() as database:
        directory, ledger = PostgresDirectory(database), PostgresLedger(database)
        for one in made:
            number = SessionNumber(one["number"])
            for colleague in rig.staff.invigilators[:2]:
                await directory.grant_invigilation(colleague.account, number)
            roster = await ledger.roster(number)
            named = {(person.last_name, person.first_name): who for who, person in roster.people.items()}
            ids = tuple(named[person.last_name, person.first_name] for person in people)
            minted = [await _minted(directory, candidate) for candidate in ids]
            room = RigRoom(number, one["access_code"], one["invigilator_password"], people, ids)
            found.append(Hall(room, tuple(client for client, _ in minted), tuple(token for _, token in minted)))
    rig.journal.note("rig", f"{count} rooms of {seats}, from {found[0].room.number} on")
    return found


async def _imported(rig: Rig, count: int, people: tuple[Person, ...]) -> list[dict[str, str]]:
    names = [f"Grande salle {next(_halls)}" for _ in range(count)]
    lines = [HEADER, *(csv_line(person, name) for name in names for person in people), ""]
    async with Api(rig.gate(rig.chance).http_url) as api:
        api.http.timeout = httpx.Timeout(LONG_SECONDS)
        checked = await api.import_csv(rig.staff.admin.token, "\r\n".join(lines).encode())
        assert checked["errors"] == [], checked["errors"][:3]
        confirmed = await api.confirm_import(rig.staff.admin.token, checked["id"])
    sessions: list[dict[str, str]] = confirmed["sessions"]
    return sessions


async def _minted(directory: PostgresDirectory, candidate: CandidateId) -> tuple[ClientId, str]:
    token = new_token()
    return await minted(directory, candidate, token_digest(token)), token


async def bring_in(rig: Rig, found: Sequence[Hall]) -> None:
    """Confirm everybody and let each client enter.

    The live store is told, though nobody is connected: a hub may look after such a room already.
    """
    async with AsyncExitStack() as opened:
        database = Database(rig.postgres.url, pool_size=AT_ONCE)
        opened.push_async_callback(database.close)
        shards = await opened.enter_async_context(open_shards(rig.redis.url, LONG_SECONDS))
        ledger = PostgresLedger(database)
        announcer = Announcer(ledger, RedisLiveStore(shards, NodeId("seeding")))
        await _decide_all(rig, Decisions(ledger, announcer, SystemClock(timedelta()), Policy()), found)
        await announcer.settled()
    rig.journal.note("rig", f"{len(found)} rooms are in the test")


async def _decide_all(rig: Rig, decisions: Decisions, found: Sequence[Hall]) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(hall: Hall) -> None:
        async with turns:
            author = account_author(rig.staff.invigilators[0].account)
            await _decided(decisions, Order(hall.room.number, author, ask.ConfirmPresence(), hall.room.ids))
            for candidate, client in zip(hall.room.ids, hall.clients, strict=True):
                command = ask.Enter(client, is_code_right=True, total=TOTAL)
                await _decided(decisions, Order(hall.room.number, client_author(client), command, (candidate,)))

    await asyncio.gather(*(one(hall) for hall in found))


async def _decided(decisions: Decisions, order: Order) -> None:
    answer = await decisions.submit(order)
    assert isinstance(answer, Answer), answer
    assert all(one.refusal is None for one in answer.results), answer

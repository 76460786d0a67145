"""Somebody finishes at the very moment at which the session is finalized, a thousand times, on two nodes' paths."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from hub import commands as ask
from hub.announcer import Announcer
from hub.model import CandidateId, ClientId, SessionNumber, account_author, client_author
from hub.people import Role
from hub.proceedings import Proceedings
from hub.refusals import Code, Refusal
from hub.service import Order
from hub.tokens import new_token, token_digest
from hub.turns import Turns
from tests.contract.ledgers import minted
from tests.web.lycee import Hiring, Staff, file, line
from web.house import House, SystemClock

Done = TypeVar("Done")
SESSIONS, PEOPLE = 250, 4
WINDOW_SECONDS = 0.03
"""In which both sides begin: longer than a decision takes, so that each is first now and then."""


@dataclass
class Race:
    """One session in which everybody is in the test, and everybody has an abort reason."""

    number: SessionNumber
    clients: dict[CandidateId, ClientId]


async def test_whoever_is_first_the_other_hears_of_it_and_nothing_is_torn(hire: Hiring) -> None:
    house, chance = hire.house, random.Random(20270115)
    admin = await hire.staff(Role.CENTER_ADMIN, await hire.center())
    author = account_author(admin.account.id)
    # Another node: other queues, the same stores.
    clock, announcer = SystemClock(timedelta()), Announcer(house.ledger, house.live)
    elsewhere = Proceedings(house.ledger, announcer, clock, Turns())
    firsts = {"finished": 0, "finalized": 0}
    for race in await _seated(house, admin):
        answers, outcome = await asyncio.gather(
            asyncio.gather(*(_finishes(house, race, one, chance) for one in race.clients)),
            _later(chance, elsewhere.finalize(race.number, author, 1)),
        )
        firsts[await _judged(house, race, answers, outcome)] += 1
    await announcer.settled()
    assert sum(firsts.values()) * PEOPLE == 1000
    assert min(firsts.values()) > 10, f"one side was never first: {firsts}"


async def _judged(house: House, race: Race, answers: list[str], outcome: int | Refusal) -> str:
    rows = (await house.ledger.room(race.number)).candidates
    states = [rows[one].attempt.value for one in race.clients]
    finished = [one for one, answer in zip(race.clients, answers, strict=True) if answer == "ok"]
    assert [one for one, state in zip(race.clients, states, strict=True) if state == "finished"] == finished
    if isinstance(outcome, Refusal):
        assert outcome.code is Code.ABORT_REASON_ON_FINISHED
        assert set(outcome.candidates) <= set(finished)
        assert len(finished) == PEOPLE, "a finalization that was refused changes nothing for the others"
        return "finished"
    assert (set(answers), set(states)) == ({"attempt_over"}, {"closed"})
    return "finalized"


async def _finishes(house: House, race: Race, candidate: CandidateId, chance: random.Random) -> str:
    client = race.clients[candidate]
    order = Order(race.number, client_author(client), ask.Finish(client, 32, 32), (candidate,), f"end-{candidate:08}")
    answer = await _later(chance, house.decisions.submit(order))
    assert not isinstance(answer, Refusal), answer
    refusal = answer.results[0].refusal
    return refusal.code.value if refusal else "ok"


async def _later(chance: random.Random, deed: Awaitable[Done]) -> Done:
    await asyncio.sleep(chance.uniform(0, WINDOW_SECONDS))
    return await deed


async def _seated(house: House, admin: Staff) -> list[Race]:
    """Import all sessions at once, and let everybody in."""
    lines = [
        line(room=f"Salle {number}", last_name=f"Candidat {chr(65 + at)}")
        for number in range(SESSIONS)
        for at in range(PEOPLE)
    ]
    headers = {"Content-Type": "text/csv"}
    checked = (await admin.http.post("/api/imports", content=file(*lines), headers=headers)).json()
    assert checked["errors"] == []
    made = (await admin.http.post(f"/api/imports/{checked['id']}/confirm")).json()["sessions"]
    gate = asyncio.Semaphore(8)

    async def seated(number: SessionNumber) -> Race:
        async with gate:
            return await _opened(house, admin, number)

    return list(await asyncio.gather(*(seated(SessionNumber(one["number"])) for one in made)))


async def _opened(house: House, admin: Staff, number: SessionNumber) -> Race:
    author, ids = account_author(admin.account.id), tuple((await house.ledger.room(number)).candidates)
    decisions = house.decisions
    await decisions.submit(Order(number, author, ask.TakeOverRoom(), (), f"take-{number:08}"))
    await decisions.submit(Order(number, author, ask.ConfirmPresence("x"), ids, f"here-{number:08}"))
    clients = {one: await minted(house.directory, one, token_digest(new_token())) for one in ids}
    for one, client in clients.items():
        order = Order(
            number, client_author(client), ask.Enter(client, is_code_right=True, total=32), (one,), f"in-{one}"
        )
        answer = await decisions.submit(order)
        assert not isinstance(answer, Refusal), answer
        assert answer.is_accepted, answer
    body = {"version": 0, "abort_reasons": {str(one): "technical" for one in ids}}
    assert (await admin.http.put(f"/api/sessions/{number}/finalization", json=body)).status_code == 200
    return Race(number, clients)

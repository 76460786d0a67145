"""Candidates of one room who ask at the same moment are judged in one transaction, as if one after the other."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from msgspec import structs

from hub import commands as ask
from hub.announcer import Announcer
from hub.audit import AuditRecord
from hub.events import EventKind
from hub.model import (
    AccountId,
    AttemptState,
    Candidate,
    CandidateId,
    ClientId,
    NodeId,
    Presence,
    PresenceState,
    SessionNumber,
    client_author,
)
from hub.people import Role
from hub.policy import Policy
from hub.ports import Answer, Case
from hub.refusals import Code, Refusal
from hub.service import Decisions, Order, may_share
from hub.sharing import MOST_AT_ONCE
from hub.standing import Claim
from state.accidents import StaleRow
from state.memory_ledger import MemoryLedger
from state.memory_live import MemoryLiveStore
from state.memory_live_server import MemoryLiveServer
from tests.builders import CLAIRE, NOW, NUMBER, ManualClock, a_candidate, a_roster
from tests.hub.table import STATES

PEOPLE = 25


class CountingLedger(MemoryLedger):
    """A ledger that counts its transactions, and can refuse any in which one candidate is changed."""

    cases = 0
    poison: CandidateId | None = None

    @asynccontextmanager
    async def case(self, number: SessionNumber) -> AsyncIterator[Case]:
        self.cases += 1
        async with super().case(number) as case:
            await asyncio.sleep(0)
            yield case
            if self.poison is not None and self.poison in {one.candidate for one in records_of(case)}:
                raise StaleRow("poison")


def records_of(case: Case) -> Sequence[AuditRecord]:
    written = getattr(case, "_written", None)
    return written[2] if written else ()


class Door:
    """A room whose people were confirmed, each with a client, and a live store that holds it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.ledger = CountingLedger(self.clock.now)
        confirmed = Presence(PresenceState.CONFIRMED, CLAIRE, NOW)
        rows = {one: self._confirmed(one, confirmed) for one in map(CandidateId, range(1, PEOPLE + 1))}
        room = structs.replace(STATES["confirmed"].room, candidates=rows)
        self.ledger.open(room, a_roster(room))
        self.ledger.claim(NUMBER, CLAIRE, Claim(AccountId(7), Role.INVIGILATOR, True, False))
        for one in rows:
            self.ledger.add_client(NUMBER, client(one), one)
        self.live = MemoryLiveStore(MemoryLiveServer(self.clock.now), NodeId("node-1"))
        self.announcer = Announcer(self.ledger, self.live)
        self.decisions = Decisions(self.ledger, self.announcer, self.clock, Policy())

    @staticmethod
    def _confirmed(one: CandidateId, presence: Presence) -> Candidate:
        granted = STATES["confirmed"].room.candidates[CandidateId(1)].authorization
        return structs.replace(a_candidate(one), presence=presence, authorization=granted)

    async def enter(self, one: int, key: str | None = None, digest: str = "") -> Answer | Refusal:
        return await self.decisions.submit(entry(CandidateId(one), key, digest))

    def entered(self) -> list[CandidateId | None]:
        return [one.candidate for one in self.ledger.audit(NUMBER) if one.kind is EventKind.ENTERED]


def client(one: CandidateId) -> ClientId:
    return ClientId(f"client-{one}")


def entry(one: CandidateId, key: str | None = None, digest: str = "") -> Order:
    command = ask.Enter(client(one), is_code_right=True, total=20)
    return Order(NUMBER, client_author(client(one)), command, (one,), key or f"key-{one}", digest)


async def test_a_room_that_enters_at_once_takes_one_transaction_and_everybody_is_in() -> None:
    door = Door()
    answers = await asyncio.gather(*(door.enter(one) for one in range(1, PEOPLE + 1)))
    assert all(isinstance(one, Answer) and one.is_accepted for one in answers)
    # Who comes while the first waits for the lock comes along.
    assert door.ledger.cases == 1
    room = await door.ledger.room(NUMBER)
    assert {one.attempt for one in room.candidates.values()} == {AttemptState.RUNNING}
    assert sorted(door.entered()) == sorted(room.candidates)
    seqs = [one.decision_seq for one in answers if isinstance(one, Answer)]
    assert len(set(seqs)) == PEOPLE, "each is told its own decision"


async def test_what_was_decided_together_is_one_chain_and_the_live_store_is_told_all_of_it() -> None:
    door = Door()
    await door.live.load(await door.ledger.room(NUMBER))
    await asyncio.gather(*(door.enter(one) for one in range(1, PEOPLE + 1)))
    await door.announcer.settled()
    records = door.ledger.audit(NUMBER)
    assert [one.seq for one in records] == list(range(records[0].seq, records[0].seq + len(records)))
    assert all(later.previous_hash == before.hash for before, later in itertools.pairwise(records))
    told = await door.live.snapshot(NUMBER)
    assert told is not None
    assert told.room.decision_hash == records[-1].hash


async def test_a_key_sent_twice_at_once_is_answered_once_and_the_same() -> None:
    door = Door()
    others = [door.enter(one) for one in (2, 3)]
    answers = await asyncio.gather(*others, door.enter(1, "key-00000001"), door.enter(1, "key-00000001"))
    assert answers[2] == answers[3]
    assert door.entered().count(CandidateId(1)) == 1
    assert await door.enter(1, "key-00000001") == answers[2], "and later"


async def test_a_key_with_another_body_at_the_same_moment_is_refused() -> None:
    door = Door()
    one, _, other = await asyncio.gather(
        door.enter(1, "key-00000001", "one"), door.enter(2), door.enter(1, "key-00000001", "other")
    )
    assert isinstance(one, Answer)
    assert other == Refusal(Code.KEY_REUSED)


async def test_whoever_has_no_right_is_refused_and_the_others_are_in() -> None:
    door = Door()
    stranger = replace(entry(CandidateId(2)), author=client_author(client(CandidateId(3))), key="key-stranger")
    answers = await asyncio.gather(door.enter(1), door.decisions.submit(stranger), door.enter(4), door.enter(5))
    assert answers[1] == Refusal(Code.FORBIDDEN)
    assert sorted(door.entered()) == [1, 4, 5]


async def test_one_that_cannot_be_written_keeps_nobody_else_out() -> None:
    door = Door()
    door.ledger.poison = CandidateId(7)
    outcomes = await asyncio.gather(*(door.enter(one) for one in range(1, PEOPLE + 1)))
    failed = [place for place, one in enumerate(outcomes, start=1) if isinstance(one, Refusal)]
    assert CandidateId(7) in failed
    # Whoever's turn it was when it failed is asked to try again, once; everybody else is judged alone.
    assert len(failed) <= 2
    again = [await door.enter(one) for one in failed if one != 7]
    assert all(isinstance(one, Answer) for one in again)
    assert sorted(door.entered()) == [one for one in range(1, PEOPLE + 1) if one != 7]


async def test_whoever_leaves_while_waiting_takes_nobody_along() -> None:
    door = Door()
    tasks = [asyncio.create_task(door.enter(one)) for one in range(1, PEOPLE + 1)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    tasks[5].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(one, Answer) for place, one in enumerate(outcomes) if place not in (1, 5))


async def test_a_transaction_takes_no_more_than_so_many() -> None:
    seen: list[int] = []
    door = Door()
    decide = door.decisions._sharing._judge

    async def counted(number: SessionNumber, gathered: Callable[[], Sequence[Order]]) -> Sequence[Answer | Refusal]:
        def noted() -> Sequence[Order]:
            orders = gathered()
            seen.append(len(orders))
            return orders

        return await decide(number, noted)

    door.decisions._sharing._judge = counted
    await asyncio.gather(*(door.enter(1 + turn % PEOPLE, f"key-{turn:08}") for turn in range(60)))
    assert max(seen) == MOST_AT_ONCE


async def test_staff_decide_each_in_a_transaction_of_their_own() -> None:
    door = Door()
    orders = [Order(NUMBER, CLAIRE, ask.CancelPresence(), (CandidateId(one),), f"key-{one}") for one in (1, 2, 3)]
    answers = await asyncio.gather(*(door.decisions.submit(one) for one in orders))
    assert all(isinstance(one, Answer) and one.is_accepted for one in answers)
    assert door.ledger.cases == len(orders)


@pytest.mark.parametrize(
    "command", [ask.ConfirmPresence(), ask.EndAttempt(), ask.StartSession(), ask.TakeOverRoom(), ask.Leave()]
)
def test_only_what_candidates_ask_for_themselves_is_shared(command: ask.Command) -> None:
    assert not may_share(Order(NUMBER, CLAIRE, command, (CandidateId(1),)))
    assert may_share(entry(CandidateId(1)))

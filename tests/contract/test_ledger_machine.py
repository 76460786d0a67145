"""Random people act on one candidate from two nodes, on both ledgers: the rules' text explains it all. P3, P4, P5.

The model is the one that judges the races of the rig: written from the rules' text alone (`tests.faults.linear`). Of
two commands at once either may be first, so the model keeps every way in which the candidate may stand, until an answer
or the stored row leaves only one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from hub import commands as ask
from hub.audit import AuditRecord
from hub.events import EventKind
from hub.model import HUB, Author, Cause, ClientId, SessionNumber, client_author
from hub.policy import Policy
from hub.ports import Ledger
from state.database import Database
from state.ledger import PostgresLedger
from tests.contract.ledgers import MemoryWorld, PostgresWorld, World, decide
from tests.contract.postgres import Addresses, plain
from tests.faults.linear import ALREADY, OK, Asked, Standing, expected
from tests.faults.replay import lives

CLIENTS = 3
UNDO_SECONDS, LIFE_SECONDS, STEP_SECONDS = 60, 210, 25
"""No sum of steps comes nearer than ten seconds to a deadline: what the calls themselves take decides nothing."""
POLICY = Policy(undo=timedelta(seconds=UNDO_SECONDS), resume_life=timedelta(seconds=LIFE_SECONDS))
SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = {
    "presence.confirm": EventKind.PRESENCE_CONFIRMED,
    "presence.cancel": EventKind.PRESENCE_CANCELLED,
    "resume.authorize": EventKind.RESUME_AUTHORIZED,
    "attempt.end": EventKind.ENDING,
    "attempt.end.cancel": EventKind.ENDING_CANCELLED,
    "finish": EventKind.FINISHED,
    "return": EventKind.RECONNECTED,
    "interrupt": EventKind.INTERRUPTED,
}
AT_THE_DESK: dict[str, Callable[[], ask.Command]] = {
    "presence.confirm": ask.ConfirmPresence,
    "presence.cancel": ask.CancelPresence,
    "resume.authorize": ask.AuthorizeResume,
    "attempt.end": ask.EndAttempt,
    "attempt.end.cancel": ask.CancelEnd,
}


@dataclass(frozen=True)
class Deed:
    """What somebody asks for, in the words of the protocol and of the hub."""

    type: str
    author: Author
    command: ask.Command


@dataclass
class Possible:
    """One way in which the candidate may stand, and when what is due takes effect, in the model's seconds."""

    standing: Standing
    ends_at: float = float("inf")
    lapses_at: float = float("inf")

    def at(self, now: float) -> Possible:
        """Return how it stands once everything due has taken effect."""
        later = replace(self, standing=copy(self.standing))
        if later.standing.attempt == "running" and later.standing.is_ending and now >= self.ends_at:
            later._take(EventKind.ENDED)
        if later.standing.granted == "resume" and now >= self.lapses_at:
            later._take(EventKind.AUTHORIZATION_EXPIRED)
        return later

    def answer(self, deed: Deed) -> str:
        """Say what the rules answer."""
        now = self.standing
        match deed.command:
            case ask.ReturnToSeat():
                return expected(now, _asked(replace(deed, type="finish")))
            case ask.Interrupt(entry_no=entry_no):
                is_lost = now.attempt == "running" and not now.is_interrupted and now.entry_no == entry_no
                return OK if is_lost else ALREADY
            case _:
                return expected(now, _asked(deed))

    def after(self, deed: Deed, now: float) -> Possible:
        """Return how it stands when that was accepted as news."""
        later = replace(self, standing=copy(self.standing))
        kind = KINDS.get(deed.type) or (EventKind.RESUMED if self.standing.entry_no else EventKind.ENTERED)
        entry_no = self.standing.entry_no + (kind is not EventKind.INTERRUPTED)
        later._take(kind, deed.author, entry_no)
        if kind is EventKind.ENDING:
            later.ends_at = now + UNDO_SECONDS
        if kind is EventKind.RESUME_AUTHORIZED:
            later.lapses_at = now + LIFE_SECONDS
        assert not later.standing.wrongs, later.standing.wrongs
        return later

    def _take(self, kind: EventKind, author: Author = HUB, entry_no: int = 0) -> None:
        at, codes = SOME_TIME, {"entry_no": entry_no}
        self.standing.take(AuditRecord(SessionNumber(1), 0, kind, None, author, at, at, codes, {}, "", "", "", ""))


def _asked(deed: Deed) -> Asked:
    return Asked(0, deed.author, deed.type, SOME_TIME, SOME_TIME, "")


@dataclass(frozen=True)
class Ground:
    """A ledger as two nodes see it, and the loop they live in."""

    loop: asyncio.AbstractEventLoop
    world: World
    nodes: tuple[Ledger, Ledger]

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)


staff = st.sampled_from((0, 1))
clients = st.sampled_from((0, 0, 0, 1, 2))
desk = st.sampled_from(sorted(AT_THE_DESK))
nodes = st.sampled_from((0, 1))


class Sitting(RuleBasedStateMachine):
    """One candidate, two people at the desk, three computers, two nodes."""

    ground: Ground

    @initialize(is_running=st.booleans())
    def open(self, is_running: bool) -> None:
        run = self.ground.run
        self.exam = run(self.ground.world.exam(1))
        (self.one,) = self.exam.candidates
        self.clients: list[ClientId] = [run(self.ground.world.client(self.exam, self.one)) for _ in range(CLIENTS)]
        self.now, self.possible = 0.0, [Possible(Standing())]
        if is_running:
            self.somebody_at_the_desk("presence.confirm", 0, 0)
            self.somebody_enters(0, 0)

    # ── what people do ─────────────────────────────────────────────────────────────────────────────────────

    @rule(steps=st.sampled_from((1, 1, 3, 9)))
    def time_passes(self, steps: int) -> None:
        self.now += steps * STEP_SECONDS
        self.ground.run(self.ground.world.decided_ahead(self.exam.number, timedelta(seconds=self.now)))

    @rule(type_=desk, by=staff, node=nodes)
    def somebody_at_the_desk(self, type_: str, by: int, node: int) -> None:
        self.does(node, self.at_the_desk(type_, by))

    @rule(client=clients, node=nodes)
    def somebody_enters(self, client: int, node: int) -> None:
        self.does(node, self.entering(client))

    @rule(client=clients, node=nodes)
    def somebody_finishes(self, client: int, node: int) -> None:
        one = self.clients[client]
        self.does(node, Deed("finish", client_author(one), ask.Finish(one, 5, 9)))

    @rule(client=clients, node=nodes)
    def somebody_comes_back(self, client: int, node: int) -> None:
        one = self.clients[client]
        self.does(node, Deed("return", client_author(one), ask.ReturnToSeat(one)))

    @rule(back=st.sampled_from((0, 0, 1)), node=nodes)
    def a_line_is_lost(self, back: int, node: int) -> None:
        """Interrupt the entry that is or, as a node that slept would, the one before it."""
        entry_no = self.possible[0].standing.entry_no - back
        self.does(node, Deed("interrupt", HUB, ask.Interrupt(entry_no, 1, timedelta(seconds=15), Cause.CANDIDATE)))

    @rule(first=desk, client=clients, other=clients, is_at_the_desk=st.booleans())
    def two_at_once(self, first: str, client: int, other: int, is_at_the_desk: bool) -> None:
        """Ask for two things in the same instant, one on each node."""
        self.does(0, self.at_the_desk(first, 0) if is_at_the_desk else self.entering(other), self.entering(client))

    def at_the_desk(self, type_: str, by: int) -> Deed:
        return Deed(type_, (self.exam.invigilator, self.exam.admin)[by], AT_THE_DESK[type_]())

    def entering(self, client: int) -> Deed:
        one = self.clients[client]
        return Deed("enter", client_author(one), ask.Enter(one, is_code_right=True, total=9))

    # ── how it is judged ───────────────────────────────────────────────────────────────────────────────────

    def does(self, node: int, *deeds: Deed) -> None:
        """Do one thing on a node, or two at once on both; each order that explains the answers is possible."""
        answers = self.ground.run(self.answered(node, deeds))
        told = dict(zip(deeds, answers, strict=True)) if len(set(deeds)) == len(deeds) else None
        orders = [deeds, deeds[::-1]] if len(deeds) > 1 else [deeds]
        before, self.possible = self.possible, []
        for order in orders:
            wanted = [told[deed] for deed in order] if told is not None else sorted(answers, key=OK.__ne__)
            for after in (after for one in before for after in self.explained(one, order, wanted)):
                self.possible += [] if after in self.possible else [after]
        assert self.possible, f"{[deed.type for deed in deeds]} were told {answers}, from {before}"

    async def answered(self, node: int, deeds: Sequence[Deed]) -> list[str]:
        async def one(place: int, deed: Deed) -> str:
            ledger = self.ground.nodes[(node + place) % 2]
            _, answer = await decide(ledger, self.exam, deed.author, deed.command, self.one, policy=POLICY)
            (result,) = answer.results
            return str(result.refusal.code) if result.refusal else ALREADY if result.is_already else OK

        return list(await asyncio.gather(*(one(place, deed) for place, deed in enumerate(deeds))))

    def explained(self, now: Possible, order: Sequence[Deed], answers: Sequence[str]) -> Iterator[Possible]:
        for deed, answer in zip(order, answers, strict=True):
            now = now.at(self.now)
            if now.answer(deed) != answer:
                return
            now = now.after(deed, self.now) if answer == OK else now
        yield now

    # ── what always holds ──────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def the_stored_row_is_one_of_the_possible(self) -> None:
        row = self.ground.run(self.ground.nodes[1].room(self.exam.number)).candidates[self.one]
        stored = (row.presence.state, row.attempt, row.entry_no, row.interrupted_at is not None)
        self.possible = [one for one in self.possible if _as_stored(one.standing) == stored]
        assert self.possible, f"nobody explains {stored}"

    def teardown(self) -> None:
        """Hold the audit against the rules of the promises, decision by decision."""
        if not hasattr(self, "exam"):
            return
        records = self.ground.run(self.ground.world.audit(self.exam.number))
        for life in lives(records).values():
            assert not life.wrongs, life.wrongs


def _as_stored(one: Standing) -> tuple[str, str, int, bool]:
    return one.presence, one.attempt, one.entry_no, one.is_interrupted


def played(ground: Ground, examples: int, steps: int) -> None:
    """Play so many sittings."""
    machine = type("SittingHere", (Sitting,), {"ground": ground})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )  # fmt: skip


@pytest.fixture
def own_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that a machine of plain functions may run by itself."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def test_p03_p04_p05_the_rules_explain_random_people_in_memory(own_loop: asyncio.AbstractEventLoop) -> None:
    world = MemoryWorld()
    played(Ground(own_loop, world, (world.ledger, world.ledger)), examples=150, steps=40)


def test_p03_p04_p05_the_rules_explain_random_people_in_postgres(
    own_loop: asyncio.AbstractEventLoop, addresses: Addresses
) -> None:
    ones, others = Database(addresses.app, pool_size=2), Database(addresses.app, pool_size=2)
    owner = own_loop.run_until_complete(asyncpg.connect(plain(addresses.owner)))
    try:
        world = PostgresWorld(ones, owner)
        played(Ground(own_loop, world, (world.ledger, PostgresLedger(others))), examples=10, steps=25)
    finally:
        for closing in (ones.close(), others.close(), owner.close()):
            own_loop.run_until_complete(closing)

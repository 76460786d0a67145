"""The way of a decision: right, key, settle, judge, commit, and only then tell; on the twins in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import pytest
from msgspec.structs import replace

from hub import commands as ask
from hub.announcer import Announcer
from hub.events import EventKind
from hub.figures import HubFigures
from hub.live import Apply, LiveStore
from hub.model import (
    HUB,
    AccountId,
    AttemptState,
    Author,
    CandidateId,
    Cause,
    HelpKind,
    NodeId,
    SessionNumber,
    TakeOver,
    account_author,
    client_author,
)
from hub.people import Role
from hub.policy import Policy
from hub.ports import Answer, Case, OutcomeUnknown, StoreUnavailable
from hub.refusals import Code, Refusal
from hub.service import Decisions, Order
from hub.standing import Claim
from hub.turns import MAX_QUEUE, Turns
from state.memory_ledger import MemoryLedger
from state.memory_live import MemoryLiveStore
from state.memory_live_server import MemoryLiveServer
from tests.builders import (
    CLAIRE,
    MARC,
    ME,
    NOW,
    NUMBER,
    OTHER,
    SEATED,
    ManualClock,
    a_candidate,
    a_roster,
    later,
)
from tests.hub.table import STATES

ADMIN = account_author(AccountId(20))
ADMIN_IN_CHARGE = account_author(AccountId(21))
ELSEWHERE = account_author(AccountId(22))
OPERATOR = account_author(AccountId(23))
KEY = "key-00000001"


class BreakingLedger(MemoryLedger):
    """A ledger whose next commit nobody hears the end of."""

    is_breaking = False

    @asynccontextmanager
    async def case(self, number: SessionNumber) -> AsyncIterator[Case]:
        async with super().case(number) as case:
            yield case
        if self.is_breaking:
            raise OutcomeUnknown


class DeafStore:
    """A live store that is away for whoever tells it something."""

    async def apply(self, *_: object) -> Apply:
        raise StoreUnavailable("away")


@dataclass
class Bench:
    """Decisions over a room of the table, with everybody who may ask for something."""

    clock: ManualClock
    ledger: BreakingLedger
    announcer: Announcer
    decisions: Decisions
    live: MemoryLiveStore
    turns: Turns
    figures: HubFigures

    async def ask(
        self, command: ask.Command, by: Author = CLAIRE, key: str | None = None, digest: str = "", to: int | None = 1
    ) -> Answer | Refusal:
        """Submit one order and wait until the live store was told."""
        is_room = isinstance(command, ask.RoomCommand)
        candidates = () if is_room else None if to is None else (CandidateId(to),)
        answer = await self.decisions.submit(Order(NUMBER, by, command, candidates, key, digest))
        await self.announcer.settled()
        return answer

    @property
    def kinds(self) -> list[EventKind]:
        """List the decisions recorded."""
        return [one.kind for one in self.ledger.audit(NUMBER)]


def a_bench(state: str = "running") -> Bench:
    """Build a bench over the room of a state, with a neighbour who is expected."""
    clock = ManualClock()
    ledger = BreakingLedger(clock.now)
    before = STATES[state].room
    rows = {**before.candidates, CandidateId(2): a_candidate(2)}
    room = replace(before, candidates=rows, take_overs=(TakeOver(ADMIN_IN_CHARGE, later(minutes=5)),))
    ledger.open(room, a_roster(room))
    for author, role, is_invigilating, is_of_the_center in (
        (CLAIRE, Role.INVIGILATOR, True, False),
        (MARC, Role.INVIGILATOR, True, False),
        (ADMIN, Role.CENTER_ADMIN, False, True),
        (ADMIN_IN_CHARGE, Role.CENTER_ADMIN, False, True),
        (ELSEWHERE, Role.CENTER_ADMIN, False, False),
        (OPERATOR, Role.OPERATOR, False, True),
    ):
        account = AccountId(int(author.removeprefix("account:")))
        ledger.claim(NUMBER, author, Claim(account, role, is_invigilating, is_of_the_center))
    for client in (SEATED, OTHER):
        ledger.add_client(NUMBER, client, ME)
    live = MemoryLiveStore(MemoryLiveServer(clock.now), NodeId("node-1"))
    turns, figures = Turns(), HubFigures()
    announcer = Announcer(ledger, live, figures)
    decisions = Decisions(ledger, announcer, clock, Policy(), turns, figures)
    return Bench(clock, ledger, announcer, decisions, live, turns, figures)


def code_of(answer: Answer | Refusal) -> Code | None:
    """Return the code by which an order was refused, as a whole or for its only candidate."""
    refusal = answer if isinstance(answer, Refusal) else answer.results[0].refusal
    return refusal.code if refusal else None


# ── rights ─────────────────────────────────────────────────────────────────────────────────────────────────────────

STAFF_DEED, ROOM_DEED, CANDIDATE_DEED, HUB_DEED = (
    ask.AuthorizeResume(),
    ask.TakeOverRoom(),
    ask.AskHelp(SEATED, HelpKind.OTHER),
    ask.Interrupt(1, 1, timedelta(seconds=15), Cause.CANDIDATE),
)
MAY: dict[str, tuple[Author, set[ask.Command]]] = {
    "an invigilator": (CLAIRE, {STAFF_DEED}),
    "an admin who only watches": (ADMIN, {ROOM_DEED}),
    "an admin who took over": (ADMIN_IN_CHARGE, {STAFF_DEED, ROOM_DEED}),
    "an admin of another center": (ELSEWHERE, set()),
    "an operator": (OPERATOR, set()),
    "an account nobody knows": (account_author(AccountId(99)), set()),
    "the candidate's own client": (client_author(SEATED), {CANDIDATE_DEED}),
    "the hub": (HUB, {HUB_DEED}),
}


@pytest.mark.parametrize(
    "command", [STAFF_DEED, ROOM_DEED, CANDIDATE_DEED, HUB_DEED], ids=lambda one: type(one).__name__
)
@pytest.mark.parametrize("who", MAY)
async def test_everybody_may_exactly_what_is_theirs(who: str, command: ask.Command) -> None:
    author, allowed = MAY[who]
    bench = a_bench()
    answer = await bench.ask(command, author)
    assert (code_of(answer) is Code.FORBIDDEN) is (command not in allowed)
    assert bool(bench.kinds) is (command in allowed)


async def test_a_client_speaks_for_its_own_candidate_only() -> None:
    command = ask.AskHelp(SEATED, HelpKind.OTHER)
    for to in (2, None):
        assert code_of(await a_bench().ask(command, client_author(SEATED), to=to)) is Code.FORBIDDEN


async def test_a_take_over_is_over_when_its_time_is_up() -> None:
    bench = a_bench()
    bench.clock.advance(300)
    assert code_of(await bench.ask(STAFF_DEED, ADMIN_IN_CHARGE)) is Code.FORBIDDEN


async def test_an_unknown_session_is_forbidden_like_a_strangers() -> None:
    order = Order(SessionNumber(9999), CLAIRE, STAFF_DEED, (ME,))
    assert code_of(await a_bench().decisions.submit(order)) is Code.FORBIDDEN


# ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_same_accepted_command_twice_is_once_and_gets_the_same_answer() -> None:
    bench = a_bench()
    first = await bench.ask(ask.AddTime(10, "alarme"), key=KEY, digest="a")
    again = await bench.ask(ask.AddTime(10, "alarme"), key=KEY, digest="a")
    assert again == first
    assert bench.kinds == [EventKind.TIME_ADDED]


async def test_the_same_key_with_another_body_is_refused() -> None:
    bench = a_bench()
    await bench.ask(ask.AddTime(10, "alarme"), key=KEY, digest="a")
    assert code_of(await bench.ask(ask.AddTime(20, "alarme"), key=KEY, digest="b")) is Code.KEY_REUSED


async def test_the_same_key_by_another_author_is_another_command() -> None:
    bench = a_bench()
    await bench.ask(ask.AddTime(10, "alarme"), CLAIRE, key=KEY, digest="a")
    await bench.ask(ask.AddTime(10, "alarme"), MARC, key=KEY, digest="a")
    assert bench.kinds == [EventKind.TIME_ADDED] * 2


async def test_a_refusal_is_judged_again_under_its_key() -> None:
    bench = a_bench("interrupted")
    enter = ask.Enter(SEATED, is_code_right=True)
    assert code_of(await bench.ask(enter, client_author(SEATED), key=KEY)) is Code.RESUME_NOT_AUTHORIZED
    await bench.ask(ask.AuthorizeResume())
    assert code_of(await bench.ask(enter, client_author(SEATED), key=KEY)) is None


async def test_a_lost_commit_answer_is_found_again_by_its_key() -> None:
    bench = a_bench()
    bench.ledger.is_breaking = True
    lost = await bench.ask(ask.AddTime(10, "alarme"), key=KEY)
    assert code_of(lost) is Code.OUTCOME_UNKNOWN
    bench.ledger.is_breaking = False
    found = await bench.ask(ask.AddTime(10, "alarme"), key=KEY)
    assert isinstance(found, Answer)
    assert not found.results[0].is_already
    assert bench.kinds == [EventKind.TIME_ADDED]


# ── order of things ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_due_is_settled_before_a_command_is_judged() -> None:
    bench = a_bench()
    await bench.ask(ask.EndAttempt())
    bench.clock.advance(10)
    assert code_of(await bench.ask(ask.CancelEnd())) is Code.TOO_LATE
    assert bench.kinds == [EventKind.ENDING, EventKind.ENDED, EventKind.HELP_LAPSED]
    assert [one.author for one in bench.ledger.audit(NUMBER)] == [CLAIRE, HUB, HUB]


async def test_who_finishes_after_an_asked_end_took_effect_is_too_late_though_nobody_had_settled_it() -> None:
    bench = a_bench()
    await bench.ask(ask.EndAttempt())
    bench.clock.advance(10)
    assert code_of(await bench.ask(ask.Finish(SEATED, 20, 20), client_author(SEATED))) is Code.ATTEMPT_OVER
    assert bench.kinds == [EventKind.ENDING, EventKind.ENDED, EventKind.HELP_LAPSED]


async def test_an_authorization_that_has_lapsed_opens_nothing_though_nobody_had_settled_it() -> None:
    bench = a_bench("interrupted_authorized")
    bench.clock.advance(Policy().resume_life.total_seconds())
    asked = await bench.ask(ask.Enter(SEATED, is_code_right=True), client_author(SEATED))
    assert code_of(asked) is Code.RESUME_NOT_AUTHORIZED
    assert bench.kinds[0] is EventKind.AUTHORIZATION_EXPIRED


async def test_settling_an_idle_session_writes_nothing() -> None:
    bench = a_bench()
    await bench.decisions.settle(NUMBER)
    assert bench.kinds == []


async def test_a_clock_that_goes_back_revives_nobody() -> None:
    bench = a_bench()
    await bench.ask(ask.EndAttempt())
    bench.clock.advance(10)
    await bench.decisions.settle(NUMBER)
    bench.clock.advance(-600)
    assert code_of(await bench.ask(ask.CancelEnd())) is Code.TOO_LATE
    assert bench.ledger.audit(NUMBER)[-1].at == NOW + timedelta(seconds=10)


async def test_a_command_for_all_has_one_result_per_candidate() -> None:
    bench = a_bench()
    answer = await bench.ask(ask.EndAttempt(), to=None)
    assert isinstance(answer, Answer)
    assert [(one.candidate, one.refusal and one.refusal.code) for one in answer.results] == [
        (1, None),
        (2, Code.NOT_STARTED),
    ]


async def test_starting_the_room_tells_everybody_in_it_when_their_time_is_up() -> None:
    bench = a_bench("confirmed")
    await bench.live.load(await bench.ledger.room(NUMBER))
    await bench.ask(ask.StartSession())
    told = await bench.live.snapshot(NUMBER)
    assert told is not None
    assert {one.time.theoretical_end for one in told.room.candidates.values()} == {NOW + timedelta(minutes=105)}


async def test_somebody_who_is_not_in_this_session_is_an_unknown_candidate() -> None:
    assert code_of(await a_bench().ask(ask.EndAttempt(), to=99)) is Code.UNKNOWN_CANDIDATE


async def test_two_tabs_with_one_authorization_at_once_exactly_one_wins() -> None:
    bench = a_bench("interrupted_authorized")
    tabs = [bench.ask(ask.Enter(one, is_code_right=True), client_author(one)) for one in (SEATED, OTHER)]
    codes = [code_of(one) for one in await asyncio.gather(*tabs)]
    assert sorted(codes, key=str) == [None, Code.RESUME_NOT_AUTHORIZED]
    assert bench.kinds.count(EventKind.RESUMED) == 1


async def test_the_next_one_is_busy_when_too_many_wait_and_nobody_is_lost() -> None:
    bench = a_bench()
    deeds = [bench.ask(ask.SendMessage("Cinq minutes")) for _ in range(MAX_QUEUE + 1)]
    codes = [code_of(one) for one in await asyncio.gather(*deeds)]
    assert codes.count(Code.BUSY) == 1
    assert bench.kinds == [EventKind.MESSAGE_SENT] * MAX_QUEUE


async def test_the_live_store_is_told_what_was_committed_and_ends_equal() -> None:
    bench = a_bench("expected")
    await bench.live.load(await bench.ledger.room(NUMBER))
    await bench.ask(ask.ConfirmPresence())
    await bench.ask(ask.Enter(SEATED, is_code_right=True, total=20), client_author(SEATED))
    told = await bench.live.snapshot(NUMBER)
    assert told is not None
    assert told.room.candidates[ME].attempt is AttemptState.RUNNING
    assert told.room.decision_seq == (await bench.ledger.room(NUMBER)).decision_seq


# ── what is counted ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_waits_for_a_turn_is_counted_until_answered() -> None:
    bench = a_bench()
    deeds = [asyncio.create_task(bench.ask(ask.SendMessage("Cinq minutes"))) for _ in range(5)]
    await asyncio.sleep(0)
    assert bench.turns.waiting == 5
    await asyncio.gather(*deeds)
    assert bench.turns.waiting == 0


async def test_each_settling_is_counted_whether_or_not_anything_was_due() -> None:
    bench = a_bench()
    await bench.decisions.settle(NUMBER)
    await bench.decisions.settle(NUMBER)
    assert bench.figures.settle_runs == 2


async def test_what_became_of_decisions_in_the_live_store_is_counted() -> None:
    bench = a_bench("expected")
    await bench.ask(ask.ConfirmPresence())
    assert bench.figures.told == {"absent": 1}
    await bench.live.load(await bench.ledger.room(NUMBER))
    await bench.ask(ask.CancelPresence())
    assert bench.figures.told == {"absent": 1, "applied": 1}
    assert bench.figures.rebuilt == 0


async def test_a_live_room_that_missed_a_decision_is_a_gap_and_is_rebuilt() -> None:
    bench = a_bench("expected")
    await bench.live.load(await bench.ledger.room(NUMBER))
    elsewhere = Announcer(bench.ledger, cast(LiveStore, DeafStore()))
    await Decisions(bench.ledger, elsewhere, bench.clock, Policy()).submit(
        Order(NUMBER, CLAIRE, ask.ConfirmPresence(), (ME,))
    )
    await elsewhere.settled()
    await bench.ask(ask.CancelPresence())
    assert bench.figures.told == {"gap": 1}
    assert bench.figures.rebuilt == 1


async def test_a_live_store_that_does_not_answer_is_counted_as_away() -> None:
    bench = a_bench("expected")
    figures = HubFigures()
    announcer = Announcer(bench.ledger, cast(LiveStore, DeafStore()), figures)
    decisions = Decisions(bench.ledger, announcer, bench.clock, Policy())
    await decisions.submit(Order(NUMBER, CLAIRE, ask.ConfirmPresence(), (ME,)))
    await announcer.settled()
    assert figures.told == {"away": 1}

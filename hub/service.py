"""The one way of a decision: lock, settle, decide, commit, then announce. The only async file of the rules.

Acknowledged means committed: an answer leaves this file only after the ledger's transaction ended well. Telling
the live store comes afterwards and may fail; whoever notices reloads it from the ledger.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from msgspec import structs

from hub import audit, handover, rules
from hub import commands as ask
from hub.announcer import Announcer
from hub.audit import Recorded, Signature
from hub.commands import Command, RoomCommand
from hub.entry import Outcome
from hub.figures import HubFigures
from hub.handover import Accepted, Ticket
from hub.model import (
    HUB,
    AccountId,
    Author,
    Candidate,
    CandidateId,
    ConnectionId,
    HelpId,
    Room,
    SessionNumber,
    account_author,
)
from hub.policy import Policy
from hub.ports import (
    Answer,
    Case,
    Clock,
    Docket,
    Head,
    KeyedAnswer,
    Ledger,
    Result,
    Standing,
)
from hub.refusals import Code, Refusal
from hub.sharing import Sharing
from hub.turns import Turns


@dataclass(frozen=True, slots=True)
class Order:
    """One command as it reaches the hub: who asks what of whom, under which key.

    `digest` fingerprints the body, so that the same key with another body is noticed. `connection` is the socket
    that will hold the seat if the command seats its client.
    """

    number: SessionNumber
    author: Author
    command: Command
    candidates: tuple[CandidateId, ...] | None
    key: str | None = None
    digest: str = ""
    connection: ConnectionId | None = None


@dataclass(slots=True)
class _Bench:
    """What one transaction has decided so far."""

    recorded: Recorded
    kept: dict[tuple[Author, str], KeyedAnswer] = field(default_factory=dict)
    answers: list[Answer | Refusal] = field(default_factory=list)

    def said_before(self, order: Order) -> Answer | Refusal | None:
        """Return what this very transaction answers under the order's key: it may have been sent twice."""
        stored = self.kept.get((order.author, order.key)) if order.key is not None else None
        return _stored(stored, order) if stored is not None else None


class Decisions:
    """Judges commands and records what they decide."""

    def __init__(
        self,
        ledger: Ledger,
        announcer: Announcer,
        clock: Clock,
        policy: Policy,
        turns: Turns | None = None,
        figures: HubFigures | None = None,
    ) -> None:
        self._ledger = ledger
        self._announcer = announcer
        self._clock = clock
        self._policy = policy
        self._turns = turns or Turns()
        self._sharing: Sharing[SessionNumber, Order, Answer | Refusal] = Sharing(self._decide)
        self._figures = figures or HubFigures()

    async def submit(self, order: Order) -> Answer | Refusal:
        """Judge and record one order. A Refusal means that the frame as a whole was not judged."""
        if not may_share(order):
            return await self._turns.judged(order.number, lambda: self._decide_alone(order))
        request = self._sharing.join(order.number, order)
        try:
            return await self._turns.judged(order.number, lambda: self._sharing.turn(order.number, request))
        finally:
            self._sharing.leave(order.number, request)

    async def accept_handover(
        self, number: SessionNumber, ticket_hash: bytes, account: AccountId
    ) -> Accepted | Refusal:
        """Give the right of a ticket to an account, once; the same account hears the same answer again."""
        return await self._turns.judged(number, lambda: self._accept_handover(number, ticket_hash, account))

    async def settle(self, number: SessionNumber) -> None:
        """Record what has become due in one session; nothing when another node was faster."""
        async with self._turns.take(number) as may_go:
            if not may_go:
                return
            self._figures.settle_runs += 1
            async with self._ledger.case(number) as case:
                docket = await case.docket(HUB, None)
                room = structs.replace(docket.room, candidates=await case.rows(()))
                settled = self._settled(room, docket.now)
                if settled.records:
                    await case.write(room, settled.room, settled.records, docket.now)
            self._announcer.announce(head_of(room), settled)

    async def _decide_alone(self, order: Order) -> Answer | Refusal:
        return (await self._decide(order.number, lambda: (order,)))[0]

    async def _decide(
        self, number: SessionNumber, gathered: Callable[[], Sequence[Order]]
    ) -> Sequence[Answer | Refusal]:
        """Judge orders of one session one after the other, in one transaction; each sees what those before it did."""
        async with self._ledger.case(number) as case:
            orders = gathered()
            dockets = await case.dockets([(order.author, order.key) for order in orders])
            gates = [_gate(order, docket) for order, docket in zip(orders, dockets, strict=True)]
            passing = [order for order, gate in zip(orders, gates, strict=True) if gate is None]
            room = await self._loaded(case, dockets[-1], passing) if passing else dockets[-1].room
            bench = _Bench(Recorded(room))
            for order, docket, gate in zip(orders, dockets, gates, strict=True):
                bench.answers.append(gate or bench.said_before(order) or self._judged(bench, order, docket.now))
            if bench.recorded.records or bench.kept:
                kept = tuple(bench.kept.values())
                await case.write(room, bench.recorded.room, bench.recorded.records, dockets[-1].now, kept)
        self._announcer.announce(head_of(room), bench.recorded)
        return bench.answers

    def _judged(self, bench: _Bench, order: Order, now: datetime) -> Answer:
        """Settle, judge one order, settle; and keep its answer if it was accepted under a key."""
        settled = bench.recorded.then(self._settled(bench.recorded.room, now))
        judged, answer = self._judge(order, settled.room, now)
        bench.recorded = settled.then(judged).then(self._settled(judged.room, now))
        if order.key is not None and answer.is_accepted:
            bench.kept[order.author, order.key] = KeyedAnswer(order.author, order.key, order.digest, answer)
        return answer

    async def _accept_handover(
        self, number: SessionNumber, ticket_hash: bytes, account: AccountId
    ) -> Accepted | Refusal:
        author = account_author(account)
        async with self._ledger.case(number) as case:
            ticket = await case.ticket(ticket_hash)
            if ticket is None or ticket.used_by not in (None, account):
                return Refusal(Code.HANDOVER_UNKNOWN)
            giver = await case.docket(account_author(ticket.by), None)
            docket = await case.docket(author, None)
            room = structs.replace(docket.room, candidates=await case.rows(()))
            settled = self._settled(room, docket.now)
            outcome = self._handed_over(settled.room, ticket, giver, docket, author)
            if isinstance(outcome, Refusal):
                return outcome
            recorded = settled.then(audit.record(settled.room, outcome, self._signature(author, docket.now)))
            if ticket.used_by is None:
                await case.spend(ticket_hash, account)
            if recorded.records:
                await case.write(room, recorded.room, recorded.records, docket.now)
        self._announcer.announce(head_of(room), recorded)
        return Accepted(number, None if docket.is_invigilating else handover.end_of(recorded.room, author))

    def _handed_over(self, room: Room, ticket: Ticket, giver: Docket, taker: Docket, to: Author) -> Outcome:
        """Judge a ticket: whoever handed the room over must still be able to, and what is so already stays so."""
        if giver.standing not in (Standing.WATCH, Standing.COMMAND):
            return Refusal(Code.HANDOVER_UNKNOWN)
        if ticket.used_by is not None:
            return ()
        is_bound = not (giver.is_invigilating or giver.is_admin)
        outcome = handover.accept(room, account_author(ticket.by), to, taker.now, self._policy, is_bound=is_bound)
        # A right without an end is longer than any other.
        return outcome if isinstance(outcome, Refusal) or not taker.is_invigilating else ()

    async def _loaded(self, case: Case, docket: Docket, orders: Sequence[Order]) -> Room:
        """Read the rows these orders are about; all of them where one may start the room's clock."""
        named = None
        if not any(_needs_all_rows(order, docket.room) for order in orders):
            named = [one for order in orders for one in order.candidates or ()]
        return structs.replace(docket.room, candidates=await case.rows(named))

    def _settled(self, room: Room, now: datetime) -> Recorded:
        return audit.record(room, rules.settle(room, now), self._signature(HUB, now))

    def _signature(self, author: Author, now: datetime) -> Signature:
        return Signature(author, now, self._clock.now(), lambda: secrets.token_hex(16))

    def _judge(self, order: Order, room: Room, now: datetime) -> tuple[Recorded, Answer]:
        """Judge the order for each of its candidates in turn, each seeing what the ones before it changed."""
        signature = self._signature(order.author, now)
        recorded, results = Recorded(room), []
        for subject in self._subjects(order, room):
            outcome = self._outcome(order, recorded.room, subject, now)
            events = outcome.events if isinstance(outcome, Refusal) else outcome
            recorded = recorded.then(_seated(audit.record(recorded.room, events, signature), order))
            refusal = outcome if isinstance(outcome, Refusal) else None
            results.append(Result(subject, refusal, is_already=not events and refusal is None))
        answer = Answer(tuple(results), recorded.room.decision_seq, _asked_help(order, recorded.room))
        return recorded, answer

    def _subjects(self, order: Order, room: Room) -> Collection[CandidateId | None]:
        if isinstance(order.command, RoomCommand):
            return (None,)
        return tuple(sorted(room.candidates)) if order.candidates is None else tuple(dict.fromkeys(order.candidates))

    def _outcome(self, order: Order, room: Room, subject: CandidateId | None, now: datetime) -> Outcome:
        if isinstance(order.command, RoomCommand):
            return rules.decide_room(room, order.command, order.author, now, self._policy)
        candidate: Candidate | None = room.candidates.get(subject) if subject is not None else None
        if candidate is None:
            return Refusal(Code.UNKNOWN_CANDIDATE)
        return rules.decide(room, candidate, order.command, order.author, now, self._policy)


def head_of(room: Room) -> Head:
    """Return where a room's truth stands."""
    return Head(room.decision_seq, room.decision_hash, room.live_epoch, room.roster_version)


def may_share(order: Order) -> bool:
    """Tell whether an order may be judged in one transaction with others: a candidate's own, about nobody else.

    Whoever else decides something may change what the next one has a right to.
    """
    is_own = isinstance(order.command, ask.CandidateCommand | ask.ReturnToSeat)
    return is_own and order.candidates is not None and len(order.candidates) == 1


def _needs_all_rows(order: Order, room: Room) -> bool:
    is_first_entry = isinstance(order.command, ask.Enter) and room.started_at is None
    return order.candidates is None or isinstance(order.command, ask.StartSession) or is_first_entry


def _gate(order: Order, docket: Docket) -> Answer | Refusal | None:
    """Answer before judging: what was answered under this key, even if the right has lapsed since; or no right."""
    if docket.stored is not None:
        return _stored(docket.stored, order)
    return None if may(order, docket) else Refusal(Code.FORBIDDEN)


def _stored(stored: KeyedAnswer, order: Order) -> Answer | Refusal:
    return stored.answer if stored.digest == order.digest else Refusal(Code.KEY_REUSED)


def may(order: Order, docket: Docket) -> bool:
    """Tell whether the author's standing in this session covers the command."""
    match docket.standing:
        case Standing.HUB:
            return isinstance(order.command, ask.HubCommand)
        case Standing.CLIENT:
            is_own = order.candidates == (docket.candidate,)
            return is_own and isinstance(order.command, ask.CandidateCommand | ask.ReturnToSeat)
        case Standing.COMMAND:
            return isinstance(order.command, ask.StaffCommand | ask.StartSession) or _is_take_over(order, docket)
        case Standing.WATCH:
            return _is_take_over(order, docket) or _is_final_touch(order, docket)
        case Standing.NONE | Standing.JURY:
            return False


def _is_take_over(order: Order, docket: Docket) -> bool:
    """Only somebody who watches from outside takes over; an invigilator commands already."""
    is_again = any(one.by == order.author for one in docket.room.take_overs)
    return isinstance(order.command, ask.TakeOverRoom) and (docket.standing is Standing.WATCH or is_again)


def _is_final_touch(order: Order, docket: Docket) -> bool:
    """The center's admin completes reports and ticks without taking over, once there is something to finalize."""
    return isinstance(order.command, ask.FinalTouch) and docket.is_admin and docket.room.started_at is not None


def _seated(recorded: Recorded, order: Order) -> Recorded:
    """Tell the live store which connection holds the seat from now on."""
    if order.connection is None:
        return recorded
    events = []
    for event in recorded.events:
        seat = event.changes.get("seat")
        events.append(
            structs.replace(event, connection=order.connection, client=seat.client) if seat is not None else event
        )
    return replace(recorded, events=tuple(events))


def _asked_help(order: Order, room: Room) -> HelpId | None:
    """Return the number of the call this order opened or updated."""
    if not isinstance(order.command, ask.AskHelp) or not order.candidates:
        return None
    candidate = room.candidates.get(order.candidates[0])
    return candidate.open_help.id if candidate is not None and candidate.open_help is not None else None

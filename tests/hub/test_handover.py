"""Handing a room over: who may give how much, who loses nothing, and the way of a ticket on the twins in memory."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from hub import commands as ask
from hub import handover
from hub.events import EventKind
from hub.handover import Accepted
from hub.model import HUB, AccountId, Author, HandOver, Room, SessionNumber, account_author
from hub.people import Role
from hub.policy import Policy
from hub.ports import Standing
from hub.refusals import Code, Refusal
from hub.standing import Claim, standing_of
from tests.builders import CLAIRE, MARC, NOW, NUMBER, POLICY, a_room, later
from tests.hub.test_service import ADMIN, ADMIN_IN_CHARGE, ELSEWHERE, Bench, a_bench, code_of

NADIA = account_author(AccountId(30))
OSCAR = account_author(AccountId(31))
TICKET = b"digest of a ticket"


def accepted(room: Room, by: Author = CLAIRE, to: Author = NADIA, *, is_bound: bool = False) -> Room:
    """Return the room after a handover that was accepted."""
    outcome = handover.accept(room, by, to, NOW, POLICY, is_bound=is_bound)
    assert not isinstance(outcome, Refusal)
    return structs.replace(room, **outcome[0].room) if outcome else room


# ── how much ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_colleague_commands_for_as_long_as_the_installation_says() -> None:
    outcome = handover.accept(a_room(), CLAIRE, NADIA, NOW, POLICY, is_bound=False)
    assert not isinstance(outcome, Refusal)
    (event,) = outcome
    assert (event.kind, event.codes) == (EventKind.SESSION_HANDED_OVER, {"by": CLAIRE, "minutes": 240})
    assert event.room == {"hand_overs": (HandOver(CLAIRE, NADIA, later(hours=4)),)}
    short = handover.accept(a_room(), CLAIRE, NADIA, NOW, Policy(handover=timedelta(minutes=5)), is_bound=False)
    assert not isinstance(short, Refusal)
    assert short[0].codes["minutes"] == 5


def test_nobody_gives_more_time_than_they_have() -> None:
    room = a_room(hand_overs=(HandOver(CLAIRE, MARC, later(minutes=30)),))
    assert handover.end_of(accepted(room, MARC, is_bound=True), NADIA) == later(minutes=30)
    assert handover.accept(room, OSCAR, NADIA, NOW, POLICY, is_bound=True) == ()


def test_two_colleagues_do_not_prolong_each_other() -> None:
    room = a_room(hand_overs=(HandOver(CLAIRE, MARC, later(minutes=30)),))
    both = accepted(room, MARC, NADIA, is_bound=True)
    assert handover.accept(both, NADIA, MARC, NOW, POLICY, is_bound=True) == ()


def test_a_later_handover_prolongs_and_an_earlier_end_never_replaces_a_later_one() -> None:
    room = a_room(hand_overs=(HandOver(CLAIRE, NADIA, later(hours=1)), HandOver(CLAIRE, OSCAR, later(hours=2))))
    assert accepted(room, MARC).hand_overs == (
        HandOver(CLAIRE, OSCAR, later(hours=2)),
        HandOver(MARC, NADIA, later(hours=4)),
    )
    assert [handover.end_of(room, one) for one in (NADIA, OSCAR, MARC)] == [later(hours=1), later(hours=2), None]
    longer = a_room(hand_overs=(HandOver(CLAIRE, NADIA, later(hours=5)),))
    assert handover.accept(longer, MARC, NADIA, NOW, POLICY, is_bound=False) == ()


@pytest.mark.parametrize(
    ("room", "to", "code"),
    [
        (a_room(), CLAIRE, Code.OWN_HANDOVER),
        (a_room(finalized_at=NOW), NADIA, Code.SESSION_CLOSED),
        (a_room(reopened_at=NOW), NADIA, Code.SESSION_CLOSED),
    ],
)
def test_nobody_hands_over_to_themselves_nor_a_room_that_is_closed(room: Room, to: Author, code: Code) -> None:
    assert handover.accept(room, CLAIRE, to, NOW, POLICY, is_bound=False) == Refusal(code)


# ── what the right is worth ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("minutes", "role", "facts", "standing"),
    [
        (1, Role.INVIGILATOR, {}, Standing.COMMAND),
        (0, Role.INVIGILATOR, {}, Standing.NONE),
        (-1, Role.INVIGILATOR, {}, Standing.NONE),
        (1, Role.CENTER_ADMIN, {}, Standing.COMMAND),
        (1, Role.JURY, {}, Standing.NONE),
        (1, Role.OPERATOR, {}, Standing.NONE),
        (1, Role.INVIGILATOR, {"reopened_at": NOW}, Standing.NONE),
        (1, Role.INVIGILATOR, {"finalized_at": later(hours=-25)}, Standing.NONE),
    ],
)
def test_the_right_ends_at_its_instant_and_with_the_session(
    minutes: int, role: Role, facts: dict[str, object], standing: Standing
) -> None:
    room = a_room(hand_overs=(HandOver(CLAIRE, NADIA, later(minutes=minutes)),), **facts)
    claim = Claim(AccountId(30), role, is_invigilating=False, is_of_the_center=False)
    assert standing_of(claim, room, NOW) is standing
    assert standing_of(replace(claim, account=AccountId(31)), room, NOW) is not Standing.COMMAND


# ── the way of a ticket ────────────────────────────────────────────────────────────────────────────────────────────


def a_handover(by: Author = CLAIRE) -> Bench:
    """Build a bench with two newcomers and a ticket."""
    bench = a_bench()
    for author in (NADIA, OSCAR):
        account = AccountId(int(author.removeprefix("account:")))
        bench.ledger.claim(NUMBER, author, Claim(account, Role.INVIGILATOR, False, False))
    bench.ledger.add_ticket(NUMBER, TICKET, AccountId(int(by.removeprefix("account:"))))
    return bench


async def comes(bench: Bench, who: Author, ticket: bytes = TICKET) -> Accepted | Refusal:
    account = AccountId(int(who.removeprefix("account:")))
    answer = await bench.decisions.accept_handover(NUMBER, ticket, account)
    await bench.announcer.settled()
    return answer


async def test_whoever_comes_with_a_ticket_commands_until_the_right_ends() -> None:
    bench = a_handover()
    assert code_of(await bench.ask(ask.AuthorizeResume(), NADIA)) is Code.FORBIDDEN
    answer = await comes(bench, NADIA)
    assert answer == Accepted(NUMBER, later(hours=4))
    (row,) = bench.ledger.audit(NUMBER)
    assert (row.kind, row.author, row.codes) == ("session.handed_over", NADIA, {"by": CLAIRE, "minutes": 240})
    bench.clock.advance(4 * 3600 - 1)
    assert code_of(await bench.ask(ask.AddTime(5, "alarme"), NADIA)) is None
    bench.clock.advance(1)
    assert code_of(await bench.ask(ask.AddTime(5, "alarme"), NADIA)) is Code.FORBIDDEN


async def test_the_live_store_is_told_of_it() -> None:
    bench = a_handover()
    await bench.live.load(await bench.ledger.room(NUMBER))
    await comes(bench, NADIA)
    told = await bench.live.snapshot(NUMBER)
    assert told is not None
    assert told.room.hand_overs == (HandOver(CLAIRE, NADIA, later(hours=4)),)


async def test_of_two_who_come_at_once_exactly_one_gets_the_right() -> None:
    bench = a_handover()
    answers = await asyncio.gather(comes(bench, NADIA), comes(bench, OSCAR))
    assert sorted(type(one).__name__ for one in answers) == ["Accepted", "Refusal"]
    assert bench.kinds == [EventKind.SESSION_HANDED_OVER]


async def test_the_same_account_hears_the_same_answer_again_and_gains_no_time() -> None:
    bench = a_handover()
    first = await comes(bench, NADIA)
    bench.clock.advance(60)
    assert await comes(bench, NADIA) == first
    assert bench.kinds == [EventKind.SESSION_HANDED_OVER]


async def test_an_unknown_ticket_changes_nothing() -> None:
    bench = a_handover()
    assert await comes(bench, NADIA, b"another") == Refusal(Code.HANDOVER_UNKNOWN)
    assert bench.kinds == []


async def test_whoever_entered_with_the_password_keeps_a_right_without_an_end_and_the_ticket_is_used_up() -> None:
    bench = a_handover()
    assert await comes(bench, MARC) == Accepted(NUMBER, None)
    assert bench.kinds == []
    assert (await bench.ledger.room(NUMBER)).hand_overs == ()
    assert await comes(bench, NADIA) == Refusal(Code.HANDOVER_UNKNOWN)


async def test_a_refused_ticket_is_not_used_up() -> None:
    bench = a_handover()
    assert await comes(bench, CLAIRE) == Refusal(Code.OWN_HANDOVER)
    assert isinstance(await comes(bench, NADIA), Accepted)


@pytest.mark.parametrize("by", [ADMIN, ADMIN_IN_CHARGE])
async def test_an_admin_of_the_center_gives_all_of_it_also_when_the_take_over_has_lapsed(by: Author) -> None:
    bench = a_handover(by)
    assert await comes(bench, NADIA) == Accepted(NUMBER, later(hours=4))


async def test_whoever_may_nothing_here_any_more_gives_nothing() -> None:
    bench = a_handover(ELSEWHERE)
    assert await comes(bench, NADIA) == Refusal(Code.HANDOVER_UNKNOWN)


async def test_who_was_let_in_for_a_while_hands_on_what_is_left_of_it() -> None:
    bench = a_handover()
    await comes(bench, NADIA)
    bench.clock.advance(3 * 3600)
    bench.ledger.add_ticket(NUMBER, b"second", AccountId(30))
    assert await comes(bench, OSCAR, b"second") == Accepted(NUMBER, later(hours=4))


async def test_what_is_due_is_settled_first() -> None:
    bench = a_handover()
    await bench.ask(ask.EndAttempt())
    bench.clock.advance(10)
    await comes(bench, NADIA)
    assert bench.kinds[-1] is EventKind.SESSION_HANDED_OVER
    assert EventKind.ENDED in bench.kinds
    assert [one.author for one in bench.ledger.audit(NUMBER)][1:-1] == [HUB, HUB]


async def test_a_session_that_is_gone_is_no_handover() -> None:
    bench = a_handover()
    refused = await bench.decisions.accept_handover(SessionNumber(9999), TICKET, AccountId(30))
    assert refused == Refusal(Code.FORBIDDEN)

"""The contract of the ledger, on its twin in memory and on a real Postgres: the lock, who may, and keys."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from hub import audit, handover
from hub import commands as ask
from hub.events import Changes, Event, EventKind
from hub.model import (
    HUB,
    Author,
    CandidateId,
    HandOver,
    HelpId,
    IdentityState,
    SessionNumber,
    account_of,
    client_author,
)
from hub.policy import Policy
from hub.ports import Answer, KeyedAnswer, LockBusy, Result, Standing, UnknownSession
from hub.refusals import Code, Refusal
from state.accidents import StaleRow
from tests.contract.ledgers import (
    NOWHERE,
    Exam,
    PostgresWorld,
    World,
    decide,
    opened,
    signature,
    started,
)


async def check_identity(world: World, exam: Exam, *, revision: int | None = None, is_broken_off: bool = False) -> None:
    """Decide one small thing, perhaps about a row as it was earlier, perhaps with an accident at the end."""
    one = exam.candidates[0]
    async with world.ledger.case(exam.number) as case:
        docket, room = await opened(case, exam.invigilator, one)
        if revision is not None:
            room = structs.replace(room, candidates={one: structs.replace(room.candidates[one], revision=revision)})
        event = Event(EventKind.IDENTITY_CHECKED, one, Changes(identity=IdentityState.CHECKED))
        recorded = audit.record(room, [event], signature(exam.invigilator, docket.now))
        await case.write(room, recorded.room, recorded.records, docket.now)
        if is_broken_off:
            raise ZeroDivisionError


async def write_on_an_old_head(world: World, exam: Exam) -> None:
    async with world.ledger.case(exam.number) as case:
        docket, room = await opened(case, exam.invigilator)
        await case.write(structs.replace(room, decision_seq=0), room, (), docket.now)


# ── the lock ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_waiter_reads_what_was_written_while_it_waited(world: World) -> None:
    exam = await world.exam()
    one = exam.candidates[0]

    async def look() -> bool:
        async with world.ledger.case(exam.number) as case:
            docket, room = await opened(case, exam.invigilator, one)
            return room.candidates[one].identity is IdentityState.CHECKED and docket.room.decision_seq == 1

    async with world.ledger.case(exam.number) as case:
        docket, room = await opened(case, exam.invigilator, one)
        waiter = asyncio.create_task(look())
        await world.until_somebody_waits()
        event = Event(EventKind.IDENTITY_CHECKED, one, Changes(identity=IdentityState.CHECKED))
        recorded = audit.record(room, [event], signature(exam.invigilator, docket.now))
        await case.write(room, recorded.room, recorded.records, docket.now)
    assert await waiter


async def test_a_waiter_finds_the_answer_that_was_kept_while_it_waited(world: World) -> None:
    exam = await world.exam()

    async def look() -> KeyedAnswer | None:
        async with world.ledger.case(exam.number) as case:
            return (await case.docket(exam.invigilator, "k1")).stored

    async with world.ledger.case(exam.number) as case:
        docket, room = await opened(case, exam.invigilator)
        waiter = asyncio.create_task(look())
        await world.until_somebody_waits()
        kept = KeyedAnswer(exam.invigilator, "k1", "digest", Answer((), 0))
        await case.write(room, room, (), docket.now, [kept])
    assert await waiter == kept, "the same command came twice at once, and is one"


async def test_of_two_clients_at_once_one_spends_the_authorization(world: World) -> None:
    exam = await world.exam(1)
    one = exam.candidates[0]
    await started(world, exam, one)
    await decide(world.ledger, exam, exam.invigilator, ask.AuthorizeResume(), one)
    clients = [await world.client(exam, one) for _ in range(2)]
    outcomes = await asyncio.gather(
        *(
            decide(world.ledger, exam, client_author(client), ask.Enter(client, is_code_right=True), one)
            for client in clients
        )
    )
    refusals = [answer.results[0].refusal for _, answer in outcomes]
    assert sorted(refusal.code if refusal else "" for refusal in refusals) == ["", Code.RESUME_NOT_AUTHORIZED]
    assert (await world.ledger.room(exam.number)).candidates[one].entry_no == 2


async def test_a_lock_held_for_too_long_is_busy(world: World) -> None:
    exam = await world.exam()
    async with world.ledger.case(exam.number):
        with pytest.raises(LockBusy):
            async with world.ledger.case(exam.number):
                pass


async def test_an_unknown_session_is_unknown_everywhere(world: World) -> None:
    for number in (NOWHERE, SessionNumber(0), SessionNumber(2**80)):
        with pytest.raises(UnknownSession):
            async with world.ledger.case(number):
                pass
        with pytest.raises(UnknownSession):
            await world.ledger.room(number)
        with pytest.raises(UnknownSession):
            await world.ledger.roster(number)
        await world.ledger.next_epoch(number, 1)
        assert await world.ledger.glimpses([CandidateId(number)]) == {}
        assert await world.ledger.heads([number]) == {}


async def test_a_case_left_by_an_accident_writes_nothing(world: World) -> None:
    exam = await world.exam()
    one = exam.candidates[0]
    with pytest.raises(ZeroDivisionError):
        await check_identity(world, exam, is_broken_off=True)
    room = await world.ledger.room(exam.number)
    assert (room.decision_seq, room.candidates[one].identity) == (0, IdentityState.UNCHECKED)
    assert len(await world.audit(exam.number)) == 0


async def test_a_row_that_is_not_as_read_is_refused_and_nothing_is_written(world: World) -> None:
    exam = await world.exam()
    one = exam.candidates[0]
    await decide(world.ledger, exam, exam.invigilator, ask.CheckIdentity(IdentityState.TO_CORRECT), one)
    kept = await world.ledger.room(exam.number)
    with pytest.raises(StaleRow):
        await check_identity(world, exam, revision=0)
    assert await world.ledger.room(exam.number) == kept
    assert len(await world.audit(exam.number)) == kept.decision_seq


async def test_a_head_that_is_not_as_read_is_refused(world: World) -> None:
    exam = await world.exam()
    await decide(world.ledger, exam, exam.invigilator, ask.StartSession())
    with pytest.raises(StaleRow):
        await write_on_an_old_head(world, exam)


async def test_time_is_never_earlier_than_the_last_decision(world: World) -> None:
    exam = await world.exam()
    await world.decided_ahead(exam.number, timedelta(hours=1))
    times = []
    for state in (IdentityState.CHECKED, IdentityState.TO_CORRECT):
        await decide(world.ledger, exam, exam.invigilator, ask.CheckIdentity(state), exam.candidates[0])
        times.append((await world.audit(exam.number))[-1].at)
    async with world.ledger.case(exam.number) as case:
        times.append((await case.docket(HUB, None)).now)
    assert times == sorted(times)
    assert times[0] == times[-1]


# ── who may ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_right_is_read_with_the_docket(world: World) -> None:
    exam, other = await world.exam(), await world.exam()
    client, elsewhere = await world.client(exam, exam.candidates[1]), await world.client(other, other.candidates[0])
    expected = {
        exam.invigilator: (Standing.COMMAND, None),
        exam.admin: (Standing.WATCH, None),
        exam.stranger: (Standing.NONE, None),
        other.invigilator: (Standing.NONE, None),
        client_author(client): (Standing.CLIENT, exam.candidates[1]),
        client_author(elsewhere): (Standing.NONE, None),
        Author("client:'; --"): (Standing.NONE, None),
        Author("account:²"): (Standing.NONE, None),
        Author("account:99999999999999999999"): (Standing.NONE, None),
        HUB: (Standing.HUB, None),
    }
    seen = {}
    async with world.ledger.case(exam.number) as case:
        for author in expected:
            docket = await case.docket(author, None)
            seen[author] = (docket.standing, docket.candidate)
        together = await case.dockets([(author, None) for author in expected])
    assert seen == expected
    assert [(one.standing, one.candidate) for one in together] == list(expected.values())
    assert len({one.now for one in together}) == 1


async def test_whose_account_is_disabled_has_no_right_from_the_next_decision_on(postgres_world: PostgresWorld) -> None:
    exam = await postgres_world.exam()
    account = account_of(exam.invigilator)
    assert account is not None
    await postgres_world.directory.set_disabled(account, is_disabled=True)
    async with postgres_world.ledger.case(exam.number) as case:
        assert (await case.docket(exam.invigilator, None)).standing is Standing.NONE


async def test_a_take_over_gives_commands_for_a_while(world: World) -> None:
    exam = await world.exam()
    for life, standing in ((timedelta(minutes=15), Standing.COMMAND), (timedelta(0), Standing.WATCH)):
        await decide(world.ledger, exam, exam.admin, ask.TakeOverRoom(), policy=Policy(take_over=life))
        async with world.ledger.case(exam.number) as case:
            assert (await case.docket(exam.admin, None)).standing is standing


async def test_a_room_handed_over_gives_commands_for_a_while_and_never_a_right_without_an_end(world: World) -> None:
    exam = await world.exam()
    for life, standing in ((timedelta(milliseconds=1), Standing.NONE), (timedelta(hours=4), Standing.COMMAND)):
        async with world.ledger.case(exam.number) as case:
            docket, room = await opened(case, exam.stranger)
            given = handover.accept(
                room, exam.invigilator, exam.stranger, docket.now, Policy(handover=life), is_bound=False
            )
            assert not isinstance(given, Refusal)
            recorded = audit.record(room, given, signature(exam.stranger, docket.now))
            await case.write(room, recorded.room, recorded.records, docket.now)
        expected = (HandOver(exam.invigilator, exam.stranger, docket.now + life),)
        assert (await world.ledger.room(exam.number)).hand_overs == expected
        async with world.ledger.case(exam.number) as case:
            docket = await case.docket(exam.stranger, None)
            assert (docket.standing, docket.is_invigilating, docket.room.hand_overs) == (standing, False, expected)
            assert (await case.docket(exam.invigilator, None)).is_invigilating


# ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_accepted_answer_is_found_again_under_its_key_and_author(world: World) -> None:
    exam = await world.exam()
    event = Event(EventKind.ENTRY_REFUSED, exam.candidates[0])
    results = (
        Result(exam.candidates[0], Refusal(Code.HELP_TAKEN, 500, by="account:1", events=(event,))),
        Result(exam.candidates[1], is_already=True),
    )
    kept = KeyedAnswer(exam.invigilator, "k1", "digest", Answer(results, 7, HelpId(3)))
    async with world.ledger.case(exam.number) as case:
        docket, room = await opened(case, exam.invigilator)
        await case.write(room, room, (), docket.now, [kept])
    async with world.ledger.case(exam.number) as case:
        stored = (await case.docket(exam.invigilator, "k1")).stored
        asked = ((exam.admin, "k1"), (exam.invigilator, "k2"), (exam.invigilator, "k1"), (exam.invigilator, None))
        others = [one.stored for one in await case.dockets(asked)]
    told = (replace(results[0], refusal=Refusal(Code.HELP_TAKEN, 500, by="account:1")), results[1])
    assert stored == replace(kept, answer=Answer(told, 7, HelpId(3)))
    assert others == [None, None, stored, None]

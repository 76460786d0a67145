"""The contract of the ledger, on its twin in memory and on a real Postgres."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from secrets import token_hex

import pytest

from hub import audit, handover
from hub import commands as ask
from hub.audit import row_hash
from hub.events import Changes, Event, EventKind
from hub.model import (
    HUB,
    AttemptState,
    Author,
    CandidateId,
    Cause,
    ClientId,
    HandOver,
    HelpId,
    HelpKind,
    HelpOutcome,
    IdentityState,
    Progress,
    Room,
    SessionNumber,
    client_author,
)
from hub.policy import Policy
from hub.ports import Answer, FlushedProgress, KeyedAnswer, LockBusy, Result, Standing, UnknownSession
from hub.refusals import Code, Refusal
from state.accidents import StaleRow
from state.shards import MAIN
from tests.contract.ledgers import (
    ACCESS_CODE,
    Exam,
    World,
    decide,
    opened,
    settle,
    signature,
)

AT_ONCE = Policy(undo=timedelta(0), resume_life=timedelta(0))
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOWHERE = SessionNumber(999_999_999)


async def check_identity(world: World, exam: Exam, *, revision: int | None = None, is_broken_off: bool = False) -> None:
    """Decide one small thing, perhaps about a row as it was earlier, perhaps with an accident at the end."""
    one = exam.candidates[0]
    async with world.ledger.case(exam.number) as case:
        docket, room = await opened(case, exam.invigilator, one)
        if revision is not None:
            room = replace(room, candidates={one: replace(room.candidates[one], revision=revision)})
        event = Event(EventKind.IDENTITY_CHECKED, one, Changes(identity=IdentityState.CHECKED))
        recorded = audit.record(room, [event], signature(exam.invigilator, docket.now))
        await case.write(room, recorded.room, recorded.records, docket.now)
        if is_broken_off:
            raise ZeroDivisionError


async def write_on_an_old_head(world: World, exam: Exam) -> None:
    async with world.ledger.case(exam.number) as case:
        docket, room = await opened(case, exam.invigilator)
        await case.write(replace(room, decision_seq=0), room, (), docket.now)


async def started(world: World, exam: Exam, candidate: CandidateId) -> ClientId:
    """Bring a candidate into the test; return the client that holds the seat."""
    await decide(world.ledger, exam, exam.invigilator, ask.ConfirmPresence(), candidate)
    client = await world.client(exam, candidate)
    _, answer = await decide(
        world.ledger, exam, client_author(client), ask.Enter(client, is_code_right=True, total=32), candidate
    )
    assert answer.results[0].refusal is None
    return client


def flushed(exam: Exam, candidate: CandidateId, answered: int, entry_no: int = 1, total: int = 32) -> FlushedProgress:
    return FlushedProgress(exam.number, candidate, entry_no, Progress(answered, total, answered, NOON))


async def stored_progress(world: World, exam: Exam, candidate: CandidateId) -> Progress | None:
    return (await world.ledger.room(exam.number)).candidates[candidate].progress


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


# ── what was decided ───────────────────────────────────────────────────────────────────────────────────────────


async def whole_story(world: World, exam: Exam) -> Room:
    """Play something of everything; return the last room as the rules see it."""
    one, two, three = exam.candidates
    ledger, staff = world.ledger, exam.invigilator
    client = await started(world, exam, one)
    await decide(ledger, exam, staff, ask.CheckIdentity(IdentityState.TO_CORRECT), one)
    asked, _ = await decide(ledger, exam, client_author(client), ask.AskHelp(client, HelpKind.QUESTION, 3, "é"), one)
    help_id = asked.candidates[one].help[0].id
    await decide(ledger, exam, staff, ask.TakeHelp(help_id), one)
    report = ask.ReportDraft("question.other", 3, "Image « cassée »")
    await decide(ledger, exam, staff, ask.ResolveHelp(help_id, HelpOutcome.ACCEPT, "vu", report), one)
    await decide(ledger, exam, staff, ask.AddTime(5, "panne"), *exam.candidates)
    await decide(ledger, exam, HUB, ask.Interrupt(1, 1, timedelta(seconds=15), Cause.ROOM), one)
    other = await world.client(exam, one)
    enter = ask.Enter(other, is_code_right=True)
    await decide(ledger, exam, client_author(other), enter, one)
    await decide(ledger, exam, staff, ask.AuthorizeResume(), one)
    await decide(ledger, exam, client_author(other), enter, one)
    await decide(ledger, exam, client_author(other), ask.Finish(other, 30, 32), one)
    await decide(ledger, exam, staff, ask.SeeEndScreen(), one)
    await started(world, exam, two)
    await decide(ledger, exam, staff, ask.AuthorizeResume(), two)
    await decide(ledger, exam, staff, ask.MarkAbsent(), three)
    await decide(ledger, exam, exam.admin, ask.TakeOverRoom())
    room, _ = await decide(ledger, exam, staff, ask.SendMessage("Dix minutes"), *exam.candidates)
    return room


async def test_what_is_read_again_is_what_the_rules_had_made(world: World) -> None:
    exam = await world.exam(3, extra_time_percentage=33)
    made = await whole_story(world, exam)
    read = await world.ledger.room(exam.number)
    assert read == made
    assert read.candidates[exam.candidates[0]].attempt is AttemptState.FINISHED
    assert read.candidates[exam.candidates[0]].certification_number is not None


async def test_the_audit_is_one_unbroken_chain_of_what_was_decided(world: World) -> None:
    exam = await world.exam()
    room = await whole_story(world, exam)
    rows = await world.audit(exam.number)
    assert [row.seq for row in rows] == list(range(1, room.decision_seq + 1))
    assert [row.previous_hash for row in rows] == ["", *(row.hash for row in rows[:-1])]
    assert [row.hash for row in rows] == [row_hash(row) for row in rows]
    assert rows[-1].hash == room.decision_hash
    assert all(row.detail_digest == audit.detail_digest(row.salt, row.detail) for row in rows if row.detail)
    assert rows[-1].detail == {"text": "Dix minutes"}


async def test_an_end_takes_effect_when_it_is_due_and_only_once(world: World) -> None:
    exam = await world.exam()
    one = exam.candidates[0]
    await started(world, exam, one)
    assert exam.number not in await world.ledger.due(100)
    await decide(world.ledger, exam, exam.invigilator, ask.EndAttempt(), one, policy=AT_ONCE)
    assert exam.number in await world.ledger.due(100)
    assert await world.ledger.due(0) == []
    assert len((await settle(world.ledger, exam.number)).records) == 1
    assert exam.number not in await world.ledger.due(100)
    assert len((await settle(world.ledger, exam.number)).records) == 0
    row = (await world.ledger.room(exam.number)).candidates[one]
    assert row.attempt is AttemptState.ENDED
    assert row.ending_at is not None


async def test_an_unused_authorization_lapses_when_it_is_due(world: World) -> None:
    exam = await world.exam()
    one = exam.candidates[0]
    await started(world, exam, one)
    await decide(world.ledger, exam, exam.invigilator, ask.AuthorizeResume(), one, policy=AT_ONCE)
    assert exam.number in await world.ledger.due(100)
    # Asked about nobody in particular, the case brings the rows in which something is due.
    assert len((await settle(world.ledger, exam.number)).records) == 1
    assert (await world.ledger.room(exam.number)).candidates[one].authorization is None


async def test_a_session_runs_while_somebody_is_in_the_test_and_not_interrupted(world: World) -> None:
    exam = await world.exam()
    one = exam.candidates[0]
    assert exam.number not in await world.ledger.running()
    await started(world, exam, one)
    assert exam.number in await world.ledger.running()
    await decide(world.ledger, exam, HUB, ask.Interrupt(1, 1, timedelta(seconds=15), Cause.HUB), one)
    assert exam.number not in await world.ledger.running()


async def test_heads_tell_where_the_truth_stands(world: World) -> None:
    exam, other = await world.exam(), await world.exam()
    room, _ = await decide(world.ledger, exam, exam.invigilator, ask.StartSession())
    await world.ledger.next_epoch(exam.number, 1)
    heads = await world.ledger.heads([exam.number, other.number, NOWHERE])
    assert set(heads) == {exam.number, other.number}
    head = heads[exam.number]
    assert (head.decision_seq, head.decision_hash, head.live_epoch) == (1, room.decision_hash, 2)
    assert (heads[other.number].decision_seq, heads[other.number].decision_hash) == (0, "")


async def test_a_decision_never_takes_a_new_epoch_back(world: World) -> None:
    exam = await world.exam()
    await world.ledger.next_epoch(exam.number, 1)
    await decide(world.ledger, exam, exam.invigilator, ask.StartSession())
    assert (await world.ledger.room(exam.number)).live_epoch == 2


async def test_a_new_life_begins_once_however_many_nodes_ask(world: World) -> None:
    exam = await world.exam()
    await world.ledger.next_epoch(exam.number, 1)
    await world.ledger.next_epoch(exam.number, 1)
    assert (await world.ledger.room(exam.number)).live_epoch == 2
    await world.ledger.next_epoch(exam.number, 2, beyond=40)
    assert (await world.ledger.room(exam.number)).live_epoch == 41


async def test_the_current_live_store_changes_only_for_who_knew_the_one_before(world: World) -> None:
    ledger, life = world.ledger, token_hex(4)
    first, second, third = (f"{life}-{one}" for one in ("first", "second", "third"))
    await world.age_history()
    assert not await ledger.is_live_store_elsewhere(MAIN)
    assert await ledger.confirm_history(MAIN, first, None)
    assert await ledger.is_live_store_elsewhere(MAIN)
    assert await ledger.confirm_history(MAIN, first, first)
    assert not await ledger.confirm_history(MAIN, second, None), "a node that begins takes nothing away"
    assert not await ledger.confirm_history(MAIN, second, third), "nor does one that knew another"
    assert await ledger.confirm_history(MAIN, second, first), "it was restarted, or another one was promoted"
    assert not await ledger.confirm_history(MAIN, first, first), "whoever still sees the old one sees the wrong one"
    await world.age_history()
    assert await ledger.confirm_history(MAIN, third, None), "nobody has confirmed the last one for a while"
    assert not await ledger.confirm_history(MAIN, second, None)


async def test_what_counts_for_one_shard_says_nothing_of_another(world: World) -> None:
    ledger, life = world.ledger, token_hex(4)
    one, other = f"{life}-one", f"{life}-other"
    await world.age_history()
    assert not await ledger.is_live_store_elsewhere(None)
    assert await ledger.confirm_history(one, "a", None)
    assert not await ledger.is_live_store_elsewhere(other)
    assert await ledger.is_live_store_elsewhere(None)
    assert await ledger.confirm_history(other, "b", None)
    assert await ledger.confirm_history(one, "c", "a")
    assert not await ledger.confirm_history(other, "c", "a")
    assert await ledger.confirm_history(other, "b", "b")


async def test_what_was_said_a_moment_ago_can_be_said_again(world: World) -> None:
    exam = await world.exam()
    one, two, _ = exam.candidates
    room, _ = await decide(world.ledger, exam, exam.invigilator, ask.SendMessage("Restez assis « ici »"), one, two)
    said = await world.ledger.recent_messages(exam.number, 30)
    assert [(event.candidate, event.text, event.by) for _, event in said] == [
        (one, "Restez assis « ici »", exam.invigilator),
        (two, "Restez assis « ici »", exam.invigilator),
    ]
    assert [event.decision for _, event in said] == [room.decision_seq - 1, room.decision_seq]
    assert all(0 <= age < 20 for age, _ in said)
    assert not await world.ledger.recent_messages(exam.number, -1)


async def test_the_roster_names_candidates_and_staff(world: World) -> None:
    exam = await world.exam()
    roster = await world.ledger.roster(exam.number)
    assert {person.last_name for person in roster.people.values()} == {"Nom0", "Nom1", "Nom2"}
    assert set(roster.people) == set(exam.candidates)
    assert roster.staff == {exam.invigilator: "Ann Invigilator", exam.admin: "Ada Admin"}
    assert (roster.sheet.access_code, roster.sheet.start_time) == (ACCESS_CODE, "09:00")
    assert roster.version == (await world.ledger.heads([exam.number]))[exam.number].roster_version


# ── what is noted without the lock ─────────────────────────────────────────────────────────────────────────────


async def test_progress_goes_only_forward(world: World) -> None:
    exam = await world.exam()
    one = exam.candidates[0]
    await started(world, exam, one)
    seen = []
    for answered, total in ((3, 32), (2, 32), (3, 32), (9, 33), (5, 32)):
        await world.ledger.flush_progress([flushed(exam, one, answered, total=total)])
        progress = await stored_progress(world, exam, one)
        seen.append(progress.answered if progress else None)
    assert seen == [3, 3, 3, 3, 5]


async def test_one_batch_may_hold_many_candidates_and_the_same_one_twice(world: World) -> None:
    exam = await world.exam()
    one, two, three = exam.candidates
    await started(world, exam, one)
    await started(world, exam, two)
    await world.ledger.flush_progress(
        [
            flushed(exam, two, 4),
            flushed(exam, one, 2),
            flushed(exam, two, 6),
            flushed(exam, two, 5),
            flushed(exam, three, 9),
        ]
    )
    progress = [await stored_progress(world, exam, candidate) for candidate in exam.candidates]
    assert [one.answered if one else None for one in progress] == [2, 6, None]
    await world.ledger.flush_progress([])


async def test_progress_of_an_older_entry_is_dropped(world: World) -> None:
    exam = await world.exam()
    one = exam.candidates[0]
    client = await started(world, exam, one)
    await decide(world.ledger, exam, client_author(client), ask.ReturnToSeat(client), one)
    await world.ledger.flush_progress([flushed(exam, one, 7, entry_no=1)])
    progress = await stored_progress(world, exam, one)
    assert progress is not None
    assert progress.answered == 0
    await world.ledger.flush_progress([flushed(exam, one, 7, entry_no=2)])
    assert await stored_progress(world, exam, one) == Progress(7, 32, 7, NOON)


async def test_progress_after_the_end_is_dropped(world: World) -> None:
    exam = await world.exam()
    one = exam.candidates[0]
    client = await started(world, exam, one)
    await decide(world.ledger, exam, client_author(client), ask.Finish(client, 10, 32), one)
    await world.ledger.flush_progress([flushed(exam, one, 20)])
    progress = await stored_progress(world, exam, one)
    assert progress is not None
    assert progress.answered == 10


async def test_what_was_answered_before_an_invigilator_ended_the_test_may_still_arrive(world: World) -> None:
    exam = await world.exam()
    one = exam.candidates[0]
    await started(world, exam, one)
    policy = Policy(undo=timedelta())
    await decide(world.ledger, exam, exam.invigilator, ask.EndAttempt(), one, policy=policy)
    await decide(world.ledger, exam, HUB, ask.Leave(), one)
    assert (await world.ledger.room(exam.number)).candidates[one].attempt is AttemptState.ENDED
    await world.ledger.flush_progress([flushed(exam, one, 7)])
    await world.ledger.flush_progress([flushed(exam, one, 5)])
    assert await stored_progress(world, exam, one) == Progress(7, 32, 7, NOON)


async def test_a_finish_never_takes_back_what_a_flush_brought(world: World) -> None:
    exam = await world.exam()
    one = exam.candidates[0]
    client = await started(world, exam, one)
    async with world.ledger.case(exam.number) as case:
        docket, room = await opened(case, client_author(client), one)
        await world.ledger.flush_progress([flushed(exam, one, 20)])
        changes = Changes(attempt=AttemptState.FINISHED, progress=Progress(10, 32, 10, NOON))
        event = Event(EventKind.FINISHED, one, changes)
        recorded = audit.record(room, [event], signature(client_author(client), docket.now))
        await case.write(room, recorded.room, recorded.records, docket.now)
    assert await stored_progress(world, exam, one) == Progress(20, 32, 20, NOON)


async def test_wrong_codes_are_counted_until_a_right_one(world: World) -> None:
    exam = await world.exam()
    one = exam.candidates[0]
    for _ in range(3):
        await world.ledger.note_wrong_code(one)
    glimpse = (await world.ledger.glimpses([one, exam.candidates[1]]))[one]
    assert glimpse.wrong_codes == 3
    assert glimpse.wrong_code_at is not None
    assert glimpse.wrong_code_at <= glimpse.now
    assert glimpse.access_code == ACCESS_CODE
    assert glimpse.room.candidates == {one: glimpse.candidate}
    await started(world, exam, one)
    assert (await world.ledger.glimpses([one]))[one].wrong_codes == 0


async def test_a_right_code_refused_at_the_door_also_forgets_the_wrong_ones(world: World) -> None:
    exam = await world.exam()
    one = exam.candidates[0]
    client = await world.client(exam, one)
    await world.ledger.note_wrong_code(one)
    _, answer = await decide(world.ledger, exam, client_author(client), ask.Enter(client, is_code_right=True), one)
    glimpse = (await world.ledger.glimpses([one]))[one]
    assert answer.results[0].refusal is not None
    assert glimpse.wrong_codes == 0
    assert glimpse.candidate.entry_refused is not None


async def test_a_glimpse_of_many_tells_each_in_their_own_session(world: World) -> None:
    exam, other = await world.exam(), await world.exam()
    seen = await world.ledger.glimpses([exam.candidates[0], other.candidates[0], CandidateId(987_654_321)])
    assert {one: glimpse.room.number for one, glimpse in seen.items()} == {
        exam.candidates[0]: exam.number,
        other.candidates[0]: other.number,
    }


async def test_the_first_joining_is_remembered_whatever_is_decided(world: World) -> None:
    exam = await world.exam()
    one, two, _ = exam.candidates
    await world.ledger.note_joined([])
    await world.ledger.note_joined([two, one, CandidateId(987_654_321)])
    first = (await world.ledger.room(exam.number)).candidates[one].joined_at
    assert first is not None
    await started(world, exam, one)
    await world.ledger.note_joined([one])
    assert (await world.ledger.room(exam.number)).candidates[one].joined_at == first


async def test_a_joining_noted_during_a_decision_is_kept(world: World) -> None:
    exam = await world.exam()
    one = exam.candidates[0]
    async with world.ledger.case(exam.number) as case:
        docket, room = await opened(case, exam.invigilator, one)
        await world.ledger.note_joined([one])
        event = Event(EventKind.IDENTITY_CHECKED, one, Changes(identity=IdentityState.CHECKED))
        recorded = audit.record(room, [event], signature(exam.invigilator, docket.now))
        await case.write(room, recorded.room, recorded.records, docket.now)
    row = (await world.ledger.room(exam.number)).candidates[one]
    assert row.joined_at is not None
    assert row.identity is IdentityState.CHECKED

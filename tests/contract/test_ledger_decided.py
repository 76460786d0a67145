"""The contract of the ledger: what was decided is read again, what is due takes effect once, and lives of the room."""

from __future__ import annotations

from datetime import timedelta
from secrets import token_hex

from hub import audit
from hub import commands as ask
from hub.audit import row_hash
from hub.model import (
    HUB,
    AttemptState,
    Cause,
    HelpKind,
    HelpOutcome,
    IdentityState,
    NodeId,
    Room,
    SessionNumber,
    client_author,
)
from hub.policy import Policy
from state.shards import MAIN
from tests.contract.ledgers import (
    ACCESS_CODE,
    NODE,
    NOWHERE,
    OTHER_NODE,
    Exam,
    World,
    decide,
    settle,
    started,
)

AT_ONCE = Policy(undo=timedelta(0), resume_life=timedelta(0))


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
    assert exam.number not in await world.ledger.due(100, NODE)
    await decide(world.ledger, exam, exam.invigilator, ask.EndAttempt(), one, policy=AT_ONCE)
    assert exam.number in await world.ledger.due(100, NODE)
    assert await world.ledger.due(0, NODE) == []
    assert len((await settle(world.ledger, exam.number)).records) == 1
    assert exam.number not in await world.ledger.due(100, NODE)
    assert len((await settle(world.ledger, exam.number)).records) == 0
    row = (await world.ledger.room(exam.number)).candidates[one]
    assert row.attempt is AttemptState.ENDED
    assert row.ending_at is not None


async def test_an_unused_authorization_lapses_when_it_is_due(world: World) -> None:
    exam = await world.exam()
    one = exam.candidates[0]
    await started(world, exam, one)
    await decide(world.ledger, exam, exam.invigilator, ask.AuthorizeResume(), one, policy=AT_ONCE)
    assert exam.number in await world.ledger.due(100, NODE)
    # Asked about nobody in particular, the case brings the rows in which something is due.
    assert len((await settle(world.ledger, exam.number)).records) == 1
    assert (await world.ledger.room(exam.number)).candidates[one].authorization is None


async def test_a_session_runs_while_somebody_is_in_the_test_and_not_interrupted(world: World) -> None:
    exam = await world.exam()
    one = exam.candidates[0]
    await world.age_nodes()
    assert exam.number not in await world.ledger.running(NODE)
    await started(world, exam, one)
    assert exam.number in await world.ledger.running(NODE)
    await decide(world.ledger, exam, HUB, ask.Interrupt(1, 1, timedelta(seconds=15), Cause.HUB), one)
    assert exam.number not in await world.ledger.running(NODE)


async def test_what_has_to_be_looked_after_is_shared_out_among_the_nodes_that_live(world: World) -> None:
    exams = [await world.exam() for _ in range(4)]
    for exam in exams:
        await started(world, exam, exam.candidates[0])
    numbers = {exam.number for exam in exams}
    await world.age_nodes()

    async def share(node: NodeId) -> set[SessionNumber]:
        return numbers.intersection(await world.ledger.running(node))

    assert await share(NODE) == numbers
    await share(OTHER_NODE)
    first, second = await share(NODE), await share(OTHER_NODE)
    assert first | second == numbers
    assert not first & second
    assert first
    assert second
    await world.age_nodes()
    assert await share(OTHER_NODE) == numbers
    await share(NODE)
    for exam in exams:
        await decide(world.ledger, exam, exam.invigilator, ask.EndAttempt(), exam.candidates[0], policy=AT_ONCE)
    for node, own, others in ((NODE, first, second), (OTHER_NODE, second, first)):
        due = [one for one in await world.ledger.due(1000, node) if one in numbers]
        assert set(due[: len(own)]) == own
        # Then what the others may be late with.
        assert set(due[len(own) :]) == others
    for exam in exams:
        await settle(world.ledger, exam.number)


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
    exam, other = await world.exam(), await world.exam()
    await world.ledger.next_epoch(exam.number, 1)
    await world.ledger.next_epoch(exam.number, 1)
    assert (await world.ledger.room(exam.number)).live_epoch == 2
    assert (await world.ledger.room(other.number)).live_epoch == 1, "nobody asked for that one"
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


async def test_what_staff_wrote_of_somebody_is_never_said_to_them(world: World) -> None:
    exam = await world.exam()
    draft = ask.ReportDraft("other", text="Regarde chez sa voisine.")
    _, answer = await decide(world.ledger, exam, exam.invigilator, ask.AddReport(draft), exam.candidates[0])
    assert answer.is_accepted
    assert not await world.ledger.recent_messages(exam.number, 30)


async def test_the_roster_names_candidates_and_staff(world: World) -> None:
    exam = await world.exam()
    roster = await world.ledger.roster(exam.number)
    assert {person.last_name for person in roster.people.values()} == {"Nom0", "Nom1", "Nom2"}
    assert set(roster.people) == set(exam.candidates)
    assert roster.staff == {exam.invigilator: "Ann Invigilator", exam.admin: "Ada Admin"}
    assert (roster.sheet.access_code, roster.sheet.start_time) == (ACCESS_CODE, "09:00")
    assert roster.version == (await world.ledger.heads([exam.number]))[exam.number].roster_version

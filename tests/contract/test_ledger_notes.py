"""The contract of the ledger: what is noted without the lock, and what a decision does to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hub import audit
from hub import commands as ask
from hub.events import Changes, Event, EventKind
from hub.model import (
    HUB,
    AttemptState,
    CandidateId,
    IdentityState,
    Progress,
    client_author,
)
from hub.policy import Policy
from hub.ports import FlushedProgress
from tests.contract.ledgers import (
    ACCESS_CODE,
    Exam,
    World,
    decide,
    opened,
    signature,
    started,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def flushed(exam: Exam, candidate: CandidateId, answered: int, entry_no: int = 1, total: int = 32) -> FlushedProgress:
    return FlushedProgress(exam.number, candidate, entry_no, Progress(answered, total, answered, NOON))


async def stored_progress(world: World, exam: Exam, candidate: CandidateId) -> Progress | None:
    return (await world.ledger.room(exam.number)).candidates[candidate].progress


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
    one, other, _ = exam.candidates
    for _ in range(3):
        await world.ledger.note_wrong_code(one)
    seen = await world.ledger.glimpses([one, other])
    assert seen[other].wrong_codes == 0, "nobody is slowed down for another one"
    glimpse = seen[one]
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
    one, two, three = exam.candidates
    await world.ledger.note_joined([])
    await world.ledger.note_joined([two, one, CandidateId(987_654_321)])
    rows = (await world.ledger.room(exam.number)).candidates
    first = rows[one].joined_at
    assert first is not None
    assert rows[three].joined_at is None, "who has not come yet is late one day"
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

"""What a ledger keeps beside decisions once a test is over: the draft, the jury's words, fences that stay closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from hub import commands as ask
from hub.announcer import Announcer
from hub.finalization import AbortReason, Draft
from hub.jury import Decide, Resolve, Unfinalize, Verdict
from hub.model import AccountId, AttemptState, Author, NodeId, Progress, account_author, client_author
from hub.people import AccountDraft, Role
from hub.policy import Policy
from hub.ports import FlushedProgress
from hub.proceedings import Proceedings
from hub.standing import Claim
from hub.turns import Turns
from state.memory_live import MemoryLiveStore
from state.memory_live_server import MemoryLiveServer
from tests.contract.ledgers import Exam, MemoryWorld, PostgresWorld, World, decide
from web.house import SystemClock

_members = count(1)


class Broken(Exception):
    """An accident in the middle of a case."""


def office(world: World) -> Proceedings:
    announcer = Announcer(world.ledger, MemoryLiveStore(MemoryLiveServer(), NodeId("nobody listens")))
    return Proceedings(world.ledger, announcer, SystemClock(timedelta()), Turns())


async def a_member(world: World, exam: Exam) -> Author:
    """Make a member of the jury."""
    if isinstance(world, MemoryWorld):
        member = AccountId(900_000 + next(_members))
        world.memory.claim(exam.number, account_author(member), Claim(member, Role.JURY, False, False))
        return account_author(member)
    assert isinstance(world, PostgresWorld)
    draft = AccountDraft(f"jury{next(_members)}@example.org", "Jo Jury", Role.JURY)
    return account_author((await world.directory.create_account(draft)).id)


async def ended(world: World) -> Exam:
    """Play a session in which the first was ended by the invigilator, with a report, and the second runs."""
    exam = await world.exam()
    for one in exam.candidates[:2]:
        await decide(world.ledger, exam, exam.invigilator, ask.ConfirmPresence(), one)
        client = await world.client(exam, one)
        await decide(world.ledger, exam, client_author(client), ask.Enter(client, is_code_right=True, total=32), one)
    first = exam.candidates[0]
    draft = ask.ReportDraft("fraud", None, "téléphone")
    await decide(world.ledger, exam, exam.invigilator, ask.AddReport(draft), first)
    at_once = Policy(undo=timedelta(0))
    await decide(world.ledger, exam, exam.invigilator, ask.EndAttempt(), first, policy=at_once)
    return exam


async def finalized(world: World) -> Exam:
    exam = await ended(world)
    reasons = dict.fromkeys(exam.candidates[:2], AbortReason.TECHNICAL)
    kept = await office(world).keep_draft(exam.number, exam.admin, Draft(0, reasons, True, "Alarme"))
    assert isinstance(kept, Draft), kept
    assert isinstance(await office(world).finalize(exam.number, exam.admin, kept.version), int)
    return exam


async def test_a_draft_is_kept_whole_with_who_said_it_and_when(world: World) -> None:
    exam = await ended(world)
    wanted = Draft(0, {exam.candidates[1]: AbortReason.CANDIDATE}, False, "œuvre")
    kept = await office(world).keep_draft(exam.number, exam.admin, wanted)
    assert isinstance(kept, Draft)
    assert (kept.version, kept.saved_by, kept.comment, kept.has_incident) == (1, exam.admin, "œuvre", False)
    async with world.ledger.case(exam.number) as case:
        assert await case.draft() == kept


async def test_a_draft_of_a_case_that_broke_off_was_never_kept(world: World) -> None:
    exam = await world.exam()

    async def break_off() -> None:
        async with world.ledger.case(exam.number) as case:
            await case.keep_draft(Draft(1, saved_by=exam.admin, saved_at=datetime.now(UTC)))
            raise Broken

    with pytest.raises(Broken):
        await break_off()
    async with world.ledger.case(exam.number) as case:
        assert await case.draft() == Draft()


async def test_finalizing_closes_whoever_runs_and_says_what_needs_attention(world: World) -> None:
    exam = await finalized(world)
    room = await world.ledger.room(exam.number)
    states = [room.candidates[one].attempt for one in exam.candidates]
    assert states == [AttemptState.ENDED, AttemptState.CLOSED, AttemptState.NOT_STARTED]
    assert [one.value for one in room.attention] == ["comment", "report", "abort_reason"]
    assert room.finalized_at is not None


async def test_the_jurys_last_words_are_read_back(world: World) -> None:
    exam = await finalized(world)
    member, (first, _, _) = await a_member(world, exam), exam.candidates
    report = (await world.ledger.room(exam.number)).candidates[first].reports[0].id
    judged = await office(world).deliberate(exam.number, member, Decide(first, Verdict.REJECTED, "Fraude", 0))
    resolved = await office(world).deliberate(exam.number, member, Resolve(report, "vu", 0))
    assert isinstance(judged, int)
    assert resolved == judged + 1
    async with world.ledger.case(exam.number) as case:
        review = await case.review()
    assert (review.decisions[first].seq, review.decisions[first].words) == (judged, "Fraude")
    assert review.resolutions[report].by == member
    room = await world.ledger.room(exam.number)
    assert "report" not in room.attention
    assert room.candidates[first].revision < judged, "the row itself is frozen"


async def test_progress_of_before_stays_out_even_when_the_session_is_given_back(world: World) -> None:
    exam = await finalized(world)
    member = await a_member(world, exam)
    before = (await world.ledger.room(exam.number)).candidates
    late = [FlushedProgress(exam.number, one, 1, Progress(30, 32, None, datetime.now(UTC))) for one in exam.candidates]
    await world.ledger.flush_progress(late)
    assert isinstance(await office(world).deliberate(exam.number, member, Unfinalize("à corriger")), int)
    await world.ledger.flush_progress(late)
    after = await world.ledger.room(exam.number)
    assert (after.candidates, after.finalized_at) == (before, None)
    assert after.reopened_at is not None

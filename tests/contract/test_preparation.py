"""A session is prepared until somebody starts, and never beside a start: on a real Postgres, 100 times each."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest

from hub import commands as ask
from hub import timing
from hub.announcer import Announcer
from hub.audit import row_hash
from hub.model import HUB, AttemptState, CandidateId, NodeId, SessionNumber, client_author
from hub.policy import Policy
from hub.ports import Answer, UnknownSession
from hub.preparation import (
    CandidateChanges,
    Hindrance,
    NewClient,
    PlannedCandidate,
    SessionChanges,
    SessionSecrets,
    Successor,
    TypedIdentity,
)
from hub.service import Decisions, Order
from state.database import Database
from state.memory_live import MemoryLiveServer, MemoryLiveStore
from tests.contract.ledgers import Exam, PostgresWorld, decide, settle
from tests.conversations.hall import ManualClock

if TYPE_CHECKING:
    Db = asyncpg.Connection[asyncpg.Record]

TIMES = 100
NOBODY, NOWHERE = CandidateId(987_654_321), SessionNumber(987_654_321)
NEWCOMER = PlannedCandidate("Ben Saïd", "Léa", date(2008, 3, 14), "F", "FRANCE", "75112", extra_time_percentage=33)
TOMORROW = Successor(date(2026, 2, 1), "14:00")
SECRETS = SessionSecrets("ABCD23", b"sealed again")
HANGING = ("clients", "doorbook", "progress")
OF_THE_SESSION = ("candidates", "invigilations", "answers", "finalizations", "documents", "exam_sessions")


@pytest.fixture
def world(database: Database, owner_db: Db) -> PostgresWorld:
    return PostgresWorld(database, owner_db)


async def version(world: PostgresWorld, number: SessionNumber) -> int:
    return (await world.ledger.roster(number)).version


async def count(db: Db, table: str, where: str, value: int) -> int:
    found: int = await db.fetchval(f"SELECT count(*) FROM {table} WHERE {where} = $1", value)
    return found


async def enter(world: PostgresWorld, exam: Exam, at: int = 0) -> None:
    one = exam.candidates[at]
    await decide(world.ledger, exam, exam.invigilator, ask.ConfirmPresence(), one)
    client = await world.client(exam, one)
    await decide(world.ledger, exam, client_author(client), ask.Enter(client, is_code_right=True, total=32), one)


# ── until somebody starts ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_candidate_is_added_changed_and_deleted_and_each_makes_a_new_roster(world: PostgresWorld) -> None:
    exam = await world.exam(1)
    before = await version(world, exam.number)
    made = await world.directory.add_candidate(exam.number, NEWCOMER)
    assert not isinstance(made, Hindrance)
    listed = await world.directory.listed_candidate(exam.number, made)
    assert listed is not None
    assert (listed.last_name, listed.birthdate, listed.extra_time_percentage) == ("Ben Saïd", date(2008, 3, 14), 33)
    changes = CandidateChanges(last_name="Martin", extra_time_percentage=0, birth_town="Bourg")
    assert await world.directory.change_candidate(exam.number, made, changes) is None
    changed = await world.directory.listed_candidate(exam.number, made)
    assert changed is not None
    assert (changed.last_name, changed.first_name, changed.extra_time_percentage) == ("Martin", "Léa", 0)
    typed = TypedIdentity(exam.number, "MARTIN", "lea", date(2008, 3, 14))
    assert len((await world.directory.identify([typed]))[typed]) == 1
    assert await world.directory.delete_candidate(exam.number, made) is None
    assert await world.directory.listed_candidate(exam.number, made) is None
    assert await version(world, exam.number) == before + 3


async def test_one_person_is_on_a_list_once(world: PostgresWorld) -> None:
    exam = await world.exam(1)
    made = await world.directory.add_candidate(exam.number, NEWCOMER)
    assert not isinstance(made, Hindrance)
    twin = PlannedCandidate("BEN SAID", "LÉA", date(2008, 3, 14), "F", "FRANCE")
    before = await version(world, exam.number)
    assert await world.directory.add_candidate(exam.number, twin) is Hindrance.DUPLICATE
    as_the_other = CandidateChanges("Nom0", "Zoe", date(2000, 1, 1))
    assert await world.directory.change_candidate(exam.number, made, as_the_other) is Hindrance.DUPLICATE
    only_the_names = CandidateChanges("Nom0", "Zoe")
    assert await world.directory.change_candidate(exam.number, made, only_the_names) is None
    then_the_day = CandidateChanges(birthdate=date(2000, 1, 1))
    assert await world.directory.change_candidate(exam.number, made, then_the_day) is Hindrance.DUPLICATE
    # The very same line again is nobody else.
    assert await world.directory.change_candidate(exam.number, made, only_the_names) is None
    assert await version(world, exam.number) == before + 2


async def test_two_who_add_the_same_person_at_once_add_one(world: PostgresWorld) -> None:
    exam = await world.exam(1)
    made = await asyncio.gather(*(world.directory.add_candidate(exam.number, NEWCOMER) for _ in range(8)))
    assert sorted(one is Hindrance.DUPLICATE for one in made) == [False] + [True] * 7


async def test_presence_that_is_confirmed_stays_through_a_correction_and_hinders_no_deletion(
    world: PostgresWorld,
) -> None:
    exam = await world.exam(2)
    one = exam.candidates[0]
    await decide(world.ledger, exam, exam.invigilator, ask.ConfirmPresence(), one)
    before = (await world.ledger.room(exam.number)).candidates[one]
    assert await world.directory.change_candidate(exam.number, one, CandidateChanges(sex="M")) is None
    assert (await world.ledger.room(exam.number)).candidates[one] == before
    assert await world.directory.delete_candidate(exam.number, one) is None
    assert list((await world.ledger.room(exam.number)).candidates) == [exam.candidates[1]]


async def test_a_deleted_candidate_leaves_nothing_behind_but_the_audit(world: PostgresWorld, owner_db: Db) -> None:
    exam = await world.exam(2)
    one, other = exam.candidates
    for candidate in exam.candidates:
        await world.client(exam, candidate)
        await world.ledger.note_wrong_code(candidate)
    await decide(world.ledger, exam, exam.invigilator, ask.ConfirmPresence(), one)
    assert await world.directory.delete_candidate(exam.number, one) is None
    assert [await count(owner_db, table, "candidate", one) for table in HANGING] == [0, 0, 0]
    assert [await count(owner_db, table, "candidate", other) for table in HANGING] == [1, 1, 1]
    assert len(await world.audit(exam.number)) == 1


async def test_a_deleted_session_leaves_nothing_behind_but_its_audit(world: PostgresWorld, owner_db: Db) -> None:
    exam, neighbour = await world.exam(2), await world.exam(2)
    for candidate in exam.candidates:
        await world.client(exam, candidate)
        await world.ledger.note_wrong_code(candidate)
    await decide(world.ledger, exam, exam.invigilator, ask.ConfirmPresence(), exam.candidates[0], key="a key of ours")
    await owner_db.execute(
        "INSERT INTO finalizations (number, version, saved_by, saved_at) VALUES ($1, 1, 'hub', clock_timestamp())",
        exam.number,
    )
    await owner_db.execute(
        "INSERT INTO documents (number, name, media_type, size_bytes, sha256, content, added_by)"
        " VALUES ($1, 'a', 'image/png', 1, ''::bytea, 'a'::bytea, 'hub')",
        exam.number,
    )
    assert await world.directory.delete_session(exam.number, exam.admin) is None
    assert [await count(owner_db, table, "number", exam.number) for table in OF_THE_SESSION] == [0] * 6
    for table in HANGING:
        assert [await count(owner_db, table, "candidate", one) for one in exam.candidates] == [0, 0]
    trail = await world.audit(exam.number)
    assert [(one.kind, one.author) for one in trail] == [
        ("presence.confirmed", exam.invigilator),
        ("session.deleted", exam.admin),
    ]
    assert trail[1].previous_hash == trail[0].hash
    assert row_hash(trail[1]) == trail[1].hash
    assert await world.directory.delete_session(exam.number, exam.admin) is Hindrance.NOT_FOUND
    with pytest.raises(UnknownSession):
        await world.ledger.room(exam.number)
    assert len((await world.ledger.room(neighbour.number)).candidates) == 2


async def test_a_session_changes_only_what_was_given(world: PostgresWorld) -> None:
    exam = await world.exam(1)
    before = await version(world, exam.number)
    changes = SessionChanges(room="B2", date=date(2026, 3, 1), duration_minutes=60)
    assert await world.directory.change_session(exam.number, changes) is None
    detail = await world.directory.session_detail(exam.number)
    assert detail is not None
    summary = detail.summary
    assert (summary.site, summary.room, summary.date, summary.start_time) == ("Site", "B2", date(2026, 3, 1), "09:00")
    assert (await world.ledger.room(exam.number)).duration_minutes == 60
    assert await version(world, exam.number) == before + 1


async def test_what_is_not_there_is_not_found(world: PostgresWorld) -> None:
    exam = await world.exam(1)
    for number in (NOWHERE, SessionNumber(2**70)):
        assert await world.directory.change_session(number, SessionChanges("x")) is Hindrance.NOT_FOUND
        assert await world.directory.delete_session(number, HUB) is Hindrance.NOT_FOUND
        assert await world.directory.add_candidate(number, NEWCOMER) is Hindrance.NOT_FOUND
        assert await world.directory.succeed_session(number, TOMORROW, SECRETS) is Hindrance.NOT_FOUND
        assert await world.directory.audit_lines(number) == []
    elsewhere = (await world.exam(1)).candidates[0]
    before = await version(world, exam.number)
    for candidate in (NOBODY, elsewhere, CandidateId(2**70)):
        assert await world.directory.listed_candidate(exam.number, candidate) is None
        for changes in (CandidateChanges(sex="M"), CandidateChanges("Nom0", "Zoé", date(2000, 1, 1))):
            changed = await world.directory.change_candidate(exam.number, candidate, changes)
            assert changed is Hindrance.NOT_FOUND
        assert await world.directory.delete_candidate(exam.number, candidate) is Hindrance.NOT_FOUND
    assert await version(world, exam.number) == before


# ── once somebody has started ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("is_by_entry", [True, False])
async def test_nothing_is_prepared_once_the_session_has_started(world: PostgresWorld, *, is_by_entry: bool) -> None:
    exam = await world.exam(2)
    if is_by_entry:
        await enter(world, exam)
    else:
        await decide(world.ledger, exam, exam.invigilator, ask.StartSession())
    before = await world.ledger.roster(exam.number)
    other = exam.candidates[1]
    assert await world.directory.change_session(exam.number, SessionChanges(room="B2")) is Hindrance.STARTED
    if is_by_entry:
        assert await world.directory.delete_session(exam.number, exam.admin) is Hindrance.STARTED
    assert await world.directory.add_candidate(exam.number, NEWCOMER) is Hindrance.STARTED
    assert await world.directory.change_candidate(exam.number, other, CandidateChanges(sex="M")) is Hindrance.STARTED
    assert await world.directory.delete_candidate(exam.number, other) is Hindrance.STARTED
    assert await world.ledger.roster(exam.number) == before


async def test_a_session_whose_clock_was_started_for_nobody_can_be_deleted(world: PostgresWorld) -> None:
    exam = await world.exam(2)
    await decide(world.ledger, exam, exam.invigilator, ask.StartSession())
    assert await world.directory.delete_session(exam.number, exam.admin) is None
    assert [one.kind for one in await world.audit(exam.number)] == ["session.started", "session.deleted"]


async def test_who_has_not_finished_goes_on_in_a_new_session(world: PostgresWorld) -> None:
    exam = await world.exam(5, extra_time_percentage=33)
    expected, running, ended, finished, absent = exam.candidates
    for at in (1, 2, 3):
        await enter(world, exam, at)
    await decide(world.ledger, exam, exam.invigilator, ask.EndAttempt(), ended, policy=Policy(undo=timedelta(0)))
    await settle(world.ledger, exam.number)
    seat = (await world.ledger.room(exam.number)).candidates[finished].seat
    assert seat is not None
    await decide(world.ledger, exam, client_author(seat.client), ask.Finish(seat.client, 32, 32), finished)
    await decide(world.ledger, exam, exam.invigilator, ask.MarkAbsent(), absent)
    successor = Successor(date(2026, 2, 1), "14:00", room="C3")
    made = await world.directory.succeed_session(exam.number, successor, SECRETS)
    assert not isinstance(made, Hindrance)
    detail = await world.directory.session_detail(made)
    assert detail is not None
    assert detail.secrets == SECRETS
    summary = detail.summary
    assert (summary.site, summary.room, summary.date, summary.start_time) == ("Site", "C3", date(2026, 2, 1), "14:00")
    assert summary.started_at is None
    carried = await world.directory.candidates(made)
    assert [one.last_name for one in carried] == ["Nom0", "Nom1", "Nom2"]
    assert {one.extra_time_percentage for one in carried} == {33}
    room = await world.ledger.room(made)
    assert {one.attempt for one in room.candidates.values()} == {AttemptState.NOT_STARTED}
    assert not room.candidates.keys() & set(exam.candidates)
    assert {expected, running} <= (await world.ledger.room(exam.number)).candidates.keys()
    assert await world.directory.succeed_session(exam.number, successor, SECRETS) == made, "pressed twice"
    later = replace(successor, start_time="16:00")
    assert await world.directory.succeed_session(exam.number, later, SECRETS) != made


async def test_a_session_nobody_started_or_everybody_finished_has_no_successor(
    world: PostgresWorld, owner_db: Db
) -> None:
    exam = await world.exam(1)
    assert await world.directory.succeed_session(exam.number, TOMORROW, SECRETS) is Hindrance.NOT_STARTED
    await decide(world.ledger, exam, exam.invigilator, ask.MarkAbsent(), exam.candidates[0])
    await decide(world.ledger, exam, exam.invigilator, ask.StartSession())
    sessions = await owner_db.fetchval("SELECT count(*) FROM exam_sessions")
    assert await world.directory.succeed_session(exam.number, TOMORROW, SECRETS) is Hindrance.NOBODY_LEFT
    assert await owner_db.fetchval("SELECT count(*) FROM exam_sessions") == sessions


async def test_the_audit_is_listed_with_the_names_of_the_staff(world: PostgresWorld) -> None:
    exam = await world.exam(1)
    await enter(world, exam)
    lines = await world.directory.audit_lines(exam.number)
    assert [one.seq for one in lines] == list(range(1, len(lines) + 1))
    assert [(one.kind, one.author_name) for one in lines][:1] == [("presence.confirmed", "Ann Invigilator")]
    assert {one.author_name for one in lines[1:]} == {None}
    assert {one.candidate for one in lines} <= {exam.candidates[0], None}


# ── a start beside a change ────────────────────────────────────────────────────────────────────────────────────

Change = Callable[[PostgresWorld, Exam], Awaitable[object]]


async def delete_session(world: PostgresWorld, exam: Exam) -> object:
    return await world.directory.delete_session(exam.number, exam.admin)


async def delete_candidate(world: PostgresWorld, exam: Exam) -> object:
    return await world.directory.delete_candidate(exam.number, exam.candidates[0])


async def change_candidate(world: PostgresWorld, exam: Exam) -> object:
    return await world.directory.change_candidate(exam.number, exam.candidates[0], CandidateChanges(last_name="Other"))


async def soon(turns: int, deed: Awaitable[object]) -> object:
    """Let others go first for a few turns."""
    for _ in range(turns):
        await asyncio.sleep(0)
    return await deed


@pytest.mark.parametrize("change", [delete_session, delete_candidate, change_candidate])
async def test_whoever_is_first_a_started_candidate_is_never_touched(world: PostgresWorld, change: Change) -> None:
    announcer = Announcer(world.ledger, MemoryLiveStore(MemoryLiveServer(), NodeId("n")))
    decisions = Decisions(world.ledger, announcer, ManualClock(), Policy())
    chance, outcomes = random.Random(296), set()
    exam = await world.exam(1)
    for _ in range(TIMES):
        one = exam.candidates[0]
        client = await world.client(exam, one)
        await decide(world.ledger, exam, exam.invigilator, ask.ConfirmPresence(), one)
        order = Order(exam.number, client_author(client), ask.Enter(client, is_code_right=True, total=32), (one,))
        turns = (chance.randrange(60), chance.randrange(60))
        changed, entered = await asyncio.gather(
            soon(turns[0], change(world, exam)), soon(turns[1], decisions.submit(order))
        )
        is_in = isinstance(entered, Answer) and entered.results[0].refusal is None
        outcomes.add((is_in, changed))
        await check_whole(world, exam, change, is_in=is_in, changed=changed)
        if is_in or change is not change_candidate:
            exam = await world.exam(1)
    await announcer.settled()
    refused_or_before = {(True, Hindrance.STARTED), (change is change_candidate, None)}
    assert outcomes == refused_or_before


async def check_whole(world: PostgresWorld, exam: Exam, change: Change, *, is_in: bool, changed: object) -> None:
    """See that a candidate who is in is whole, and that one who is not has left nothing."""
    one = exam.candidates[0]
    if not is_in:
        assert changed is None
        assert await world.directory.listed_candidate(exam.number, one) is None
        return
    row = (await world.ledger.room(exam.number)).candidates[one]
    listed = await world.directory.listed_candidate(exam.number, one)
    assert row.attempt is AttemptState.RUNNING
    assert listed is not None
    assert listed.last_name == ("Other" if changed is None else "Nom0")
    assert changed is Hindrance.STARTED or change is change_candidate


async def test_arrivals_beside_a_deletion_leave_nothing_that_hangs_in_the_air(
    world: PostgresWorld, owner_db: Db
) -> None:
    chance = random.Random(297)
    exam = await world.exam(40)
    for one in exam.candidates:
        arrivals = (
            world.ledger.note_joined([one]),
            world.ledger.note_wrong_code(one),
            world.directory.mint_clients([NewClient(one, f"token of {one}".encode())]),
        )
        deeds = [world.directory.delete_candidate(exam.number, one), *arrivals]
        gone, *_ = await asyncio.gather(*(soon(chance.randrange(20), deed) for deed in deeds), return_exceptions=True)
        assert gone is None
        assert [await count(owner_db, table, "candidate", one) for table in HANGING] == [0, 0, 0]
    assert (await world.ledger.room(exam.number)).candidates == {}


@pytest.mark.parametrize("extra", [0, 1, 33, 300])
async def test_a_list_says_by_when_to_finalize_as_the_rules_do(world: PostgresWorld, extra: int) -> None:
    exam = await world.exam(2, extra_time_percentage=extra)
    number = exam.number

    async def due() -> tuple[datetime | None, datetime | None]:
        detail = await world.directory.session_detail(number)
        assert detail is not None
        return detail.summary.finalization_due_at, timing.finalization_due_at(await world.ledger.room(number))

    assert await due() == (None, None)
    await enter(world, exam)
    await decide(world.ledger, exam, exam.invigilator, ask.AddTime(25, "panne"), exam.candidates[0])
    await decide(world.ledger, exam, exam.invigilator, ask.AddTime(-10, "rendu"), exam.candidates[0])
    await decide(world.ledger, exam, exam.invigilator, ask.AddTime(90, "absent"), exam.candidates[1])
    listed, judged = await due()
    assert judged is not None
    assert listed == judged

"""What only a real Postgres can do to a decision: break, wait, stall; and what the hub then knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from msgspec.structs import replace

from hub import audit
from hub import commands as ask
from hub.events import Changes, Event, EventKind
from hub.model import (
    AttemptState,
    Author,
    CandidateId,
    HandOver,
    IdentityState,
    Progress,
    account_of,
    client_author,
)
from hub.ports import FlushedProgress, OutcomeUnknown, StoreUnavailable
from state import handovers
from state.database import SETTINGS, Database
from state.ledger import PostgresLedger
from tests.contract.ledgers import NODE, Exam, PostgresWorld, decide, opened, signature, until_a_lock_is_waited_for
from tests.contract.postgres import Addresses

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ENDED_BY_US = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vigie'"
WAYS_BY_KEY = ("enable_nestloop", "enable_mergejoin", "enable_indexscan", "enable_bitmapscan")
"""Without these the planner goes through a table as it lies, as it may choose to in a large one."""


@pytest.fixture
def world(database: Database, owner_db: asyncpg.Connection[asyncpg.Record]) -> PostgresWorld:
    return PostgresWorld(database, owner_db)


async def broken_decision(world: PostgresWorld, exam: Exam, *, is_written: bool) -> None:
    """Decide one small thing while the server cuts the line, before or after everything is written."""
    one = exam.candidates[0]
    async with world.ledger.case(exam.number) as case:
        docket, room = await opened(case, exam.invigilator, one)
        event = Event(EventKind.IDENTITY_CHECKED, one, Changes(identity=IdentityState.CHECKED))
        recorded = audit.record(room, [event], signature(exam.invigilator, docket.now))
        if is_written:
            await case.write(room, recorded.room, recorded.records, docket.now)
        await world.owner_db.execute(ENDED_BY_US)
        if not is_written:
            await case.write(room, recorded.room, recorded.records, docket.now)


async def test_a_line_that_breaks_while_committing_leaves_the_outcome_unknown(world: PostgresWorld) -> None:
    exam = await world.exam()
    with pytest.raises(OutcomeUnknown):
        await broken_decision(world, exam, is_written=True)
    assert (await world.ledger.room(exam.number)).decision_seq == 0


async def test_a_line_that_breaks_earlier_means_that_nothing_was_written(world: PostgresWorld) -> None:
    exam = await world.exam()
    with pytest.raises(StoreUnavailable):
        await broken_decision(world, exam, is_written=False)
    assert (await world.ledger.room(exam.number)).decision_seq == 0


async def test_nobody_there_is_unavailable() -> None:
    ledger = PostgresLedger(Database("postgresql://nobody:x@127.0.0.1:1/none"))
    with pytest.raises(StoreUnavailable):
        await ledger.due(1, NODE)


async def test_every_connection_carries_the_settings(world: PostgresWorld, database: Database) -> None:
    async with database.single() as db:
        shown = {name: (await db.exec_driver_sql(f"SHOW {name}")).scalar_one() for name in SETTINGS}
    assert shown == SETTINGS


async def test_a_decision_that_stalls_loses_its_lock(world: PostgresWorld) -> None:
    exam = await world.exam()
    one = exam.candidates[0]

    async def stalled() -> None:
        async with world.ledger.case(exam.number) as case:
            await opened(case, exam.invigilator, one)
            # Bounded polling for the server's own limit, two seconds.
            busy = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
            while await world.owner_db.fetchval(busy):
                await asyncio.sleep(0.05)
            await case.rows([one])

    with pytest.raises(StoreUnavailable):
        await stalled()
    await decide(world.ledger, exam, exam.invigilator, ask.CheckIdentity(IdentityState.CHECKED), one)


async def entered(world: PostgresWorld, exam: Exam, one: CandidateId) -> ask.Finish:
    await decide(world.ledger, exam, exam.invigilator, ask.ConfirmPresence(), one)
    client = await world.client(exam, one)
    await decide(world.ledger, exam, client_author(client), ask.Enter(client, is_code_right=True, total=32), one)
    return ask.Finish(client, 10, 32)


async def test_a_flush_that_waited_behind_a_finish_changes_nothing(world: PostgresWorld) -> None:
    exam = await world.exam()
    one = exam.candidates[0]
    finish = await entered(world, exam, one)
    async with world.ledger.case(exam.number) as case:
        docket, room = await opened(case, client_author(finish.client), one)
        changes = Changes(attempt=AttemptState.FINISHED, progress=Progress(10, 32, 10, NOON))
        recorded = audit.record(
            room, [Event(EventKind.FINISHED, one, changes)], signature(client_author(finish.client), docket.now)
        )
        await case.write(room, recorded.room, recorded.records, docket.now)
        late = FlushedProgress(exam.number, one, 1, Progress(20, 32, 20, NOON))
        flush = asyncio.create_task(world.ledger.flush_progress([late]))
        await until_a_lock_is_waited_for(world.owner_db)
    await flush
    assert (await world.ledger.room(exam.number)).candidates[one].progress == Progress(10, 32, 10, NOON)


async def test_a_session_being_decided_on_is_not_due_for_others(world: PostgresWorld) -> None:
    exam = await world.exam()
    await world.owner_db.execute(
        "UPDATE exam_sessions SET next_due_at = clock_timestamp() WHERE number = $1", exam.number
    )
    async with world.ledger.case(exam.number):
        assert exam.number not in await world.ledger.due(100, NODE)
    assert exam.number in await world.ledger.due(100, NODE)


async def test_flushes_and_decisions_at_once_never_dead_lock(world: PostgresWorld) -> None:
    exam = await world.exam(8)
    for one in exam.candidates:
        await entered(world, exam, one)

    async def flush(start: int) -> None:
        for answered in range(start, 30, 2):
            batch = [FlushedProgress(exam.number, one, 1, Progress(answered, 32, 1, NOON)) for one in exam.candidates]
            await world.ledger.flush_progress(batch[:: (-1) ** answered])

    async def decide_much() -> None:
        room, ids = await world.ledger.room(exam.number), tuple(reversed(exam.candidates))
        for _ in range(10):
            async with world.ledger.case(exam.number) as case:
                docket, room = await opened(case, exam.invigilator, *ids)
                events = [
                    Event(EventKind.RECONNECTED, one, Changes(entry_no=room.candidates[one].entry_no)) for one in ids
                ]
                moved = {one: replace(room.candidates[one], progress=Progress(1, 32, 1, NOON)) for one in ids}
                recorded = audit.record(replace(room, candidates=moved), events, signature(exam.admin, docket.now))
                await case.write(room, recorded.room, recorded.records, docket.now)

    await asyncio.gather(flush(1), flush(2), decide_much())
    progress = [row.progress for row in (await world.ledger.room(exam.number)).candidates.values()]
    assert [one.answered if one else None for one in progress] == [29] * 8


@pytest.fixture(params=[(), WAYS_BY_KEY], ids=["as the planner likes", "through the whole table"])
async def planned_world(
    request: pytest.FixtureRequest,
    addresses: Addresses,
    owner_db: asyncpg.Connection[asyncpg.Record],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[PostgresWorld]:
    """A ledger whose statements are planned without some of the ways to a row."""
    for way in request.param:
        monkeypatch.setitem(SETTINGS, way, "off")
    database = Database(addresses.app)
    yield PostgresWorld(database, owner_db)
    await database.close()


async def test_a_flush_takes_its_rows_in_one_order_wherever_they_lie(planned_world: PostgresWorld) -> None:
    world = planned_world
    exam, db = await world.exam(), world.owner_db
    for one in exam.candidates:
        await entered(world, exam, one)
    first, *others = sorted(exam.candidates)
    # A row that was written last lies last, and is met last by whoever goes through the table.
    await db.execute("UPDATE progress SET at = at WHERE candidate = $1", first)
    batch = [FlushedProgress(exam.number, one, 1, Progress(3, 32, 1, NOON)) for one in (*others, first)]
    async with db.transaction():
        await db.execute("SELECT 1 FROM progress WHERE candidate = $1 FOR UPDATE", first)
        flush = asyncio.create_task(world.ledger.flush_progress(batch))
        await until_a_lock_is_waited_for(db)
        free = await db.fetch("SELECT candidate FROM progress WHERE candidate = ANY($1) FOR UPDATE SKIP LOCKED", others)
    await flush
    assert sorted(row["candidate"] for row in free) == others, "who waits for the first holds none of the others"


async def test_no_handover_shortens_a_right(world: PostgresWorld) -> None:
    exam, ends = await world.exam(), [NOON + timedelta(hours=hours) for hours in (2, 1, 3)]

    async def granted(to: Author, until: datetime) -> datetime | None:
        async with world.database.transaction() as db:
            await handovers.grant(db, exam.number, HandOver(exam.invigilator, to, until), NOON)
        kept: datetime | None = await world.owner_db.fetchval(
            "SELECT until FROM invigilations WHERE number = $1 AND account = $2", exam.number, account_of(to)
        )
        return kept

    assert [await granted(exam.admin, until) for until in ends] == [ends[0], ends[0], ends[2]]
    assert await granted(exam.invigilator, ends[0]) is None, "who came in with the password has a right without an end"


# ── what is counted ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_decisions_are_counted_and_timed_once_they_are_committed(world: PostgresWorld) -> None:
    exam, figures = await world.exam(), world.database.figures
    committed, timed, unknown = figures.committed, figures.transaction.count, figures.errors["outcome_unknown"]
    await decide(world.ledger, exam, exam.invigilator, ask.ConfirmPresence(), *exam.candidates)
    assert (figures.committed, figures.transaction.count) == (committed + len(exam.candidates), timed + 1)
    with pytest.raises(OutcomeUnknown):
        await broken_decision(world, exam, is_written=True)
    assert (figures.committed, figures.transaction.count) == (committed + len(exam.candidates), timed + 1)
    assert (figures.errors["outcome_unknown"], figures.asking) == (unknown + 1, 0)


async def test_a_new_life_is_counted_by_whoever_began_it(world: PostgresWorld) -> None:
    exam, figures = await world.exam(), world.database.figures
    before = figures.new_lives
    await world.ledger.next_epoch(exam.number, 1)
    await world.ledger.next_epoch(exam.number, 1)
    assert figures.new_lives == before + 1

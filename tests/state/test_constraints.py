"""What the database refuses by itself, whoever asks: raw SQL with the hub's own rights, and with the owner's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest
import pytest_asyncio
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from hub import audit
from hub import commands as ask
from hub.events import Changes, Event, EventKind, RoomChanges
from hub.model import HUB, AccountId, AttemptState, CandidateId, Cause, ClientId, HandOver, account_of, client_author
from hub.policy import Policy
from state.accidents import RuleBroken
from state.database import Database
from state.embedded import EmbeddedServers
from state.migrate import upgrade
from state.tables import metadata
from tests.contract.ledgers import Exam, PostgresWorld, decide, opened, settle, signature
from tests.contract.postgres import Addresses, plain

if TYPE_CHECKING:
    Db = asyncpg.Connection[asyncpg.Record]
GUARDED = asyncpg.PostgresError


@pytest.fixture
def world(database: Database, owner_db: Db) -> PostgresWorld:
    return PostgresWorld(database, owner_db)


@pytest_asyncio.fixture
async def exam(world: PostgresWorld) -> Exam:
    return await world.exam()


async def entered(world: PostgresWorld, exam: Exam, at: int = 0) -> ClientId:
    one = exam.candidates[at]
    await decide(world.ledger, exam, exam.invigilator, ask.ConfirmPresence(), one)
    client = await world.client(exam, one)
    await decide(world.ledger, exam, client_author(client), ask.Enter(client, is_code_right=True, total=32), one)
    return client


async def overwrite(db: Db, candidate: CandidateId, changes: str) -> None:
    """Play a node that is wrong: a decision written without the rules."""
    await db.execute(
        f"UPDATE candidates SET {changes}, revision = revision + 1,"
        " decided_at = greatest(decided_at, clock_timestamp()) WHERE id = $1",
        candidate,
    )


async def refusal(db: Db, candidate: CandidateId, changes: str) -> str:
    """Return what the database says to such a write; empty when it let it pass."""
    try:
        await overwrite(db, candidate, changes)
    except asyncpg.CheckViolationError as error:
        return str(error.constraint_name).removeprefix("ck_candidates_")
    except GUARDED as error:
        if error.sqlstate != "VG001":
            raise
        return str(error).removeprefix("refused by the database: ")
    return ""


START = "attempt = 'running', entry_no = entry_no + 1, seat_client = 'x', seat_since = clock_timestamp()"


async def close_without_asking(world: PostgresWorld, exam: Exam) -> None:
    """Play a node that forgot to ask the rules but does the rest right."""
    async with world.ledger.case(exam.number) as case:
        docket, room = await opened(case, HUB, exam.candidates[0])
        closed = Event(EventKind.CLOSED, exam.candidates[0], Changes(attempt=AttemptState.CLOSED))
        recorded = audit.record(room, [closed], signature(HUB, docket.now))
        await case.write(room, recorded.room, recorded.records, docket.now)


async def test_nobody_starts_without_confirmed_presence(world: PostgresWorld, exam: Exam, app_db: Db) -> None:
    one = exam.candidates[0]
    assert await refusal(app_db, one, START) == "no_start_without_presence"
    assert await refusal(app_db, one, f"{START}, presence_state = 'absent'") == "no_start_without_presence"
    await decide(world.ledger, exam, exam.invigilator, ask.ConfirmPresence(), one)
    assert await refusal(app_db, one, START) == ""
    assert await refusal(app_db, one, "presence_state = 'expected'") == "no_start_without_presence"


@pytest.mark.parametrize("over", ["finished", "ended", "closed"])
async def test_no_way_leads_out_of_an_ended_test(world: PostgresWorld, exam: Exam, app_db: Db, over: str) -> None:
    one = exam.candidates[0]
    await entered(world, exam)
    assert await refusal(app_db, one, "attempt = 'not_started'") == "no_way_back"
    assert await refusal(app_db, one, f"attempt = '{over}'") == ""
    for state in {"not_started", "running", "finished", "ended", "closed"} - {over}:
        assert await refusal(app_db, one, f"attempt = '{state}'") == "no_way_back"


async def test_an_end_that_is_past_stands(world: PostgresWorld, exam: Exam, app_db: Db) -> None:
    one = exam.candidates[0]
    await entered(world, exam)
    await decide(world.ledger, exam, exam.invigilator, ask.EndAttempt(), one, policy=Policy(undo=timedelta(0)))
    assert await refusal(app_db, one, "ending_at = NULL") == "a_past_end_stands"
    assert await refusal(app_db, one, "ending_at = ending_at + interval '1 min'") == "a_past_end_stands"
    assert await refusal(app_db, one, "ending_at = NULL, attempt = 'finished'") == "a_past_end_stands"
    assert await refusal(app_db, one, "entry_refused_code = NULL") == "a_past_end_stands"
    await settle(world.ledger, exam.number)
    assert await refusal(app_db, one, "ending_at = NULL") == "a_past_end_stands"


async def test_an_end_to_come_may_be_undone(world: PostgresWorld, exam: Exam, app_db: Db) -> None:
    await entered(world, exam)
    await decide(world.ledger, exam, exam.invigilator, ask.EndAttempt(), exam.candidates[0])
    assert await refusal(app_db, exam.candidates[0], "ending_at = NULL") == ""


async def test_a_decision_is_of_now_and_never_before_the_last(world: PostgresWorld, exam: Exam, app_db: Db) -> None:
    one = exam.candidates[0]
    await decide(world.ledger, exam, exam.invigilator, ask.ConfirmPresence(), one)
    update = "UPDATE candidates SET revision = revision + 1, decided_at = {} WHERE id = $1"
    for lie in ("NULL", "decided_at - interval '1 ms'", "clock_timestamp() - interval '11 s'"):
        with pytest.raises(GUARDED, match=r"decided_now"):
            await app_db.execute(update.format(lie), one)


async def test_facets_move_by_a_decision_alone(world: PostgresWorld, exam: Exam, app_db: Db) -> None:
    with pytest.raises(GUARDED, match=r"facets_move_by_decision"):
        await app_db.execute("UPDATE candidates SET presence_state = 'confirmed' WHERE id = $1", exam.candidates[0])
    await app_db.execute("UPDATE candidates SET external_id = 'x' WHERE id = $1", exam.candidates[0])


async def test_another_client_comes_in_by_a_living_authorization_alone(
    world: PostgresWorld, exam: Exam, app_db: Db
) -> None:
    one = exam.candidates[0]
    await entered(world, exam)
    taken = "entry_no = entry_no + 1, seat_client = 'other'"
    spent = "authorization_kind = NULL, authorization_by = NULL, authorization_at = NULL"
    assert await refusal(app_db, one, taken) == "a_resume_spends_an_authorization"
    await decide(world.ledger, exam, exam.invigilator, ask.AuthorizeResume(), one)
    assert await refusal(app_db, one, taken) == "a_resume_spends_an_authorization"
    assert await refusal(app_db, one, f"{taken}, {spent}") == ""
    third = taken.replace("other", "third")
    assert await refusal(app_db, one, f"{third}, {spent}") == "a_resume_spends_an_authorization"


async def test_the_seated_client_returns_freely(world: PostgresWorld, exam: Exam, app_db: Db) -> None:
    await entered(world, exam)
    assert await refusal(app_db, exam.candidates[0], "entry_no = entry_no + 1") == ""


async def test_the_same_client_needs_an_authorization_once_interrupted(
    world: PostgresWorld, exam: Exam, app_db: Db
) -> None:
    one = exam.candidates[0]
    await entered(world, exam)
    lost = ask.Interrupt(1, 1, timedelta(seconds=15), Cause.CANDIDATE)
    await decide(world.ledger, exam, HUB, lost, one)
    back = "entry_no = entry_no + 1, interrupted_at = NULL"
    assert await refusal(app_db, one, back) == "a_resume_spends_an_authorization"


async def test_numbers_and_revisions_never_go_back(world: PostgresWorld, exam: Exam, app_db: Db) -> None:
    one = exam.candidates[0]
    await entered(world, exam)
    assert await refusal(app_db, one, "entry_no = 0") == "never_back"
    assert await refusal(app_db, one, "certification_number = NULL") == "numbers_never_change"
    assert await refusal(app_db, one, "reserved_number = 7") == "numbers_never_change"
    with pytest.raises(GUARDED, match=r"never_back"):
        await app_db.execute("UPDATE candidates SET revision = revision - 1 WHERE id = $1", one)


async def test_p18_a_finalized_session_is_frozen(world: PostgresWorld, exam: Exam, app_db: Db) -> None:
    one, two, _ = exam.candidates
    await entered(world, exam)
    finalize = "UPDATE exam_sessions SET finalized_at = clock_timestamp(){also} WHERE number = $1"
    with pytest.raises(GUARDED, match=r"finalized_by_decision"):
        await app_db.execute(finalize.format(also=""), exam.number)
    with pytest.raises(GUARDED, match=r"nobody_runs_once_finalized"):
        await app_db.execute(finalize.format(also=", decision_seq = decision_seq + 1"), exam.number)
    assert await refusal(app_db, one, "attempt = 'closed'") == ""
    await app_db.execute(finalize.format(also=", decision_seq = decision_seq + 1"), exam.number)
    assert await refusal(app_db, one, "identity_state = 'checked'") == "finalized_is_frozen"
    for statement in ("UPDATE candidates SET external_id = 'x' WHERE id = $1", "DELETE FROM candidates WHERE id = $1"):
        with pytest.raises(GUARDED, match=r"finalized_is_frozen"):
            await world.owner_db.execute(statement, two)
    with pytest.raises(RuleBroken, match=r"VG001.*finalized_is_frozen"):
        await close_without_asking(world, exam)


async def test_no_decision_shortens_a_right_to_invigilate(world: PostgresWorld, exam: Exam, app_db: Db) -> None:
    kept = "SELECT until IS NULL FROM invigilations WHERE number = $1 AND account = $2"
    until = "SELECT until FROM invigilations WHERE number = $1 AND account = $2"
    for who, look, lives in ((exam.invigilator, kept, (1, 2)), (exam.stranger, until, (2, 1))):
        seen = []
        for hours in lives:
            async with world.ledger.case(exam.number) as case:
                docket, room = await opened(case, exam.admin)
                given = HandOver(exam.admin, who, docket.now + timedelta(hours=hours))
                wrong = Event(EventKind.SESSION_HANDED_OVER, room=RoomChanges(hand_overs=(given,)))
                recorded = audit.record(room, [wrong], signature(who, docket.now))
                await case.write(room, recorded.room, recorded.records, docket.now)
            seen.append(await app_db.fetchval(look, exam.number, account_of(who)))
        assert seen[0] == seen[1]
        assert seen[0]


async def test_a_candidate_is_born_outside_the_test(exam: Exam, app_db: Db) -> None:
    with pytest.raises(GUARDED, match=r"start_is_a_decision"):
        await app_db.execute(
            "INSERT INTO candidates (number, last_name, first_name, normal_last_name, normal_first_name, birthdate,"
            " presence_state, attempt, entry_no, seat_client, seat_since)"
            " VALUES ($1, 'A', 'B', 'a', 'b', '2000-01-01', 'confirmed', 'running', 1, 'x', clock_timestamp())",
            exam.number,
        )


async def test_one_person_is_on_a_list_once(exam: Exam, app_db: Db) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        await app_db.execute(
            "INSERT INTO candidates (number, last_name, first_name, normal_last_name, normal_first_name, birthdate)"
            " SELECT number, 'x', 'y', normal_last_name, normal_first_name, birthdate FROM candidates WHERE id = $1",
            exam.candidates[0],
        )


async def test_the_head_of_a_session_never_goes_back(world: PostgresWorld, exam: Exam, app_db: Db) -> None:
    await entered(world, exam)
    for back in (
        "decision_seq = 0",
        "live_epoch = 0",
        "roster_version = 0",
        "last_decided_at = NULL",
        "last_decided_at = last_decided_at - interval '1 ms'",
    ):
        with pytest.raises(GUARDED, match=r"never_back"):
            await app_db.execute(f"UPDATE exam_sessions SET {back} WHERE number = $1", exam.number)
    with pytest.raises(GUARDED, match=r"a_room_starts_once"):
        await app_db.execute("UPDATE exam_sessions SET started_at = NULL WHERE number = $1", exam.number)


async def test_progress_never_goes_back_and_stops_with_the_test(world: PostgresWorld, exam: Exam, app_db: Db) -> None:
    one = exam.candidates[0]
    client = await entered(world, exam)
    await decide(world.ledger, exam, client_author(client), ask.Finish(client, 10, 32), one)
    for change, rule in (
        ("answered = 3", "never_back"),
        ("answered = 11", "no_progress_outside_the_test"),
        ("total = 33", "total_is_fixed"),
        ("answered = 33", "no_progress_outside_the_test"),
    ):
        with pytest.raises(GUARDED, match=rule):
            await app_db.execute(f"UPDATE progress SET {change} WHERE candidate = $1", one)


@pytest.mark.parametrize("table", ["audit", "audit_details"])
async def test_p18_the_hub_can_only_add_to_the_audit(table: str, app_db: Db) -> None:
    for statement in (f"UPDATE {table} SET seq = 9", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app_db.execute(statement)


async def test_p18_even_the_owner_rewrites_nothing_of_the_audit(world: PostgresWorld, exam: Exam, owner_db: Db) -> None:
    await decide(world.ledger, exam, exam.invigilator, ask.AddTime(5, "panne"), exam.candidates[0])
    for statement in (
        "UPDATE audit SET author = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit CASCADE",
        "UPDATE audit_details SET salt = 'x'",
        "TRUNCATE audit_details",
    ):
        with pytest.raises(GUARDED, match=r"the_audit_is_append_only"):
            await owner_db.execute(statement)


async def test_the_owner_purges_details_and_the_chain_stays(world: PostgresWorld, exam: Exam, owner_db: Db) -> None:
    await decide(world.ledger, exam, exam.invigilator, ask.AddTime(5, "panne"), exam.candidates[0])
    assert await owner_db.execute("DELETE FROM audit_details WHERE number = $1", exam.number) == "DELETE 1"
    rows = await world.audit(exam.number)
    assert (len(rows), rows[0].detail, rows[0].hash != "") == (1, {}, True)


async def test_what_breaks_a_rule_is_told_without_the_data(world: PostgresWorld, exam: Exam) -> None:
    with pytest.raises(RuleBroken) as caught:
        await world.directory.grant_invigilation(AccountId(987_654_321), exam.number)
    assert "23503" in str(caught.value)
    assert "987654321" not in str(caught.value)
    assert caught.value.__suppress_context__


# ── the migrations ─────────────────────────────────────────────────────────────────────────────────────────────


def _differences(db: Connection) -> list[object]:
    context = MigrationContext.configure(db, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


async def test_the_migrations_make_the_tables_the_code_believes_in(addresses: Addresses) -> None:
    engine = create_async_engine(addresses.owner)
    async with engine.connect() as db:
        assert await db.run_sync(_differences) == []
    await engine.dispose()


async def test_migrating_twice_changes_nothing(addresses: Addresses, owner_db: Db) -> None:
    await upgrade(addresses.owner)
    assert await owner_db.fetchval("SELECT string_agg(version_num, ' ') FROM alembic_version") == "r0007"


async def test_one_role_for_everything_is_enough(postgres_server: EmbeddedServers, owner_db: Db) -> None:
    """Without a role of that name the grants are skipped and the rest is there."""
    await owner_db.execute("CREATE DATABASE single_role")
    try:
        _, owner_url = postgres_server.urls_of("single_role")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("state.migrations.first.grants.ROLE", "vigie_nobody")
            await upgrade(owner_url)
        db = await asyncpg.connect(plain(owner_url))
        granted = "SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = 'vigie_app'"
        assert await db.fetchval(granted) == 0
        await db.close()
    finally:
        await owner_db.execute("DROP DATABASE single_role WITH (FORCE)")

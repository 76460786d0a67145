"""One person's data on request: all of it, nobody else's, and a whole chain afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import pytest
import pytest_asyncio

from hub.model import CandidateId, SessionNumber
from hub.ports import UnknownSession
from hub.retention import Emptied, NotErased
from state.audit_trail import PostgresAuditTrail
from state.database import Database
from state.erasure import Erased, PostgresErasure
from tests.contract.ledgers import Exam, PostgresWorld
from tests.contract.postgres import Addresses
from tests.state.lived import dump, finalize, live, past

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    Db = asyncpg.Connection[asyncpg.Record]


@pytest.fixture
def world(database: Database, owner_db: Db) -> PostgresWorld:
    return PostgresWorld(database, owner_db)


@pytest_asyncio.fixture
async def erasure(addresses: Addresses) -> AsyncIterator[PostgresErasure]:
    owner = Database(addresses.owner)
    yield PostgresErasure(owner)
    await owner.close()


async def assert_whole(world: PostgresWorld, exam: Exam) -> None:
    walk = await PostgresAuditTrail(world.database).walk(exam.number)
    assert walk.broken is None, str(walk.broken)


async def test_p18_one_person_is_erased_and_nobody_else_and_the_chain_is_whole(
    world: PostgresWorld, erasure: PostgresErasure
) -> None:
    exam = await world.exam()
    one, two, _ = exam.candidates
    await live(world, exam, one, "canary")
    await live(world, exam, two, "sparrow")
    await world.owner_db.execute(
        "UPDATE candidates SET last_name = 'canary', first_name = 'canary', normal_last_name = 'canary',"
        " normal_first_name = 'canary', birth_town = 'canary', birth_country = 'canary', results_email = 'canary',"
        " invitation_email = 'canary', external_id = 'canary', birthdate = '1999-09-09' WHERE id = $1",
        one,
    )
    await finalize(world, exam)
    before = await dump(world.owner_db)
    found = await erasure.erase(exam.number, one)
    assert isinstance(found, Erased)
    assert (found.emptied.candidates, found.emptied.clients, found.emptied.answers) == (1, 1, 1)
    after = await dump(world.owner_db)
    assert not any(sign in line for lines in after.values() for line in lines for sign in ("canary", "1999-09-09"))
    for name in ("audit_details", "candidates"):
        others = [line for line in before[name] if "sparrow" in line]
        assert others, name
        assert [line for line in after[name] if "sparrow" in line] == others
    for name in ("clients", "answers"):
        assert set(after[name]) < set(before[name])
        assert len(after[name]) == len(before[name]) - 1, name
    await assert_whole(world, exam)
    last = (await world.audit(exam.number))[-1]
    assert (last.kind, last.candidate, last.codes) == ("candidate.erased", one, {"details": found.emptied.details})


async def test_erasing_twice_adds_nothing(world: PostgresWorld, erasure: PostgresErasure) -> None:
    exam = await past(world)
    await erasure.erase(exam.number, exam.candidates[0])
    before = await dump(world.owner_db)
    again = await erasure.erase(exam.number, exam.candidates[0])
    assert isinstance(again, Erased)
    assert again.emptied == Emptied()
    assert await dump(world.owner_db) == before


async def test_the_documents_of_the_session_stay_and_are_counted(
    world: PostgresWorld, erasure: PostgresErasure
) -> None:
    exam = await past(world)
    found = await erasure.erase(exam.number, exam.candidates[0])
    assert isinstance(found, Erased)
    assert found.documents_kept == 1
    assert await world.owner_db.fetchval("SELECT count(*) FROM documents WHERE number = $1", exam.number) == 1


async def test_a_look_erases_nothing(world: PostgresWorld, erasure: PostgresErasure) -> None:
    exam = await past(world)
    before = await dump(world.owner_db)
    assert isinstance(await erasure.look(exam.number, exam.candidates[0]), Erased)
    assert await dump(world.owner_db) == before


async def test_who_has_started_waits_for_the_finalization(world: PostgresWorld, erasure: PostgresErasure) -> None:
    exam = await world.exam()
    one, two, _ = exam.candidates
    await live(world, exam, one, "mot")
    assert await erasure.erase(exam.number, one) is NotErased.STARTED
    assert isinstance(await erasure.erase(exam.number, two), Erased)
    await finalize(world, exam)
    assert isinstance(await erasure.erase(exam.number, one), Erased)


async def test_the_other_lists_of_this_person_are_named(world: PostgresWorld, erasure: PostgresErasure) -> None:
    exam, other = await past(world), await past(world)
    found = await erasure.look(exam.number, exam.candidates[0])
    assert isinstance(found, Erased)
    assert (other.number, other.candidates[0]) in found.elsewhere
    assert (exam.number, exam.candidates[0]) not in found.elsewhere


async def test_a_list_that_still_waits_to_be_confirmed_stays(world: PostgresWorld, erasure: PostgresErasure) -> None:
    exam = await past(world)
    await world.owner_db.execute(
        "UPDATE imports SET outcome = NULL, expires_at = clock_timestamp() + interval '1 h'"
        " WHERE center = (SELECT center FROM exam_sessions WHERE number = $1)",
        exam.number,
    )
    before = (await dump(world.owner_db))["imports"]
    await erasure.erase(exam.number, exam.candidates[0])
    assert (await dump(world.owner_db))["imports"] == before


async def test_nobody_unknown_is_erased(world: PostgresWorld, erasure: PostgresErasure) -> None:
    exam, other = await past(world), await past(world)
    for stranger in (other.candidates[0], CandidateId(2**70)):
        assert await erasure.erase(exam.number, stranger) is NotErased.UNKNOWN
    for number in (999_999, 2**70):
        with pytest.raises(UnknownSession):
            await erasure.erase(SessionNumber(number), exam.candidates[0])

"""Chains as they stand in Postgres: whole when nobody touched them, and every kind of tampering is found."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from hub import commands as ask
from hub.audit import Break, Fault
from hub.model import SessionNumber
from hub.ports import UnknownSession
from state import audit_trail
from state.audit_trail import PostgresAuditTrail
from state.embedded import EmbeddedServers
from tests.contract.ledgers import decide
from tests.state.lived import House, own_house, past, tamper


@pytest_asyncio.fixture
async def house(postgres_server: EmbeddedServers) -> AsyncIterator[House]:
    async with own_house(postgres_server) as opened:
        yield opened


@pytest.fixture
def trail(house: House) -> PostgresAuditTrail:
    return PostgresAuditTrail(house.app)


async def test_an_untouched_chain_is_whole_to_its_head(house: House, trail: PostgresAuditTrail) -> None:
    exam = await past(house.world)
    walk, room = await trail.walk(exam.number), await house.world.ledger.room(exam.number)
    assert (walk.broken, walk.purged) == (None, 0)
    assert (walk.rows, walk.seq, walk.head) == (room.decision_seq, room.decision_seq, room.decision_hash)


async def test_a_chain_of_many_pages_is_walked_to_its_end(
    house: House, trail: PostgresAuditTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    exam = await past(house.world)
    whole = await trail.walk(exam.number)
    for rows in (1, 5, whole.rows):
        monkeypatch.setattr(audit_trail, "PAGE_ROWS", rows)
        assert await trail.walk(exam.number) == whole


# Each statement is done to one session, $1.
TAMPERINGS = {
    "a row missing": ("DELETE FROM audit WHERE number = $1 AND seq = 3", 3, Fault.MISSING),
    "the first row missing": ("DELETE FROM audit WHERE number = $1 AND seq = 1", 1, Fault.MISSING),
    "the last row missing": (
        "DELETE FROM audit WHERE number = $1 AND seq = (SELECT max(seq) FROM audit a WHERE a.number = $1)",
        None,
        Fault.MISSING,
    ),
    "a row changed": ("UPDATE audit SET codes = '{\"explicit\": 1}' WHERE number = $1 AND seq = 2", 2, Fault.CHANGED),
    "a kind nobody knows": ("UPDATE audit SET kind = 'no.such' WHERE number = $1 AND seq = 2", 2, Fault.CHANGED),
    "codes that are no codes": ("UPDATE audit SET codes = '[1]' WHERE number = $1 AND seq = 2", 2, Fault.CHANGED),
    "rows reordered": (
        "UPDATE audit SET kind = o.kind, candidate = o.candidate, author = o.author, at = o.at, node_at = o.node_at,"
        " codes = o.codes, detail_digest = o.detail_digest, previous_hash = o.previous_hash, hash = o.hash"
        " FROM audit o WHERE audit.number = $1 AND o.number = $1 AND (audit.seq, o.seq) IN ((2, 3), (3, 2))",
        2,
        Fault.MISPLACED,
    ),
    "a detail changed": (
        'UPDATE audit_details SET body = \'{"text": "autre"}\' WHERE number = $1',
        None,
        Fault.DETAIL_CHANGED,
    ),
    "a detail of another shape": (
        "UPDATE audit_details SET body = '[1]' WHERE number = $1",
        None,
        Fault.DETAIL_CHANGED,
    ),
    "a salt changed": ("UPDATE audit_details SET salt = 'x' WHERE number = $1", None, Fault.DETAIL_CHANGED),
    "a detail invented": (
        "INSERT INTO audit_details (number, seq, salt, body) VALUES ($1, 1, 'x', '{\"text\": \"x\"}')",
        1,
        Fault.DETAIL_CHANGED,
    ),
    "the head changed": ("UPDATE exam_sessions SET decision_hash = 'x' WHERE number = $1", None, Fault.HEAD_DIFFERS),
    "the head set back": (
        "UPDATE exam_sessions SET decision_seq = decision_seq - 1 WHERE number = $1",
        None,
        Fault.HEAD_DIFFERS,
    ),
}


@pytest.mark.parametrize("kind", TAMPERINGS)
async def test_whatever_was_done_to_a_chain_is_found(house: House, trail: PostgresAuditTrail, kind: str) -> None:
    statement, seq, fault = TAMPERINGS[kind]
    exam = await past(house.world)
    await tamper(house, exam, statement)
    found = (await trail.walk(exam.number)).broken
    assert found is not None
    assert found.fault is fault
    assert seq in (None, found.seq)


async def test_a_missing_detail_is_counted_and_no_fault(house: House, trail: PostgresAuditTrail) -> None:
    exam = await past(house.world)
    gone = await house.owner_db.fetchval("SELECT count(*) FROM audit_details WHERE number = $1", exam.number)
    await house.owner_db.execute("DELETE FROM audit_details WHERE number = $1", exam.number)
    walk = await trail.walk(exam.number)
    assert (walk.broken, walk.purged) == (None, gone)
    assert gone > 0


async def test_every_session_is_gone_through_once_a_silent_and_a_deleted_one_too(
    house: House, trail: PostgresAuditTrail
) -> None:
    silent, lived, deleted = await house.world.exam(), await past(house.world), await house.world.exam()
    await decide(house.world.ledger, deleted, deleted.invigilator, ask.MarkAbsent(), deleted.candidates[0])
    assert await house.world.directory.delete_session(deleted.number, deleted.admin) is None
    assert [one async for one in trail.numbers()] == [silent.number, lived.number, deleted.number]
    assert (await trail.walk(silent.number)).rows == 0
    walk = await trail.walk(deleted.number)
    assert (walk.rows, walk.broken) == (2, None)


@pytest.mark.parametrize("cut", [1, 2])
async def test_the_chain_of_a_deleted_session_that_does_not_end_with_its_deletion_was_cut(
    house: House, trail: PostgresAuditTrail, cut: int
) -> None:
    exam = await house.world.exam()
    for one in exam.candidates:
        await decide(house.world.ledger, exam, exam.invigilator, ask.MarkAbsent(), one)
    assert await house.world.directory.delete_session(exam.number, exam.admin) is None
    await tamper(house, exam, f"DELETE FROM audit WHERE number = $1 AND seq > {4 - cut}")
    assert (await trail.walk(exam.number)).broken == Break(5 - cut, Fault.MISSING)


@pytest.mark.parametrize("number", [999_999, 0, 2**70])
async def test_a_session_that_never_was_is_unknown(trail: PostgresAuditTrail, number: int) -> None:
    with pytest.raises(UnknownSession):
        await trail.walk(SessionNumber(number))

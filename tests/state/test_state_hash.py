"""The state hash: every row of the truth counts, and nothing else does."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import text

from state.embedded import EmbeddedServers
from state.state_hash import PASSING, state_hash
from state.tables import metadata
from tests.state.lived import House, own_house, past

TRUTH = sorted(set(metadata.tables) - set(PASSING))

REST = (
    "INSERT INTO doorbook (candidate) SELECT id FROM candidates ORDER BY id LIMIT 2",
    "INSERT INTO watch_log (number, author, connection, kind, at, facts)"
    " SELECT number, 'account:1', 'c', 'opened', clock_timestamp(), '{}' FROM exam_sessions",
    "INSERT INTO invitations (secret_hash, email, role, invited_by, expires_at)"
    " SELECT 'x', 'a@example.org', 'jury', id, clock_timestamp() FROM accounts LIMIT 1",
    "INSERT INTO handovers (secret_hash, number, given_by, expires_at)"
    " SELECT 'x', number, account, clock_timestamp() FROM invigilations LIMIT 1",
)
"""Rows in the tables that a lived session leaves empty."""


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def house(postgres_server: EmbeddedServers) -> AsyncIterator[House]:
    """A session that was lived; each test leaves it as it was."""
    async with own_house(postgres_server) as opened:
        await past(opened.world)
        for statement in REST:
            await opened.owner_db.execute(statement)
        yield opened


async def hash_after(house: House, *statements: str) -> str:
    """Return the hash as it is, or would be after these, which are rolled back."""
    async with house.owner.transaction() as db:
        for statement in statements:
            await db.execute(text(statement))
        found = await state_hash(db)
        await db.rollback()
    return found


@pytest.mark.parametrize("table", TRUTH)
async def test_a_row_that_goes_is_another_state(house: House, table: str) -> None:
    # What refers to the row would keep it: the owner looks away for a moment.
    gone = f"DELETE FROM {table} WHERE ctid = (SELECT min(ctid) FROM {table})"
    keys = "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint"
    dropped = await house.owner_db.fetch(f"{keys} WHERE contype = 'f' AND confrelid = $1::text::regclass", table)
    looks_away = [row[0] for row in dropped] + [f"ALTER TABLE {table} DISABLE TRIGGER USER"]
    assert await house.owner_db.fetchval(f"SELECT count(*) FROM {table}") > 0
    assert await hash_after(house, *looks_away, gone) != await hash_after(house)


async def test_a_changed_value_is_another_state(house: House) -> None:
    assert await hash_after(house, "UPDATE accounts SET name = name || ' '") != await hash_after(house)


async def test_two_rows_that_exchange_a_value_are_another_state(house: House) -> None:
    swap = "UPDATE doorbook SET wrong_codes = candidate"
    back = "UPDATE doorbook SET wrong_codes = (SELECT sum(candidate) FROM doorbook) - candidate"
    assert await hash_after(house, swap) != await hash_after(house, back)


async def test_where_rows_lie_on_the_disk_and_what_passes_is_no_state(house: House) -> None:
    same = (
        "UPDATE accounts SET name = name WHERE id = (SELECT min(id) FROM accounts)",
        "UPDATE exam_sessions SET live_epoch = live_epoch + 7",
        "INSERT INTO logins (secret_hash, account, expires_at) SELECT 'x', id, clock_timestamp() FROM accounts LIMIT 1",
        "INSERT INTO nodes VALUES ('n', clock_timestamp())",
        "INSERT INTO live_stores VALUES ('l', 'h', clock_timestamp())",
        "SELECT nextval('certification_numbers')",
    )
    assert await hash_after(house, *same) == await hash_after(house)

"""What the database lets a purge do: it empties, it is the owner's, and nobody else gains by claiming to purge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import pytest

from state.database import Database
from tests.contract.ledgers import Exam, PostgresWorld
from tests.contract.postgres import Addresses, plain
from tests.state.lived import past

if TYPE_CHECKING:
    Db = asyncpg.Connection[asyncpg.Record]


@pytest.fixture
def world(database: Database, owner_db: Db) -> PostgresWorld:
    return PostgresWorld(database, owner_db)


FROZEN = (
    "UPDATE candidates SET external_id = 'x' WHERE number = $1",
    "DELETE FROM documents WHERE number = $1",
    "UPDATE finalizations SET comment = 'x' WHERE number = $1",
)


async def refused(address: str, statement: str, exam: Exam) -> str:
    """Return what the database says to a statement of a transaction that claims to purge."""
    db = await asyncpg.connect(plain(address))
    try:
        async with db.transaction():
            await db.execute("SET LOCAL vigie.purging = 'on'")
            await db.execute(statement, exam.number)
    except asyncpg.PostgresError as error:
        return str(error)
    finally:
        await db.close()
    return ""


@pytest.mark.parametrize("statement", FROZEN)
async def test_the_hubs_role_gains_nothing_by_claiming_to_purge(
    world: PostgresWorld, addresses: Addresses, statement: str
) -> None:
    exam = await past(world)
    assert "finalized_is_frozen" in await refused(addresses.app, statement, exam)
    assert await refused(addresses.owner, statement, exam) == ""


async def test_the_hubs_role_deletes_no_detail_by_claiming_to_purge(world: PostgresWorld, addresses: Addresses) -> None:
    exam = await past(world)
    said = await refused(addresses.app, "DELETE FROM audit_details WHERE number = $1", exam)
    assert "permission denied" in said


@pytest.mark.parametrize("statement", FROZEN)
async def test_the_owner_who_does_not_purge_is_held_off_like_everybody(world: PostgresWorld, statement: str) -> None:
    exam = await past(world)
    with pytest.raises(asyncpg.PostgresError, match="finalized_is_frozen"):
        await world.owner_db.execute(statement, exam.number)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE candidates SET attempt = 'finished' WHERE number = $1",
        "UPDATE candidates SET certification_number = 1 WHERE number = $1",
        "UPDATE candidates SET presence_by = 'account:1' WHERE number = $1",
        "UPDATE candidates SET revision = revision + 1 WHERE number = $1",
        "UPDATE finalizations SET saved_by = 'account:0' WHERE number = $1",
    ],
)
async def test_even_a_purge_only_empties(world: PostgresWorld, addresses: Addresses, statement: str) -> None:
    exam = await past(world)
    assert "a_purge_only_empties" in await refused(addresses.owner, statement, exam)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM candidates WHERE number = $1",
        "INSERT INTO documents (number, name, media_type, size_bytes, sha256, content, added_by)"
        " VALUES ($1, 'x', 'image/png', 1, 'x', 'x', 'account:1')",
        "UPDATE documents SET name = 'x' WHERE number = $1",
        "DELETE FROM finalizations WHERE number = $1",
    ],
)
async def test_a_purge_opens_no_other_door_of_a_finalized_session(
    world: PostgresWorld, addresses: Addresses, statement: str
) -> None:
    exam = await past(world)
    for child in ("clients", "progress"):
        await world.owner_db.execute(
            f"DELETE FROM {child} WHERE candidate IN (SELECT id FROM candidates WHERE number = $1)", exam.number
        )
    assert "finalized_is_frozen" in await refused(addresses.owner, statement, exam)

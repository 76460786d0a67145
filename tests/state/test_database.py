"""The pool: what happens to it is told in the ledger's words, whenever it happens."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import ProgrammingError

from hub.ports import LockBusy, StoreUnavailable
from state.accidents import RuleBroken
from state.database import Database
from tests.contract.postgres import Addresses


async def test_a_connection_that_breaks_before_it_is_ready_is_a_store_that_is_away(
    addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_ready = PGDialect_asyncpg.setup_asyncpg_json_codec

    async def breaks(dialect: PGDialect_asyncpg, connection: Any) -> None:
        connection._connection.terminate()
        await make_ready(dialect, connection)

    database = Database(addresses.app, pool_size=1)
    try:
        monkeypatch.setattr(PGDialect_asyncpg, "setup_asyncpg_json_codec", breaks)
        with pytest.raises(StoreUnavailable):
            async with database.single() as db:
                await db.execute(text("SELECT 1"))
        monkeypatch.undo()
        async with database.single() as db:
            assert (await db.execute(text("SELECT 1"))).scalar() == 1
    finally:
        await database.close()


# ── what is counted ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_whoever_waits_for_a_connection_is_counted_beside_those_who_have_one(addresses: Addresses) -> None:
    database = Database(addresses.app, pool_size=1)
    try:
        async with database.single():
            waiting = asyncio.create_task(_select_one(database))
            async with asyncio.timeout(5):
                while database.figures.asking < 2:
                    await asyncio.sleep(0)
            assert (database.figures.asking, database.pool_size) == (2, 1)
        await waiting
        assert database.figures.asking == 0
        assert sum(database.figures.errors.values()) == 0
    finally:
        await database.close()


async def _select_one(database: Database) -> None:
    async with database.single() as db:
        await db.execute(text("SELECT 1"))


@pytest.mark.parametrize(
    ("statement", "accident", "kind"),
    [
        ("DO $$ BEGIN RAISE SQLSTATE '55P03'; END $$", LockBusy, "busy"),
        ("SELECT 1 / 0", RuleBroken, "rule_broken"),
        ("SELECT nonsense", ProgrammingError, "mistake"),
        ("DO $$ BEGIN RAISE SQLSTATE '57014'; END $$", StoreUnavailable, "unavailable"),
    ],
)
async def test_errors_are_counted_by_kind(
    addresses: Addresses, statement: str, accident: type[Exception], kind: str
) -> None:
    database = Database(addresses.app, pool_size=1)
    try:
        with pytest.raises(accident):
            async with database.transaction() as db:
                await db.execute(text(statement))
        assert {name for name, count in database.figures.errors.items() if count} == {kind}
        assert (database.figures.errors[kind], database.figures.asking) == (1, 0)
    finally:
        await database.close()

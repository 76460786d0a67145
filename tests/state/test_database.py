"""The pool: what happens to it is told in the ledger's words, whenever it happens."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from hub.ports import StoreUnavailable
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

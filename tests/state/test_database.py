"""The pool: what happens to it is told in the ledger's words, whenever it happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import ProgrammingError

from hub.ports import Crowded, LockBusy, StoreUnavailable, Unrecorded
from hub.refusals import Code, Refusal
from hub.turns import refusal_of
from state.accidents import RuleBroken
from state.database import Database
from tests.contract.postgres import Addresses, plain
from tests.state.pooler import pooler


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


async def test_a_pooler_that_drops_what_is_asked_of_a_connection_is_no_way_to_the_store(
    addresses: Addresses, caplog: pytest.LogCaptureFixture
) -> None:
    async with pooler(addresses.app, ignored=("lock_timeout", "jit")) as here:
        database = Database(here, pool_size=1)
        with pytest.raises(StoreUnavailable):
            await _select_one(database)
        await database.close()
    (said,) = caplog.messages
    assert "lock_timeout is '0'" in said
    assert "jit is 'on'" in said
    assert "statement_timeout" not in said


async def test_a_pooler_may_drop_what_the_role_says_anyway(addresses: Addresses) -> None:
    app = await asyncpg.connect(plain(addresses.app))
    await app.execute("ALTER ROLE CURRENT_USER SET lock_timeout = '1s'")
    try:
        async with pooler(addresses.app, ignored=("lock_timeout", "application_name")) as here:
            database = Database(here, pool_size=1)
            await _select_one(database)
            await database.close()
    finally:
        await app.execute("ALTER ROLE CURRENT_USER RESET lock_timeout")
        await app.close()


# ── whose turn it is ───────────────────────────────────────────────────────────────────────────────────────────────


class Callers:
    """People who want the only connection, each holding it until told to let go."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.served: list[str] = []
        self._may_go: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def comes(self, name: str) -> None:
        self._may_go[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._holds(name))

    def goes(self, name: str) -> None:
        self._may_go[name].set()

    async def is_served(self, name: str) -> None:
        async with asyncio.timeout(5):
            while name not in self.served:
                await asyncio.sleep(0)

    async def _holds(self, name: str) -> None:
        async with self.database.single():
            self.served.append(name)
            await self._may_go[name].wait()

    async def leave(self) -> None:
        for one in self._may_go.values():
            one.set()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        await self.database.close()


@pytest_asyncio.fixture
async def callers(addresses: Addresses) -> AsyncIterator[Callers]:
    callers = Callers(Database(addresses.app, pool_size=1, patience_seconds=0.5))
    yield callers
    await callers.leave()


async def test_who_asks_again_at_once_passes_nobody_who_waits(callers: Callers) -> None:
    async def greedy() -> None:
        for _ in range(3):
            async with callers.database.single():
                callers.served.append("greedy")
                await asked.wait()

    asked = asyncio.Event()
    task = asyncio.create_task(greedy())
    await callers.is_served("greedy")
    for name in ("patient", "later"):
        callers.comes(name)
        callers.goes(name)
    async with asyncio.timeout(5):
        while callers.database.figures.asking < 3:
            await asyncio.sleep(0)
        asked.set()
        await task
    assert callers.served == ["greedy", "patient", "later", "greedy", "greedy"]


async def test_a_store_that_serves_others_is_crowded_and_not_away(callers: Callers) -> None:
    for name in ("first", "second", "third"):
        callers.comes(name)
    await callers.is_served("first")
    callers.goes("first")
    with pytest.raises(Crowded):
        await callers.tasks["third"]
    assert callers.served == ["first", "second"]
    assert callers.database.figures.errors["crowded"] == 1
    assert refusal_of(Crowded()) == Refusal(Code.BUSY, after_ms=1000)


async def test_a_store_that_serves_nobody_is_away(callers: Callers) -> None:
    callers.comes("first")
    await callers.is_served("first")
    callers.comes("second")
    with pytest.raises(StoreUnavailable) as away:
        await callers.tasks["second"]
    assert type(away.value) is StoreUnavailable
    assert callers.database.figures.errors["unavailable"] == 1


async def test_a_server_is_there_while_it_serves_others_though_no_connection_is_free(callers: Callers) -> None:
    assert await callers.database.answers()
    callers.comes("first")
    await callers.is_served("first")
    assert await callers.database.answers(), "somebody was served a moment ago"
    async with asyncio.timeout(5):
        while await callers.database.answers():
            await asyncio.sleep(0.05)
    callers.goes("first")
    await callers.tasks["first"]
    assert await callers.database.answers()


async def test_asking_whether_a_server_is_there_finds_the_connection_that_its_restart_broke(
    addresses: Addresses,
) -> None:
    database = Database(addresses.app, pool_size=1)
    killer = await asyncpg.connect(plain(addresses.owner))
    try:
        async with database.single() as db:
            pid = (await db.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        await killer.execute("SELECT pg_terminate_backend($1, 5000)", pid)
        with pytest.raises(StoreUnavailable):
            await database.answers()
        assert await database.answers()
        await _select_one(database)
    finally:
        await killer.close()
        await database.close()


# ── what is counted ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("cause", ["SET TRANSACTION READ ONLY; DELETE FROM nodes;", "RAISE SQLSTATE '53100';"])
async def test_a_server_that_takes_no_writes_is_there_and_is_known_to_record_nothing_for_a_while(
    addresses: Addresses, monkeypatch: pytest.MonkeyPatch, cause: str
) -> None:
    database = Database(addresses.app, pool_size=1)
    try:
        assert database.is_recording()
        with pytest.raises(Unrecorded):
            async with database.transaction() as db:
                await db.execute(text(f"DO $$ BEGIN {cause} END $$"))
        assert await database.answers()
        assert not database.is_recording()
        monkeypatch.setattr("state.database.UNRECORDED_SECONDS", 0.0)
        assert database.is_recording(), "nothing was refused since"
    finally:
        await database.close()


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

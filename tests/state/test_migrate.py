"""An upgrade beside people who work: it stands in nobody's way, and says what stands in its own."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
import pytest_asyncio
from alembic.script import ScriptDirectory

from hub import commands as ask
from state import migrate
from state.embedded import EmbeddedServers
from state.migrate import CannotUpgrade, Move, Patience, upgrade
from tests.contract.ledgers import decide
from tests.contract.postgres import plain
from tests.state.lived import House, own_house

if TYPE_CHECKING:
    Db = asyncpg.Connection[asyncpg.Record]

NEXT = "r9999"
REVISION = """
from alembic import op

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE audit ADD COLUMN later integer")
    op.execute("ALTER TABLE exam_sessions ADD COLUMN later integer")
"""


@pytest_asyncio.fixture
async def house(postgres_server: EmbeddedServers) -> AsyncIterator[House]:
    async with own_house(postgres_server) as opened:
        yield opened


def one_more_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let this version know one more revision than databases have; return the one they have."""
    newest = ScriptDirectory.from_config(migrate.configuration()).get_current_head()
    folder = Path(shutil.copytree(migrate.MIGRATIONS, tmp_path / "migrations"))
    (folder / "versions" / f"{NEXT}_later.py").write_text(REVISION.format(revision=NEXT, before=newest))
    monkeypatch.setattr(migrate, "MIGRATIONS", folder)
    assert newest is not None
    return newest


@pytest.fixture
def present(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let there be one more revision than the database has; return the one it has."""
    return one_more_revision(tmp_path, monkeypatch)


@asynccontextmanager
async def a_long_reader(house: House) -> AsyncIterator[None]:
    """Read the sessions in a transaction that stays open, as a backup does."""
    reader = await asyncpg.connect(plain(house.addresses.owner))
    try:
        async with reader.transaction():
            await reader.execute("SELECT FROM exam_sessions")
            yield
    finally:
        await reader.close()


async def until_the_upgrade_waits(db: Db) -> None:
    waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock')"
    async with asyncio.timeout(10):
        while not await db.fetchval(waits):
            pass


async def test_decisions_go_on_while_an_upgrade_waits_and_it_is_done_when_the_reader_is_gone(
    house: House, present: str
) -> None:
    exam = await house.world.exam()
    async with a_long_reader(house):
        upgrading = asyncio.create_task(upgrade(house.addresses.owner, Patience(attempts=100, pause_seconds=0.01)))
        for one in exam.candidates:
            await until_the_upgrade_waits(house.owner_db)
            await decide(house.world.ledger, exam, exam.invigilator, ask.ConfirmPresence(), one)
        assert not upgrading.done()
    assert await upgrading == Move(present, NEXT)


async def test_an_upgrade_that_does_not_get_its_tables_says_who_to_look_for_and_keeps_nothing(
    house: House, present: str
) -> None:
    async with a_long_reader(house):
        with pytest.raises(CannotUpgrade, match="backup"):
            await upgrade(house.addresses.owner, Patience(attempts=2, pause_seconds=0.01))
        assert await house.owner_db.fetchval("SELECT version_num FROM alembic_version") == present
        async with house.owner_db.transaction():
            await house.owner_db.execute("LOCK TABLE audit IN ACCESS EXCLUSIVE MODE NOWAIT")

"""Fixtures of a real Postgres: one server for the whole run, migrated by the owner, used by the hub's own role."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest_asyncio

from state.database import Database
from state.embedded import EmbeddedServers
from state.migrate import upgrade


@dataclass(frozen=True)
class Addresses:
    """The two ways into one migrated database."""

    app: str
    owner: str


@pytest_asyncio.fixture(scope="session")
async def postgres_server() -> AsyncIterator[EmbeddedServers]:
    """A Postgres of our own, thrown away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="vigie-test-"))
    folder.chmod(0o711)
    try:
        async with EmbeddedServers.start(folder / "var", redis=False) as servers:
            yield servers
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="session")
async def addresses(postgres_server: EmbeddedServers) -> Addresses:
    """The addresses of a database at the newest revision."""
    await upgrade(postgres_server.owner_database_url)
    return Addresses(postgres_server.database_url, postgres_server.owner_database_url)


@pytest_asyncio.fixture(scope="session")
async def database(addresses: Addresses) -> AsyncIterator[Database]:
    """The hub's own pool."""
    database = Database(addresses.app)
    yield database
    await database.close()


def plain(url: str) -> str:
    """Return an address as the bare driver wants it."""
    return url.replace("postgresql+asyncpg://", "postgresql://")


@pytest_asyncio.fixture
async def app_db(addresses: Addresses) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A bare connection with the hub's rights and nothing of its code."""
    db = await asyncpg.connect(plain(addresses.app))
    yield db
    await db.close()


@pytest_asyncio.fixture
async def owner_db(addresses: Addresses) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A bare connection with the owner's rights."""
    db = await asyncpg.connect(plain(addresses.owner))
    yield db
    await db.close()

"""A house on real stores, asked through its application."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio

from state.embedded import EmbeddedServers
from state.migrate import upgrade
from tests.contract.postgres import plain
from tests.web.lycee import ORIGIN, PASSWORD, Hiring, client
from tests.web.papers import Proof
from web.house import Addresses, House, open_house
from web.settings import Settings
from web.throttle import Throttle


@pytest_asyncio.fixture(scope="session")
async def servers() -> AsyncIterator[EmbeddedServers]:
    """Both stores, migrated, for the whole run."""
    folder = Path(tempfile.mkdtemp(prefix="vigie-web-"))
    folder.chmod(0o711)
    try:
        async with EmbeddedServers.start(folder / "var") as running:
            await upgrade(running.owner_database_url)
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture
async def owner_db(servers: EmbeddedServers) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A bare connection with the owner's rights."""
    db = await asyncpg.connect(plain(servers.owner_database_url))
    yield db
    await db.close()


@pytest_asyncio.fixture(scope="session")
async def house(servers: EmbeddedServers) -> AsyncIterator[House]:
    """One house for the whole run, not serving: its node does not beat, its rules and stores are real."""
    addresses = Addresses(servers.database_url, servers.redis_url)
    async with open_house(Settings(var=servers.data_dir), addresses, ORIGIN, frozenset({ORIGIN})) as opened:
        yield opened
        await opened.announcer.settled()


@pytest_asyncio.fixture
async def anybody(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A client that has not signed in, and an address that has not failed yet."""
    house.throttle = Throttle()
    async with client(house) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session")
async def hashed(house: House) -> str:
    return await house.passwords.hash(PASSWORD)


@pytest_asyncio.fixture
async def hire(house: House, hashed: str) -> AsyncIterator[Hiring]:
    house.throttle = Throttle()
    hiring = Hiring(house, hashed)
    yield hiring
    await hiring.close()


@pytest.fixture
def proof(house: House) -> Iterator[Proof]:
    """A press that keeps what it was given to print."""
    usual, house.press = house.press, Proof()
    yield house.press
    house.press = usual

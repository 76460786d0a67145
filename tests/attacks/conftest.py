"""Two hubs on the same real stores for everybody who attacks; and a house on them that is asked without a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from tests.attacks.people import PASSWORD, Town
from tests.faults.rig import Rig
from tests.story.api import Api
from tests.story.hub import Hub as StoryHub
from tests.story.rooms import Staff, World
from tests.web.lycee import ORIGIN, Hiring
from web.house import Addresses, House, open_house
from web.settings import Settings
from web.throttle import Throttle

ALLOWED_ORIGIN = "https://exams.example.org"
SETTINGS = {
    "VIGIE_ORIGINS": ALLOWED_ORIGIN,
    # The tests are the proxy: each says which address it comes from, and no brake is full because of another test.
    "VIGIE_PROXIES": "127.0.0.1",
    "VIGIE_UNDO_SECONDS": "2",
}


@pytest.fixture(scope="session")
async def whole_rig() -> AsyncIterator[Rig]:
    """Two hubs for the whole run; what they complain of is for the test to judge."""
    async with Rig.open(**SETTINGS) as opened:
        yield opened


@pytest.fixture
async def rig(whole_rig: Rig) -> AsyncIterator[Rig]:
    """The two hubs, which stumble over nothing that this test does."""
    for hub in whole_rig.hubs:
        hub.begin_page()
    yield whole_rig
    assert all(hub.is_running for hub in whole_rig.hubs)
    assert not whole_rig.complaints(), whole_rig.complaints()[:5]


@pytest.fixture
async def world(rig: Rig) -> AsyncIterator[World]:
    """Rooms to play in, on the first hub."""
    async with opened_world(rig) as opened:
        yield opened


@asynccontextmanager
async def opened_world(rig: Rig) -> AsyncIterator[World]:
    async with Api(rig.hubs[0].own_url) as api:
        staff = Staff(rig.staff.admin.token, rig.staff.invigilators[0].token)
        # A world asks a hub for its addresses only.
        world = World(cast(StoryHub, rig.hubs[0]), api, staff)
        yield world
        await world.leave()


@pytest.fixture(scope="session")
async def whole_house(whole_rig: Rig) -> AsyncIterator[House]:
    """A third process's house, inside the tests: its rules and stores are real, it serves nobody."""
    addresses = Addresses(whole_rig.postgres.url, whole_rig.redis.url)
    settings = Settings(var=whole_rig.folder)
    async with open_house(settings, addresses, ORIGIN, frozenset({ORIGIN})) as opened:
        yield opened
        await opened.announcer.settled()


@pytest.fixture
def house(whole_house: House) -> House:
    """The house, in which nobody has failed yet."""
    whole_house.throttle = Throttle()
    return whole_house


@pytest.fixture(scope="session")
async def hashed(whole_house: House) -> str:
    return await whole_house.passwords.hash(PASSWORD)


@pytest.fixture
async def hire(house: House, hashed: str) -> AsyncIterator[Hiring]:
    hiring = Hiring(house, hashed)
    yield hiring
    await hiring.close()


@pytest.fixture
async def town(rig: Rig, hashed: str) -> Town:
    return Town(rig, hashed)

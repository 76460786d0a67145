"""Two real hubs, one with the standard durations and one with short ones, and a world to play in on each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.story.api import Api
from tests.story.hub import Hub
from tests.story.rooms import Staff, World, log_in

QUICK = {
    "VIGIE_UNDO_SECONDS": "2",
    "VIGIE_BLINK_SECONDS": "2",
    "VIGIE_GRACE_SECONDS": "5",
    "VIGIE_RESUME_LIFE_SECONDS": "6",
    "VIGIE_TAKE_OVER_SECONDS": "8",
}
"""The same rules in less time."""


def running(var: Path, settings: dict[str, str]) -> Iterator[Hub]:
    hub = Hub(var, **settings)
    hub.start()
    try:
        yield hub
    finally:
        assert hub.stop() == 0, hub.tail()
    hub.assert_no_orphan()
    log = hub.log.read_text(errors="replace")
    assert "Traceback" not in log, log[log.index("Traceback") - 500 :][:4000]


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    yield from running(tmp_path_factory.mktemp("standard") / "var", {})


@pytest.fixture(scope="session")
def quick_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    yield from running(tmp_path_factory.mktemp("quick") / "var", QUICK)


@pytest.fixture(scope="session")
async def staff(hub: Hub) -> Staff:
    return await log_in(hub)


@pytest.fixture(scope="session")
async def quick_staff(quick_hub: Hub) -> Staff:
    return await log_in(quick_hub)


@pytest.fixture
async def standard_world(hub: Hub, staff: Staff) -> AsyncIterator[World]:
    async with Api(hub.http_url) as api:
        world = World(hub, api, staff)
        yield world
        await world.leave()


@pytest.fixture
async def world(quick_hub: Hub, quick_staff: Staff) -> AsyncIterator[World]:
    async with Api(quick_hub.http_url) as api:
        world = World(quick_hub, api, quick_staff)
        yield world
        await world.leave()

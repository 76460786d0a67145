"""Two real hubs, one with the standard durations and one with short ones, and a world to play in on each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.story import background
from tests.story.api import Api
from tests.story.hub import Hub
from tests.story.rooms import Staff, World, log_in

FOLDER = Path(__file__).parent
QUICK = {
    "VIGIE_UNDO_SECONDS": "2",
    "VIGIE_BLINK_SECONDS": "2",
    "VIGIE_GRACE_SECONDS": "5",
    "VIGIE_RESUME_LIFE_SECONDS": "6",
    "VIGIE_TAKE_OVER_SECONDS": "8",
}
"""The same rules in less time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ask last how those stories went that are played in the background meanwhile."""
    here = [place for place, item in enumerate(items) if item.path.parent == FOLDER]
    ordered = sorted((items[place] for place in here), key=lambda item: item.name in background.OWN_HUBS)
    for place, item in zip(here, ordered, strict=True):
        items[place] = item


async def running(var: Path, settings: dict[str, str]) -> AsyncIterator[Hub]:
    hub = Hub(var, **settings)
    await asyncio.to_thread(hub.start)
    yield hub
    await background.stopped(hub)


@pytest.fixture(scope="session")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hub]:
    async for one in running(tmp_path_factory.mktemp("standard") / "var", {}):
        yield one


@pytest.fixture(scope="session")
async def quick_hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hub]:
    async for one in running(tmp_path_factory.mktemp("quick") / "var", QUICK):
        yield one


@pytest.fixture(scope="session")
async def staff(hub: Hub) -> Staff:
    return await log_in(hub)


@pytest.fixture(scope="session")
async def quick_staff(quick_hub: Hub) -> Staff:
    return await log_in(quick_hub)


@pytest.fixture
async def world(quick_hub: Hub, quick_staff: Staff) -> AsyncIterator[World]:
    async with Api(quick_hub.http_url) as api:
        world = World(quick_hub, api, quick_staff)
        yield world
        await world.leave()


@pytest.fixture(scope="module")
async def playing(
    request: pytest.FixtureRequest, hub: Hub, quick_hub: Hub, staff: Staff, quick_staff: Staff
) -> AsyncIterator[dict[str, asyncio.Task[None]]]:
    """Play all selected stories at once, each in a room of its own."""

    async def play(name: str) -> None:
        one, standard = background.STORIES[name]
        on, who = (hub, staff) if standard else (quick_hub, quick_staff)
        async with Api(on.http_url) as api:
            world = World(on, api, who)
            await one(world)
            await world.leave()

    tasks = {name: asyncio.create_task(play(name)) for name in of_this_module(request, background.STORIES)}
    yield tasks
    await put_away(tasks)


@pytest.fixture(scope="module", autouse=True)
async def own_hubs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, asyncio.Task[None]]]:
    """Start what has a hub of its own before the module's first test: it is mostly waiting."""
    turn = asyncio.Lock()
    tasks = {
        name: asyncio.create_task(background.play_with_own_hub(name, tmp_path_factory.mktemp("own"), turn))
        for name in of_this_module(request, background.OWN_HUBS)
    }
    yield tasks
    await put_away(tasks)


def of_this_module(request: pytest.FixtureRequest, known: Mapping[str, object]) -> Sequence[str]:
    """Name the selected stories of one module.

    No others: between two modules a worker may run tests of another folder that are no coroutines. The loop stands
    still meanwhile, nobody answers a beat, and the hub rightly takes every candidate for lost.
    """
    here = (item for item in request.session.items if item.path == request.path)
    return [item.name for item in here if item.name in known]


async def put_away(tasks: dict[str, asyncio.Task[None]]) -> None:
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)

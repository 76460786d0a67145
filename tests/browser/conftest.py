"""One hub with short durations, one Chromium, and a hall in which each test opens its own devices."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, StorageState

from loadtests.ports import free_port
from tests.browser import chromium
from tests.browser.accounts import Login, hired, signed_in
from tests.browser.colleagues import LUCIE, OpenDesk, desk_of
from tests.browser.hall import Hall
from tests.browser.screens import Desk
from tests.browser.walls import Center, new_center
from tests.story.api import Api
from tests.story.hub import Hub
from tests.story.rooms import Room, Staff, World, log_in

QUICK = {
    "VIGIE_UNDO_SECONDS": "4",
    "VIGIE_BLINK_SECONDS": "1",
    "VIGIE_GRACE_SECONDS": "3",
    "VIGIE_CALL_AGAIN_SECONDS": "3",
    "VIGIE_CALL_OTHERS_SECONDS": "6",
    "VIGIE_CALL_ADMIN_SECONDS": "9",
    "VIGIE_UNATTENDED_SECONDS": "2",
}
"""The rules of a room in less time: an end is undone within 4 s, a lost candidate is interrupted after 3.

What nobody goes to calls again after 3 s, everybody after 6, and the admin after 9; a room without an invigilator
stands on its center's wall after 2.
"""
PICTURES: pytest.StashKey[bool] = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[PICTURES] = report.failed
    return report


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium.started() as browser:
        yield browser


@pytest.fixture(scope="session")
def hub(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    port = free_port()
    origins = f"http://{chromium.LAN_NAME}:{port}"
    running = Hub(tmp_path_factory.mktemp("browser") / "var", VIGIE_PORT=str(port), VIGIE_ORIGINS=origins, **QUICK)
    running.port = port
    running.start()
    yield running
    assert running.stop() == 0, running.tail()
    log = running.log.read_text(errors="replace")
    assert "Traceback" not in log, log[log.index("Traceback") - 500 :][:4000]


@pytest.fixture(scope="session")
async def staff(hub: Hub) -> Staff:
    return await log_in(hub)


@pytest.fixture(scope="session")
async def staff_state(browser: Browser, hub: Hub) -> dict[str, StorageState]:
    """Sign in as each of the two; a file of tests may add others."""
    return {who: await signed_in(browser, hub, Login(**hub.demo[who])) for who in ("invigilator", "admin")}


@pytest.fixture
async def world(hub: Hub, staff: Staff) -> AsyncIterator[World]:
    """Rooms, and the people in them who need no browser."""
    async with Api(hub.http_url) as api:
        world = World(hub, api, staff)
        yield world
        await world.leave()


@pytest.fixture
async def hall(
    request: pytest.FixtureRequest,
    browser: Browser,
    hub: Hub,
    staff_state: dict[str, StorageState],
    world: World,
    tmp_path: Path,
) -> AsyncIterator[Hall]:
    hall = Hall(browser, hub, staff_state, tmp_path)
    yield hall
    if request.node.stash.get(PICTURES, False):
        await hall.picture(request.node.name)
    await hall.leave()


@pytest.fixture(scope="session")
async def lucie(browser: Browser, hub: Hub, staff_state: dict[str, StorageState]) -> str:
    """Hire a second invigilator, sign her in, and give her token."""
    login = await hired(hub, "invigilator", LUCIE)
    staff_state["lucie"] = await signed_in(browser, hub, login)
    async with Api(hub.http_url) as api:
        return await api.login(login.email, login.password)


@pytest.fixture
def open_desk(hall: Hall, world: World, lucie: str) -> OpenDesk:
    """Open a room as one of the two invigilators."""

    async def opened(room: Room, who: str = "invigilator", **options: object) -> Desk:
        if who == "lucie":
            await world.api.invigilate(lucie, room.number, room.password)
        return await desk_of(hall, room, who, **options)

    return opened


# ── a center of one's own, for tests of its wall ───────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
async def founder(hub: Hub) -> str:
    """Return the token of somebody who founds centers."""
    login = await hired(hub, "operator", "Odile Fondatrice")
    async with Api(hub.http_url) as api:
        return await api.login(login.email, login.password)


@pytest.fixture
async def center(browser: Browser, hub: Hub, staff: Staff, founder: str) -> AsyncIterator[Center]:
    async with Api(hub.http_url) as api:
        center = await new_center(browser, hub, api, founder, staff.invigilator)
        yield center
        await center.world.leave()


@pytest.fixture
async def wall_hall(
    request: pytest.FixtureRequest, browser: Browser, hub: Hub, center: Center, tmp_path: Path
) -> AsyncIterator[Hall]:
    """The devices of that center's admin."""
    hall = Hall(browser, hub, {"admin": center.state}, tmp_path)
    yield hall
    if request.node.stash.get(PICTURES, False):
        await hall.picture(request.node.name)
    await hall.leave()

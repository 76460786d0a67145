"""One rig for the whole run, healed after each test; the journal of a test that fails."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser import chromium
from tests.faults.journal import MOST_LINES
from tests.faults.proxy import ChaosProxy
from tests.faults.rig import Rig
from tests.faults.valkey import LiveServer
from tests.promises import Tally

OpenRig = Callable[..., Awaitable[Rig]]
QUICK = {"VIGIE_UNDO_SECONDS": "2", "VIGIE_RESUME_LIFE_SECONDS": "8"}
"""Ends and lapses that a test can wait for; whatever is about losses keeps its default."""
RIGS = pytest.StashKey[list[tuple[Rig, int]]]()
"""The rigs of a test, and where in their journals it begins."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Print what was done and heard during a test that failed; all of it goes to the folder VIGIE_FAULTS_JOURNALS."""
    report = yield
    for rig, mark in item.stash.get(RIGS, []) if report.failed else []:
        if folder := os.environ.get("VIGIE_FAULTS_JOURNALS"):
            (Path(folder) / f"{item.name}.txt").write_text(rig.journal.text(MOST_LINES, mark))
        report.sections.append((f"journal (VIGIE_FAULTS_SEED={rig.seed})", rig.journal.text(mark=mark)))
        report.sections.append(("complaints of the hubs", "\n".join(rig.complaints())))
    return report


@pytest.fixture(scope="session")
async def whole_rig() -> AsyncIterator[Rig]:
    """Two hubs on real stores, for every test that does not change settings."""
    async with Rig.open(**QUICK) as rig:
        yield rig


@pytest.fixture
async def rig(whole_rig: Rig, tally: Tally, request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    """The rig, whole: faults of a test before are ended, its journal and what is counted begin here."""
    whole_rig.tally = tally
    request.node.stash.setdefault(RIGS, []).append((whole_rig, len(whole_rig.journal.entries)))
    whole_rig.journal.note("test", request.node.name)
    await whole_rig.heal()
    for hub in whole_rig.hubs:
        hub.begin_page()
    yield whole_rig
    await whole_rig.heal()


@pytest.fixture
async def open_rig(tally: Tally, request: pytest.FixtureRequest) -> AsyncIterator[OpenRig]:
    """Open a rig of the test's own: `rig = await open_rig(hubs=3, VIGIE_GRACE_SECONDS="3")`."""
    async with AsyncExitStack() as stack:

        async def opened(hubs: int = 2, **settings: str) -> Rig:
            rig = await stack.enter_async_context(Rig.open(hubs, **settings))
            rig.tally = tally
            request.node.stash.setdefault(RIGS, []).append((rig, 0))
            return rig

        yield opened


@pytest.fixture
async def second(rig: Rig) -> AsyncIterator[LiveServer]:
    """Another Redis; the first is the rig's own again at the end."""
    first, server = rig.redis, await rig.live_server(f"redis-{len(rig.journal.entries)}")
    yield server
    if not first.is_running:
        await first.start()
    await first.promote()
    rig.lead_to(first)
    server.kill()


# ── real pages ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium.started() as browser:
        yield browser


@pytest.fixture(scope="session")
async def whole_door(whole_rig: Rig) -> AsyncIterator[ChaosProxy]:
    """What stands where a balancer would, at the address that people type."""
    door = ChaosProxy("door", ("127.0.0.1", 0), port=whole_rig.door)
    await door.open()
    yield door
    await door.close()


@pytest.fixture
async def door(rig: Rig, whole_door: ChaosProxy) -> AsyncIterator[ChaosProxy]:
    """The door, whole, leading to the first hub."""
    whole_door.redirect(("127.0.0.1", rig.hubs[0].front.port))
    yield whole_door
    whole_door.calm()

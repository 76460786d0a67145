"""Pages that are opened or come back while something is broken; the candidate's page and the wall beside them. P15."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, LocatorAssertions, expect

from tests.browser.office import WIDE
from tests.browser.screens import Desk, Seat
from tests.faults.ground import patient
from tests.faults.outages import BACK_SECONDS
from tests.faults.proxy import ChaosProxy
from tests.faults.rig import Rig
from tests.faults.screen import Screen
from tests.faults.stage import NEITHER, NO_LINE, NO_LIVE, NOT_OPENED, WAITS_FOR_LINE, confirmed, healed, staged
from tests.faults.told import LIVE, OFFLINE, fates
from tests.story.rooms import eventually

KNOWN_MS = 4_000
"""By then a hub knows which store is away."""
BOTH_KNOWN_MS = 12_000
"""A hub that was reading Postgres when it froze gives that up after six seconds, and looks again."""
GIVEN_UP_MS = 8_000
"""A dashboard gives a mute line up after five seconds."""
LOST_MS = 15_000
"""A candidate's page after nine, and the hub says it after as many."""
FLUSHED_SECONDS = 12.0
CONTINUE = "Continuez : vos réponses seront envoyées au retour de la ligne."
NOT_SENT = re.compile(r"^[01] sur 32 transmises$")
WALL_HAS_NEITHER = "Serveur en panne : ni suivi, ni décision."


def banner(desk: Desk, text: str) -> LocatorAssertions:
    """Look for words in the bar of a room."""
    return expect(desk.page.get_by_role("banner").get_by_text(text))


async def test_p15_pages_opened_in_an_outage_say_what_they_cannot_show(
    browser: Browser, rig: Rig, door: ChaosProxy
) -> None:
    room = await rig.room(3)
    async with Screen.open(browser, rig, room) as first, Screen.open(browser, rig, room) as second:
        rig.redis.freeze()
        await first.page.goto(f"/invigilate/{room.number}")
        await banner(first.desk, NO_LIVE).to_be_visible()
        await first.desk.step("Présent", room.people[0]).click()
        await expect(first.desk.step("Annuler", room.people[0])).to_be_visible()
        rig.postgres.freeze()
        await banner(first.desk, NEITHER).to_be_visible(timeout=BOTH_KNOWN_MS)
        await second.page.goto(f"/invigilate/{room.number}")
        await banner(second.desk, NOT_OPENED).to_be_visible(timeout=KNOWN_MS * 2)
        await expect(second.desk.chip(OFFLINE)).to_be_visible()
        assert (await second.now()).rows == {}, "nothing is known of the room here"
        rig.postgres.thaw()
        rig.redis.thaw()
        for screen in (first, second):
            await healed(screen, BACK_SECONDS)
        became = await fates(rig, room, await first.looks())
        assert became[room.ids[0]].shown_at is not None


async def test_p15_a_phone_that_returns_in_an_outage_is_told_whose_fault_it_is(
    browser: Browser, rig: Rig, door: ChaosProxy
) -> None:
    async with staged(browser, rig, door) as stage:
        screen = stage.screen
        await screen.context.set_offline(True)
        await banner(screen.desk, NO_LINE).to_be_visible(timeout=GIVEN_UP_MS)
        rig.postgres.freeze()
        await screen.page.wait_for_timeout(KNOWN_MS)
        await screen.context.set_offline(False)
        await banner(screen.desk, NOT_OPENED).to_be_visible()
        await expect(screen.desk.row(stage.room.people[0])).to_contain_text("En cours")
        await expect(screen.desk.chip(OFFLINE)).to_be_visible()
        await expect(stage.step(1)).to_have_attribute("title", WAITS_FOR_LINE)
        await stage.tap(1)
        rig.postgres.thaw()
        await healed(screen, BACK_SECONDS)
        became = await fates(rig, stage.room, await screen.looks())
        assert not became[stage.room.ids[1]].decided_at, "what was tapped meanwhile is not done later"


async def seated(screen: Screen, rig: Rig) -> Seat:
    """Bring the first of the room into the test, at a page of their own."""
    seat = Seat(screen, screen.room, screen.room.people[0])  # type: ignore[arg-type]
    await seat.join()
    await confirmed(rig, screen.room, 0)
    await seat.type_code(screen.room.access_code)
    await expect(seat.question(1)).to_be_visible()
    return seat


async def written(rig: Rig, screen: Screen, answered: int) -> None:
    """Wait until Postgres has so many answers of the first of the room."""

    async def is_there() -> bool:
        async with rig.ledger() as ledger:
            found = (await ledger.room(screen.room.number)).candidates[screen.room.ids[0]].progress
        return found is not None and found.answered == answered

    await eventually(is_there, f"{answered} answers", within=patient(FLUSHED_SECONDS))


async def test_p15_a_candidate_without_line_goes_on_is_told_so_and_loses_no_answer(
    browser: Browser, rig: Rig, door: ChaosProxy
) -> None:
    room = await rig.room(1)
    async with Screen.open(browser, rig, room) as screen:
        seat = await seated(screen, rig)
        await seat.answer(1)
        await expect(seat.page.get_by_text("1 sur 32 transmises")).to_be_visible()
        door.refuse()
        door.cut()
        await expect(seat.page.get_by_text(CONTINUE)).to_be_visible()
        await seat.answer(2)
        await seat.answer(3)
        # Whether the last one sent has come is not known any more: the page claims no more than the hub told it.
        await expect(seat.page.get_by_text(NOT_SENT)).to_be_visible()
        door.admit()
        await expect(seat.page.get_by_text("3 sur 32 transmises")).to_be_visible(timeout=LOST_MS)
        await expect(seat.page.get_by_text(CONTINUE)).to_have_count(0)
        await written(rig, screen, 3)


@pytest.mark.long_faults
async def test_p15_a_candidate_goes_on_while_both_stores_are_away_and_the_line_after_them(
    browser: Browser, rig: Rig, door: ChaosProxy
) -> None:
    room = await rig.room(1)
    async with Screen.open(browser, rig, room) as screen:
        seat = await seated(screen, rig)
        rig.redis.freeze()
        await seat.answer(1)
        rig.postgres.freeze()
        await seat.answer(2)
        await seat.page.wait_for_timeout(KNOWN_MS)
        await seat.answer(3)
        door.drop()
        await expect(seat.page.get_by_text(CONTINUE)).to_be_visible(timeout=LOST_MS)
        await seat.answer(4)
        door.calm()
        rig.redis.thaw()
        rig.postgres.thaw()
        await expect(seat.page.get_by_text("4 sur 32 transmises")).to_be_visible(timeout=2 * LOST_MS)
        await written(rig, screen, 4)


async def test_p15_a_wall_says_what_the_hub_misses(browser: Browser, rig: Rig, door: ChaosProxy) -> None:
    room = await rig.room(1)
    async with Screen.open(browser, rig, room, rig.staff.admin, viewport=WIDE) as screen:
        wall = screen.page
        await wall.goto("/wall")
        await expect(wall.get_by_text(LIVE, exact=True).first).to_be_visible()
        rig.redis.freeze()
        await expect(wall.get_by_text(NO_LIVE)).to_be_visible(timeout=KNOWN_MS * 2)
        rig.postgres.freeze()
        await expect(wall.get_by_text(WALL_HAS_NEITHER)).to_be_visible(timeout=BOTH_KNOWN_MS)
        await expect(wall.get_by_text(NO_LIVE)).to_have_count(0)
        rig.postgres.thaw()
        rig.redis.thaw()
        await expect(wall.get_by_text(WALL_HAS_NEITHER)).to_have_count(0)
        await expect(wall.get_by_text(LIVE, exact=True).first).to_be_visible()

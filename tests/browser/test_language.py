"""The second language: the page changes at once, says so to machines, and remembers."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.axe import Inspector
from tests.browser.hall import Hall
from tests.browser.screens import Desk, Seat, listed
from tests.story.rooms import Person, World, accepted

CLARA = Person("Faure", "Clara")
FRENCH = re.compile(r"\b(surveillant|candidat|Présent|Rejoindre|Annuler|Terminer|Appeler|Connecté|écoulé)\b")


async def test_a_candidate_may_take_the_test_in_english(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room([CLARA])
    board = await room.board()
    seat = Seat(await hall.device(), room, CLARA)
    await seat.page.goto(f"/candidate?session={room.number}")
    await expect(seat.page.locator("html")).to_have_attribute("lang", "fr")
    await seat.page.get_by_role("button", name="English").click()
    await expect(seat.page.locator("html")).to_have_attribute("lang", "en")
    await expect(seat.page.get_by_role("button", name="Français")).to_be_visible()
    await seat.page.get_by_label("Birth name").fill(CLARA.last_name)
    await seat.page.get_by_label("First name").fill(CLARA.first_name)
    await seat.page.get_by_label("Birthdate").fill("29/02/2008")
    await seat.page.get_by_role("button", name="Join").click()
    await seat.expect_title("You are in the waiting room")
    accepted(await board.command("presence.confirm", room.id(board)))
    await seat.page.get_by_label("Access code").fill(room.access_code)
    await seat.page.get_by_role("button", name="Start my test").click()
    await expect(seat.page.get_by_role("heading", name="Question 1 of 32")).to_be_visible()
    await expect(seat.page.get_by_role("main")).not_to_contain_text(FRENCH)
    await inspector.look(seat.device, "test in English")
    await seat.page.reload()
    await expect(seat.page.get_by_role("heading", name="Question 1 of 32")).to_be_visible()
    await expect(seat.page.locator("html")).to_have_attribute("lang", "en")
    assert inspector.found == []


async def test_the_dashboard_changes_its_language_while_it_runs(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room([CLARA])
    desk = await Desk(await hall.device("invigilator"), room).open()
    await desk.page.get_by_role("button", name=f"Session {room.number}").click()
    await desk.page.get_by_role("button", name="English").click()
    await expect(desk.page.locator("html")).to_have_attribute("lang", "en")
    await inspector.look(desk.device, "menu in English")
    await expect(desk.page.get_by_role("dialog")).not_to_contain_text(FRENCH)
    await desk.page.keyboard.press("Escape")
    await expect(desk.chip("Live")).to_be_visible()
    await expect(desk.page.get_by_role("main")).not_to_contain_text(FRENCH)
    await desk.page.get_by_role("button", name=f"Present: {listed(CLARA)}").click()
    await expect(desk.page.get_by_role("button", name=f"Undo: {listed(CLARA)}")).to_be_visible()
    await inspector.look(desk.device, "dashboard in English")
    await desk.page.get_by_role("button", name="Search for a candidate").click()
    await desk.page.get_by_role("searchbox", name="Search for a candidate").fill("clara f")
    await expect(desk.page.get_by_role("heading", name=listed(CLARA))).to_be_visible()
    await desk.page.get_by_role("searchbox").fill("zzz")
    await expect(desk.page.get_by_text("No candidate matches this search.")).to_be_visible()
    assert inspector.found == []

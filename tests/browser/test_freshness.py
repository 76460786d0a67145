"""The chip tells the truth about the age of what is shown, and losing this phone's line paints nobody red."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import expect

from tests.browser.hall import Hall
from tests.browser.lines import Wire
from tests.browser.screens import Desk
from tests.story.rooms import CLASS, World, accepted, eventually

OFFLINE = "net::ERR_INTERNET_DISCONNECTED"
CHIP_AT = """
new Promise((done) => {
  const times = {};
  const chip = () => document.querySelector("header .chip-line").textContent.trim();
  const start = performance.now();
  const note = () => {
    times[chip()] ??= performance.now() - start;
    if (chip() === "Hors ligne") done(times);
  };
  const watch = new MutationObserver(note);
  watch.observe(document.querySelector("header"), { subtree: true, childList: true, characterData: true });
})
"""

CHIPS_SHOWN = """
window.chips = [];
const chip = () => document.querySelector("header .chip-line").textContent.trim();
new MutationObserver(() => window.chips.push(chip()))
  .observe(document.querySelector("header"), { subtree: true, childList: true, characterData: true });
"""


async def test_the_chip_is_slow_after_3_s_and_offline_after_8_and_exact_again_afterwards(
    hall: Hall, world: World
) -> None:
    room = await world.room()
    board = await room.board()
    tab = await room.seated(board)
    desk = await Desk(await hall.device("invigilator"), room).open()
    await expect(desk.row(CLASS[0])).to_contain_text("En cours")
    frozen = await Desk(await hall.device("invigilator"), room).open()
    desk.device.wire.silence()
    # The browser's own offline mode freezes the socket without closing it.
    await frozen.device.context.set_offline(True)
    times = await desk.device.measure(CHIP_AT)
    assert 2_000 <= times["Lent"] <= 4_500, times
    assert 7_000 <= times["Hors ligne"] <= 9_500, times
    await expect(desk.page.get_by_text("Ce téléphone a perdu sa liaison.").first).to_be_visible()
    await expect(desk.row(CLASS[0])).to_contain_text("En cours")
    await expect(desk.row(CLASS[0])).not_to_contain_text("Hors ligne")
    await expect(frozen.chip("En direct")).to_have_count(0)
    await expect(frozen.page.get_by_text("Ce téléphone a perdu sa liaison.").first).to_be_visible()
    await frozen.device.context.set_offline(False)
    await expect(frozen.chip("En direct")).to_be_visible()
    frozen.device.forget(OFFLINE)
    present = desk.step("Présent", CLASS[1])
    await expect(present).to_have_attribute("title", "En attente de la liaison")
    # Forced: it is focusable and says why it waits, but the tool takes it for disabled.
    await present.click(force=True)
    await tab.progress(7)
    accepted(await board.command("presence.absent", room.id(board, 1)))
    desk.device.wire.speak()
    await expect(desk.chip("En direct")).to_be_visible(timeout=15_000)
    await expect(desk.row(CLASS[0])).to_contain_text("7/32")
    await expect(desk.row(CLASS[1])).to_contain_text("Absent")
    await expect(desk.page.get_by_text("Liaison rétablie : tout est à jour.")).to_be_visible()
    assert board.rows[room.id(board, 1)]["presence"]["state"] == "absent", "what was tapped offline is not done later"


async def test_a_line_that_brings_everything_late_is_slow_though_never_silent(hall: Hall, world: World) -> None:
    room = await world.room()
    desk = await Desk(await hall.device("invigilator"), room).open()
    await expect(desk.chip("En direct")).to_be_visible()
    all_well = desk.page.get_by_text("Tout va bien.")
    await expect(all_well).to_have_count(1)
    desk.device.wire.delay(3.6)
    await expect(desk.chip("Lent")).to_be_visible()
    await expect(all_well).to_have_count(0)
    await asyncio.sleep(4)  # the first late frames are there by now, and another one comes each second
    await desk.device.measure(CHIPS_SHOWN)
    await asyncio.sleep(3)
    assert "En direct" not in await desk.device.measure("window.chips"), "what comes is as old as the line is slow"
    desk.device.wire.delay(0)
    await expect(desk.chip("En direct")).to_be_visible(timeout=15_000)


async def test_a_welcome_without_data_makes_nothing_live(hall: Hall, world: World) -> None:
    room = await world.room()
    desk = await Desk(await hall.device("invigilator"), room).open()
    wire = desk.device.wire
    wire.silence()
    await expect(desk.chip("Hors ligne")).to_be_visible(timeout=12_000)
    await desk.device.measure(CHIPS_SHOWN)
    wire.stall()
    wire.speak()
    await eventually(lambda: greeted_twice(wire), "a second welcome", within=30)
    assert "En direct" not in await desk.device.measure("window.chips"), "what is shown is as old as before"
    await expect(desk.chip("Hors ligne")).to_be_visible()
    wire.recover()
    await expect(desk.chip("En direct")).to_be_visible(timeout=15_000)
    assert "En direct" in await desk.device.measure("window.chips"), "the test sees what the chip shows"


async def greeted_twice(wire: Wire) -> bool:
    """Tell whether a line was opened, greeted, given up for its silence, and another one greeted."""
    return wire.greetings >= 2


async def test_a_refused_dashboard_is_not_live_and_leads_home(hall: Hall, world: World) -> None:
    room = await world.room(invigilated=False)
    desk = Desk(await hall.device("invigilator"), room)
    await desk.page.goto(f"/invigilate/{room.number}")
    await expect(desk.page.get_by_role("alert")).to_contain_text("mot de passe de la session")
    await expect(desk.chip("En direct")).to_have_count(0)
    await desk.page.get_by_role("main").get_by_role("link").click()
    await expect(desk.page.get_by_role("heading", name="Surveiller une session")).to_be_visible()


async def test_a_dashboard_without_a_login_asks_to_sign_in_and_comes_back(hall: Hall, world: World) -> None:
    room = await world.room()
    desk = Desk(await hall.device(), room)
    await desk.page.goto(f"/invigilate/{room.number}")
    await expect(desk.chip("En direct")).to_have_count(0)
    await desk.page.get_by_role("link", name="Se connecter").click()
    await desk.page.get_by_label("Adresse e-mail").fill(hall.hub.demo["invigilator"]["email"])
    await desk.page.get_by_label("Mot de passe").fill(hall.hub.demo["invigilator"]["password"])
    await desk.page.get_by_role("button", name="Se connecter").click()
    await expect(desk.page).to_have_url(re.compile(rf"/invigilate/{room.number}$"))
    await expect(desk.chip("En direct")).to_be_visible()

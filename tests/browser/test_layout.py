"""What fits where: eight candidates on a small phone, no sideways scrolling at 320 px, targets a thumb can hit."""

from __future__ import annotations

import asyncio

from playwright.async_api import expect

from tests.browser.axe import Inspector
from tests.browser.hall import Device, Hall
from tests.browser.screens import Desk, Seat, listed
from tests.story.rooms import Person, World, accepted, ok

LONG = Person("de la Rochefoucauld-Montmorency-Laval", "Marie-Antoinette Joséphine", extra="33%")
CLASSROOM = [LONG, *(Person(f"Nom{chr(65 + n)}", f"Prénom{chr(65 + n)}") for n in range(23))]
TARGET_PX = 44
NARROW = {"width": 320, "height": 640}
SMALL_TARGETS = f"""
[...document.querySelectorAll("button, a[href], input, textarea, select")]
  .map((one) => one.matches("input[type=radio], input[type=checkbox]") ? one.closest("label") ?? one : one)
  .filter((one) => one.checkVisibility({{ visibilityProperty: true }}) && !one.matches(".skip"))
  .map((one) => [one.getBoundingClientRect(), one])
  .filter(([box]) => box.width < {TARGET_PX} - 0.5 || box.height < {TARGET_PX} - 0.5)
  .map(([box, one]) => `${{Math.round(box.width)}}x${{Math.round(box.height)}} ${{one.outerHTML.slice(0, 120)}}`)
"""
TOO_WIDE = """
[...document.querySelectorAll("body *")]
  .filter((one) => one.checkVisibility() && !one.closest(".chips, .scrolls, .only-heard, .skip"))
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5 || one.getBoundingClientRect().left < -0.5)
  .map((one) => one.outerHTML.slice(0, 120))
"""


UNFIT_REGIONS = """
[...document.querySelectorAll("[aria-live], [role=status], [role=alert], [role=timer], [role=log]")]
  .filter((one) => one.querySelector("li, table") || one.closest(".endings") || /\\b\\d+ s\\b/.test(one.textContent))
  .map((one) => one.outerHTML)
"""
LISTEN = """
window.heard = [];
const hear = (change) => heard.push(...[...change.addedNodes].map((one) => one.textContent));
new MutationObserver((changes) => changes.forEach(hear))
  .observe(document.querySelector("[role=status]"), { childList: true });
"""


async def expect_room(device: Device, screen: str) -> None:
    """Nothing is wider than the screen, nothing to press is smaller than a thumb."""
    assert await device.measure("document.documentElement.scrollWidth <= innerWidth"), f"{screen} scrolls sideways"
    assert await device.measure(TOO_WIDE) == [], screen
    assert await device.measure(SMALL_TARGETS) == [], screen


async def test_at_least_eight_candidates_are_on_a_small_phone(hall: Hall, world: World) -> None:
    room = await world.room(CLASSROOM)
    board = await room.board()
    ok(await board.ask("session.start"))
    desk = await Desk(await hall.device("invigilator", viewport={"width": 360, "height": 640}), room).open()
    await expect(desk.row(LONG)).to_be_visible()
    await expect(desk.page.get_by_role("region", name="Candidats").get_by_role("heading", level=3)).to_have_count(24)
    whole = await desk.device.measure(
        "[...document.querySelectorAll('.list li.row')].map((one) => one.getBoundingClientRect())"
        ".filter((box) => box.bottom <= innerHeight).length"
    )
    assert whole >= 8, whole


async def test_the_dashboard_reflows_at_320_px_and_its_targets_are_large(hall: Hall, world: World) -> None:
    room = await world.room(CLASSROOM)
    board = await room.board()
    tab = await room.seated(board)
    await tab.progress(5)
    ok(await tab.ask("help", kind="other", text="Une phrase assez longue pour tenir sur plusieurs lignes"))
    desk = await Desk(await hall.device("invigilator", viewport=NARROW), room).open()
    await expect(desk.row(LONG)).to_contain_text("Appelle")
    await expect_room(desk.device, "list")
    await desk.options(LONG).click()
    await expect(desk.dialog(listed(LONG))).to_be_visible()
    await expect_room(desk.device, "options")
    await desk.page.keyboard.press("Escape")
    question = await desk.ask_end(LONG)
    await expect_room(desk.device, "end")
    await question.get_by_role("button", name="Terminer le test", exact=True).click()
    await expect(desk.page.get_by_role("region", name="Fins de test en cours")).to_be_visible()
    await expect_room(desk.device, "an end under way")
    await desk.filter("À traiter").click()
    await expect(desk.need(LONG)).to_be_visible()
    await expect_room(desk.device, "what needs a person")
    await desk.page.get_by_role("button", name="Rechercher un candidat").click()
    await expect_room(desk.device, "search")
    await desk.page.get_by_role("button", name=f"Session {room.number}").click()
    await expect(desk.dialog(f"Session {room.number}")).to_be_visible()
    await expect_room(desk.device, "menu")


async def test_the_other_pages_reflow_at_320_px_and_their_targets_are_large(hall: Hall, world: World) -> None:
    room = await world.room([LONG])
    board = await room.board()
    for who in (None, "invigilator", "admin"):
        device = await hall.device(who, viewport=NARROW)
        await device.page.goto("/")
        await expect(device.page.get_by_role("heading", level=1)).to_be_visible()
        await expect(device.page.get_by_text("Chargement…")).to_have_count(0)
        await expect_room(device, f"home of {who}")
    seat = Seat(await hall.device(viewport=NARROW), room, LONG)
    await seat.page.goto(f"/candidate?session={room.number}")
    await expect_room(seat.device, "join")
    await seat.join()
    await expect_room(seat.device, "waiting room")
    accepted(await board.command("presence.confirm", room.id(board)))
    await seat.type_code(room.access_code)
    await seat.answer(1)
    await expect_room(seat.device, "test")
    await seat.page.get_by_role("button", name="Appeler le surveillant").click()
    await expect_room(seat.device, "call")
    await seat.page.get_by_role("button", name="Annuler").click()
    await seat.finish()
    await expect_room(seat.device, "end")


async def test_a_burst_is_one_message_and_live_regions_carry_neither_lists_nor_countdowns(
    hall: Hall, world: World
) -> None:
    room = await world.room(CLASSROOM)
    desk = await Desk(await hall.device("invigilator"), room).open()
    news = desk.page.get_by_role("status")
    await expect(news).to_have_count(1)
    await desk.device.measure(LISTEN)
    tabs = await asyncio.gather(*(room.tab(place) for place in range(6)))
    await expect(news).to_have_text("6 candidats connectés")
    board = await room.board()
    accepted(await board.command("presence.confirm", "all"))
    await asyncio.gather(*(tab.enter(room.access_code) for tab in tabs))
    await expect(desk.filter("En cours")).to_have_text("En cours 6")
    for tab in tabs:
        tab.abort()
    await expect(news).to_contain_text("Coupure réseau : 6 sur 6")
    heard = await desk.device.measure("window.heard")
    assert heard == ["6 candidats connectés", "La session a démarré", "Coupure réseau : 6 sur 6"]
    accepted(await board.command("attempt.end", [room.id(board, 1)]))
    await expect(desk.page.get_by_role("region", name="Fins de test en cours")).to_be_visible()
    assert await desk.device.measure(UNFIT_REGIONS) == []
    await desk.filter("À traiter").click()
    await expect(desk.page.get_by_role("heading", name="Coupure réseau : 6 sur 6 depuis ")).to_be_visible()
    inspector = Inspector()
    await inspector.look(desk.device, "an outage")
    assert inspector.found == []

"""The wall works for everybody: as a table, by keyboard, for screen readers, on a narrow phone, in English."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.axe import Inspector
from tests.browser.hall import Device, Hall
from tests.browser.test_focus import OUTLINE
from tests.browser.test_layout import NARROW, expect_room
from tests.browser.walls import CALLED_MS, WALL, Center, Wall
from tests.story.rooms import CLASS, Room, ok

FRENCH = re.compile(r"\b(salle|salles|candidat|En cours|À venir|Rechercher|surveillant|attendus?|prêts?)\b")


async def test_the_table_says_the_same_as_the_cards_sorts_and_is_remembered(wall_hall: Hall, center: Center) -> None:
    small, large = await center.room(1), await center.room(4)
    board = await large.board()
    wall = await Wall(await wall_hall.device("admin", **WALL)).open()
    await wall.button("Tableau").click()
    await expect(wall.row(large)).to_contain_text("1 surveillant")
    await wall.page.reload()
    row = wall.row(large)
    await expect(row.get_by_role("rowheader")).to_have_text(f"Salle {large.number}")
    await expect(wall.rooms.get_by_role("table")).to_have_accessible_name(re.compile("^Toutes les salles."))
    headers = wall.rooms.get_by_role("columnheader")
    await expect(headers.filter(has_text="Début")).to_have_attribute("aria-sort", "ascending")
    expected = headers.get_by_role("button", name="Attendus", exact=True)
    await expected.click()
    assert await wall.shown() == [f"Salle {small.number}", f"Salle {large.number}"]
    await expected.click()
    assert await wall.shown() == [f"Salle {large.number}", f"Salle {small.number}"]
    await expect(headers.filter(has_text="Attendus")).to_have_attribute("aria-sort", "descending")
    for place in range(4):
        await large.seated(board, place)
    await expect(row).to_contain_text("En cours")
    assert await wall.shown() == [f"Salle {large.number}", f"Salle {small.number}"], "rows stay where they were sorted"
    await wall.open_room(large)
    await expect(wall.heading(large)).to_be_focused()
    await wall.button("Retour au mur").click()
    await expect(wall.link(large)).to_be_focused()


async def test_a_room_is_opened_and_left_with_the_keyboard_alone(wall_hall: Hall, center: Center) -> None:
    room = await center.room()
    wall = await Wall(await wall_hall.device("admin", **WALL)).open()
    link = wall.link(room)
    await expect(link).to_be_visible()
    for _ in range(40):
        await wall.page.keyboard.press("Tab")
        if await link.evaluate("one => one === document.activeElement"):
            break
        assert await wall.device.measure(OUTLINE) == "solid"
    drawn = "getComputedStyle(document.activeElement, '::after').outlineStyle"
    assert await wall.device.measure(drawn) == "solid", "the focus is drawn around the card"
    await wall.page.keyboard.press("Enter")
    await expect(wall.heading(room)).to_be_focused()
    await wall.page.keyboard.press("Shift+Tab")
    await expect(wall.button("Retour au mur")).to_be_focused()
    await wall.page.keyboard.press("Enter")
    await expect(link).to_be_focused()


async def filled(center: Center) -> Room:
    """Make a room in which something is wrong."""
    room = await center.room(CLASS)
    board = await room.board()
    tab = await room.seated(board)
    await tab.progress(7)
    ok(await tab.ask("help", kind="other", text="Rien ne s’affiche"))
    return room


async def test_every_view_of_the_wall_passes_axe(wall_hall: Hall, center: Center) -> None:
    inspector = Inspector()
    room = await filled(center)
    calm = await center.room(site="Annexe")
    device = await wall_hall.device("admin", **WALL)
    wall = await Wall(device).open()
    await wall.called(room)
    await inspector.look(device, "cards")
    await look_at_the_start(inspector, wall, calm)
    await wall.open_room(room)
    await inspector.look(device, "a room beside the cards")
    await wall.button("Tableau").click()
    await expect(wall.row(room)).to_be_visible()
    await inspector.look(device, "a room beside the table")
    await wall.button("Retour au mur").click()
    await inspector.look(device, "table")
    assert inspector.found == []


async def look_at_the_start(inspector: Inspector, wall: Wall, calm: Room) -> None:
    await wall.button("Démarrer plusieurs salles…").click()
    await wall.card(calm).get_by_role("checkbox").check()
    await inspector.look(wall.device, "choosing")
    await wall.button("Démarrer ensemble…").click()
    preview = wall.dialog("Démarrer cette salle ?")
    await expect(preview).to_be_visible()
    await inspector.look(wall.device, "preview")
    await preview.get_by_role("button", name="Démarrer 1 salle").click()
    await expect(wall.dialog("Résultat du démarrage")).to_contain_text(calm.access_code)
    await inspector.look(wall.device, "result")
    await wall.page.keyboard.press("Escape")


async def test_the_wall_reflows_at_320_px_and_its_targets_are_large(wall_hall: Hall, center: Center) -> None:
    room = await filled(center)
    await center.room(site="Un site au nom particulièrement long, bâtiment des Amandiers")
    device = await wall_hall.device("admin", viewport=NARROW)
    wall = await Wall(device).open()
    await wall.called(room)
    await expect_room(device, "cards")
    await wall.button("Démarrer plusieurs salles…").click()
    await expect_room(device, "choosing")
    await wall.card(room).get_by_role("checkbox").check()
    await wall.button("Démarrer ensemble…").click()
    await expect(wall.dialog("Aucune de ces salles ne peut démarrer")).to_be_visible()
    await expect_room(device, "preview")
    await wall.page.keyboard.press("Escape")
    await wall.button("Tableau").click()
    await expect(wall.row(room)).to_be_visible()
    await expect_room(device, "table")
    await wall.open_room(room)
    await expect_room(device, "a room")


async def test_the_wall_speaks_english(wall_hall: Hall, center: Center) -> None:
    room = await filled(center)
    device: Device = await wall_hall.device("admin", **WALL)
    wall = await Wall(device).open()
    await wall.button("English").click()
    strip = wall.page.get_by_role("region", name="To look at now")
    await expect(strip).to_contain_text("A candidate calls: nobody goes there", timeout=CALLED_MS)
    await wall.page.get_by_role("button", name="Start several rooms…").click()
    text = await wall.page.get_by_role("main").inner_text()
    assert FRENCH.findall(text.replace(f"Salle {room.number}", "")) == [], text

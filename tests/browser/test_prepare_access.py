"""Preparing sessions works for everybody: by keyboard, for screen readers, on a narrow phone, in English."""

from __future__ import annotations

import re

from playwright.async_api import Locator, expect

from tests.browser.axe import Inspector
from tests.browser.hall import Hall
from tests.browser.office import WIDE, Office
from tests.browser.test_focus import OUTLINE
from tests.browser.test_layout import NARROW, expect_room
from tests.story.rooms import CLASS, Person, World

FOCUSED = "document.activeElement.outerHTML.slice(0, 200)"
FRENCH = re.compile(r"\b(candidat|Modifier|Retirer|Naissance|Rechercher|Fichier|À venir|Du|Au)\b")
MANY = [Person(f"Nom{chr(65 + n)}", f"Prénom{chr(65 + n)}") for n in range(9)]


async def test_a_session_is_opened_and_left_with_the_keyboard_alone(hall: Hall, world: World) -> None:
    room = await world.room(CLASS)
    office = await Office(await hall.device("admin", viewport=WIDE)).home(f"?q={room.number}")
    page, link = office.page, office.line(room.number).get_by_role("link")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    await page.keyboard.press("Enter")
    for _ in range(30):
        await page.keyboard.press("Tab")
        assert await office.device.measure(OUTLINE) == "solid", await office.device.measure(FOCUSED)
        if await link.evaluate("one => one === document.activeElement"):
            break
    await page.keyboard.press("Enter")
    tab = page.get_by_role("tab", name="Détails")
    await expect(tab).to_be_visible()
    await tab.focus()
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_role("tab", name="Candidats (4)")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(office.button("Ajouter un candidat")).to_be_focused()
    await page.keyboard.press("Enter")
    form = office.dialog("Ajouter un candidat")
    await expect(form.get_by_label("Nom de naissance", exact=True)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(office.button("Ajouter un candidat")).to_be_focused()


async def test_every_page_and_dialog_of_preparing_passes_axe(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room([*CLASS, *MANY])
    for viewport in (None, WIDE):
        device = await hall.device("admin", **({"viewport": viewport} if viewport else {}))
        await look_at_the_list(inspector, Office(device))
        await look_at_a_session(inspector, Office(device), room.number)
        await hall.close(device)
    assert inspector.found == []


async def look_at_the_list(inspector: Inspector, office: Office) -> None:
    await office.home()
    await office.unfold()
    await inspector.look(office.device, "list")
    await office.button("Nouvelle session").click()
    form = office.dialog("Nouvelle session")
    await inspector.look(office.device, "new session")
    await form.get_by_role("button", name="Créer la session").click()
    await expect(form.get_by_role("group", name="4 champs sont à corriger")).to_be_visible()
    await inspector.look(office.device, "new session with faults")
    await office.page.keyboard.press("Escape")
    await expect(office.button("Nouvelle session")).to_be_focused()
    await office.page.get_by_label("Rechercher une session").fill("zzzz")
    await expect(office.page.get_by_text("Aucune session ne correspond.")).to_be_visible()
    await inspector.look(office.device, "no match")


async def look_at_a_session(inspector: Inspector, office: Office, number: int) -> None:
    await office.open(number)
    await inspector.look(office.device, "session")
    for button, title in (("Modifier", f"Modifier la session {number}"),
                          ("Supprimer la session…", f"Supprimer la session {number} ?"),
                          ("Ouvrir la salle sur un téléphone", "Ouvrir la salle sur un téléphone")):  # fmt: skip
        await office.button(button).click()
        await look_and_leave(inspector, office, office.dialog(title), office.button(button))
    await office.page.keyboard.press("Shift+Tab")
    await office.page.get_by_role("tab", name="Détails").focus()
    await office.page.keyboard.press("ArrowRight")
    await expect(office.page.get_by_role("tab", name="Candidats (13)")).to_be_focused()
    await inspector.look(office.device, "candidates")
    for button, title in (("Ajouter un candidat", "Ajouter un candidat"), ("Importer une liste", "Importer une liste"),
                          ("Modifier ŒDIPE Jean Marie", "Modifier ŒDIPE Jean Marie"),
                          ("Retirer ŒDIPE Jean Marie", "Retirer ŒDIPE Jean Marie ?")):  # fmt: skip
        await office.button(button).click()
        await look_and_leave(inspector, office, office.dialog(title), office.button(button))


async def look_and_leave(inspector: Inspector, office: Office, dialog: Locator, opener: Locator) -> None:
    await expect(dialog).to_be_visible()
    await inspector.look(office.device, await dialog.get_by_role("heading").first.inner_text())
    await office.page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(opener).to_be_focused()


async def test_preparing_fits_320_px_and_a_thumb(hall: Hall, world: World) -> None:
    room = await world.room([Person("de la Rochefoucauld-Montmorency-Laval", "Marie-Antoinette", extra="33%"), *CLASS])
    office = await Office(await hall.device("admin", viewport=NARROW)).home()
    await expect_room(office.device, "list")
    await office.unfold()
    await office.page.get_by_label("Ordre").select_option("Salle, croissant")
    await expect_room(office.device, "list with its filters")
    await office.button("Nouvelle session").click()
    await expect(office.dialog("Nouvelle session")).to_be_visible()
    await expect_room(office.device, "new session")
    await office.open(room.number)
    await expect_room(office.device, "session")
    await office.open(room.number, "#candidates")
    await office.page.reload()
    await expect(office.button("Ajouter un candidat")).to_be_visible()
    await expect_room(office.device, "candidates")
    await office.button("Ajouter un candidat").click()
    await expect(office.dialog("Ajouter un candidat")).to_be_visible()
    await expect_room(office.device, "candidate")


async def test_preparing_speaks_english(hall: Hall, world: World) -> None:
    room = await world.room(CLASS)
    office = await Office(await hall.device("admin", viewport=WIDE)).open(room.number, "#candidates")
    await office.button("English").click()
    await expect(office.button("Add a candidate")).to_be_visible()
    await expect(office.person("ŒDIPE Jean Marie")).to_contain_text("33% (+ 35 min)")
    await expect(office.page.get_by_role("main")).not_to_contain_text(FRENCH)
    await office.page.get_by_role("link", name="Sessions", exact=True).click()
    await expect(office.page.get_by_role("heading", level=1, name="Sessions of the center")).to_be_visible()
    await expect(office.page.get_by_role("main")).not_to_contain_text(FRENCH)

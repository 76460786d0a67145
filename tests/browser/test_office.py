"""Who comes where: a sign-in leads to the page of the role, back to pages of ours, and into no other center."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from playwright.async_api import Page, expect

from tests.browser.hall import Hall
from tests.browser.office import WIDE, Office
from tests.story.hub import ROOT, Hub
from tests.story.rooms import CLASS, World, csv

PASSWORD = re.compile(r"Password, shown this once: (\S+)")


async def test_an_admin_of_another_center_sees_nothing(hall: Hall, hub: Hub, world: World) -> None:
    room = await world.room()
    device = await hall.device(viewport=WIDE)
    await device.page.goto(f"/?next=/sessions/{room.number}")
    at_the_terminal(hub, "center", "add", "Un autre centre")
    email, password = hire(hub, "center_admin", "Un autre centre")
    await sign_in(device.page, email, password)
    await expect(device.page.get_by_role("alert").filter(has_text="pas dans un de vos centres")).to_be_visible()
    await expect(device.page.get_by_text(CLASS[0].first_name)).to_have_count(0)
    for _ in range(2):
        device.forgive(403)
    await Office(device).home()
    await expect(device.page.get_by_text("Aucune session pour l’instant.")).to_be_visible()


async def test_an_admin_of_two_centers_says_for_which_one(hall: Hall, hub: Hub) -> None:
    for center in ("Premier centre", "Second centre"):
        at_the_terminal(hub, "center", "add", center)
    device = await hall.device(viewport=WIDE)
    await device.page.goto("/")
    await sign_in(device.page, *hire(hub, "center_admin", "Premier centre", "Second centre"))
    office = Office(device)
    await office.button("Nouvelle session").click()
    form = office.dialog("Nouvelle session")
    await form.get_by_role("button", name="Créer la session").click()
    await form.get_by_role("link", name="Centre").click()
    await expect(form.get_by_label("Centre")).to_be_focused()
    await form.get_by_label("Centre").select_option("Second centre")
    await office.page.keyboard.press("Escape")
    await office.choose(office.page, "liste.csv", csv(CLASS, "Salle deux"))
    await expect(office.page.get_by_role("alert").filter(has_text="Choisissez d’abord un centre.")).to_be_visible()
    await office.page.get_by_label("Centre", exact=True).select_option("Second centre")
    await office.button("Vérifier le fichier").click()
    await office.button("Importer 4 candidats").click()
    await expect(office.page.get_by_role("cell", name="Lycée des essais (Second centre)")).to_be_visible()


async def test_a_login_that_ended_loses_nothing_that_was_typed(hall: Hall, world: World) -> None:
    room = await world.room(CLASS)
    device = await hall.device(viewport=WIDE)
    await device.page.goto(f"/sessions/{room.number}")
    await sign_in(device.page, **hall.hub.demo["admin"])
    office = Office(device)
    await office.page.get_by_role("tab", name="Candidats (4)").click()
    await office.button("Ajouter un candidat").click()
    form = office.dialog("Ajouter un candidat")
    await office.fill_person(form, "Tenace", "Ève", "2008-01-01")
    await device.context.clear_cookies()
    await form.get_by_role("button", name="Ajouter", exact=True).click()
    await expect(form.get_by_role("alert").filter(has_text="Vous n’êtes plus connecté.")).to_be_visible()
    await expect(form.get_by_label("Prénom")).to_have_value("Ève")
    device.forgive(401)
    await office.page.reload()
    await sign_in(device.page, **hall.hub.demo["admin"])
    await expect(device.page.get_by_role("heading", level=1, name=f"Session {room.number}")).to_be_visible()
    device.forgive(401)


def hire(hub: Hub, role: str, *centers: str) -> tuple[str, str]:
    """Make an account at the terminal, as an operator does."""
    email = f"{role}.{len(centers)}@example.test"
    of = [word for center in centers for word in ("--center", center)]
    said = at_the_terminal(hub, "account", "add", email, "--name", "Quelqu’un", "--role", role, *of)
    found = PASSWORD.search(said)
    assert found, said
    return email, found[1]


def at_the_terminal(hub: Hub, *words: str) -> str:
    given = {**os.environ, "VIGIE_VAR": str(hub.var)}
    command = [sys.executable, "-m", "web.cli", *words]
    return subprocess.run(command, cwd=ROOT, env=given, check=True, capture_output=True, text=True).stdout


async def test_each_role_lands_where_it_works(hall: Hall, hub: Hub) -> None:
    for role, heading in (("jury", "Jury"), ("operator", "Comptes")):
        email, password = hire(hub, role)
        device = await hall.device()
        await device.page.goto("/")
        await sign_in(device.page, email, password)
        await device.page.wait_for_url(f"**/{'jury' if role == 'jury' else 'people'}")
        places = device.page.get_by_role("navigation").first.get_by_role("link")
        await expect(places).to_have_text([heading, "Mon compte"])
        await device.page.goto("/")
        await device.page.wait_for_url(f"**/{'jury' if role == 'jury' else 'people'}")


async def test_a_sign_in_leads_back_to_pages_of_ours_and_nowhere_else(hall: Hall, world: World) -> None:
    room = await world.room()
    for elsewhere in ("https://example.org/", "//example.org", "/\\example.org", "/invigilate/1/..", "javascript:0"):
        device = await hall.device()
        await device.page.goto(f"/?next={elsewhere}")
        await sign_in(device.page, **hall.hub.demo["admin"])
        await expect(device.page.get_by_role("heading", name="Sessions du centre")).to_be_visible()
        await hall.close(device)
    device = await hall.device()
    await device.page.goto(f"/sessions/{room.number}")
    await sign_in(device.page, **hall.hub.demo["admin"])
    await expect(device.page.get_by_role("heading", level=1, name=f"Session {room.number}")).to_be_visible()
    await device.page.get_by_role("button", name="Se déconnecter").click()
    await expect(device.page.get_by_role("button", name="Se connecter")).to_be_visible()


async def sign_in(page: Page, email: str, password: str) -> None:
    await page.get_by_label("Adresse e-mail").fill(email)
    await page.get_by_label("Mot de passe").fill(password)
    await page.get_by_role("button", name="Se connecter").click()

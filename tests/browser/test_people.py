"""People: an invitation from the link to the first page, a forgotten password, who is kept out, one's own account."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.accounts import Login, hired, new_email
from tests.browser.axe import Inspector
from tests.browser.chromium import LAN_NAME
from tests.browser.hall import PHONE, Device, Hall
from tests.browser.screens import Desk
from tests.story.hub import Hub
from tests.story.rooms import World

DESKTOP = {"width": 1280, "height": 800}
SIZES = (PHONE, DESKTOP)
CHOSEN = "une phrase que je retiens"
NOT_FOUND, UNAUTHORIZED = 404, 401


@pytest.fixture(scope="session")
async def operator(hub: Hub) -> Login:
    return await hired(hub, "operator", "Olga Terrier")


async def at_home(hall: Hall, known: Login, **options: object) -> Device:
    """Sign in on a device of one's own."""
    device = await hall.device(**options)
    await device.page.goto("/")
    await device.page.get_by_label("Adresse e-mail").fill(known.email)
    await device.page.get_by_label("Mot de passe").fill(known.password)
    await device.page.get_by_role("button", name="Se connecter").click()
    await expect(device.page.get_by_role("link", name="Mon compte")).to_be_visible()
    return device


async def at_people(device: Device, title: str = "Équipe") -> Page:
    await device.page.goto("/people")
    await expect(device.page.get_by_role("heading", level=1, name=title)).to_be_visible()
    await expect(device.page.get_by_role("region", name="Personnes").get_by_role("listitem").first).to_be_visible()
    return device.page


def person(page: Page, text: str) -> Locator:
    return page.get_by_role("region", name="Personnes").get_by_role("listitem").filter(has_text=text)


def waiting(page: Page, email: str) -> Locator:
    return page.get_by_role("region", name="Liens en attente").get_by_role("listitem").filter(has_text=email)


async def invited(page: Page, role: str = "Surveillant", *centers: str) -> tuple[str, str]:
    """Invite somebody; return their address and the link as it is shown."""
    email = new_email()
    await page.get_by_role("button", name="Inviter quelqu’un").click()
    dialog = page.get_by_role("dialog", name="Inviter quelqu’un")
    await dialog.get_by_label("Adresse e-mail").fill(email)
    await dialog.get_by_label(role, exact=True).check()
    for center in centers:
        await dialog.get_by_label(center, exact=True).check()
    await dialog.get_by_role("button", name="Créer le lien d’invitation").click()
    await expect(dialog).to_be_hidden()
    return email, await link_shown(page, email)


async def link_shown(page: Page, email: str) -> str:
    await expect(page.get_by_role("heading", name=f"Lien pour {email}")).to_be_focused()
    return await page.get_by_label("Lien à transmettre").input_value()


async def choose_password(page: Page, password: str, again: str | None = None) -> None:
    await page.get_by_label("Nouveau mot de passe").fill(password)
    await page.get_by_label("Le même mot de passe, encore une fois").fill(again or password)


async def accept(hall: Hall, link: str, name: str) -> Device:
    """Open a link on another device, give a name and a password."""
    device = await hall.device()
    await device.page.goto(link)
    await device.page.get_by_label("Votre nom").fill(name)
    await choose_password(device.page, CHOSEN)
    await device.page.get_by_role("button", name="Créer mon compte").click()
    return device


# ── the way of a link ──────────────────────────────────────────────────────────────────────────────────────────


async def test_an_invited_person_opens_the_link_elsewhere_and_is_in(hall: Hall, hub: Hub, world: World) -> None:
    admin = await hall.device("admin")
    page = await at_people(admin)
    email, link = await invited(page)
    await expect(waiting(page, email)).to_be_visible()
    assert await admin.measure("document.querySelector('.qr').naturalWidth") > 100
    secret = link.partition("#")[2]
    assert link == f"{hub.http_url}/invitation#{secret}"

    asked: list[str] = []
    guest = await hall.device()
    guest.context.on("request", lambda request: asked.append(request.url))
    await guest.page.goto(link)
    await expect(guest.page.get_by_text("en tant que : surveillant")).to_be_visible()
    await expect(guest.page.get_by_text(email)).to_be_visible()
    assert guest.page.url == f"{hub.http_url}/invitation"
    await guest.page.get_by_label("Votre nom").fill("Nadia Roux")
    await choose_password(guest.page, CHOSEN)
    await guest.page.get_by_role("button", name="Créer mon compte").click()
    await expect(guest.page.get_by_role("heading", name="Bonjour Nadia Roux")).to_be_visible()
    await expect(guest.page.get_by_role("heading", name="Surveiller une session")).to_be_visible()
    assert guest.page.url == f"{hub.http_url}/"

    assert asked
    assert not any(secret in url for url in asked)
    assert secret not in hub.log.read_text(errors="replace")
    await page.reload()
    await expect(person(page, email)).to_contain_text("Nadia Roux")
    await expect(waiting(page, email)).to_have_count(0)
    await expect(page.get_by_label("Lien à transmettre")).to_have_count(0)


async def test_a_new_center_admin_sees_the_sessions_of_the_center(hall: Hall, hub: Hub, world: World) -> None:
    room = await world.room()
    page = await at_people(await hall.device("admin"))
    _, link = await invited(page, "Administrateur de centre")
    guest = await accept(hall, link, "Karim Petit")
    await expect(guest.page.get_by_role("link", name=re.compile(rf"^Session {room.number}\b"))).to_be_visible()
    await expect(guest.page.get_by_role("link", name="Équipe")).to_be_visible()


async def test_a_link_that_cannot_be_used_says_so_and_what_to_do(hall: Hall, hub: Hub) -> None:
    page = await at_people(await hall.device("admin"))
    _, link = await invited(page)
    await expect((await accept(hall, link, "Nadia Roux")).page.get_by_role("heading", name="Bonjour")).to_be_visible()
    withdrawn, dead = await invited(page)
    await waiting(page, withdrawn).get_by_role("button", name=f"Annuler le lien : {withdrawn}").click()
    await expect(page.get_by_text(f"Le lien pour {withdrawn} est annulé.")).to_be_visible()
    await expect(page.get_by_role("heading", name="Liens en attente")).to_be_focused()
    await expect(waiting(page, withdrawn)).to_have_count(0)
    await expect(page.get_by_role("heading", name=f"Lien pour {withdrawn}")).to_have_count(0)
    for unusable in (link, dead, f"{hub.http_url}/invitation#not-a-link", f"{hub.http_url}/invitation"):
        late = await hall.device()
        await late.page.goto(unusable)
        await expect(late.page.get_by_role("heading", level=1, name="Ce lien ne peut pas servir")).to_be_visible()
        await expect(late.page.get_by_role("alert").filter(has_text="Il a déjà servi")).to_be_visible()
        assert late.page.url == f"{hub.http_url}/invitation"
        if "#" in unusable:
            late.forgive(NOT_FOUND)


async def test_another_link_pasted_over_the_page_is_read(hall: Hall, hub: Hub) -> None:
    page = await at_people(await hall.device("admin"))
    email, link = await invited(page)
    guest = await hall.device()
    await guest.page.goto(f"{hub.http_url}/invitation#not-a-link")
    await expect(guest.page.get_by_role("heading", name="Ce lien ne peut pas servir")).to_be_visible()
    guest.forgive(NOT_FOUND)
    await guest.page.goto(link)
    await expect(guest.page.get_by_text(email)).to_be_visible()
    assert guest.page.url == f"{hub.http_url}/invitation"


async def test_what_is_missing_is_said_beside_its_field_and_the_password_may_be_seen(hall: Hall) -> None:
    page = await at_people(await hall.device("admin"))
    _, link = await invited(page)
    guest = (await hall.device()).page
    await guest.goto(link)
    send = guest.get_by_role("button", name="Créer mon compte")
    await send.click()
    await expect(guest.get_by_label("Votre nom")).to_have_attribute("aria-invalid", "true")
    await guest.get_by_role("link", name="Votre nom").click()
    await expect(guest.get_by_label("Votre nom")).to_be_focused()
    await guest.get_by_label("Votre nom").fill("Nadia Roux")
    await choose_password(guest, CHOSEN, f"{CHOSEN}?")
    await send.click()
    await expect(guest.get_by_label("Le même mot de passe, encore une fois")).to_have_attribute("aria-invalid", "true")
    await expect(guest.get_by_label("Nouveau mot de passe")).to_have_attribute("type", "password")
    await guest.get_by_label("Afficher les mots de passe").check()
    await expect(guest.get_by_label("Nouveau mot de passe")).to_have_attribute("type", "text")
    await choose_password(guest, CHOSEN)
    await send.click()
    await expect(guest.get_by_role("heading", name="Bonjour Nadia Roux")).to_be_visible()


@pytest.mark.parametrize("host", ["127.0.0.1", LAN_NAME], ids=["secure", "plain"])
async def test_the_link_is_copied_with_one_tap_without_tls_as_well(hall: Hall, operator: Login, host: str) -> None:
    device = await at_home(hall, operator, host=host)
    page = await at_people(device, "Comptes")
    assert await device.measure("isSecureContext") is (host != LAN_NAME)
    email, link = await invited(page, "Jury")
    await page.get_by_role("button", name="Copier le lien").click()
    await expect(page.get_by_text("Lien copié.")).to_be_visible()
    field = page.get_by_label("Nom du centre")
    await field.press("Control+v")
    await expect(field).to_have_value(link)
    await page.get_by_role("button", name="J’ai transmis le lien").click()
    await expect(page.get_by_role("heading", name=f"Lien pour {email}")).to_have_count(0)
    await expect(page.get_by_role("main")).to_be_focused()


# ── a forgotten password ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_new_password_by_link_closes_what_was_open(hall: Hall) -> None:
    page = await at_people(await hall.device("admin"))
    email, link = await invited(page)
    before = await accept(hall, link, "Hugo Marin")
    await expect(before.page.get_by_role("heading", name="Bonjour Hugo Marin")).to_be_visible()
    await page.reload()
    await person(page, email).get_by_role("button", name="Mot de passe… : Hugo Marin").click()
    question = page.get_by_role("dialog", name="Nouveau mot de passe pour Hugo Marin ?")
    await expect(question.get_by_role("button", name="Annuler")).to_be_focused()
    await question.get_by_role("button", name="Créer le lien").click()
    reset = await link_shown(page, email)

    after = await hall.device()
    await after.page.goto(reset)
    await expect(after.page.get_by_role("heading", level=1, name="Votre nouveau mot de passe")).to_be_visible()
    await expect(after.page.get_by_label("Votre nom")).to_have_count(0)
    await choose_password(after.page, "une autre phrase encore")
    await after.page.get_by_role("button", name="Enregistrer et me connecter").click()
    await expect(after.page.get_by_role("heading", name="Bonjour Hugo Marin")).to_be_visible()

    await before.page.goto("/account")
    await expect(before.page.get_by_role("button", name="Se connecter")).to_be_visible()
    before.forgive(UNAUTHORIZED)
    await Desk(before, None).sign_in(email, "une autre phrase encore")  # type: ignore[arg-type]
    await expect(before.page.get_by_role("heading", name="Bonjour Hugo Marin")).to_be_visible()


# ── the operator ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_operator_makes_a_center_its_admin_and_keeps_somebody_out(hall: Hall, operator: Login) -> None:
    device = await at_home(hall, operator, viewport=DESKTOP)
    page = await at_people(device, "Comptes")
    center = f"Collège de {new_email()}"
    centers = page.get_by_role("region", name="Centres")
    await centers.get_by_label("Nom du centre").fill(center)
    await centers.get_by_role("button", name="Créer le centre").click()
    await expect(page.get_by_text(f"Le centre {center} est créé.")).to_be_visible()
    await expect(centers.get_by_role("listitem").filter(has_text=center)).to_contain_text("Europe/Paris")

    email, link = await invited(page, "Administrateur de centre", center)
    guest = await accept(hall, link, "Lise Vasseur")
    await expect(guest.page.get_by_role("link", name="Équipe")).to_be_visible()
    await page.reload()
    line = person(page, email)
    await expect(line).to_contain_text(center)
    await line.get_by_role("button", name="Désactiver… : Lise Vasseur").click()
    question = page.get_by_role("dialog", name="Désactiver le compte de Lise Vasseur ?")
    await expect(question.get_by_role("button", name="Annuler")).to_be_focused()
    await question.get_by_role("button", name="Désactiver", exact=True).click()
    await expect(line.get_by_text("Désactivé", exact=True)).to_be_visible()
    await expect(line.get_by_role("button", name="Réactiver : Lise Vasseur")).to_be_focused()
    await guest.page.goto("/people")
    await expect(guest.page.get_by_role("button", name="Se connecter")).to_be_visible()
    guest.forgive(UNAUTHORIZED)
    await line.get_by_role("button", name="Réactiver : Lise Vasseur").click()
    await expect(page.get_by_text("Le compte de Lise Vasseur est réactivé.")).to_be_visible()
    await expect(line.get_by_text("Désactivé", exact=True)).to_have_count(0)


async def test_nobody_is_offered_to_reset_or_disable_themselves(hall: Hall, operator: Login) -> None:
    page = await at_people(await at_home(hall, operator), "Comptes")
    own = person(page, operator.email)
    await expect(own).to_contain_text("(vous)")
    await expect(own.get_by_role("button")).to_have_count(0)


async def test_an_invigilator_has_an_account_but_manages_nobody(hall: Hall) -> None:
    device = await hall.device("invigilator")
    await device.page.goto("/people")
    await expect(device.page.get_by_role("alert").filter(has_text="réservée aux administrateurs")).to_be_visible()
    await device.page.goto("/account")
    await expect(device.page.get_by_role("heading", name="Changer de mot de passe")).to_be_visible()


# ── one's own account ──────────────────────────────────────────────────────────────────────────────────────────


async def test_everybody_changes_their_own_password(hall: Hall, hub: Hub) -> None:
    known = await hired(hub, "invigilator", "Jeanne Olivier")
    device = await hall.device()
    await Desk(device, None).sign_in(known.email, known.password)  # type: ignore[arg-type]
    await expect(device.page.get_by_role("link", name="Mon compte")).to_be_visible()
    page = device.page
    await page.goto("/account")
    await expect(page.get_by_text(known.email)).to_be_visible()
    send = page.get_by_role("button", name="Changer de mot de passe")
    current = page.get_by_label("Mot de passe actuel")
    await current.fill("not this one")
    await choose_password(page, CHOSEN)
    await send.click()
    await expect(page.get_by_role("group").get_by_text("Ce n’est pas votre mot de passe actuel.")).to_be_visible()
    device.forgive(UNAUTHORIZED)
    await current.fill(known.password)
    await send.click()
    await expect(page.get_by_text("Votre mot de passe est changé.")).to_be_visible()
    await expect(current).to_have_value("")
    other = await hall.device()
    await Desk(other, None).sign_in(known.email, CHOSEN)  # type: ignore[arg-type]
    await expect(other.page.get_by_role("link", name="Mon compte")).to_be_visible()


# ── what a machine can judge ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desktop"])
async def test_the_page_of_people_and_its_dialogs_pass_axe(hall: Hall, operator: Login, size: dict[str, int]) -> None:
    inspector = Inspector()
    device = await at_home(hall, operator, viewport=size)
    page = await at_people(device, "Comptes")
    email, _ = await invited(page, "Jury")
    await inspector.look(device, "accounts with a new link")
    await page.get_by_role("button", name="Inviter quelqu’un").click()
    dialog = page.get_by_role("dialog", name="Inviter quelqu’un")
    await dialog.get_by_role("button", name="Créer le lien d’invitation").click()
    await expect(dialog.get_by_text("2 champs sont à corriger")).to_be_visible()
    await inspector.look(device, "invite with errors")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Inviter quelqu’un")).to_be_focused()
    await person(page, "Ariane Castel").get_by_role("button", name="Désactiver…").click()
    await inspector.look(device, "disable")
    await page.keyboard.press("Escape")
    await expect(person(page, "Ariane Castel").get_by_role("button", name="Désactiver…")).to_be_focused()
    await no_sideways(device)
    await device.page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("heading", level=1, name="Accounts")).to_be_visible()
    await expect(waiting_in_english(page, email)).to_be_visible()
    await inspector.look(device, "accounts in English")
    assert inspector.found == []


def waiting_in_english(page: Page, email: str) -> Locator:
    return page.get_by_role("region", name="Waiting links").get_by_role("listitem").filter(has_text=email)


async def no_sideways(device: Device) -> None:
    assert await device.measure("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desktop"])
async def test_the_page_of_an_invitation_and_of_an_account_pass_axe(hall: Hall, size: dict[str, int]) -> None:
    inspector = Inspector()
    admin = await hall.device("admin", viewport=size)
    _, link = await invited(await at_people(admin))
    await inspector.look(admin, "team")
    await admin.page.goto("/account")
    await admin.page.get_by_role("button", name="Changer de mot de passe").click()
    await expect(admin.page.get_by_text("2 champs sont à corriger")).to_be_visible()
    await inspector.look(admin, "account with errors")
    guest = await hall.device(viewport=size)
    await guest.page.goto(link)
    await guest.page.get_by_role("button", name="Créer mon compte").click()
    await expect(guest.page.get_by_text("2 champs sont à corriger")).to_be_visible()
    await inspector.look(guest, "invitation with errors")
    await no_sideways(guest)
    await guest.page.goto("/invitation")
    await expect(guest.page.get_by_role("heading", name="Votre invitation")).to_have_count(0)
    await guest.page.reload()
    await expect(guest.page.get_by_role("heading", name="Ce lien ne peut pas servir")).to_be_visible()
    await inspector.look(guest, "dead link")
    assert inspector.found == []

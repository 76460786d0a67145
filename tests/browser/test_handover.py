"""A room is handed over: from the code on one phone to a command given on another, until the right ends."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import asyncpg
import pytest
from playwright.async_api import Browser, Locator, StorageState, expect

from state.embedded.running import running_servers
from tests.browser.accounts import Login, hired, signed_in
from tests.browser.axe import Inspector
from tests.browser.hall import PHONE, Device, Hall
from tests.browser.screens import Desk
from tests.contract.postgres import plain
from tests.story.hub import Hub
from tests.story.rooms import Person, Room, World

if TYPE_CHECKING:
    Db = asyncpg.Connection[asyncpg.Record]

ANNA, BASIL = Person("Arnaud", "Anna"), Person("Blin", "Basil")
DESKTOP = {"width": 1280, "height": 800}
SIZES = (PHONE, DESKTOP)
TITLE = "Confier la salle à un collègue"
TAKEN = "Une salle vous est confiée"
DEAD = "Ce code ne peut plus servir"
NOT_FOUND = 404
GIVER, COLLEAGUE = "Samuel Brun", "Bertille Martin"


@pytest.fixture(scope="session")
async def colleague(browser: Browser, hub: Hub, staff_state: dict[str, StorageState]) -> Login:
    """Hire somebody who has a phone that is signed in, and one that is not."""
    login = await hired(hub, "invigilator", COLLEAGUE)
    staff_state["colleague"] = await signed_in(browser, hub, login)
    return login


@pytest.fixture
async def owner_db(hub: Hub) -> AsyncIterator[Db]:
    servers = running_servers(hub.var)
    assert servers is not None
    db = await asyncpg.connect(plain(servers.owner_database_url))
    yield db
    await db.close()


async def at_desk(hall: Hall, room: Room, who: str = "invigilator", **options: object) -> Desk:
    return await Desk(await hall.device(who, **options), room).open()


async def sheet_of(desk: Desk) -> Locator:
    """Open the dialog in which a room is handed over."""
    await desk.page.get_by_role("button", name=f"Session {desk.room.number}").click()
    menu = desk.dialog(f"Session {desk.room.number}")
    await menu.get_by_role("button", name=f"{TITLE}…").click()
    sheet = desk.dialog(TITLE)
    await expect(sheet).to_be_visible()
    return sheet


async def code_shown(sheet: Locator, button: str = "Afficher le code") -> str:
    """Show a code, another one than is shown already; return the link that it draws."""
    link = sheet.get_by_label("Lien à transmettre")
    shown = await link.input_value() if await link.count() else ""
    await sheet.get_by_role("button", name=button).click()
    await expect(sheet.get_by_role("img", name="Code QR du lien")).to_be_visible()
    await expect(link).not_to_have_value(shown)
    return await link.input_value()


async def lapse(db: Db, room: Room) -> None:
    """Let the right that was handed over end a moment ago."""
    done = await db.execute(
        "UPDATE invigilations SET until = clock_timestamp() - interval '1 ms' WHERE number = $1 AND until IS NOT NULL",
        room.number,
    )
    assert done == "UPDATE 1"


async def follow(device: Device, link: str) -> Locator:
    """Follow a link as a phone's camera does."""
    await device.page.goto(link)
    return device.page.get_by_role("main")


# ── the whole way ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_from_the_code_on_one_phone_to_a_command_on_another_and_to_the_end_of_the_right(
    hall: Hall, hub: Hub, world: World, colleague: Login, owner_db: Db
) -> None:
    room = await world.room([ANNA, BASIL])
    desk = await at_desk(hall, room)
    sheet = await sheet_of(desk)
    link = await code_shown(sheet)
    assert await desk.device.measure("document.querySelector('dialog .qr').naturalWidth") > 100
    await expect(sheet.get_by_text(re.compile(r"^Pour un seul téléphone, encore [45]\d s$"))).to_be_visible()
    await desk.page.screenshot(path=hall.pictures / "giver.png")
    secret = link.partition("#")[2]
    assert link == f"{hub.http_url}/handover#{secret}"

    asked: list[str] = []
    phone = await hall.device()
    phone.context.on("request", lambda request: asked.append(request.url))
    main = await follow(phone, link)
    await expect(main.get_by_text(f"{GIVER} vous confie une salle.")).to_be_visible()
    assert phone.page.url == f"{hub.http_url}/handover"
    await expect(sheet.get_by_role("status").filter(has_text="votre collègue se connecte")).to_be_visible()
    await expect(sheet.get_by_role("img", name="Code QR du lien")).to_have_count(0)
    await phone.page.screenshot(path=hall.pictures / "sign_in.png", full_page=True)
    await main.get_by_label("Adresse e-mail").fill(colleague.email)
    await main.get_by_label("Mot de passe").fill(colleague.password)
    await main.get_by_role("button", name="Se connecter").click()
    await expect(main.get_by_text(f"{COLLEAGUE} ({colleague.email})")).to_be_visible()
    await expect(main).to_be_focused()
    await phone.page.screenshot(path=hall.pictures / "take.png", full_page=True)
    await main.get_by_role("button", name="Prendre la salle").click()

    taker = Desk(phone, room)
    await expect(taker.chip("En direct")).to_be_visible()
    assert phone.page.url == f"{hub.http_url}/invigilate/{room.number}"
    await expect(sheet.get_by_role("status").filter(has_text=f"Utilisé par {COLLEAGUE}.")).to_be_visible()
    await desk.page.screenshot(path=hall.pictures / "used.png")
    await sheet.get_by_role("button", name="Fermer", exact=True).last.click()
    await expect(
        desk.page.get_by_role("status").get_by_text(f"{GIVER} a confié la salle à {COLLEAGUE}")
    ).to_be_attached()
    await taker.present(ANNA)
    await expect(desk.step("Annuler", ANNA)).to_be_visible()

    await lapse(owner_db, room)
    ended = phone.page.get_by_role("alert").filter(has_text="Votre accès à cette salle est terminé.")
    await expect(ended).to_be_visible()
    await expect(taker.row(ANNA)).to_have_count(0)
    await phone.page.screenshot(path=hall.pictures / "ended.png")
    await desk.present(BASIL)
    await phone.page.reload()
    await expect(phone.page.get_by_role("alert").filter(has_text="Saisissez d’abord le mot de passe")).to_be_visible()
    assert not any(secret in url for url in asked)
    assert secret not in hub.log.read_text(errors="replace")


async def test_who_is_signed_in_already_takes_the_room_with_one_tap_and_sees_until_when(
    hall: Hall, world: World, colleague: Login
) -> None:
    del colleague
    room = await world.room([ANNA])
    link = await code_shown(await sheet_of(await at_desk(hall, room)))
    phone = await hall.device("colleague")
    main = await follow(phone, link)
    await main.get_by_role("button", name="Prendre la salle").click()
    taker = Desk(phone, room)
    await expect(taker.chip("En direct")).to_be_visible()
    await taker.page.get_by_role("button", name=f"Session {room.number}").click()
    menu = taker.dialog(f"Session {room.number}")
    await expect(menu.get_by_text(re.compile(r"^Vous avez la main jusqu’à \d\d:\d\d$"))).to_be_visible()
    await expect(menu.get_by_role("link", name="Notice candidat")).to_be_visible()
    await expect(menu.get_by_role("link", name="Kit surveillant")).to_have_count(0)


async def test_an_admin_of_another_center_commands_once_let_in(
    hall: Hall, hub: Hub, browser: Browser, world: World, staff_state: dict[str, StorageState], owner_db: Db
) -> None:
    room = await world.room([ANNA])
    await owner_db.execute("INSERT INTO centers (name) VALUES ('Collège voisin')")
    login = await hired(hub, "center_admin", "Odile Ravel", "Collège voisin")
    staff_state["elsewhere"] = await signed_in(browser, hub, login)
    link = await code_shown(await sheet_of(await at_desk(hall, room)))
    phone = await hall.device("elsewhere")
    await (await follow(phone, link)).get_by_role("button", name="Prendre la salle").click()
    taker = Desk(phone, room)
    await expect(taker.chip("En direct")).to_be_visible()
    await taker.present(ANNA)


async def test_the_wrong_account_says_so_and_another_one_takes_its_place(
    hall: Hall, world: World, colleague: Login
) -> None:
    room = await world.room([ANNA])
    link = await code_shown(await sheet_of(await at_desk(hall, room)))
    phone = await hall.device("invigilator")
    main = await follow(phone, link)
    await main.get_by_role("button", name="Prendre la salle").click()
    await expect(main.get_by_role("alert").filter(has_text="il faut le compte de votre collègue")).to_be_visible()
    phone.forgive(409)
    # Signing out here would close the giver's own login: the phone forgets it instead, as another phone would.
    await phone.context.clear_cookies()
    await main.get_by_role("button", name="Changer de compte").click()
    await main.get_by_label("Adresse e-mail").fill(colleague.email)
    await main.get_by_label("Mot de passe").fill(colleague.password)
    await main.get_by_role("button", name="Se connecter").click()
    await main.get_by_role("button", name="Prendre la salle").click()
    await expect(Desk(phone, room).chip("En direct")).to_be_visible()


async def test_a_jury_is_told_that_this_account_is_not_for_it(
    hall: Hall, hub: Hub, browser: Browser, world: World, staff_state: dict[str, StorageState]
) -> None:
    room = await world.room([ANNA])
    staff_state["jury"] = await signed_in(browser, hub, await hired(hub, "jury", "Jules Renard"))
    link = await code_shown(await sheet_of(await at_desk(hall, room)))
    main = await follow(await hall.device("jury"), link)
    await expect(main.get_by_role("alert").filter(has_text="Ce compte ne peut pas surveiller.")).to_be_visible()
    await expect(main.get_by_role("button", name="Prendre la salle")).to_have_count(0)


# ── what cannot be used ────────────────────────────────────────────────────────────────────────────────────────


async def test_used_expired_and_wrong_codes_say_one_clear_sentence(
    hall: Hall, hub: Hub, world: World, owner_db: Db
) -> None:
    room = await world.room([ANNA])
    sheet = await sheet_of(await at_desk(hall, room))
    used = await code_shown(sheet)
    await expect((await follow(await hall.device(), used)).get_by_role("heading", name=TAKEN)).to_be_visible()
    await expect(sheet.get_by_role("status").filter(has_text="votre collègue se connecte")).to_be_visible()
    old = await code_shown(sheet, "Nouveau code")
    await owner_db.execute(
        "UPDATE handovers SET expires_at = clock_timestamp() WHERE number = $1 AND opened_at IS NULL", room.number
    )
    await expect(sheet.get_by_role("status").filter(has_text="Ce code a expiré.")).to_be_visible()
    await expect(sheet.get_by_role("img", name="Code QR du lien")).to_have_count(0)
    await expect(sheet.get_by_role("button", name="Nouveau code")).to_be_focused()
    for unusable in (used, old, f"{hub.http_url}/handover#not-a-code", f"{hub.http_url}/handover"):
        late = await hall.device()
        main = await follow(late, unusable)
        await expect(main.get_by_role("heading", level=1, name=DEAD)).to_be_visible()
        await expect(main.get_by_role("alert").filter(has_text="demandez à votre collègue")).to_be_visible()
        assert late.page.url == f"{hub.http_url}/handover"
        if "#" in unusable:
            late.forgive(NOT_FOUND)


async def test_who_signs_in_too_late_is_told_to_ask_for_another_code(
    hall: Hall, world: World, colleague: Login, owner_db: Db
) -> None:
    del colleague
    room = await world.room([ANNA])
    link = await code_shown(await sheet_of(await at_desk(hall, room)))
    phone = await hall.device("colleague")
    main = await follow(phone, link)
    await expect(main.get_by_role("button", name="Prendre la salle")).to_be_visible()
    await owner_db.execute("UPDATE handovers SET expires_at = clock_timestamp() WHERE number = $1", room.number)
    await main.get_by_role("button", name="Prendre la salle").click()
    await expect(main.get_by_role("heading", level=1, name=DEAD)).to_be_visible()
    phone.forgive(NOT_FOUND)


async def test_a_new_code_opened_over_the_page_is_read(hall: Hall, hub: Hub, world: World, colleague: Login) -> None:
    del colleague
    room = await world.room([ANNA])
    phone = await hall.device("colleague")
    main = await follow(phone, f"{hub.http_url}/handover#not-a-code")
    await expect(main.get_by_role("heading", name=DEAD)).to_be_visible()
    phone.forgive(NOT_FOUND)
    await follow(phone, await code_shown(await sheet_of(await at_desk(hall, room))))
    await expect(main.get_by_role("button", name="Prendre la salle")).to_be_visible()
    assert phone.page.url == f"{hub.http_url}/handover"


async def test_an_admin_who_only_watches_cannot_hand_over(hall: Hall, world: World) -> None:
    room = await world.room([ANNA])
    desk = await at_desk(hall, room, "admin")
    await desk.page.get_by_role("button", name=f"Session {room.number}").click()
    button = desk.dialog(f"Session {room.number}").get_by_role("button", name=f"{TITLE}…")
    await expect(button).to_have_attribute("aria-disabled", "true")
    await expect(button).to_have_attribute("title", re.compile("Lecture seule"))


# ── what a machine can judge ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desktop"])
async def test_both_screens_pass_axe(
    hall: Hall, hub: Hub, world: World, colleague: Login, size: dict[str, int]
) -> None:
    del colleague
    inspector = Inspector()
    room = await world.room([ANNA])
    desk = await at_desk(hall, room, viewport=size)
    sheet = await sheet_of(desk)
    link = await code_shown(sheet)
    await inspector.look(desk.device, "code")
    phone = await hall.device("colleague", viewport=size)
    await expect((await follow(phone, link)).get_by_role("button", name="Prendre la salle")).to_be_visible()
    await inspector.look(phone, "take the room")
    assert await phone.measure("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    await phone.page.screenshot(path=hall.pictures / f"take-{size['width']}.png", full_page=True)
    guest = await hall.device(viewport=size)
    await expect(
        (await follow(guest, await code_shown(sheet, "Nouveau code"))).get_by_label("Mot de passe")
    ).to_be_visible()
    await inspector.look(guest, "sign in")
    await guest.page.emulate_media(color_scheme="dark")
    await guest.page.screenshot(path=hall.pictures / f"dark-{size['width']}.png", full_page=True)
    await guest.page.get_by_role("button", name="English").click()
    await expect(guest.page.get_by_role("heading", level=1, name="A room is handed over to you")).to_be_visible()
    await guest.page.goto(f"{hub.http_url}/candidate")
    await guest.page.goto(f"{hub.http_url}/handover")
    await expect(guest.page.get_by_role("alert").filter(has_text="ask your colleague")).to_be_visible()
    await inspector.look(guest, "dead code")
    assert inspector.found == []

"""Every screen and every dialog is free of what axe can find, light and dark."""

from __future__ import annotations

import re

from playwright.async_api import Locator, expect

from tests.browser.axe import Inspector
from tests.browser.hall import Device, Hall
from tests.browser.screens import Desk, Seat, listed, press_until
from tests.story.rooms import CLASS, Person, Room, World, accepted, csv, ok

PLANNED_END = re.compile(r'"theoretical_end":"[^"]+"')
ANNA = Person("Delmas", "Anna")
BASIL = Person("Estève", "Basil")


SEEDED = """
const line = document.querySelector("main form").appendChild(document.createElement("div"));
const add = (text, style) => {
  const button = line.appendChild(document.createElement("button"));
  button.textContent = text;
  Object.assign(button.style, style);
  return button;
};
add("Envoyer", {}).setAttribute("aria-label", "Fermer");
add("Pâle", { color: "#888888", backgroundColor: "#999999" });
const small = { minWidth: "12px", width: "12px", minHeight: "12px", height: "12px", padding: "0", borderRadius: "0" };
for (const text of ["a", "b", "c"]) add(text, small);
"""


async def test_the_inspector_finds_seeded_faults(hall: Hall) -> None:
    inspector = Inspector()
    device = await hall.device()
    await device.page.goto("/")
    await expect(device.page.get_by_role("button", name="Se connecter")).to_be_visible()
    await device.measure(SEEDED)
    await inspector.look(device, "seeded")
    found = " ".join(inspector.found)
    for rule in ("label-content-name-mismatch", "target-size", "color-contrast"):
        assert f"seeded: {rule}" in found, inspector.found
    assert "seeded, dark: color-contrast" in found


async def test_the_first_page_passes_axe(hall: Hall, world: World) -> None:
    inspector = Inspector()
    door = await hall.device()
    await door.page.goto("/")
    await inspector.look(door, "sign-in")
    await door.page.get_by_role("button", name="Se connecter").click()
    await expect(door.page.get_by_text("Ce champ est à remplir.")).to_have_count(2)
    await inspector.look(door, "sign-in with errors")
    await world.room()
    invigilator = await hall.device("invigilator")
    await invigilator.page.goto("/")
    await expect(invigilator.page.get_by_role("heading", name="Bonjour Samuel Brun")).to_be_visible()
    await inspector.look(invigilator, "home of an invigilator")
    await look_at_the_import(inspector, await hall.device("admin"))
    assert inspector.found == []


async def look_at_the_import(inspector: Inspector, admin: Device) -> None:
    await admin.page.goto("/")
    await expect(admin.page.get_by_role("heading", level=1, name="Sessions du centre")).to_be_visible()
    await inspector.look(admin, "home of an admin")
    file = admin.page.get_by_label("Fichier CSV")
    wrong = csv(CLASS, "Salle axe").replace(b"15/01/2027", b"2027-01-15")
    await file.set_input_files({"name": "liste.csv", "mimeType": "text/csv", "buffer": wrong})
    await admin.page.get_by_role("button", name="Vérifier le fichier").click()
    await expect(admin.page.get_by_text("rien ne sera importé")).to_be_visible()
    await inspector.look(admin, "import with errors")
    good = csv(CLASS, "Salle axe")
    await file.set_input_files({"name": "liste.csv", "mimeType": "text/csv", "buffer": good})
    await admin.page.get_by_role("button", name="Vérifier le fichier").click()
    await admin.page.get_by_role("button", name="Importer 4 candidats").click()
    await expect(admin.page.get_by_text("4 candidats importés.")).to_be_visible()
    await inspector.look(admin, "import done")


async def test_the_dashboard_and_its_dialogs_pass_axe(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room([ANNA, BASIL, *CLASS])
    desk = await Desk(await hall.device("invigilator"), room).open()
    await inspector.look(desk.device, "dashboard before the start")
    for button, title in (("Tout le monde est présent (6)", "Tout le monde est présent ?"),
                          ("Démarrer", "Le code d’accès a été donné ?")):  # fmt: skip
        await desk.page.get_by_role("button", name=button, exact=True).click()
        await look_and_leave(inspector, desk, desk.dialog(title))
    await look_at_the_menu(inspector, desk)
    await fill_the_room(world, room)
    await expect(desk.row(ANNA)).to_contain_text("Appelle")
    await expect(desk.row(CLASS[0])).to_contain_text("Interrompu")
    await inspector.look(desk.device, "dashboard with every kind of row")
    await look_at_one_candidate(inspector, desk)
    await desk.filter("À traiter").click()
    await inspector.look(desk.device, "what needs a person")
    await desk.page.get_by_role("button", name="Rechercher un candidat").click()
    await desk.page.get_by_role("searchbox").fill("zzz")
    await inspector.look(desk.device, "search without a match")
    await desk.page.set_viewport_size({"width": 1280, "height": 800})
    await desk.page.get_by_role("searchbox").fill("")
    await inspector.look(desk.device, "wide dashboard")
    assert inspector.found == []


async def fill_the_room(world: World, room: Room) -> None:
    """One of each: calling, finished, interrupted, asking to come in with a name to correct."""
    board = await room.board()
    caller = await room.seated(board, 0)
    ok(await caller.ask("help", kind="question", question=3, text="Rien ne s’affiche"))
    leaver = await room.seated(board, 2)
    await leaver.progress(3)
    leaver.abort()
    finisher = await room.seated(board, 3)
    await finisher.progress(4)
    ok(await finisher.ask("finish"))
    accepted(await board.command("time.add", room.id(board, 0), minutes=5, reason="essai"))
    accepted(await board.command("identity.check", room.id(board, 4), state="to_correct"))
    asker = await room.tab(4)
    await asker.enter(room.access_code)


async def look_at_the_menu(inspector: Inspector, desk: Desk) -> None:
    await desk.page.get_by_role("button", name=f"Session {desk.room.number}").click()
    menu = desk.dialog(f"Session {desk.room.number}")
    await menu.get_by_role("button", name="Afficher le code").click()
    await menu.get_by_role("button", name="Ouvrir sur un autre téléphone").click()
    await expect(menu.get_by_role("img", name="Code QR")).to_be_visible()
    await inspector.look(desk.device, "menu")
    await menu.get_by_role("button", name="Message à tous ou à plusieurs…").click()
    await look_and_leave(inspector, desk, desk.dialog("Message"))
    await desk.page.get_by_role("button", name=f"Session {desk.room.number}").click()
    await menu.get_by_role("button", name="Temps pour tous…").click()
    time = desk.dialog("Ajouter du temps")
    await time.get_by_role("button", name="Ajouter", exact=True).click()
    await look_and_leave(inspector, desk, time)


async def look_at_one_candidate(inspector: Inspector, desk: Desk) -> None:
    await desk.step("Traiter", ANNA).click()
    await look_and_leave(inspector, desk, desk.dialog(f"Appel de {listed(ANNA)}"))
    await desk.options(ANNA).click()
    await inspector.look(desk.device, "options")
    await desk.page.keyboard.press("Escape")
    await look_and_leave(inspector, desk, await desk.ask_end(ANNA))
    # The first entry has started the clock without making anybody late: no reason is asked for.
    await desk.step("Présent", BASIL).click()
    await expect(desk.step("Annuler", BASIL)).to_be_visible()
    await (await desk.ask_end(ANNA)).get_by_role("button", name="Terminer le test", exact=True).click()
    await expect(desk.page.get_by_role("region", name="Fins de test en cours")).to_be_visible()
    await inspector.look(desk.device, "an end under way")


async def look_and_leave(inspector: Inspector, desk: Desk, dialog: Locator) -> None:
    await expect(dialog).to_be_visible()
    await inspector.look(desk.device, await dialog.get_by_role("heading", level=2).inner_text())
    await desk.page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()


async def test_all_who_are_over_time_are_ended_after_a_preview_that_passes_axe(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room(CLASS)
    board = await room.board()
    for place in range(3):
        await room.seated(board, place)
    device = await hall.device("invigilator")
    # The hub's clock is real: what the page is told of the planned ends is what this test moves into the past.
    device.wire.edit = lambda frame: PLANNED_END.sub('"theoretical_end":"2026-01-01T00:00:00Z"', frame)
    desk = await Desk(device, room).open()
    await expect(desk.row(CLASS[0])).to_contain_text("Dépasse de")
    await desk.page.get_by_role("button", name="Terminer les dépassements (3)").click()
    preview = desk.dialog("Terminer les tests en dépassement")
    await expect(preview.get_by_role("button", name="Ne pas terminer")).to_be_focused()
    await preview.get_by_label(listed(CLASS[1])).uncheck()
    await inspector.look(device, "preview")
    await preview.get_by_role("button", name="Terminer 2 tests").click()
    await expect(desk.dialog("Résultat").get_by_role("listitem")).to_have_count(2)
    await inspector.look(device, "result")
    await desk.page.keyboard.press("Escape")
    await expect(desk.row(CLASS[0])).to_contain_text("Fin dans")
    await expect(desk.row(CLASS[1])).not_to_contain_text("Fin dans")
    assert inspector.found == []


async def test_a_dashboard_that_was_refused_passes_axe(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room(invigilated=False)
    for who, way_out in (("invigilator", "Saisir le mot de passe"), (None, "Se connecter")):
        desk = Desk(await hall.device(who), room)
        await desk.page.goto(f"/invigilate/{room.number}")
        await expect(desk.page.get_by_role("link", name=way_out)).to_be_visible()
        await inspector.look(desk.device, way_out)
    assert inspector.found == []


async def test_the_question_about_somebody_late_passes_axe(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room([ANNA])
    ok(await (await room.board()).ask("session.start"))
    desk = await Desk(await hall.device("invigilator"), room).open()
    await desk.step("Présent", ANNA).click()
    await look_and_leave(inspector, desk, desk.dialog("Arrivée après le début"))
    assert inspector.found == []


async def test_every_page_of_a_candidate_passes_axe(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room([ANNA, BASIL])
    board = await room.board()
    seat = Seat(await hall.device(), room, ANNA)
    await look_at_the_waiting_room(inspector, seat)
    accepted(await board.command("presence.confirm", room.id(board)))
    await look_at_the_test(inspector, seat)
    accepted(await board.command("message.send", room.id(board), text="Il reste 15 minutes."))
    await expect(seat.page.get_by_role("alert").filter(has_text="Il reste 15 minutes.")).to_be_visible()
    await inspector.look(seat.device, "a message")
    await seat.page.get_by_role("button", name="J’ai lu").click()
    await look_at_the_seat_taken(inspector, seat, room)
    assert inspector.found == []


async def look_at_the_waiting_room(inspector: Inspector, seat: Seat) -> None:
    await seat.page.goto("/candidate")
    await seat.page.get_by_role("button", name="Rejoindre").click()
    await expect(seat.page.get_by_text("Le numéro de session est un nombre.")).to_be_visible()
    await inspector.look(seat.device, "join with errors")
    await seat.page.get_by_label("Numéro de session").fill(str(seat.room.number))
    await seat.join()
    await inspector.look(seat.device, "waiting room")
    await seat.type_code(seat.room.access_code)
    await expect(seat.page.get_by_role("status").filter(has_text="Votre surveillant n’a pas encore")).to_be_visible()
    await inspector.look(seat.device, "not confirmed")


async def look_at_the_test(inspector: Inspector, seat: Seat) -> None:
    await seat.answer(1)
    await inspector.look(seat.device, "test")
    await seat.page.get_by_role("button", name="Appeler le surveillant").click()
    await inspector.look(seat.device, "call")
    await seat.page.get_by_role("button", name="Annuler").click()
    await seat.page.get_by_role("button", name="Terminer mon test").click()
    await inspector.look(seat.device, "finish")
    await seat.page.get_by_role("button", name="Continuer mon test").click()


async def look_at_the_seat_taken(inspector: Inspector, seat: Seat, room: Room) -> None:
    """Somebody brings this candidate to another computer: the first one says so, and may ask to come back."""
    board = room.boards[0]
    accepted(await board.command("resume.authorize", room.id(board)))
    other = await room.tab()
    ok(await other.enter(room.access_code))
    await seat.expect_title("Votre test continue sur un autre poste")
    await inspector.look(seat.device, "replaced")
    back = seat.page.get_by_role("button", name="Demander à revenir sur ce poste")
    await press_until(back, seat.page.get_by_role("heading", name="Votre test est ouvert sur un autre poste"))
    await inspector.look(seat.device, "open elsewhere")

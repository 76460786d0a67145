"""The whole story of a room, on a phone and beside it: from the sign-in to the last end screen."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.axe import Inspector
from tests.browser.hall import Hall
from tests.browser.screens import Desk, Seat, listed, press_until
from tests.story.rooms import Person, World

ALICE = Person("Bernard", "Alice", "2008-03-02")
BRUNO = Person("Castan", "Bruno", "2007-11-30")


async def test_a_room_runs_from_the_sign_in_to_the_end_screens(hall: Hall, world: World) -> None:
    room = await world.room([ALICE, BRUNO], invigilated=False)
    inspector = Inspector()
    desk = Desk(await hall.device(), room)
    alice = Seat(await hall.device(), room, ALICE)
    await sign_in_and_open(desk, hall)
    await join_after_one_wrong_try(alice)
    await be_present_by_one_tap(desk, alice)
    await come_in_by_itself(desk, alice)
    await be_seen_working(desk, alice)
    await get_help(desk, alice)
    await lose_the_line_and_come_back(desk, alice, inspector)
    await end_is_asked_and_undone(desk, alice)
    number = await finish(desk, alice)
    await come_back_after_the_end(hall, alice, number)
    await end_for_good(desk, Seat(await hall.device(), room, BRUNO), inspector)
    assert inspector.found == []


async def sign_in_and_open(desk: Desk, hall: Hall) -> None:
    await desk.sign_in(hall.hub.demo["invigilator"]["email"], "wrong")
    await expect(desk.page.get_by_role("alert")).to_have_text("Adresse ou mot de passe incorrect.")
    desk.device.forgive(401)
    await desk.sign_in(**hall.hub.demo["invigilator"])
    await desk.enter_session(desk.room.number, "C-WRONG123")
    await expect(desk.page.get_by_role("alert")).to_have_text("Numéro de session ou mot de passe de session incorrect.")
    desk.device.forgive(401)
    await desk.enter_session(desk.room.number, desk.room.password.lower())
    await expect(desk.page).to_have_url(re.compile(rf"/invigilate/{desk.room.number}$"))
    await expect(desk.chip("En direct")).to_be_visible()
    await expect(desk.row(ALICE)).to_contain_text("Attendu")


async def join_after_one_wrong_try(alice: Seat) -> None:
    await alice.identify(birthdate="2008-03-03")
    await expect(alice.page.get_by_role("alert").filter(has_text="Aucun candidat ne correspond")).to_be_visible()
    alice.device.forgive(404)
    await alice.join()


async def be_present_by_one_tap(desk: Desk, alice: Seat) -> None:
    await expect(desk.row(ALICE)).to_contain_text("Connecté")
    await desk.present(ALICE)
    await expect(alice.page.get_by_text("Présence confirmée par le surveillant")).to_be_visible()
    await press_until(desk.step("Annuler", ALICE), desk.step("Présent", ALICE))
    await expect(alice.page.get_by_text("Présence pas encore confirmée")).to_be_visible()


async def come_in_by_itself(desk: Desk, alice: Seat) -> None:
    wrong = "AAAA11" if desk.room.access_code != "AAAA11" else "BBBB22"
    await alice.type_code(wrong)
    await expect(alice.page.get_by_role("alert").filter(has_text="n’est pas le bon")).to_be_visible()
    await expect(desk.row(ALICE)).not_to_contain_text("Demande à entrer")
    await alice.type_code(f" {desk.room.access_code.lower()} ")
    told = alice.page.get_by_role("status").filter(has_text="Code correct. Votre surveillant n’a pas encore confirmé")
    await expect(told).to_be_visible()
    await expect(desk.row(ALICE)).to_contain_text("Demande à entrer")
    await expect(desk.filter("À traiter")).to_have_text("À traiter 1")
    alice.device.navigations.clear()
    await press_until(desk.step("Présent", ALICE), alice.question(1))
    assert alice.device.navigations == []


async def be_seen_working(desk: Desk, alice: Seat) -> None:
    await expect(desk.row(ALICE)).to_contain_text("En cours")
    for question in (1, 2, 3):
        await alice.answer(question)
    await expect(desk.row(ALICE)).to_contain_text("3/32")
    await expect(alice.page.get_by_text("3 sur 32 transmises")).to_be_visible()


async def get_help(desk: Desk, alice: Seat) -> None:
    await alice.call("L’image ne s’affiche pas")
    await expect(alice.page.get_by_role("status").filter(has_text="Le surveillant est prévenu")).to_be_visible()
    await expect(desk.row(ALICE)).to_contain_text("Appelle")
    await desk.filter("À traiter").click()
    await expect(desk.need(ALICE)).to_contain_text("L’image ne s’affiche pas")
    await desk.need(ALICE).get_by_role("button", name=f"Traiter : {listed(ALICE)}").click()
    dialog = desk.dialog(f"Appel de {listed(ALICE)}")
    await dialog.get_by_role("button", name="Je m’en occupe").click()
    await expect(dialog.get_by_text("Pris par Samuel Brun")).to_be_visible()
    await expect(alice.page.get_by_role("status").filter(has_text="Un surveillant s’occupe")).to_be_visible()
    await dialog.get_by_role("button", name="Problème réel").click()
    await dialog.get_by_role("button", name="Clore sans signalement").click()
    await expect(desk.page.get_by_text("Rien à traiter. Tout va bien.")).to_be_visible()
    await desk.filter("Tous").click()
    await expect(desk.row(ALICE)).not_to_contain_text("Appel")


async def lose_the_line_and_come_back(desk: Desk, alice: Seat, inspector: Inspector) -> None:
    await alice.device.wire.cut()
    await expect(alice.page.get_by_role("status").filter(has_text="Connexion perdue")).to_be_visible()
    await expect(desk.row(ALICE)).to_contain_text("Ligne instable")
    await expect(desk.row(ALICE)).to_contain_text("Interrompu")
    await expect(desk.chip("En direct")).to_be_visible()
    await inspector.look(alice.device, "without a line")
    await alice.device.wire.mend()
    await alice.expect_title("En attente du surveillant")
    await inspector.look(alice.device, "interrupted")
    await expect(alice.page.get_by_text("Ce qui est enregistré : 3 questions sur 32")).to_be_visible()
    await expect(alice.page.get_by_role("status").filter(has_text="Vous êtes le prochain")).to_be_visible()
    await expect(desk.row(ALICE)).to_contain_text("Attend la reprise")
    await expect(desk.row(ALICE)).to_contain_text("Interrompu")
    alice.device.navigations.clear()
    await press_until(desk.step("Autoriser la reprise", ALICE), alice.question(4))
    assert alice.device.navigations == []
    await expect(desk.row(ALICE)).to_contain_text("En cours")
    await expect(desk.row(ALICE)).not_to_contain_text("Interrompu")


async def end_is_asked_and_undone(desk: Desk, alice: Seat) -> None:
    question = await desk.ask_end(ALICE)
    await expect(question).to_contain_text("3 réponses sur 32")
    await expect(question.get_by_role("button", name="Ne pas terminer")).to_be_focused()
    await question.get_by_role("button", name="Terminer le test", exact=True).click()
    strip = desk.page.get_by_role("region", name="Fins de test en cours")
    await expect(strip).to_contain_text(re.compile(rf"Fin de {listed(ALICE)} dans [1-4] s"))
    await strip.get_by_role("button", name=f"Annuler : Fin de {listed(ALICE)}").click()
    await expect(strip).to_be_hidden()
    await expect(desk.row(ALICE)).to_contain_text("En cours")
    await alice.answer(4)


async def finish(desk: Desk, alice: Seat) -> str:
    await alice.finish()
    number = await alice.page.get_by_text(re.compile(r"^\d+$")).inner_text()
    await expect(alice.page.get_by_text("Numéro de certification")).to_be_visible()
    await expect(desk.row(ALICE)).to_contain_text("Écran à voir")
    await press_until(desk.step("Écran vu", ALICE), desk.row(ALICE).get_by_text("Écran vu"))
    await expect(desk.step("Écran vu", ALICE)).to_have_count(0)
    await desk.options(ALICE).click()
    await expect(desk.dialog(listed(ALICE))).to_contain_text(number)
    await desk.page.keyboard.press("Escape")
    return number


async def come_back_after_the_end(hall: Hall, alice: Seat, number: str) -> None:
    await hall.close(alice.device)
    again = Seat(await hall.device(), alice.room, ALICE)
    await again.identify()
    await again.expect_title("Test terminé")
    await expect(again.page.get_by_text(number, exact=True)).to_be_visible()
    await expect(again.page.get_by_label("Code d’accès")).to_have_count(0)
    await hall.close(again.device)


async def end_for_good(desk: Desk, bruno: Seat, inspector: Inspector) -> None:
    await bruno.join()
    await desk.present(BRUNO)
    await bruno.type_code(desk.room.access_code)
    await bruno.answer(1)
    question = await desk.ask_end(BRUNO)
    await question.get_by_role("button", name="Terminer le test", exact=True).click()
    await expect(desk.row(BRUNO)).to_contain_text("Fin dans")
    await bruno.answer(2)
    await bruno.expect_title("Test terminé par le surveillant")
    await expect(desk.row(BRUNO)).to_contain_text("Terminé par le surveillant")
    await expect(desk.page.get_by_role("region", name="Fins de test en cours")).to_be_hidden()
    await inspector.look(bruno.device, "ended")

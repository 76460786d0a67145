"""One action for several: who will be and who cannot, then a result for each, and a second try where it makes sense."""

from __future__ import annotations

import re

from playwright.async_api import Locator, expect

from tests.browser.axe import Inspector
from tests.browser.dialogs import ANNA, BASIL, CHLOE, PEOPLE, WIDE, desk_of
from tests.browser.hall import PHONE, Hall
from tests.browser.lines import outcome_unknown
from tests.browser.screens import Desk, listed
from tests.browser.test_layout import expect_room
from tests.story.client import Candidate, Dashboard
from tests.story.rooms import Person, Room, World, accepted, ok

DAVID = Person("Garnier", "David")
FOUR = (*PEOPLE, DAVID)
NARROW = {"width": 320, "height": 640}
ENDING = re.compile(r'"ending_at":"[^"]+"')
SILENCE_MS = 25_000
"""A page notices a dead line, and is back on a new one, within this time."""


async def look(inspector: Inspector, desk: Desk, screen: str) -> None:
    """Nothing is too wide or too small, and axe has nothing to say, narrow and wide."""
    await desk.page.set_viewport_size(NARROW)
    await expect_room(desk.device, screen)
    for size in (WIDE, PHONE):
        await desk.page.set_viewport_size(size)
        await inspector.look(desk.device, f"{screen}, {size['width']}")


async def outcomes(dialog: Locator, *expected: str) -> None:
    """The results, as they stand in the list."""
    await expect(dialog.get_by_role("listitem")).to_have_text([re.compile(one) for one in expected])


async def heard(dialog: Locator, text: str) -> None:
    """What is said of all of them, once."""
    await expect(dialog.get_by_role("status")).to_have_text(text)


async def menu(desk: Desk, button: str) -> None:
    await desk.page.get_by_role("button", name=f"Session {desk.room.number}").click()
    await desk.dialog(f"Session {desk.room.number}").get_by_role("button", name=button).click()


async def test_all_are_marked_present_after_a_preview_and_late_ones_go_on_to_their_reason(
    hall: Hall, world: World
) -> None:
    inspector = Inspector()
    room = await world.room(FOUR)
    board = await room.board()
    waiting = await room.tab(0)
    ok(await board.ask("session.start"))
    accepted(await board.command("presence.absent", room.id(board, 2)))
    desk = await desk_of(hall, room)
    await desk.page.get_by_role("button", name="Tout le monde est présent (3)").click()
    preview = desk.dialog("Tout le monde est présent ?")
    await expect(preview).to_contain_text(f"marqués absents\u00a0: {listed(CHLOE)}")
    await expect(preview.get_by_role("listitem").filter(has_text=listed(BASIL))).to_contain_text("motif de retard")
    await expect(preview.get_by_role("listitem").filter(has_text=listed(ANNA))).not_to_contain_text("motif de retard")
    await preview.get_by_label(listed(DAVID)).uncheck()
    await look(inspector, desk, "preview of presence")
    await preview.get_by_role("button", name="Marquer 2 présents").click()
    results = desk.dialog("Résultat")
    await heard(results, "1 fait, 1 refusé")
    await outcomes(results, f"{listed(BASIL)}Arrivée après le début", f"{listed(ANNA)}présent")
    await expect(results.get_by_role("button", name="Fermer").last).to_be_focused()
    await waiting.told("confirmed", presence="confirmed")
    await look(inspector, desk, "results of presence")
    await results.get_by_role("button", name="Donner le motif de retard").click()
    late = desk.dialog("Arrivée après le début")
    await expect(late).to_contain_text(listed(BASIL))
    await late.get_by_role("button", name="Retard des transports").click()
    await late.get_by_role("button", name="Marquer présent").click()
    await board.row(room.id(board, 1), lambda row: row["presence"]["state"] == "confirmed", "confirmed with a reason")
    assert board.rows[room.id(board, 3)]["presence"]["state"] == "expected", "who was not ticked"
    assert inspector.found == []


async def test_a_message_goes_to_those_ticked_in_a_list_and_names_who_was_refused(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room(FOUR)
    board = await room.board()
    anna, basil = await followed(room, 0), await followed(room, 1)
    accepted(await board.command("presence.confirm", [room.id(board, place) for place in (0, 1, 3)]))
    desk = await desk_of(hall, room)
    await menu(desk, "Message à tous ou à plusieurs…")
    message = desk.dialog("Message")
    await expect(message.get_by_role("checkbox")).to_have_count(4)
    await expect(message.get_by_role("listitem").filter(has_text=listed(DAVID))).to_contain_text("poste non connecté")
    await message.get_by_role("button", name="Prêts 3").click()
    await expect(message.get_by_role("checkbox")).to_have_count(3)
    await expect(message).to_contain_text("le message s’affichera à son retour")
    await message.get_by_label(listed(BASIL)).uncheck()
    await message.get_by_role("button", name="Merci de garder le silence.").click()
    await look(inspector, desk, "message to several")
    await take_off_the_list(desk, world, board, room.id(board, 3))
    await message.get_by_role("button", name="Envoyer", exact=True).click()
    results = desk.dialog("Résultat")
    await heard(results, "1 fait, 1 refusé")
    desk.device.wire.edit = lambda frame: frame
    await expect(desk.row(DAVID)).to_have_count(0)
    await outcomes(results, f"{listed(DAVID)}Ce candidat ne fait pas partie", f"{listed(ANNA)}envoyé")
    await expect(results.get_by_role("button", name="Réessayer")).to_have_count(0)
    await look(inspector, desk, "results of a message")
    assert (await anna.heard("message"))["text"] == "Merci de garder le silence."
    assert not [frame for frame in basil.frames if frame["type"] == "message"], "who was not ticked"
    assert inspector.found == []


async def test_the_results_of_a_message_tell_whose_screen_showed_it(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room(PEOPLE)
    await followed(room, 0)
    await room.tab(1)
    board = await room.board()
    accepted(await board.command("presence.confirm", "all"))
    desk = await desk_of(hall, room)
    await menu(desk, "Message à tous ou à plusieurs…")
    message = desk.dialog("Message")
    await message.get_by_label("Texte").fill("Bonjour à tous")
    await message.get_by_role("button", name="Envoyer", exact=True).click()
    results = desk.dialog("Résultat")
    await outcomes(results, "envoyéVu à l’écran", "envoyéEn attente du poste", "envoyéPas connecté")
    await expect(results).to_contain_text("Vu à l’écran\u00a0: 1 sur 3")
    await look(inspector, desk, "results of a message, by screen")
    assert inspector.found == []


async def take_off_the_list(desk: Desk, world: World, board: Dashboard, candidate: int) -> None:
    """The center takes somebody off the list, and this page is late to hear of it."""
    desk.device.wire.edit = lambda frame: frame.replace('"type":"snapshot"', '"type":"held back"')
    path = f"/sessions/{desk.room.number}/candidates/{candidate}"
    assert (await world.api.raw("DELETE", path, world.staff.admin)).status_code == 204
    await board.until(lambda: candidate not in board.rows, "off the list")


async def followed(room: Room, place: int) -> Candidate:
    """A waiting candidate whose page says what it has shown."""
    tab = await room.tab(place)
    tab.acknowledges = True
    return tab


async def test_resumes_are_authorized_together_and_tried_again_for_the_refused(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room(PEOPLE)
    board = await room.board()
    for place in range(3):
        tab = await room.seated(board, place)
        tab.abort()
    for place in range(3):
        await board.row(room.id(board, place), lambda row: row["interrupted_at"], "interrupted", within=20)
    desk = await desk_of(hall, room)
    await desk.page.get_by_role("button", name="Autoriser 3 reprises").first.click()
    preview = desk.dialog("Autoriser plusieurs reprises")
    await expect(preview.get_by_role("listitem").filter(has_text=listed(ANNA))).to_contain_text("poste non connecté")
    await look(inspector, desk, "preview of resumes")
    desk.device.wire.edit = lambda frame: ENDING.sub('"ending_at":null', frame)
    accepted(await board.command("attempt.end", room.id(board, 1)))
    await preview.get_by_role("button", name="Autoriser 3 reprises").click()
    results = desk.dialog("Résultat")
    await heard(results, "2 faits, 1 refusé")
    await outcomes(results, f"{listed(BASIL)}.*en train d’être terminé", "reprise autorisée", "reprise autorisée")
    accepted(await board.command("attempt.end.cancel", room.id(board, 1)))
    await look(inspector, desk, "results of resumes")
    await results.get_by_role("button", name="Réessayer pour le refusé").click()
    await heard(results, "3 faits")
    await expect(results.get_by_role("button", name="Réessayer")).to_have_count(0)
    await expect(results.get_by_role("status")).to_be_focused()
    authorized = [board.rows[room.id(board, place)]["authorization"] for place in range(3)]
    assert all(authorized), authorized
    assert inspector.found == []


async def test_a_batch_that_was_not_judged_stays_open_and_counts_once(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    desk = await desk_of(hall, room)
    await menu(desk, "Temps pour tous…")
    time = desk.dialog("Ajouter du temps")
    await time.get_by_label("Motif", exact=True).fill("Alarme incendie")
    desk.device.wire.edit = outcome_unknown
    add = time.get_by_role("button", name="Ajouter", exact=True)
    await add.click()
    await expect(time.get_by_role("alert")).to_contain_text("rien ne sera fait deux fois")
    desk.device.wire.edit = lambda frame: frame
    await add.click()
    results = desk.dialog("Résultat")
    await heard(results, "3 faits")
    await outcomes(results, "5 min", "5 min", "5 min")
    added = [row["time"]["minutes_added"] for row in board.rows.values()]
    assert added == [5, 5, 5], "once"


async def test_a_batch_closed_before_its_answer_still_says_what_became_of_it(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    desk = await desk_of(hall, room)
    await desk.page.get_by_role("button", name="Tout le monde est présent (3)").click()
    preview = desk.dialog("Tout le monde est présent ?")
    desk.device.wire.silence()
    await preview.get_by_role("button", name="Marquer 3 présents").click()
    await expect(preview.get_by_role("button", name="Envoyé, sans réponse")).to_be_visible()
    await desk.page.keyboard.press("Escape")
    desk.device.wire.speak()
    told = desk.page.get_by_role("status").filter(has_text="3 faits")
    await expect(told).to_be_visible(timeout=SILENCE_MS)
    await expect(desk.row(ANNA)).to_contain_text("Présent")

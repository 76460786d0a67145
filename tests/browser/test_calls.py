"""Calls: accepted or dismissed, taken by a colleague, turned into a report."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.dialogs import (
    ANNA,
    BASIL,
    PEOPLE,
    call_of,
    choose,
    desk_of,
    names,
    question_field,
    reported,
    text_field,
)
from tests.browser.hall import Hall
from tests.browser.screens import listed
from tests.story.rooms import World, accepted, ok


async def test_an_accepted_call_becomes_a_report_with_its_question_and_words(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    anna = await call_of(room, board, kind="question", question=11, text="Le schéma est vide")
    basil = await call_of(room, board, 1, kind="other", text="La souris ne bouge plus")
    desk = await desk_of(hall, room)
    await desk.step("Traiter", ANNA).click()
    call = desk.dialog(f"Appel de {listed(ANNA)}")
    await call.get_by_label("Un mot pour le dossier").fill("vérifié sur place")
    await call.get_by_role("button", name="Problème réel").click()
    await expect(question_field(call)).to_have_value("11")
    await expect(text_field(call)).to_have_value("Le schéma est vide")
    await call.get_by_role("button", name="Changer de catégorie").click()
    await choose(call, "question.image_not_displayed")
    await expect(question_field(call)).to_have_value("11")
    await call.get_by_role("button", name="Signaler et clore l’appel").click()
    await expect(call).to_be_hidden()
    await reported(board, anna, "question.image_not_displayed")
    assert board.rows[anna]["reports"][0]["text"] == "Le schéma est vide"
    assert board.rows[anna]["help"][0]["word"] == "vérifié sur place"
    await desk.step("Traiter", BASIL).click()
    call = desk.dialog(f"Appel de {listed(BASIL)}")
    await call.get_by_role("button", name="Problème réel").click()
    await expect(call.get_by_text("A2")).to_be_visible()
    await call.get_by_role("button", name="Signaler et clore l’appel").click()
    await reported(board, basil, "other")


async def test_a_call_may_end_without_a_report_and_a_dismissed_one_never_has_any(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    anna = await call_of(room, board, kind="other")
    basil = await call_of(room, board, 1, kind="other", text="Quelle heure est-il ?")
    desk = await desk_of(hall, room)
    await desk.step("Traiter", ANNA).click()
    call = desk.dialog(f"Appel de {listed(ANNA)}")
    await call.get_by_role("button", name="Je m’en occupe").click()
    await expect(call.get_by_text("Pris par Samuel Brun")).to_be_visible()
    await call.get_by_role("button", name="Problème réel").click()
    await call.get_by_role("button", name="Clore sans signalement").click()
    await board.row(anna, lambda row: row["help"][0]["outcome"] == "accept", "accepted")
    await desk.step("Traiter", BASIL).click()
    await desk.dialog(f"Appel de {listed(BASIL)}").get_by_role("button", name="Sans suite").click()
    await board.row(basil, lambda row: row["help"][0]["outcome"] == "dismiss", "dismissed")
    assert (names(board, anna), names(board, basil)) == ([], [])
    await expect(desk.page.get_by_role("dialog")).to_have_count(0)


async def test_a_call_taken_by_a_colleague_says_by_whom(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    anna = await call_of(room, board, kind="other")
    admin = await room.board(token=world.staff.admin)
    ok(await admin.ask("room.take_over"))
    desk = await desk_of(hall, room)
    await desk.step("Traiter", ANNA).click()
    call = desk.dialog(f"Appel de {listed(ANNA)}")
    # The news of the colleague is late on this page: the hub's answer has to name them.
    desk.device.wire.edit = lambda frame: frame.replace('"taken_by":"Ariane Castel"', '"taken_by":null')
    accepted(await admin.command("help.take", anna, help=board.rows[anna]["help"][0]["id"]))
    await call.get_by_role("button", name="Je m’en occupe").click()
    await expect(call.get_by_role("alert")).to_have_text("Déjà pris par Ariane Castel.")


async def test_what_was_written_about_a_call_that_a_colleague_closed_may_still_be_a_report(
    hall: Hall, world: World
) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    anna = await call_of(room, board, kind="question", question=5)
    desk = await desk_of(hall, room)
    await desk.step("Traiter", ANNA).click()
    call = desk.dialog(f"Appel de {listed(ANNA)}")
    await call.get_by_role("button", name="Problème réel").click()
    await text_field(call).fill("La vidéo reste noire")
    accepted(await board.command("help.resolve", anna, help=board.rows[anna]["help"][0]["id"], outcome="dismiss"))
    await expect(call).to_contain_text("Cet appel est clos")
    anyway = call.get_by_role("button", name="Signaler quand même")
    await expect(anyway).to_be_focused()
    await anyway.click()
    sheet = desk.dialog(f"Signalements de {listed(ANNA)}")
    await expect(text_field(sheet)).to_have_value("La vidéo reste noire")
    await expect(question_field(sheet)).to_have_value("5")
    await sheet.get_by_role("button", name="Enregistrer le signalement").click()
    await reported(board, anna, "question.other")

"""What a person writes down during the test: reports, calls answered, identities to correct, minutes, late arrivals."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Locator, Route, expect

from hub.reports import CATEGORIES, IDENTITY
from tests.browser.axe import Inspector
from tests.browser.hall import PHONE, Hall
from tests.browser.screens import Desk, listed
from tests.browser.test_layout import expect_room
from tests.story.client import Dashboard
from tests.story.rooms import Person, Room, World, accepted, eventually, ok

ANNA = Person("Delmas", "Anna")
BASIL = Person("Estève", "Basil")
CHLOE = Person("Faure", "Chloé", extra="33%")
PEOPLE = (ANNA, BASIL, CHLOE)
WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 320, "height": 640}
BLOCKED = "net::ERR_FAILED"
DIALOGS = re.compile(r"/static/dialogs\.")
FRENCH_WORDS = re.compile(r"\b(de|du|la|le|une?|pour|signalement|obligatoire|Motif)\b")
GROUPS = {
    "question": "Une question du test",
    "candidate_information": "Informations du candidat",
    "late_or_leaving": "Retard, sortie ou émargement",
    "non_blocking": "Incident qui n’a rien bloqué",
}
"""The groups that unfold; the others are one category each."""
TIED = """
one => one.getAttribute("aria-describedby").split(" ").map((id) => document.getElementById(id)?.textContent).join(" ")
"""


async def desk_of(hall: Hall, room: Room, **options: Any) -> Desk:
    return await Desk(await hall.device("invigilator", **options), room).open()


async def choose(sheet: Locator, name: str) -> None:
    """Unfold the group of a category and choose it, by the code where the paper form has one."""
    group = GROUPS.get(name.partition(".")[0])
    if group is not None:
        button = sheet.get_by_role("button", name=group)
        if await button.get_attribute("aria-expanded") == "false":
            await button.click()
    code = CATEGORIES[name].code
    label = re.compile(rf"^{code} ") if code else "Arrivée après le début"
    await sheet.get_by_role("button", name=label).click()


def question_field(dialog: Locator) -> Locator:
    return dialog.get_by_label("Numéro de la question (obligatoire)")


def text_field(dialog: Locator) -> Locator:
    return dialog.get_by_role("textbox", name=re.compile("^(Précisions|Ce qu’il faut corriger)"))


def names(board: Dashboard, candidate: int) -> list[str]:
    return [report["name"] for report in board.rows[candidate]["reports"]]


async def reported(board: Dashboard, candidate: int, *expected: str) -> None:
    await board.row(candidate, lambda row: [one["name"] for one in row["reports"]] == list(expected), f"{expected}")


@pytest.mark.parametrize("viewport", [PHONE, WIDE], ids=["phone", "wide"])
async def test_a_report_takes_two_taps_to_begin_and_knows_the_question(
    hall: Hall, world: World, viewport: dict[str, int]
) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    tab = await room.seated(board)
    await tab.progress(6, question=9)
    desk = await desk_of(hall, room, viewport=viewport)
    await expect(desk.row(ANNA)).to_contain_text("6/32")
    sheet = await desk.reports(ANNA)
    await choose(sheet, "question.image_not_displayed")
    await expect(question_field(sheet)).to_have_value("9")
    await expect(question_field(sheet)).to_be_focused()
    await question_field(sheet).fill("8")
    await sheet.get_by_role("button", name="Enregistrer le signalement").click()
    line = sheet.get_by_role("listitem").filter(has_text="Image absente ou incomplète")
    await expect(line).to_contain_text(re.compile(r"E1.*Question 8.*par Samuel Brun, \d\d:\d\d"))
    await expect(sheet.get_by_role("heading", name="Déjà signalé")).to_be_focused()
    await expect(sheet.get_by_role("status")).to_have_text("Signalement enregistré.")
    await tab.progress(7)
    await board.row(room.id(board), lambda row: row["progress"]["answered"] == 7, "progress")
    await choose(sheet, "question.accessibility")
    await expect(question_field(sheet)).to_have_value("8")
    await sheet.get_by_role("button", name="Retour").click()
    await choose(sheet, "connection_or_end_screen")
    await expect(sheet.get_by_role("button", name="Enregistrer le signalement")).to_be_visible()
    await text_field(sheet).press("Tab")
    await sheet.get_by_role("button", name="Enregistrer le signalement").click()
    await reported(board, room.id(board), "question.image_not_displayed", "connection_or_end_screen")
    await desk.page.keyboard.press("Escape")
    await expect(desk.options(ANNA)).to_be_focused()
    await expect(desk.row(ANNA)).to_contain_text("2 signalements")


async def test_every_category_asks_for_what_the_hub_requires_and_for_nothing_more(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    desk = await desk_of(hall, room)
    sheet = await desk.reports(ANNA)
    for name, category in CATEGORIES.items():
        await choose(sheet, name)
        await expect(question_field(sheet)).to_have_count(1 if category.needs_question else 0)
        if category.needs_question:
            await question_field(sheet).fill("12")
        required = await text_field(sheet).get_attribute("aria-required")
        assert (required == "true") is category.needs_text, name
        if category.needs_text:
            await text_field(sheet).fill("vu")
        await sheet.get_by_role("button", name="Enregistrer le signalement").click()
        await expect(sheet.get_by_role("heading", name="Nouveau signalement")).to_be_visible()
    await reported(board, room.id(board), *CATEGORIES)


async def test_what_is_missing_is_said_at_its_field_and_nothing_is_sent(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    desk = await desk_of(hall, room)
    sheet = await desk.reports(ANNA)
    await choose(sheet, "question.other")
    send = sheet.get_by_role("button", name="Enregistrer le signalement")
    await send.click()
    await expect(question_field(sheet)).to_be_focused()
    assert "Ce champ est à remplir." in await question_field(sheet).evaluate(TIED)
    assert "Ce champ est à remplir." in await text_field(sheet).evaluate(TIED)
    await question_field(sheet).fill("501")
    await text_field(sheet).fill("x" * 501)
    await send.click()
    assert "Un nombre de 1 à 500." in await question_field(sheet).evaluate(TIED)
    assert "Trop long : 501 signes" in await text_field(sheet).evaluate(TIED)
    await question_field(sheet).fill("500")
    await text_field(sheet).fill("x" * 500)
    assert names(board, room.id(board)) == []
    await send.click()
    await reported(board, room.id(board), "question.other")


async def test_a_refusal_is_shown_where_it_was_asked_for_and_loses_nothing(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    desk = await desk_of(hall, room)
    sheet = await desk.reports(ANNA)
    await choose(sheet, "fraud")
    await text_field(sheet).fill("Une antisèche")
    # A hub that knows another catalogue refuses: the page may be older than the hub.
    desk.device.wire.edit = lambda frame: frame.replace('"name":"fraud"', '"name":"unknown"')
    send = sheet.get_by_role("button", name="Enregistrer le signalement")
    await send.click()
    await expect(sheet.get_by_role("alert")).to_contain_text("Ces informations ne sont pas valables.")
    assert "Ces informations" in await send.evaluate(TIED)
    await expect(text_field(sheet)).to_have_value("Une antisèche")
    desk.device.wire.edit = lambda frame: frame
    await send.click()
    await reported(board, room.id(board), "fraud")


async def test_a_report_sent_again_after_an_unknown_outcome_stands_once(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    desk = await desk_of(hall, room)
    sheet = await desk.reports(ANNA)
    await choose(sheet, "fraud")
    await text_field(sheet).fill("Une antisèche")
    desk.device.wire.edit = outcome_unknown
    send = sheet.get_by_role("button", name="Enregistrer le signalement")
    await send.click()
    await expect(sheet.get_by_role("alert")).to_contain_text("On ne sait pas si la demande a été enregistrée")
    await reported(board, room.id(board), "fraud")
    desk.device.wire.edit = lambda frame: frame
    await send.click()
    await expect(sheet.get_by_role("heading", name="Nouveau signalement")).to_be_visible()
    accepted(await board.command("presence.absent", room.id(board, 1)))
    assert names(board, room.id(board)) == ["fraud"]


def outcome_unknown(frame: str) -> str:
    """Turn the hub's yes into what it says when the answer of its store was lost."""
    said = re.fullmatch(r'\{"type":"reply","ref":(\d+),"ok":true.*', frame)
    if said is None:
        return frame
    return f'{{"type":"reply","ref":{said[1]},"ok":false,"error":{{"code":"outcome_unknown"}}}}'


async def test_a_report_is_corrected_and_withdrawn_after_a_question(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    accepted(await board.command("report.add", room.id(board), name="fraud", text="Une antisèche"))
    accepted(await board.command("report.add", room.id(board), name="question.accessibility", question=3))
    desk = await desk_of(hall, room)
    sheet = await desk.reports(ANNA)
    await sheet.get_by_role("button", name="Modifier : Question inaccessible à ce candidat").click()
    await expect(question_field(sheet)).to_have_value("3")
    await sheet.get_by_role("button", name="Changer de catégorie").click()
    await choose(sheet, "question.website_blocked")
    await expect(question_field(sheet)).to_have_value("3")
    await question_field(sheet).fill("4")
    await sheet.get_by_role("button", name="Enregistrer la correction").click()
    await reported(board, room.id(board), "fraud", "question.website_blocked")
    remove = sheet.get_by_role("button", name="Retirer : Fraude constatée ou soupçonnée")
    await remove.click()
    question = sheet.get_by_role("group", name="Retirer ce signalement ?")
    await expect(question.get_by_role("button", name="Garder")).to_be_focused()
    await question.get_by_role("button", name="Garder").click()
    await expect(remove).to_be_focused()
    await remove.click()
    await question.get_by_role("button", name="Retirer", exact=True).click()
    await reported(board, room.id(board), "question.website_blocked")
    await expect(sheet.get_by_role("heading", name="Déjà signalé")).to_be_focused()
    await expect(sheet.get_by_role("status")).to_have_text("Signalement retiré.")


async def test_what_a_colleague_does_to_a_report_meanwhile_is_said_and_loses_nothing(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    accepted(await board.command("report.add", room.id(board), name="fraud", text="Une antisèche"))
    await reported(board, room.id(board), "fraud")
    number = board.rows[room.id(board)]["reports"][0]["id"]
    desk = await desk_of(hall, room)
    sheet = await desk.reports(ANNA)
    await sheet.get_by_role("button", name="Modifier : Fraude constatée ou soupçonnée").click()
    await text_field(sheet).fill("Une antisèche sous la table")
    accepted(await board.command("report.edit", room.id(board), report=number, name="fraud", text="Un téléphone"))
    news = sheet.get_by_role("status").filter(has_text="Un collègue")
    await expect(news).to_contain_text("vient de modifier ce signalement")
    await expect(news).to_contain_text("Un téléphone")
    accepted(await board.command("report.remove", room.id(board), report=number))
    await expect(news).to_contain_text("vient de retirer ce signalement")
    await expect(text_field(sheet)).to_have_value("Une antisèche sous la table")
    await sheet.get_by_role("button", name="Enregistrer la correction").click()
    await reported(board, room.id(board), "fraud")
    assert board.rows[room.id(board)]["reports"][0]["text"] == "Une antisèche sous la table"


async def call_of(room: Room, board: Dashboard, place: int = 0, **fields: Any) -> int:
    """Seat a candidate who calls, and return the candidate's id."""
    tab = await room.seated(board, place)
    ok(await tab.ask("help", **fields))
    return room.id(board, place)


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


async def identity(desk: Desk, person: Person) -> Locator:
    """Open what is to correct about somebody's identity."""
    await desk.options(person).click()
    await desk.dialog(listed(person)).get_by_role("button", name="À corriger…").click()
    return desk.dialog(f"Identité de {listed(person)}")


async def test_an_identity_to_correct_is_marked_and_written_down_as_one_report(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    desk = await desk_of(hall, room)
    dialog = await identity(desk, ANNA)
    await dialog.get_by_role("button", name="Enregistrer").click()
    assert "Ce champ est à remplir." in await text_field(dialog).evaluate(TIED)
    assert board.rows[room.id(board)]["identity"] == "unchecked"
    await text_field(dialog).fill("Née le 12/03/2008")
    await dialog.get_by_role("button", name="Enregistrer").click()
    await expect(dialog).to_be_hidden()
    await reported(board, room.id(board), IDENTITY)
    row = board.rows[room.id(board)]
    assert (row["identity"], row["reports"][0]["text"]) == ("to_correct", "Née le 12/03/2008")
    await expect(desk.row(ANNA)).to_contain_text("Identité à corriger")
    dialog = await identity(desk, ANNA)
    await expect(text_field(dialog)).to_have_value("Née le 12/03/2008")


async def test_an_identity_may_be_written_down_later_and_never_twice(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    desk = await desk_of(hall, room)
    await (await identity(desk, ANNA)).get_by_role("button", name="Compléter plus tard").click()
    await expect(desk.row(ANNA)).to_contain_text("1 signalement à compléter")
    sheet = await desk.reports(ANNA)
    await expect(sheet.get_by_role("listitem").filter(has_text="C1").first).to_contain_text("À compléter")
    await choose(sheet, IDENTITY)
    await expect(sheet.get_by_text("Il existe déjà un signalement d’identité")).to_be_visible()
    await text_field(sheet).fill("Prénom : Hanna")
    await sheet.get_by_role("button", name="Enregistrer la correction").click()
    await reported(board, room.id(board), IDENTITY)
    await choose(sheet, "fraud")
    await sheet.get_by_role("button", name="Changer de catégorie").click()
    await expect(sheet.get_by_role("button", name=re.compile("^C2 "))).to_be_visible()
    await expect(sheet.get_by_role("button", name=re.compile("^C1 "))).to_have_count(0)
    await expect(desk.row(ANNA)).not_to_contain_text("1 signalement à compléter")


async def test_two_colleagues_who_mark_one_identity_make_one_report_and_overwrite_nothing_unseen(
    hall: Hall, world: World
) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    anna = room.id(board)
    desk = await desk_of(hall, room)
    dialog = await identity(desk, ANNA)
    await text_field(dialog).fill("Née le 12/03/2008")
    accepted(await board.command("identity.check", anna, state="to_correct"))
    await reported(board, anna, IDENTITY)
    number = board.rows[anna]["reports"][0]["id"]
    accepted(await board.command("report.edit", anna, report=number, name=IDENTITY, text="Née à Brest"))
    await board.row(anna, lambda row: row["reports"][0]["text"], "the colleague's words")
    await expect(desk.row(ANNA)).not_to_contain_text("à compléter")
    await dialog.get_by_role("button", name="Enregistrer").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Née à Brest")
    assert board.rows[anna]["reports"][0]["text"] == "Née à Brest"
    await text_field(dialog).fill("Née à Brest le 12/03/2008")
    await dialog.get_by_role("button", name="Enregistrer").click()
    await board.row(anna, lambda row: row["reports"][0]["text"] == "Née à Brest le 12/03/2008", "both")
    assert names(board, anna) == [IDENTITY]


async def time_of(desk: Desk, person: Person) -> Locator:
    await desk.options(person).click()
    await desk.dialog(listed(person)).get_by_role("button", name="Ajouter du temps…").click()
    return desk.dialog("Ajouter du temps")


async def test_an_interruption_is_shown_with_its_length_and_proposed_as_minutes(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    anna = room.id(board)
    await interrupted_once(room, board)
    desk = await desk_of(hall, room)
    dialog = await time_of(desk, ANNA)
    await expect(dialog.get_by_role("heading", name=re.compile(r"Interruptions : \d+ s au total"))).to_be_visible()
    await expect(dialog.get_by_role("listitem")).to_contain_text(re.compile(r"\d\d:\d\d – \d\d:\d\d, \d+ s"))
    await expect(dialog.get_by_label("Minutes", exact=True)).to_have_value("1")
    await expect(dialog.get_by_label("Motif", exact=True)).to_have_value(re.compile(r"Interruption de \d+ s"))
    await dialog.get_by_label("Retirer").check()
    await expect(dialog.get_by_label("Motif", exact=True)).to_have_value("")
    await dialog.get_by_label("Ajouter").check()
    assert board.rows[anna]["time"]["minutes_added"] == 0, "a person decides"
    await dialog.get_by_role("button", name="Ajouter", exact=True).click()
    await board.row(anna, lambda row: row["time"]["minutes_added"] == 1, "one minute")
    dialog = await time_of(desk, ANNA)
    await expect(dialog).to_contain_text("Les minutes déjà ajoutées couvrent ces interruptions.")
    await expect(dialog.get_by_label("Motif", exact=True)).to_have_value("")


async def interrupted_once(room: Room, board: Dashboard) -> None:
    """Let the first candidate lose the line, be interrupted, and come back authorized."""
    anna = room.id(board)
    tab = await room.seated(board)
    await tab.progress(3)
    tab.abort()
    await board.row(anna, lambda row: row["interrupted_at"], "interrupted", within=20)
    back = await room.tab(token=tab.token)
    accepted(await board.command("resume.authorize", anna))
    ok(await back.enter(room.access_code))
    await board.row(anna, lambda row: row["interrupted_at"] is None, "back")


async def test_minutes_are_taken_back_but_never_more_than_were_added(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    accepted(await board.command("time.add", room.id(board), minutes=10, reason="essai"))
    desk = await desk_of(hall, room)
    dialog = await time_of(desk, ANNA)
    await dialog.get_by_label("Retirer").check()
    await dialog.get_by_label("Minutes", exact=True).fill("15")
    take = dialog.get_by_role("button", name="Retirer", exact=True)
    await take.click()
    await expect(dialog.get_by_label("Minutes", exact=True)).to_be_focused()
    assert "plus que 10 minutes ajoutées" in await dialog.get_by_label("Minutes", exact=True).evaluate(TIED)
    await dialog.get_by_label("Minutes", exact=True).fill("4")
    await dialog.get_by_role("button", name="Minutes ajoutées par erreur").click()
    await take.click()
    await board.row(room.id(board), lambda row: row["time"]["minutes_added"] == 6, "taken back")


async def test_minutes_are_given_to_several_at_once(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    desk = await desk_of(hall, room)
    await desk.page.get_by_role("button", name=f"Session {room.number}").click()
    await desk.dialog(f"Session {room.number}").get_by_role("button", name="Temps pour tous…").click()
    dialog = desk.dialog("Ajouter du temps")
    await dialog.get_by_role("button", name="Aucun").click()
    await dialog.get_by_label("Motif", exact=True).fill("Alarme incendie")
    add = dialog.get_by_role("button", name="Ajouter", exact=True)
    await add.click()
    await expect(dialog.get_by_text("Choisissez au moins un candidat.")).to_be_visible()
    await dialog.get_by_label(listed(ANNA)).check()
    await dialog.get_by_label(listed(CHLOE)).check()
    await expect(dialog.get_by_text("2 candidats choisis")).to_be_visible()
    await dialog.get_by_role("button", name="15").click()
    await add.click()
    await expect(dialog).to_be_hidden()
    await board.row(room.id(board, 2), lambda row: row["time"]["minutes_added"] == 15, "fifteen minutes")
    added = [board.rows[room.id(board, place)]["time"]["minutes_added"] for place in range(3)]
    assert added == [15, 0, 15]
    await desk.page.get_by_role("button", name=f"Session {room.number}").click()
    await desk.dialog(f"Session {room.number}").get_by_role("button", name="Temps pour tous…").click()
    await dialog.get_by_label("Retirer").check()
    await dialog.get_by_role("button", name="Minutes ajoutées par erreur").click()
    take = dialog.get_by_role("button", name="Retirer", exact=True)
    await take.click()
    await expect(dialog.get_by_text(f"Moins de minutes ajoutées que cela pour : {listed(BASIL)}.")).to_be_visible()
    await dialog.get_by_label(listed(BASIL)).uncheck()
    await take.click()
    await board.row(room.id(board, 2), lambda row: row["time"]["minutes_added"] == 10, "five taken back")


async def test_somebody_late_is_confirmed_with_a_reason_that_becomes_a_report(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    ok(await board.ask("session.start"))
    desk = await desk_of(hall, room)
    await desk.step("Présent", ANNA).click()
    dialog = desk.dialog("Arrivée après le début")
    confirm = dialog.get_by_role("button", name="Marquer présent")
    await confirm.click()
    await expect(dialog.get_by_label("Motif du retard")).to_be_focused()
    assert "Ce champ est à remplir." in await dialog.get_by_label("Motif du retard").evaluate(TIED)
    await dialog.get_by_role("button", name="Retard des transports").click()
    await confirm.click()
    await expect(dialog).to_be_hidden()
    await reported(board, room.id(board), "late_or_leaving.late")
    assert board.rows[room.id(board)]["presence"]["state"] == "confirmed"
    await expect(desk.row(ANNA)).to_contain_text("1 signalement")


async def test_an_end_screen_is_ticked_and_unticked(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    tab = await room.seated(board)
    ok(await tab.ask("finish"))
    desk = await desk_of(hall, room)
    await desk.options(ANNA).click()
    sheet = desk.dialog(listed(ANNA))
    await sheet.get_by_role("button", name="Écran de fin vu", exact=True).click()
    await board.row(room.id(board), lambda row: row["end_screen_seen"], "seen")
    await sheet.get_by_role("button", name="Écran de fin non vu").click()
    await board.row(room.id(board), lambda row: row["end_screen_seen"] is None, "unseen")
    await expect(sheet).to_contain_text("Écran à voir")


async def test_a_dialog_that_could_not_be_loaded_says_so_and_is_loaded_again(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    device = await hall.device("invigilator")
    refused: list[str] = []

    async def refuse(route: Route) -> None:
        refused.append(route.request.url)
        await route.abort()

    await device.context.route(DIALOGS, refuse)
    desk = await Desk(device, room).open()
    await eventually(lambda: is_more(refused, 0), "the dialogs are fetched beforehand")
    await desk.options(ANNA).click()
    await desk.dialog(listed(ANNA)).get_by_role("button", name="Signalement…").click()
    failure = desk.dialog("Chargement impossible")
    await expect(failure.get_by_role("alert")).to_contain_text("n’a pas pu être chargée")
    before = len(refused)
    await failure.get_by_role("button", name="Réessayer", exact=True).click()
    await eventually(lambda: is_more(refused, before), "what failed is asked for again")
    await expect(failure.get_by_role("alert")).to_contain_text("n’a pas pu être chargée")
    await device.context.unroute(DIALOGS)
    await failure.get_by_role("button", name="Réessayer", exact=True).click()
    await expect(desk.dialog(f"Signalements de {listed(ANNA)}")).to_be_visible()
    await desk.page.keyboard.press("Escape")
    await expect(desk.options(ANNA)).to_be_focused()
    device.forget(BLOCKED)


async def is_more(found: list[str], before: int) -> bool:
    return len(found) > before


async def test_a_phone_that_lost_its_line_opens_the_dialogs_and_keeps_what_is_typed(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    desk = await desk_of(hall, room)
    await expect(desk.row(ANNA)).to_be_visible()
    sheet = await desk.reports(ANNA)
    await desk.page.keyboard.press("Escape")
    await desk.device.wire.cut()
    await expect(desk.page.get_by_text("Ce téléphone a perdu sa liaison.").first).to_be_visible(timeout=15_000)
    sheet = await desk.reports(ANNA)
    await choose(sheet, "fraud")
    await text_field(sheet).fill("Une antisèche")
    send = sheet.get_by_role("button", name="Enregistrer le signalement")
    assert "En attente de la liaison" in await send.evaluate(TIED)
    await desk.device.wire.mend()
    await expect(send).to_have_attribute("aria-disabled", "false", timeout=25_000)
    await send.click()
    await reported(board, room.id(board), "fraud")
    desk.device.forget("ERR_INTERNET_DISCONNECTED")


async def test_the_dialogs_pass_axe_and_fit_a_narrow_phone(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room(PEOPLE)
    board = await room.board()
    await interrupted_once(room, board)
    anna = room.id(board)
    accepted(await board.command("identity.check", anna, state="to_correct"))
    accepted(await board.command("report.add", anna, name="question.other", question=12, text="Rien " * 40))
    await call_of(room, board, 1, kind="question", question=3, text="Rien ne s’affiche")
    desk = await desk_of(hall, room)

    async def look(screen: str) -> None:
        await desk.page.set_viewport_size(NARROW)
        await expect_room(desk.device, screen)
        for size in (WIDE, PHONE):
            await desk.page.set_viewport_size(size)
            await inspector.look(desk.device, f"{screen}, {size['width']}")

    await look_at_the_reports(desk, look)
    await look_at_the_others(desk, look)
    assert inspector.found == []


async def test_the_dialogs_speak_english(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    await call_of(room, board, kind="question", question=3)
    device = await hall.device("invigilator")
    await device.context.add_init_script("localStorage.setItem('vigie.language', 'en')")
    await device.page.goto(f"/invigilate/{room.number}")
    await device.page.get_by_role("button", name=f"Handle: {listed(ANNA)}").first.click()
    dialog = device.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Real problem").click()
    await expect(dialog.get_by_label("Question number (required)")).to_have_value("3")
    await dialog.get_by_role("button", name="Report and close the call").click()
    await expect(dialog.get_by_text("This field is required.")).to_be_visible()
    await expect(dialog).not_to_contain_text(FRENCH_WORDS)
    await dialog.get_by_role("button", name="Change the category").click()
    await dialog.get_by_role("button", name=re.compile("A question of the test")).click()
    await expect(dialog).not_to_contain_text(FRENCH_WORDS)
    await device.page.keyboard.press("Escape")
    for action in ("Report…", "Add time…", "To correct…"):
        await device.page.get_by_role("button", name=f"Options for {listed(ANNA)}").first.click()
        await dialog.get_by_role("button", name=action).click()
        await expect(dialog.get_by_role("heading", level=2)).not_to_have_text(listed(ANNA))
        await expect(dialog).not_to_contain_text(FRENCH_WORDS)
        await device.page.keyboard.press("Escape")


async def look_at_the_reports(desk: Desk, look: Any) -> None:
    sheet = await desk.reports(ANNA)
    await look("reports")
    await sheet.get_by_role("button", name="Retirer : Autre difficulté avec la question").click()
    await look("a report to withdraw")
    await sheet.get_by_role("button", name="Garder").click()
    await sheet.get_by_role("button", name=GROUPS["question"]).click()
    await look("categories of a question")
    await sheet.get_by_role("button", name=re.compile("^E7 ")).click()
    await question_field(sheet).fill("")
    await sheet.get_by_role("button", name="Enregistrer le signalement").click()
    await look("a report with faults")
    await desk.page.keyboard.press("Escape")


async def look_at_the_others(desk: Desk, look: Any) -> None:
    await desk.step("Traiter", BASIL).click()
    await look("a call")
    await desk.dialog(f"Appel de {listed(BASIL)}").get_by_role("button", name="Problème réel").click()
    await look("an accepted call")
    await desk.page.keyboard.press("Escape")
    await identity(desk, CHLOE)
    await look("identity")
    await desk.page.keyboard.press("Escape")
    dialog = await time_of(desk, ANNA)
    await dialog.get_by_label("Retirer").check()
    await dialog.get_by_role("button", name="Retirer", exact=True).click()
    await look("time of one, with faults")
    await desk.page.keyboard.press("Escape")
    await desk.page.get_by_role("button", name=f"Session {desk.room.number}").click()
    await desk.dialog(f"Session {desk.room.number}").get_by_role("button", name="Temps pour tous…").click()
    await look("time of all")
    await desk.page.keyboard.press("Escape")

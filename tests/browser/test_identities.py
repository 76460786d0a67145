"""What is noted of a person: an identity to correct, a late arrival, an end screen seen."""

from __future__ import annotations

import re

from playwright.async_api import expect

from hub.reports import IDENTITY
from tests.browser.dialogs import (
    ANNA,
    PEOPLE,
    TIED,
    choose,
    desk_of,
    identity,
    names,
    reported,
    text_field,
)
from tests.browser.hall import Hall
from tests.browser.screens import listed
from tests.story.rooms import World, accepted, ok


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
    row = await board.row(room.id(board), lambda row: row["reports"][0]["text"] is not None, "its text is written")
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

"""Reports written during the test: added, corrected, withdrawn, and what a colleague does meanwhile."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, expect

from hub.reports import CATEGORIES
from tests.browser.dialogs import (
    ANNA,
    PEOPLE,
    TIED,
    WIDE,
    choose,
    desk_of,
    names,
    question_field,
    reported,
    text_field,
)
from tests.browser.hall import PHONE, Hall
from tests.browser.lines import outcome_unknown
from tests.browser.screens import Desk
from tests.story.client import Dashboard
from tests.story.rooms import Room, World, accepted


async def fraud_seen(hall: Hall, room: Room) -> tuple[Dashboard, Desk, Locator]:
    """Write a report and do not send it yet."""
    board = await room.board()
    desk = await desk_of(hall, room)
    sheet = await desk.reports(ANNA)
    await choose(sheet, "fraud")
    await text_field(sheet).fill("Une antisèche")
    return board, desk, sheet


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
    board, desk, sheet = await fraud_seen(hall, room)
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
    board, desk, sheet = await fraud_seen(hall, room)
    desk.device.wire.edit = outcome_unknown
    send = sheet.get_by_role("button", name="Enregistrer le signalement")
    await send.click()
    await expect(sheet.get_by_role("alert")).to_contain_text("On ne sait pas si c’est fait")
    await reported(board, room.id(board), "fraud")
    desk.device.wire.edit = lambda frame: frame
    await send.click()
    await expect(sheet.get_by_role("heading", name="Nouveau signalement")).to_be_visible()
    accepted(await board.command("presence.absent", room.id(board, 1)))
    assert names(board, room.id(board)) == ["fraud"]


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

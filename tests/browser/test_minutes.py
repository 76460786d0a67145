"""Minutes given back or taken away: proposed from interruptions, to one or to several."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.dialogs import (
    ANNA,
    BASIL,
    CHLOE,
    PEOPLE,
    TIED,
    desk_of,
    interrupted_once,
    time_of,
)
from tests.browser.hall import Hall
from tests.browser.screens import listed
from tests.story.rooms import World, accepted


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
    results = desk.dialog("Résultat")
    await expect(results.get_by_role("listitem")).to_have_count(2)
    await expect(results.get_by_role("status")).to_have_text("2 faits")
    await desk.page.keyboard.press("Escape")
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

"""Many lost at once: one card that says what is true of them, one action, and the minutes it cost them."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Locator, expect

from tests.browser.axe import Inspector
from tests.browser.colleagues import OpenDesk, menu_of, needs, rung
from tests.browser.dialogs import WIDE
from tests.browser.screens import Desk, listed
from tests.browser.test_layout import LISTEN, NARROW, expect_room
from tests.story.client import Candidate, Dashboard
from tests.story.rooms import Person, Room, World, accepted, ok

GROUP = [Person(f"Nom{chr(65 + n)}", f"Prénom{chr(65 + n)}") for n in range(5)]
LOST = 4
NOWHERE = "document.activeElement === document.body"


async def lost(room: Room, board: Dashboard) -> list[Candidate]:
    """Seat everybody, and break the lines of four at the same moment."""
    tabs = [await room.seated(board, place) for place in range(len(GROUP))]
    for tab in tabs[:LOST]:
        tab.abort()
    return tabs[:LOST]


async def interrupted(room: Room, board: Dashboard) -> None:
    for place in range(LOST):
        await board.row(room.id(board, place), lambda row: row["interrupted_at"], "interrupted", within=20)


def card(desk: Desk) -> Locator:
    title = desk.page.get_by_role("heading", name=re.compile(r"^Coupure réseau : "))
    return desk.page.get_by_role("region", name="À traiter").get_by_role("listitem").filter(has=title)


def causes(board: Dashboard) -> set[str]:
    """Name whose loss the hub found each interruption to be."""
    return {one["cause"] for row in board.rows.values() for one in row["time"]["interruptions"]}


async def back_in_the_test(room: Room, tabs: list[Candidate]) -> None:
    for tab in tabs:
        ok(await tab.enter(room.access_code))


async def test_a_rooms_loss_is_one_card_one_announcement_and_one_action_with_a_result_for_each(
    world: World, open_desk: OpenDesk
) -> None:
    room = await world.room(GROUP)
    board = await room.board()
    desk = await open_desk(room)
    await desk.device.measure(LISTEN)
    tabs = await lost(room, board)
    await interrupted(room, board)
    await needs(desk)
    await expect(card(desk)).to_contain_text("Coupure réseau : 4 sur 5 depuis ")
    await expect(card(desk)).to_contain_text("4 encore absents")
    await expect(desk.page.get_by_role("status")).to_contain_text("Coupure réseau : ")
    heard = await desk.device.measure("window.heard")
    assert len([text for text in heard if text.startswith("Coupure réseau")]) == 1, heard
    assert [text for text in heard if "déconnecté" in text or "ligne perdue" in text] == [], heard
    assert await rung(desk.device) >= 1
    assert causes(board) == {"room"}
    waiting = await asyncio.gather(*(room.tab(token=tab.token) for tab in tabs[:2]))
    await waiting[0].enter(room.access_code)
    await expect(card(desk)).to_contain_text("2 attendent à la porte · 2 encore absents")
    await expect(desk.need(GROUP[0])).to_have_count(0)
    inspector = Inspector()
    await inspector.look(desk.device, "a card")
    assert inspector.found == []
    accepted(await board.command("attempt.end", room.id(board, 3)))
    await desk.page.get_by_role("button", name="Autoriser les 4").click()
    results = desk.dialog("Résultat")
    await expect(results.get_by_role("listitem").filter(has_text=listed(GROUP[0]))).to_contain_text("reprise autorisée")
    refused = results.get_by_role("listitem").filter(has_text=listed(GROUP[3]))
    await expect(refused).to_contain_text("en train d’être terminé")
    await inspector.look(desk.device, "results")
    await desk.page.keyboard.press("Escape")
    assert not await desk.device.measure(NOWHERE), "focus is on the page"
    assert inspector.found == []
    await board.row(room.id(board), lambda row: row["authorization"], "authorized")


async def test_the_minutes_of_a_rooms_loss_are_proposed_and_given_with_a_preview_and_a_result_for_each(
    world: World, open_desk: OpenDesk
) -> None:
    room = await world.room(GROUP)
    board = await room.board()
    desk = await open_desk(room)
    tabs = await lost(room, board)
    await interrupted(room, board)
    again = await asyncio.gather(*(room.tab(token=tab.token) for tab in tabs))
    await needs(desk)
    await desk.page.get_by_role("button", name="Autoriser les 4").click()
    await expect(card(desk)).to_have_count(0)
    assert not await desk.device.measure(NOWHERE), "focus is on the page"
    await back_in_the_test(room, list(again))
    await desk.page.get_by_role("button", name="Proposer les minutes perdues (4)").click()
    ledger = desk.dialog("Interruptions")
    person = ledger.get_by_role("listitem").filter(has=desk.page.get_by_role("heading", name=listed(GROUP[0])))
    await expect(person).to_contain_text("le réseau de la salle")
    await expect(person).to_contain_text(re.compile(r"Perdu : \d+ s · ajouté : 0 min"))
    inspector = Inspector()
    await inspector.look(desk.device, "ledger")
    await person.get_by_role("button", name=f"Donner 1 min : {listed(GROUP[0])}").click()
    await board.row(room.id(board), lambda row: row["time"]["minutes_added"] == 1, "one minute")
    await expect(person.get_by_role("button")).to_have_count(0)
    assert not await desk.device.measure(NOWHERE), "focus is in the sheet"
    await ledger.get_by_role("button", name="Donner tout ce qui est proposé (3)").click()
    await ledger.get_by_label(listed(GROUP[1])).uncheck()
    await inspector.look(desk.device, "preview")
    await ledger.get_by_role("button", name="Donner à 2 candidats").click()
    for place in (2, 3):
        line = ledger.get_by_role("listitem").filter(has_text=listed(GROUP[place]))
        await expect(line).to_contain_text("+1 min")
        await board.row(room.id(board, place), lambda row: row["time"]["minutes_added"] == 1, "one minute")
    await inspector.look(desk.device, "given")
    assert inspector.found == []
    assert board.rows[room.id(board, 1)]["time"]["minutes_added"] == 0, "whoever was ticked off gets none"
    await ledger.get_by_role("button", name="Retour").click()
    await desk.page.keyboard.press("Escape")
    await desk.page.get_by_role("button", name="Ne pas compenser").click()
    await expect(desk.page.get_by_text("revenu")).to_have_count(0)
    menu = await menu_of(desk)
    await menu.get_by_role("button", name="Interruptions…").click()
    await expect(ledger.get_by_role("button", name=f"Donner 1 min : {listed(GROUP[1])}")).to_be_visible()


async def test_the_card_and_the_ledger_fit_a_narrow_phone_and_a_wide_screen(world: World, open_desk: OpenDesk) -> None:
    room = await world.room(GROUP)
    board = await room.board()
    phone, wide = await open_desk(room, viewport=NARROW), await open_desk(room, "lucie", viewport=WIDE)
    await lost(room, board)
    await interrupted(room, board)
    await needs(phone)
    await phone.page.get_by_role("button", name="J’y vais").click()
    await expect(card(wide)).to_contain_text("Samuel Brun y va")
    await expect_room(phone.device, "a card")
    await expect_room(wide.device, "a card")
    await (await menu_of(phone)).get_by_role("button", name="Interruptions…").click()
    await expect(phone.dialog("Interruptions")).to_contain_text(listed(GROUP[0]))
    await expect_room(phone.device, "ledger")

"""The dialogs of the room, whatever they ask: loaded when needed, without a line, narrow, in English."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress

from playwright.async_api import Route, expect
from playwright.async_api import TimeoutError as Missed

from tests.browser.axe import Inspector
from tests.browser.dialogs import (
    ANNA,
    BASIL,
    CHLOE,
    GROUPS,
    PEOPLE,
    TIED,
    WIDE,
    call_of,
    choose,
    desk_of,
    identity,
    interrupted_once,
    question_field,
    reported,
    text_field,
    time_of,
)
from tests.browser.hall import PHONE, Hall
from tests.browser.screens import Desk, listed
from tests.browser.test_layout import expect_room
from tests.story.rooms import World, accepted, eventually

NARROW = {"width": 320, "height": 640}
BLOCKED = "net::ERR_FAILED"
DIALOGS = re.compile(r"/static/dialogs\.")
FRENCH_WORDS = re.compile(r"\b(de|du|la|le|une?|pour|signalement|obligatoire|Motif)\b")

Look = Callable[[str], Awaitable[None]]
"""Judges what the page shows now, under this name."""


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
    failure = desk.dialog("Chargement impossible")
    await expect(failure.get_by_role("alert")).to_contain_text("n’a pas pu être chargée")
    before = len(refused)
    await failure.get_by_role("button", name="Réessayer", exact=True).click()
    await eventually(lambda: is_more(refused, before), "what failed is asked for again")
    await expect(failure.get_by_role("alert")).to_contain_text("n’a pas pu être chargée")
    await device.context.unroute(DIALOGS)
    # It may have come by itself meanwhile: what is missing is asked for again every ten seconds.
    with suppress(Missed):
        await failure.get_by_role("button", name="Réessayer", exact=True).click(timeout=2_000)
    await expect(desk.dialog(listed(ANNA))).to_be_visible()
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


async def look_at_the_reports(desk: Desk, look: Look) -> None:
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


async def look_at_the_others(desk: Desk, look: Look) -> None:
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

"""Focus is never lost: not through events, not after a dialog; and everything works without a pointer."""

from __future__ import annotations

from playwright.async_api import Locator, expect

from tests.browser.hall import Hall
from tests.browser.screens import Desk, Seat, listed
from tests.story.client import Dashboard
from tests.story.rooms import Person, World, accepted

MANY = [Person(f"Nom{chr(65 + n)}", f"Prénom{chr(65 + n)}") for n in range(20)]
ROUNDS = 5
"""Rounds of twenty confirmations and twenty cancellations: 200 events."""
OUTLINE = "getComputedStyle(document.activeElement).outlineStyle"


async def storm(board: Dashboard, desk: Desk) -> None:
    """Let 200 events come over the page and wait until it shows the last one."""
    before = sum(len(frame["events"]) for frame in board.frames if frame["type"] == "events")
    for _ in range(ROUNDS):
        accepted(await board.command("presence.confirm", "all"))
        accepted(await board.command("presence.cancel", "all"))
    accepted(await board.command("presence.absent", [min(board.rows)]))
    await board.until(lambda: board.rows[min(board.rows)]["presence"]["state"] == "absent", "the last event")
    heard = sum(len(frame["events"]) for frame in board.frames if frame["type"] == "events") - before
    assert heard >= 200, heard
    await expect(desk.page.get_by_text("Absent", exact=True)).to_have_count(1)
    accepted(await board.command("presence.cancel", [min(board.rows)]))


async def focus(button: Locator) -> None:
    """Move focus to a button and remember which element it is."""
    await button.focus()
    await button.page.keyboard.press("Shift")
    await expect(button).to_be_focused()


async def test_focus_stays_on_a_rows_buttons_through_200_events(hall: Hall, world: World) -> None:
    room = await world.room(MANY)
    board = await room.board()
    desk = await Desk(await hall.device("invigilator"), room).open()
    person = MANY[10]
    for button in (desk.step("Présent", person), desk.options(person)):
        await focus(button)
        await desk.device.measure("void (window.held = document.activeElement)")
        await storm(board, desk)
        await expect(button).to_be_focused()
        assert await desk.device.measure("window.held === document.activeElement"), "the very same element"


async def test_focus_goes_into_a_dialog_stays_there_and_comes_back(hall: Hall, world: World) -> None:
    room = await world.room(MANY[:3])
    board = await room.board()
    desk = await Desk(await hall.device("invigilator"), room).open()
    person = MANY[1]
    await room.seated(board, 1)
    await expect(desk.row(person)).to_contain_text("En cours")
    opener = desk.options(person)
    await focus(opener)
    await desk.page.keyboard.press("Enter")
    sheet = desk.dialog(listed(person))
    await expect(sheet).to_be_visible()
    await expect_trapped(desk, sheet)
    accepted(await board.command("presence.absent", room.id(board, 0)))
    await expect(desk.page.get_by_text("Absent", exact=True).first).to_be_attached()
    await desk.page.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    await expect(opener).to_be_focused()
    question = await desk.ask_end(person)
    await expect(question.get_by_role("button", name="Ne pas terminer")).to_be_focused()
    await expect_trapped(desk, question)
    assert await desk.device.measure(OUTLINE) == "solid", "focus is seen"
    await desk.page.keyboard.press("Escape")
    await expect(opener).to_be_focused()
    await expect(desk.row(person)).not_to_contain_text("Fin dans")


async def expect_trapped(desk: Desk, dialog: Locator) -> None:
    """Tab through the dialog and past its end, both ways: nothing behind it ever has the focus."""
    stops = await dialog.get_by_role("button").count() + await dialog.get_by_role("textbox").count() + 2
    for key in ("Tab", "Shift+Tab"):
        for _ in range(stops):
            await desk.page.keyboard.press(key)
            where = await desk.device.measure(
                "document.activeElement === document.body || !!document.activeElement.closest('dialog[open]')"
            )
            assert where, "focus left the dialog"


async def test_a_person_is_confirmed_with_the_keyboard_alone(hall: Hall, world: World) -> None:
    room = await world.room(MANY[:3])
    desk = await Desk(await hall.device("invigilator"), room).open()
    target = desk.step("Présent", MANY[0])
    await desk.page.keyboard.press("Tab")
    await expect(desk.page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    await desk.page.keyboard.press("Enter")
    for _ in range(8):
        await desk.page.keyboard.press("Tab")
        assert await desk.device.measure(OUTLINE) == "solid", "focus is seen"
        if await target.evaluate("one => one === document.activeElement"):
            break
    await expect(target).to_be_focused()
    await desk.page.keyboard.press("Enter")
    await expect(desk.step("Annuler", MANY[0])).to_be_focused()
    await expect(desk.row(MANY[0])).to_contain_text("Présent")
    await desk.page.keyboard.press("Tab")
    await expect(desk.options(MANY[0])).to_be_focused()


async def test_focus_goes_on_when_the_button_it_was_on_has_done_its_work(hall: Hall, world: World) -> None:
    room = await world.room(MANY[:2])
    board = await room.board()
    tab = await room.seated(board)
    desk = await Desk(await hall.device("invigilator"), room).open()
    await tab.ask("finish")
    seen = desk.step("Écran vu", MANY[0])
    await expect(seen).to_be_visible()
    await focus(seen)
    await expect(desk.row(MANY[0])).to_contain_text("Écran à voir")
    accepted(await board.command("end_screen.see", room.id(board)))
    await expect(desk.row(MANY[0]).get_by_text("Écran vu")).to_be_visible()
    await expect(desk.options(MANY[0])).to_be_focused()


async def test_a_candidates_dialogs_give_focus_back(hall: Hall, world: World) -> None:
    room = await world.room(MANY[:1])
    seat = await Seat(await hall.device(), room, MANY[0]).join()
    call = seat.page.get_by_role("button", name="Appeler le surveillant")
    await focus(call)
    await seat.page.keyboard.press("Enter")
    dialog = seat.page.get_by_role("dialog", name="Appeler le surveillant")
    await expect(dialog).to_be_visible()
    await seat.page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(call).to_be_focused()

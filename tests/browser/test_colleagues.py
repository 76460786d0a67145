"""Several invigilators: who goes to whom is seen by everybody, and what nobody goes to calls further and further."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from playwright.async_api import expect

from tests.browser.colleagues import LUCIE, SAMUEL, OpenDesk, count_calls, go, menu_of, needs, rung
from tests.browser.dialogs import ANNA, BASIL, CHLOE, PEOPLE, WIDE
from tests.browser.feeds import MadeRoom, every_pair
from tests.browser.hall import Hall
from tests.browser.screens import listed, press_until
from tests.story.client import Dashboard
from tests.story.rooms import Room, World, accepted, eventually, ok


async def asks_to_start(room: Room, board: Dashboard, place: int) -> int:
    """Let a candidate who was not counted type the access code."""
    tab = await room.tab(place)
    await tab.enter(room.access_code)
    await board.row(room.id(board, place), lambda row: row["entry_refused"], "asking")
    return room.id(board, place)


async def test_who_goes_there_is_seen_by_colleagues_and_the_card_sinks_with_the_focus_on_it(
    world: World, open_desk: OpenDesk
) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    await asks_to_start(room, board, 0)
    await asks_to_start(room, board, 1)
    mine, hers = await open_desk(room), await open_desk(room, "lucie", viewport=WIDE)
    # Safari takes an element out to move it, and focus with it.
    await mine.device.measure("delete Element.prototype.moveBefore")
    await needs(mine)
    cards = mine.page.get_by_role("region", name="À traiter").get_by_role("heading", level=3)
    await expect(cards).to_have_text([listed(ANNA), listed(BASIL)])
    button = go(mine, ANNA)
    await button.focus()
    await mine.device.measure("void (window.held = document.activeElement)")
    await mine.page.keyboard.press("Enter")
    await expect(cards).to_have_text([listed(BASIL), listed(ANNA)])
    await expect(mine.need(ANNA)).to_contain_text("Vous y allez")
    await expect(go(mine, ANNA, "Je n’y vais plus")).to_be_focused()
    assert await mine.device.measure("window.held === document.activeElement"), "the very same element"
    await expect(hers.need(ANNA)).to_contain_text(f"{SAMUEL} y va")
    await expect(hers.row(ANNA)).to_contain_text(f"{SAMUEL} y va")
    await expect(hers.need(BASIL)).not_to_contain_text(SAMUEL)
    menu = await menu_of(hers)
    line = menu.get_by_role("listitem").filter(has_text=SAMUEL).first
    await expect(line).to_contain_text("surveillant")
    await expect(line).to_contain_text(f"va voir {listed(ANNA)}")
    await hers.page.keyboard.press("Escape")
    await go(hers, ANNA).click()
    await expect(mine.need(ANNA)).to_contain_text(f"{LUCIE} y va")
    await press_until(go(hers, ANNA, "Je n’y vais plus"), go(hers, ANNA))
    await expect(mine.need(ANNA)).not_to_contain_text(LUCIE)
    await expect(cards).to_have_text([listed(ANNA), listed(BASIL)])
    await go(mine, BASIL).focus()
    await press_until(go(hers, ANNA), go(hers, ANNA, "Je n’y vais plus"))
    await expect(cards).to_have_text([listed(BASIL), listed(ANNA)])
    await expect(go(mine, BASIL)).to_be_focused()


async def test_a_claim_is_taken_back_when_nothing_is_left_to_go_to(world: World, open_desk: OpenDesk) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    anna = await asks_to_start(room, board, 0)
    mine = await open_desk(room)
    await needs(mine)
    await go(mine, ANNA).click()
    await expect(mine.need(ANNA)).to_contain_text("Vous y allez")
    await board.until(lambda: claimed(board) == [anna], "the claim")
    accepted(await board.command("presence.confirm", anna))
    await expect(mine.need(ANNA)).to_have_count(0)
    await board.until(lambda: claimed(board) == [], "the claim taken back")


def claimed(board: Dashboard) -> list[int]:
    """List whom somebody goes to, as a colleague last heard it."""
    told = [frame for frame in board.frames if frame["type"] == "colleagues"]
    return [one["candidate"] for one in told[-1]["claims"]]


async def test_a_call_is_taken_with_one_tap_and_nobody_else_is_offered_it(world: World, open_desk: OpenDesk) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    tab = await room.seated(board)
    ok(await tab.ask("help", kind="other", text="La souris ne bouge plus"))
    mine, hers = await open_desk(room), await open_desk(room, "lucie", viewport=WIDE)
    await needs(mine)
    await go(mine, ANNA).focus()
    await mine.page.keyboard.press("Enter")
    await expect(mine.need(ANNA)).to_contain_text("Vous y allez")
    await expect(mine.need(ANNA).get_by_role("button", name=f"Options de {listed(ANNA)}")).to_be_focused()
    await expect(hers.need(ANNA)).to_contain_text(f"{SAMUEL} y va")
    await expect(go(hers, ANNA)).to_have_count(0)
    await expect(hers.row(ANNA)).to_contain_text(f"Appel pris par {SAMUEL}")


async def test_what_nobody_goes_to_calls_the_free_then_everybody_and_says_so(world: World, open_desk: OpenDesk) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    tab = await room.seated(board)
    ok(await tab.ask("help", kind="other"))
    mine, hers = await open_desk(room), await open_desk(room, "lucie", viewport=WIDE)
    await needs(mine)
    await go(mine, ANNA).click()
    await expect(hers.need(ANNA)).to_contain_text(f"{SAMUEL} y va")
    start = await rung(mine.device), await rung(hers.device)

    async def calls() -> tuple[int, int]:
        return await rung(mine.device) - start[0], await rung(hers.device) - start[1]

    await asks_to_start(room, board, 1)
    news = f"{listed(BASIL)} demande à entrer"
    await expect(hers.page.get_by_role("status")).to_contain_text(news)
    await expect(mine.need(BASIL)).to_be_visible()
    assert await calls() == (0, 1), "who goes somewhere is left in peace"
    await expect(mine.page.get_by_role("status")).not_to_contain_text(news)
    await expect(hers.need(BASIL)).to_contain_text("Personne n’y va depuis")
    await expect(mine.page.get_by_role("status")).to_contain_text(news)
    await expect(mine.need(BASIL)).to_contain_text("Personne n’y va depuis")
    await eventually(lambda: reached(calls, (1, 3)), "everybody once, who was free called again before")
    await expect(mine.need(BASIL)).to_contain_text("l’administrateur est prévenu")
    assert await calls() == (1, 3), "the admin's stage calls nobody here"
    await go(hers, BASIL).click()
    await expect(mine.need(BASIL)).to_contain_text(f"{LUCIE} y va")
    await expect(mine.need(BASIL)).not_to_contain_text("Personne")


async def reached(calls: Callable[[], Awaitable[tuple[int, int]]], expected: tuple[int, int]) -> bool:
    return await calls() == expected


async def test_a_burst_of_needs_is_one_vibration(world: World, open_desk: OpenDesk) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    mine = await open_desk(room)
    await asyncio.gather(*(asks_to_start(room, board, place) for place in range(3)))
    await expect(mine.page.get_by_role("status")).to_contain_text("3 candidats demandent à entrer")
    assert await rung(mine.device) == 1
    await expect(mine.row(CHLOE)).to_contain_text("Demande à entrer")


async def test_old_data_call_nobody(hall: Hall) -> None:
    snapshot = every_pair()["snapshot"]
    calling = next(
        row for row in snapshot["candidates"] if (row["last_name"], row["first_name"]) == ("help", "running")
    )
    # The call is 95 s old, so that it calls again 10 s after the last news, and everybody 2 s later.
    seconds = {"again": 105, "others": 107, "admin": 900}
    device = await hall.device("invigilator")
    await count_calls(device)
    thresholds = {f"call_{who}_after_seconds": value for who, value in seconds.items()}
    room = await MadeRoom.on(device.page, {**snapshot, "candidates": [calling]}, thresholds=thresholds)
    await device.page.goto(f"/invigilate/{snapshot['session']['number']}")
    await device.page.get_by_role("button", name="À traiter").click()
    await expect(device.page.get_by_role("status")).to_contain_text("HELP running appelle")
    before = await rung(device)
    room.is_silent = True
    await expect(device.page.get_by_role("banner").get_by_role("img", name="Hors ligne")).to_be_visible(timeout=12_000)
    await expect(device.page.get_by_text("Personne n’y va depuis")).to_be_visible(timeout=12_000)
    assert await rung(device) == before, "what was true some time ago calls nobody"

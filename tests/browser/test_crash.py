"""Somebody comes back after a crash: the card, the way in without a refresh, the computer that was left, messages."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from tests.browser.axe import Inspector
from tests.browser.hall import Device, Hall
from tests.browser.screens import Seat
from tests.story.client import Candidate, Dashboard
from tests.story.rooms import Person, Room, World, accepted, refused

ANNA = Person("Abadie", "Anna", "2008-01-01")
BASIL = Person("Bey", "Basil", "2008-01-02")
CARLA = Person("Costa", "Carla", "2008-01-03")

LISTEN = """
window.spoken = [];
new MutationObserver((changes) => {
  const regions = new Set(changes.map((one) => (one.target.closest ? one.target : one.target.parentElement)
    .closest("main [role=status]")).filter(Boolean));
  for (const one of regions) window.spoken.push(one.textContent);
}).observe(document.body, { subtree: true, childList: true, characterData: true });
null
"""
"""Notes what a screen reader would be given: each change inside a live region of the content, as often as it comes."""


async def seated(seat: Seat, board: Dashboard, answers: int) -> None:
    """Bring a candidate into the test and let them answer."""
    await seat.join()
    accepted(await board.command("presence.confirm", seat.room.id(board)))
    await seat.type_code(seat.room.access_code)
    for question in range(1, answers + 1):
        await seat.answer(question)
    await board.row(seat.room.id(board), lambda row: row["progress"]["answered"] == answers, "answers")


async def crash(seat: Seat, board: Dashboard) -> None:
    """Pull the cable until the hub has interrupted the test, and put it back."""
    known = board.rows[seat.room.id(board)]["entry_no"]
    await seat.device.wire.cut()
    await board.row(seat.room.id(board), lambda row: row["interrupted_at"] and row["entry_no"] == known, "interrupted")
    await seat.device.wire.mend()
    await seat.expect_title("En attente du surveillant")


async def asking(room: Room, place: int) -> Candidate:
    """Let somebody stand at the door who types the right code and is not confirmed."""
    tab = await room.tab(place)
    refused(await tab.enter(room.access_code), "presence_not_confirmed")
    return tab


def status(page: Page, text: str) -> Locator:
    return page.get_by_role("main").get_by_role("status").filter(has_text=text)


async def focus(target: Locator) -> None:
    await target.evaluate("one => one.focus()")


async def test_after_a_crash_the_card_says_all_and_the_test_opens_by_itself(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room([ANNA, BASIL, CARLA])
    board = await room.board()
    await asking(room, 1)
    seat = Seat(await hall.device(), room, ANNA)
    await seated(seat, board, answers=3)
    await crash(seat, board)
    await expect(seat.page.get_by_role("heading", level=1)).to_be_focused()
    for text in ("Ce qui est enregistré : 3 questions sur 32", "Interrompu à ", "le test s’ouvre ici de lui-même"):
        await expect(seat.page.get_by_role("main").get_by_text(text)).to_be_visible()
    await expect(status(seat.page, "Votre place dans la file : 2")).to_be_visible()
    await expect(status(seat.page, "Code d’accès déjà vérifié")).to_be_visible()
    await expect(seat.page.get_by_label("Code d’accès")).to_have_count(0)
    await inspector.look(seat.device, "interrupted, in the queue")
    await seat.page.reload()
    await expect(status(seat.page, "Votre place dans la file : 2")).to_be_visible()
    seat.device.navigations.clear()
    accepted(await board.command("resume.authorize", room.id(board)))
    await expect(seat.question(4)).to_be_visible()
    await expect(seat.page.get_by_role("heading", name="Test en cours")).to_be_focused()
    assert seat.device.navigations == []
    assert inspector.found == []


async def test_the_card_follows_the_queue_and_disturbs_nobody(hall: Hall, world: World) -> None:
    room = await world.room([ANNA, BASIL, CARLA])
    board = await room.board()
    await asking(room, 1)
    await asking(room, 2)
    seat = Seat(await hall.device(), room, ANNA)
    await seated(seat, board, answers=1)
    await crash(seat, board)
    await expect(status(seat.page, "Votre place dans la file : 3")).to_be_visible()
    call = seat.page.get_by_role("button", name="Appeler le surveillant")
    await focus(call)
    await seat.device.measure(LISTEN)
    accepted(await board.command("presence.confirm", room.id(board, 1)))
    await expect(status(seat.page, "Votre place dans la file : 2")).to_be_visible()
    accepted(await board.command("time.add", room.id(board), minutes=5, reason="panne"))
    accepted(await board.command("message.send", room.id(board), text="Restez assise."))
    await expect(seat.page.get_by_text("Restez assise.")).to_be_visible()
    accepted(await board.command("presence.confirm", room.id(board, 2)))
    await expect(status(seat.page, "Vous êtes le prochain")).to_be_visible()
    second = "Votre place dans la file\N{NO-BREAK SPACE}: 2"
    assert await seat.device.measure("window.spoken") == [second, "Vous êtes le prochain"]
    await expect(call).to_be_focused()
    accepted(await board.command("resume.authorize", room.id(board)))
    await expect(seat.question(2)).to_be_visible()
    await crash(seat, board)
    await expect(status(seat.page, "Vous êtes le prochain")).to_be_visible()


async def test_at_another_computer_the_code_is_typed_once_and_the_old_one_is_told(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room([ANNA])
    board = await room.board()
    old, new = Seat(await hall.device(), room, ANNA), Seat(await hall.device(), room, ANNA)
    await seated(old, board, answers=1)
    await ask_at_another_computer(new, inspector)
    await expect(old.question(2)).to_be_visible()
    new.device.navigations.clear()
    accepted(await board.command("resume.authorize", room.id(board)))
    await expect(new.question(2)).to_be_visible()
    assert new.device.navigations == []
    await old.expect_title("Votre test continue sur un autre poste")
    await expect(
        old.page.get_by_role("alert").filter(has_text="autorisé la reprise sur un autre poste")
    ).to_be_visible()
    await inspector.look(old.device, "moved to another computer")
    await ask_back_without_taking_anything(old, new, board)
    assert inspector.found == []


async def ask_at_another_computer(new: Seat, inspector: Inspector) -> None:
    await new.identify()
    await new.expect_title("Votre test est ouvert sur un autre poste")
    await expect(new.page.get_by_text("Ce qui est enregistré : 1 question sur 32")).to_be_visible()
    await inspector.look(new.device, "open elsewhere")
    await new.type_code("AAAA22", "Reprendre mon test")
    await expect(new.page.get_by_role("alert").filter(has_text="n’est pas le bon")).to_be_visible()
    await new.type_code(new.room.access_code, "Reprendre mon test")
    await expect(status(new.page, "Code correct. Votre surveillant doit autoriser la reprise")).to_be_visible()
    await expect(new.page.get_by_role("alert").filter(has_text="surveillant")).to_have_count(0)
    await expect(new.page.get_by_label("Code d’accès")).to_have_count(0)
    await expect(new.page.get_by_role("heading", level=1)).to_be_focused()
    await expect(status(new.page, "Vous êtes le prochain")).to_be_visible()
    await inspector.look(new.device, "asking at another computer")


async def ask_back_without_taking_anything(old: Seat, new: Seat, board: Dashboard) -> None:
    """An authorization that was meant for one computer is not picked up by a page that was left behind."""
    await old.page.get_by_role("button", name="Demander à revenir sur ce poste").click()
    await old.expect_title("Votre test est ouvert sur un autre poste")
    accepted(await board.command("resume.authorize", old.room.id(board)))
    await expect(old.page.get_by_text("Le surveillant a autorisé la reprise : écrivez le code d’accès")).to_be_visible()
    await old.page.reload()
    await expect(old.page.get_by_text("Le surveillant a autorisé la reprise : écrivez le code d’accès")).to_be_visible()
    await new.answer(2)
    await old.type_code(old.room.access_code, "Reprendre mon test")
    await expect(old.question(3)).to_be_visible()
    await new.expect_title("Votre test continue sur un autre poste")


async def test_an_interrupted_candidate_goes_on_at_another_computer(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room([ANNA])
    board = await room.board()
    old = Seat(await hall.device(), room, ANNA)
    await seated(old, board, answers=2)
    await hall.close(old.device)
    await board.row(room.id(board), lambda row: row["interrupted_at"], "interrupted")
    new = Seat(await hall.device(), room, ANNA)
    await new.identify()
    await new.expect_title("En attente du surveillant")
    await expect(new.page.get_by_text("Écrivez une fois le code d’accès")).to_be_visible()
    await inspector.look(new.device, "interrupted, at another computer")
    await new.type_code(room.access_code, "Reprendre mon test")
    await expect(status(new.page, "Code correct. Votre surveillant doit autoriser la reprise")).to_be_visible()
    accepted(await board.command("resume.authorize", room.id(board)))
    await expect(new.question(3)).to_be_visible()
    assert inspector.found == []


async def test_a_doubled_tab_is_told_so_and_takes_nothing_back(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room([ANNA])
    board = await room.board()
    seat = Seat(await hall.device(), room, ANNA)
    await seated(seat, board, answers=1)
    newer = await doubled(seat.device)
    await expect(newer.get_by_role("heading", name="Question 2 sur ")).to_be_visible()
    await seat.expect_title("Cette page est ouverte dans un autre onglet")
    await expect(seat.page.get_by_role("main").get_by_role("button")).to_have_count(0)
    await inspector.look(seat.device, "doubled tab")
    await newer.close()
    await seat.page.reload()
    await expect(seat.question(2)).to_be_visible()
    assert inspector.found == []


async def doubled(device: Device) -> Page:
    """Double the tab as the browser's menu does: what the tab stored comes along."""
    async with device.context.expect_page() as opened:
        await device.measure("window.open(location.href); null")
    return await opened.value


async def test_every_message_stands_on_the_screen_until_it_is_closed(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room([ANNA])
    board = await room.board()
    seat = Seat(await hall.device(), room, ANNA)
    await seated(seat, board, answers=1)
    texts = ["Il reste 15 minutes.", "Fermez la fenêtre, s’il vous plaît.", "Il reste 5 minutes."]
    for text in texts:
        accepted(await board.command("message.send", room.id(board), text=text))
    cards = seat.page.get_by_role("alert").filter(has_text="Message du surveillant").locator(".message")
    await expect(cards).to_have_count(3)
    for number, text in enumerate(texts):
        await expect(cards.nth(number)).to_contain_text(text)
        await expect(cards.nth(number)).to_be_in_viewport(ratio=1)
    await inspector.look(seat.device, "three messages")
    await close_from_the_middle(seat.page, cards)
    assert inspector.found == []


async def close_from_the_middle(page: Page, cards: Locator) -> None:
    """Close with the keyboard: focus goes to the neighbour, and to the content after the last one."""
    await focus(cards.nth(1).get_by_role("button"))
    await page.keyboard.press("Enter")
    await expect(cards).to_have_count(2)
    await expect(cards.nth(1)).to_contain_text("Il reste 5 minutes.")
    for left in (1, 0):
        await expect(cards.nth(left).get_by_role("button")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(cards).to_have_count(left)
    await expect(page.get_by_role("main")).to_be_focused()

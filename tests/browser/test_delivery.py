"""A command tells the truth: done, on the candidate's screen, on its way, without an answer, done by another."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.axe import Inspector
from tests.browser.dialogs import ANNA, BASIL, CHLOE, PEOPLE, desk_of
from tests.browser.hall import Hall
from tests.browser.screens import Seat, listed
from tests.story.rooms import World, accepted, ok

SEEN = "Vu à l’écran"
WAITING = "En attente du poste"
AWAY = "Poste non connecté\u00a0: verra en revenant"
NEVER = "Pas connecté"
UNANSWERED = "Envoyé, sans réponse"
NEWS_OF_PRESENCE = re.compile(r'"presence":\{"state":"confirmed"')
SILENCE_MS = 25_000
"""A page notices a dead line, and is back on a new one, within this time."""
RESENT_MS = 45_000
"""A command without an answer is given up 30 s after it was sent."""


async def test_a_decision_is_followed_to_the_candidates_screen_and_the_mark_goes(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    desk, other = await desk_of(hall, room), await desk_of(hall, room)
    await Seat(await hall.device(), room, ANNA).join()
    await expect(desk.row(ANNA)).to_contain_text("Connecté")
    await desk.step("Présent", BASIL).click()
    await desk.present(ANNA)
    await expect(desk.row(ANNA)).to_contain_text(SEEN)
    await expect(other.row(ANNA)).to_contain_text("Présent")
    await expect(other.row(ANNA)).not_to_contain_text(SEEN)
    await expect(desk.row(ANNA)).not_to_contain_text(SEEN)
    await expect(other.row(BASIL)).to_contain_text(NEVER)
    await expect(desk.row(ANNA).get_by_text(WAITING)).to_have_count(0)


async def test_what_no_candidates_screen_shows_ends_when_it_is_done(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    tab = await room.seated(board)
    desk = await desk_of(hall, room)
    tab.silence()
    for command, fields in (("identity.check", {"state": "checked"}), ("attempt.end", {}), ("attempt.end.cancel", {})):
        accepted(await board.command(command, room.id(board), **fields))
    accepted(await board.command("presence.confirm", room.id(board, 1)))
    # The quiet mark of somebody else comes as late as any would.
    await expect(desk.row(BASIL)).to_contain_text(NEVER)
    await expect(desk.row(ANNA)).not_to_contain_text(re.compile(f"{WAITING}|{AWAY}|{SEEN}"))


async def test_a_frozen_screen_is_waited_for_on_every_dashboard_until_it_comes_back(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room(PEOPLE)
    board = await room.board()
    desk, other = await desk_of(hall, room), await desk_of(hall, room, viewport={"width": 1280, "height": 800})
    anna = await Seat(await hall.device(), room, ANNA).join()
    await expect(desk.row(ANNA)).to_contain_text("Connecté")
    anna.device.wire.silence()
    await desk.present(ANNA)
    await expect(desk.row(ANNA)).to_contain_text(WAITING)
    await expect(other.row(ANNA)).to_contain_text(WAITING)
    await inspector.look(desk.device, "waiting for a screen")
    await other.page.reload()
    await expect(other.row(ANNA)).to_contain_text(re.compile(f"{WAITING}|{AWAY}"))
    # The hub gives the dead line up: then nobody is connected, and the words say so.
    await expect(desk.row(ANNA)).to_contain_text(AWAY, timeout=SILENCE_MS)
    await expect(other.row(ANNA)).to_contain_text(AWAY)
    await inspector.look(other.device, "nobody connected")
    anna.device.wire.speak()
    for board_page in (desk, other):
        await expect(board_page.row(ANNA)).to_contain_text(SEEN, timeout=SILENCE_MS)
        await expect(board_page.row(ANNA)).not_to_contain_text(re.compile(f"{WAITING}|{AWAY}"))
    await expect(anna.page.get_by_text("Présence confirmée par le surveillant")).to_be_visible()
    await board.row(room.id(board), lambda row: row["told_version"] >= row["version"] > 0, "told")
    assert inspector.found == []


async def test_a_message_is_followed_to_the_screen_too(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    desk = await desk_of(hall, room)
    anna = await Seat(await hall.device(), room, ANNA).join()
    await desk.options(ANNA).click()
    await desk.dialog(listed(ANNA)).get_by_role("button", name="Envoyer un message…").click()
    message = desk.dialog("Message")
    await message.get_by_role("button", name="Il reste 15 minutes.").click()
    await message.get_by_role("button", name="Envoyer", exact=True).click()
    await expect(message).to_be_hidden()
    await expect(desk.row(ANNA)).to_contain_text(SEEN)
    await expect(anna.page.get_by_role("alert").filter(has_text="Il reste 15 minutes.")).to_be_visible()


async def test_people_confirmed_before_they_sit_down_call_for_nobody(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    desk = await desk_of(hall, room)
    accepted(await board.command("presence.confirm", "all"))
    for person in PEOPLE:
        await expect(desk.row(person)).to_contain_text(NEVER)
    await expect(desk.filter("À traiter")).to_have_text("À traiter 0")
    accepted(await board.command("presence.absent", room.id(board, 2)))
    await expect(desk.row(CHLOE)).not_to_contain_text(NEVER)
    await Seat(await hall.device(), room, ANNA).join()
    await expect(desk.row(ANNA)).to_contain_text("Connecté")
    await expect(desk.row(ANNA)).not_to_contain_text(NEVER)


async def test_a_colleague_who_was_faster_is_named_with_the_time(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    admin = await room.board(token=world.staff.admin)
    ok(await admin.ask("room.take_over"))
    desk = await desk_of(hall, room)
    # The news of the colleague is late on this page: it still offers what was done already.
    desk.device.wire.edit = lambda frame: NEWS_OF_PRESENCE.sub('"presence":{"state":"expected"', frame)
    accepted(await admin.command("presence.confirm", room.id(admin)))
    await desk.step("Présent", ANNA).click()
    told = desk.page.get_by_role("status").filter(has_text="déjà fait")
    await expect(told).to_have_text(re.compile(r"Présent\s: déjà fait par Ariane Castel à \d\d:\d\d"))
    await desk.options(BASIL).click()
    sheet = desk.dialog(listed(BASIL))
    await expect(sheet.get_by_role("button", name="Présent", exact=True)).to_be_visible()
    accepted(await admin.command("presence.confirm", room.id(admin, 1)))
    await sheet.get_by_role("button", name="Présent", exact=True).click()
    await expect(sheet.get_by_role("status")).to_have_text(re.compile(r"déjà fait par Ariane Castel à \d\d:\d\d"))


async def test_a_start_that_was_given_already_says_by_whom(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    admin = await room.board(token=world.staff.admin)
    ok(await admin.ask("room.take_over"))
    desk = await desk_of(hall, room)
    await desk.page.get_by_role("button", name="Démarrer", exact=True).click()
    ok(await admin.ask("session.start"))
    await desk.page.get_by_role("button", name="Démarrer maintenant").click()
    told = desk.page.get_by_role("status").filter(has_text="déjà fait")
    await expect(told).to_contain_text(re.compile(r"Démarrer la session\s: déjà fait par Ariane Castel à \d\d:\d\d"))


async def test_a_refusal_is_told_in_the_sheet_that_asked_for_it(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room(PEOPLE)
    board = await room.board()
    tab = await room.seated(board)
    desk = await desk_of(hall, room)
    await desk.options(ANNA).click()
    sheet = desk.dialog(listed(ANNA))
    await expect(sheet.get_by_role("button", name="Autoriser la reprise")).to_be_visible()
    desk.device.wire.edit = lambda frame: frame.replace('"attempt":"finished"', '"attempt":"running"')
    ok(await tab.ask("finish"))
    await sheet.get_by_role("button", name="Autoriser la reprise").click()
    await expect(sheet.get_by_role("alert")).to_have_text("Le test est déjà terminé.")
    await inspector.look(desk.device, "refused in the sheet")
    assert inspector.found == []


async def test_a_command_whose_line_breaks_says_so_and_is_done_once_when_it_is_back(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    board = await room.board()
    desk = await desk_of(hall, room)
    desk.device.wire.silence()
    await desk.step("Présent", ANNA).click()
    await expect(desk.row(ANNA)).to_contain_text(UNANSWERED)
    await expect(desk.step("en cours…", ANNA)).to_be_visible()
    desk.device.wire.speak()
    await expect(desk.step("Annuler", ANNA)).to_be_visible(timeout=SILENCE_MS)
    await board.row(room.id(board), lambda row: row["presence"]["state"] == "confirmed", "confirmed")
    confirmed = [event for event in board.events if event["type"] == "presence.confirmed"]
    assert len(confirmed) == 1


async def test_a_command_without_an_answer_ends_as_unknown_never_as_done(hall: Hall, world: World) -> None:
    room = await world.room(PEOPLE)
    desk = await desk_of(hall, room)
    desk.device.wire.silence()
    await desk.step("Présent", ANNA).click()
    told = desk.page.get_by_role("status").filter(has_text="on ne sait pas si c’est fait")
    await expect(told).to_contain_text(f"Présent, {listed(ANNA)}", timeout=RESENT_MS)
    await expect(desk.row(ANNA)).not_to_contain_text(UNANSWERED)
    desk.device.wire.speak()
    await expect(desk.chip("En direct")).to_be_visible(timeout=SILENCE_MS)
    await expect(desk.step("Présent", ANNA)).to_be_visible()

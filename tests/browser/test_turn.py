"""Whose turn to enter comes in a moment sees for how long, has nothing to do, and loses nothing they typed."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.axe import Inspector
from tests.browser.hall import Device, Hall
from tests.browser.screens import Desk, Seat
from tests.story.rooms import CLASS, World

COMPUTER = {"width": 1280, "height": 800}
NOTHING_TO_DO = "Beaucoup de candidats entrent en même temps. Vous n’avez rien à faire : le test s’ouvre de lui-même."
BUSY = '{"type":"bye","code":4100,"reason":"overloaded","reconnect":true,"after_ms":100}'
GREETING = re.compile(r'"type":"(?:welcome|state)"')
WAIT = re.compile(r'"enter_after_ms":\d+')


def make_wait(device: Device, ms: int) -> None:
    """Let the hub ask to wait, as it does when hundreds are authorized in the same second."""
    device.wire.edit = lambda frame: WAIT.sub(f'"enter_after_ms":{ms}', frame) if '"type":"state"' in frame else frame


def countdown(seat: Seat) -> Locator:
    return seat.page.get_by_role("timer")


async def seconds_left(seat: Seat) -> int:
    found = re.fullmatch(r"(?:Vous entrez dans|You enter in) (\d+) s…", await countdown(seat).inner_text())
    assert found is not None
    return int(found[1])


async def authorized(hall: Hall, world: World, ms: int, **options: object) -> tuple[Desk, Seat]:
    """Bring somebody into the waiting room who may enter in a moment, and has not typed the code."""
    room = await world.room()
    desk = await Desk(await hall.device("invigilator"), room).open()
    seat = Seat(await hall.device(**options), room, CLASS[0])
    make_wait(seat.device, ms)
    await seat.join()
    await desk.present(CLASS[0])
    await expect(seat.page.get_by_text("Présence confirmée par le surveillant")).to_be_visible()
    return desk, seat


@pytest.mark.parametrize("viewport", [{"width": 390, "height": 844}, COMPUTER], ids=["phone", "computer"])
async def test_who_typed_the_code_waits_with_a_countdown_and_enters(
    hall: Hall, world: World, viewport: dict[str, int]
) -> None:
    desk, seat = await authorized(hall, world, 6000, viewport=viewport)
    field = seat.page.get_by_label("Code d’accès")
    await field.fill(desk.room.access_code)
    await field.press("Enter")
    await expect(seat.page.get_by_role("status").filter(has_text=NOTHING_TO_DO)).to_be_visible()
    await expect(countdown(seat)).to_be_visible()
    begun = await seconds_left(seat)
    assert 1 <= begun <= 6
    await expect(field).to_be_focused()
    await expect(field).to_have_value(desk.room.access_code)
    await hall.picture(f"turn-{viewport['width']}")
    await expect(countdown(seat)).not_to_have_text(f"Vous entrez dans {begun} s…")
    assert await seconds_left(seat) < begun
    await expect(seat.question(1)).to_be_visible()
    await expect(countdown(seat)).to_have_count(0)


async def test_who_is_authorized_later_enters_by_themselves_when_their_turn_comes(hall: Hall, world: World) -> None:
    room = await world.room()
    desk = await Desk(await hall.device("invigilator"), room).open()
    seat = Seat(await hall.device(), room, CLASS[0])
    make_wait(seat.device, 3000)
    await seat.join()
    await seat.type_code(room.access_code)
    await expect(seat.page.get_by_text("Code correct.")).to_be_visible()
    await expect(countdown(seat)).to_have_count(0)
    await desk.present(CLASS[0])
    await expect(countdown(seat)).to_be_visible()
    await expect(seat.page.get_by_role("button", name="Commencer mon test")).to_have_count(0)
    await seat.expect_title("Vous êtes dans la salle d’attente")
    await expect(seat.question(1)).to_be_visible()


async def test_a_line_that_breaks_while_one_waits_begins_no_wait_anew(hall: Hall, world: World) -> None:
    desk, seat = await authorized(hall, world, 8000)
    await seat.type_code(desk.room.access_code)
    await expect(countdown(seat)).to_be_visible()
    await expect(countdown(seat)).to_have_text("Vous entrez dans 5 s…")
    await seat.device.wire.close_all()
    await expect(seat.page.get_by_text("Connecté", exact=True)).to_be_visible()
    assert await seconds_left(seat) <= 5
    await expect(seat.question(1)).to_be_visible()


async def test_no_hub_makes_anybody_wait_longer_than_a_minute(hall: Hall, world: World) -> None:
    desk, seat = await authorized(hall, world, 3_600_000)
    await seat.type_code(desk.room.access_code)
    await expect(countdown(seat)).to_be_visible()
    assert await seconds_left(seat) <= 60


async def test_the_wait_reads_in_english_and_passes_axe(hall: Hall, world: World) -> None:
    inspector = Inspector()
    desk, seat = await authorized(hall, world, 29_000)
    await seat.type_code(desk.room.access_code)
    await expect(countdown(seat)).to_be_visible()
    await inspector.look(seat.device, "waiting for one's turn")
    assert inspector.found == []
    english = Seat(await hall.device(), desk.room, CLASS[1])
    make_wait(english.device, 29_000)
    await english.page.goto(f"/candidate?session={desk.room.number}")
    await english.page.get_by_role("button", name="English").click()
    await english.page.get_by_label("Birth name").fill(CLASS[1].last_name)
    await english.page.get_by_label("First name").fill(CLASS[1].first_name)
    year, month, day = CLASS[1].birthdate.split("-")
    await english.page.get_by_label("Birthdate").fill(f"{day}/{month}/{year}")
    await english.page.get_by_role("button", name="Join").click()
    await desk.present(CLASS[1])
    await english.page.get_by_label("Access code").fill(desk.room.access_code)
    await english.page.get_by_role("button", name="Start my test").click()
    await expect(english.page.get_by_role("timer")).to_have_text(re.compile(r"^You enter in \d+ s…$"))


async def test_who_is_asked_to_come_back_reads_that_and_is_let_in_without_pressing_anything(
    hall: Hall, world: World
) -> None:
    room = await world.room()
    seat = Seat(await hall.device(), room, CLASS[0])
    seat.device.wire.edit = lambda frame: BUSY if GREETING.search(frame) else frame
    await seat.identify()
    await expect(seat.page.get_by_text("Connexion à la session…")).to_be_visible()
    await seat.device.wire.dismiss(4100)
    await expect(seat.page.get_by_text("cette page réessaie d’elle-même")).to_be_visible()
    await expect(seat.page.get_by_text("En attente, nouvel essai…")).to_be_visible()
    await hall.picture("asked-to-wait")
    seat.device.wire.edit = lambda frame: frame
    await seat.device.wire.close_all()
    await seat.expect_title("Vous êtes dans la salle d’attente")
    await expect(seat.page.get_by_text("Connecté", exact=True)).to_be_visible()

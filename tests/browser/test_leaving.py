"""Who leaves a room takes its names from the phone: nothing that names a candidate stays in the browser."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.closing import ended_room
from tests.browser.hall import Device, Hall
from tests.browser.phone import OFFLINE, keeping_desk, kept, names_stored, stored
from tests.browser.screens import Desk
from tests.story.rooms import CLASS, Person, Room, World, eventually

AGED = """
  const room = JSON.parse(localStorage.getItem('{key}'));
  localStorage.setItem('{key}', JSON.stringify({{ ...room, writtenAt: Date.now() - {ms} }}));
"""
DAY_MS = 24 * 3_600_000


async def nothing_is_left(device: Device, room: Room) -> None:
    """Wait until no name is kept anywhere; no database may exist, so that looking into none is looking everywhere."""

    async def is_gone() -> bool:
        return await names_stored(device, room.people) == []

    await eventually(is_gone, "no name is kept", within=10)
    assert (await stored(device))["databases"] == []


async def signed_in(hall: Hall, room: Room) -> Desk:
    """Open a room as somebody who has signed in, and whose page keeps it."""
    desk = Desk(await hall.device(), room)
    await desk.sign_in(**hall.hub.demo["invigilator"])
    await expect(desk.page.get_by_role("heading", name="Surveiller une session")).to_be_visible()
    await desk.open()
    await kept(desk)
    return desk


async def open_menu_and_quit(desk: Desk) -> None:
    await desk.page.get_by_role("button", name=f"Session {desk.room.number}").click()
    await desk.dialog(f"Session {desk.room.number}").get_by_role("link", name="Quitter la session").click()
    await expect(desk.page.get_by_role("heading", name="Surveiller une session")).to_be_visible()


async def test_quitting_by_the_menu_forgets_the_room(hall: Hall, world: World) -> None:
    room = await world.room()
    desk = await keeping_desk(hall, room)
    await open_menu_and_quit(desk)
    await nothing_is_left(desk.device, room)
    await desk.device.wire.cut()
    await desk.page.goto(f"/invigilate/{room.number}")
    await expect(desk.page.get_by_text("Le serveur ne répond pas. Nouvel essai automatique…")).to_be_visible()
    await expect(desk.row(CLASS[0])).to_have_count(0)
    desk.device.forget(OFFLINE)


async def test_quitting_one_room_keeps_the_other(hall: Hall, world: World) -> None:
    room = await world.room([Person("Quatremer", "Un")])
    other = await world.room([Person("Gardanne", "Deux")])
    desk = await keeping_desk(hall, room)
    desk.room = other
    await desk.open()
    await kept(desk)
    desk.room = room
    await desk.open()
    await open_menu_and_quit(desk)
    await nothing_is_left(desk.device, room)
    assert await names_stored(desk.device, other.people) == ["Gardanne"]


async def test_signing_out_forgets_rooms_that_no_page_shows(hall: Hall, world: World) -> None:
    desk = await signed_in(hall, await world.room())
    device = desk.device
    await device.page.goto("/")
    await expect(device.page.get_by_role("button", name="Se déconnecter")).to_be_visible()
    assert await names_stored(device, desk.room.people) != [], "another page alone is nobody who left"
    await device.page.get_by_role("button", name="Se déconnecter").click()
    await expect(device.page.get_by_role("button", name="Se connecter")).to_be_visible()
    await nothing_is_left(device, desk.room)


async def test_signing_out_on_another_page_takes_the_room_off_the_screen_too(hall: Hall, world: World) -> None:
    desk = await signed_in(hall, await world.room())
    device = desk.device
    other = await device.context.new_page()
    await other.goto("/")
    await other.get_by_role("button", name="Se déconnecter").click()
    await expect(other.get_by_role("button", name="Se connecter")).to_be_visible()
    await expect(desk.page.get_by_role("alert")).to_contain_text("Votre connexion a expiré.")
    await expect(desk.row(CLASS[0])).to_have_count(0)
    await nothing_is_left(device, desk.room)


@pytest.mark.parametrize(("code", "stays"), [(4001, False), (4003, False), (4004, False), (4011, True), (4010, True)])
async def test_a_line_closed_for_good_forgets_the_room(hall: Hall, world: World, code: int, stays: bool) -> None:
    room = await world.room()
    desk = await keeping_desk(hall, room)
    await desk.device.wire.dismiss(code)
    await expect(desk.page.get_by_role("alert")).to_be_visible()
    await expect(desk.row(CLASS[0])).to_have_count(1 if stays else 0)
    if code == 4010:
        assert await names_stored(desk.device, room.people) != [], "the same tab elsewhere is nobody who left"
    else:
        await nothing_is_left(desk.device, room)


async def test_a_room_shown_without_network_is_gone_when_the_right_to_it_is(hall: Hall, world: World) -> None:
    room = await world.room()
    desk = await keeping_desk(hall, room)
    await desk.device.wire.cut()
    await desk.page.reload()
    await expect(desk.row(CLASS[0])).to_be_visible()
    await desk.device.context.clear_cookies()
    await desk.device.wire.mend()
    await expect(desk.page.get_by_role("alert")).to_contain_text("Votre connexion a expiré.", timeout=25_000)
    await expect(desk.row(CLASS[0])).to_have_count(0)
    await expect(desk.page.get_by_text("Liaison rétablie")).to_have_count(0)
    await nothing_is_left(desk.device, room)
    desk.device.forget(OFFLINE)


async def test_a_finalized_session_is_forgotten(hall: Hall, world: World) -> None:
    ended = await ended_room(world)
    desk = await keeping_desk(hall, ended.room)
    await ended.finalized()
    await nothing_is_left(desk.device, ended.room)


@pytest.mark.parametrize("past_ms", [DAY_MS, -60_000], ids=["a day", "written in the future"])
async def test_a_room_kept_for_a_day_is_forgotten_by_the_next_page(hall: Hall, world: World, past_ms: int) -> None:
    room = await world.room()
    desk = await keeping_desk(hall, room)
    await desk.device.wire.cut()
    key = f"vigie.room.{room.number}"
    await desk.device.measure(AGED.format(key=key, ms=DAY_MS - 60_000))
    await desk.page.reload()
    await expect(desk.row(CLASS[0])).to_be_visible()
    await desk.device.measure(AGED.format(key=key, ms=past_ms))
    await desk.page.reload()
    await expect(desk.page.get_by_text("Le serveur ne répond pas. Nouvel essai automatique…")).to_be_visible()
    await nothing_is_left(desk.device, room)
    await expect(desk.row(CLASS[0])).to_have_count(0)
    desk.device.forget(OFFLINE)


async def test_the_first_page_forgets_rooms_kept_for_a_day(hall: Hall, world: World) -> None:
    room = await world.room()
    desk = await keeping_desk(hall, room)
    await desk.device.wire.cut()
    await desk.device.measure(AGED.format(key=f"vigie.room.{room.number}", ms=DAY_MS))
    desk.device.wire.silence()
    await desk.device.context.set_offline(False)
    await desk.page.goto("/")
    await expect(desk.page.get_by_role("heading", name="Surveiller une session")).to_be_visible()
    await nothing_is_left(desk.device, room)
    desk.device.forget(OFFLINE)

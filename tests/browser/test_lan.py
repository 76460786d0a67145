"""A phone on the LAN: plain http on a name that is no localhost, so no secure context, and everything still works."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.chromium import LAN_NAME
from tests.browser.hall import Hall
from tests.browser.screens import Desk, Seat
from tests.story.rooms import Person, World

DENIS = Person("Girard", "Denis")


async def test_a_room_runs_where_the_browser_grants_no_secure_context(hall: Hall, world: World) -> None:
    room = await world.room([DENIS], invigilated=False)
    desk = Desk(await hall.device(host=LAN_NAME), room)
    await desk.sign_in(**hall.hub.demo["invigilator"])
    await desk.enter_session(room.number, room.password)
    await expect(desk.page).to_have_url(re.compile(rf"^http://{LAN_NAME}:\d+/invigilate/{room.number}$"))
    await expect(desk.chip("En direct")).to_be_visible()
    assert not await desk.device.measure("isSecureContext")
    missing = "[crypto.randomUUID, navigator.wakeLock, navigator.serviceWorker, window.caches].map((one) => typeof one)"
    assert set(await desk.device.measure(missing)) == {"undefined"}
    seat = await Seat(await hall.device(host=LAN_NAME), room, DENIS).join()
    await desk.present(DENIS)
    await seat.type_code(room.access_code)
    await seat.answer(1)
    await expect(desk.row(DENIS)).to_contain_text("1/32")
    await seat.call("Depuis le réseau de la salle")
    await expect(desk.row(DENIS)).to_contain_text("Appelle")
    await seat.finish()
    await expect(desk.row(DENIS)).to_contain_text("Écran à voir")
    await desk.page.get_by_role("button", name=f"Session {room.number}").click()
    hint = desk.dialog(f"Session {room.number}").get_by_text("Sans HTTPS")
    for extra in ("installer Vigie", "garder la liste hors ligne", "laisser l’écran allumé"):
        await expect(hint).to_contain_text(extra)
    await desk.page.reload()
    await expect(desk.row(DENIS)).to_be_visible()
    kept = await desk.device.measure("Object.keys(localStorage)")
    assert kept == ["vigie.signed_in"], "without a worker nothing could show a room that was kept"


async def test_where_the_context_is_secure_nothing_is_said_about_https(hall: Hall, world: World) -> None:
    room = await world.room([DENIS])
    desk = await Desk(await hall.device("invigilator"), room).open()
    assert await desk.device.measure("isSecureContext")
    await desk.page.get_by_role("button", name=f"Session {room.number}").click()
    menu = desk.dialog(f"Session {room.number}")
    await expect(menu).to_be_visible()
    await expect(menu).not_to_contain_text("HTTPS")

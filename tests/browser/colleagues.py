"""Two invigilators in one room, each with a page of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from playwright.async_api import Locator, expect

from tests.browser.hall import Device, Hall
from tests.browser.screens import Desk, listed
from tests.story.rooms import Person, Room

SAMUEL, LUCIE = "Samuel Brun", "Lucie Morel"
OpenDesk = Callable[..., Awaitable[Desk]]


async def desk_of(hall: Hall, room: Room, who: str, **options: object) -> Desk:
    """Open the room as one of them; whoever is called feels it."""
    device = await hall.device(who, **options)
    await count_calls(device)
    desk = await Desk(device, room).open()
    # A browser vibrates for nobody who has not touched the page.
    await desk.chip("En direct").click()
    return desk


async def count_calls(device: Device) -> None:
    """Let a device count what it cannot show."""
    await device.context.add_init_script(
        "navigator.vibrate = () => { window.rung = (window.rung ?? 0) + 1; return true; };"
    )


async def rung(device: Device) -> int:
    """Say how often this phone has called."""
    return int(await device.measure("window.rung ?? 0"))


async def needs(desk: Desk) -> None:
    """Show what needs a person."""
    await desk.filter("À traiter").click()


def go(desk: Desk, person: Person, text: str = "J’y vais") -> Locator:
    return desk.need(person).get_by_role("button", name=f"{text} : {listed(person)}", exact=True)


async def menu_of(desk: Desk) -> Locator:
    """Open what stands behind the room's title."""
    title = f"Session {desk.room.number}"
    await desk.page.get_by_role("button", name=title).click()
    await expect(desk.dialog(title)).to_be_visible()
    return desk.dialog(title)

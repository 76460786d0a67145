"""A center of its own with rooms of today, and its wall in the words that stand there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.async_api import Browser, Locator, StorageState, expect

from tests.browser.accounts import Login, new_email, signed_in
from tests.browser.hall import Device
from tests.browser.office import WIDE
from tests.story.api import Api
from tests.story.hub import Hub
from tests.story.rooms import Person, Room, Staff, World

ADMIN = "Inès Wall"
PASSWORD = "une phrase de passe"
CALLED_MS = 25_000
OBSERVED = """
window.changes = 0;
new MutationObserver((seen) => (window.changes += seen.length))
  .observe(document.getElementById("room-{number}").closest("li"), {{ subtree: true, childList: true, characterData: true, attributes: true }});
"""  # noqa: E501


@dataclass
class Center:
    """One center, its admin, and what happens in its rooms."""

    world: World
    state: StorageState
    admin: str
    names: Mapping[str, int]

    async def empty_room(self, center: str) -> int:
        """Make a room of today in one of the centers, with nobody in it, and return its number."""
        form = {"site": center, "room": "Salle vide", "date": today(), "start_time": "09:00"}
        made = await self.world.api.call("POST", "/sessions", self.admin, json={**form, "center": self.names[center]})
        number: int = made["number"]
        return number

    async def room(self, people: int | Sequence[Person] = 2, *, invigilated: bool = True, **changed: str) -> Room:
        """Make a room of today: a wall shows no other."""
        room = await self.world.room(people, invigilated)
        changes = {"date": today(), "site": f"Site {room.number}", "room": f"Salle {room.number}", **changed}
        await self.world.api.call("PATCH", f"/sessions/{room.number}", self.admin, json=changes)
        return room


def today() -> str:
    return datetime.now(ZoneInfo("Europe/Paris")).date().isoformat()


async def new_center(browser: Browser, hub: Hub, api: Api, founder: str, invigilator: str, centers: int = 1) -> Center:
    """Found a center (or several) with one admin, as an operator does: the rooms of other tests are on other walls."""
    login = Login(new_email(), PASSWORD)
    names: dict[str, int] = {}
    for number in range(centers):
        name = f"Centre {number} de {login.email}"
        names[name] = (await api.call("POST", "/centers", founder, json={"name": name}))["id"]
    invitation = {"email": login.email, "role": "center_admin", "centers": list(names.values())}
    link = await api.call("POST", "/invitations", founder, json=invitation)
    accepted = {"secret": link["url"].partition("#")[2], "new_password": PASSWORD, "name": ADMIN}
    await api.call("POST", "/invitations/accept", json=accepted)
    token = await api.login(login.email, login.password)
    return Center(World(hub, api, Staff(token, invigilator)), await signed_in(browser, hub, login), token, names)


class Wall:
    """The wall on one screen."""

    def __init__(self, device: Device) -> None:
        self.device, self.page = device, device.page

    async def open(self, query: str = "") -> Wall:
        await self.page.goto(f"/wall{query}")
        await expect(self.chip("En direct")).to_be_visible()
        return self

    def chip(self, text: str) -> Locator:
        """How fresh the wall is; a room beside it has a chip of its own."""
        return self.page.locator(".office-head").get_by_role("img", name=text, exact=True)

    @property
    def strip(self) -> Locator:
        return self.page.get_by_role("region", name="À voir maintenant")

    @property
    def rooms(self) -> Locator:
        return self.page.get_by_role("region", name="Salles", exact=True)

    def card(self, room: Room) -> Locator:
        return self.rooms.get_by_role("listitem").filter(has=self.page.locator(f"#room-{room.number}"))

    def row(self, room: Room) -> Locator:
        return self.rooms.get_by_role("row").filter(has=self.page.locator(f"#room-{room.number}"))

    def link(self, room: Room) -> Locator:
        return self.rooms.get_by_role("link", name=f"Salle {room.number}", exact=True)

    def alarm(self, room: Room) -> Locator:
        return self.strip.get_by_role("link", name=re.compile(f"^Salle {room.number}, "))

    async def called(self, room: Room) -> None:
        """Wait until a need that nobody goes to stands in the strip: the admin is called after 9 s."""
        await expect(self.alarm(room)).to_contain_text("personne n’y va", timeout=CALLED_MS)

    def panel(self, room: Room) -> Locator:
        return self.page.get_by_role("region", name=re.compile(f"^Salle {room.number}, "))

    def heading(self, room: Room) -> Locator:
        return self.page.get_by_role("heading", name=re.compile(f"^Salle {room.number}, "))

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def dialog(self, title: str) -> Locator:
        return self.page.get_by_role("dialog", name=title)

    async def shown(self) -> list[str]:
        """Which rooms are shown, in their order."""
        return await self.rooms.locator("a.opens-room").all_inner_texts()

    async def open_room(self, room: Room) -> Locator:
        """Open a room beside the wall and wait for its rows."""
        await self.link(room).click()
        panel = self.panel(room)
        await expect(panel.get_by_role("img", name="En direct", exact=True)).to_be_visible()
        return panel


WALL = {"viewport": WIDE}

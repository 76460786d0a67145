"""After the test: accounts that the demo has none of, a room played to its end, and the pages that close it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.async_api import FilePayload, Locator, expect

from tests.browser.hall import Device
from tests.browser.screens import listed
from tests.story.client import Candidate, Frame
from tests.story.rooms import Person, Room, World, accepted, ok

DESKTOP = {"width": 1280, "height": 800}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc33"
    "0000000049454e44ae426082"
)
"""One pixel."""
CLASSMATES = (
    Person("Bernier", "Faye"), Person("Clounet", "Georges"), Person("Cotillon", "Marion"), Person("Zidane", "Inès"),
)  # fmt: skip
"""The first two finish, the third stays in the test, the last never comes."""


@dataclass
class Ended:
    """A room whose tests are over, but for one."""

    room: Room
    ids: Sequence[int]
    running: Candidate

    @property
    def path(self) -> str:
        return f"/sessions/{self.room.number}"

    @property
    def admin(self) -> str:
        return self.room.world.staff.admin

    async def draft(self, version: int, **said: object) -> Frame:
        """Save a draft as another device of the demo's admin does."""
        api = self.room.world.api
        return await api.call("PUT", f"{self.path}/finalization", self.admin, json={"version": version, **said})

    async def finalized(self, **said: object) -> None:
        """Finalize without a browser; who stayed in the test had a technical problem."""
        kept = await self.draft(0, abort_reasons={str(self.ids[2]): "technical"}, **said)
        body = {"version": kept["draft"]["version"]}
        await self.room.world.api.call("POST", f"{self.path}/finalization/confirm", self.admin, json=body)


async def ended_room(world: World, *, with_trouble: bool = False) -> Ended:
    """Play a room up to the moment at which it is finalized; with trouble, the third is interrupted and compensated."""
    room = await world.room(CLASSMATES)
    board = await room.board()
    ids = [room.id(board, place) for place in range(len(CLASSMATES))]
    for place in (0, 1):
        tab = await room.seated(board, place)
        await tab.progress(3)
        ok(await tab.ask("finish"))
    running = await room.seated(board, 2)
    await running.progress(2)
    accepted(await board.command("end_screen.see", [ids[0]]))
    await board.row(ids[2], lambda row: row["progress"] is not None, "progress")
    if with_trouble:
        running.abort()
        await board.row(ids[2], lambda row: row["interrupted_at"] is not None, "the interruption")
        reason = "Ordinateur redémarré"
        accepted(await board.command("time.add", [ids[2]], minutes=5, reason=reason))
    return Ended(room, ids, running)


class Closing:
    """The page of finalization, in the words that stand there."""

    def __init__(self, device: Device, room: Room) -> None:
        self.device, self.page, self.room = device, device.page, room

    async def open(self) -> Closing:
        await self.page.goto(f"/sessions/{self.room.number}/finalize")
        await expect(self.page.get_by_role("heading", name="Étape 1")).to_be_visible()
        return self

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def reason(self, person: Person) -> Locator:
        return self.page.get_by_label(f"Motif d’abandon : {listed(person)}")

    def seen(self, person: Person) -> Locator:
        return self.page.get_by_role("checkbox", name=f"Écran de fin vu : {listed(person)}")

    def line(self, person: Person) -> Locator:
        name = self.page.get_by_role("heading", name=listed(person), exact=True)
        return self.page.get_by_role("listitem").filter(has=name)

    @property
    def summary(self) -> Locator:
        return self.page.get_by_role("region", name="Avant de finaliser")

    @property
    def comment(self) -> Locator:
        return self.page.get_by_label("Décrivez ces incidents")

    async def incident(self, text: str) -> None:
        await self.page.get_by_label("Un ou plusieurs incidents").check()
        await self.comment.fill(text)

    async def saved(self) -> None:
        await expect(self.page.get_by_text(re.compile(r"^Enregistré à \d\d:\d\d$"))).to_be_visible()

    async def check(self) -> None:
        await self.button("Vérifier et finaliser").click()

    def dialog(self, title: str) -> Locator:
        return self.page.get_by_role("dialog", name=title)

    async def attach(self, name: str, body: bytes, media_type: str = "image/png") -> None:
        file = FilePayload(name=name, mimeType=media_type, buffer=body)
        await self.page.get_by_label("Choisir des fichiers").set_input_files([file])


class Bench:
    """The pages of the jury, in the words that stand there."""

    def __init__(self, device: Device) -> None:
        self.device, self.page = device, device.page

    async def queue(self) -> Bench:
        await self.page.goto("/jury")
        await expect(self.page.get_by_role("heading", level=1, name="Sessions à examiner")).to_be_visible()
        await expect(self.page.get_by_role("heading", level=2)).to_contain_text("trouvée")
        return self

    async def case(self, number: int) -> Bench:
        await self.page.goto(f"/jury/{number}")
        await expect(self.page.get_by_role("heading", level=2, name="Chronologie")).to_be_visible()
        return self

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def dialog(self, title: str) -> Locator:
        return self.page.get_by_role("dialog", name=title)

    def session(self, number: int) -> Locator:
        link = self.page.get_by_role("link", name=f"Session {number}", exact=True)
        return self.page.get_by_role("listitem").filter(has=link)

    def line(self, person: Person) -> Locator:
        name = self.page.get_by_role("heading", name=listed(person), exact=True)
        return self.page.get_by_role("region", name="Candidats").get_by_role("listitem").filter(has=name)

    @property
    def events(self) -> Locator:
        return self.page.get_by_role("region", name="Chronologie").get_by_role("listitem")

    async def decide(self, person: Person, choice: str, reason: str = "", button: str = "Décider") -> Locator:
        """Fill in a decision and send it; gives the dialog, which is closed when all went well."""
        await self.button(f"{button} : {listed(person)}").click()
        dialog = self.dialog(f"Décision pour {listed(person)}")
        await dialog.get_by_label(choice).check()
        if reason:
            await dialog.get_by_role("textbox").fill(reason)
        await dialog.get_by_role("button", name="Enregistrer la décision").click()
        return dialog

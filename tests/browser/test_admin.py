"""A center admin reads every room, and acts only after taking over, seen by all."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.hall import Hall
from tests.browser.screens import Desk
from tests.story.rooms import CLASS, World

READ_ONLY = re.compile(r"^Lecture seule\s: prenez la main pour agir$")


async def test_an_admin_reads_and_acts_only_after_taking_over(hall: Hall, world: World) -> None:
    room = await world.room()
    colleague = await Desk(await hall.device("invigilator"), room).open()
    desk = Desk(await hall.device("admin"), room)
    await desk.page.goto("/")
    await desk.page.get_by_role("link", name=f"Session {room.number}").click()
    await desk.page.get_by_role("link", name="Surveiller la salle").click()
    await expect(desk.chip("En direct")).to_be_visible()
    await expect(desk.page.get_by_role("banner").get_by_text("Lecture seule")).to_be_visible()
    present = desk.step("Présent", CLASS[0])
    await expect(present).to_have_attribute("title", READ_ONLY)
    await present.click(force=True)
    await expect(desk.row(CLASS[0])).to_contain_text("Attendu")
    await desk.page.get_by_role("button", name="Prendre la main 15 min").click()
    question = desk.dialog("Prendre la main sur cette salle ?")
    await expect(question.get_by_role("button", name="Annuler")).to_be_focused()
    await question.get_by_role("button", name="Prendre la main 15 min").click()
    await expect(desk.page.get_by_role("banner").get_by_text("Lecture seule")).to_have_count(0)
    await expect(colleague.page.get_by_role("status")).to_contain_text("Ariane Castel a pris la main sur la salle")
    await desk.present(CLASS[0])
    await expect(colleague.row(CLASS[0])).to_contain_text("Présent")
    await desk.page.get_by_role("button", name=f"Session {room.number}").click()
    await expect(desk.dialog(f"Session {room.number}")).to_contain_text("Vous avez la main jusqu’à")

"""The dialogs of a room in the hands of its tests: whom they are about, how they are opened, what they hold."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Locator

from hub.reports import CATEGORIES
from tests.browser.hall import Hall
from tests.browser.screens import Desk, listed
from tests.story.client import Dashboard
from tests.story.rooms import Person, Room, accepted, ok

ANNA = Person("Delmas", "Anna")
BASIL = Person("Estève", "Basil")
CHLOE = Person("Faure", "Chloé", extra="33%")
PEOPLE = (ANNA, BASIL, CHLOE)
WIDE = {"width": 1280, "height": 800}
GROUPS = {
    "question": "Une question du test",
    "candidate_information": "Informations du candidat",
    "late_or_leaving": "Retard, sortie ou émargement",
    "non_blocking": "Incident qui n’a rien bloqué",
}
"""The groups that unfold; the others are one category each."""
TIED = """
one => one.getAttribute("aria-describedby").split(" ").map((id) => document.getElementById(id)?.textContent).join(" ")
"""


async def desk_of(hall: Hall, room: Room, **options: Any) -> Desk:
    return await Desk(await hall.device("invigilator", **options), room).open()


async def choose(sheet: Locator, name: str) -> None:
    """Unfold the group of a category and choose it, by the code where the paper form has one."""
    group = GROUPS.get(name.partition(".")[0])
    if group is not None:
        button = sheet.get_by_role("button", name=group)
        if await button.get_attribute("aria-expanded") == "false":
            await button.click()
    code = CATEGORIES[name].code
    label = re.compile(rf"^{code} ") if code else "Arrivée après le début"
    await sheet.get_by_role("button", name=label).click()


def question_field(dialog: Locator) -> Locator:
    return dialog.get_by_label("Numéro de la question (obligatoire)")


def text_field(dialog: Locator) -> Locator:
    return dialog.get_by_role("textbox", name=re.compile("^(Précisions|Ce qu’il faut corriger)"))


def names(board: Dashboard, candidate: int) -> list[str]:
    return [report["name"] for report in board.rows[candidate]["reports"]]


async def reported(board: Dashboard, candidate: int, *expected: str) -> None:
    await board.row(candidate, lambda row: [one["name"] for one in row["reports"]] == list(expected), f"{expected}")


async def call_of(room: Room, board: Dashboard, place: int = 0, **fields: Any) -> int:
    """Seat a candidate who calls, and return the candidate's id."""
    tab = await room.seated(board, place)
    ok(await tab.ask("help", **fields))
    return room.id(board, place)


async def identity(desk: Desk, person: Person) -> Locator:
    """Open what is to correct about somebody's identity."""
    await desk.options(person).click()
    await desk.dialog(listed(person)).get_by_role("button", name="À corriger…").click()
    return desk.dialog(f"Identité de {listed(person)}")


async def time_of(desk: Desk, person: Person) -> Locator:
    await desk.options(person).click()
    await desk.dialog(listed(person)).get_by_role("button", name="Ajouter du temps…").click()
    return desk.dialog("Ajouter du temps")


async def interrupted_once(room: Room, board: Dashboard) -> None:
    """Let the first candidate lose the line, be interrupted, and come back authorized."""
    anna = room.id(board)
    tab = await room.seated(board)
    await tab.progress(3)
    tab.abort()
    await board.row(anna, lambda row: row["interrupted_at"], "interrupted", within=20)
    back = await room.tab(token=tab.token)
    accepted(await board.command("resume.authorize", anna))
    ok(await back.enter(room.access_code))
    await board.row(anna, lambda row: row["interrupted_at"] is None, "back")

"""A room under way on a real phone's page: what every test of the screens begins with, and the words they look for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, Locator, expect

from tests.faults.ground import patient
from tests.faults.proxy import ChaosProxy
from tests.faults.rig import Rig, RigRoom
from tests.faults.screen import Screen
from tests.faults.sitter import Sitter
from tests.faults.told import LIVE, untrue_rows
from tests.faults.witness import Witness, witnessed
from tests.story.api import Api
from tests.story.client import new_key

NO_LIVE = "le suivi en direct est interrompu, les décisions passent."
NO_DECISIONS = "le suivi continue, aucune décision ne peut être enregistrée."
NEITHER = "Serveur en panne : ni suivi, ni décision. Les candidats continuent"
NO_LINE = "Ce téléphone a perdu sa liaison."
WAITS_FOR_LINE = "En attente de la liaison"
WAITS_FOR_HUB = "Le serveur ne peut rien enregistrer pour l’instant"
UNANSWERED = "Envoyé, sans réponse"
NOT_OPENED = "Le serveur ne peut pas ouvrir la salle pour l’instant."
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Stage:
    """One room under way: its page on a phone, who sits there, and whoever reads the truth."""

    rig: Rig
    door: ChaosProxy
    screen: Screen
    witness: Witness

    @property
    def room(self) -> RigRoom:
        return self.screen.room

    def step(self, place: int) -> Locator:
        """Find the button of one row, whatever it says."""
        return self.screen.desk.row(self.room.people[place]).locator("button.step")

    async def tap(self, place: int) -> None:
        """Tap the row's button. One that waits is no button to the tool, but a finger does not know that."""
        await self.step(place).click(force=True)


@asynccontextmanager
async def staged(browser: Browser, rig: Rig, door: ChaosProxy, people: int = 4) -> AsyncIterator[Stage]:
    """Open a room on a phone; the first of its people is in the test, at the other hub."""
    room = await rig.room(people)
    async with (
        Screen.open(browser, rig, room) as screen,
        Sitter(rig, room, 0, rig.hubs[1], pace=0.7),
        witnessed(rig, room, ()) as witness,
    ):
        await screen.page.goto(f"/invigilate/{room.number}")
        await expect(screen.desk.chip(LIVE)).to_be_visible()
        await confirmed(rig, room, 0)
        await expect(screen.desk.row(room.people[0])).to_contain_text("En cours")
        yield Stage(rig, door, screen, witness)


async def confirmed(rig: Rig, room: RigRoom, place: int) -> None:
    """Confirm somebody's presence where no fault is in the way."""
    body = {"type": "presence.confirm", "ref": 1, "key": new_key(), "candidates": [room.ids[place]]}
    async with Api(rig.hubs[1].own_url) as api:
        await api.call("POST", f"/sessions/{room.number}/commands", rig.staff.invigilators[1].token, json=body)


async def healed(screen: Screen, within: float) -> float:
    """Wait until everything the page shows is exact and it says so; return how long that took."""
    begun = time.monotonic()
    while wrong := await untrue_rows(screen):
        assert time.monotonic() - begun < patient(within), f"not exact within {within} s:\n" + "\n".join(wrong)
        await asyncio.sleep(POLL_SECONDS)
    return time.monotonic() - begun

"""What a person does on the two screens, in the words that stand there."""

from __future__ import annotations

import re

from playwright.async_api import Locator, expect

from tests.browser.hall import Device
from tests.story.rooms import Person, Room

PRESSES = 6
PRESS_MS = 1_500


def listed(person: Person) -> str:
    """Write a name as the invigilator's lists do."""
    return f"{person.last_name.upper()} {person.first_name}"


async def press_until(button: Locator, shown: Locator) -> None:
    """Press until something shows: a button that has just changed its meaning ignores the tap meant for the old one."""
    for left in reversed(range(PRESSES)):
        await button.click()
        try:
            await expect(shown).to_be_visible(timeout=PRESS_MS)
        except AssertionError:
            if left == 0:
                raise
        else:
            return


class Desk:
    """The invigilator's phone."""

    def __init__(self, device: Device, room: Room) -> None:
        self.device, self.page, self.room = device, device.page, room

    async def open(self) -> Desk:
        await self.page.goto(f"/invigilate/{self.room.number}")
        await expect(self.chip("En direct")).to_be_visible()
        return self

    async def sign_in(self, email: str, password: str) -> None:
        await self.page.goto("/")
        await self.page.get_by_label("Adresse e-mail").fill(email)
        await self.page.get_by_label("Mot de passe").fill(password)
        await self.page.get_by_role("button", name="Se connecter").click()

    async def enter_session(self, number: int, password: str) -> None:
        await self.page.get_by_label("Numéro de session").fill(str(number))
        await self.page.get_by_label("Mot de passe de session").fill(password)
        await self.page.get_by_role("button", name="Surveiller", exact=True).click()

    def chip(self, text: str) -> Locator:
        """The chip that says how fresh the data is."""
        return self.page.get_by_role("banner").get_by_role("img", name=text, exact=True)

    def filter(self, text: str) -> Locator:
        group = self.page.get_by_role("group", name="Filtrer les candidats")
        return group.get_by_role("button", name=re.compile(rf"^{text} \d+$"))

    def row(self, person: Person) -> Locator:
        name = self.page.get_by_role("heading", name=listed(person), exact=True)
        return self.page.get_by_role("region", name="Candidats").get_by_role("listitem").filter(has=name)

    def need(self, person: Person) -> Locator:
        name = self.page.get_by_role("heading", name=listed(person), exact=True)
        return self.page.get_by_role("region", name="À traiter").get_by_role("listitem").filter(has=name)

    def step(self, text: str, person: Person) -> Locator:
        return self.row(person).get_by_role("button", name=f"{text} : {listed(person)}", exact=True)

    def options(self, person: Person) -> Locator:
        return self.row(person).get_by_role("button", name=f"Options de {listed(person)}", exact=True)

    def dialog(self, title: str) -> Locator:
        return self.page.get_by_role("dialog", name=title)

    async def present(self, person: Person) -> None:
        undo = self.step("Annuler", person)
        await press_until(self.step("Présent", person), undo)

    async def reports(self, person: Person) -> Locator:
        """Open what is reported about somebody: the first tap opens the options, the second the reports."""
        await self.options(person).click()
        await self.dialog(listed(person)).get_by_role("button", name="Signalement…").click()
        sheet = self.dialog(f"Signalements de {listed(person)}")
        await expect(sheet).to_be_visible()
        return sheet

    async def ask_end(self, person: Person) -> Locator:
        """Open the question that ends a test for good."""
        await self.options(person).click()
        await self.dialog(listed(person)).get_by_role("button", name="Terminer le test…").click()
        question = self.dialog(f"Terminer le test de {listed(person)} ?")
        await expect(question).to_be_visible()
        return question


class Seat:
    """A candidate's computer or phone."""

    def __init__(self, device: Device, room: Room, person: Person) -> None:
        self.device, self.page, self.room, self.person = device, device.page, room, person

    async def identify(self, birthdate: str | None = None) -> None:
        """Fill in the first page and send it."""
        if "/candidate" not in self.page.url:
            await self.page.goto(f"/candidate?session={self.room.number}")
        year, month, day = (birthdate or self.person.birthdate).split("-")
        await self.page.get_by_label("Nom de naissance").fill(self.person.last_name.lower())
        await self.page.get_by_label("Prénom").fill(self.person.first_name)
        await self.page.get_by_label("Date de naissance").fill(f"{day}/{month}/{year}")
        await self.page.get_by_role("button", name="Rejoindre").click()

    async def join(self) -> Seat:
        await self.identify()
        await self.expect_title("Vous êtes dans la salle d’attente")
        return self

    async def type_code(self, code: str, button: str = "Commencer mon test") -> None:
        await self.page.get_by_label("Code d’accès").fill(code)
        await self.page.get_by_role("button", name=button).click()

    async def answer(self, question: int) -> None:
        await expect(self.question(question)).to_be_visible()
        await self.page.get_by_label("Réponse A").check()
        await self.page.get_by_role("button", name="Valider ma réponse").click()
        await expect(self.question(question + 1)).to_be_visible()

    def question(self, number: int) -> Locator:
        return self.page.get_by_role("heading", name=re.compile(rf"^Question {number} sur "))

    async def expect_title(self, text: str) -> None:
        await expect(self.page.get_by_role("heading", level=1, name=text, exact=True)).to_be_visible()

    async def call(self, text: str) -> None:
        await self.page.get_by_role("button", name="Appeler le surveillant").click()
        dialog = self.page.get_by_role("dialog", name="Appeler le surveillant")
        await dialog.get_by_label("Décrivez le problème (facultatif)").fill(text)
        await dialog.get_by_role("button", name="Appeler", exact=True).click()
        await expect(dialog).to_be_hidden()

    async def finish(self) -> None:
        await self.page.get_by_role("button", name="Terminer mon test").click()
        dialog = self.page.get_by_role("dialog", name="Terminer mon test ?")
        await dialog.get_by_role("button", name="Oui, terminer").click()
        await self.expect_title("Test terminé")

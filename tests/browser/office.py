"""The pages of a center admin, in the words that stand there; and a spreadsheet as somebody might bring it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

from playwright.async_api import Locator, Page, expect

from tests.browser.hall import Device

WIDE = {"width": 1280, "height": 800}
SESSION = re.compile(r"/sessions/(\d+)")
ODS_HEADERS = (
    "* Nom de naissance", "* Prénom", "* Date de naissance (format: JJ/MM/AAAA)", "* Sexe (M ou F)",
    "Code INSEE de la commune de naissance", "* Pays de naissance", "Temps majoré ? (exemple format: 33%)",
)  # fmt: skip
SHEET = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:body><office:spreadsheet><table:table table:name="Candidats">{rows}</table:table></office:spreadsheet>
</office:body></office:document-content>"""
MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">
<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>"""


def ods(*rows: Sequence[str]) -> bytes:
    """Write a spreadsheet of texts, as small as one can be."""
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    drawn = "".join(
        f"<table:table-row>{''.join(cell.format(escape(text)) for text in row)}</table:table-row>" for row in rows
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("META-INF/manifest.xml", MANIFEST)
        packed.writestr("content.xml", SHEET.format(rows=drawn))
    return file.getvalue()


class Office:
    """The pages of an admin, in the words that stand there."""

    def __init__(self, device: Device) -> None:
        self.device, self.page = device, device.page

    async def home(self, query: str = "") -> Office:
        await self.page.goto(f"/{query}")
        await expect(self.page.get_by_role("heading", level=1, name="Sessions du centre")).to_be_visible()
        await expect(self.page.get_by_text("Chargement…")).to_have_count(0)
        return self

    async def unfold(self) -> None:
        """Show what narrows the list, where a phone folds it away."""
        folded = self.page.get_by_text("Filtrer et trier")
        if await folded.is_visible():
            await folded.click()
        await expect(self.page.get_by_label("État", exact=True)).to_be_visible()

    async def open(self, number: int, part: str = "") -> Office:
        await self.page.goto(f"/sessions/{number}{part}")
        await expect(self.page.get_by_role("tablist")).to_be_visible()
        return self

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def dialog(self, title: str) -> Locator:
        return self.page.get_by_role("dialog", name=title)

    def line(self, number: int) -> Locator:
        """One session of the list."""
        return self.page.get_by_role("row").filter(has=self.page.get_by_role("link", name=f"Session {number}"))

    def person(self, name: str) -> Locator:
        """One candidate of the table."""
        return self.page.get_by_role("row").filter(has=self.page.get_by_role("rowheader", name=name, exact=True))

    async def numbers(self) -> list[int]:
        """Which sessions the list shows, in its order."""
        links = await self.page.get_by_role("row").get_by_role("link").all_inner_texts()
        return [int(text.removeprefix("Session ")) for text in links]

    async def create(self, site: str, room: str, date: str = "2027-01-15") -> int:
        """Make a session through the form and return its number, on its page."""
        await self.button("Nouvelle session").click()
        form = self.dialog("Nouvelle session")
        await self.fill_session(form, site, room, date)
        await form.get_by_role("button", name="Créer la session").click()
        await self.page.wait_for_url(SESSION)
        await expect(self.page.get_by_role("tablist")).to_be_visible()
        found = SESSION.search(self.page.url)
        assert found
        return int(found[1])

    async def fill_session(self, form: Locator, site: str, room: str, date: str = "2027-01-15") -> None:
        await form.get_by_label("Site").fill(site)
        await form.get_by_label("Salle").fill(room)
        await form.get_by_label("Date", exact=True).fill(date)
        await form.get_by_label("Heure de début").fill("09:30")

    async def fill_person(self, form: Locator, last_name: str, first_name: str, birthdate: str) -> None:
        await form.get_by_label("Nom de naissance", exact=True).fill(last_name)
        await form.get_by_label("Prénom").fill(first_name)
        await form.get_by_label("Date de naissance").fill(birthdate)
        await form.get_by_label("Féminin").check()
        await form.get_by_label("Code INSEE").fill("75115")

    async def choose(self, where: Locator | Page, name: str, body: bytes, kind: str = "text/csv") -> None:
        """Choose a file and have it checked."""
        await where.locator("input[type=file]").set_input_files({"name": name, "mimeType": kind, "buffer": body})
        await where.get_by_role("button", name="Vérifier le fichier").click()

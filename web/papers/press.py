"""Turns the data of a paper into a tagged PDF, a few at a time beside the event loop.

Data goes to a template as one JSON value and is set as text: nothing in it is ever read as markup or code. A template
sees its own folder and nothing else of the machine, and asks no network for packages.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import structlog
import typst
from msgspec import Struct

log = structlog.get_logger("vigie.papers")

TEMPLATES = Path(__file__).parent / "templates"
AT_ONCE = 2
"""A paper is set by one core: more at once would take the cores from the sockets."""
ACCESSIBLE: list[typst.PDFStandard] = ["ua-1"]


class Press:
    """Sets papers."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._fonts: typst.Fonts | None = None

    async def pdf(self, template: str, paper: Struct) -> bytes:
        """Set one paper."""
        data = msgspec.json.encode(paper).decode()
        async with self._turns:
            return await asyncio.to_thread(self._set, template, data)

    def _set(self, template: str, data: str) -> bytes:
        """Set a paper as PDF/UA; a sign that no font here can draw costs it that name, never the paper."""
        try:
            return self._compiled(template, data, ACCESSIBLE)
        except typst.TypstError:
            # The compiler's words repeat the names that were to be printed: they are not for the diary.
            log.warning("paper_not_fully_accessible", template=template)
            return self._compiled(template, data, [])

    def _compiled(self, template: str, data: str, standards: list[typst.PDFStandard]) -> bytes:
        if self._fonts is None:
            # The fonts of the machine come after those of the compiler: for signs of scripts that it does not know.
            self._fonts = typst.Fonts(include_system_fonts=True)
        return typst.compile(
            TEMPLATES / f"{template}.typ",
            root=TEMPLATES,
            font_paths=self._fonts,
            sys_inputs={"paper": data},
            pdf_standards=standards,
        )

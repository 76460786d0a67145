"""Spreadsheets (ODS) as schools make them, and as nobody should: written cell by cell."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

MEDIA_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)


@dataclass(frozen=True)
class Number:
    """A number, and how its format shows it."""

    value: str
    shown: str = ""
    kind: str = "float"


@dataclass(frozen=True)
class Day:
    """A real date, shown in whatever order."""

    value: str
    shown: str = "03/14/08"


@dataclass(frozen=True)
class Raw:
    """A cell's XML as it is."""

    xml: str


Cell = str | Number | Day | Raw
BORN = Day("2008-03-14")
ROW: Sequence[Cell] = (
    "* Nom de naissance",
    "* Prénom",
    "* Date de naissance (format: JJ/MM/AAAA)",
    "* Sexe (M ou F)",
    "Code INSEE de la commune de naissance",
    "Code postal de la commune de naissance",
    "Nom de la commune de naissance",
    "* Pays de naissance",
    "Temps majoré ? (exemple format: 33%)",
)


def person(
    *,
    last_name: Cell = "Ben Saïd",
    first_name: Cell = "Léa",
    birthdate: Cell = BORN,
    sex: Cell = "F",
    insee: Cell = "75112",
    postal: Cell = "",
    town: Cell = "",
    country: Cell = "FRANCE",
    extra: Cell = "",
) -> Sequence[Cell]:
    """One correct row, but for what is changed."""
    return (last_name, first_name, birthdate, sex, insee, postal, town, country, extra)


def cell_of(cell: Cell) -> str:
    match cell:
        case Raw(xml):
            return xml
        case Number(value, shown, kind):
            return (
                f'<table:table-cell office:value-type="{kind}" office:value={quoteattr(value)}>'
                f"<text:p>{escape(shown)}</text:p></table:table-cell>"
            )
        case Day(value, shown):
            return (
                f'<table:table-cell office:value-type="date" office:date-value="{value}">'
                f"<text:p>{shown}</text:p></table:table-cell>"
            )
        case "":
            return "<table:table-cell/>"
        case _:
            return f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'


def row_of(cells: Sequence[Cell], attributes: str = "") -> str:
    return f"<table:table-row{attributes}>{''.join(cell_of(cell) for cell in cells)}</table:table-row>"


def document(rows: str, before: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<office:document-content {_SPACES}><office:body>'
        f'<office:spreadsheet><table:table table:name="Feuille1"><table:table-column/>{rows}</table:table>'
        f'<table:table table:name="Feuille2">{row_of(["autre"])}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )


def packed(
    content: str | bytes, kind: str = MEDIA_TYPE, more: int = 0, packing_as: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """A spreadsheet of this content, with so many more entries."""
    packing = io.BytesIO()
    with zipfile.ZipFile(packing, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr("content.xml", content, packing_as)
        for number in range(more):
            archive.writestr(f"Pictures/{number}.png", b"")
    return packing.getvalue()


def sheet(*rows: Sequence[Cell]) -> bytes:
    """A spreadsheet with these rows, and the empty rest of the sheet below, as programs write it."""
    rest = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell'
    rest += ' table:number-columns-repeated="16384"/></table:table-row>'
    return packed(document("".join(row_of(row) for row in rows) + rest))

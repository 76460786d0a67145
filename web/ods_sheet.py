"""The first sheet of an OpenDocument spreadsheet as rows of texts, read with bounds on everything.

Read here and not by a library: a few hundred bytes can say that a row is repeated a million times, and whoever expands
it before counting is out of memory. Nor do libraries tell `100 %` from `1`, or show the zero that `01053` begins with.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from io import BytesIO
from typing import IO, Final
from xml.parsers import expat

MEDIA_TYPE: Final = "application/vnd.oasis.opendocument.spreadsheet"
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
MAX_ENTRIES = 100
MAX_UNPACKED_BYTES = 50 * 1024 * 1024
"""Measured: five thousand candidates with long words in all 19 columns and a style on every cell are 15 MB."""
MAX_ELEMENTS = 1_000_000
"""A sheet of five thousand candidates has a fifth of it."""
MAX_TAG_BYTES = 64 * 1024
"""Of a tag with half a million attributes the parser compares each with each, and lets nobody else run meanwhile."""
CHUNK_BYTES = 16 * 1024
MAX_COLUMNS = 100
MAX_CELL = 2_000

_OFFICE: Final = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
_TABLE: Final = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_TEXT: Final = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_SHEET, _ROW = f"{_TABLE}table", f"{_TABLE}table-row"
_CELL, _COVERED = f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"
_ASIDE: Final = f"{_OFFICE}annotation"
_MARKS: Final = {f"{_TEXT}tab": " ", f"{_TEXT}line-break": "\n"}


class Unreadable(Exception):
    """These bytes are no spreadsheet of this kind, or one made to do harm."""


@dataclass(frozen=True, slots=True)
class SheetCell:
    """A cell as text, in the way people write dates, times and percentages; `is_number` when it holds a bare number."""

    text: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that is not empty, with its line in the sheet."""

    line: int
    cells: tuple[SheetCell, ...]


def read_sheet(body: bytes, most_rows: int) -> tuple[SheetRow, ...]:
    """Read the first sheet, but no more than so many rows that are not empty. Raises Unreadable."""
    sheet = _Sheet(most_rows)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = sheet.begin, sheet.end
    parser.CharacterDataHandler = sheet.characters
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        with zipfile.ZipFile(BytesIO(body)) as archive, archive.open(_content(archive)) as content:
            _feed(parser, content)
    except _Enough:
        pass
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, *_OF_THE_ARCHIVE) as wrong:
        raise Unreadable(type(wrong).__name__) from None
    return tuple(sheet.rows)


def _feed(parser: expat.XMLParserType, content: IO[bytes]) -> None:
    fed = 0
    while chunk := content.read(CHUNK_BYTES):
        parser.Parse(chunk, False)
        fed += len(chunk)
        if fed - parser.CurrentByteIndex > MAX_TAG_BYTES:
            raise Unreadable("a tag without end")
    parser.Parse(b"", True)


_OF_THE_ARCHIVE: Final = (KeyError, RuntimeError, NotImplementedError, EOFError, ValueError, OSError)
"""What an archive raises that is encrypted, cut off, packed in a way unknown here, or holds no such entry."""


def _content(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    entries = archive.infolist()
    if any(entry.compress_type not in PACKINGS for entry in entries):
        raise Unreadable("packed in a way no spreadsheet is")
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise Unreadable("too much in it")
    kind = archive.read("mimetype") if archive.getinfo("mimetype").file_size <= MAX_CELL else b""
    if kind.strip() != MEDIA_TYPE.encode():
        raise Unreadable("another kind of document")
    return archive.getinfo("content.xml")


def _refuse_doctype(*_declared: object) -> None:
    """Refuse a document type: entities are how small files grow."""
    raise Unreadable("a document type")


class _Enough(Exception):
    """Everything of interest has been read."""


@dataclass(slots=True)
class _Cell:
    """A cell while it is read."""

    attributes: dict[str, str]
    is_covered: bool
    paragraphs: list[str] = field(default_factory=list)
    length: int = 0

    def add(self, text: str) -> None:
        """Add to the last paragraph; what no field could hold anyway is not kept."""
        if self.paragraphs and self.length < MAX_CELL:
            self.paragraphs[-1] += text[: MAX_CELL - self.length]
            self.length += len(text)


class _Sheet:
    """Hears the elements of the document and gathers the rows of its first sheet."""

    def __init__(self, most_rows: int) -> None:
        self.rows: list[SheetRow] = []
        self._most_rows = most_rows
        self._elements = 0
        self._line = 0
        self._repeated = 1
        self._row: list[SheetCell] | None = None
        self._cell: _Cell | None = None
        self._aside = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise Unreadable("too many elements")
        if name == _ASIDE or self._aside:
            # A remark that hangs on a cell is not what the cell says.
            self._aside += 1
        elif name == _ROW:
            self._row, self._repeated = [], _count(attributes.get(f"{_TABLE}number-rows-repeated"))
        elif name in (_CELL, _COVERED) and self._row is not None:
            self._cell = _Cell(attributes, is_covered=name == _COVERED)
        elif self._cell is not None:
            self._begin_text(self._cell, name, attributes)

    def _begin_text(self, cell: _Cell, name: str, attributes: dict[str, str]) -> None:
        if name == f"{_TEXT}p":
            cell.paragraphs.append("")
        elif name == f"{_TEXT}s":
            cell.add(" " * min(_count(attributes.get(f"{_TEXT}c")), MAX_CELL))
        elif name in _MARKS:
            cell.add(_MARKS[name])

    def characters(self, text: str) -> None:
        if self._cell is not None and not self._aside:
            self._cell.add(text)

    def end(self, name: str) -> None:
        if self._aside:
            self._aside -= 1
        elif name in (_CELL, _COVERED) and self._row is not None and self._cell is not None:
            self._end_cell(self._row, self._cell)
            self._cell = None
        elif name == _ROW and self._row is not None:
            self._end_row(self._row)
            self._row = None
        elif name == _SHEET:
            raise _Enough

    def _end_cell(self, row: list[SheetCell], cell: _Cell) -> None:
        repeated = _count(cell.attributes.get(f"{_TABLE}number-columns-repeated"))
        # What a merged cell covers may still hold something: nobody sees it, so it is not meant.
        read = SheetCell() if cell.is_covered else _read(cell)
        row += [read] * min(repeated, MAX_COLUMNS - len(row))

    def _end_row(self, cells: list[SheetCell]) -> None:
        while cells and not cells[-1].text:
            cells.pop()
        if cells:
            kept = min(self._repeated, self._most_rows - len(self.rows))
            self.rows += [SheetRow(self._line + at, tuple(cells)) for at in range(1, kept + 1)]
            if len(self.rows) >= self._most_rows:
                raise _Enough
        self._line += self._repeated


def _count(written: str | None) -> int:
    """Read how often something is repeated: once, unless a sane number says otherwise."""
    if written is None or not written.isascii() or not written.isdigit():
        return 1
    return max(1, int(written[:9]))


def _read(cell: _Cell) -> SheetCell:
    """Return a cell as people write it."""
    kind = cell.attributes.get(f"{_OFFICE}value-type", "")
    shown = "\n".join(cell.paragraphs).strip()
    value = cell.attributes.get(f"{_OFFICE}value", "")
    if kind == "percentage":
        return SheetCell(_percentage(value) or shown or value[:MAX_CELL])
    if kind in ("float", "currency"):
        return SheetCell(_number(value, shown), is_number=True)
    if kind == "date":
        return SheetCell(_date(cell.attributes.get(f"{_OFFICE}date-value", "")) or shown)
    if kind == "time":
        return SheetCell(_time(cell.attributes.get(f"{_OFFICE}time-value", "")) or shown)
    return SheetCell(shown or cell.attributes.get(f"{_OFFICE}string-value", "").strip()[:MAX_CELL])


def _decimal(value: str) -> Decimal | None:
    try:
        number = Decimal(value[:40])
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**18 else None


def _plain(number: Decimal) -> str:
    return format(number.to_integral_value() if number == number.to_integral_value() else number, "f")


def _number(value: str, shown: str) -> str:
    """Return a number's digits; as shown when that is the same number, for a format may show zeros before it."""
    number = _decimal(value)
    if number is None:
        return shown or value[:MAX_CELL]
    is_shown = shown.isascii() and shown.isdigit() and len(shown) < MAX_COLUMNS and Decimal(shown) == number
    return shown if is_shown else _plain(number)


def _percentage(value: str) -> str:
    number = _decimal(value)
    return "" if number is None else f"{per_cents(number)}%"


def per_cents(share: Decimal) -> str:
    """Return a share as per cents, without the dust that binary arithmetic leaves."""
    return _plain(round(share * 100, 6))


def _date(value: str) -> str:
    """Return `2008-03-14` (or with a time of day) as `14/03/2008`; "" when it is no such date."""
    parts = value.partition("T")[0].split("-")
    is_date = [len(part) for part in parts] == [4, 2, 2] and all(part.isascii() and part.isdigit() for part in parts)
    return "/".join(reversed(parts)) if is_date else ""


def _time(value: str) -> str:
    """Return `PT09H30M00S` as `09:30`; "" when it is no time of a day."""
    hours, has_hours, rest = value.removeprefix("PT").partition("H")
    minutes, has_minutes, _ = rest.partition("M")
    is_time = has_hours and has_minutes and (hours + minutes).isascii() and hours.isdigit() and minutes.isdigit()
    return f"{hours}:{minutes}" if is_time else ""

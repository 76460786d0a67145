"""A list of one session's candidates as a spreadsheet (ODS), judged like the lines of a CSV file.

Above the header there may be titles. What a spreadsheet program makes of codes and per cents is mended: a number of
four digits lost the zero its code began with (said as a warning), and 0.33 of extra time is 33 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from hub.model import SessionNumber
from web.ods_sheet import MEDIA_TYPE, SheetCell, SheetRow, Unreadable, per_cents, read_sheet
from web.roster_rows import MAX_BYTES, MAX_ROWS, Column, Judged, Places, Reader, Row, is_header, refused

__all__ = ["MEDIA_TYPE", "parse"]

MAX_TITLES = 50
"""Rows above the header."""
CODE_DIGITS = 5
_CODES = (Column.INSEE_CODE, Column.POSTAL_CODE)
_WHOLE = 3
"""As a share, extra time is at most that: 300 %."""


def parse(body: bytes, into: SessionNumber) -> Judged:
    """Judge a whole file; every candidate joins that session."""
    if len(body) > MAX_BYTES:
        return refused("too_large")
    if not body:
        return refused("empty_file")
    try:
        rows = read_sheet(body, MAX_TITLES + 1 + MAX_ROWS + 1)
    except Unreadable:
        return refused("ods_unreadable")
    if not rows:
        return refused("empty_file")
    reader = Reader(into)
    at = _header_at(rows)
    header = _texts(rows[at].cells)
    places = reader.places(rows[at].line, header)
    if places is not None:
        reader.read(_mended(reader, rows[at + 1 :], places), places, len(header))
    return reader.judged()


def _header_at(rows: Sequence[SheetRow]) -> int:
    """Find the header; without one, the first row is taken for it, and misses everything."""
    candidates = rows[: MAX_TITLES + 1]
    return next((at for at, row in enumerate(candidates) if is_header(_texts(row.cells))), 0)


def _texts(cells: Sequence[SheetCell]) -> list[str]:
    return [cell.text for cell in cells]


def _mended(reader: Reader, rows: Sequence[SheetRow], places: Places) -> Iterator[Row]:
    """Give each row's texts, with what a spreadsheet program did to them undone."""
    for row in rows:
        texts = _texts(row.cells)
        for column in _CODES:
            place = places.get(column)
            if place is not None and place < len(texts) and _has_lost_its_zero(row.cells[place]):
                texts[place] = texts[place].zfill(CODE_DIGITS)
                reader.warn(row.line, column, "code_padded")
        place = places.get(Column.EXTRA_TIME)
        if place is not None and place < len(texts) and row.cells[place].is_number:
            texts[place] = _whole_per_cents(texts[place])
        yield row.line, texts


def _has_lost_its_zero(cell: SheetCell) -> bool:
    return cell.is_number and cell.text.isdigit() and len(cell.text) == CODE_DIGITS - 1


def _whole_per_cents(text: str) -> str:
    """Return a share as per cents: of extra time, only a share has decimals."""
    if "." not in text:
        return text
    share = Decimal(text)
    return f"{per_cents(share)}%" if 0 < share < _WHOLE else text

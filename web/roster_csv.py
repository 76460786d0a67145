"""A list as CSV: `;` between cells, UTF-8, one candidate a line; every fault with its line, column and code."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from hub.model import SessionNumber
from web.exports import DELIMITER, unguarded
from web.roster_rows import MAX_BYTES, MAX_ROWS, Judged, Reader, Row, refused

__all__ = ["MAX_BYTES", "MAX_ROWS", "Judged", "parse"]

OTHER_DELIMITERS = (",", "\t", "|")
DIRECTIVE = "sep="
"""What a spreadsheet program writes above the header to tell itself how cells are separated."""


def parse(body: bytes, into: SessionNumber | None = None) -> Judged:
    """Judge a whole file; with `into`, every candidate joins that session."""
    if len(body) > MAX_BYTES:
        return refused("too_large")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return refused("encoding_not_utf8")
    if not text.strip():
        return refused("empty_file")
    reader = Reader(into)
    try:
        _read(reader, _numbered(text))
    except _Broken as broken:
        reader.note(broken.line, None, "csv_broken")
    return reader.judged()


class _Broken(Exception):
    """A record that is no CSV, and the line it begins on."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def _read(reader: Reader, rows: Iterator[Row]) -> None:
    line, header = _first(rows)
    if header and header[0].strip().lower().startswith(DIRECTIVE):
        line, header = _first(rows)
    if len(header) == 1 and any(other in header[0] for other in OTHER_DELIMITERS):
        reader.note(line, None, "separator_not_semicolon")
        return
    places = reader.places(line, header)
    if places is not None:
        reader.read(rows, places, len(header))


def _first(rows: Iterator[Row]) -> Row:
    """Return the next row that says anything."""
    return next((row for row in rows if any(cell.strip() for cell in row[1])), (1, []))


def _numbered(text: str) -> Iterator[Row]:
    """Give each record with the line it begins on: a quoted value may hold line breaks."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITER, strict=True)
    begins = 1
    try:
        for row in reader:
            yield begins, [unguarded(cell) for cell in row]
            begins = reader.line_num + 1
    except csv.Error:
        raise _Broken(begins) from None

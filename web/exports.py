"""Tables as CSV for spreadsheet programs: `;`, UTF-8 with its mark, and no cell that such a program would run."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

DELIMITER = ";"
LINE_END = "\r\n"
MARK = b"\xef\xbb\xbf"
"""Without it a spreadsheet program takes the file for its own country's old encoding."""

Cell = str | int | None
_RUNS = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def table(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Spell rows as a CSV file."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=DELIMITER, lineterminator=LINE_END)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return MARK + written.getvalue().encode()


def guarded(cell: Cell) -> str:
    """Return a cell that stays text: where a formula could begin, an apostrophe stands before it."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if isinstance(cell, str) and _RUNS.match(text) else text


def unguarded(cell: str) -> str:
    """Return what `guarded` was given."""
    return cell[1:] if _GUARDED.match(cell) else cell

"""The rows of a list, whatever file they stand in: headers matched, every row judged, sessions gathered.

Rows of the same site, room, date and time are one session; a row with an
existing session's number adds its candidate to that one, and its other session columns are not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum
from typing import TypeVar

from hub.identity import normal_form
from hub.model import SessionNumber
from hub.preparation import ImportProblem, Plan, PlannedCandidate, PlannedSession
from web import roster_fields as fields

MAX_BYTES = 2 * 1024 * 1024
MAX_ROWS = 5_000
MAX_SESSION_DIGITS = 15
MAX_SHOWN_HEADER = 100
HEADER_LEAST = 3
"""A row with so many of our headers is the header; a title above it has none."""


class Column(Enum):
    """The columns by their plain names: a header is known by it whatever its star, case, marks or brackets."""

    NUMBER = "Numéro de session préexistante"
    SITE = "Nom du site"
    ROOM = "Nom de la salle"
    DATE = "Date de début"
    TIME = "Heure de début"
    INVIGILATORS = "Surveillant(s)"
    OBSERVATIONS = "Observations"
    LAST_NAME = "Nom de naissance"
    FIRST_NAME = "Prénom"
    BIRTHDATE = "Date de naissance"
    SEX = "Sexe"
    INSEE_CODE = "Code INSEE de la commune de naissance"
    POSTAL_CODE = "Code postal de la commune de naissance"
    TOWN = "Nom de la commune de naissance"
    COUNTRY = "Pays de naissance"
    RESULTS_EMAIL = "E-mail du destinataire des résultats"
    INVITATION_EMAIL = "E-mail de convocation"
    EXTERNAL_ID = "Identifiant externe"
    EXTRA_TIME = "Temps majoré ?"


HEADERS: Mapping[Column, str] = {
    **{column: column.value for column in Column},
    Column.SITE: "* Nom du site",
    Column.ROOM: "* Nom de la salle",
    Column.DATE: "* Date de début (format: JJ/MM/AAAA)",
    Column.TIME: "* Heure de début (heure locale format: HH:MM)",
    Column.INVIGILATORS: "* Surveillant(s)",
    Column.OBSERVATIONS: "Observations (optionnel)",
    Column.LAST_NAME: "* Nom de naissance",
    Column.FIRST_NAME: "* Prénom",
    Column.BIRTHDATE: "* Date de naissance (format: JJ/MM/AAAA)",
    Column.SEX: "* Sexe (M ou F)",
    Column.COUNTRY: "* Pays de naissance",
    Column.EXTRA_TIME: "Temps majoré ? (exemple format: 33%)",
}
"""The headers as they are printed into files that people fill in, in the order of the columns."""

OF_THE_SESSION = (Column.SITE, Column.ROOM, Column.DATE, Column.TIME, Column.INVIGILATORS)
OF_THE_CANDIDATE = (Column.LAST_NAME, Column.FIRST_NAME, Column.BIRTHDATE, Column.SEX, Column.COUNTRY)
FIELDS: Mapping[str, Column] = {
    "last_name": Column.LAST_NAME,
    "first_name": Column.FIRST_NAME,
    "birthdate": Column.BIRTHDATE,
    "sex": Column.SEX,
    "birth_country": Column.COUNTRY,
    "birth_insee_code": Column.INSEE_CODE,
    "birth_postal_code": Column.POSTAL_CODE,
    "birth_town": Column.TOWN,
    "results_email": Column.RESULTS_EMAIL,
    "invitation_email": Column.INVITATION_EMAIL,
    "external_id": Column.EXTERNAL_ID,
    "extra_time_percentage": Column.EXTRA_TIME,
}
"""Which column holds which field of a candidate."""

_BRACKETS = re.compile(r"\([^()]*\)")
Value = TypeVar("Value")
Places = Mapping[Column, int]
Row = tuple[int, list[str]]
"""A row's line in its file, and its cells."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a file says, what is wrong with it (nothing may be imported then) and what is only odd."""

    plan: Plan
    problems: tuple[ImportProblem, ...] = ()
    warnings: tuple[ImportProblem, ...] = ()


def refused(code: str) -> Judged:
    """Refuse a file as a whole."""
    return Judged((), (ImportProblem(1, None, code),))


def plain(header: str) -> str:
    """Return a header as it is compared: no star, no brackets, no marks, no case."""
    return normal_form(_BRACKETS.sub(" ", header))


_BY_PLAIN_NAME = {plain(column.value): column for column in Column}


def column_of(header: str) -> Column | None:
    """Return the column a header names."""
    return _BY_PLAIN_NAME.get(plain(header))


def is_header(row: Iterable[str]) -> bool:
    """Tell whether a row is the header and not a title above it."""
    return sum(column_of(cell) is not None for cell in row) >= HEADER_LEAST


@dataclass(slots=True)
class _Sitting:
    """Lines of one session, as they are gathered."""

    first: PlannedSession
    candidates: list[PlannedCandidate] = field(default_factory=list)


class Reader:
    """Judges the rows of one file; with `into`, every candidate joins that session."""

    def __init__(self, into: SessionNumber | None) -> None:
        self._into = into
        self._problems: list[ImportProblem] = []
        self._warnings: list[ImportProblem] = []
        self._sittings: dict[tuple[object, ...], _Sitting] = {}
        self._known: dict[tuple[object, ...], int] = {}

    def judged(self) -> Judged:
        """Return everything read so far."""
        plan = tuple(replace(one.first, candidates=tuple(one.candidates)) for one in self._sittings.values())
        return Judged(plan, tuple(self._problems), tuple(self._warnings))

    def places(self, line: int, header: list[str]) -> Places | None:
        """Find the columns; None when the header is no header of ours."""
        places: dict[Column, int] = {}
        for place, name in enumerate(header):
            column = column_of(name)
            shown = " ".join(name.split())[:MAX_SHOWN_HEADER]
            if column is None and shown:
                self._warnings.append(ImportProblem(line, shown, "unknown_column"))
            elif column in places:
                self.note(line, column, "duplicate_column")
            elif column is not None:
                places[column] = place
        required = OF_THE_CANDIDATE if self._into is not None else (*OF_THE_SESSION, *OF_THE_CANDIDATE)
        missing = [column for column in required if column not in places]
        for column in missing:
            self.note(line, column, "header_missing")
        return None if missing else places

    def read(self, rows: Iterator[Row], places: Places, width: int) -> None:
        """Judge the rows under a header; empty ones are none."""
        count = 0
        for line, row in rows:
            if not any(cell.strip() for cell in row):
                continue
            count += 1
            if count > MAX_ROWS:
                self.note(line, None, "too_many_rows")
                return
            if len(row) > width and any(cell.strip() for cell in row[width:]):
                self.note(line, None, "wrong_number_of_columns")
                continue
            cells = {column: row[place].strip() if place < len(row) else "" for column, place in places.items()}
            self._read_row(_Row(line, cells, self._problems))
        if count == 0:
            self.note(2, None, "no_rows")

    def _read_row(self, row: _Row) -> None:
        before = len(self._problems)
        is_joining = self._into is not None or bool(row.get(Column.NUMBER))
        planned = row.joined(self._into) if is_joining else row.sitting()
        candidate = row.candidate()
        if len(self._problems) > before or planned is None or candidate is None:
            return
        identity = _identity_of(planned)
        if identity not in self._sittings and planned.number is None and fields.is_long_past(planned.date):
            self.warn(row.line, Column.DATE, "date_past")
        sitting = self._sittings.setdefault(identity, _Sitting(planned))
        person = (identity, normal_form(candidate.last_name), normal_form(candidate.first_name), candidate.birthdate)
        if self._known.setdefault(person, row.line) != row.line:
            self.note(row.line, Column.LAST_NAME, "candidate_duplicate")
            return
        sitting.candidates.append(candidate)

    def note(self, line: int, column: Column | None, code: str) -> None:
        """Note a fault: nothing may be imported."""
        self._problems.append(ImportProblem(line, column.value if column else None, code))

    def warn(self, line: int, column: Column, code: str) -> None:
        """Note something odd that stands in nobody's way."""
        self._warnings.append(ImportProblem(line, column.value, code))


def _identity_of(planned: PlannedSession) -> tuple[object, ...]:
    if planned.number is not None:
        return (planned.number,)
    return (normal_form(planned.site), normal_form(planned.room), planned.date, planned.start_time)


class _Row:
    """One line's cells, and its faults."""

    def __init__(self, line: int, cells: Mapping[Column, str], problems: list[ImportProblem]) -> None:
        self.line = line
        self._cells = cells
        self._problems = problems

    def get(self, column: Column) -> str:
        """Return a cell, empty when the column is not there."""
        return self._cells.get(column, "")

    def sitting(self) -> PlannedSession | None:
        """Read the columns of a new session."""
        before = len(self._problems)
        planned = PlannedSession(
            None,
            self._take(Column.SITE, fields.place, ""),
            self._take(Column.ROOM, fields.place, ""),
            self._take(Column.DATE, lambda text: fields.day(text, fields.french_date), date.min),
            self._take(Column.TIME, fields.start_time, ""),
            self._take(Column.INVIGILATORS, fields.required, ""),
            self._take(Column.OBSERVATIONS, fields.observations, ""),
            (),
            self.line,
        )
        return planned if len(self._problems) == before else None

    def joined(self, into: SessionNumber | None) -> PlannedSession | None:
        """Read the number of an existing session; the rest of its columns is not read."""
        typed = fields.compact(self.get(Column.NUMBER))
        number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= MAX_SESSION_DIGITS else 0
        if typed and number == 0:
            self._wrong(Column.NUMBER, "number_invalid")
            return None
        if into is not None and typed and number != into:
            self._wrong(Column.NUMBER, "session_mismatch")
            return None
        chosen = into if into is not None else SessionNumber(number)
        return PlannedSession(chosen, "", "", date.min, "", "", "", (), self.line)

    def candidate(self) -> PlannedCandidate | None:
        """Read the columns of a candidate."""
        written = {name: self.get(column) for name, column in FIELDS.items()}
        judged = fields.judged(written, fields.french_date, self.line)
        if isinstance(judged, PlannedCandidate):
            return judged
        for name, code in judged:
            self._wrong(FIELDS[name], code)
        return None

    def _take(self, column: Column, judge: Callable[[str], Value], otherwise: Value) -> Value:
        try:
            return judge(self.get(column))
        except fields.Unfit as unfit:
            self._wrong(column, unfit.code)
            return otherwise

    def _wrong(self, column: Column, code: str) -> None:
        self._problems.append(ImportProblem(self.line, column.value, code))

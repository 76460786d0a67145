"""The import format: CSV with `;`, UTF-8, one candidate per line; every fault with its line, column and code.

Rows of the same site, room, date and time are one session; a row with an
existing session's number adds its candidate to that one, and its other session columns are not read.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum

from hub.directory import ImportProblem, Plan, PlannedCandidate, PlannedSession
from hub.identity import normal_form
from hub.model import SessionNumber

MAX_BYTES = 2 * 1024 * 1024
MAX_ROWS = 5_000
MAX_NAME = 100
MAX_TEXT = 500
MAX_EXTRA_TIME = 300
MAX_SESSION_DIGITS = 15
DELIMITER = ";"
FRANCE = "france"
BORN_ABROAD = "99"


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


OF_THE_SESSION = (Column.SITE, Column.ROOM, Column.DATE, Column.TIME, Column.INVIGILATORS)
OF_THE_CANDIDATE = (Column.LAST_NAME, Column.FIRST_NAME, Column.BIRTHDATE, Column.SEX, Column.COUNTRY)
NAMES = frozenset({Column.LAST_NAME, Column.FIRST_NAME, Column.SITE, Column.ROOM, Column.TOWN, Column.COUNTRY})

_BRACKETS = re.compile(r"\([^()]*\)")
_DATE = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_EXTRA_TIME = re.compile(r"(\d{1,3})\s*%?")
_INSEE = re.compile(r"\d[0-9ABab]\d{3}")
_POSTAL = re.compile(r"\d{5}")
_EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+")
# Marks that turn the direction of what follows: a name that holds one shows as another name.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


@dataclass(frozen=True, slots=True)
class Judged:
    """What a file says, what is wrong with it (nothing may be imported then) and what is only odd."""

    plan: Plan
    problems: tuple[ImportProblem, ...] = ()
    warnings: tuple[ImportProblem, ...] = ()


def parse(body: bytes, into: SessionNumber | None = None) -> Judged:
    """Judge a whole file; with `into`, every candidate joins that session."""
    if len(body) > MAX_BYTES:
        return _refused("too_large")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _refused("encoding_not_utf8")
    if not text.strip():
        return _refused("empty_file")
    return _Reader(into).read(text)


def _refused(code: str) -> Judged:
    return Judged((), (ImportProblem(1, None, code),))


def plain(header: str) -> str:
    """Return a header as it is compared: no star, no brackets, no marks, no case."""
    return normal_form(_BRACKETS.sub(" ", header))


_BY_PLAIN_NAME = {plain(column.value): column for column in Column}


@dataclass(slots=True)
class _Sitting:
    """Lines of one session, as they are gathered."""

    first: PlannedSession
    candidates: list[PlannedCandidate] = field(default_factory=list)


class _Reader:
    """Reads one file."""

    def __init__(self, into: SessionNumber | None) -> None:
        self._into = into
        self._problems: list[ImportProblem] = []
        self._warnings: list[ImportProblem] = []
        self._sittings: dict[tuple[object, ...], _Sitting] = {}
        self._known: dict[tuple[object, ...], int] = {}

    def read(self, text: str) -> Judged:
        """Read header and rows."""
        rows = _numbered(text)
        try:
            line, header = next(rows, (1, []))
            places = self._places(line, header)
            if places is not None:
                self._read_rows(rows, places, len(header))
        except csv.Error:
            self._note(1, None, "csv_broken")
        plan = tuple(replace(one.first, candidates=tuple(one.candidates)) for one in self._sittings.values())
        return Judged(plan, tuple(self._problems), tuple(self._warnings))

    def _places(self, line: int, header: list[str]) -> dict[Column, int] | None:
        """Find the columns; None when the header is no header of ours."""
        places: dict[Column, int] = {}
        for place, name in enumerate(header):
            column = _BY_PLAIN_NAME.get(plain(name))
            shown = " ".join(name.split())[:MAX_NAME]
            if column is None and shown:
                self._warnings.append(ImportProblem(line, shown, "unknown_column"))
            elif column in places:
                self._note(line, column, "duplicate_column")
            elif column is not None:
                places[column] = place
        required = OF_THE_CANDIDATE if self._into is not None else (*OF_THE_SESSION, *OF_THE_CANDIDATE)
        if not places and len(header) == 1 and "," in header[0]:
            self._note(line, None, "separator_not_semicolon")
            return None
        missing = [column for column in required if column not in places]
        for column in missing:
            self._note(line, column, "header_missing")
        return None if missing else places

    def _read_rows(self, rows: Iterator[tuple[int, list[str]]], places: Mapping[Column, int], width: int) -> None:
        count = 0
        for line, row in rows:
            if not any(value.strip() for value in row):
                continue
            count += 1
            if count > MAX_ROWS:
                self._note(line, None, "too_many_rows")
                return
            if len(row) > width and any(value.strip() for value in row[width:]):
                self._note(line, None, "wrong_number_of_columns")
                continue
            values = {column: row[place].strip() if place < len(row) else "" for column, place in places.items()}
            self._read_row(_Row(line, values, self._problems))
        if count == 0:
            self._note(2, None, "no_rows")

    def _read_row(self, row: _Row) -> None:
        before = len(self._problems)
        planned = row.joined(self._into) if self._into is not None or row.get(Column.NUMBER) else row.sitting()
        candidate = row.candidate()
        if len(self._problems) > before or planned is None or candidate is None:
            return
        identity = _identity_of(planned)
        sitting = self._sittings.setdefault(identity, _Sitting(planned))
        person = (identity, normal_form(candidate.last_name), normal_form(candidate.first_name), candidate.birthdate)
        if self._known.setdefault(person, row.line) != row.line:
            self._note(row.line, Column.LAST_NAME, "candidate_duplicate")
            return
        sitting.candidates.append(candidate)

    def _note(self, line: int, column: Column | None, code: str) -> None:
        self._problems.append(ImportProblem(line, column.value if column else None, code))


def _numbered(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give each record with the line it begins on: a quoted value may hold line breaks."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITER, strict=True)
    begins = 1
    for row in reader:
        yield begins, row
        begins = reader.line_num + 1


def _identity_of(planned: PlannedSession) -> tuple[object, ...]:
    if planned.number is not None:
        return (planned.number,)
    return (normal_form(planned.site), normal_form(planned.room), planned.date, planned.start_time)


class _Row:
    """One line's values, and its faults."""

    def __init__(self, line: int, values: Mapping[Column, str], problems: list[ImportProblem]) -> None:
        self.line = line
        self._values = values
        self._problems = problems

    def get(self, column: Column) -> str:
        """Return a value, empty when the column is not there."""
        return self._values.get(column, "")

    def sitting(self) -> PlannedSession | None:
        """Read the columns of a new session."""
        site, room = self._required(Column.SITE), self._required(Column.ROOM)
        day, time = self._date(Column.DATE), self._time()
        invigilators = self._required(Column.INVIGILATORS)
        observations = self._text(Column.OBSERVATIONS)
        if day is None:
            return None
        return PlannedSession(None, site, room, day, time, invigilators, observations, (), self.line)

    def joined(self, into: SessionNumber | None) -> PlannedSession | None:
        """Read the number of an existing session; the rest of its columns is not read."""
        typed = self.get(Column.NUMBER)
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
        last_name, first_name = self._name(Column.LAST_NAME), self._name(Column.FIRST_NAME)
        birthdate = self._date(Column.BIRTHDATE, "birthdate_invalid")
        sex = self._sex()
        country = self._required(Column.COUNTRY)
        insee, postal, town = self._birthplace(country)
        if birthdate is None:
            return None
        return PlannedCandidate(
            last_name,
            first_name,
            birthdate,
            sex,
            country,
            insee,
            postal,
            town,
            self._email(Column.RESULTS_EMAIL),
            self._email(Column.INVITATION_EMAIL),
            self._text(Column.EXTERNAL_ID, MAX_NAME),
            self._extra_time(),
            self.line,
        )

    def _wrong(self, column: Column, code: str) -> None:
        self._problems.append(ImportProblem(self.line, column.value, code))

    def _text(self, column: Column, most: int = MAX_TEXT) -> str:
        text = unicodedata.normalize("NFC", self.get(column))
        if len(text) > (MAX_NAME if column in NAMES else most):
            self._wrong(column, "too_long")
        elif any(_is_forbidden(sign) for sign in text):
            self._wrong(column, "characters_invalid")
        return text

    def _required(self, column: Column) -> str:
        text = self._text(column)
        if not text:
            self._wrong(column, "required")
        return text

    def _name(self, column: Column) -> str:
        text = self._required(column)
        if text and not normal_form(text):
            self._wrong(column, "characters_invalid")
        return text

    def _date(self, column: Column, code: str = "date_invalid") -> date | None:
        text = self._required(column)
        if not text:
            return None
        found = _DATE.fullmatch(text)
        try:
            day = date(int(found[3]), int(found[2]), int(found[1])) if found else None
        except ValueError:
            day = None
        if day is None or not 1900 <= day.year <= 2200:
            self._wrong(column, code)
            return None
        return day

    def _time(self) -> str:
        text = self._required(Column.TIME)
        found = _TIME.fullmatch(text)
        if text and found is None:
            self._wrong(Column.TIME, "time_invalid")
        return f"{int(found[1]):02}:{found[2]}" if found else ""

    def _sex(self) -> str:
        text = self._required(Column.SEX).upper()
        if text and text not in ("M", "F"):
            self._wrong(Column.SEX, "sex_invalid")
        return text

    def _extra_time(self) -> int:
        text = self.get(Column.EXTRA_TIME)
        found = _EXTRA_TIME.fullmatch(text)
        if text and (found is None or int(found[1]) > MAX_EXTRA_TIME):
            self._wrong(Column.EXTRA_TIME, "extra_time_invalid")
            return 0
        return int(found[1]) if found else 0

    def _email(self, column: Column) -> str:
        text = self._text(column)
        if text and (len(text) > 254 or _EMAIL.fullmatch(text) is None):
            self._wrong(column, "email_invalid")
        return text

    def _birthplace(self, country: str) -> tuple[str, str, str]:
        """Read where somebody was born: an INSEE code, or a postal code and a town; 99 is abroad, with its town."""
        insee, postal, town = self.get(Column.INSEE_CODE).upper(), self.get(Column.POSTAL_CODE), self._text(Column.TOWN)
        is_abroad = insee == BORN_ABROAD or (bool(country) and normal_form(country) != FRANCE)
        if insee and insee != BORN_ABROAD and _INSEE.fullmatch(insee) is None:
            self._wrong(Column.INSEE_CODE, "insee_code_invalid")
        if postal and not is_abroad and _POSTAL.fullmatch(postal) is None:
            self._wrong(Column.POSTAL_CODE, "postal_code_invalid")
        if insee == BORN_ABROAD and normal_form(country) == FRANCE:
            self._wrong(Column.COUNTRY, "birthplace_invalid")
        elif is_abroad and not town:
            self._wrong(Column.TOWN, "required")
        elif not is_abroad and not insee and not (postal and town):
            self._wrong(Column.INSEE_CODE, "birthplace_invalid")
        return insee, self._text(Column.POSTAL_CODE, MAX_NAME), town


def is_email(text: str) -> bool:
    """Tell whether a text looks like an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def _is_forbidden(sign: str) -> bool:
    return sign in _TURNING or unicodedata.category(sign) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")

"""What each field of a list may hold, judged alike whether it was typed into a form or stands in a file.

Invisible marks and odd spaces come with copies from documents: they are mended in silence, because a name that holds
one looks right and matches nobody. What cannot be mended is `Unfit`, with a code the pages have words for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from hub.identity import normal_form
from hub.preparation import ListedCandidate, PlannedCandidate

MAX_NAME = 100
MAX_TEXT = 500
MAX_OBSERVATIONS = 1000
MAX_EMAIL = 254
MAX_EXTRA_TIME = 300
FIRST_YEAR, LAST_YEAR = 1900, 2200
PAST_DAYS = 30
"""A list is written before its session, or soon after; from then on the year is more likely wrong."""
FRANCE = "france"
BORN_ABROAD = "99"

_SPACES = re.compile("[\t\r\n \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_INVISIBLE = str.maketrans(dict.fromkeys("\u200b\ufeff\u00ad\u2060"))
# Marks that turn the direction of what follows: a name that holds one shows as another name.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_FRENCH_DATE = re.compile(r"(?P<day>[0-9]{2})/(?P<month>[0-9]{2})/(?P<year>[0-9]{4})")
_ISO_DATE = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_EXTRA_TIME = re.compile(r"([0-9]{1,3})\s*%?")
_INSEE = re.compile(r"[0-9][0-9AB][0-9]{3}")
_POSTAL = re.compile(r"[0-9]{5}")
_EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+")


class Unfit(Exception):
    """A value that its field cannot hold; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# ── texts ──────────────────────────────────────────────────────────────────────────────────────────────────────


def one_line(written: str, most: int = MAX_TEXT) -> str:
    """Return a text on one line, with single spaces; line breaks in a cell are spaces. Raises Unfit."""
    return _checked(_SPACES.sub(" ", _composed(written)).strip(), most)


def observations(written: str) -> str:
    """Return a text that may have several lines. Raises Unfit."""
    lines = _composed(written).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = [_checked(_SPACES.sub(" ", line).strip(), MAX_OBSERVATIONS) for line in lines]
    text = "\n".join(kept).strip()
    if len(text) > MAX_OBSERVATIONS:
        raise Unfit("too_long")
    return text


def required(written: str, most: int = MAX_TEXT) -> str:
    """Return a text on one line that is not empty. Raises Unfit."""
    text = one_line(written, most)
    if not text:
        raise Unfit("required")
    return text


def place(written: str) -> str:
    """Return the name of a site, a room or a country. Raises Unfit."""
    return required(written, MAX_NAME)


def name(written: str) -> str:
    """Return a person's name: one that has a normal form, for nobody could type it otherwise. Raises Unfit."""
    text = place(written)
    if not normal_form(text):
        raise Unfit("characters_invalid")
    return text


def compact(written: str) -> str:
    """Return a number or a code without the spaces people put between its digits."""
    return _SPACES.sub("", written.translate(_INVISIBLE))


def _composed(written: str) -> str:
    return unicodedata.normalize("NFC", written.translate(_INVISIBLE))


def _checked(text: str, most: int) -> str:
    if len(text) > most:
        raise Unfit("too_long")
    if any(_is_forbidden(sign) for sign in text):
        raise Unfit("characters_invalid")
    return text


def _is_forbidden(sign: str) -> bool:
    return sign in _TURNING or unicodedata.category(sign) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")


# ── dates, times, numbers ──────────────────────────────────────────────────────────────────────────────────────

ReadDate = Callable[[str], "date | None"]


def french_date(written: str) -> date | None:
    """Read `JJ/MM/AAAA`. Nothing shorter: of 1/2/2008 nobody knows which is the month, and a birthdate is a key."""
    return _date(_FRENCH_DATE, written)


def iso_date(written: str) -> date | None:
    """Read `YYYY-MM-DD`."""
    return _date(_ISO_DATE, written)


def _date(pattern: re.Pattern[str], written: str) -> date | None:
    found = pattern.fullmatch(written)
    if found is None:
        return None
    try:
        return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None


def day(written: str, read: ReadDate) -> date:
    """Return the day of a session. Raises Unfit."""
    found = read(required(written))
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Unfit("date_invalid")
    return found


def is_long_past(found: date) -> bool:
    """Tell whether a day is so long past that nobody writes the list of a session for it."""
    return found < datetime.now(UTC).date() - timedelta(days=PAST_DAYS)


def birthdate(written: str, read: ReadDate) -> date:
    """Return a day on which somebody who is here was born. Raises Unfit."""
    found = read(required(written))
    if found is None or found.year < FIRST_YEAR or found > datetime.now(UTC).date():
        raise Unfit("birthdate_invalid")
    return found


def start_time(written: str) -> str:
    """Return a time as `HH:MM`. Raises Unfit."""
    found = _TIME.fullmatch(required(written))
    if found is None:
        raise Unfit("time_invalid")
    return f"{int(found[1]):02}:{found[2]}"


def extra_time(written: str) -> int:
    """Return whole per cents from `33`, `33%` or `33 %`; nothing is none. Raises Unfit."""
    text = one_line(written)
    found = _EXTRA_TIME.fullmatch(text)
    if text and (found is None or int(found[1]) > MAX_EXTRA_TIME):
        raise Unfit("extra_time_invalid")
    return int(found[1]) if found else 0


def sex(written: str) -> str:
    """Return `M` or `F`. Raises Unfit."""
    text = required(written).upper()
    if text not in ("M", "F"):
        raise Unfit("sex_invalid")
    return text


def email(written: str) -> str:
    """Return an e-mail address, or nothing. Raises Unfit."""
    text = one_line(written)
    if text and (len(text) > MAX_EMAIL or not is_email(text)):
        raise Unfit("email_invalid")
    return text


def is_email(text: str) -> bool:
    """Tell whether a text looks like an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


# ── a candidate ────────────────────────────────────────────────────────────────────────────────────────────────

CANDIDATE_FIELDS = tuple(field.name for field in fields(PlannedCandidate) if field.name != "line")
Faults = tuple[tuple[str, str], ...]
"""Which fields are at fault, in the order of the form, and why (codes)."""
Value = TypeVar("Value")
Other = TypeVar("Other")


def as_written(candidate: ListedCandidate) -> dict[str, str]:
    """Return a listed candidate as somebody would write it into a form (dates as `YYYY-MM-DD`)."""
    return {field: str(getattr(candidate, field)) for field in CANDIDATE_FIELDS}


def judged(written: Mapping[str, str], read_date: ReadDate, line: int = 0) -> PlannedCandidate | Faults:
    """Judge one candidate's fields as written; a field that is absent is empty."""
    form = Form(written)
    last_name, first_name = form.take("last_name", name, ""), form.take("first_name", name, "")
    born = form.take("birthdate", lambda text: birthdate(text, read_date), date.min)
    gender = form.take("sex", sex, "")
    country = form.take("birth_country", place, "")
    insee, postal, town = _birthplace(form, country)
    candidate = PlannedCandidate(
        last_name,
        first_name,
        born,
        gender,
        country,
        insee,
        postal,
        town,
        form.take("results_email", email, ""),
        form.take("invitation_email", email, ""),
        form.take("external_id", _short, ""),
        form.take("extra_time_percentage", extra_time, 0),
        line,
    )
    return tuple(form.faults) if form.faults else candidate


class Form:
    """Fields as written, and what was found wrong with them."""

    def __init__(self, written: Mapping[str, str]) -> None:
        self._written = written
        self.faults: list[tuple[str, str]] = []

    def get(self, field: str) -> str:
        """Return a field as written, empty when it is absent."""
        return self._written.get(field, "")

    def take(self, field: str, judge: Callable[[str], Value], otherwise: Other) -> Value | Other:
        """Judge a field; one at fault is noted and counts as something else."""
        try:
            return judge(self.get(field))
        except Unfit as unfit:
            self.faults.append((field, unfit.code))
            return otherwise

    def given(self, field: str, judge: Callable[[str], Value]) -> Value | None:
        """Judge a field that may be absent: None then, and when it is at fault."""
        return self.take(field, judge, None) if field in self._written else None


def _short(written: str) -> str:
    return one_line(written, MAX_NAME)


def _birthplace(form: Form, country: str) -> tuple[str, str, str]:
    """Read where somebody was born: an INSEE code, or a postal code and a town; 99 is abroad, with its town."""
    insee = compact(form.get("birth_insee_code")).upper()
    postal = form.take("birth_postal_code", _short, _AT_FAULT)
    town = form.take("birth_town", _short, _AT_FAULT)
    is_abroad = insee == BORN_ABROAD or (bool(country) and normal_form(country) != FRANCE)
    if insee and insee != BORN_ABROAD and _INSEE.fullmatch(insee) is None:
        form.faults.append(("birth_insee_code", "insee_code_invalid"))
    if postal not in ("", _AT_FAULT) and not is_abroad:
        postal = compact(postal)
        if _POSTAL.fullmatch(postal) is None:
            form.faults.append(("birth_postal_code", "postal_code_invalid"))
    if insee == BORN_ABROAD and normal_form(country) == FRANCE:
        form.faults.append(("birth_country", "birthplace_invalid"))
    elif is_abroad and not town:
        form.faults.append(("birth_town", "required"))
    elif not is_abroad and not insee and not (postal and town):
        form.faults.append(("birth_insee_code", "birthplace_invalid"))
    return insee, postal, town


_AT_FAULT = "\0"
"""Stands for a text that is there and wrong: it must not be called missing too."""

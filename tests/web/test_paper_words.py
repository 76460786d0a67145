"""The words of the papers: none is missing, none is idle, both languages say as much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from hub.model import Cause, HelpOutcome
from hub.reports import CATEGORIES
from web.papers.en import ENGLISH
from web.papers.fr import FRENCH
from web.papers.press import TEMPLATES
from web.papers.printed import Printer, length, minutes
from web.papers.texts import Texts

LANGUAGES = (FRENCH, ENGLISH)


def leaves(value: object) -> Iterator[str]:
    """Every text in a table of texts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one)


@pytest.mark.parametrize("texts", LANGUAGES, ids=lambda texts: texts.language)
def test_no_word_is_missing(texts: Texts) -> None:
    assert list(texts.reports) == list(CATEGORIES)
    assert set(texts.causes) == set(Cause)
    assert set(texts.outcomes) == set(HelpOutcome)
    assert set(texts.file_names) == {path.stem for path in TEMPLATES.glob("*.typ")} - {"frame"}
    assert all(re.fullmatch(r"[a-z-]+", name) for name in texts.file_names.values())
    assert all(text.strip() for text in leaves(msgspec.to_builtins(texts)))


def test_both_languages_say_as_much() -> None:
    assert [len(phase.steps) for phase in FRENCH.kit.phases] == [len(phase.steps) for phase in ENGLISH.kit.phases]
    assert len(FRENCH.notice.steps) == len(ENGLISH.notice.steps) == 4
    assert set(leaves(msgspec.to_builtins(FRENCH.kit))).isdisjoint(leaves(msgspec.to_builtins(ENGLISH.kit)))


def test_no_word_is_written_that_no_paper_prints() -> None:
    sources = [*TEMPLATES.glob("*.typ"), *TEMPLATES.parent.glob("*.py")]
    source = "\n".join(path.read_text() for path in sources if path.stem not in ("texts", "fr", "en"))
    for table in (FRENCH, FRENCH.common, FRENCH.attendance, FRENCH.kit, FRENCH.notice, FRENCH.incidents):
        for name in table.__struct_fields__:
            assert re.search(rf"\.{name}\b", source) or name == "file_names", f"{type(table).__name__}.{name}"


@pytest.mark.parametrize(
    ("day", "french", "english"),
    [
        (date(2026, 12, 1), "mardi 1er décembre 2026", "Tuesday 1 December 2026"),
        (date(2027, 8, 15), "dimanche 15 août 2027", "Sunday 15 August 2027"),
    ],
)
def test_days_are_spelled_out(day: date, french: str, english: str) -> None:
    spelled = [Printer(texts, UTC, day).long_day(day) for texts in LANGUAGES]  # type: ignore[arg-type]
    assert spelled == [french, english]


def test_durations_are_spelled_as_people_say_them() -> None:
    spoken = [minutes(count).replace("\u00a0", " ") for count in (45, 60, 105, 605)]
    assert spoken == ["45 min", "1 h", "1 h 45", "10 h 05"]
    spans = [length(timedelta(seconds=seconds)).replace("\u00a0", " ") for seconds in (0, 42.4, 59.6, 185, 3720)]
    assert spans == ["0 s", "42 s", "1 min 00 s", "3 min 05 s", "1 h 02 min"]


def test_an_instant_of_another_day_says_which() -> None:
    printer = Printer(FRENCH, UTC, date(2026, 12, 1))  # type: ignore[arg-type]
    assert printer.moment(datetime(2026, 12, 1, 9, 5, tzinfo=UTC)) == "09:05"
    assert printer.moment(datetime(2026, 12, 2, 9, 5, tzinfo=UTC)) == "02/12/2026 09:05"

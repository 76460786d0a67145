"""The attendance sheet: who is expected, who signed, and what became of each."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from hub.model import Candidate, PresenceState
from hub.timing import extra_minutes
from web.papers.dossier import Dossier, Entrant, Head
from web.papers.kinds import Kind, code_of, legend
from web.papers.texts import AttendanceSheet, Texts


class Line(Struct, frozen=True):
    """One candidate. Empty cells are filled in by hand."""

    last_name: str
    first_name: str
    birthdate: str
    extra_minutes: str
    extra_percentage: str
    is_absent: bool
    certification_number: str
    is_end_screen_seen: bool
    reports: str


class Sheet(Struct, frozen=True):
    """The whole sheet."""

    head: Head
    texts: AttendanceSheet
    lines: tuple[Line, ...]
    legend: tuple[Kind, ...]


def sheet(dossier: Dossier) -> Sheet:
    """Lay the sheet out."""
    texts = dossier.texts
    lines = tuple(_line(dossier, entrant) for entrant in dossier.entrants())
    return Sheet(dossier.head(texts.attendance.title), texts.attendance, lines, legend(texts))


def _line(dossier: Dossier, entrant: Entrant) -> Line:
    person, facets = entrant
    percentage = facets.extra_time_percentage
    return Line(
        person.last_name,
        person.first_name,
        dossier.printer.day(person.birthdate),
        f"+\u00a0{extra_minutes(dossier.room.duration_minutes, percentage)}\u00a0min" if percentage else "",
        f"{percentage}\u00a0%" if percentage else "",
        facets.presence.state is PresenceState.ABSENT,
        str(facets.certification_number) if facets.certification_number is not None else "",
        facets.end_screen_seen is not None,
        ", ".join(_codes(facets, dossier.texts)),
    )


def _codes(facets: Candidate, texts: Texts) -> Iterator[str]:
    for report in facets.reports:
        code = code_of(report.name, texts)
        yield code if report.question is None else f"{code}\u00a0({texts.attendance.question}\u00a0{report.question})"

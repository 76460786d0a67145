"""The incident record: everything out of the ordinary, candidate by candidate, for those who will judge by it."""

from __future__ import annotations

from msgspec import Struct

from hub.model import Addition, HelpRequest, Interruption, IssueReport
from web.papers.dossier import Dossier, Entrant, Head
from web.papers.kinds import Kind, code_of, legend
from web.papers.printed import author, length
from web.papers.texts import Incidents


class ReportLine(Struct, frozen=True):
    """One issue report."""

    code: str
    label: str
    question: str
    text: str
    by: str
    at: str


class HelpLine(Struct, frozen=True):
    """One call for the invigilator."""

    at: str
    question: str
    text: str
    by: str
    outcome: str
    word: str


class InterruptionLine(Struct, frozen=True):
    """One measured absence."""

    since: str
    until: str
    length: str
    cause: str


class AdditionLine(Struct, frozen=True):
    """Minutes that a person gave or took back."""

    minutes: str
    reason: str
    by: str
    at: str


class Case(Struct, frozen=True):
    """What happened to one candidate."""

    last_name: str
    first_name: str
    birthdate: str
    certification_number: str
    reports: tuple[ReportLine, ...]
    help: tuple[HelpLine, ...]
    interruptions: tuple[InterruptionLine, ...]
    additions: tuple[AdditionLine, ...]


class Count(Struct, frozen=True):
    """How many of one kind of thing the record holds."""

    label: str
    count: int


class Record(Struct, frozen=True):
    """The whole record."""

    head: Head
    texts: Incidents
    counts: tuple[Count, ...]
    cases: tuple[Case, ...]
    observations: str
    legend: tuple[Kind, ...]


def record(dossier: Dossier, *, with_observations: bool) -> Record:
    """Lay the record out; observations are for those who may read them on a screen, others write their own."""
    texts = dossier.texts.incidents
    cases = tuple(_case(dossier, one) for one in dossier.entrants() if _is_concerned(one))
    counts = (
        Count(texts.concerned, len(cases)),
        Count(texts.reports, sum(len(case.reports) for case in cases)),
        Count(texts.help, sum(len(case.help) for case in cases)),
        Count(texts.interruptions, sum(len(case.interruptions) for case in cases)),
        Count(texts.additions, sum(len(case.additions) for case in cases)),
    )
    observations = dossier.detail.observations if with_observations else ""
    return Record(dossier.head(texts.title), texts, counts, cases, observations, legend(dossier.texts))


def _is_concerned(entrant: Entrant) -> bool:
    facets = entrant.facets
    return bool(facets.reports or facets.help or facets.time.interruptions or facets.time.additions)


def _case(dossier: Dossier, entrant: Entrant) -> Case:
    person, facets = entrant
    return Case(
        person.last_name,
        person.first_name,
        dossier.printer.day(person.birthdate),
        str(facets.certification_number) if facets.certification_number is not None else "",
        tuple(_report(dossier, one) for one in facets.reports),
        tuple(_help(dossier, one) for one in facets.help),
        tuple(_interruption(dossier, one) for one in facets.time.interruptions),
        tuple(_addition(dossier, one) for one in facets.time.additions),
    )


def _report(dossier: Dossier, report: IssueReport) -> ReportLine:
    texts = dossier.texts
    return ReportLine(
        code_of(report.name, texts),
        texts.reports[report.name],
        str(report.question) if report.question is not None else "",
        report.text or "",
        author(dossier.roster, report.by, texts),
        dossier.printer.moment(report.at),
    )


def _help(dossier: Dossier, request: HelpRequest) -> HelpLine:
    texts = dossier.texts
    outcome = texts.incidents.help_open if request.outcome is None else texts.outcomes[request.outcome]
    return HelpLine(
        dossier.printer.moment(request.at),
        str(request.question) if request.question is not None else texts.incidents.no_question,
        request.text or texts.incidents.no_text,
        author(dossier.roster, request.taken_by, texts) if request.taken_by is not None else "",
        outcome,
        request.word or "",
    )


def _interruption(dossier: Dossier, interruption: Interruption) -> InterruptionLine:
    printer, texts = dossier.printer, dossier.texts
    since, until = interruption.since, interruption.until
    return InterruptionLine(
        printer.moment(since, with_seconds=True),
        printer.moment(until, with_seconds=True) if until is not None else "",
        length(until - since) if until is not None else texts.incidents.still,
        texts.causes[interruption.cause],
    )


def _addition(dossier: Dossier, addition: Addition) -> AdditionLine:
    return AdditionLine(
        f"{addition.minutes:+}\u00a0min".replace("-", "\u2212"),
        addition.reason,
        author(dossier.roster, addition.by, dossier.texts),
        dossier.printer.moment(addition.at),
    )

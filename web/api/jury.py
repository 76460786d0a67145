"""The jury: its queue, one session's case with its timeline, and what its members decide."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels import wire
from hub import jury
from hub.archive import JuryFilter, JuryLine, JurySort
from hub.audit import AuditRecord
from hub.directory import CenterId, Role, SessionStatus
from hub.events import Codes
from hub.finalization import Draft
from hub.jury import JuryCommand, Review, Said, Verdict
from hub.model import AccountId, Author, CandidateId, ReportId, Room, SessionNumber, account_author
from hub.refusals import Code, Refusal
from web import access
from web.access import Visitor
from web.api import closing
from web.api.binding import MAX_NUMBER, bound, number_in, visitor
from web.api.closing import Authors, DocumentView
from web.bodies import answer, read_json
from web.errors import Refused, from_validation
from web.house import House

Words = Annotated[str, Meta(max_length=jury.MAX_WORDS, pattern=r"^[^\x00]*$")]
Number = Annotated[int, Meta(ge=0, le=MAX_NUMBER)]


class Query(Struct, frozen=True, forbid_unknown_fields=True):
    """The query of `GET /api/jury/sessions`; a sort that begins with `-` descends."""

    q: Annotated[str, Meta(max_length=100, pattern=r"^[^\x00]*$")] = ""
    status: Literal["finalized", "in_review", "published"] | None = None
    attention: Literal["yes", "no"] | None = None
    assigned: Literal["me", "nobody"] | None = None
    center: Number | None = None
    sort: Literal["finalized_at", "-finalized_at", "date", "-date", "number", "-number"] = "finalized_at"
    page: Annotated[int, Meta(ge=1, le=100_000)] = 1


class AssignBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST …/assign`: to whom the session was assigned when this was asked."""

    seen: Number | None


class DecisionBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST …/decisions`."""

    candidate: Number
    verdict: Verdict
    seen: Number
    reason: Words = ""


class ResolutionBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST …/reports/{id}/resolve`."""

    word: Words
    seen: Number


class UnfinalizeBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST …/unfinalize`."""

    reason: Words


class Member(Struct, frozen=True):
    """A member of the jury."""

    id: int
    name: str


class LineView(Struct, frozen=True):
    """A finalized session of the queue."""

    number: int
    center: int
    center_name: str
    site: str
    room: str
    date: date
    start_time: str
    time_zone: str
    duration_minutes: int
    invigilators: str
    observations: str
    started_at: datetime | None
    finalized_at: datetime
    finalized_by: str
    is_late: bool
    status: str
    assigned_to: Member | None
    assigned_at: datetime | None
    published_at: datetime | None
    candidates: int
    attention: list[str]


class SaidView(Struct, frozen=True):
    """One thing the jury said: a decision about a candidate, or how a report was dealt with."""

    seq: int
    by: str
    at: datetime
    verdict: str | None = None
    reason: str | None = None
    word: str | None = None


class JudgedReport(wire.ReportView, frozen=True):
    """A report, whether the jury must act on it, and how it was dealt with."""

    needs_action: bool
    resolution: SaidView | None


class JudgedRow(wire.Row, frozen=True):
    """A candidate as a dashboard has them, with what was said of them since."""

    abort_reason: str | None
    decision: SaidView | None


class Entry(Struct, frozen=True):
    """One decision of the timeline; `detail` is None where there was none, or it was purged."""

    seq: int
    at: datetime
    kind: str
    candidate: int | None
    by: str
    codes: Codes
    detail: dict[str, str] | None


class Head(Struct, frozen=True):
    """The head of the chain."""

    decision_seq: int
    hash: str


class CaseView(Struct, frozen=True):
    """Answer to `GET /api/jury/sessions/{number}`."""

    session: LineView
    incident: bool | None
    comment: str
    candidates: list[JudgedRow]
    documents: list[DocumentView]
    timeline: list[Entry]
    head: Head


def routes(house: House) -> list[Route]:
    """Return the routes of this subject."""
    one = "/api/jury/sessions/{number:number}"
    return [
        bound(house, "/api/jury/sessions", "GET", queue),
        bound(house, one, "GET", case),
        bound(house, f"{one}/assign", "POST", assign),
        bound(house, f"{one}/decisions", "POST", decide),
        bound(house, f"{one}/reports/{{id:number}}/resolve", "POST", resolve),
        bound(house, f"{one}/publish", "POST", publish),
        bound(house, f"{one}/unpublish", "POST", unpublish),
        bound(house, f"{one}/unfinalize", "POST", unfinalize),
    ]


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────


async def queue(house: House, request: Request) -> Response:
    """List the finalized sessions."""
    known = await visitor(house, request)
    if known.account.role is not Role.JURY:
        raise Refused(403, Code.FORBIDDEN)
    narrowed = _filter(request, known)
    found = await house.archive.jury_sessions(narrowed)
    names = await _names_in(house, found.sessions)
    lines = [_line(one, names) for one in found.sessions]
    return answer(
        {"sessions": lines, "total": found.total, "page": narrowed.page, "page_size": narrowed.page_size},
    )


def _filter(request: Request, known: Visitor) -> JuryFilter:
    try:
        query = msgspec.convert(dict(request.query_params), Query, strict=False)
    except msgspec.ValidationError as wrong:
        raise from_validation(wrong) from None
    whose = {"me": account_author(known.account.id), "nobody": Author(""), None: None}
    return JuryFilter(
        q=query.q,
        status=SessionStatus(query.status) if query.status else None,
        needs_attention=None if query.attention is None else query.attention == "yes",
        assigned_to=whose[query.assigned],
        center=CenterId(query.center) if query.center is not None else None,
        sort=JurySort(query.sort.removeprefix("-")),
        is_descending=query.sort.startswith("-"),
        page=query.page,
    )


async def _names_in(house: House, lines: Iterable[JuryLine]) -> dict[Author, str]:
    wanted = {author for one in lines for author in (one.finalized_by, one.assigned_to) if author is not None}
    return dict(await house.archive.names(wanted))


def _line(line: JuryLine, names: dict[Author, str]) -> LineView:
    assigned = line.assigned_to
    member = Member(int(assigned.partition(":")[2]), names.get(assigned, "?")) if assigned is not None else None
    same = {name: getattr(line, name) for name in LineView.__struct_fields__ if hasattr(line, name)}
    by = names.get(line.finalized_by, "?")
    attention = [one.value for one in line.attention]
    return LineView(**{**same, "assigned_to": member, "finalized_by": by, "attention": attention})


async def case(house: House, request: Request) -> Response:
    """Show everything about one finalized session."""
    known = await visitor(house, request)
    number = (await access.judged_session(house.directory, known.account, number_in(request))).summary.number
    line, room, draft = await _read(house, number)
    trail, documents = await house.archive.trail(number), await house.archive.documents(number)
    authors = await Authors.of(house, number, [one.author for one in trail] + [one.by for one in documents])
    head = Head(room.decision_seq, room.decision_hash)
    return answer(
        CaseView(
            session=_line(line, await _names_in(house, (line,))),
            incident=draft.has_incident,
            comment=draft.comment,
            candidates=_judged_rows(room, draft, jury.review_of(trail), authors),
            documents=closing.documents_view(documents, authors),
            timeline=[_entry(one, authors) for one in trail],
            head=head,
        )
    )


async def _read(house: House, number: SessionNumber) -> tuple[JuryLine, Room, Draft]:
    line = await house.archive.jury_session(number)
    if line is None:
        raise Refused(404, "not_found")
    return line, await house.ledger.room(number), await house.archive.draft(number)


def _judged_rows(room: Room, draft: Draft, review: Review, authors: Authors) -> list[JudgedRow]:
    rows = []
    for row in closing.rows_of(room, authors.names):
        candidate = room.candidates[CandidateId(row.id)]
        reports = [
            JudgedReport(
                **msgspec.structs.asdict(shown),
                needs_action=jury.must_act(one),
                resolution=_said(review.resolutions.get(one.id), authors),
            )
            for shown, one in zip(row.reports, candidate.reports, strict=True)
        ]
        reason = draft.abort_reasons.get(candidate.id)
        said = _said(review.decisions.get(candidate.id), authors)
        whole = {**msgspec.structs.asdict(row), "reports": reports}
        rows.append(JudgedRow(**whole, abort_reason=reason.value if reason else None, decision=said))
    return rows


def _said(said: Said | None, authors: Authors) -> SaidView | None:
    if said is None:
        return None
    by = authors.name(said.by)
    if said.verdict is None:
        return SaidView(said.seq, by, said.at, word=said.words)
    return SaidView(said.seq, by, said.at, verdict=said.verdict.value, reason=said.words)


def _entry(record: AuditRecord, authors: Authors) -> Entry:
    by = authors.name(record.author, record.candidate)
    detail = dict(record.detail) if record.detail else None
    return Entry(record.seq, record.at, record.kind.value, record.candidate, by, record.codes, detail)


# ── deciding ───────────────────────────────────────────────────────────────────────────────────────────────────


async def _submit(house: House, request: Request, known: Visitor, command: JuryCommand) -> SessionNumber:
    """Judge a command; refusals name who was faster."""
    number = (await access.judged_session(house.directory, known.account, number_in(request))).summary.number
    done = await house.proceedings.deliberate(number, account_author(known.account.id), command)
    if isinstance(done, Refusal):
        raise await closing.refused(house, done)
    return number


async def _session(house: House, number: SessionNumber) -> Response:
    line = await house.archive.jury_session(number)
    if line is None:
        raise Refused(404, "not_found")
    return answer({"session": _line(line, await _names_in(house, (line,)))})


async def assign(house: House, request: Request) -> Response:
    """Take a session for oneself, or from a colleague whom one has seen there."""
    known = await visitor(house, request)
    body = await read_json(request, AssignBody)
    seen = AccountId(body.seen) if body.seen is not None else None
    return await _session(house, await _submit(house, request, known, jury.Assign(seen)))


async def decide(house: House, request: Request) -> Response:
    """Validate, reject or cancel one candidate's test."""
    known = await visitor(house, request)
    body = await read_json(request, DecisionBody)
    candidate = CandidateId(body.candidate)
    number = await _submit(house, request, known, jury.Decide(candidate, body.verdict, body.reason, body.seen))
    review, authors = await _review(house, number, known)
    return answer({"decision": _said(review.decisions.get(candidate), authors)})


async def resolve(house: House, request: Request) -> Response:
    """Say how a report was dealt with."""
    known = await visitor(house, request)
    body = await read_json(request, ResolutionBody)
    report = ReportId(request.path_params["id"])
    number = await _submit(house, request, known, jury.Resolve(report, body.word, body.seen))
    review, authors = await _review(house, number, known)
    return answer({"resolution": _said(review.resolutions.get(report), authors)})


async def _review(house: House, number: SessionNumber, known: Visitor) -> tuple[Review, Authors]:
    review = jury.review_of(await house.archive.trail(number))
    said = [one.by for one in (*review.decisions.values(), *review.resolutions.values())]
    return review, await Authors.of(house, number, [*said, account_author(known.account.id)])


async def publish(house: House, request: Request) -> Response:
    """Let the center have the results."""
    known = await visitor(house, request)
    return await _session(house, await _submit(house, request, known, jury.Publish()))


async def unpublish(house: House, request: Request) -> Response:
    """Take the results back."""
    known = await visitor(house, request)
    return await _session(house, await _submit(house, request, known, jury.Unpublish()))


async def unfinalize(house: House, request: Request) -> Response:
    """Give the session back to its center."""
    known = await visitor(house, request)
    body = await read_json(request, UnfinalizeBody)
    await _submit(house, request, known, jury.Unfinalize(body.reason))
    return answer({})

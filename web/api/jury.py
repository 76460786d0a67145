"""The jury: its queue, one session's case with its timeline, and what its members decide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.wire import NO_NUL
from hub import jury
from hub.archive import JuryFilter, JuryLine, JurySort
from hub.finalization import Draft
from hub.jury import JuryCommand, Review, Verdict
from hub.model import AccountId, Author, CandidateId, ReportId, Room, SessionNumber, account_author
from hub.people import CenterId
from hub.preparation import SessionStatus
from hub.refusals import Refusal
from web import access
from web.access import Visitor
from web.api import closing
from web.api.binding import MAX_NUMBER, SearchWords, bound, number_in, visitor
from web.api.closing import Authors
from web.api.jury_views import CaseView, Head, entry_of, line_of, named_in, rows_of, said_of
from web.bodies import answer, read_json
from web.errors import Refused, from_validation
from web.house import House

Words = Annotated[str, Meta(max_length=jury.MAX_WORDS, pattern=NO_NUL)]
Number = Annotated[int, Meta(ge=0, le=MAX_NUMBER)]


class Query(Struct, frozen=True, forbid_unknown_fields=True):
    """The query of `GET /api/jury/sessions`; a sort that begins with `-` descends."""

    q: SearchWords = ""
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
    narrowed = _filter(request, await visitor(house, request))
    found = await house.archive.jury_sessions(narrowed)
    names = await _names_in(house, found.sessions)
    lines = [line_of(one, names) for one in found.sessions]
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


async def case(house: House, request: Request) -> Response:
    """Show everything about one finalized session."""
    _, number = await _judged_by(house, request)
    line, room, draft = await _read(house, number)
    trail, documents = await house.archive.trail(number), await house.archive.documents(number)
    authors = await Authors.of(house, number, named_in(trail) + [one.by for one in documents])
    head = Head(room.decision_seq, room.decision_hash)
    return answer(
        CaseView(
            session=line_of(line, await _names_in(house, (line,))),
            incident=draft.has_incident,
            comment=draft.comment,
            candidates=rows_of(room, draft, jury.review_of(trail), authors),
            documents=closing.documents_view(documents, authors),
            timeline=[entry_of(one, authors) for one in trail],
            head=head,
        )
    )


async def _read(house: House, number: SessionNumber) -> tuple[JuryLine, Room, Draft]:
    line = await house.archive.jury_session(number)
    if line is None:
        raise Refused(404, "not_found")
    return line, await house.ledger.room(number), await house.archive.draft(number)


# ── deciding ───────────────────────────────────────────────────────────────────────────────────────────────────


async def _judged_by(house: House, request: Request) -> tuple[Visitor, SessionNumber]:
    """Find who asks, and about which finalized session."""
    known = await visitor(house, request)
    return known, (await access.judged_session(house.directory, known.account, number_in(request))).summary.number


async def _submit(house: House, number: SessionNumber, known: Visitor, command: JuryCommand) -> None:
    """Judge a command; refusals name who was faster."""
    done = await house.proceedings.deliberate(number, account_author(known.account.id), command)
    if isinstance(done, Refusal):
        raise await closing.refused(house, done)


async def _session(house: House, number: SessionNumber) -> Response:
    line = await house.archive.jury_session(number)
    if line is None:
        raise Refused(404, "not_found")
    return answer({"session": line_of(line, await _names_in(house, (line,)))})


async def assign(house: House, request: Request) -> Response:
    """Take a session for oneself, or from a colleague whom one has seen there."""
    known, number = await _judged_by(house, request)
    body = await read_json(request, AssignBody)
    await _submit(house, number, known, jury.Assign(AccountId(body.seen) if body.seen is not None else None))
    return await _session(house, number)


async def decide(house: House, request: Request) -> Response:
    """Validate, reject or cancel one candidate's test."""
    known, number = await _judged_by(house, request)
    body = await read_json(request, DecisionBody)
    candidate = CandidateId(body.candidate)
    await _submit(house, number, known, jury.Decide(candidate, body.verdict, body.reason, body.seen))
    review, authors = await _review(house, number)
    return answer({"decision": said_of(review.decisions.get(candidate), authors)})


async def resolve(house: House, request: Request) -> Response:
    """Say how a report was dealt with."""
    known, number = await _judged_by(house, request)
    body = await read_json(request, ResolutionBody)
    report = ReportId(request.path_params["id"])
    await _submit(house, number, known, jury.Resolve(report, body.word, body.seen))
    review, authors = await _review(house, number)
    return answer({"resolution": said_of(review.resolutions.get(report), authors)})


async def _review(house: House, number: SessionNumber) -> tuple[Review, Authors]:
    review = jury.review_of(await house.archive.trail(number))
    said = (*review.decisions.values(), *review.resolutions.values())
    return review, await Authors.of(house, number, (one.by for one in said))


async def publish(house: House, request: Request) -> Response:
    """Let the center have the results."""
    known, number = await _judged_by(house, request)
    await _submit(house, number, known, jury.Publish())
    return await _session(house, number)


async def unpublish(house: House, request: Request) -> Response:
    """Take the results back."""
    known, number = await _judged_by(house, request)
    await _submit(house, number, known, jury.Unpublish())
    return await _session(house, number)


async def unfinalize(house: House, request: Request) -> Response:
    """Give the session back to its center."""
    known, number = await _judged_by(house, request)
    body = await read_json(request, UnfinalizeBody)
    await _submit(house, number, known, jury.Unfinalize(body.reason))
    return answer({})

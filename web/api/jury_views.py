"""How the jury's matters are spelled over HTTP: lines of the queue, rows of a case, entries of its timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec
from msgspec import Struct

from channels import wire
from hub import jury
from hub.archive import JuryLine
from hub.audit import AuditRecord
from hub.events import Codes
from hub.finalization import Draft
from hub.jury import Review, Said
from hub.model import Author, CandidateId, Room, account_of
from web.api import closing
from web.api.closing import Authors, DocumentView


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


def line_of(line: JuryLine, names: Mapping[Author, str]) -> LineView:
    """Spell one session of the queue."""
    assigned = line.assigned_to
    account = account_of(assigned) if assigned is not None else None
    member = Member(account, names.get(assigned, "?")) if assigned is not None and account is not None else None
    same = {name: getattr(line, name) for name in LineView.__struct_fields__ if hasattr(line, name)}
    by = names.get(line.finalized_by, "?")
    attention = [one.value for one in line.attention]
    return LineView(**{**same, "assigned_to": member, "finalized_by": by, "attention": attention})


def rows_of(room: Room, draft: Draft, review: Review, authors: Authors) -> list[JudgedRow]:
    """Spell the candidates of a case with what was said of them."""
    rows = []
    for row in closing.rows_of(room, authors.names):
        candidate = room.candidates[CandidateId(row.id)]
        reports = [
            JudgedReport(
                **msgspec.structs.asdict(shown),
                needs_action=jury.must_act(one),
                resolution=said_of(review.resolutions.get(one.id), authors),
            )
            for shown, one in zip(row.reports, candidate.reports, strict=True)
        ]
        reason = draft.abort_reasons.get(candidate.id)
        said = said_of(review.decisions.get(candidate.id), authors)
        whole = {**msgspec.structs.asdict(row), "reports": reports}
        rows.append(JudgedRow(**whole, abort_reason=reason.value if reason else None, decision=said))
    return rows


def said_of(said: Said | None, authors: Authors) -> SaidView | None:
    """Spell what the jury said last, if anything."""
    if said is None:
        return None
    by = authors.name(said.by)
    if said.verdict is None:
        return SaidView(said.seq, by, said.at, word=said.words)
    return SaidView(said.seq, by, said.at, verdict=said.verdict.value, reason=said.words)


def named_in(trail: Sequence[AuditRecord]) -> list[Author]:
    """List whom a timeline names: who decided, and who handed a room over."""
    return [one.author for one in trail] + [Author(str(one.codes["by"])) for one in trail if "by" in one.codes]


def entry_of(record: AuditRecord, authors: Authors) -> Entry:
    """Spell one decision of the timeline."""
    by = authors.name(record.author, record.candidate)
    detail = dict(record.detail) if record.detail else None
    codes = dict(record.codes)
    if "by" in codes:
        codes["by"] = authors.name(Author(str(codes["by"])))
    return Entry(record.seq, record.at, record.kind.value, record.candidate, by, codes, detail)

"""The jury: what needs its attention, and what its members may decide about a finalized session.

Everything it says is appended to the audit; nothing is overwritten. Who decides names what they had seen, so that two
members who decide at once notice each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from hub import reports
from hub.audit import AuditRecord
from hub.entry import Outcome
from hub.events import Codes, Event, EventKind, RoomChanges
from hub.model import (
    AccountId,
    AttemptState,
    Attention,
    Author,
    Candidate,
    CandidateId,
    IssueReport,
    ReportId,
    Room,
    account_author,
)
from hub.refusals import Code, Refusal

MAX_WORDS = 500


class Verdict(StrEnum):
    """What the jury says of one candidate's test."""

    VALIDATED = "validated"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


# ── what may be asked ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Assign:
    """Take a session for oneself. `seen`: to whom it was assigned when this was asked."""

    seen: AccountId | None


@dataclass(frozen=True, slots=True)
class Decide:
    """Say what becomes of one candidate's test. `seen`: the decision that was shown, 0 for none."""

    candidate: CandidateId
    verdict: Verdict
    reason: str
    seen: int


@dataclass(frozen=True, slots=True)
class Resolve:
    """Say with a word how a report was dealt with. `seen`: the resolution that was shown, 0 for none."""

    report: ReportId
    word: str
    seen: int


@dataclass(frozen=True, slots=True)
class Publish:
    """Let the center have the results."""


@dataclass(frozen=True, slots=True)
class Unpublish:
    """Take them back."""


@dataclass(frozen=True, slots=True)
class Unfinalize:
    """Give the session back to its center for corrections."""

    reason: str


JuryCommand = Assign | Decide | Resolve | Publish | Unpublish | Unfinalize


# ── what has been said ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Said:
    """One thing the jury said: the decision's number, what (a verdict or a word), why, by whom, when."""

    seq: int
    verdict: Verdict | None
    words: str
    by: Author
    at: datetime


@dataclass(frozen=True, slots=True)
class Review:
    """The last word on each candidate and on each report."""

    decisions: Mapping[CandidateId, Said]
    resolutions: Mapping[ReportId, Said]


@dataclass(frozen=True, slots=True)
class File:
    """What the jury judges by, beside the session: what the center said, and what the jury has said."""

    comment: str
    abort_reasons: Mapping[CandidateId, str]
    review: Review


def review_of(trail: Iterable[AuditRecord]) -> Review:
    """Fold the audit into the jury's last words. After a reopening the jury begins anew."""
    decisions: dict[CandidateId, Said] = {}
    resolutions: dict[ReportId, Said] = {}
    for record in trail:
        if record.kind is EventKind.SESSION_REOPENED:
            decisions, resolutions = {}, {}
        elif record.kind is EventKind.JURY_DECIDED and record.candidate is not None:
            verdict = Verdict(str(record.codes["verdict"]))
            decisions[record.candidate] = _said(record, verdict, record.detail.get("reason", ""))
        elif record.kind is EventKind.JURY_RESOLVED:
            resolutions[ReportId(int(record.codes["report"] or 0))] = _said(record, None, record.detail.get("word", ""))
    return Review(decisions, resolutions)


def _said(record: AuditRecord, verdict: Verdict | None, words: str) -> Said:
    return Said(record.seq, verdict, words, record.author, record.at)


def verdict_of(row: Candidate, said: Said | None) -> Verdict | None:
    """Return the verdict on a published test: the jury's word, or what the publication says of whoever finished."""
    if said is not None:
        return said.verdict
    return Verdict.VALIDATED if row.attempt is AttemptState.FINISHED else None


def must_act(report: IssueReport) -> bool:
    """Tell whether the jury must act on a report."""
    return reports.CATEGORIES[report.name].jury_must_act


def attention(
    rows: Collection[Candidate],
    comment: str,
    abort_reasons: Mapping[CandidateId, str],
    resolved: Collection[ReportId],
) -> tuple[Attention, ...]:
    """List why a session needs a look before it is published; none: it is ready."""
    open_reports = (one for row in rows for one in row.reports if must_act(one) and one.id not in resolved)
    unseen = (row for row in rows if row.attempt is AttemptState.FINISHED and row.end_screen_seen is None)
    reasons = {
        Attention.COMMENT: bool(comment),
        Attention.REPORT: any(True for _ in open_reports),
        Attention.END_SCREEN: any(True for _ in unseen),
        Attention.ABORT_REASON: bool(abort_reasons),
    }
    return tuple(reason for reason, is_so in reasons.items() if is_so)


# ── judging ────────────────────────────────────────────────────────────────────────────────────────────────────


def decide(room: Room, file: File, command: JuryCommand, author: Author, now: datetime) -> Outcome:
    """Judge what a member asks about a finalized session, of which every row is there."""
    if room.finalized_at is None:
        return Refusal(Code.FORBIDDEN)
    match command:
        case Assign():
            return _assign(room, command, author, now)
        case Publish():
            return _publish(room, now)
        case Unpublish():
            return _unpublish(room)
        case Decide() | Resolve() | Unfinalize() if room.published_at is not None:
            return Refusal(Code.ALREADY_PUBLISHED)
        case Decide():
            return _decide(room, file.review, command, author)
        case Resolve():
            return _resolve(room, file, command, author)
        case Unfinalize():
            return _unfinalize(command, now)
        case _:
            assert_never(command)


def _assign(room: Room, command: Assign, author: Author, now: datetime) -> Outcome:
    if room.assigned_to == author:
        return ()
    seen = account_author(command.seen) if command.seen is not None else None
    if room.assigned_to != seen:
        return Refusal(Code.CHANGED_MEANWHILE, by=room.assigned_to, at=room.assigned_at)
    return (Event(EventKind.SESSION_ASSIGNED, room=RoomChanges(assigned_to=author, assigned_at=now)),)


def _decide(room: Room, review: Review, command: Decide, author: Author) -> Outcome:
    reason = command.reason.strip()
    needs_reason = command.verdict is not Verdict.VALIDATED
    row = room.candidates.get(command.candidate)
    if row is None:
        return Refusal(Code.UNKNOWN_CANDIDATE)
    if row.attempt is AttemptState.NOT_STARTED:
        return Refusal(Code.NOT_STARTED)
    if len(reason) > MAX_WORDS or (needs_reason and not reason):
        return Refusal(Code.INVALID)
    last = review.decisions.get(command.candidate)
    if last is not None and (last.by, last.verdict, last.words) == (author, command.verdict, reason):
        return ()
    if (last.seq if last else 0) != command.seen:
        return _meanwhile(last)
    codes: Codes = {"verdict": command.verdict}
    detail = {"reason": reason} if reason else {}
    return (Event(EventKind.JURY_DECIDED, command.candidate, codes=codes, detail=detail),)


def _resolve(room: Room, file: File, command: Resolve, author: Author) -> Outcome:
    word = command.word.strip()
    row = next((row for row in room.candidates.values() for one in row.reports if one.id == command.report), None)
    if row is None:
        return Refusal(Code.UNKNOWN_REPORT)
    if not 1 <= len(word) <= MAX_WORDS:
        return Refusal(Code.INVALID)
    last = file.review.resolutions.get(command.report)
    if last is not None and (last.by, last.words) == (author, word):
        return ()
    if (last.seq if last else 0) != command.seen:
        return _meanwhile(last)
    resolved = {*file.review.resolutions, command.report}
    left = attention(room.candidates.values(), file.comment, file.abort_reasons, resolved)
    codes: Codes = {"report": command.report}
    return (
        Event(EventKind.JURY_RESOLVED, row.id, room=RoomChanges(attention=left), codes=codes, detail={"word": word}),
    )


def _meanwhile(last: Said | None) -> Refusal:
    return Refusal(Code.CHANGED_MEANWHILE, by=last.by if last else None, at=last.at if last else None)


def _publish(room: Room, now: datetime) -> Outcome:
    """Publish; what still needs attention is said beforehand, a person decides."""
    if room.published_at is not None:
        return ()
    codes: Codes = {"attention": len(room.attention)}
    return (Event(EventKind.SESSION_PUBLISHED, room=RoomChanges(published_at=now), codes=codes),)


def _unpublish(room: Room) -> Outcome:
    if room.published_at is None:
        return ()
    return (Event(EventKind.SESSION_UNPUBLISHED, room=RoomChanges(published_at=None)),)


def _unfinalize(command: Unfinalize, now: datetime) -> Outcome:
    reason = command.reason.strip()
    if not 1 <= len(reason) <= MAX_WORDS:
        return Refusal(Code.INVALID)
    facts = RoomChanges(finalized_at=None, reopened_at=now, assigned_to=None, assigned_at=None, attention=())
    return (Event(EventKind.SESSION_REOPENED, room=facts, detail={"reason": reason}),)

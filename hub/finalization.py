"""The end of a session's life in its room: what its admin must say first, and the one decision that freezes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from hub import entry, jury, timing
from hub.entry import Outcome
from hub.events import Codes, Event, EventKind, RoomChanges
from hub.model import AttemptState, Author, Candidate, CandidateId, Room
from hub.refusals import Code, Refusal

MAX_COMMENT = 500


class AbortReason(StrEnum):
    """Why somebody did not come to the end: they left or ran out of time, or the platform or the network failed."""

    CANDIDATE = "candidate"
    TECHNICAL = "technical"


@dataclass(frozen=True, slots=True)
class Draft:
    """What has been said so far. `version` 0 was never saved; `has_incident` None: not answered yet."""

    version: int = 0
    abort_reasons: Mapping[CandidateId, AbortReason] = field(default_factory=lambda: MappingProxyType({}))
    has_incident: bool | None = None
    comment: str = ""
    saved_by: Author | None = None
    saved_at: datetime | None = None


def needs_reason(candidate: Candidate) -> bool:
    """Tell whether it must be said why this test did not come to its end."""
    return candidate.attempt in (AttemptState.RUNNING, AttemptState.ENDED, AttemptState.CLOSED)


def is_late(room: Room, at: datetime) -> bool:
    """Tell whether it is past the time to finalize; what the jury gave back is never late."""
    due_at = timing.finalization_due_at(room)
    return due_at is not None and at > due_at and room.reopened_at is None


def keep(room: Room, stored: Draft, wanted: Draft, author: Author, now: datetime) -> Draft | Refusal:
    """Judge a change of the draft: the next version of it, or why not. `wanted.version` is the one it was made from."""
    if room.finalized_at is not None:
        return Refusal(Code.ALREADY_FINALIZED)
    if wanted.version != stored.version:
        return _changed(stored)
    comment = wanted.comment.strip()
    if len(comment) > MAX_COMMENT or not wanted.abort_reasons.keys() <= room.candidates.keys():
        return Refusal(Code.INVALID)
    return replace(wanted, version=stored.version + 1, comment=comment, saved_by=author, saved_at=now)


def _changed(stored: Draft) -> Refusal:
    return Refusal(Code.DRAFT_CHANGED, by=stored.saved_by, at=stored.saved_at)


def blocking(room: Room, draft: Draft) -> Refusal | None:
    """Say what stands against finalizing, the first reason in the order of the rules, with everybody it is about."""
    if room.finalized_at is not None:
        return Refusal(Code.ALREADY_FINALIZED)
    rows = sorted(room.candidates.values(), key=lambda one: one.id)
    if all(one.attempt is AttemptState.NOT_STARTED for one in rows):
        return Refusal(Code.NOBODY_STARTED)
    done = tuple(one.id for one in rows if one.id in draft.abort_reasons and not needs_reason(one))
    if done:
        return Refusal(Code.ABORT_REASON_ON_FINISHED, candidates=done)
    missing = tuple(one.id for one in rows if needs_reason(one) and one.id not in draft.abort_reasons)
    return Refusal(Code.ABORT_REASON_MISSING, candidates=missing) if missing else None


def finalize(room: Room, draft: Draft, documents: Mapping[str, str], version: int, now: datetime) -> Outcome:
    """Freeze the session: pending ends take effect, whoever still runs is closed. Needs every row, settled.

    `documents` are the ids of those that go with it and the SHA-256 of each (hex): the chain names them.
    """
    if room.finalized_at is None and version != draft.version:
        return _changed(draft)
    refusal = blocking(room, draft)
    if refusal is not None:
        return refusal
    closed = tuple(event for one in room.candidates.values() for event in _closed(one, draft, now))
    attention = jury.attention(room.candidates.values(), draft.comment, draft.abort_reasons, frozenset())
    codes: Codes = {"late": int(is_late(room, now)), "incident": int(draft.has_incident or False)}
    codes |= {f"abort_reason.{candidate}": reason for candidate, reason in sorted(draft.abort_reasons.items())}
    codes |= {f"document.{document}": digest for document, digest in sorted(documents.items())}
    detail = {"comment": draft.comment} if draft.comment else {}
    facts = RoomChanges(finalized_at=now, attention=attention)
    return (*closed, Event(EventKind.SESSION_FINALIZED, room=facts, codes=codes, detail=detail))


def _closed(candidate: Candidate, draft: Draft, now: datetime) -> tuple[Event, ...]:
    if candidate.attempt is not AttemptState.RUNNING:
        return ()
    is_ending = candidate.ending_at is not None
    end = AttemptState.ENDED if is_ending else AttemptState.CLOSED
    kind = EventKind.ENDED if is_ending else EventKind.CLOSED
    codes: Codes = {"abort_reason": draft.abort_reasons[candidate.id]}
    changes = entry.over(candidate, end, now)
    return (Event(kind, candidate.id, changes, codes=codes), *entry.lapsed_help(candidate))

"""The stable codes of refusal. A refusal is a value; only accidents are exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from hub.model import CandidateId

if TYPE_CHECKING:
    from hub.events import Event


class Code(StrEnum):
    """Every reason the hub gives for not doing something; the pages find the words by it."""

    NOT_STARTED = "not_started"
    ALREADY_STARTED = "already_started"
    ATTEMPT_OVER = "attempt_over"
    ATTEMPT_ENDING = "attempt_ending"
    ACCESS_CODE_INVALID = "access_code_invalid"
    PRESENCE_NOT_CONFIRMED = "presence_not_confirmed"
    RESUME_NOT_AUTHORIZED = "resume_not_authorized"
    SESSION_CLOSED = "session_closed"
    LATE_REASON_REQUIRED = "late_reason_required"
    NO_END_REQUESTED = "no_end_requested"
    TOO_LATE = "too_late"
    NOT_FINISHED = "not_finished"
    HELP_CLOSED = "help_closed"
    HELP_TAKEN = "help_taken"
    TOTAL_CHANGED = "total_changed"
    ALREADY_FINALIZED = "already_finalized"
    NOBODY_STARTED = "nobody_started"
    ABORT_REASON_ON_FINISHED = "abort_reason_on_finished"
    ABORT_REASON_MISSING = "abort_reason_missing"
    DRAFT_CHANGED = "draft_changed"
    CHANGED_MEANWHILE = "changed_meanwhile"
    ALREADY_PUBLISHED = "already_published"
    TOO_MANY_DOCUMENTS = "too_many_documents"
    UNKNOWN_REPORT = "unknown_report"
    HANDOVER_UNKNOWN = "handover_unknown"
    OWN_HANDOVER = "own_handover"
    UNKNOWN_CANDIDATE = "unknown_candidate"
    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    KEY_REUSED = "key_reused"
    RATE_LIMITED = "rate_limited"
    BUSY = "busy"
    STORE_UNAVAILABLE = "store_unavailable"
    OUTCOME_UNKNOWN = "outcome_unknown"
    UNKNOWN_TYPE = "unknown_type"


RETRYABLE = frozenset({Code.RATE_LIMITED, Code.BUSY, Code.STORE_UNAVAILABLE, Code.OUTCOME_UNKNOWN})
"""Refusals of the moment, not of the deed: the same frame may succeed later."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A judged "no".

    `by` names a colleague where that explains it (`help_taken`), `at` says when, `candidates` who is meant.
    `events` are facts worth keeping although the answer is no: a refused entry shows that somebody stands at the door.
    """

    code: Code
    after_ms: int | None = None
    by: str | None = None
    at: datetime | None = None
    candidates: tuple[CandidateId, ...] = ()
    events: tuple[Event, ...] = ()

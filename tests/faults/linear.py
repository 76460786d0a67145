"""A small linearizability check: does the order of the audit explain each reply that anybody was given?

Every decision about a session happens at one instant, under its lock, and the audit gives the order. So for each
request there must be a place between asking and answering at which the rules, read from their text once more, give that
answer: for one that decided something it is the place of its own row, for all others any place in between will do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.audit import AuditRecord
from hub.events import EventKind
from tests.faults.replay import OVER, Life
from tests.faults.truth import KINDS

OK, ALREADY, UNKNOWN, UNANSWERED = "ok", "already", "unknown", "unanswered"
OF_THE_MOMENT = frozenset({"busy", "store_unavailable", "outcome_unknown", "rate_limited"})
"""Refusals that judge nothing."""
SAME_CLOCK = timedelta(milliseconds=5)
"""Postgres and the tests read one clock, but not in the same instant."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request about one candidate, and its answer.

    That is `ok`, `already` or a code; `unanswered` when the line was cut on purpose, `unknown` when nothing came.
    """

    candidate: int
    author: str
    type: str
    asked_at: datetime
    answered_at: datetime
    answer: str

    def __str__(self) -> str:
        span = f"{self.asked_at:%M:%S.%f}-{self.answered_at:%M:%S.%f}"
        return f"{self.type} of {self.candidate} by {self.author}: {self.answer} ({span})"


@dataclass(slots=True)
class Standing(Life):
    """What the decisions so far made of one candidate, and who holds the seat."""

    seat: str | None = None

    def take(self, record: AuditRecord) -> None:
        """Play one decision."""
        Life.take(self, record)
        if record.kind in (EventKind.ENTERED, EventKind.RESUMED):
            self.seat = record.author


# ── the rules, from their text ─────────────────────────────────────────────────────────────────────────────────


def expected(now: Standing, asked: Asked) -> str:
    """Say what the rules answer to this request when a candidate stands so."""
    match asked.type:
        case "presence.confirm":
            return ALREADY if now.presence == "confirmed" else OK if now.attempt == "not_started" else "already_started"
        case "presence.cancel":
            is_new = now.presence != "expected"
            return "already_started" if now.attempt != "not_started" else OK if is_new else ALREADY
        case "enter":
            return _expected_at_the_door(now, asked.author)
        case "finish":
            return _not_running(now) or (OK if _holds_seat(now, asked.author) else "resume_not_authorized")
        case "resume.authorize":
            return _not_running(now) or ("attempt_ending" if now.is_ending else OK)
        case "attempt.end":
            return ALREADY if now.attempt in OVER or now.is_ending else _not_running(now) or OK
        case "attempt.end.cancel":
            return _expected_of_a_cancel(now)
    raise AssertionError(f"no rule for {asked.type}")


def _not_running(now: Standing) -> str | None:
    return {"not_started": "not_started", "running": None}.get(now.attempt, "attempt_over")


def _holds_seat(now: Standing, client: str) -> bool:
    return now.seat == client and not now.is_interrupted


def _expected_at_the_door(now: Standing, client: str) -> str:
    if now.attempt in OVER:
        return "attempt_over"
    if now.attempt == "not_started":
        return OK if now.presence == "confirmed" else "presence_not_confirmed"
    if _holds_seat(now, client):
        return ALREADY
    if now.is_ending:
        return "attempt_ending"
    return OK if now.granted == "resume" else "resume_not_authorized"


def _expected_of_a_cancel(now: Standing) -> str:
    if now.attempt in OVER:
        return "too_late" if now.attempt == "ended" else "attempt_over"
    return OK if now.is_ending else "no_end_requested"


# ── the check ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class History:
    """One session's audit, and how each candidate stood before and after each decision."""

    audit: Sequence[AuditRecord]
    _of: dict[int, list[tuple[int, Standing]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lives: dict[int, Standing] = {}
        for place, record in enumerate(self.audit, 1):
            if record.candidate is not None:
                life = lives.setdefault(record.candidate, Standing())
                life.take(record)
                self._of.setdefault(record.candidate, [(0, Standing())]).append((place, copy(life)))

    def between(self, candidate: int, first: int, last: int) -> Iterator[Standing]:
        """Give each way a candidate stood after the first so many decisions, up to the last so many."""
        steps = self._of.get(candidate, [(0, Standing())])
        for number, (place, standing) in enumerate(steps):
            until = steps[number + 1][0] - 1 if number + 1 < len(steps) else len(self.audit)
            if place <= last and until >= first:
                yield standing

    def window(self, asked: Asked) -> tuple[int, int]:
        """Return how many decisions there were at least when it was asked, and at most when it was answered."""
        first = sum(one.at < asked.asked_at - SAME_CLOCK for one in self.audit)
        return first, sum(one.at <= asked.answered_at + SAME_CLOCK for one in self.audit)


def unexplained(
    audit: Sequence[AuditRecord], history: Iterable[Asked], authors: Mapping[str, str], since: datetime
) -> list[str]:
    """List the replies that no place in the order explains, and decisions of `authors` since then nobody was told of.

    `authors` gives each a name.
    """
    known, free = History(audit), dict(enumerate(audit, 1))
    wrong, unsure = [], []
    for asked in sorted(history, key=lambda one: one.answered_at):
        if asked.answer in OF_THE_MOMENT:
            continue
        if asked.answer in (UNKNOWN, UNANSWERED):
            unsure.append(asked)
        elif asked.answer == OK:
            place = _own_row(known, free, asked)
            if place is None:
                wrong.append(f"{asked}: no row in the audit")
                continue
            del free[place]
            (before,) = known.between(asked.candidate, place - 1, place - 1)
            if expected(before, asked) != OK:
                wrong.append(f"{asked}: decision {place} stands where the rules say {expected(before, asked)}")
        else:
            first, last = known.window(asked)
            possible = {expected(one, asked) for one in known.between(asked.candidate, first, last)}
            if asked.answer not in possible:
                wrong.append(f"{asked}: between decisions {first} and {last} the rules say {sorted(possible)}")
    return wrong + _untold((one for one in free.values() if one.at >= since), unsure, authors)


def _own_row(known: History, free: Mapping[int, AuditRecord], asked: Asked) -> int | None:
    first, last = known.window(asked)
    for place in range(first + 1, last + 1):
        record = free.get(place)
        if record is not None and _fits(record, asked):
            return place
    return None


def _fits(record: AuditRecord, asked: Asked) -> bool:
    return (record.candidate, record.author) == (asked.candidate, asked.author) and record.kind in KINDS[asked.type]


def _untold(left: Iterable[AuditRecord], unsure: Sequence[Asked], authors: Mapping[str, str]) -> list[str]:
    """List decisions of these authors (author: name) that no answer told of, unless one was lost on the way."""
    noise = ("candidate.entry_refused", "candidate.reconnected", "session.started")
    return [
        f"decision {record.seq} {record.kind} of {record.candidate} by {authors[record.author]}: nobody was told"
        for record in left
        if record.author in authors and record.kind not in noise and not any(_fits(record, one) for one in unsure)
    ]

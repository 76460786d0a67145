"""The check of replies against the order of the audit, checked: it accepts what may be and finds what may not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from hub.audit import AuditRecord
from hub.events import EventKind
from hub.model import Author, CandidateId, SessionNumber
from tests.faults.linear import Asked, unexplained

START = datetime(2027, 1, 15, 9, 0, tzinfo=UTC)
ONE, STAFF, CLIENT, OTHER = 7, "account:1", "client:a", "client:b"
NAMES = {STAFF: "Inès", CLIENT: "a tab", OTHER: "another computer"}


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def record(seconds: float, kind: str, author: str, **codes: int) -> AuditRecord:
    return AuditRecord(
        SessionNumber(1), 0, EventKind(kind), CandidateId(ONE), Author(author), at(seconds), at(seconds),
        {**codes}, {}, "", "", "", "",
    )  # fmt: skip


def asked(began: float, ended: float, type_: str, author: str, answer: str) -> Asked:
    return Asked(ONE, author, type_, at(began), at(ended), answer)


CONFIRMED = record(1, "presence.confirmed", STAFF)
ENTERED = record(2, "candidate.entered", CLIENT, entry_no=1)
ENDING = record(3, "candidate.ending", STAFF)
ENDED = record(5, "candidate.ended", "hub")
AUDIT = (CONFIRMED, ENTERED, ENDING, ENDED)
HISTORY = (
    asked(0.9, 1.1, "presence.confirm", STAFF, "ok"),
    asked(1.9, 2.1, "enter", CLIENT, "ok"),
    asked(2.9, 3.1, "attempt.end", STAFF, "ok"),
)


def found(history: Sequence[Asked], audit: Sequence[AuditRecord] = AUDIT) -> list[str]:
    return unexplained(audit, history, NAMES, START)


def test_what_the_order_explains_is_no_fault() -> None:
    assert found(HISTORY) == []


@pytest.mark.parametrize(
    ("began", "ended", "type_", "author", "answer"),
    [
        (0.5, 1.5, "enter", OTHER, "presence_not_confirmed"),
        (1.5, 2.5, "enter", OTHER, "resume_not_authorized"),
        (2.5, 3.5, "enter", OTHER, "attempt_ending"),
        (4.5, 5.5, "enter", OTHER, "attempt_over"),
        (4.5, 5.5, "attempt.end.cancel", STAFF, "too_late"),
        (2.5, 3.5, "attempt.end.cancel", STAFF, "no_end_requested"),
        (3.5, 4.5, "enter", CLIENT, "already"),
        (1.5, 2.5, "presence.cancel", STAFF, "already_started"),
    ],
)
def test_an_answer_of_any_moment_in_between_is_explained(
    began: float, ended: float, type_: str, author: str, answer: str
) -> None:
    assert found([*HISTORY, asked(began, ended, type_, author, answer)]) == []


@pytest.mark.parametrize(
    ("began", "ended", "type_", "author", "answer"),
    [
        # Told to be in, and no decision says so.
        (3.2, 3.4, "enter", OTHER, "ok"),
        (1.2, 1.8, "presence.cancel", STAFF, "ok"),
        # Told something that was true before it was asked, or after it was answered.
        (1.2, 1.8, "enter", OTHER, "presence_not_confirmed"),
        (3.2, 4.8, "attempt.end.cancel", STAFF, "too_late"),
        (5.2, 5.8, "attempt.end.cancel", STAFF, "no_end_requested"),
        (5.2, 5.8, "enter", CLIENT, "already"),
    ],
)
def test_an_answer_of_no_moment_in_between_is_found(
    began: float, ended: float, type_: str, author: str, answer: str
) -> None:
    assert len(found([*HISTORY, asked(began, ended, type_, author, answer)])) == 1


def test_one_decision_does_not_explain_two_answers() -> None:
    assert len(found([*HISTORY, asked(1.8, 2.2, "enter", CLIENT, "ok")])) == 1


def test_a_decision_that_nobody_was_told_of_is_found_unless_an_answer_was_lost() -> None:
    assert len(found(HISTORY[:2])) == 1
    assert found([*HISTORY[:2], asked(2.9, 9.0, "attempt.end", STAFF, "unknown")]) == []


def test_a_decision_that_the_rules_do_not_allow_is_found_though_its_author_was_told() -> None:
    audit = (ENTERED, record(2.5, "presence.confirmed", STAFF))
    history = [HISTORY[1], asked(2.4, 2.6, "presence.confirm", STAFF, "ok")]
    assert len(found(history, audit)) == 2

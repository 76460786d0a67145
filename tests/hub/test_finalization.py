"""Finalization: what must be said first, what is refused in which order, what freezing does to everybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from hub import finalization
from hub.commands import Enter
from hub.events import EventKind
from hub.finalization import MAX_COMMENT, AbortReason, Draft
from hub.model import (
    AttemptState,
    Authorization,
    AuthorizationKind,
    Candidate,
    CandidateId,
    HelpOutcome,
    Presence,
    PresenceState,
    Room,
)
from hub.refusals import Code, Refusal
from tests.builders import CLAIRE, MARC, NOW, SEATED, a_call, a_candidate, a_report, a_room, happen, later

ONE, TWO, THREE = CandidateId(1), CandidateId(2), CandidateId(3)
CANDIDATE, TECHNICAL = AbortReason.CANDIDATE, AbortReason.TECHNICAL


def sitting(number: int, attempt: AttemptState, **facets: object) -> Candidate:
    return a_candidate(number, attempt=attempt, entry_no=1, **facets)


def said(**reasons: AbortReason) -> Draft:
    return Draft(3, {CandidateId(int(name[1:])): reason for name, reason in reasons.items()})


def outcome(room: Room, draft: Draft, version: int = 3) -> Refusal | list[EventKind]:
    judged = finalization.finalize(room, draft, {}, version, NOW)
    return judged if isinstance(judged, Refusal) else [event.kind for event in judged]


# ── what stands against it ─────────────────────────────────────────────────────────────────────────────────────


def test_a_finalized_session_is_not_finalized_again_whatever_else_is_wrong() -> None:
    room = a_room(finalized_at=NOW)
    assert outcome(room, Draft(), version=7) == Refusal(Code.ALREADY_FINALIZED)


def test_a_draft_that_changed_meanwhile_is_named_with_who_changed_it() -> None:
    draft = Draft(4, saved_by=MARC, saved_at=later(minutes=-1))
    assert outcome(a_room(), draft) == Refusal(Code.DRAFT_CHANGED, by=MARC, at=later(minutes=-1))


def test_there_is_nothing_to_finalize_where_nobody_started() -> None:
    assert outcome(a_room(a_candidate(1), a_candidate(2)), said(c1=CANDIDATE)) == Refusal(Code.NOBODY_STARTED)
    assert outcome(structs.replace(a_room(), candidates={}), said()) == Refusal(Code.NOBODY_STARTED)


def test_somebody_who_finished_meanwhile_comes_before_a_missing_reason_and_all_are_named() -> None:
    finished = [sitting(number, AttemptState.FINISHED) for number in (1, 3)]
    room = a_room(*finished, sitting(2, AttemptState.RUNNING))
    refusal = outcome(room, said(c3=CANDIDATE, c1=TECHNICAL))
    assert refusal == Refusal(Code.ABORT_REASON_ON_FINISHED, candidates=(ONE, THREE))


def test_whoever_never_started_needs_no_reason_and_may_have_none() -> None:
    room = a_room(a_candidate(1), sitting(2, AttemptState.FINISHED))
    assert outcome(room, said()) == [EventKind.SESSION_FINALIZED]
    assert outcome(room, said(c1=CANDIDATE)) == Refusal(Code.ABORT_REASON_ON_FINISHED, candidates=(ONE,))


@pytest.mark.parametrize("attempt", [AttemptState.RUNNING, AttemptState.ENDED, AttemptState.CLOSED])
def test_whoever_did_not_come_to_the_end_needs_a_reason(attempt: AttemptState) -> None:
    room = a_room(sitting(1, attempt), sitting(2, AttemptState.FINISHED), sitting(3, attempt))
    assert outcome(room, said(c3=TECHNICAL)) == Refusal(Code.ABORT_REASON_MISSING, candidates=(ONE,))
    assert not isinstance(outcome(room, said(c1=CANDIDATE, c3=TECHNICAL)), Refusal)


def test_a_missing_end_screen_never_blocks() -> None:
    assert outcome(a_room(sitting(1, AttemptState.FINISHED)), said()) == [EventKind.SESSION_FINALIZED]


# ── what it does ───────────────────────────────────────────────────────────────────────────────────────────────


def test_pending_ends_take_effect_and_whoever_runs_is_closed() -> None:
    room = a_room(
        sitting(1, AttemptState.RUNNING, ending_at=later(seconds=8), help=(a_call(),)),
        sitting(2, AttemptState.RUNNING, help=(a_call(),), interrupted_at=later(minutes=-9)),
        sitting(3, AttemptState.FINISHED),
    )
    judged = finalization.finalize(room, said(c1=CANDIDATE, c2=TECHNICAL), {}, 3, NOW)
    assert not isinstance(judged, Refusal)
    kinds = [(event.kind, event.candidate) for event in judged]
    assert kinds == [
        (EventKind.ENDED, ONE),
        (EventKind.HELP_LAPSED, ONE),
        (EventKind.CLOSED, TWO),
        (EventKind.HELP_LAPSED, TWO),
        (EventKind.SESSION_FINALIZED, None),
    ]
    ended, closed = judged[0].changes, judged[2].changes
    assert (ended["attempt"], closed["attempt"]) == (AttemptState.ENDED, AttemptState.CLOSED)
    assert closed["interrupted_at"] is None
    assert all(one["help"][0].outcome is HelpOutcome.LAPSED for one in (ended, closed))
    assert (judged[0].codes, judged[2].codes) == ({"abort_reason": "candidate"}, {"abort_reason": "technical"})


def test_the_chained_row_says_codes_and_the_detail_says_words() -> None:
    room = a_room(sitting(1, AttemptState.ENDED), started_at=later(hours=-60))
    draft = replace(said(c1=TECHNICAL), has_incident=True, comment="Panne de courant")
    judged = finalization.finalize(room, draft, {"b": "02", "a": "01"}, 3, NOW)
    assert not isinstance(judged, Refusal)
    last = judged[-1]
    reasons = {"abort_reason.1": "technical"}
    assert last.codes == {"late": 1, "incident": 1, **reasons, "document.a": "01", "document.b": "02"}
    assert last.detail == {"comment": "Panne de courant"}
    assert last.room["finalized_at"] == NOW
    assert [one.value for one in last.room["attention"]] == ["comment", "abort_reason"]


def test_it_is_late_48_hours_after_the_latest_theoretical_end_of_those_who_started() -> None:
    on_time = sitting(1, AttemptState.FINISHED)
    longest = sitting(2, AttemptState.FINISHED, extra_time_percentage=33)
    absent = a_candidate(3, extra_time_percentage=300)
    room = a_room(on_time, longest, absent, started_at=NOW)
    due_at = NOW + timedelta(minutes=105 + 35, hours=48)
    assert not finalization.is_late(room, due_at)
    assert finalization.is_late(room, due_at + timedelta(seconds=1))
    assert not finalization.is_late(a_room(), later(hours=9000))
    assert not finalization.is_late(structs.replace(room, reopened_at=due_at), due_at + timedelta(days=9))


# ── the draft ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_change_of_the_draft_is_its_next_version() -> None:
    stored, wanted = Draft(2, saved_by=MARC, saved_at=NOW), Draft(2, {ONE: CANDIDATE}, True, "  court-circuit ")
    kept = finalization.keep(a_room(), stored, wanted, CLAIRE, later(seconds=1))
    assert kept == Draft(3, {ONE: CANDIDATE}, True, "court-circuit", CLAIRE, later(seconds=1))


def test_a_change_made_from_an_older_version_is_refused() -> None:
    stored = Draft(2, saved_by=MARC, saved_at=NOW)
    for version in (1, 3):
        refusal = finalization.keep(a_room(), stored, Draft(version), CLAIRE, NOW)
        assert refusal == Refusal(Code.DRAFT_CHANGED, by=MARC, at=NOW)


@pytest.mark.parametrize("wanted", [Draft(comment="x" * (MAX_COMMENT + 1)), Draft(abort_reasons={TWO: CANDIDATE})])
def test_a_draft_about_strangers_or_too_long_is_refused(wanted: Draft) -> None:
    assert finalization.keep(a_room(), Draft(), wanted, CLAIRE, NOW) == Refusal(Code.INVALID)


def test_a_comment_of_500_characters_fits() -> None:
    kept = finalization.keep(a_room(), Draft(), Draft(comment="é" * MAX_COMMENT), CLAIRE, NOW)
    assert isinstance(kept, Draft)


def test_the_draft_of_a_finalized_session_stands() -> None:
    assert finalization.keep(a_room(finalized_at=NOW), Draft(), Draft(), CLAIRE, NOW) == Refusal(Code.ALREADY_FINALIZED)


def test_reports_that_the_jury_must_act_on_need_attention() -> None:
    reported = sitting(1, AttemptState.FINISHED, reports=(a_report(),))
    judged = finalization.finalize(a_room(reported), said(), {}, 3, NOW)
    assert not isinstance(judged, Refusal)
    assert [one.value for one in judged[-1].room["attention"]] == ["report", "end_screen"]


def test_nobody_enters_a_session_that_the_jury_gave_back() -> None:
    presence = Presence(PresenceState.CONFIRMED, CLAIRE, NOW)
    granted = Authorization(AuthorizationKind.START, CLAIRE, NOW)
    room = a_room(a_candidate(presence=presence, authorization=granted), reopened_at=later(minutes=-1))
    assert happen(room, Enter(SEATED, is_code_right=True)).refusal == Refusal(Code.SESSION_CLOSED)
    assert happen(structs.replace(room, reopened_at=None), Enter(SEATED, is_code_right=True)).refusal is None

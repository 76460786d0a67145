"""The jury: what it may say of a finalized session, what needs its attention, and two members who decide at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from hub import audit, jury
from hub.audit import AuditRecord, Signature
from hub.events import EventKind
from hub.jury import Assign, Decide, File, JuryCommand, Publish, Resolve, Review, Unfinalize, Unpublish, Verdict
from hub.model import AccountId, AttemptState, Attention, CandidateId, IssueReport, ReportId, Room, Seen
from hub.refusals import Code, Refusal
from tests.builders import CLAIRE, MARC, ME, NOW, REPORT, SALT, a_candidate, a_report, a_room, later

NOTHING = File("", {}, Review({}, {}))
REJECT = Decide(ME, Verdict.REJECTED, "écran non vu", 0)
RESOLVE = Resolve(REPORT, "corrigé", 0)


def finalized(**facts: object) -> Room:
    seen = Seen(CLAIRE, NOW)
    row = a_candidate(attempt=AttemptState.FINISHED, entry_no=1, reports=(a_report(),), end_screen_seen=seen)
    return a_room(row, **{"finalized_at": later(hours=-1), "attention": (Attention.REPORT,), **facts})


def played(*steps: tuple[JuryCommand, object]) -> tuple[list[AuditRecord], Room]:
    """Let members decide one after the other; each step must be accepted."""
    room, trail = finalized(), []
    for command, author in steps:
        outcome = jury.decide(room, file_of(trail), command, author, NOW)  # type: ignore[arg-type]
        assert not isinstance(outcome, Refusal), outcome
        recorded = audit.record(
            structs.replace(room, candidates={}), outcome, Signature(author, NOW, NOW, lambda: SALT)
        )  # type: ignore[arg-type]
        trail += recorded.records
        room = structs.replace(recorded.room, candidates=room.candidates)
    return trail, room


def file_of(trail: list[AuditRecord]) -> File:
    return replace(NOTHING, review=jury.review_of(trail))


def refused(room: Room, command: JuryCommand, file: File = NOTHING, author: object = CLAIRE) -> Refusal:
    outcome = jury.decide(room, file, command, author, NOW)  # type: ignore[arg-type]
    assert isinstance(outcome, Refusal)
    return outcome


# ── when ───────────────────────────────────────────────────────────────────────────────────────────────────────

COMMANDS = (Assign(None), REJECT, RESOLVE, Publish(), Unpublish(), Unfinalize("à corriger"))


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_said_of_a_session_that_is_not_finalized(command: JuryCommand) -> None:
    assert refused(structs.replace(finalized(), finalized_at=None), command).code is Code.FORBIDDEN


@pytest.mark.parametrize("command", [REJECT, RESOLVE, Unfinalize("à corriger")])
def test_what_is_published_stands_until_it_is_taken_back(command: JuryCommand) -> None:
    published = finalized(published_at=NOW)
    assert refused(published, command).code is Code.ALREADY_PUBLISHED
    _, room = played((Publish(), CLAIRE), (Unpublish(), MARC), (command, MARC))
    assert room.published_at is None


def test_publishing_twice_and_taking_back_twice_changes_nothing() -> None:
    trail, room = played((Publish(), CLAIRE), (Publish(), MARC))
    assert (len(trail), room.published_at) == (1, NOW)
    trail, room = played((Unpublish(), CLAIRE))
    assert (trail, room.published_at) == ([], None)


# ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_decision_is_kept_and_the_last_one_counts() -> None:
    trail, _ = played((REJECT, CLAIRE), (Decide(ME, Verdict.VALIDATED, "", 1001), MARC))
    assert [(one.kind, one.codes["verdict"]) for one in trail] == [
        (EventKind.JURY_DECIDED, "rejected"),
        (EventKind.JURY_DECIDED, "validated"),
    ]
    last = jury.review_of(trail).decisions[ME]
    assert (last.verdict, last.words, last.by, last.seq) == (Verdict.VALIDATED, "", MARC, 1002)


def test_a_reason_is_a_detail_that_may_be_purged_while_the_verdict_stays() -> None:
    trail, _ = played((REJECT, CLAIRE))
    assert trail[0].detail == {"reason": "écran non vu"}
    assert "écran" not in str(trail[0].codes)
    purged = [replace(one, detail={}, salt="") for one in trail]
    assert jury.review_of(purged).decisions[ME].verdict is Verdict.REJECTED


@pytest.mark.parametrize("verdict", [Verdict.REJECTED, Verdict.CANCELLED])
@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_against_somebody_needs_a_reason_that_can_be_read(verdict: Verdict, reason: str) -> None:
    assert refused(finalized(), Decide(ME, verdict, reason, 0)).code is Code.INVALID


def test_nobody_is_judged_who_is_not_there_or_never_started() -> None:
    assert refused(finalized(), Decide(CandidateId(9), Verdict.VALIDATED, "", 0)).code is Code.UNKNOWN_CANDIDATE
    room = a_room(a_candidate(), finalized_at=NOW)
    assert refused(room, Decide(ME, Verdict.VALIDATED, "", 0)).code is Code.NOT_STARTED


def test_two_members_who_decide_at_once_notice_each_other() -> None:
    trail, room = played((REJECT, CLAIRE))
    late = refused(room, Decide(ME, Verdict.VALIDATED, "", 0), file_of(trail), MARC)
    assert late == Refusal(Code.CHANGED_MEANWHILE, by=CLAIRE, at=NOW)


def test_the_same_decision_sent_again_by_its_author_is_no_conflict() -> None:
    trail, room = played((REJECT, CLAIRE))
    assert jury.decide(room, file_of(trail), REJECT, CLAIRE, NOW) == ()
    assert refused(room, REJECT, file_of(trail), MARC).code is Code.CHANGED_MEANWHILE
    for other in (replace(REJECT, verdict=Verdict.CANCELLED), replace(REJECT, reason="absent")):
        assert refused(room, other, file_of(trail)).code is Code.CHANGED_MEANWHILE


@pytest.mark.parametrize("attempt", AttemptState)
def test_a_publication_speaks_only_for_whoever_finished_and_never_against_the_jury(attempt: AttemptState) -> None:
    trail, _ = played((REJECT, CLAIRE))
    row = a_candidate(attempt=attempt)
    assert jury.verdict_of(row, jury.review_of(trail).decisions[ME]) is Verdict.REJECTED
    assert jury.verdict_of(row, None) is (Verdict.VALIDATED if attempt is AttemptState.FINISHED else None)


# ── reports ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_resolved_report_needs_no_attention_any_more() -> None:
    trail, room = played((RESOLVE, CLAIRE))
    assert room.attention == ()
    assert jury.review_of(trail).resolutions[REPORT].words == "corrigé"
    assert refused(room, replace(RESOLVE, word="autre"), file_of(trail), MARC).by == CLAIRE
    assert jury.decide(room, file_of(trail), RESOLVE, CLAIRE, NOW) == ()
    assert refused(room, RESOLVE, file_of(trail), MARC).by == CLAIRE


def test_of_two_reports_the_second_resolved_leaves_none_open() -> None:
    other = structs.replace(a_report(), id=ReportId(REPORT + 1))
    row = structs.replace(finalized().candidates[ME], reports=(a_report(), other))
    room, trail, left = structs.replace(finalized(), candidates={ME: row}), [], []
    for report in row.reports:
        outcome = jury.decide(room, file_of(trail), replace(RESOLVE, report=report.id), CLAIRE, NOW)
        assert not isinstance(outcome, Refusal)
        trail += audit.record(room, outcome, Signature(CLAIRE, NOW, NOW, lambda: SALT)).records
        left.append(outcome[0].room["attention"])
    assert left == [(Attention.REPORT,), ()]


def test_a_resolution_needs_a_word_and_a_report() -> None:
    for word in (" ", "x" * 501):
        assert refused(finalized(), replace(RESOLVE, word=word)).code is Code.INVALID
    assert refused(finalized(), replace(RESOLVE, report=ReportId(1))).code is Code.UNKNOWN_REPORT


def test_what_needs_attention_is_listed_in_one_order() -> None:
    reasons = (Attention.COMMENT, Attention.REPORT, Attention.END_SCREEN, Attention.ABORT_REASON)
    unseen = a_candidate(attempt=AttemptState.FINISHED, reports=(a_report(),))
    assert jury.attention([unseen], "panne", {ME: "technical"}, ()) == reasons
    harmless = IssueReport(REPORT, "non_blocking.technical", None, "souris", CLAIRE, NOW)
    calm = a_candidate(attempt=AttemptState.FINISHED, reports=(harmless,), end_screen_seen=Seen(CLAIRE, NOW))
    assert jury.attention([calm], "", {}, ()) == ()
    assert jury.attention([a_candidate(attempt=AttemptState.ENDED)], "", {}, ()) == ()


# ── who has it ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_session_is_taken_from_a_colleague_only_by_somebody_who_saw_them_there() -> None:
    _, mine = played((Assign(None), CLAIRE))
    assert (mine.assigned_to, mine.assigned_at) == (CLAIRE, NOW)
    assert refused(mine, Assign(None), author=MARC) == Refusal(Code.CHANGED_MEANWHILE, by=CLAIRE, at=NOW)
    assert jury.decide(mine, NOTHING, Assign(None), CLAIRE, NOW) == ()
    _, his = played((Assign(None), CLAIRE), (Assign(AccountId(7)), MARC))
    assert his.assigned_to == MARC


# ── given back ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_session_given_back_begins_anew_with_the_jury() -> None:
    steps = ((Assign(None), CLAIRE), (REJECT, CLAIRE), (RESOLVE, CLAIRE), (Unfinalize("heure fausse"), MARC))
    trail, room = played(*steps)
    assert (room.finalized_at, room.reopened_at, room.assigned_to, room.attention) == (None, NOW, None, ())
    assert jury.review_of(trail) == Review({}, {})
    assert (trail[-1].kind, trail[-1].detail) == (EventKind.SESSION_REOPENED, {"reason": "heure fausse"})


def test_a_session_given_back_needs_the_attention_of_nobody() -> None:
    _, room = played((Unfinalize("heure fausse"), MARC))
    assert room.attention == ()


@pytest.mark.parametrize("reason", ["  ", "x" * 501])
def test_giving_back_needs_a_reason_that_can_be_read(reason: str) -> None:
    assert refused(finalized(), Unfinalize(reason)).code is Code.INVALID

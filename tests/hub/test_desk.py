"""The invigilator's desk and the room, rule by rule."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from hub import commands as ask
from hub import reports
from hub.events import EventKind
from hub.model import (
    HUB,
    AttemptState,
    Candidate,
    CandidateId,
    HelpOutcome,
    IdentityState,
    PresenceState,
    ReportId,
    Room,
    TimeLedger,
)
from hub.policy import Policy
from hub.refusals import Code
from hub.timing import extra_minutes, theoretical_end
from tests.builders import CALL, CLAIRE, MARC, ME, NOW, REPORT, SEATED, a_candidate, a_room, happen, later, settle
from tests.hub.table import STATES


def room(state: str) -> Room:
    """Return the room of a state of the table."""
    return STATES[state].room


def code_of(state: str | Room, command: ask.Command) -> Code | None:
    """Return the code by which a command is refused."""
    refusal = happen(room(state) if isinstance(state, str) else state, command).refusal
    return refusal.code if refusal else None


# ── presence ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_confirming_a_candidate_who_runs_gives_no_new_authorization() -> None:
    again = happen(room("running"), ask.ConfirmPresence())
    assert again.is_already
    assert again.me.authorization is None


def test_a_late_one_needs_a_reason_which_becomes_a_report() -> None:
    assert code_of("late", ask.ConfirmPresence("  ")) is Code.LATE_REASON_REQUIRED
    assert code_of("late", ask.ConfirmPresence("x" * 201)) is Code.INVALID
    late = happen(room("late"), ask.ConfirmPresence(" bus en panne "))
    report = late.me.reports[-1]
    assert (report.name, report.text, report.by) == (reports.LATE, "bus en panne", CLAIRE)
    assert report.id == late.judged.records[-1].seq


@pytest.mark.parametrize(("joined_before", "is_late"), [(10, False), (0, False), (-1, True)])
def test_late_is_who_joined_after_the_code_was_given(joined_before: int, is_late: bool) -> None:
    started = room("late").started_at
    assert started is not None
    row = a_candidate(joined_at=later(minutes=-10 - joined_before))
    refused = code_of(a_room(row, started_at=started, is_started_explicitly=True), ask.ConfirmPresence())
    assert (refused is Code.LATE_REASON_REQUIRED) is is_late


def test_nobody_is_late_when_the_first_entry_started_the_clock() -> None:
    implicit = replace(room("late"), is_started_explicitly=False)
    assert code_of(implicit, ask.ConfirmPresence()) is None


def test_presence_is_withdrawn_from_confirmed_and_from_absent() -> None:
    for state in ("confirmed", "absent"):
        assert happen(room(state), ask.CancelPresence()).me.presence.state is PresenceState.EXPECTED


# ── identity ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_identity_to_correct_opens_one_report_for_the_jury() -> None:
    first = happen(room("expected"), ask.CheckIdentity(IdentityState.TO_CORRECT))
    assert [one.name for one in first.me.reports].count(reports.IDENTITY) == 1
    assert happen(first.room, ask.CheckIdentity(IdentityState.TO_CORRECT)).is_already
    checked = happen(first.room, ask.CheckIdentity(IdentityState.CHECKED))
    again = happen(checked.room, ask.CheckIdentity(IdentityState.TO_CORRECT))
    assert [one.name for one in again.me.reports].count(reports.IDENTITY) == 1


# ── the end and its undo window ────────────────────────────────────────────────────────────────────────────────────


def test_an_end_takes_effect_after_the_undo_window_as_a_decision_of_the_hub() -> None:
    asked = happen(room("running"), ask.EndAttempt())
    assert asked.me.ending_at == later(seconds=10)
    assert settle(asked.room, later(seconds=9.999)).events == ()
    ended = settle(asked.room, later(seconds=10))
    assert [event.kind for event in ended.events] == [EventKind.ENDED, EventKind.HELP_LAPSED]
    assert {event.by for event in ended.events} == {HUB}
    row = ended.room.candidates[ME]
    assert (row.attempt, row.ending_at) == (AttemptState.ENDED, later(seconds=10))


def test_an_end_may_be_undone_strictly_before_it_takes_effect() -> None:
    asked = happen(room("running"), ask.EndAttempt())
    assert happen(asked.room, ask.CancelEnd(), at=later(seconds=9.999)).me.ending_at is None
    late = happen(asked.room, ask.CancelEnd(), at=later(seconds=10))
    assert late.refusal is not None
    assert late.refusal.code is Code.TOO_LATE
    assert late.me.attempt is AttemptState.ENDED


def test_without_an_undo_window_an_end_takes_effect_in_its_own_decision() -> None:
    ended = happen(room("running"), ask.EndAttempt(), policy=Policy(undo=timedelta(0)))
    assert ended.me.attempt is AttemptState.ENDED
    assert [row.kind for row in ended.recorded.records] == [
        EventKind.ENDING,
        EventKind.ENDED,
        EventKind.HELP_LAPSED,
    ]


def test_finishing_inside_the_undo_window_wins() -> None:
    asked = happen(room("running"), ask.EndAttempt())
    done = happen(asked.room, ask.Finish(SEATED, 20, 20), at=later(seconds=9))
    assert (done.me.attempt, done.me.ending_at) == (AttemptState.FINISHED, None)
    assert settle(done.room, later(minutes=1)).events == ()
    over = happen(done.room, ask.CancelEnd(), at=later(seconds=9))
    assert over.refusal is not None
    assert over.refusal.code is Code.ATTEMPT_OVER


def test_asking_for_the_end_again_does_not_move_it() -> None:
    asked = happen(room("running"), ask.EndAttempt())
    again = happen(asked.room, ask.EndAttempt(), by=MARC, at=later(seconds=8))
    assert again.is_already
    assert again.me.ending_at == later(seconds=10)


def test_an_asked_end_voids_an_unused_resume() -> None:
    assert happen(room("interrupted_authorized"), ask.EndAttempt()).me.authorization is None


def test_the_candidate_is_not_told_of_an_asked_end() -> None:
    asked = happen(room("running"), ask.EndAttempt())
    assert asked.me.version == room("running").candidates[ME].version


def test_settling_is_in_the_order_in_which_things_fell_due() -> None:
    rows = [
        replace(room("ending").candidates[ME], id=CandidateId(one), ending_at=later(seconds=9 - one))
        for one in (1, 2, 3)
    ]
    settled = settle(a_room(*rows, started_at=NOW), later(minutes=1))
    ended = [event.candidate for event in settled.events if event.kind is EventKind.ENDED]
    assert ended == [3, 2, 1]


# ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("duration", "percentage", "minutes"), [(105, 33, 35), (105, 0, 0), (60, 50, 30), (1, 1, 1), (105, 300, 315)]
)
def test_extra_time_is_rounded_up_to_whole_minutes(duration: int, percentage: int, minutes: int) -> None:
    assert extra_minutes(duration, percentage) == minutes


def test_the_theoretical_end_counts_from_the_rooms_start_for_late_ones_too() -> None:
    row = a_candidate(extra_time_percentage=33)
    assert theoretical_end(a_room(row), row, 0) is None
    assert theoretical_end(a_room(row, started_at=NOW), row, 10) == later(minutes=105 + 35 + 10)


def test_minutes_add_up_and_never_below_zero() -> None:
    added = happen(room("running"), ask.AddTime(10, "alarme"))
    assert added.me.time.theoretical_end == later(minutes=-30 + 105 + 10)
    assert code_of(added.room, ask.AddTime(-11, "erreur")) is Code.INVALID
    back = happen(added.room, ask.AddTime(-10, "erreur"))
    assert back.me.time.minutes_added == 0
    assert [one.reason for one in back.me.time.additions] == ["alarme", "erreur"]


@pytest.mark.parametrize(
    "command", [ask.AddTime(601, "x"), ask.AddTime(-601, "x"), ask.AddTime(5, " "), ask.AddTime(5, "x" * 201)]
)
def test_time_out_of_bounds_or_without_a_reason_is_invalid(command: ask.AddTime) -> None:
    assert code_of("running", command) is Code.INVALID


def test_minutes_given_before_the_start_count_from_the_start() -> None:
    added = happen(room("confirmed"), ask.AddTime(20, "dispositif"))
    assert added.me.time.theoretical_end is None
    assert happen(added.room, ask.StartSession()).me.time.theoretical_end == later(minutes=125)


def test_nothing_ever_ends_by_itself() -> None:
    assert settle(room("running"), later(hours=48)).events == ()


# ── calls, screens, messages, reports ──────────────────────────────────────────────────────────────────────────────


def test_a_call_already_taken_names_by_whom() -> None:
    taken = happen(room("running"), ask.TakeHelp(CALL), by=MARC)
    late = happen(taken.room, ask.TakeHelp(CALL), by=CLAIRE)
    assert late.refusal is not None
    assert (late.refusal.code, late.refusal.by) == (Code.HELP_TAKEN, MARC)
    assert happen(taken.room, ask.TakeHelp(CALL), by=MARC).is_already


def test_a_colleague_may_resolve_a_call_somebody_else_took() -> None:
    taken = happen(room("running"), ask.TakeHelp(CALL), by=MARC)
    done = happen(taken.room, ask.ResolveHelp(CALL, HelpOutcome.DISMISS, " réglé "), by=CLAIRE)
    assert (done.me.help[0].outcome, done.me.help[0].word) == (HelpOutcome.DISMISS, "réglé")
    assert code_of(done.room, ask.ResolveHelp(CALL, HelpOutcome.DISMISS)) is Code.HELP_CLOSED


def test_a_call_accepted_with_an_incomplete_report_stays_open() -> None:
    refused = happen(room("running"), ask.ResolveHelp(CALL, HelpOutcome.ACCEPT, None, ask.ReportDraft("fraud")))
    assert refused.refusal is not None
    assert refused.refusal.code is Code.INVALID
    assert refused.me.open_help is not None


def test_an_end_screen_is_ticked_by_somebody_and_unticked() -> None:
    seen = happen(room("ended"), ask.SeeEndScreen())
    assert seen.me.end_screen_seen is not None
    assert seen.me.end_screen_seen.by == CLAIRE
    assert happen(seen.room, ask.UnseeEndScreen()).me.end_screen_seen is None


@pytest.mark.parametrize("text", ["", "   ", "x" * 281])
def test_an_empty_or_long_message_is_invalid(text: str) -> None:
    assert code_of("running", ask.SendMessage(text)) is Code.INVALID


def test_a_message_changes_no_facet_and_stays_out_of_the_chained_row() -> None:
    sent = happen(room("running"), ask.SendMessage("Cinq minutes"))
    before = room("running").candidates[ME]
    assert replace(sent.me, revision=0, version=0) == replace(before, revision=0, version=0)
    assert sent.me.version == sent.me.revision
    assert sent.judged.records[0].codes == {}
    assert sent.judged.events[0].text == "Cinq minutes"


@pytest.mark.parametrize("name", reports.CATEGORIES)
def test_a_report_is_accepted_when_it_says_what_its_category_needs(name: str) -> None:
    category = reports.CATEGORIES[name]
    question = 1 if category.needs_question else None
    text = " mots " if category.needs_text else None
    added = happen(room("running"), ask.AddReport(ask.ReportDraft(name, question, text)))
    assert added.refusal is None
    assert added.me.reports[-1].text == (text.strip() if text else None)
    if category.needs_question:
        assert code_of("running", ask.AddReport(ask.ReportDraft(name, None, text))) is Code.INVALID
    if category.needs_text:
        assert code_of("running", ask.AddReport(ask.ReportDraft(name, question, "  "))) is Code.INVALID


@pytest.mark.parametrize(
    "draft",
    [
        ask.ReportDraft("C6", None, "x"),
        ask.ReportDraft("fraud", None, "x" * 501),
        ask.ReportDraft("question.other", 501, "x"),
    ],
)
def test_an_unknown_or_oversized_report_is_invalid(draft: ask.ReportDraft) -> None:
    assert code_of("running", ask.AddReport(draft)) is Code.INVALID


def test_a_report_keeps_its_first_author_when_corrected() -> None:
    edited = happen(room("running"), ask.EditReport(REPORT, ask.ReportDraft("other", None, "autre")), by=MARC)
    assert [(one.id, one.by, one.text) for one in edited.me.reports] == [(REPORT, CLAIRE, "autre")]
    assert [row.detail for row in edited.recorded.records] == [{"text": "autre"}], "the audit keeps every wording"
    again = happen(edited.room, ask.EditReport(REPORT, ask.ReportDraft("other", None, "autre")))
    assert again.is_already
    assert code_of("running", ask.EditReport(ReportId(5), ask.ReportDraft("other", None, "x"))) is Code.INVALID


def test_removing_a_report_twice_is_no_error() -> None:
    removed = happen(room("running"), ask.RemoveReport(REPORT))
    assert removed.me.reports == ()
    assert happen(removed.room, ask.RemoveReport(REPORT)).is_already


# ── the room ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_giving_the_code_starts_the_clock_of_every_row_in_one_decision() -> None:
    rows: tuple[Candidate, ...] = (a_candidate(1), a_candidate(2, extra_time_percentage=33))
    started = happen(a_room(*rows), ask.StartSession())
    assert started.room.is_started_explicitly
    assert [row.seq for row in started.judged.records] == [1001]
    assert [(event.candidate, event.decision) for event in started.judged.events] == [
        (None, 1001),
        (1, 1001),
        (2, 1001),
    ]
    ends = [one.time.theoretical_end for one in started.room.candidates.values()]
    assert ends == [later(minutes=105), later(minutes=140)]


def test_taking_over_lasts_fifteen_minutes_and_is_renewed_by_the_same_person() -> None:
    taken = happen(room("running"), ask.TakeOverRoom())
    again = happen(taken.room, ask.TakeOverRoom(), at=later(minutes=10))
    assert [(one.by, one.until) for one in again.room.take_overs] == [(CLAIRE, later(minutes=25))]
    both = happen(again.room, ask.TakeOverRoom(), by=MARC, at=later(minutes=11))
    assert {one.by for one in both.room.take_overs} == {CLAIRE, MARC}
    later_on = happen(both.room, ask.TakeOverRoom(), by=MARC, at=later(minutes=25))
    assert {one.by for one in later_on.room.take_overs} == {MARC}


def test_what_an_end_takes_away_and_keeps() -> None:
    ended = settle(happen(room("running"), ask.EndAttempt()).room, later(minutes=1)).room.candidates[ME]
    before = room("running").candidates[ME]
    assert (ended.seat, ended.progress, ended.certification_number) == (
        before.seat,
        before.progress,
        before.certification_number,
    )
    assert ended.time == TimeLedger(theoretical_end=before.time.theoretical_end)
    assert happen(room("running_authorized"), ask.Finish(SEATED)).me.authorization is None


# ── a call whose taker fell silent ─────────────────────────────────────────────────────────────────────────────────


def test_a_call_is_given_back_when_its_taker_fell_silent_and_anybody_may_take_it() -> None:
    taken = happen(room("running"), ask.TakeHelp(CALL), by=CLAIRE)
    given_back = happen(taken.room, ask.ReleaseHelp(CALL, CLAIRE), by=HUB)
    assert given_back.kinds == ["help.released"]
    assert given_back.me.open_help is not None
    assert given_back.me.open_help.taken_by is None
    assert happen(given_back.room, ask.TakeHelp(CALL), by=MARC).kinds == ["help.taken"]


def test_a_call_that_somebody_else_took_meanwhile_is_not_given_back() -> None:
    taken = happen(room("running"), ask.TakeHelp(CALL), by=MARC)
    assert happen(taken.room, ask.ReleaseHelp(CALL, CLAIRE), by=HUB).kinds == []

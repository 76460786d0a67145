"""The door and the seat, rule by rule."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from hub import commands as ask
from hub.entry import advance
from hub.events import EventKind
from hub.model import (
    HUB,
    AttemptState,
    Authorization,
    AuthorizationKind,
    Cause,
    HelpKind,
    HelpOutcome,
    Interruption,
    Presence,
    PresenceState,
    Progress,
    Room,
    TimeLedger,
)
from hub.refusals import Code
from tests.builders import (
    CALL,
    CLAIRE,
    MARC,
    ME,
    NOW,
    OTHER,
    SEATED,
    a_candidate,
    a_room,
    happen,
    later,
    settle,
)
from tests.hub.table import STATES

ENTER = ask.Enter(SEATED, is_code_right=True)
LOST_FOR = timedelta(seconds=15)
ENTER_ELSEWHERE = ask.Enter(OTHER, is_code_right=True)


def room(state: str) -> Room:
    """Return the room of a state of the table."""
    return STATES[state].room


# ── before the first entry ─────────────────────────────────────────────────────────────────────────────────────────


def test_enter_is_refused_until_presence_is_confirmed() -> None:
    refused = happen(room("expected"), ENTER)
    assert refused.refusal is not None
    assert refused.refusal.code is Code.PRESENCE_NOT_CONFIRMED
    confirmed = happen(refused.room, ask.ConfirmPresence())
    assert happen(confirmed.room, ENTER).me.attempt is AttemptState.RUNNING


def test_a_cancelled_presence_takes_the_authorization_back() -> None:
    cancelled = happen(room("confirmed"), ask.CancelPresence())
    assert cancelled.me.authorization is None
    assert happen(cancelled.room, ENTER).me.attempt is AttemptState.NOT_STARTED


def test_the_one_who_asks_is_shown_once_and_an_authorization_clears_it() -> None:
    asking = happen(room("expected"), ENTER)
    assert asking.me.entry_refused is not None
    again = happen(asking.room, ENTER, at=later(seconds=5))
    assert again.kinds == []
    assert again.me.entry_refused == asking.me.entry_refused
    assert happen(again.room, ask.ConfirmPresence()).me.entry_refused is None


def test_a_wrong_code_is_never_shown_to_the_invigilator() -> None:
    assert happen(room("expected"), ask.Enter(SEATED, is_code_right=False)).me.entry_refused is None


def test_the_first_entry_seats_numbers_and_consumes() -> None:
    entered = happen(room("confirmed"), replace(ENTER, total=20)).me
    assert (entered.attempt, entered.entry_no, entered.authorization) == (AttemptState.RUNNING, 1, None)
    assert entered.certification_number == entered.reserved_number
    assert entered.seat is not None
    assert entered.seat.client == SEATED
    assert entered.progress == Progress(0, 20, None, NOW)


def test_the_first_entry_starts_the_clock_of_everybody_and_makes_nobody_late() -> None:
    second = a_candidate(2)
    first = room("confirmed").candidates[ME]
    entered = happen(a_room(first, second), ENTER)
    assert entered.room.started_at == NOW
    assert not entered.room.is_started_explicitly
    assert entered.room.candidates[second.id].time.theoretical_end == later(minutes=105)
    assert happen(entered.room, ask.ConfirmPresence(), to=second.id, at=later(minutes=5)).refusal is None


def test_who_enters_later_starts_no_second_clock_and_has_the_end_of_the_room() -> None:
    begun = structs.replace(room("confirmed"), started_at=later(minutes=-10), is_started_explicitly=True)
    entered = happen(begun, ENTER)
    assert entered.kinds == [EventKind.ENTERED]
    assert (entered.room.started_at, entered.room.is_started_explicitly) == (later(minutes=-10), True)
    assert entered.me.time.theoretical_end == later(minutes=95)


@pytest.mark.parametrize(("after", "is_open"), [(timedelta(hours=24, seconds=-1), True), (timedelta(hours=24), False)])
def test_nobody_starts_for_the_first_time_24_hours_after_the_start(after: timedelta, is_open: bool) -> None:
    started = structs.replace(room("confirmed"), started_at=NOW - after, is_started_explicitly=True)
    refusal = happen(started, ENTER).refusal
    assert (refusal is None) is is_open
    assert refusal is None or refusal.code is Code.SESSION_CLOSED


def test_somebody_who_started_may_resume_even_after_24_hours() -> None:
    started = structs.replace(room("interrupted_authorized"), started_at=later(hours=-30))
    assert happen(started, ENTER).kinds == [EventKind.RESUMED]


# ── the seat ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_entering_again_from_the_seat_consumes_nothing() -> None:
    again = happen(room("running_authorized"), ENTER)
    assert again.is_already
    assert again.me.authorization is not None
    assert again.me.entry_no == 1


def test_no_other_client_takes_over_silently() -> None:
    tried = happen(room("running"), ENTER_ELSEWHERE)
    assert tried.refusal is not None
    assert tried.refusal.code is Code.RESUME_NOT_AUTHORIZED
    assert tried.me.seat == room("running").candidates[ME].seat
    assert tried.me.entry_no == 1


def test_another_client_with_an_authorization_takes_the_seat_without_an_interruption() -> None:
    moved = happen(room("running_authorized"), ENTER_ELSEWHERE).me
    assert moved.seat is not None
    assert (moved.seat.client, moved.entry_no, moved.authorization) == (OTHER, 2, None)
    assert moved.time.interruptions == ()


def test_of_two_clients_with_one_authorization_exactly_one_wins() -> None:
    first = happen(room("interrupted_authorized"), ENTER_ELSEWHERE)
    second = happen(first.room, ENTER)
    assert second.refusal is not None
    assert second.refusal.code is Code.RESUME_NOT_AUTHORIZED
    assert second.me.seat == first.me.seat


def test_a_resume_keeps_the_progress_and_closes_the_interruption() -> None:
    before = room("interrupted_authorized").candidates[ME]
    resumed = happen(room("interrupted_authorized"), replace(ENTER, total=99)).me
    assert resumed.progress == before.progress
    assert resumed.interrupted_at is None
    assert [one.until for one in resumed.time.interruptions] == [NOW]
    assert resumed.certification_number == before.certification_number


def test_a_resume_closes_no_interruption_a_second_time() -> None:
    away = room("interrupted_authorized")
    earlier = Interruption(later(minutes=-20), later(minutes=-15), Cause.HUB)
    time = TimeLedger(interruptions=(earlier, *away.candidates[ME].time.interruptions))
    me = structs.replace(away.candidates[ME], time=time)
    assert happen(structs.replace(away, candidates={ME: me}), ENTER).me.time.interruptions[0] == earlier


def test_a_resume_never_puts_the_progress_back_even_when_the_ledger_knows_none() -> None:
    """The ledger's progress is flushed now and then: a total at the door must not write over the live one."""
    stale = a_room(structs.replace(room("running_authorized").candidates[ME], progress=None))
    resumed = happen(stale, replace(ENTER_ELSEWHERE, total=20))
    assert all("progress" not in event.changes for event in resumed.recorded.events)


def test_the_seated_client_returns_freely_until_interrupted() -> None:
    back = happen(room("running"), ask.ReturnToSeat(SEATED))
    assert back.me.entry_no == 2
    lost = happen(back.room, ask.Interrupt(2, 1, LOST_FOR, Cause.CANDIDATE), by=HUB)
    refused = happen(lost.room, ask.ReturnToSeat(SEATED))
    assert refused.refusal is not None
    assert refused.refusal.code is Code.RESUME_NOT_AUTHORIZED


@pytest.mark.parametrize(
    "command",
    [ask.Interrupt(2, 1, LOST_FOR, Cause.CANDIDATE), ask.Interrupt(1, 2, LOST_FOR, Cause.HUB)],
    ids=["another entry", "another life of the live store"],
)
def test_only_the_very_loss_that_was_seen_interrupts(command: ask.Interrupt) -> None:
    assert happen(room("running"), command, by=HUB).is_already


def test_an_interruption_is_measured_from_the_last_sign_of_life_with_its_cause() -> None:
    lost = happen(room("running"), ask.Interrupt(1, 1, LOST_FOR, Cause.ROOM), by=HUB).me
    assert lost.interrupted_at == NOW
    assert [(one.since, one.until, one.cause) for one in lost.time.interruptions] == [
        (later(seconds=-15), None, Cause.ROOM)
    ]


def test_a_node_that_measured_nonsense_puts_no_interruption_into_the_future() -> None:
    lost = happen(room("running"), ask.Interrupt(1, 1, timedelta(minutes=-10), Cause.CANDIDATE), by=HUB).me
    assert lost.time.interruptions[0].since == NOW


# ── resume authorizations ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_resume_lives_fifteen_minutes_and_giving_it_again_renews_it() -> None:
    given = happen(room("interrupted"), ask.AuthorizeResume())
    assert given.me.authorization == Authorization(AuthorizationKind.RESUME, CLAIRE, NOW, later(minutes=15))
    renewed = happen(given.room, ask.AuthorizeResume(), by=MARC, at=later(minutes=14))
    assert renewed.me.authorization is not None
    assert renewed.me.authorization.expires_at == later(minutes=29)


def test_a_lapsed_resume_opens_nothing_and_its_asker_asks_again() -> None:
    given = happen(room("interrupted_asking"), ask.AuthorizeResume())
    assert given.me.entry_refused is None
    lapsed = settle(given.room, later(minutes=15))
    row = lapsed.room.candidates[ME]
    assert [event.kind for event in lapsed.events] == [EventKind.AUTHORIZATION_EXPIRED]
    assert lapsed.events[0].by == HUB
    assert row.authorization is None
    assert row.entry_refused is not None
    assert (row.entry_refused.code, row.entry_refused.at) == (Code.RESUME_NOT_AUTHORIZED, later(minutes=15))
    refused = happen(given.room, ENTER, at=later(minutes=15))
    assert refused.refusal is not None
    assert refused.refusal.code is Code.RESUME_NOT_AUTHORIZED


def test_a_renewed_resume_still_remembers_who_was_asking() -> None:
    given = happen(room("interrupted_asking"), ask.AuthorizeResume())
    renewed = happen(given.room, ask.AuthorizeResume(), at=later(minutes=5))
    assert settle(renewed.room, later(minutes=20)).room.candidates[ME].entry_refused is not None


def test_nobody_asks_again_who_left_meanwhile_or_never_asked() -> None:
    asked = happen(room("interrupted_asking"), ask.AuthorizeResume())
    left = happen(asked.room, ask.Leave(), by=HUB)
    assert settle(left.room, later(minutes=15)).room.candidates[ME].entry_refused is None
    never_asked = happen(room("interrupted"), ask.AuthorizeResume())
    assert settle(never_asked.room, later(minutes=15)).room.candidates[ME].entry_refused is None


def test_a_resume_never_touches_an_open_call() -> None:
    given = happen(room("interrupted"), ask.AuthorizeResume())
    assert given.me.help == room("interrupted").candidates[ME].help


def test_a_confirmed_presence_lives_until_the_session_ends() -> None:
    assert settle(room("confirmed"), later(hours=23)).events == ()


# ── progress and finishing ─────────────────────────────────────────────────────────────────────────────────────────

BEFORE = Progress(3, 20, 4, NOW)


@pytest.mark.parametrize("answered", [0, 2, 3])
def test_a_lower_or_equal_progress_is_ignored(answered: int) -> None:
    assert advance(BEFORE, answered, 20, 9, later(seconds=1)) is BEFORE


def test_the_total_is_fixed_at_the_first_one() -> None:
    assert advance(BEFORE, 4, 21, None, NOW) is Code.TOTAL_CHANGED
    assert advance(None, 4, 21, None, NOW) == Progress(4, 21, None, NOW)


@pytest.mark.parametrize(("before", "answered", "total"), [(BEFORE, 21, 20), (None, 5, 4), (None, 5, None)])
def test_progress_beyond_its_total_or_without_one_is_invalid(
    before: Progress | None, answered: int, total: int | None
) -> None:
    assert advance(before, answered, total, None, NOW) is Code.INVALID


def test_finish_is_allowed_below_the_total_and_carries_the_last_numbers() -> None:
    done = happen(room("running"), ask.Finish(SEATED, 12, 20)).me
    assert done.attempt is AttemptState.FINISHED
    assert done.progress is not None
    assert (done.progress.answered, done.progress.total) == (12, 20)


def test_a_last_answer_counts_although_the_finish_does_not_repeat_the_total() -> None:
    done = happen(room("running"), ask.Finish(SEATED, 12)).me
    assert done.progress is not None
    assert (done.progress.answered, done.progress.total) == (12, 20)


def test_finish_without_numbers_keeps_the_best_that_the_hub_knows() -> None:
    done = happen(room("running"), ask.Finish(SEATED, progress=Progress(7, 20, 8, NOW))).me
    assert done.progress == Progress(7, 20, 8, NOW)


def test_finish_never_puts_the_progress_back() -> None:
    done = happen(room("running"), ask.Finish(SEATED, 1, 20, Progress(2, 20, 3, NOW))).me
    assert done.progress is not None
    assert done.progress.answered == 3


def test_finish_with_another_total_is_refused() -> None:
    refusal = happen(room("running"), ask.Finish(SEATED, 12, 21)).refusal
    assert refusal is not None
    assert refusal.code is Code.TOTAL_CHANGED


# ── calls ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_call_updates_the_open_one_and_keeps_who_goes_there() -> None:
    taken = happen(room("running"), ask.TakeHelp(CALL), by=MARC)
    updated = happen(taken.room, ask.AskHelp(SEATED, HelpKind.QUESTION, 5, " l'image manque "), at=later(seconds=3))
    request = updated.me.open_help
    assert len(updated.me.help) == 1
    assert request is not None
    assert (request.id, request.taken_by, request.question, request.text) == (CALL, MARC, 5, "l'image manque")


def test_a_new_call_after_a_handled_one_is_another_call() -> None:
    handled = happen(room("running"), ask.ResolveHelp(CALL, HelpOutcome.DISMISS))
    asked = happen(handled.room, ask.AskHelp(SEATED, HelpKind.OTHER))
    assert [one.outcome for one in asked.me.help] == [HelpOutcome.DISMISS, None]
    assert asked.me.open_help is not None
    assert asked.me.open_help.id == asked.room.decision_seq


def test_a_call_that_is_updated_is_news_to_its_candidate() -> None:
    updated = happen(room("running"), ask.AskHelp(SEATED, HelpKind.OTHER, None, "autre chose"))
    assert updated.me.version == updated.room.decision_seq


@pytest.mark.parametrize("end", [ask.Finish(SEATED, 20, 20), ask.EndAttempt()])
def test_an_open_call_lapses_with_the_test_and_is_kept(end: ask.Command) -> None:
    asked = happen(room("running"), end)
    row = settle(asked.room, later(seconds=10)).room.candidates[ME]
    assert row.attempt.is_over
    assert [(one.id, one.outcome) for one in row.help] == [(CALL, HelpOutcome.LAPSED)]


def test_leaving_clears_who_asks_but_not_an_authorization() -> None:
    left = happen(room("interrupted_authorized"), ask.Leave(), by=HUB).me
    assert left.authorization is not None
    assert not left.authorization.was_asking


def test_an_absent_person_who_shows_up_after_all_can_be_confirmed() -> None:
    confirmed = happen(room("absent"), ask.ConfirmPresence()).me
    assert confirmed.presence == Presence(PresenceState.CONFIRMED, CLAIRE, NOW)


def test_a_test_that_ends_during_an_interruption_closes_it() -> None:
    asked = happen(room("interrupted"), ask.EndAttempt())
    ended = settle(asked.room, later(seconds=10))
    me = next(iter(ended.room.candidates.values()))
    assert me.attempt is AttemptState.ENDED
    assert me.interrupted_at is None
    assert me.time.interruptions[-1].until == later(seconds=10)


def test_an_undone_end_hides_nobody_who_stood_at_the_door() -> None:
    granted = happen(room("interrupted_asking"), ask.AuthorizeResume())
    assert granted.me.entry_refused is None
    ending = happen(granted.room, ask.EndAttempt())
    undone = happen(ending.room, ask.CancelEnd())
    assert undone.me.entry_refused is not None
    assert undone.me.authorization is None


def test_the_same_call_again_is_already_so() -> None:
    call = ask.AskHelp(SEATED, HelpKind.OTHER, text="Bonjour")
    once = happen(room("running"), call)
    assert happen(once.room, call).is_already

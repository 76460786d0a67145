"""Guards of the pure core: who may start, come back, end, command and judge."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Mutant, quick, thorough

_ENTRY = "tests/hub/test_entry.py"
_DESK = "tests/hub/test_desk.py"
_SERVICE = "tests/hub/test_service.py"

OF_RULES: Final[tuple[Mutant, ...]] = (
    quick(
        "who is not confirmed may start",
        "hub/entry.py",
        "if candidate.presence.state is not PresenceState.CONFIRMED:",
        "if candidate.presence.state is PresenceState.ABSENT:",
        f"{_ENTRY}::test_enter_is_refused_until_presence_is_confirmed",
    ),
    quick(
        "a test that is over may be entered",
        "hub/entry.py",
        "    if candidate.attempt.is_over:\n        return Refusal(Code.ATTEMPT_OVER)\n    if may_return(",
        "    if may_return(",
        f"{_DESK}::test_what_an_end_takes_away_and_keeps",
        "tests/hub/test_table.py",
    ),
    thorough(
        "a test that is ending may be entered",
        "hub/entry.py",
        "    if candidate.ending_at is not None:\n        return Refusal(Code.ATTEMPT_ENDING)\n    if not command",
        "    if not command",
        "tests/hub/test_table.py",
    ),
    quick(
        "a pending end does not take effect before the next command",
        "hub/service.py",
        "settled = bench.recorded.then(self._settled(bench.recorded.room, now))",
        "settled = bench.recorded",
        f"{_SERVICE}::test_who_finishes_after_an_asked_end_took_effect_is_too_late_though_nobody_had_settled_it",
    ),
    quick(
        "an authorization to come back is not used up",
        "hub/entry.py",
        "        seat=Seat(command.client, now),\n        authorization=None,\n",
        "        seat=Seat(command.client, now),\n",
        f"{_ENTRY}::test_of_two_clients_with_one_authorization_exactly_one_wins",
    ),
    quick(
        "another tab sits down without an authorization",
        "hub/entry.py",
        "        and candidate.seat.client == client\n",
        "",
        f"{_ENTRY}::test_no_other_client_takes_over_silently",
    ),
    thorough(
        "an interrupted client comes back by itself",
        "hub/entry.py",
        "        and candidate.interrupted_at is None\n    )\n\n\ndef enter",
        "    )\n\n\ndef enter",
        f"{_ENTRY}::test_the_seated_client_returns_freely_until_interrupted",
    ),
    quick(
        "an interruption does not ask for the entry that was lost",
        "hub/entry.py",
        "        and candidate.entry_no == command.entry_no\n",
        "",
        f"{_ENTRY}::test_only_the_very_loss_that_was_seen_interrupts",
    ),
    quick(
        "an interruption does not ask for the life of the live store",
        "hub/entry.py",
        "        and room.live_epoch == command.live_epoch\n",
        "",
        f"{_ENTRY}::test_only_the_very_loss_that_was_seen_interrupts",
    ),
    thorough(
        "an authorization to come back never lapses",
        "hub/rules.py",
        "if granted is not None and granted.expires_at is not None and granted.expires_at <= now:",
        "if granted is not None and granted.expires_at is not None and granted.was_asking is None:",
        f"{_ENTRY}::test_a_lapsed_resume_opens_nothing_and_its_asker_asks_again",
    ),
    quick(
        "progress goes back",
        "hub/entry.py",
        "    if before is not None and new_answered <= before.answered:\n        return before\n",
        "",
        f"{_ENTRY}::test_a_lower_or_equal_progress_is_ignored",
    ),
    thorough(
        "a finalized session goes on being changed",
        "hub/rules.py",
        "if not room.is_closed or is_correction or outcome == () else",
        "if True else",
        "tests/hub/test_table.py",
    ),
    quick(
        "a key that was answered is judged again",
        "hub/service.py",
        "    if docket.stored is not None:\n        return _stored(docket.stored, order)\n",
        "",
        f"{_SERVICE}::test_the_same_accepted_command_twice_is_once_and_gets_the_same_answer",
    ),
    thorough(
        "a key counts for another body too",
        "hub/service.py",
        "return stored.answer if stored.digest == order.digest else Refusal(Code.KEY_REUSED)",
        "return stored.answer",
        f"{_SERVICE}::test_the_same_key_with_another_body_is_refused",
    ),
    quick(
        "a candidate acts for another one",
        "hub/service.py",
        "is_own = order.candidates == (docket.candidate,)",
        "is_own = order.candidates is not None",
        f"{_SERVICE}::test_a_client_speaks_for_its_own_candidate_only",
    ),
    quick(
        "who only watches commands",
        "hub/service.py",
        "case Standing.WATCH:\n            return _is_take_over(order, docket) or _is_final_touch(order, docket)",
        "case Standing.WATCH:\n            return True",
        "tests/hub/test_rights.py",
    ),
    thorough(
        "a take-over has no end",
        "hub/standing.py",
        "any(one.by == author and now < one.until for one in room.take_overs)",
        "any(one.by == author for one in room.take_overs)",
        f"{_SERVICE}::test_a_take_over_is_over_when_its_time_is_up",
    ),
    thorough(
        "who was let in for a while prolongs it by handing over",
        "hub/handover.py",
        "    if is_bound:\n        until = min(until, end_of(room, by) or now)\n",
        "",
        "tests/hub/test_handover.py::test_nobody_gives_more_time_than_they_have",
    ),
    thorough(
        "any access code opens",
        "hub/doorman.py",
        "if hmac.compare_digest(expected.encode(), given.encode()):",
        "if given:",
        "tests/hub/test_doorman.py::test_any_other_code_is_wrong_and_counted",
    ),
    thorough(
        "who guesses access codes is not slowed down",
        "hub/doorman.py",
        "        if after_ms:\n",
        "        if after_ms < 0:\n",
        "tests/hub/test_doorman.py::test_five_wrong_codes_are_free_then_one_every_ten_seconds",
    ),
    thorough(
        "what the live store tells without a decision is believed",
        "hub/fold.py",
        "if event.room or not event.changes.keys() <= LIVE_FACETS:",
        "if event.room:",
        "tests/conversations/test_two_nodes.py::test_an_event_that_nobody_decided_is_on_no_screen_for_long",
    ),
    thorough(
        "the chain of the audit does not hold the row before",
        "hub/audit.py",
        "        row.detail_digest,\n        row.previous_hash,\n    ]",
        "        row.detail_digest,\n    ]",
        "tests/hub/test_audit.py::test_whatever_is_changed_in_a_row_breaks_its_hash",
    ),
    thorough(
        "the jury's word on a published session still changes",
        "hub/jury.py",
        "case Decide() | Resolve() | Unfinalize() if room.published_at is not None:",
        "case Decide() | Resolve() | Unfinalize() if room.finalized_at is None:",
        "tests/hub/test_jury.py::test_what_is_published_stands_until_it_is_taken_back",
    ),
    thorough(
        "who still sits in an open session is erased",
        "hub/retention.py",
        "return finalized_at is not None or attempt is AttemptState.NOT_STARTED",
        "return True",
        "tests/hub/test_retention.py::test_who_has_started_is_erased_only_once_the_session_is_finalized",
    ),
)

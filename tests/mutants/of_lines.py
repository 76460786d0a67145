"""Guards of the connections: whose fault a loss is, what a screen is told, what is believed of a client."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Mutant, quick, thorough

_STORY = "tests/conversations/test_story.py"
_LOSSES = "tests/conversations/test_losses.py"
_TWO_NODES = "tests/conversations/test_two_nodes.py"
_OWN = "tests/conversations/test_own_progress.py"
_TRUTH = "tests/conversations/test_truth.py"
_FINALIZED = "tests/conversations/test_finalized.py"

OF_LINES: Final[tuple[Mutant, ...]] = (
    quick(
        "a beat says now, however old what was given is",
        "channels/invigilator.py",
        "self._mirror.as_of(now),",
        "now,",
        f"{_LOSSES}::test_a_clock_that_is_set_back_makes_no_old_data_young",
    ),
    quick(
        "the grace is counted from when the loss was noticed",
        "channels/losses.py",
        "gone_at=max(last_sign + grace.total_seconds(), now + blink),",
        "gone_at=now + grace.total_seconds(),",
        f"{_LOSSES}::test_the_grace_is_counted_from_the_last_sign_of_life_and_not_from_when_the_line_broke",
    ),
    quick(
        "a line that the hub closed is the candidate's loss",
        "channels/candidate.py",
        "by_hub=code in OURS)",
        "by_hub=False)",
        f"{_STORY}::test_a_line_that_the_hub_closed_itself_has_the_long_grace",
    ),
    thorough(
        "a ledger that answers late is taken for one in service",
        "channels/course.py",
        "        if self._clock.monotonic() - asked_at > PROMPT_SECONDS:\n"
        '            raise StoreUnavailable("the ledger answered late")\n',
        "",
        f"{_LOSSES}::test_a_ledger_that_answers_late_has_just_come_back_and_the_grace_is_the_long_one",
    ),
    thorough(
        "the fast door stays open for whoever is being interrupted",
        "channels/course.py",
        "if not await self._live.detach(number, loss.candidate, entry_no, loss.speaks_as, loss.rank):",
        "if False:",
        f"{_LOSSES}::test_who_goes_on_when_a_node_dies_between_closing_the_door_and_deciding",
    ),
    thorough(
        "an older tab takes the place of the newer one",
        "channels/place.py",
        "        if told.door is Door.REPLACED:\n",
        "        if told.door is None:\n",
        f"{_TWO_NODES}::test_a_node_that_wakes_up_sits_no_old_tab_down_over_the_newer_one",
    ),
    thorough(
        "progress counts from a tab that does not hold the seat",
        "channels/advance.py",
        "if code is None and not self._place.holds_seat:",
        "if False:",
        _OWN,
        "tests/conversations/test_accidents.py",
        "tests/conversations/test_figures.py",
    ),
    thorough(
        "a screen is believed about what it was never given",
        "channels/candidate.py",
        "        if version <= shown:\n",
        "        if version >= 0:\n",
        "tests/conversations/test_shown.py::test_a_screen_is_believed_only_about_what_it_was_given",
    ),
    thorough(
        "a candidate hears of a pending end",
        "hub/fold.py",
        "        candidate.attempt,\n        candidate.presence.state,",
        "        candidate.attempt,\n        candidate.ending_at,\n        candidate.presence.state,",
        "tests/hub/test_desk.py::test_the_candidate_is_not_told_of_an_asked_end",
    ),
    quick(
        "a position of another life is continued",
        "channels/ring.py",
        "return position.epoch == self.epoch and self._base <= position.seq <= self.head",
        "return self._base <= position.seq <= self.head",
        "tests/channels/test_ring.py::test_a_position_of_another_life_is_never_held",
    ),
    thorough(
        "a bucket is never empty",
        "channels/rates.py",
        "            self._tokens -= 1\n",
        "",
        "tests/channels/test_rates.py",
    ),
    thorough(
        "an older progress is written over a newer one",
        "channels/flush.py",
        "if known is None or _how_far(known) <= _how_far(progress):",
        "if True:",
        "tests/channels/test_flush.py",
    ),
    thorough(
        "a socket of a foreign page is let in",
        "web/sockets.py",
        "if not is_allowed_origin(self._origins, handshake):",
        "if False:",
        "tests/web/test_server.py::test_a_socket_from_a_foreign_page_is_refused_before_the_upgrade",
    ),
    thorough(
        "a line that broke after a standstill of ours is the candidate's loss",
        "channels/losses.py",
        "by_hub = by_hub or now < self._ours_until",
        "by_hub = bool(by_hub)",
        f"{_LOSSES}::test_a_line_that_breaks_when_this_process_has_just_stood_still_has_the_long_grace",
    ),
    thorough(
        "what a dead node had accepted is written by nobody at the end",
        "channels/mirror.py",
        "            if event.kind is EventKind.ENDED:\n",
        "            if False:\n",
        f"{_TWO_NODES}::test_what_a_node_accepted_and_cannot_write_down_is_written_by_another_one_when_the_test_ends",
    ),
    thorough(
        "who went away from the door goes on asking",
        "channels/course.py",
        "if row is not None and is_asking and row.waiting.clients == 0:",
        "if False:",
        f"{_LOSSES}::test_who_was_refused_at_the_door_and_goes_away_is_asking_no_more",
    ),
    thorough(
        "who waits does not hear that they moved up",
        "channels/mirror.py",
        "concerns_all = queue_before != self.queue or any(",
        "concerns_all = any(",
        f"{_STORY}::test_who_waits_moves_up_when_somebody_before_them_was_served",
    ),
    thorough(
        "a line that died with its node is shown for ever",
        "channels/loss.py",
        "return is_line_shown or candidate.entry_refused is not None",
        "return candidate.entry_refused is not None",
        f"{_TWO_NODES}::test_a_line_that_died_with_its_node_before_the_first_entry_is_not_shown_for_ever",
    ),
    thorough(
        "who is done counts as waiting",
        "channels/place.py",
        "            if row.attempt.is_over:\n",
        "            if False:\n",
        f"{_STORY}::test_who_is_done_and_comes_back_to_the_end_screen_waits_for_nobody",
    ),
    thorough(
        "progress that the live store refused is written down",
        "channels/advance.py",
        "        if is_accepted:\n",
        "        if True:\n",
        f"{_OWN}::test_progress_that_the_live_store_refuses_is_not_written_down_either",
    ),
    thorough(
        "a snapshot of a quiet room is served however old it is",
        "channels/mirror.py",
        "if self._snapshot is None or now - self._snapshot[0] > SNAPSHOT_SECONDS:",
        "if self._snapshot is None:",
        f"{_TRUTH}::test_a_snapshot_of_a_quiet_room_serves_everybody_for_a_second_and_no_longer",
    ),
    thorough(
        "a late ring hides what was rung for before it",
        "channels/mirror.py",
        "        elif self._holds(self._rung_to):\n            self._rung_to = position\n"
        "        elif position != self._rung_to:\n            self._must_read = True",
        "        else:\n            self._rung_to = position",
        f"{_OWN}::test_a_ring_about_own_progress_hides_nothing_else_that_was_rung_for",
    ),
    thorough(
        "who left the door here cannot be lost from the seat elsewhere",
        "channels/losses.py",
        "if known is not None and known.entry_no == entry_no:",
        "if known is not None:",
        f"{_LOSSES}::test_who_left_the_door_here_is_not_forgotten_when_they_sat_down_at_a_node_that_died",
    ),
    thorough(
        "a loss is waited for anew each time the room is loaded",
        "channels/losses.py",
        "        if known is not None and known.entry_no == entry_no:\n            return\n",
        "",
        f"{_TWO_NODES}::test_a_line_that_died_with_its_node_is_not_waited_for_anew_each_time_the_room_is_loaded",
    ),
    thorough(
        "a state is news although nothing in it is",
        "channels/candidate.py",
        "if shown is not None and shown.queue_place != place:",
        "if shown is not None:",
        "tests/conversations/test_shown.py::test_what_moves_nobody_up_is_no_news_to_those_who_wait_before",
    ),
    thorough(
        "an end whose time had come is forgotten by a finalization that is refused",
        "hub/proceedings.py",
        "            if recorded.records:\n                # What",
        "            if recorded.records and not isinstance(outcome, Refusal):\n                # What",
        f"{_FINALIZED}::test_an_end_whose_time_had_come_is_written_by_the_hub_also_where_the_finalization_is_refused",
    ),
    thorough(
        "what the center said needs nobody's attention once a report is resolved",
        "hub/proceedings.py",
        "File(draft.comment, draft.abort_reasons, await case.review())",
        'File("", {}, await case.review())',
        f"{_FINALIZED}::test_what_the_center_said_still_needs_the_attention_of_the_jury_when_a_report_is_resolved",
    ),
)

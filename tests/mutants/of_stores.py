"""Guards of the two stores: locks, clocks, fences, triggers, and the scripts of the live store."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Edit, Mutant, quick, thorough

_LEDGER = "tests/contract/test_ledger.py"
_ACCIDENTS = "tests/contract/test_ledger_accidents.py"
_NOTES = "tests/contract/test_ledger_notes.py"
_SEATS = "tests/contract/test_live_seats.py"
_LIVE = "tests/contract/test_live_store.py"
_CONSTRAINTS = "tests/state/test_constraints.py"

OF_STORES: Final[tuple[Mutant, ...]] = (
    # ── the ledger ──
    quick(
        "a transaction's beginning is taken for the time",
        "state/case.py",
        "SELECT greatest(clock_timestamp(), s.last_decided_at)",
        "SELECT greatest(now(), s.last_decided_at)",
        "tests/state/test_clock.py",
    ),
    thorough(
        "a commit of which nobody knows is acknowledged",
        "state/database.py",
        "                await _commit(db)\n",
        "                try:\n                    await _commit(db)\n                except OutcomeUnknown:\n"
        "                    pass\n",
        f"{_ACCIDENTS}::test_a_line_that_breaks_while_committing_leaves_the_outcome_unknown",
    ),
    Mutant(
        "the session's lock is joined with what is read",
        "state/case.py",
        (
            Edit("WHERE number = :number FOR NO KEY UPDATE", "WHERE number = :number"),
            Edit("ORDER BY asked.place\n", "ORDER BY asked.place FOR NO KEY UPDATE OF s\n"),
        ),
        (f"{_LEDGER}::test_a_waiter_finds_the_answer_that_was_kept_while_it_waited[postgres_world]",),
        is_quick=False,
    ),
    thorough(
        "a row is written whatever was written meanwhile",
        "state/case.py",
        " AND c.revision = r.expected",
        "",
        f"{_LEDGER}::test_a_row_that_is_not_as_read_is_refused_and_nothing_is_written[postgres_world]",
    ),
    thorough(
        "the head of a session is written whatever was written meanwhile",
        "state/case.py",
        " AND decision_seq = :expected_seq AND decision_hash = :expected_hash",
        "",
        f"{_LEDGER}::test_a_head_that_is_not_as_read_is_refused[postgres_world]",
    ),
    thorough(
        "an answer is found under the key of somebody else",
        "state/case.py",
        " AND k.author = asked.author",
        "",
        f"{_LEDGER}::test_an_accepted_answer_is_found_again_under_its_key_and_author[postgres_world]",
    ),
    thorough(
        "whose account is disabled goes on commanding",
        "state/case.py",
        " AND NOT a.is_disabled",
        "",
        f"{_LEDGER}::test_whose_account_is_disabled_has_no_right_from_the_next_decision_on",
    ),
    thorough(
        "a flush takes its rows against the order of decisions",
        "state/ledger.py",
        "ORDER BY p.candidate FOR NO KEY UPDATE OF p)",
        "ORDER BY p.candidate DESC FOR NO KEY UPDATE OF p)",
        f"{_ACCIDENTS}::test_a_flush_takes_its_rows_in_one_order_wherever_they_lie",
    ),
    thorough(
        "a flush takes its rows in the order in which they lie",
        "state/ledger.py",
        "ORDER BY p.candidate FOR NO KEY UPDATE OF p)",
        "FOR NO KEY UPDATE OF p)",
        f"{_ACCIDENTS}::test_a_flush_takes_its_rows_in_one_order_wherever_they_lie",
    ),
    thorough(
        "a handover shortens a right",
        "state/handovers.py",
        "    WHERE invigilations.until < EXCLUDED.until\n",
        "",
        f"{_ACCIDENTS}::test_no_handover_shortens_a_right",
    ),
    thorough(
        "the last operator who can sign in is emptied because of one who cannot",
        "state/retention.py",
        " AND NOT o.is_disabled AND o.password_hash IS NOT NULL",
        " AND o.password_hash IS NOT NULL",
        "tests/state/test_retention.py::test_the_last_operator_stays_and_one_who_lets_nobody_in_is_no_last_one",
    ),
    quick(
        "a room in Redis has a place for a name",
        "hub/model.py",
        "    told_version: int = 0\n",
        '    told_version: int = 0\n    last_name: str = ""\n',
        "tests/state/test_codec.py::test_no_field_is_that_of_a_person_or_the_code_of_the_test",
    ),
    thorough(
        "the database lets progress move after the test",
        "state/migrations/first/guards.py",
        "        PERFORM refuse('no_progress_outside_the_test');\n",
        "        NULL;\n",
        f"{_CONSTRAINTS}::test_progress_never_goes_back_and_stops_with_the_test",
    ),
    thorough(
        "progress of an older entry is written",
        "state/ledger.py",
        " AND f.entry_no >= p.entry_no",
        "",
        f"{_NOTES}::test_progress_of_an_older_entry_is_dropped[postgres_world]",
    ),
    thorough(
        "the audit may be rewritten",
        "state/migrations/first/guards.py",
        '    "CREATE TRIGGER guard BEFORE UPDATE OR DELETE OR TRUNCATE ON audit EXECUTE FUNCTION guard_audit()",\n',
        "",
        f"{_CONSTRAINTS}::test_p18_even_the_owner_rewrites_nothing_of_the_audit",
    ),
    thorough(
        "the database lets an ended test run again",
        "state/migrations/first/guards.py",
        "        PERFORM refuse('no_way_back');\n",
        "        NULL;\n",
        f"{_CONSTRAINTS}::test_no_way_leads_out_of_an_ended_test",
    ),
    thorough(
        "the database lets somebody in with a spent authorization",
        "state/migrations/first/guards.py",
        "        PERFORM refuse('a_resume_spends_an_authorization');\n",
        "        NULL;\n",
        f"{_CONSTRAINTS}::test_another_client_comes_in_by_a_living_authorization_alone",
    ),
    thorough(
        "the database lets a finalized session change",
        "state/migrations/first/guards.py",
        "AND finalized_at IS NOT NULL;",
        "AND false;",
        f"{_CONSTRAINTS}::test_p18_a_finalized_session_is_frozen",
    ),
    thorough(
        "a new life of one room is one of every room",
        "state/ledger.py",
        " WHERE number = :number AND live_epoch = :seen",
        " WHERE live_epoch = :seen",
        "tests/contract/test_ledger_decided.py::test_a_new_life_begins_once_however_many_nodes_ask[postgres_world]",
    ),
    thorough(
        "what staff wrote of somebody is said to them",
        "state/ledger.py",
        " AND a.kind = 'message.sent'\n",
        "\n",
        "tests/contract/test_ledger_decided.py::test_what_staff_wrote_of_somebody_is_never_said_to_them[postgres_world]",
    ),
    thorough(
        "everybody has joined when one does",
        "state/ledger.py",
        "WHERE c.id = ANY(CAST(:ids AS bigint[]))\n    AND NOT EXISTS",
        "WHERE NOT EXISTS",
        f"{_NOTES}::test_the_first_joining_is_remembered_whatever_is_decided[postgres_world]",
    ),
    thorough(
        "a wrong code slows everybody down",
        "state/ledger.py",
        "c.id = :candidate",
        "true",
        f"{_NOTES}::test_wrong_codes_are_counted_until_a_right_one[postgres_world]",
    ),
    # ── the live store ──
    thorough(
        "a live store that forgot, or another one, is believed",
        "state/lua/room.lua",
        "local is_loaded = epoch and known[2] == history",
        "local is_loaded = epoch",
        f"{_LIVE}::test_a_room_of_another_server_history_counts_as_not_loaded[redis]",
    ),
    thorough(
        "an older snapshot replaces a newer one",
        "state/lua/load.lua",
        "tonumber(stored[1]) >= decision)) then return 0 end",
        "tonumber(stored[1]) == decision)) then return 0 end",
        f"{_LIVE}::test_a_load_never_goes_back[redis]",
    ),
    thorough(
        "a decision is applied over a gap",
        "state/lua/apply.lua",
        "if at < before then return 'gap' end\n",
        "",
        f"{_LIVE}::test_a_decision_without_its_predecessor_is_a_gap[redis]",
    ),
    thorough(
        "progress counts from any connection",
        "state/lua/progress.lua",
        " or seated ~= connection then",
        " then",
        f"{_SEATS}::test_progress_counts_only_from_the_seat_of_a_running_test[redis]",
    ),
    thorough(
        "a closed door opens again for the same entry",
        "state/lua/attach.lua",
        " or seat.door == 'closed' then",
        " then",
        f"{_SEATS}::test_a_detached_entry_is_closed_until_a_later_one[redis]",
    ),
    thorough(
        "an older connection sits down over a newer one",
        "state/lua/candidate.lua",
        " or (presented > 0 and presented < held.rank)",
        "",
        f"{_SEATS}::test_a_connection_that_tells_its_place_again_never_sits_down_over_a_newer_one[redis]",
    ),
    thorough(
        "a stale connection closes the newer one's door",
        "state/lua/detach.lua",
        "elseif seat.connection ~= '-' and seat.connection ~= connection then\n  return 0\n",
        "",
        f"{_SEATS}::test_a_stale_connection_cannot_detach_or_mark_the_newer_one[redis]",
    ),
    thorough(
        "a door that is closed in advance opens over the seat before it",
        "state/lua/detach.lua",
        "if not seat or seat.entry < entry then",
        "if not seat then",
        f"{_SEATS}::test_the_door_of_an_entry_that_is_not_told_yet_is_closed_over_the_seat_before_it[redis]",
    ),
    thorough(
        "the door of a seat that was swept stays open",
        "state/lua/detach.lua",
        "if seat.connection == '-' and seat.door == 'closed' then return 1 end",
        "if seat.connection == '-' then return 1 end",
        f"{_SEATS}::test_the_open_door_of_a_seat_that_was_swept_is_closed_by_a_detach[redis]",
    ),
    thorough(
        "an older entry takes the seat of a later one",
        "state/lua/attach.lua",
        "if seat and entry < seat.entry then return { 0, presented } end\n",
        "",
        f"{_SEATS}::test_a_seat_of_an_entry_that_is_not_told_yet_is_its_clients_alone[redis]",
    ),
    thorough(
        "an entry that is told late unseats a later one",
        "state/lua/apply.lua",
        "  if seat and seat.entry > entry then return nil end\n",
        "",
        f"{_LIVE}::test_an_entry_that_is_told_late_never_unseats_a_later_one[redis]",
    ),
    thorough(
        "a dead node that held nothing but a seat is not looked for",
        "state/lua/nodes.lua",
        "  if seat then note(seat.node) end\n",
        "",
        f"{_SEATS}::test_a_dead_node_that_held_nothing_but_a_seat_is_found[redis]",
    ),
    thorough(
        "who waits keeps the name of a node that was taken for dead",
        "state/lua/connect.lua",
        "  if mine.node ~= node then\n",
        "  if false then\n",
        f"{_SEATS}::test_whoever_waits_at_a_node_taken_for_dead_goes_on_waiting_at_the_other_one[redis]",
    ),
    thorough(
        "progress that was shown is not put back over less",
        "state/lua/remember.lua",
        "if stored and (total ~= ARGV[3] or furthest(stored, offered) == stored) then return 0 end",
        "if stored then return 0 end",
        f"{_SEATS}::test_progress_that_was_forgotten_is_put_back_whoever_sits[redis]",
    ),
)

"""The chain walked again: whatever was done to it is found, and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hub import commands as ask
from hub.audit import AuditRecord, Break, Fault, Walk, compare_end, compare_head, row_hash, verify
from hub.events import EventKind
from tests.builders import ME, a_candidate, a_room, happen, later

COMMANDS = (
    ask.ConfirmPresence(),
    ask.AddTime(10, "alarme incendie"),
    ask.AddReport(ask.ReportDraft("other", text="bruit dans le couloir")),
    ask.SendMessage("Cinq minutes"),
    ask.AddTime(-5, "erreur de saisie"),
)


def _chain() -> tuple[AuditRecord, ...]:
    room, records = a_room(a_candidate(), decision_seq=0), []
    for command in COMMANDS:
        happened = happen(room, command)
        room = happened.room
        records += happened.recorded.records
    return tuple(records)


CHAIN = _chain()
HEAD = CHAIN[-1].hash


def sealed(row: AuditRecord) -> AuditRecord:
    """Seal a row again, as a forger would who knows the rule."""
    return replace(row, hash=row_hash(row))


def tampered(at: int, change: Callable[[AuditRecord], AuditRecord]) -> tuple[AuditRecord, ...]:
    return tuple(change(row) if row.seq == at else row for row in CHAIN)


def broken(records: tuple[AuditRecord, ...], seq: int = len(CHAIN), head: str = HEAD) -> Break | None:
    return compare_head(verify(records), seq, head).broken


def test_an_untouched_chain_is_whole() -> None:
    walk = compare_head(verify(CHAIN), len(CHAIN), HEAD)
    assert walk == Walk(rows=5, seq=5, head=HEAD, kind=EventKind.TIME_ADDED)


def test_a_session_without_decisions_is_whole() -> None:
    assert compare_head(verify(()), 0, "").broken is None


def test_without_its_session_a_chain_ends_with_the_deletion_or_was_cut() -> None:
    deletion = sealed(replace(CHAIN[-1], seq=6, kind=EventKind.SESSION_DELETED, previous_hash=HEAD, detail_digest=""))
    deletion = replace(deletion, detail={}, salt="")
    assert compare_end(verify((*CHAIN, deletion))).broken is None
    assert compare_end(verify(CHAIN)).broken == Break(6, Fault.MISSING)
    assert compare_end(verify(())).broken == Break(1, Fault.MISSING)
    first = compare_end(verify(tampered(2, lambda row: replace(row, codes={}))))
    assert first.broken == Break(2, Fault.CHANGED)


def test_a_walk_in_pages_is_the_walk_in_one() -> None:
    assert verify(CHAIN[3:], verify(CHAIN[:3])) == verify(CHAIN)


@pytest.mark.parametrize("gone", range(1, 6))
def test_a_missing_decision_is_found_wherever_it_stood(gone: int) -> None:
    assert broken(tuple(row for row in CHAIN if row.seq != gone)) == Break(gone, Fault.MISSING)


def test_a_decision_renumbered_into_the_gap_does_not_follow() -> None:
    shifted = (*CHAIN[:2], *(replace(row, seq=row.seq - 1) for row in CHAIN[3:]))
    assert broken(shifted) == Break(3, Fault.MISPLACED)


def test_two_decisions_that_changed_places_are_found() -> None:
    one, two, three, *rest = CHAIN
    swapped = (one, replace(three, seq=2), replace(two, seq=3), *rest)
    assert broken(swapped) == Break(2, Fault.MISPLACED)


def test_a_decision_that_stands_twice_is_found() -> None:
    assert broken((*CHAIN[:2], CHAIN[1], *CHAIN[2:])) == Break(2, Fault.MISPLACED)
    linked = sealed(replace(CHAIN[1], previous_hash=HEAD))
    assert broken((*CHAIN, linked)) == Break(2, Fault.MISPLACED), "also when a forger links it to the one before"


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "time.doubled"},
        {"candidate": None},
        {"author": "account:99"},
        {"at": later(seconds=1)},
        {"node_at": later(seconds=1)},
        {"codes": {"minutes": 60}},
        {"detail_digest": "0" * 64},
        {"hash": "0" * 64},
        {"number": 7},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_decision_is_found(change: dict[str, object]) -> None:
    found = broken(tampered(2, lambda row: replace(row, **change)))  # type: ignore[arg-type]
    assert found == Break(2, Fault.CHANGED)


def test_a_decision_sealed_again_by_a_forger_breaks_the_next() -> None:
    forged = tampered(2, lambda row: sealed(replace(row, codes={"minutes": 60})))
    assert broken(forged) == Break(3, Fault.MISPLACED)


def test_a_whole_chain_forged_anew_differs_from_the_head() -> None:
    records: list[AuditRecord] = []
    for row in tampered(2, lambda row: replace(row, codes={"minutes": 60})):
        records.append(sealed(replace(row, previous_hash=records[-1].hash if records else "")))
    assert broken(tuple(records)) == Break(5, Fault.HEAD_DIFFERS)


def test_a_decision_added_behind_the_head_is_found() -> None:
    last = CHAIN[-1]
    added = sealed(replace(last, seq=6, previous_hash=last.hash))
    assert broken((*CHAIN, added)) == Break(6, Fault.HEAD_DIFFERS)


def test_a_head_that_counts_one_decision_more_is_found() -> None:
    assert broken(CHAIN, seq=6) == Break(6, Fault.MISSING)


@pytest.mark.parametrize(
    "change",
    [{"detail": {"reason": "autre"}}, {"salt": "1" * 32}, {"detail": {}}],
    ids=["detail", "salt", "detail gone without its salt"],
)
def test_a_detail_that_does_not_fit_its_digest_is_found(change: dict[str, object]) -> None:
    found = broken(tampered(2, lambda row: replace(row, **change)))  # type: ignore[arg-type]
    assert found == Break(2, Fault.DETAIL_CHANGED)


def test_a_detail_beside_a_decision_that_had_none_is_found() -> None:
    assert broken(tampered(1, lambda row: replace(row, detail={"text": "ajouté"}))) == Break(1, Fault.DETAIL_CHANGED)


def test_a_purged_detail_is_counted_and_no_fault() -> None:
    walk = verify(tampered(2, lambda row: replace(row, detail={}, salt="")))
    assert (walk.purged, walk.broken) == (1, None)


def test_only_the_first_break_is_told_and_the_rest_is_still_counted() -> None:
    twice = tuple(replace(row, codes={"minutes": 1}) if row.seq in (2, 4) else row for row in CHAIN)
    walk = verify(twice)
    assert (walk.broken, walk.rows) == (Break(2, Fault.CHANGED), 5)


def test_a_sought_hash_is_found_at_its_decision() -> None:
    assert verify(CHAIN, Walk(CHAIN[2].hash)).found == 3
    assert verify(CHAIN, Walk("0" * 64)).found is None
    assert verify(CHAIN).found is None


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_names_its_decision_in_words(fault: Fault) -> None:
    assert "decision 12" in str(Break(12, fault))


def test_the_candidate_of_the_chain_is_the_one_it_was_about() -> None:
    assert {row.candidate for row in CHAIN} == {ME}

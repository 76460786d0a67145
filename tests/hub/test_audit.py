"""The chain of decisions: whole, tamper-evident, and free of words."""

from dataclasses import replace

import pytest

from hub import commands as ask
from hub.audit import AuditRecord, detail_digest, row_hash
from hub.events import EventKind
from hub.model import CandidateId, client_author
from tests.builders import CLAIRE, SALT, SEATED, a_room, happen, later
from tests.hub.table import LINES, STATES, ProgressFrame

RECORDED = happen(STATES["running"].room, ask.AddTime(10, "alarme incendie")).recorded.records[0]


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 5},
        {"candidate": CandidateId(2)},
        {"author": client_author(SEATED)},
        {"at": later(seconds=1)},
        {"node_at": later(seconds=1)},
        {"codes": {"minutes": 11}},
        {"detail_digest": "0" * 64},
        {"previous_hash": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_is_changed_in_a_row_breaks_its_hash(change: dict[str, object]) -> None:
    assert row_hash(RECORDED) == RECORDED.hash
    assert row_hash(replace(RECORDED, **change)) != RECORDED.hash  # type: ignore[arg-type]


def test_purging_a_detail_leaves_the_chain_whole() -> None:
    assert row_hash(replace(RECORDED, detail={}, salt="")) == RECORDED.hash


def test_the_salt_keeps_a_short_text_from_being_guessed() -> None:
    assert detail_digest("a", {"text": "oui"}) != detail_digest("b", {"text": "oui"})


def test_a_detail_is_kept_under_the_salt_of_its_row() -> None:
    assert RECORDED.salt == SALT
    assert RECORDED.detail_digest == detail_digest(SALT, RECORDED.detail)


def test_what_the_start_of_the_room_means_to_each_is_no_decision_of_its_own() -> None:
    recorded = happen(a_room(), ask.StartSession()).recorded
    assert [row.kind for row in recorded.records] == [EventKind.SESSION_STARTED]
    assert len(recorded.events) > 1
    assert {event.decision for event in recorded.events} == {recorded.records[0].seq}


def test_free_text_never_stands_in_the_chained_part() -> None:
    words = ("alarme", "bus en panne", "téléphone", "la souris", "l'image manque", "Cinq minutes", "vu", "le son")
    for line in LINES:
        if isinstance(line.command, ProgressFrame):
            continue
        for state in STATES.values():
            for row in happen(state.room, line.command).recorded.records:
                assert not set(words) & {str(value) for value in row.codes.values()}, row.kind
                assert (row.detail_digest == "") == (not row.detail)


def test_a_row_says_who_decided_and_when_by_both_clocks() -> None:
    assert (RECORDED.author, RECORDED.at, RECORDED.codes) == (CLAIRE, RECORDED.node_at, {"minutes": 10})
    assert isinstance(RECORDED, AuditRecord)

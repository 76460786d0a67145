"""Who waits for a person, and in which order."""

import pytest
from msgspec.structs import replace

from hub.model import CandidateId, EntryRefused, Waiting
from hub.queue import waiting_queue, waits_since
from tests.builders import ME, a_candidate, a_room, later
from tests.hub.table import STATES

WAITS = {"asking", "interrupted_asking"}


@pytest.mark.parametrize("state", [name for name in STATES if not name.startswith("finalized")])
def test_who_was_refused_at_the_door_waits_until_an_authorization_or_an_end(state: str) -> None:
    assert (waits_since(STATES[state].room.candidates[ME]) is not None) is (state in WAITS)


def test_an_interrupted_candidate_who_is_back_waits_since_the_interruption() -> None:
    lost = STATES["interrupted"].room.candidates[ME]
    assert waits_since(lost) is None
    assert waits_since(replace(lost, waiting=Waiting(1))) == lost.interrupted_at


def test_who_was_back_already_loses_no_place_by_typing_the_code_once_more() -> None:
    lost = STATES["interrupted"].room.candidates[ME]
    asked = replace(lost, waiting=Waiting(1), entry_refused=EntryRefused("resume_not_authorized", later(seconds=-5)))
    assert waits_since(asked) == lost.interrupted_at


def test_a_second_computer_beside_a_running_test_is_no_need() -> None:
    assert waits_since(replace(STATES["running"].room.candidates[ME], waiting=Waiting(1))) is None


def test_the_queue_is_in_the_order_of_asking() -> None:
    rows = [
        a_candidate(one, entry_refused=EntryRefused("presence_not_confirmed", later(seconds=-one))) for one in (1, 2, 3)
    ]
    assert waiting_queue(a_room(*rows, a_candidate(4))) == tuple(CandidateId(one) for one in (3, 2, 1))

"""Who attends to a room, and how long "I go there" holds."""

from __future__ import annotations

from datetime import timedelta

from hub.model import CandidateId, ConnectionId
from hub.staffing import Claim, Console, Staffing
from tests.builders import CLAIRE, MARC, ME, NOW, later

LIFE = timedelta(seconds=60)
CLAIM = Claim(ME, CLAIRE, later(minutes=-10))


def console(name: str = "c1", *, is_invigilator: bool = True) -> Console:
    return Console(ConnectionId(name), CLAIRE, is_invigilator)


def test_a_claim_holds_as_long_as_its_author_has_a_console_here() -> None:
    assert Staffing((console(),), (CLAIM,)).standing(NOW, LIFE) == (CLAIM,)


def test_a_claim_outlives_a_phone_that_changes_cell_and_ends_with_a_minute_of_silence() -> None:
    away = Staffing(claims=(CLAIM,), left_at={CLAIRE: later(seconds=-59)})
    assert away.standing(NOW, LIFE) == (CLAIM,)
    assert away.standing(later(seconds=1), LIFE) == ()


def test_who_came_back_on_another_phone_is_not_silent() -> None:
    back = Staffing((console("c2"),), (CLAIM,), left_at={CLAIRE: later(minutes=-5)})
    assert back.standing(NOW, LIFE) == (CLAIM,)


def test_who_was_never_seen_to_leave_is_not_called_silent() -> None:
    assert not Staffing(claims=(CLAIM,)).is_silent(CLAIRE, NOW, LIFE)
    assert Staffing(left_at={MARC: later(minutes=-5)}).is_silent(MARC, NOW, LIFE)


def test_of_whoever_the_live_store_forgot_silence_is_counted_from_when_it_began_to_know() -> None:
    forgot = Staffing(claims=(CLAIM,), known_since=later(seconds=-59))
    assert not forgot.is_silent(CLAIRE, NOW, LIFE)
    assert forgot.is_silent(CLAIRE, later(seconds=1), LIFE)


def test_one_person_with_two_phones_is_one_invigilator_and_an_admin_none() -> None:
    admin = Console(ConnectionId("c3"), MARC, is_invigilator=False, look=CandidateId(2))
    assert Staffing((console(), console("c2"), admin)).invigilators == 1
    assert Staffing((admin,)).invigilators == 0

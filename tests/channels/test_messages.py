"""What was said a moment ago, or was never shown, is told once to whoever comes."""

from __future__ import annotations

from channels.messages import MOST, RECENT_SECONDS, Messages
from hub.events import EventKind, RoomEvent
from hub.model import CandidateId
from tests.builders import ME, NOW


def said(decision: int, to: CandidateId = ME) -> RoomEvent:
    return RoomEvent(EventKind.MESSAGE_SENT, NOW, to, decision=decision, text=f"n° {decision}")


def test_a_candidate_is_told_what_was_said_to_them_in_order() -> None:
    messages = Messages()
    for decision, to in ((7, ME), (8, CandidateId(2)), (9, ME)):
        assert messages.add(said(decision, to), now=100.0)
    assert [one.decision for one in messages.to(ME, now=101.0, told_version=0)] == [7, 9]


def test_what_is_known_is_no_news() -> None:
    messages = Messages()
    messages.add(said(7), now=100.0)
    assert not messages.add(said(7), now=105.0)


def test_a_message_grows_old_wherever_it_was_heard_of() -> None:
    messages = Messages()
    messages.add(said(7), now=100.0, age_seconds=RECENT_SECONDS - 5)
    assert messages.to(ME, now=104.0, told_version=7)
    assert not messages.to(ME, now=106.0, told_version=7)


def test_what_a_screen_has_not_shown_is_told_however_old_it_is() -> None:
    messages = Messages()
    for decision in (7, 8):
        messages.add(said(decision), now=100.0)
    much_later = 100.0 + 100 * RECENT_SECONDS
    assert [one.decision for one in messages.to(ME, much_later, told_version=7)] == [8]


def test_what_is_kept_is_bounded_for_each_candidate_and_takes_nothing_from_another() -> None:
    messages = Messages()
    messages.add(said(1, CandidateId(2)), now=100.0)
    for decision in range(2, 2 * MOST + 2):
        messages.add(said(decision), now=100.0)
    assert [one.decision for one in messages.to(ME, 100.0, told_version=0)] == list(range(MOST + 2, 2 * MOST + 2))
    assert [one.decision for one in messages.to(CandidateId(2), 100.0, told_version=0)] == [1]

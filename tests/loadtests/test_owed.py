"""What was sent and promised must stand on a dashboard at rest; each test but the first puts one loss in."""

from __future__ import annotations

from channels import wire
from loadtests.owed import Sent, missing
from tests.loadtests.rooms import a_dashboard, decided, events, progressed, snapshot


def a_room_that_sent(*values: tuple[int, int]) -> Sent:
    sent = Sent()
    for candidate, answered in values:
        sent.progress(candidate, answered)
    return sent


def test_nothing_is_missing_when_the_last_value_of_everybody_stands_there() -> None:
    sent = a_room_that_sent((1, 1), (1, 2), (2, 1))
    assert missing(a_dashboard(events(42, 44, progressed(1, 2), progressed(2, 1))), sent) == []


def test_a_lost_last_value_is_missing() -> None:
    sent = a_room_that_sent((1, 1), (1, 2), (2, 1))
    lost = missing(a_dashboard(events(42, 43, progressed(1, 1), progressed(2, 1))), sent)
    assert lost == ["room 296: candidate 1 sent 2, shown is 1"]


def test_a_value_nobody_sent_is_noticed() -> None:
    shown = missing(a_dashboard(events(42, 43, progressed(1, 2))), a_room_that_sent((1, 1)))
    assert shown == ["room 296: candidate 1 never sent 2"]


def test_an_older_value_is_lost_when_the_frame_has_no_place_it_could_have_been_in() -> None:
    sent = a_room_that_sent((1, 1), (1, 2), (1, 3))
    dashboard = a_dashboard(events(42, 42, progressed(1, 1)), events(43, 43), events(44, 44, progressed(1, 3)))
    assert missing(dashboard, sent) == ["room 296: progress left out with no newer one beside it, among [(1, 1, 3)]"]


def test_a_value_that_only_comes_with_the_end_was_lost_on_the_way() -> None:
    sent = a_room_that_sent((1, 1), (1, 2))
    end = decided(7, "candidate.finished", 1, attempt="finished", progress={"answered": 2})
    fine = a_dashboard(events(42, 43, progressed(1, 2)), events(44, 44, end))
    assert missing(fine, sent) == []
    lost = missing(a_dashboard(events(42, 42, progressed(1, 1)), events(43, 44, end)), sent)
    assert lost == []  # a place was free: the hub may not show everything
    lost = missing(a_dashboard(events(42, 42, progressed(1, 1)), events(43, 43), events(44, 44, end)), sent)
    assert lost == ["room 296: progress left out with no newer one beside it, among [(1, 1, 3)]"]


def test_values_that_were_never_sent_may_be_leapt_over() -> None:
    assert missing(a_dashboard(events(42, 42, progressed(1, 9))), a_room_that_sent((1, 9))) == []


def test_what_left_with_a_broken_line_is_owed_once_it_is_sent_again() -> None:
    sent = a_room_that_sent((1, 1), (1, 2))
    sent.line_lost(1)
    dashboard = a_dashboard(events(42, 42, progressed(1, 1)))
    assert missing(dashboard, sent) == []
    sent.line_back(1, 1)
    assert missing(dashboard, sent) == []
    sent.progress(1, 2)
    assert missing(dashboard, sent) == ["room 296: candidate 1 sent 2, shown is 1"]


def test_a_refused_value_is_owed_to_nobody() -> None:
    sent = a_room_that_sent((1, 1), (1, 2))
    sent.refused(1, 2)
    assert missing(a_dashboard(events(42, 42, progressed(1, 1))), sent) == []


def test_a_promised_deed_comes_as_its_event() -> None:
    sent = Sent()
    sent.accepted(1, "candidate.entered", 8)
    told = (decided(7, "session.started"), decided(8, "candidate.entered", 1))
    assert missing(a_dashboard(events(42, 43, *told)), sent) == []
    other = (decided(7, "session.started"), decided(8, "candidate.entered", 2))
    assert missing(a_dashboard(events(42, 43, *other)), sent) == [
        "room 296: candidate.entered of candidate 1 was promised ([8]) and never told"
    ]


def test_a_deed_before_a_snapshot_must_stand_in_the_row() -> None:
    sent = Sent()
    sent.accepted(1, "candidate.finished", 6)
    assert missing(a_dashboard(snapshot()), sent) == [
        "room 296: candidate.finished of candidate 1 does not stand in the row"
    ]


def test_a_reply_promises_what_was_done_and_had_not_been_done_before() -> None:
    sent = Sent()
    done = [
        wire.ResultView(1, True),
        wire.ResultView(2, True, already=True),
        wire.ResultView(3, False, code="too_late"),
    ]
    sent.replied("time.added", wire.Reply(1, True, done, decision_seq=7))
    sent.replied("help.opened", wire.Reply(2, True, decision_seq=8), 4)
    sent.replied("help.opened", wire.Reply(3, True, decision_seq=8, already=True), 5)
    sent.replied("help.opened", wire.Reply(4, False), 6)
    assert sent.deeds == {(1, "time.added"): [7], (4, "help.opened"): [8]}


def test_two_promises_are_two_events() -> None:
    sent = Sent()
    sent.accepted(1, "help.opened", 7)
    sent.accepted(1, "help.opened", 8)
    told = (decided(7, "help.opened", 1, help=[{"id": 1}]), decided(8, "help.taken", 1))
    assert missing(a_dashboard(events(42, 43, *told)), sent) == [
        "room 296: help.opened of candidate 1 was promised ([7, 8]) and never told"
    ]

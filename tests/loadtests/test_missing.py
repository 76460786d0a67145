"""An event is missing when a dashboard was not told of it and nothing that it was told stands for it."""

from __future__ import annotations

from loadtests.bench.hall import Missing, Room, Screen, Seat, missing
from loadtests.bench.wire import CALL, PROGRESS, Fact, facts, shown
from loadtests.frames import Event


def room() -> tuple[Seat, Screen]:
    made = Room.of(3)
    made.seats, made.screens = made.seats[:1], made.screens[:1]
    seat, screen = made.seats[0], made.screens[0]
    screen.got = set()
    return seat, screen


def happened(seat: Seat, answers: int, calls: int = 0) -> None:
    for _ in range(answers):
        seat.answer()
    for _ in range(calls):
        seat.call()


def progress(seat: Seat, *numbers: int) -> list[Fact]:
    return [(PROGRESS, seat.id, number) for number in numbers]


def counted(seat: Seat, screen: Screen, since: tuple[int, int] = (0, 0)) -> Missing:
    return missing([screen], {seat: since})


def test_a_dashboard_that_was_told_everything_misses_nothing() -> None:
    seat, screen = room()
    happened(seat, 2, 1)
    screen.hear([*progress(seat, 1, 2), (CALL, seat.id, 1)])
    assert counted(seat, screen) == Missing(events=0, expected=3, rows=0, rows_shown=1)


def test_what_nobody_told_is_missing_even_when_the_row_is_right_in_the_end() -> None:
    seat, screen = room()
    happened(seat, 3)
    screen.hear(progress(seat, 1))
    screen.hear(progress(seat, 3))
    assert counted(seat, screen) == Missing(events=1, expected=3, rows=0, rows_shown=1)


def test_progress_within_an_unbroken_frame_stands_for_older_progress() -> None:
    seat, screen = room()
    happened(seat, 3)
    screen.hear(progress(seat, 3), is_whole=True)
    assert counted(seat, screen).events == 0


def test_no_frame_stands_for_a_call_that_it_does_not_hold() -> None:
    seat, screen = room()
    happened(seat, 1, 2)
    screen.hear([*progress(seat, 1), (CALL, seat.id, 2)], is_whole=True)
    assert counted(seat, screen) == Missing(events=1, expected=3, rows=0, rows_shown=1)


def test_a_snapshot_rights_the_row_and_tells_no_event() -> None:
    seat, screen = room()
    happened(seat, 2, 1)
    screen.show([*progress(seat, 2), (CALL, seat.id, 1)])
    assert counted(seat, screen) == Missing(events=3, expected=3, rows=0, rows_shown=1)


def test_a_row_without_the_last_answer_or_the_last_call_is_wrong() -> None:
    for told in ((PROGRESS, 1), (CALL, 1)):
        seat, screen = room()
        happened(seat, 1, 1)
        screen.hear([(told[0], seat.id, told[1])])
        assert counted(seat, screen).rows == 1


def test_only_what_happened_since_counts() -> None:
    seat, screen = room()
    happened(seat, 3, 2)
    screen.hear([*progress(seat, 3), (CALL, seat.id, 2)])
    assert counted(seat, screen, since=(2, 1)) == Missing(events=0, expected=2, rows=0, rows_shown=1)


def test_the_same_event_told_twice_is_one() -> None:
    seat, screen = room()
    happened(seat, 2)
    screen.hear(progress(seat, 1, 1))
    assert counted(seat, screen).events == 1


def test_events_and_rows_say_what_the_generator_made_happen() -> None:
    events = [
        Event("candidate.progressed", 5, set={"progress": {"answered": 7}}),
        Event("candidate.suspect", 5, set={}),
        Event("help.opened", 5, set={"help": [{"text": "9"}, {"text": "10"}]}),
        Event("session.changed"),
    ]
    assert list(facts(events)) == [(PROGRESS, 5, 7), (CALL, 5, 10)]
    rows = [{"id": 5, "progress": {"answered": 7}, "help": [{"text": "10"}]}, {"id": 6}]
    assert list(shown(rows)) == [(PROGRESS, 5, 7), (CALL, 5, 10)]


class Spoken:
    """A line that takes notes."""

    says_only_the_last = False
    is_open = True

    def __init__(self) -> None:
        self.said: list[tuple[str, int]] = []

    def progress(self, number: int) -> None:
        self.said.append((PROGRESS, number))

    def call(self, number: int) -> None:
        self.said.append((CALL, number))


def test_what_could_not_be_said_is_said_on_the_next_line() -> None:
    seat, _ = room()
    happened(seat, 2, 1)
    seat.line = Spoken()
    seat.come_back()
    assert seat.line.said == [(PROGRESS, 1), (PROGRESS, 2), (CALL, 1), (PROGRESS, 2)]


def test_a_client_for_whom_the_last_answer_stands_for_all_says_only_that() -> None:
    seat, _ = room()
    happened(seat, 2, 1)
    seat.line = Spoken()
    seat.line.says_only_the_last = True
    seat.come_back()
    assert seat.line.said == [(CALL, 1), (PROGRESS, 2)]

"""The exhaustive model of being lost and coming back: right with every guard, wrong without any one of them. P5."""

from __future__ import annotations

import pytest

from tests.model.losses import GUARDS, LostForEver, PresentInterrupted, World, began, check_rest, next_worlds

ONE, TWO = {"breaks": 1, "returns": 1}, {"breaks": 2, "returns": 2}
SLIP = {**ONE, "wipes": 0, "crashes": 0, "slips": 1}
WRONG: dict[str, tuple[type[Exception], dict[str, int]]] = {
    "the fast door is closed first": (PresentInterrupted, ONE),
    "only the entry that was lost": (PresentInterrupted, ONE),
    "only in the same life of the live store": (PresentInterrupted, ONE),
    "a live store that forgot begins a new life": (PresentInterrupted, ONE),
    "an emptied seat is noticed by every node": (LostForEver, ONE),
    "a loss that decided nothing is not forgotten": (LostForEver, ONE),
    "a seat given to a line that is gone is a loss": (LostForEver, {**TWO, "wipes": 0}),
    "whoever was buried by mistake sits down again": (
        PresentInterrupted,
        {**ONE, "wipes": 0, "crashes": 0, "slips": 1},
    ),
    "what was refused waits for the long grace": (PresentInterrupted, SLIP),
    "a seat that a newer line held is left alone": (PresentInterrupted, SLIP),
}
"""What goes wrong without each guard, and how many accidents it takes."""


def explore(first: World, until: type[Exception] | None = None) -> tuple[int, set[type[Exception]]]:
    """Visit every world that can be reached (or stop at the first that is wrong in this way).

    Returns how many there are, and what went wrong in any of them.
    """
    seen, wrong = {first.key}, set()
    todo = [first]
    while todo and until not in wrong:
        world = todo.pop()
        try:
            check_rest(world)
            following = list(next_worlds(world))
        except (PresentInterrupted, LostForEver) as outcome:
            wrong.add(type(outcome))
            continue
        for one in following:
            if one.key not in seen:
                seen.add(one.key)
                todo.append(one)
    return len(seen), wrong


def test_p05_no_interleaving_of_a_break_a_return_a_wipe_and_a_crash_is_wrong() -> None:
    worlds, wrong = explore(began(breaks=1, wipes=1, crashes=1, returns=1))
    assert worlds > 10_000, "the model has shrunk: it explores next to nothing"
    assert wrong == set()


def test_p05_no_slip_in_between_is_wrong() -> None:
    _, wrong = explore(began(breaks=1, wipes=0, crashes=1, slips=1, returns=1))
    assert wrong == set()


@pytest.mark.long_faults
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("breaks", "wipes", "crashes", "slips"), [(1, 1, 0, 1), (1, 0, 0, 2), (2, 1, 0, 0), (2, 0, 1, 0)]
)
def test_p05_no_longer_story_is_wrong(breaks: int, wipes: int, crashes: int, slips: int) -> None:
    first = began(breaks=breaks, wipes=wipes, crashes=crashes, slips=slips, returns=breaks)
    assert explore(first)[1] == set()


@pytest.mark.parametrize("guard", sorted(GUARDS))
def test_p05_without_any_one_guard_something_goes_wrong(guard: str) -> None:
    expected, accidents = WRONG[guard]
    assert expected in explore(began(GUARDS - {guard}, **accidents), until=expected)[1]


def test_both_wrong_outcomes_are_among_them() -> None:
    assert set(WRONG) == GUARDS
    assert {outcome for outcome, _ in WRONG.values()} == {PresentInterrupted, LostForEver}

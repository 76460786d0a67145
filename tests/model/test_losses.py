"""The exhaustive model of being lost and coming back: right with every guard, wrong without any one of them."""

from __future__ import annotations

import pytest

from tests.model.losses import GUARDS, LostForEver, PresentInterrupted, World, began, check_rest, next_worlds

WRONG = {
    "the fast door is closed first": PresentInterrupted,
    "only the entry that was lost": PresentInterrupted,
    "only in the same life of the live store": PresentInterrupted,
    "a live store that forgot begins a new life": PresentInterrupted,
    "an emptied seat is noticed by every node": LostForEver,
    "a loss that decided nothing is not forgotten": LostForEver,
    "a seat given to a line that is gone is a loss": LostForEver,
}
"""What goes wrong without each guard."""


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


def test_no_interleaving_of_a_break_a_return_a_wipe_and_a_crash_is_wrong() -> None:
    worlds, wrong = explore(began(breaks=1, wipes=1, crashes=1, returns=1))
    assert worlds > 10_000, "the model has shrunk: it explores next to nothing"
    assert wrong == set()


@pytest.mark.long_faults
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("wipes", "crashes"), [(1, 0), (0, 1), (1, 1)])
def test_no_interleaving_of_two_breaks_and_two_returns_is_wrong(wipes: int, crashes: int) -> None:
    _, wrong = explore(began(breaks=2, wipes=wipes, crashes=crashes, returns=2))
    assert wrong == set()


@pytest.mark.parametrize("guard", sorted(GUARDS))
def test_without_any_one_guard_something_goes_wrong(guard: str) -> None:
    left, expected = GUARDS - {guard}, WRONG[guard]
    # Most are found where one break and one return may happen; the rest need two of each.
    worlds = (began(left, breaks=most, returns=most) for most in (1, 2))
    assert any(expected in explore(first, until=expected)[1] for first in worlds)


def test_both_wrong_outcomes_are_among_them() -> None:
    assert set(WRONG) == GUARDS
    assert set(WRONG.values()) == {PresentInterrupted, LostForEver}

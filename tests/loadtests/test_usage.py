"""What is spent is counted process by process: an end takes nothing away from the others."""

from __future__ import annotations

from loadtests.swarm.usage import POSTGRES, REDIS, SERVER, Usage


def usage(postgres: dict[int, float]) -> Usage:
    return Usage({SERVER: {1: 5.0}, REDIS: {}, POSTGRES: postgres}, {})


def test_a_process_that_ended_takes_nothing_away_and_a_new_one_adds_all_of_its_own() -> None:
    before = usage({10: 1.0, 11: 40.0})
    after = usage({10: 1.5, 12: 0.25})
    assert after.since(before) == {SERVER: 0.0, REDIS: 0.0, POSTGRES: 0.75}

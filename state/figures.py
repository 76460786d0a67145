"""What is counted of the two stores: how long they take, what fails, how often a line had to be opened."""

from __future__ import annotations

from dataclasses import dataclass, field

from hub.figures import Spread, Tally, tally

ROUND_TRIP_SECONDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
"""A script takes microseconds; 25 ms is all that a delivery may take; at 1 s the line is cut."""
TRANSACTION_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0, 6.0)
"""50 ms is all that a decision may take, tap to answer; 1 s, 3 s and 6 s are what a lock, a statement and a silent
server may take at most."""

REDIS_LINES = ("calls", "watch", "bell")
REDIS_FAILURES = ("no_connection", "lost", "no_answer", "too_many", "refused")
POSTGRES_ERRORS = ("busy", "crowded", "unavailable", "outcome_unknown", "rule_broken", "stale", "mistake")


@dataclass(frozen=True, slots=True)
class Memory:
    """How many bytes the live store uses, and may use; None where nobody set a limit."""

    used: int
    most: int | None


@dataclass(slots=True)
class RedisFigures:
    """What is counted of calls and of the bell.

    `connected` counts by line; `failed` by what happened to a line, whose calls all failed, or `refused` where the
    server answered a call with an error. `confirmed` are subscriptions it agreed to, at first and after each new line;
    `silent` lines of the bell were dropped.
    """

    calls: Tally = field(default_factory=tally)
    round_trip: Spread = field(default_factory=lambda: Spread(ROUND_TRIP_SECONDS))
    connected: Tally = field(default_factory=lambda: tally(*REDIS_LINES))
    failed: Tally = field(default_factory=lambda: tally(*REDIS_FAILURES))
    rings: int = 0
    confirmed: int = 0
    silent: int = 0


@dataclass(slots=True)
class PostgresFigures:
    """What is counted of the ledger.

    `asking` is how many have a connection or wait for one; `committed` counts recorded decisions, several of which may
    share a transaction; `new_lives` counts live rooms that began anew because histories differed.
    """

    transaction: Spread = field(default_factory=lambda: Spread(TRANSACTION_SECONDS))
    errors: Tally = field(default_factory=lambda: tally(*POSTGRES_ERRORS))
    asking: int = 0
    committed: int = 0
    new_lives: int = 0

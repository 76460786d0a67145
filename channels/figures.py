"""What is counted of sockets, rooms and lost lines: by role, kind of frame and code, never by who or which.

Whatever passes here more than once a second is one addition; `docs/metrics.md` says what each figure means.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import msgspec

from channels import wire
from hub.figures import Spread, Tally, tally
from hub.model import Cause
from hub.refusals import RETRYABLE, Code

DELIVERY_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
"""99 of 100 within 25 ms are promised, and 10 ms hoped for; a room's window is 20 ms."""
DECISION_SECONDS = (0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""99 of 100 within 50 ms are promised, and 20 ms hoped for; a lock is waited for at most 1 s."""
WELCOME_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 9.0)
"""After 4 s a hello is sent away to come again; a client waits for 9 s."""
LAG_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)
"""25 ms is a whole delivery; from 1 s on this process stood still."""
FLUSH_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0, 6.0)
"""It runs every 5 s; 3 s is what a statement may take."""

ROLES = ("candidate", "invigilator", "admin")
"""Which of the three conversations: a center's admin who opens a room speaks as an invigilator does."""
LEFT = "left"
"""In the place of a close code: the client went, or its line broke."""
STAGES = ("suspect", "offline", "interrupted")
"""How far a lost line of somebody in the test has come."""

Named = tuple[str, str]


@dataclass(slots=True)
class RoleFigures:
    """What is counted of the sockets of one role.

    `heard` is kept by the frame's struct and `sent` by the bytes of its type, whose names are looked up by who reads.
    """

    open: int = 0
    accepted: int = 0
    hellos_waiting: int = 0
    closed: Tally = field(default_factory=lambda: tally(LEFT))
    welcome: Spread = field(default_factory=lambda: Spread(WELCOME_SECONDS))
    heard: defaultdict[type, int] = field(default_factory=lambda: defaultdict(int))
    sent: defaultdict[bytes, int] = field(default_factory=lambda: defaultdict(int))
    sent_bytes: int = 0
    refused: Tally = field(default_factory=tally)
    decided: dict[Named, Spread] = field(default_factory=dict)
    delivery: Spread = field(default_factory=lambda: Spread(DELIVERY_SECONDS))

    def frame_sent(self, frame: bytes) -> None:
        """Count one frame; its type stands first in it, between the third and the fourth quote."""
        self.sent[frame[9 : frame.index(b'"', 9)]] += 1
        self.sent_bytes += len(frame)

    def reply_sent(self, reply: wire.Reply, asked: object, seconds: float) -> None:
        """Count an answer: the codes it refuses with, and how long a deed had to wait for it."""
        outcome = self._outcome(reply)
        if not (isinstance(asked, msgspec.Struct) and hasattr(asked, "key")):
            return
        named = (str(asked.__struct_config__.tag), outcome)
        spread = self.decided.get(named)
        if spread is None:
            spread = self.decided[named] = Spread(DECISION_SECONDS)
        spread.note(seconds)

    def _outcome(self, reply: wire.Reply) -> str:
        if isinstance(reply.error, wire.ErrorView):
            code = reply.error.code
            self.refused[code] += 1
            if code not in RETRYABLE:
                return "refused"
            return "busy" if code in (Code.BUSY, Code.RATE_LIMITED) else "unavailable"
        results = reply.results if isinstance(reply.results, list) else []
        for result in results:
            if result.code is not None:
                self.refused[result.code] += 1
        return "accepted" if not results or any(result.ok for result in results) else "refused"


@dataclass(slots=True)
class Figures:
    """What one node counts.

    `lines` counts what became of lost lines, by stage and whose loss it was. `returned` are clients that had their seat
    before: by the fast `door`, by the `ledger`, or `refused` by it. `rooms` counts what mirrors had to do.
    """

    roles: dict[str, RoleFigures] = field(default_factory=lambda: {role: RoleFigures() for role in ROLES})
    progress: Tally = field(default_factory=lambda: tally("accepted", "behind", "fenced", "refused"))
    flushed_rows: int = 0
    flush: Spread = field(default_factory=lambda: Spread(FLUSH_SECONDS))
    lag: Spread = field(default_factory=lambda: Spread(LAG_SECONDS))
    worst_lag: float = 0.0
    rooms: Tally = field(default_factory=lambda: tally("loaded", "truth", "gap", "unreadable", "forged"))
    lines: defaultdict[Named, int] = field(
        default_factory=lambda: defaultdict(int, {(stage, cause): 0 for stage in STAGES for cause in Cause})
    )
    returned: Tally = field(default_factory=lambda: tally("door", "ledger", "refused"))

    def late(self, seconds: float) -> None:
        """Note how late the loop ran."""
        self.lag.note(seconds)
        if seconds > self.worst_lag:
            self.worst_lag = seconds

    def take_worst_lag(self) -> float:
        """Return the worst lag since this was last asked."""
        worst, self.worst_lag = self.worst_lag, 0.0
        return worst


@dataclass(frozen=True, slots=True)
class Glance:
    """How a node stands right now: its rooms, the age of the oldest one's data, what it misses, lines being lost."""

    rooms: int
    oldest_seconds: float
    degraded: tuple[str, ...]
    losses: int
    is_draining: bool

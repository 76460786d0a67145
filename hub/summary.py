"""One room in numbers, as a wall shows it: how many are how far, what is needed, since when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.model import AttemptState, Candidate, LinkState, Room
from hub.needs import CALLING, Need, NeedKind, is_over_time, needs_of
from hub.policy import Thresholds
from hub.queue import waits_since
from hub.staffing import Staffing


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of candidates. `expected` to `ended` divide everybody, `waiting` to `over_time` may overlap.

    `answered` and `total` are sums over those who have begun. `escalated_at` is since when the oldest untaken need
    calls for an admin.
    """

    candidates: int
    expected: int
    absent: int
    confirmed: int
    running: int
    finished: int
    ended: int
    waiting: int
    offline: int
    asking: int
    help_open: int
    over_time: int
    lost_together: int
    answered: int
    total: int
    ends_at: datetime | None
    needs: int
    untaken: int
    worst_need: NeedKind | None
    oldest_need_at: datetime | None
    escalated_at: datetime | None


def summary_of(room: Room, staffing: Staffing, now: datetime, thresholds: Thresholds) -> Summary:
    """Count a room."""
    rows = tuple(room.candidates.values())
    claims = staffing.standing(now, thresholds.claim_life)
    needs = () if room.is_closed else needs_of(rows, now, thresholds, claims)
    stages = Counter(_stage(row) for row in rows)
    running = [row for row in rows if row.attempt is AttemptState.RUNNING]
    begun = [row.progress for row in rows if row.progress is not None]
    ends = [row.time.theoretical_end for row in running if row.time.theoretical_end is not None]
    return Summary(
        candidates=len(rows),
        expected=stages["expected"],
        absent=stages["absent"],
        confirmed=stages["confirmed"],
        running=stages["running"],
        finished=stages["finished"],
        ended=stages["ended"],
        waiting=sum(row.waiting.clients > 0 and not row.attempt.is_over for row in rows),
        offline=sum(row.link.state is LinkState.OFFLINE for row in running),
        asking=sum(waits_since(row) is not None for row in rows),
        help_open=sum(row.open_help is not None for row in rows),
        over_time=sum(is_over_time(row, now) for row in running),
        lost_together=sum(len(one.candidates) for one in needs if one.kind is NeedKind.OUTAGE),
        answered=sum(progress.answered for progress in begun),
        total=sum(progress.total for progress in begun),
        ends_at=max(ends, default=None),
        needs=len(needs),
        untaken=sum(one.taken_by is None for one in needs),
        worst_need=needs[0].kind if needs else None,
        oldest_need_at=min((one.since for one in needs), default=None),
        escalated_at=_escalated_at(needs, now, thresholds),
    )


def _stage(row: Candidate) -> str:
    match row.attempt:
        case AttemptState.NOT_STARTED:
            return row.presence.state.value
        case AttemptState.RUNNING | AttemptState.FINISHED:
            return row.attempt.value
        case AttemptState.ENDED | AttemptState.CLOSED:
            return "ended"


def _escalated_at(needs: Sequence[Need], now: datetime, thresholds: Thresholds) -> datetime | None:
    """Return since when an admin is called: the oldest need that nobody goes to, and that waits for somebody."""
    called_at = [one.raised_at + thresholds.call_admin for one in needs if one.kind in CALLING and one.taken_by is None]
    first = min(called_at, default=None)
    return first if first is not None and now >= first else None

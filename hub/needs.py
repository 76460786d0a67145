"""What needs a person in a room now: the À traiter list.

The page computes the same for itself (`needs.ts`); `tests/web/test_needs.py` compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hub.model import AttemptState, Author, AuthorizationKind, Candidate, CandidateId, Cause, LinkState
from hub.policy import Thresholds
from hub.queue import waits_since
from hub.staffing import Claim

OUTAGE_WINDOW = timedelta(seconds=30)
"""Lines lost this close together have one cause."""
OUTAGE_LEAST = 3
"""So many together, and half of those in the test, are one event; so is what the hub recorded as the room's loss."""


class NeedKind(StrEnum):
    """What a person is needed for, most severe first."""

    OUTAGE = "outage"
    HELP = "help"
    ASKING = "asking"
    OFFLINE = "offline"
    OVER_TIME = "over_time"
    END_SCREEN = "end_screen"
    LAPSING = "lapsing"


CALLING = frozenset({NeedKind.OUTAGE, NeedKind.HELP, NeedKind.ASKING, NeedKind.OFFLINE, NeedKind.LAPSING})
"""Somebody waits: untaken, these call further and further. Nobody waits because of the others."""
_SEVERITY = {kind: index for index, kind in enumerate(NeedKind)}


@dataclass(frozen=True, slots=True)
class Need:
    """One line of the list. `since` is its age, `raised_at` when it became a need; an outage is about several."""

    kind: NeedKind
    candidates: tuple[CandidateId, ...]
    since: datetime
    raised_at: datetime
    taken_by: Author | None = None


def needs_of(
    rows: Iterable[Candidate], now: datetime, thresholds: Thresholds, claims: Sequence[Claim] = ()
) -> tuple[Need, ...]:
    """List everything that needs a person, most severe first, then oldest."""
    everybody = tuple(rows)
    outage = outage_of(everybody, now)
    inside = frozenset(outage.candidates) if outage is not None else frozenset[CandidateId]()
    found: list[Need] = []
    for row in everybody:
        own = _needs_of_one(row, now, thresholds)
        apart = [one for one in own if not (row.id in inside and _is_of_an_outage(one, row))]
        found += _taken(apart, row, claims)
    if outage is not None:
        found.append(_taken_together(outage, claims))
    return tuple(sorted(found, key=lambda one: (_SEVERITY[one.kind], one.since, one.candidates)))


def away_since(row: Candidate) -> datetime | None:
    """Return since when the seated candidate is away; None when here, or not in the test."""
    if row.attempt is not AttemptState.RUNNING:
        return None
    lost_at = row.link.since if row.link.state is LinkState.OFFLINE else None
    return lost_at or row.interrupted_at


def is_over_time(row: Candidate, now: datetime) -> bool:
    """Tell whether somebody who still works has used up their time."""
    end = row.time.theoretical_end
    return row.attempt is AttemptState.RUNNING and end is not None and now >= end


def _needs_of_one(row: Candidate, now: datetime, thresholds: Thresholds) -> list[Need]:
    needs: list[Need] = []

    def add(kind: NeedKind, since: datetime, raised_at: datetime | None = None) -> None:
        needs.append(Need(kind, (row.id,), since, raised_at or since))

    if row.open_help is not None:
        add(NeedKind.HELP, row.open_help.at)
    asking, away = waits_since(row), away_since(row)
    if asking is not None:
        add(NeedKind.ASKING, asking)
    # Who asks to come back is no longer away. Somebody's second computer, while the seat is not lost, hides nothing.
    is_expected_back = asking is not None or row.authorization is not None
    if away is not None and not is_expected_back and now - away >= thresholds.need_offline:
        add(NeedKind.OFFLINE, away, away + thresholds.need_offline)
    if is_over_time(row, now) and row.time.theoretical_end is not None:
        add(NeedKind.OVER_TIME, row.time.theoretical_end)
    if row.attempt in (AttemptState.FINISHED, AttemptState.ENDED) and row.end_screen_seen is None:
        # Who never answered was counted before: an instant that stays, so that somebody can say they go there.
        add(NeedKind.END_SCREEN, row.progress.at if row.progress is not None else row.presence.at or now)
    granted = row.authorization
    if granted is not None and granted.kind is AuthorizationKind.RESUME and granted.expires_at is not None:
        warned_at = granted.expires_at - thresholds.need_lapse
        if now >= warned_at:
            add(NeedKind.LAPSING, warned_at)
    return needs


# ── many lost at once ──────────────────────────────────────────────────────────────────────────────────────────


def outage_of(rows: Sequence[Candidate], now: datetime) -> Need | None:
    """Return those who were lost together and are not back: one event, however many they are.

    It needs nobody any more once each of them is authorized to come back.
    """
    running = [row for row in rows if row.attempt is AttemptState.RUNNING]
    lost = [(away, row.id) for row in running if (away := away_since(row)) is not None]
    newest = max((away for away, _ in lost), default=now)
    together = [(away, number) for away, number in lost if newest - away <= OUTAGE_WINDOW]
    if len(together) < OUTAGE_LEAST or 2 * len(together) < len(running):
        together = []
    members = {number: away for away, number in together}
    members |= {row.id: row.interrupted_at for row in running if row.interrupted_at and _is_the_rooms_loss(row)}
    is_done = all(row.authorization is not None for row in running if row.id in members)
    if len(members) < 2 or is_done:
        return None
    since = min(members.values())
    return Need(NeedKind.OUTAGE, tuple(sorted(members)), since, since)


def _is_the_rooms_loss(row: Candidate) -> bool:
    last = row.time.interruptions[-1] if row.time.interruptions else None
    return last is not None and last.until is None and last.cause is Cause.ROOM


def _is_of_an_outage(need: Need, row: Candidate) -> bool:
    """Being away, asking and being allowed to come back are inside the one event; everything else stays a line."""
    is_return = need.kind is NeedKind.ASKING and row.attempt is AttemptState.RUNNING
    return is_return or need.kind in (NeedKind.OFFLINE, NeedKind.LAPSING)


# ── who goes there ─────────────────────────────────────────────────────────────────────────────────────────────


def _taken(needs: list[Need], row: Candidate, claims: Sequence[Claim]) -> list[Need]:
    """Say who goes there: a claim covers what it was made for, and what came while some of that still stood."""
    claim = _latest(row.id, claims)
    oldest = min((one.since for one in needs), default=None)
    claimed_by = claim.by if claim is not None and oldest is not None and oldest <= claim.at else None
    helped_by = row.open_help.taken_by if row.open_help is not None else None
    return [_by(one, helped_by or claimed_by) if one.kind is NeedKind.HELP else _by(one, claimed_by) for one in needs]


def _taken_together(outage: Need, claims: Sequence[Claim]) -> Need:
    """An outage is taken when somebody goes to each of its members; they are named by the first."""
    made = [_latest(number, claims) for number in outage.candidates]
    standing = [one for one in made if one is not None and one.at >= outage.since]
    return _by(outage, standing[0].by) if len(standing) == len(made) else outage


def _latest(candidate: CandidateId, claims: Sequence[Claim]) -> Claim | None:
    return max((one for one in claims if one.candidate == candidate), key=lambda one: one.at, default=None)


def _by(need: Need, who: Author | None) -> Need:
    return need if who is None else Need(need.kind, need.candidates, need.since, need.raised_at, who)

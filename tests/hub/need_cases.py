"""Rooms, and what they need: some made by hand, many at random, and always the same ones.

`tests/web/test_needs.py` gives them to the page too.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from hub.model import (
    AttemptState,
    Authorization,
    AuthorizationKind,
    Candidate,
    CandidateId,
    Cause,
    EntryRefused,
    HelpKind,
    HelpOutcome,
    HelpRequest,
    Interruption,
    Link,
    LinkState,
    Presence,
    PresenceState,
    Progress,
    Seen,
    TimeLedger,
    Waiting,
)
from hub.needs import Need, needs_of
from hub.policy import Thresholds
from hub.staffing import Claim
from tests.builders import CALL, CLAIRE, MARC, NOW, a_candidate, later

THRESHOLDS = Thresholds()
RANDOM_ROOMS = 150


@dataclass(frozen=True)
class Case:
    """A room at NOW, and who goes where."""

    rows: tuple[Candidate, ...]
    claims: tuple[Claim, ...] = ()

    @property
    def needs(self) -> tuple[Need, ...]:
        """Compute what it needs."""
        return needs_of(self.rows, NOW, THRESHOLDS, self.claims)


# ── candidates ─────────────────────────────────────────────────────────────────────────────────────────────────


def running(number: int = 1, **facets: object) -> Candidate:
    """Build somebody at work."""
    at_work = a_candidate(
        number,
        attempt=AttemptState.RUNNING,
        entry_no=1,
        presence=Presence(PresenceState.CONFIRMED, MARC, later(minutes=-40)),
        link=Link(LinkState.ONLINE, later(minutes=-30)),
        progress=Progress(3, 20, None, later(minutes=-2)),
        time=TimeLedger(theoretical_end=later(minutes=60)),
    )
    return replace(at_work, **facets)  # type: ignore[arg-type]


def away(number: int = 1, *, seconds: float, **facets: object) -> Candidate:
    """Build somebody whose line is gone, not interrupted yet."""
    return running(number, link=Link(LinkState.OFFLINE, later(seconds=-seconds)), **facets)


def interrupted(number: int = 1, *, seconds: float, cause: Cause = Cause.CANDIDATE, **facets: object) -> Candidate:
    """Build somebody who was interrupted."""
    at = later(seconds=-seconds)
    time = TimeLedger(theoretical_end=later(minutes=60), interruptions=(Interruption(at, None, cause),))
    lost = {"link": Link(LinkState.OFFLINE, at), "interrupted_at": at, "time": time}
    return running(number, **{**lost, **facets})


def call(minutes: float = 1, *, taken: bool = False) -> tuple[HelpRequest, ...]:
    """Build an open call."""
    taken_by = CLAIRE if taken else None
    return (HelpRequest(CALL, HelpKind.OTHER, None, None, later(minutes=-minutes), taken_by),)


def resume(*, minutes_left: float) -> Authorization:
    """Build an authorization to come back that lapses soon, or not."""
    return Authorization(AuthorizationKind.RESUME, MARC, later(minutes=-1), later(minutes=minutes_left))


def over(attempt: AttemptState = AttemptState.FINISHED, number: int = 1, **facets: object) -> Candidate:
    """Build somebody whose test is over."""
    return running(number, **{"attempt": attempt, "time": TimeLedger(), **facets})


def claim(candidate: int, *, minutes_ago: float, by: str = MARC) -> Claim:
    """Build "I go there"."""
    return Claim(CandidateId(candidate), by, later(minutes=-minutes_ago))  # type: ignore[arg-type]


ASKS = EntryRefused("resume_not_authorized", later(seconds=-40))
LATE_END = TimeLedger(theoretical_end=later(minutes=-5))


CASES: dict[str, Case] = {
    "nobody needs anything": Case((a_candidate(), running(2))),
    "a call": Case((running(help=call()),)),
    "a call that somebody took": Case((running(help=call(taken=True)),)),
    "a call that was answered": Case((running(help=(replace(call()[0], outcome=HelpOutcome.ACCEPT),)),)),
    "asking to start": Case((a_candidate(entry_refused=EntryRefused("presence_not_confirmed", later(seconds=-9))),)),
    "asking to resume": Case((interrupted(seconds=90, entry_refused=ASKS, waiting=Waiting(1)),)),
    "back at the door without having asked": Case((interrupted(seconds=90, waiting=Waiting(1)),)),
    "authorized, and at the door": Case(
        (interrupted(seconds=90, waiting=Waiting(1), authorization=resume(minutes_left=14)),)
    ),
    "away for less than a minute": Case((away(seconds=59),)),
    "away for a minute": Case((away(seconds=60),)),
    "away, the seat not lost yet, and at a second computer": Case((away(seconds=90, waiting=Waiting(1)),)),
    "interrupted a minute ago": Case((interrupted(seconds=75),)),
    "away, and expected back": Case((interrupted(seconds=300, authorization=resume(minutes_left=10)),)),
    "away, and the authorization lapses soon": Case((interrupted(seconds=300, authorization=resume(minutes_left=3)),)),
    "over time": Case((running(time=LATE_END),)),
    "over time to the second": Case((running(time=TimeLedger(theoretical_end=NOW)),)),
    "finished, not seen": Case((over(),)),
    "ended, not seen, without progress": Case((over(AttemptState.ENDED, progress=None),)),
    "an end screen that somebody goes to, without progress": Case(
        (over(AttemptState.ENDED, progress=None),), (claim(1, minutes_ago=1),)
    ),
    "finished and seen": Case((over(end_screen_seen=Seen(MARC, NOW)),)),
    "closed": Case((over(AttemptState.CLOSED),)),
    "everything at once": Case((interrupted(seconds=200, help=call(), entry_refused=ASKS, waiting=Waiting(2)),)),
    "severity before age, age before names": Case(
        (
            over(number=1),
            running(2, time=LATE_END),
            away(3, seconds=600),
            away(4, seconds=700),
            running(5, help=call(minutes=0.1)),
            interrupted(6, seconds=90, entry_refused=ASKS),
        )
    ),
    "a claim on what was there": Case((away(seconds=300),), (claim(1, minutes_ago=1),)),
    "a claim on what was over before": Case((away(seconds=30, help=call(minutes=0.5)),), (claim(1, minutes_ago=1),)),
    "a claim covers what comes while its reason stands": Case(
        (away(seconds=300, help=call(minutes=0.5)),), (claim(1, minutes_ago=1),)
    ),
    "the latest claim counts": Case(
        (away(seconds=300),), (claim(1, minutes_ago=2, by=CLAIRE), claim(1, minutes_ago=1, by=MARC))
    ),
    "a claim on another": Case((away(seconds=300), away(2, seconds=400)), (claim(2, minutes_ago=1),)),
    "who took a call is named before who goes there": Case(
        (running(help=call(minutes=5, taken=True)),), (claim(1, minutes_ago=1),)
    ),
    "two lost together are two": Case((away(1, seconds=70), away(2, seconds=71), running(3))),
    "three lost together, most of the room": Case(
        (away(1, seconds=20), away(2, seconds=21), away(3, seconds=45), running(4))
    ),
    "three lost together, few of the room": Case(
        (*(away(number, seconds=70) for number in (1, 2, 3)), *(running(number) for number in (4, 5, 6, 7)))
    ),
    "three lost one after the other": Case((away(1, seconds=70), away(2, seconds=110), away(3, seconds=150))),
    "what the hub recorded as the room's loss stays one": Case(
        (
            interrupted(1, seconds=300, cause=Cause.ROOM, entry_refused=ASKS, waiting=Waiting(1)),
            interrupted(2, seconds=290, cause=Cause.ROOM),
            *(running(number) for number in (3, 4, 5, 6, 7)),
        )
    ),
    "one of a room's loss is left": Case((interrupted(1, seconds=300, cause=Cause.ROOM), running(2), running(3))),
    "a room's loss, some authorized, one calls": Case(
        (
            interrupted(1, seconds=300, cause=Cause.ROOM, authorization=resume(minutes_left=2)),
            interrupted(2, seconds=300, cause=Cause.ROOM, help=call()),
            interrupted(3, seconds=300, cause=Cause.ROOM, waiting=Waiting(1)),
        )
    ),
    "a room's loss, everybody authorized": Case(
        tuple(
            interrupted(number, seconds=300, cause=Cause.ROOM, authorization=resume(minutes_left=2))
            for number in (1, 2, 3)
        )
    ),
    "a room's loss that somebody goes to": Case(
        tuple(interrupted(number, seconds=300, cause=Cause.ROOM) for number in (1, 2, 3)),
        tuple(claim(number, minutes_ago=1) for number in (1, 2, 3)),
    ),
    "a room's loss that somebody goes to in part": Case(
        tuple(interrupted(number, seconds=300, cause=Cause.ROOM) for number in (1, 2, 3)),
        tuple(claim(number, minutes_ago=1) for number in (1, 2)),
    ),
}


# ── rooms at random, always the same ───────────────────────────────────────────────────────────────────────────


def _some_time(luck: random.Random) -> datetime:
    return later(seconds=-luck.choice((5, 20, 40, 59, 60, 61, 90, 150, 400)))


def _somebody(luck: random.Random, number: int) -> Candidate:
    attempt = luck.choices(tuple(AttemptState), weights=(2, 8, 2, 1, 1))[0]
    link = Link(luck.choices((LinkState.ONLINE, LinkState.OFFLINE), weights=(1, 2))[0], _some_time(luck))
    is_running = attempt is AttemptState.RUNNING
    lost_at = _some_time(luck) if is_running and luck.random() < 0.5 else None
    absences = (Interruption(lost_at, None, luck.choice(tuple(Cause))),) if lost_at else ()
    end = luck.choice((None, later(minutes=30), later(minutes=-1)))
    may_be_authorized = is_running and luck.random() < 0.3
    return a_candidate(
        number,
        attempt=attempt,
        entry_no=0 if attempt is AttemptState.NOT_STARTED else 1,
        link=link,
        interrupted_at=lost_at,
        waiting=Waiting(luck.choice((0, 0, 1, 2))),
        entry_refused=EntryRefused("resume_not_authorized", _some_time(luck)) if luck.random() < 0.3 else None,
        authorization=resume(minutes_left=luck.choice((1, 3, 10))) if may_be_authorized else None,
        progress=Progress(3, 20, None, _some_time(luck)) if luck.random() < 0.7 else None,
        help=call(luck.choice((0.2, 1, 3)), taken=luck.random() < 0.4) if luck.random() < 0.3 else (),
        end_screen_seen=Seen(MARC, NOW) if luck.random() < 0.3 else None,
        time=TimeLedger(theoretical_end=end, interruptions=absences),
    )


def _a_room_at_random(seed: int) -> Case:
    luck = random.Random(seed)
    numbers = range(1, luck.randint(2, 6) + 1)
    claims = tuple(
        claim(number, minutes_ago=luck.choice((0.1, 0.5, 1.2, 4)), by=luck.choice((CLAIRE, MARC)))
        for number in numbers
        if luck.random() < 0.4
    )
    return Case(tuple(_somebody(luck, number) for number in numbers), claims)


ALL = CASES | {f"room {seed} at random": _a_room_at_random(seed) for seed in range(RANDOM_ROOMS)}


# ── in words ───────────────────────────────────────────────────────────────────────────────────────────────


def named(needs: Sequence[Need]) -> list[str]:
    """Say needs in short: `kind:candidates`, with a star where somebody goes."""
    return [
        f"{one.kind.value}:{','.join(map(str, one.candidates))}{'*' if one.taken_by is not None else ''}"
        for one in needs
    ]

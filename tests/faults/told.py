"""What a page told, held against what was true: silent lies, taps and what became of them, rows at rest."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.events import EventKind
from tests.browser.screens import listed
from tests.faults import agreement
from tests.faults.player import answered
from tests.faults.rig import Rig, RigRoom
from tests.faults.screen import Look, Screen
from tests.faults.witness import Reading
from tests.story.client import Frame

LIVE, SLOW, OFFLINE = "En direct", "Lent", "Hors ligne"
ADMITTED_SECONDS = {LIVE: 3.0, SLOW: 8.0}
"""How old what is shown may be under each chip; a page that is offline says in words how old its rows are."""
SLACK_SECONDS = 2.0
"""A beat each second says how old the data are, the page looks at its clock each half second, machines are busy."""
UNDER_WAY = "en cours…"
ZONE = ZoneInfo("Europe/Paris")
PRESENCE = {"expected": "Attendu", "confirmed": "Présent", "absent": "Absent"}
UNITS = {"s": 1, "min": 60, "h": 3600}
DATED = re.compile(r"date d’il y a (?:< )?(\d+) (s|min|h)\b")
PROGRESS = re.compile(r"^(\d+)/\d+")
Shown = tuple[str | None, str | None]


def true_words(row: Frame) -> Shown:
    """Say in the page's words what was decided about somebody: the presence until they start, then the end."""
    if row["attempt"] != "running":
        return PRESENCE[row["presence"]["state"]], None
    return None, f"fin {datetime.fromisoformat(row['time']['theoretical_end']).astimezone(ZONE):%H:%M}"


def shown_words(facts: Sequence[str]) -> Shown:
    """Find the same in a row of the page."""
    presence = next((fact for fact in facts if fact in PRESENCE.values()), None)
    return presence, next((fact for fact in facts if fact.startswith("fin ")), None)


def names(room: RigRoom) -> Mapping[int, str]:
    """Give the names as the page writes them, by the candidates' ids."""
    return {number: listed(person) for number, person in zip(room.ids, room.people, strict=True)}


# ── never silently stale ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Stand:
    """What was shown of somebody, and since when."""

    words: Shown
    since: float


def silent_lies(room: RigRoom, looks: Sequence[Look], readings: Sequence[Reading]) -> list[str]:
    """List where the page showed something that had not been true for longer than it admitted."""
    wall = time.time() - time.monotonic()
    wrong: list[str] = []
    for number, name in names(room).items():
        spans, stand = list(_spans(readings, number, wall)), Stand((None, None), 0.0)
        for look in looks:
            if name not in look.rows:
                continue
            words = shown_words(look.facts(name))
            if words != stand.words:
                stand = Stand(words, look.at)
            admitted = _admitted(look)
            if admitted is None:
                continue
            since = look.until - admitted - SLACK_SECONDS
            was_true = any(one == words and began <= look.until and ended >= since for one, began, ended in spans)
            # What came and went between two readings was never read: it may stand for as long as it is admitted.
            is_new = stand.since >= since and all(one != words for one, _, _ in spans)
            if not was_true and not is_new:
                wrong.append(f"{name}: {words} under {look.chip!r} {look.said!r} at {look.until:.1f}")
    return wrong


def _admitted(look: Look) -> float | None:
    """Return how old the page says its rows are at most; None where it says that it cannot tell."""
    if (dated := DATED.search(look.said)) is not None:
        seconds = int(dated[1]) * UNITS[dated[2]]
        return float(max(seconds, 10))
    return ADMITTED_SECONDS.get(look.chip)


def _spans(readings: Sequence[Reading], number: int, wall: float) -> Iterator[tuple[Shown, float, float]]:
    """Give what was true of somebody, with the widest time in which it may have been so (wall clock)."""
    for place, reading in enumerate(readings):
        began = readings[place - 1].asked_at if place else float("-inf")
        ended = readings[place + 1].answered_at if place + 1 < len(readings) else float("inf")
        yield true_words(reading.rows[number]), began + wall, ended + wall


# ── taps ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a tap on "Présent": when it was decided (each time), and when the page first showed it."""

    decided_at: tuple[float, ...]
    shown_at: float | None


async def fates(
    rig: Rig, room: RigRoom, looks: Sequence[Look], places: Sequence[int] | None = None
) -> Mapping[int, Fate]:
    """Tell of these (None: all) what became of taps on their button. A page that says so before it is decided lies."""
    tapped = {number for place, number in enumerate(room.ids) if places is None or place in places}
    audit = (await rig.truth(room)).audit
    found = {}
    for number, name in names(room).items():
        if number not in tapped:
            continue
        decided = tuple(
            one.at.timestamp() for one in audit if one.candidate == number and one.kind is EventKind.PRESENCE_CONFIRMED
        )
        shown = next((look.at for look in looks if PRESENCE["confirmed"] in look.facts(name)), None)
        found[number] = Fate(decided, shown)
        assert len(decided) <= 1, f"{name}: decided {len(decided)} times"
        if shown is not None:
            assert decided, f"{name}: shown as present, and nobody decided it"
            assert shown >= decided[0] - 0.2, f"{name}: shown {decided[0] - shown:.1f} s before it was decided"
    return found


# ── at rest ────────────────────────────────────────────────────────────────────────────────────────────────────


async def untrue_rows(screen: Screen) -> list[str]:
    """Compare everything the page shows now with Postgres; progress may be ahead of what was written."""
    true, look = await agreement.true_rows(screen.rig, screen.room), await screen.now()
    wrong = [] if look.chip == LIVE and not look.troubles else [f"{look.chip!r} {look.said!r}"]
    if len(look.rows) != len(true):
        return [*wrong, f"{len(look.rows)} rows are shown, there are {len(true)}"]
    wrong += [f"{name} is under way" for name, one in look.rows.items() if one["step"] == UNDER_WAY]
    for number, name in names(screen.room).items():
        facts = look.facts(name)
        if shown_words(facts) != true_words(true[number]):
            wrong.append(f"{name} shows {facts}, in truth {true_words(true[number])}")
        told = next((int(found[1]) for fact in facts if (found := PROGRESS.match(fact))), -1)
        if told < answered(true[number]):
            wrong.append(f"{name} shows {told} answered, Postgres has {answered(true[number])}")
    return wrong

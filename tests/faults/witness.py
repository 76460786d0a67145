"""A witness of screens and truth: looks at both several times a second, and afterwards finds every silent lie.

A screen lies silently when it says that its data are fresh (an age under three seconds) and shows something that has
not been true for longer than that. It may be ahead of what the witness read, and it may show what was true between two
readings: such a value is a lie only if it stands for longer than the limit. That holds for a value that was read once,
long ago, too: an identity is checked, to correct, and checked again, within the time between two looks.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import msgspec

from channels.translate import Names, row
from hub.ports import StoreAccident
from tests.faults.agreement import LIVE
from tests.faults.player import answered
from tests.faults.rig import Rig, RigRoom
from tests.faults.watcher import Watcher
from tests.story.client import Frame

LATE_SECONDS = 3.0
"""From this age on a screen says itself that its data are late."""
SLACK_SECONDS = 0.4
"""Two looks, and what the witness itself may be late on two shared cores."""
LIMIT_SECONDS = LATE_SECONDS + SLACK_SECONDS
LOOK_SECONDS = 0.15
Facet = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What Postgres said, asked and answered at these instants."""

    asked_at: float
    answered_at: float
    rows: dict[int, Frame]
    decision_seq: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """What a screen showed at an instant, and how old it said that was."""

    at: float
    age: float
    rows: dict[int, Frame]


@dataclass(slots=True)
class Span:
    """A value and when it may have been true at the widest, or was shown; `known_at`: when it was first seen so."""

    value: Any
    began: float
    ended: float
    known_at: float


@dataclass(eq=False)
class Witness:
    """Everything that was seen of one room."""

    rig: Rig
    room: RigRoom
    watchers: Sequence[Watcher]
    limit: float = LIMIT_SECONDS
    passed_over: Collection[str] = LIVE
    readings: list[Reading] = field(default_factory=list)
    looks: dict[str, list[Look]] = field(default_factory=dict)

    async def read_on(self) -> None:
        """Read the truth again and again."""
        async with self.rig.ledger() as ledger:
            while True:
                asked_at = time.monotonic()
                try:
                    found, names = await ledger.room(self.room.number), Names(await ledger.roster(self.room.number))
                except StoreAccident:
                    # Refused at once, perhaps: without a pause nobody else in this loop would have a turn.
                    await asyncio.sleep(LOOK_SECONDS)
                    continue
                rows = json.loads(msgspec.json.encode([row(one, names, is_live=True) for one in _rows(found)]))
                shown = {one["id"]: one for one in rows}
                self.readings.append(Reading(asked_at, time.monotonic(), shown, found.decision_seq))
                await asyncio.sleep(LOOK_SECONDS)

    async def look_on(self) -> None:
        """Look at every screen again and again."""
        while True:
            for one in self.watchers:
                shown = {number: dict(row) for number, row in one.rows.items()}
                self.looks.setdefault(one.name, []).append(Look(time.monotonic(), one.age(), shown))
            await asyncio.sleep(LOOK_SECONDS)

    def oldest(self, watcher: Watcher, since: float) -> float:
        """Return the greatest age a screen admitted after an instant."""
        return max(one.age for one in self.looks[watcher.name] if one.at >= since)

    def lies(self) -> list[str]:
        """List every silent lie."""
        true = {facet: list(spans) for facet, spans in _spans(self._told()).items()}
        return [lie for name, looks in self.looks.items() for lie in self._lies_of(name, looks, true)]

    def _may_hide(self, at: float, shown: Span) -> bool:
        """Tell whether a value may have come and gone between two readings: there was more than one decision."""
        return any(
            before.asked_at <= shown.began and at - after.answered_at <= self.limit
            for before, after in pairwise(self.readings)
            if after.decision_seq - before.decision_seq > 1
        )

    def _told(self) -> Iterator[tuple[float, float, Reading]]:
        """Give each reading with the widest time in which it may have been true."""
        for number, reading in enumerate(self.readings):
            before = self.readings[number - 1].asked_at if number else float("-inf")
            after = self.readings[number + 1].answered_at if number + 1 < len(self.readings) else float("inf")
            yield before, after, reading

    def _lies_of(self, name: str, looks: list[Look], true: dict[Facet, list[Span]]) -> Iterator[str]:
        shown: dict[Facet, Span] = {}
        for look in looks:
            for candidate, found in look.rows.items():
                for facet, value in found.items():
                    span = shown.get((candidate, facet))
                    if span is None or span.value != value:
                        span = shown[candidate, facet] = Span(value, look.at, look.at, look.at)
                    if look.age >= LATE_SECONDS or facet in self.passed_over:
                        continue
                    spans = true[candidate, facet]
                    is_lie = (
                        _is_behind(look, found, spans, self.limit)
                        if facet == "progress"
                        else _is_lie(look.at, span, spans, self.limit)
                    )
                    if is_lie and (facet == "progress" or not self._may_hide(look.at, span)):
                        at = look.at - self.rig.journal.begun_at
                        yield f"{name} at {at:.2f}, age {look.age:.1f}: candidate {candidate} {facet} {value!r}"


def _rows(room: Any) -> list[Any]:
    return list(room.candidates.values())


def _spans(told: Iterator[tuple[float, float, Reading]]) -> dict[Facet, list[Span]]:
    """Join readings of the same value."""
    found: dict[Facet, list[Span]] = {}
    for began, ended, reading in told:
        for candidate, read in reading.rows.items():
            for facet, value in read.items():
                spans = found.setdefault((candidate, facet), [])
                if spans and spans[-1].value == value:
                    spans[-1].ended = ended
                else:
                    spans.append(Span(value, began, ended, reading.answered_at))
    return found


def _is_lie(at: float, shown: Span, true: list[Span], limit: float) -> bool:
    known = [one for one in true if one.value == shown.value]
    if not known:
        # True between two readings, perhaps; but not for so long.
        return at - shown.began > limit
    return not any(one.began <= at and one.ended >= at - limit for one in known)


def _is_behind(look: Look, row: Frame, true: list[Span], limit: float) -> bool:
    """Tell whether a screen shows less progress than Postgres has had for long; it may show more, not flushed yet."""
    had = [answered({"progress": one.value}) for one in true if one.known_at <= look.at - limit]
    return bool(had) and answered(row) < had[-1]


@asynccontextmanager
async def witnessed(
    rig: Rig,
    room: RigRoom,
    watchers: Sequence[Watcher],
    limit: float = LIMIT_SECONDS,
    passed_over: Collection[str] = LIVE,
) -> AsyncIterator[Witness]:
    """Watch a room and its screens; whoever left a lie behind fails at the end."""
    witness = Witness(rig, room, watchers, limit, passed_over)
    tasks = [asyncio.create_task(one) for one in (witness.read_on(), witness.look_on())]
    try:
        yield witness
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    lies = witness.lies()
    assert not lies, f"{len(lies)} silent lies:\n" + "\n".join(lies[:20])

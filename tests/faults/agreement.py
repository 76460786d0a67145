"""Do the screens tell the truth? Dashboards against Postgres, each other, and a fresh snapshot of each hub."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec

from channels.translate import Names, row
from tests.faults.ground import patient
from tests.faults.hubs import Hub
from tests.faults.player import answered, hang_up, opened
from tests.faults.rig import Rig, RigRoom
from tests.faults.sitter import Sitter
from tests.faults.watcher import Red, Watcher
from tests.story.client import Dashboard, Frame

LIVE = ("link", "waiting", "told_version")
"""Facets that no decision stands behind: Postgres does not know them."""
FLUSH_SECONDS = 6.0
"""Progress is written behind, every five seconds."""
WITHIN_SECONDS = 3.0
POLL_SECONDS = 0.1
SLACK_SECONDS = 0.7
"""How much earlier than it should a line may show red: what a client and a hub call the same instant differs."""
BLINK_SECONDS = 5.0


async def true_rows(rig: Rig, room: RigRoom) -> dict[int, Frame]:
    """Return the rows as a dashboard should show them, from Postgres alone."""
    async with rig.ledger() as ledger:
        found, names = await ledger.room(room.number), Names(await ledger.roster(room.number))
    rows = [row(one, names, is_live=True) for one in found.candidates.values()]
    return {one["id"]: one for one in json.loads(msgspec.json.encode(rows))}


def differences(
    what: str, shown: dict[int, Frame], true: dict[int, Frame], passed_over: Sequence[str] = LIVE
) -> list[str]:
    """List where a screen shows something else than is true; progress may be ahead of what was flushed."""
    if shown.keys() != true.keys():
        return [f"{what} shows candidates {sorted(shown)}, there are {sorted(true)}"]
    wrong = []
    for number, truth in true.items():
        for name, value in truth.items():
            told = shown[number].get(name)
            if name in passed_over or told == value:
                continue
            if name == "progress" and answered(shown[number]) >= answered(truth):
                continue
            wrong.append(f"{what}: candidate {number} {name} is {told!r}, in truth {value!r}")
    return wrong


def disagreements(watchers: Sequence[Watcher]) -> list[str]:
    """List where two screens differ in what only the live store knows."""
    wrong = []
    for one, other in pairwise(watchers):
        for number in one.rows:
            for name in (*LIVE, "progress"):
                here, there = one.rows[number].get(name), other.rows.get(number, {}).get(name)
                if here != there:
                    wrong.append(f"candidate {number} {name}: {one.name} {here!r}, {other.name} {there!r}")
    return wrong


async def agree(
    rig: Rig,
    room: RigRoom,
    watchers: Sequence[Watcher],
    within: float = WITHIN_SECONDS,
    *,
    is_quiet: bool = True,
    is_split: bool = False,
) -> float:
    """Assert that all screens show the truth within so many seconds, and return how long it took.

    `is_quiet`: nobody makes progress any more, so the screens' live facets must be equal too. `is_split`: a hub without
    its live store shows what was decided and says that it is not fresh; the others hear of the progress it accepted
    when its clients have come over to them.
    """
    passed_over = (*LIVE, "progress") if is_split else LIVE
    within = patient(within)
    begun = time.monotonic()
    while True:
        true = await true_rows(rig, room)
        stale = [one for one in watchers if not is_split and not one.is_fresh]
        wrong = [f"{one.name} is not fresh (age {one.age():.1f}, {one.degraded[-1:]})" for one in stale]
        for one in watchers:
            wrong += differences(one.name, one.rows, true, passed_over)
        wrong += disagreements(watchers) if is_quiet else []
        took = time.monotonic() - begun
        if not wrong:
            rig.journal.note("agreement", f"{len(watchers)} screens of {room.number} after {took:.2f} s")
            rig.tally.took("screens true again", took)
            return took
        assert took < within, f"not within {within} s:\n" + "\n".join(wrong[:20])
        await asyncio.sleep(POLL_SECONDS)


async def snapshot(hub: Hub, room: RigRoom, token: str) -> dict[int, Frame]:
    """Ask one hub for a fresh snapshot, live, and return its rows."""
    line = await opened(Dashboard, hub)
    try:
        await line.say({"type": "hello", "token": token, "session": room.number})
        await line.until(lambda: line.frames[-1:] and line.epoch, f"a snapshot of {hub.name}")
        assert not str(line.epoch).startswith("pg-"), f"{hub.name} has no live store"
        return line.rows
    finally:
        await hang_up(line)


async def fresh_equals(rig: Rig, room: RigRoom, watchers: Sequence[Watcher], within: float = WITHIN_SECONDS) -> None:
    """Assert that a fresh snapshot of each hub shows what the screens show, and the truth.

    Asked more than once: a flush may be on its way between two looks, a hub may just have found its stores again.
    """
    deadline = time.monotonic() + patient(within)
    while wrong := [one for hub in rig.hubs for one in await _unlike_fresh(rig, hub, room, watchers)]:
        assert time.monotonic() < deadline, "\n".join(wrong[:20])
        await asyncio.sleep(0.3)


async def _unlike_fresh(rig: Rig, hub: Hub, room: RigRoom, watchers: Sequence[Watcher]) -> list[str]:
    true = await true_rows(rig, room)
    try:
        rows = await snapshot(hub, room, rig.staff.admin.token)
    except AssertionError as none:
        return [str(none)]
    wrong = differences(f"a snapshot of {hub.name}", rows, true)
    for one in watchers:
        wrong += _unlike(f"{one.name} against a snapshot of {hub.name}", one.rows, rows)
    return wrong


def _unlike(what: str, shown: dict[int, Frame], fresh: dict[int, Frame]) -> list[str]:
    return [
        f"{what}: candidate {number} {name} {shown.get(number, {}).get(name)!r} / {value!r}"
        for number, read in fresh.items() for name, value in read.items()
        if shown.get(number, {}).get(name) != value
    ]  # fmt: skip


async def flushed(rig: Rig, room: RigRoom, watchers: Sequence[Watcher], within: float = FLUSH_SECONDS) -> None:
    """Assert that Postgres has the very progress the screens show, once the write-behind had its time."""
    deadline = time.monotonic() + patient(within)
    while True:
        true = await true_rows(rig, room)
        wrong = [
            f"candidate {number} ({shown['attempt']}): {one.name} shows {answered(shown)} answered, "
            f"Postgres has {answered(true[number])}"
            for one in watchers for number, shown in one.rows.items() if answered(shown) != answered(true[number])
        ]  # fmt: skip
        if not wrong:
            return
        assert time.monotonic() < deadline, "\n".join(wrong)
        await asyncio.sleep(POLL_SECONDS)


def false_reds(watcher: Watcher, sitters: Sequence[Sitter], blink: float = BLINK_SECONDS) -> list[str]:
    """List when a line was shown red although its client had not been away for as long as a blink."""
    away: dict[int, Sitter] = {one.candidate: one for one in sitters}
    return [
        f"{watcher.name} showed {red.candidate} {red.what} at {red.at - watcher.rig.journal.begun_at:.3f}"
        for red in watcher.reds
        if red.candidate in away and not _is_deserved(red, away[red.candidate], blink)
    ]


def _is_deserved(red: Red, sitter: Sitter, blink: float) -> bool:
    return any(
        one.began <= red.at and min(one.ended or red.at, red.at) - one.began >= blink - SLACK_SECONDS
        for one in sitter.absences
    )


def assert_no_fault(*players: Any) -> None:
    """Assert that nobody heard what the protocol forbids, nor was sent away."""
    faults = [fault for one in players for fault in one.wrongs()]
    assert not faults, "\n\n".join(faults[:8])

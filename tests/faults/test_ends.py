"""Ends asked for, undone, overtaken and slept through, on hubs whose clocks are wrong: an end is an end. P4, P16."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.faults.halls import Hall, bring_in, halls
from tests.faults.race import Race, racing
from tests.faults.reading import Truth
from tests.faults.rig import Rig
from tests.faults.scene import Tab, scene
from tests.story.rooms import accepted, ok

UNDO_SECONDS = 2.0
"""The rig's setting: so long an end may be undone."""
AROUND_SECONDS = 0.3
"""What is contradictory is asked for so long before and after the end takes effect."""
QUICK_SLEEP_SECONDS, LONG_SLEEP_SECONDS = 2.5, 30.0
SETTLED_SECONDS = 1.0
BOARDS_EACH = 3
OFF_SECONDS = 600
OVER = ("finished", "ended", "closed")


# ── around the end ─────────────────────────────────────────────────────────────────────────────────────────────


async def contested(race: Race, own: Tab, other: Tab, begun: float) -> None:
    """End somebody's test, and ask for everything that would bring it back around the moment it takes effect."""
    chance, place = race.rig.chance, own.place
    await _until(begun + chance.uniform(0, AROUND_SECONDS / 2))
    if chance.random() < 0.5:
        await race.command(place, "resume.authorize", place)
    ended_at = time.monotonic() + UNDO_SECONDS
    await race.command(place + 1, "attempt.end", place)

    async def around(asking: Coroutine[Any, Any, object]) -> None:
        await _until(ended_at + chance.uniform(-AROUND_SECONDS, AROUND_SECONDS))
        await asking

    deeds = [race.command(place + 2, "resume.authorize", place), race.enter(other), race.enter(own)]
    deeds += [race.command(place + 3, "attempt.end.cancel", place)] if chance.random() < 0.6 else []
    deeds += [race.own(own, "finish", answered=40, total=1000)] if chance.random() < 0.3 else []
    await asyncio.gather(*(around(one) for one in deeds), around(own.progress(20 + place, 1000)))
    await _until(ended_at + SETTLED_SECONDS)


async def both_tabs(race: Race, place: int) -> tuple[Tab, Tab]:
    """Open the tab in the test on one hub, and that of another computer on any."""
    hubs = race.rig.hubs[:2]
    own = await race.tab(place, hubs[place % 2])
    return own, await race.tab(place, race.rig.chance.choice(hubs), is_other=True)


async def nothing_helps(race: Race, place: int) -> None:
    """Ask for everything once more, on both hubs; whoever's test is over stays where they are."""
    mine = [tab for tab in race.tabs if tab.place == place and tab.is_standing]
    answers = [
        await race.command(place, "attempt.end.cancel", place),
        await race.command(place + 1, "resume.authorize", place),
        *[await race.enter(tab) for tab in mine],
    ]
    if all(tab.state["attempt"] in OVER for tab in mine):
        assert not {"ok", "already"} & set(answers), f"candidate {race.hall.room.ids[place]}: {answers}"
        assert not any(tab.is_seated for tab in mine)


async def _until(at: float) -> None:
    await asyncio.sleep(max(0.0, at - time.monotonic()))


async def asleep(rig: Rig, begun: float, seconds: float) -> None:
    """Stop one hub just before the ends take effect, and let it wake after."""
    await _until(begun + UNDO_SECONDS - AROUND_SECONDS)
    hub = rig.hubs[rig.chance.randrange(2)]
    hub.freeze()
    try:
        await asyncio.sleep(seconds)
    finally:
        hub.thaw()


async def ended(rig: Rig, found: Sequence[Hall], sleep_seconds: float = 0.0) -> list[Truth]:
    """Contest the end of everybody in these halls; return what became of them."""
    await bring_in(rig, found)
    async with AsyncExitStack() as stack:
        races = [await stack.enter_async_context(racing(rig, hall, BOARDS_EACH)) for hall in found]
        await asyncio.gather(*(race.mint_others() for race in races))
        everybody = [(race, place) for race in races for place in range(len(race.hall.tokens))]
        pairs = await asyncio.gather(*(both_tabs(race, place) for race, place in everybody))
        begun = time.monotonic()
        sleeping = asyncio.create_task(asleep(rig, begun, sleep_seconds) if sleep_seconds else asyncio.sleep(0))
        contests = zip(everybody, pairs, strict=True)
        await asyncio.gather(*(contested(race, *pair, begun) for (race, _), pair in contests))
        await sleeping
        await asyncio.sleep(SETTLED_SECONDS if sleep_seconds else 0)
        await asyncio.gather(*(nothing_helps(race, place) for race, place in everybody))
        known = [await race.explained(is_disturbed=sleep_seconds > 0) for race in races]
        asked = [one.answer for race in races for one in race.asked]
        fates = {str(row.attempt) for one in known for row in one.room.candidates.values()}
        rig.tally.add("contested ends", len(everybody))
        rig.journal.note("test", f"{len(asked)} requests, {sorted(fates)}, {Counter(asked)}")
        assert "ended" in fates, "some ends took effect"
        assert set(asked) >= {"too_late", "attempt_over"}, "some came too late"
    return known


# ── a cancel that waits ────────────────────────────────────────────────────────────────────────────────────────

_LOCK = text("SELECT number FROM exam_sessions WHERE number = :number FOR NO KEY UPDATE")


async def waited_for(rig: Rig, number: int, type_: str, expected: str, **fields: int) -> None:
    """Let what would undo an end begin before it takes effect, on a hub, and get the session's lock after it."""
    (hall,) = await halls(rig, 1, seats=1)
    await bring_in(rig, [hall])
    async with racing(rig, hall, 1) as race:
        tab = await race.tab(0, rig.hubs[number])
        ended_at = time.monotonic() + UNDO_SECONDS
        assert await race.command(number, "attempt.end", 0) == "ok"
        async with rig.database() as database:
            await _until(ended_at - 0.25)
            async with database.transaction() as db:
                await db.execute(_LOCK, {"number": hall.room.number})
                is_own = type_ == "finish"
                asking = asyncio.create_task(
                    race.own(tab, type_, **fields) if is_own else race.command(number, type_, 0, **fields)
                )
                await _until(ended_at + 0.35)
        assert await asking == expected, "the clock after the lock decides"
        (row,) = (await race.explained()).room.candidates.values()
        assert row.attempt == "ended"


async def all_waited_for(rig: Rig) -> None:
    await asyncio.gather(
        waited_for(rig, 0, "attempt.end.cancel", "too_late"),
        waited_for(rig, 1, "attempt.end.cancel", "too_late"),
        waited_for(rig, 0, "finish", "attempt_over", answered=40, total=1000),
        waited_for(rig, 1, "finish", "attempt_over", answered=40, total=1000),
        waited_for(rig, 1, "resume.authorize", "attempt_over"),
    )


async def test_p04_what_would_undo_an_end_is_judged_after_the_lock(rig: Rig) -> None:
    await all_waited_for(rig)


async def test_p04_an_ended_test_is_never_resumed_though_a_hub_sleeps_through_the_end(rig: Rig) -> None:
    await ended(rig, await halls(rig, 1), QUICK_SLEEP_SECONDS)
    assert not rig.complaints(), rig.complaints()[:5]


@pytest.mark.long_faults
@pytest.mark.timeout(900)
async def test_p04_an_ended_test_is_never_resumed_in_a_thousand_contests(rig: Rig) -> None:
    for round_ in range(10):
        sleep_seconds = LONG_SLEEP_SECONDS if round_ % 5 == 4 else QUICK_SLEEP_SECONDS * (round_ % 2)
        await ended(rig, await halls(rig, 4), sleep_seconds)
    assert not rig.complaints(), rig.complaints()[:5]


# ── wrong clocks ───────────────────────────────────────────────────────────────────────────────────────────────

GRACE_SECONDS, BLINK_SECONDS = 3, 1
NEAR = timedelta(seconds=1.5)


async def restarted(rig: Rig, *settings: dict[str, str]) -> None:
    """Start both hubs again with other settings."""
    for hub, changed in zip(rig.hubs[:2], settings, strict=True):
        hub.kill()
        hub.start(**changed)
    await asyncio.gather(*(hub.ready() for hub in rig.hubs[:2]))


@pytest.fixture
async def wrong_clocks(rig: Rig) -> AsyncIterator[Rig]:
    """Let one hub's clock be ten minutes ahead and the other's ten minutes behind, with a short grace."""
    short = {"VIGIE_GRACE_SECONDS": str(GRACE_SECONDS), "VIGIE_BLINK_SECONDS": str(BLINK_SECONDS)}
    offsets = [{"VIGIE_CLOCK_OFFSET_SECONDS": str(sign * OFF_SECONDS)} for sign in (1, -1)]
    await restarted(rig, *({**short, **one} for one in offsets))
    yield rig
    usual = dict.fromkeys((*short, "VIGIE_CLOCK_OFFSET_SECONDS"), "")
    await restarted(rig, usual, usual)


async def measured(rig: Rig, number: int) -> None:
    """Lose somebody on one hub and let them come back on the other: what the ledger says of it is true."""
    async with scene(rig, people=1) as stage:
        place, tab = 0, await stage.seated(0, rig.hubs[number])
        lost_at = datetime.now(UTC)
        tab.abort()
        await stage.shown(place, lambda row: row["interrupted_at"], "interrupted", GRACE_SECONDS + 4.0)
        seen_at = datetime.now(UTC)
        back = await stage.tab(place, rig.hubs[1 - number], tab.token)
        assert not back.is_seated, "an interruption takes the right to return away"
        accepted(await stage.command(stage.boards[number], "resume.authorize", place))
        granted_at = datetime.now(UTC)
        await back.told("authorized", authorization="resume")
        row = await stage.true_row(place)
        assert_near(row["authorization"]["expires_at"], granted_at + timedelta(seconds=8), "the authorization's end")
        ok(await back.enter(stage.room.access_code))
        back_at = datetime.now(UTC)
        await back.told("the test", in_test=True)
        (gap,) = (await stage.true_row(place))["time"]["interruptions"]
        assert_near(gap["from"], lost_at, "the loss")
        assert_near(gap["to"], back_at, "the return")
        assert gap["cause"] == "candidate"
        audit = (await stage.kept()).audit
        interrupted = next(one for one in audit if one.kind == "candidate.interrupted")
        assert lost_at + timedelta(seconds=GRACE_SECONDS) - NEAR <= interrupted.at <= seen_at
        assert abs(abs((interrupted.node_at - interrupted.at).total_seconds()) - OFF_SECONDS) < 5, (
            "a wrong clock did it"
        )


def assert_near(told: str, true: datetime, what: str) -> None:
    apart = abs(datetime.fromisoformat(told) - true)
    assert apart <= NEAR, f"{what}: {told} is told, {true} is true"


async def test_p16_wrong_clocks_decide_nothing_and_the_ledger_tells_true_times(wrong_clocks: Rig) -> None:
    rig = wrong_clocks
    found = await halls(rig, 1)
    (known,), *_ = await asyncio.gather(ended(rig, found), measured(rig, 0), measured(rig, 1), all_waited_for(rig))
    asked = {one.candidate: one.at for one in known.audit if one.kind == "candidate.ending"}
    for one in known.audit:
        if one.kind == "candidate.ended" and one.candidate is not None:
            late = (one.at - asked[one.candidate]).total_seconds() - UNDO_SECONDS
            assert 0 <= late < 2.5, f"an end took effect {late:.1f} s late"
    offsets = {round((one.node_at - one.at).total_seconds() / OFF_SECONDS) for one in known.audit}
    assert {1, -1} <= offsets, f"both hubs decided with wrong clocks: {offsets}"
    assert not rig.complaints(), rig.complaints()[:5]

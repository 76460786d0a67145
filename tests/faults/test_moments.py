"""Faults at the very moment of a commit, and answers that come after the world has gone on: P1, P3, P8, P16.

The proxy before the database hears COMMIT go by, and something happens right then.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from state.keys import room_keys
from tests.faults.author import Deed
from tests.faults.ground import patient
from tests.faults.hubs import Hub
from tests.faults.kinds import COMMIT, outsider, power_to_cut
from tests.faults.play import Play, playing
from tests.faults.proxy import Way
from tests.faults.rig import Rig
from tests.faults.scene import Scene, Tab, about, scene
from tests.story.rooms import accepted, refused

OFTEN = 3
LOCKED_SECONDS, LONG_LOCKED_SECONDS = 2.5, 20.0
LATE_SECONDS, SLEPT_SECONDS = 2.0, 60.0
"""In which what arrived late would show: two looks at the stores. How long a hub sleeps."""
STEP_SECONDS = 0.8
UNDO_SECONDS = 2.0
STEPS = (600, -600, 0, -600, 600)
NEAR = timedelta(seconds=1.5)
FULL = Path("/dev/full")
CHORES = {"time.add": 4, "report.add": 3, "identity.check": 2, "message.send": 2}
Then = Callable[[], None]
Arm = Callable[[Rig, Hub], Then]
DEATHS: tuple[Arm, ...] = (
    lambda rig, _: rig.postgres.armed(),
    lambda rig, _: rig.postgres.stop_at_once,
    lambda _, hub: hub.kill,
)


# ── during a commit ────────────────────────────────────────────────────────────────────────────────────────────


async def during_its_commit(play: Play, hub: Hub, then: Then) -> Deed:
    """Decide something on a hub and let something happen once COMMIT was sent; assert that it was decided once."""
    (author,) = (one for one in play.authors if one.hub is hub)
    hub.to_database.once_said(COMMIT, then)
    deed = await author.do("time.add", play.room.ids[0], minutes=1, reason="au commit")
    assert hub.to_database.skies[Way.UP].tripwire is None, "nothing was committed by this hub"
    assert deed.is_acknowledged, deed
    await play.rig.heal()
    known = await play.assert_kept()
    assert sum(one.key == deed.key for one in known.answers) == 1
    play.rig.tally.add("faults at a commit")
    return deed


async def at_home(play: Play) -> None:
    """Wait until each author is on its own hub, the first on the first."""
    await play.rig.heal()
    for author, hub in zip(play.authors, play.rig.hubs, strict=False):
        if author.hub is not hub and author.line is not None:
            author.line.abort()
        await author.wait(lambda one=author, home=hub: one.hub is home and one.is_fresh, f"a line to {hub.name}", 20)


async def test_p01_a_hub_stopped_between_a_commit_and_its_answer_decided_once(rig: Rig) -> None:
    async with playing(rig, people=2, authors=2, sitters=1, menu={}) as play:
        await play.seated()
        hub = rig.hubs[0]
        before = (await play.assert_kept()).room.decision_seq

        deciding = asyncio.create_task(during_its_commit(play, hub, hub.freeze))
        async with asyncio.timeout(patient(4.0)):
            while (await rig.truth(play.room)).room.decision_seq == before:
                await asyncio.sleep(0.05)
        assert not deciding.done(), "it was decided, and nobody was told yet"
        deed = await deciding
        assert deed.sent_to[0] != deed.sent_to[-1], "the other hub found the answer"
        await play.assert_well(is_written=False)


async def died(rig: Rig, deaths: Sequence[Arm], hubs: Sequence[Hub]) -> None:
    async with playing(rig, people=2, authors=2, sitters=1, menu={}) as play:
        await play.seated()
        for hub in hubs:
            for arm in deaths:
                await at_home(play)
                await during_its_commit(play, hub, arm(rig, hub))
        await play.assert_well(is_written=False)


async def test_p01_a_death_of_postgres_during_a_commit_leaves_what_was_acknowledged(rig: Rig) -> None:
    await died(rig, DEATHS[:1], rig.hubs[:1])


async def test_p01_a_death_of_postgres_right_after_an_acknowledgement_takes_nothing_back(rig: Rig) -> None:
    async with playing(rig, people=2, authors=1, sitters=0, menu={}) as play:
        kill = rig.postgres.armed()
        deed = await play.authors[0].do("time.add", play.room.ids, minutes=1, reason="juste avant")
        kill()
        assert deed.is_acknowledged
        await rig.heal()
        await play.assert_well(is_written=False)


@pytest.mark.long_faults
@pytest.mark.timeout(600)
async def test_p01_any_death_during_a_commit_leaves_what_was_acknowledged(rig: Rig) -> None:
    await died(rig, DEATHS, rig.hubs[:2])


async def test_p08_a_line_cut_after_a_commit_was_sent_finds_its_one_answer(rig: Rig) -> None:
    async with playing(rig, people=2, authors=2, sitters=1, menu={}) as play:
        await play.seated()
        await at_home(play)
        for number in range(2 * OFTEN):
            hub = rig.hubs[number % 2]
            await during_its_commit(play, hub, hub.to_database.cut)
        assert any(len(one.sent_to) > 1 for one in play.deeds), "an answer was lost and asked for again"
        await play.assert_well(is_written=False)


async def test_p01_a_power_cut_while_twenty_five_start_loses_nobody(rig: Rig) -> None:
    async with playing(rig, people=25, watchers=1, authors=1, menu={}, pace=2.0) as play:
        await asyncio.gather(*(one.wait(lambda one=one: one.state, "the first state") for one in play.sitters))
        # The only author is on the first hub: what the second one commits is somebody's entry.
        line = rig.hubs[1].to_database
        line.once_said(COMMIT, power_to_cut(rig))
        starting = asyncio.create_task(play.seated(within=patient(15.0)))
        async with asyncio.timeout(patient(5.0)):
            while line.skies[Way.UP].tripwire is not None:
                await asyncio.sleep(0.01)
        seated = sum(one.is_seated for one in play.sitters)
        assert seated < len(play.sitters), "the cut falls into the start"
        await rig.heal()
        await starting
        rig.tally.add("in the test before the cut", seated)
        await play.assert_well(is_written=False)
        audit = (await play.assert_kept()).audit
        assert [one.kind for one in audit].count("candidate.entered") == 25
        assert not [one for one in audit if one.kind in ("candidate.interrupted", "candidate.resumed")]


# ── somebody else in the database ──────────────────────────────────────────────────────────────────────────────


async def locked(rig: Rig, seconds: float) -> None:
    """Hold one room's lock from outside: whoever acts there is told to wait, and another room notices nothing."""
    async with playing(rig, people=2, authors=2, sitters=1, menu={}) as play, scene(rig, people=1) as other:
        await play.seated()
        async with outsider(rig) as db, db.transaction():
            await db.execute("SELECT FROM exam_sessions WHERE number = $1 FOR UPDATE", play.room.number)
            begun = time.monotonic()
            asking = [
                asyncio.create_task(author.do("time.add", play.room.ids, minutes=2, reason="derrière un verrou"))
                for author in play.authors
            ]
            while time.monotonic() - begun < seconds:
                asked_at = time.monotonic()
                accepted(await other.command(other.boards[0], "time.add", 0, minutes=1, reason="ailleurs"))
                rig.tally.took("another room's answer", time.monotonic() - asked_at)
                await asyncio.sleep(0.3)
            assert not any(task.done() for task in asking), "nobody is told what was not decided"
        deeds = await asyncio.gather(*asking)
        assert all(deed.is_acknowledged for deed in deeds), deeds
        told = {reply["error"]["code"] for one in play.authors if one.line for reply in one.line.replies.values()
                if not reply["ok"]}  # fmt: skip
        assert told == {"busy"}, "a held lock is for a moment"
        assert rig.tally.longest["another room's answer"] < patient(1.0)
        await play.assert_well(is_written=False)


async def test_p01_a_lock_held_by_an_outsider_is_busy_and_loses_nothing(rig: Rig) -> None:
    await locked(rig, LOCKED_SECONDS)


@pytest.mark.long_faults
async def test_p01_a_lock_held_by_an_outsider_for_twenty_seconds(rig: Rig) -> None:
    await locked(rig, LONG_LOCKED_SECONDS)


# ── what arrives late ──────────────────────────────────────────────────────────────────────────────────────────


async def redis_knows(stage: Scene, decision: int) -> None:
    """Wait until the live store stands at a decision."""
    keys = room_keys(stage.room.number)

    async def found() -> bool:
        known = await stage.rig.redis.ask("HGET", keys.meta, "decision")
        return isinstance(known, bytes) and int(known) >= decision

    await stage.eventually(found, f"Redis knows decision {decision}")


async def confirmed_and_cancelled(stage: Scene, place: int, begin: Then, end: Then, *, is_frozen: bool = False) -> None:
    """Hold a confirmation on its way to Redis until the other hub has cancelled the presence, there too if it can."""
    here, there = stage.boards
    tab: Tab = await stage.tab(place, stage.rig.hubs[1])
    begin()
    try:
        accepted(await stage.command(here, "presence.confirm", place, late_reason="en retard"))
        cancelled = await stage.command(there, "presence.cancel", place)
        accepted(cancelled)
        if not is_frozen:
            await redis_knows(stage, cancelled["decision_seq"])
    finally:
        end()
    until = time.monotonic() + LATE_SECONDS
    await stage.shown(place, lambda row: row["presence"]["state"] == "expected", "cancelled")
    while time.monotonic() < until:
        assert not tab.is_seated
        await asyncio.sleep(0.1)
    await stage.shown(place, lambda row: row["authorization"] is None, "nothing granted")
    await tab.told("not authorized", authorization=None)
    refused(await tab.enter(stage.room.access_code), "presence_not_confirmed")
    assert (await stage.true_row(place))["attempt"] == "not_started"
    for board in stage.boards:
        told = [kind for kind in about(board, stage.id(place)) if kind.startswith("presence.")]
        assert told[-1:] != ["presence.confirmed"], f"what came late was shown: {told}"


async def test_p03_a_confirmation_that_reaches_redis_after_it_was_cancelled_starts_nobody(rig: Rig) -> None:
    line = rig.hubs[0].to_redis
    async with scene(rig, people=3) as stage:
        await confirmed_and_cancelled(stage, 0, rig.redis.freeze, rig.redis.thaw, is_frozen=True)
        await confirmed_and_cancelled(stage, 1, lambda: line.freeze(Way.UP), lambda: line.thaw(Way.UP))
        await confirmed_and_cancelled(stage, 2, lambda: line.delay(1.5, 0.0, Way.UP), lambda: line.delay(0.0))
        await stage.kept()
    assert not rig.complaints(), rig.complaints()[:5]


@pytest.mark.long_faults
@pytest.mark.timeout(300)
async def test_p12_a_hub_that_slept_a_minute_over_a_loss_interrupts_nobody_who_came_back(rig: Rig) -> None:
    first, second = rig.hubs[:2]
    async with scene(rig, people=4) as stage:
        tabs = [await stage.seated(place, first) for place in range(4)]
        for tab in tabs:
            tab.abort()
        # The losses are noted, and would be interruptions long before it wakes.
        await asyncio.sleep(1.0)
        first.freeze()
        try:
            back = [await stage.tab(tab.place, second, tab.token) for tab in tabs]
            await asyncio.sleep(SLEPT_SECONDS)
        finally:
            first.thaw()
        await asyncio.sleep(LATE_SECONDS)
        for tab in back:
            await stage.goes_on(tab, 3)
            row = await stage.true_row(tab.place)
            assert (row["interrupted_at"], row["entry_no"], row["time"]["interruptions"]) == (None, 1, []), row
        await stage.kept()


# ── a hub's own machine ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def odd_rig(rig: Rig) -> AsyncIterator[Rig]:
    """The rig, with a first hub that prints to a full disk and runs with a clock that can be set."""
    hub = rig.hubs[0]
    usual = hub.module, hub.sink
    hub.kill()
    hub.module, hub.sink = "tests.faults.stepping", FULL
    await rig.heal()
    yield rig
    hub.kill()
    hub.module, hub.sink = usual
    await rig.heal()


async def test_p01_p16_a_hub_whose_log_is_full_and_whose_clock_jumps_decides_as_ever(odd_rig: Rig) -> None:
    rig, hub = odd_rig, odd_rig.hubs[0]
    async with playing(rig, people=4, authors=2, menu={}, pause=0.2) as play:
        await play.seated()
        await at_home(play)
        for author in play.authors:
            author.menu = dict(CHORES)
        began_at = datetime.now(UTC)
        await play.authors[0].do("attempt.end", play.room.ids[0])
        for seconds in STEPS:
            hub.step_clock(seconds)
            await asyncio.sleep(STEP_SECONDS)
        await play.assert_well(is_written=False)
        audit = [one for one in (await play.assert_kept()).audit if one.at >= began_at]
    apart = {round((one.node_at - one.at).total_seconds() / 600) for one in audit}
    assert {1, -1} <= apart, f"decisions were made under both wrong clocks: {apart}"
    assert [one.at for one in audit] == sorted(one.at for one in audit)
    assert max(one.at for one in audit) <= datetime.now(UTC) + NEAR, "the database's clock tells the time"
    asked = next(one.at for one in audit if one.kind == "candidate.ending")
    ended = [one.at for one in audit if one.kind == "candidate.ended" and one.candidate == play.room.ids[0]]
    assert len(ended) == 1
    assert timedelta(seconds=UNDO_SECONDS) <= ended[0] - asked <= timedelta(seconds=UNDO_SECONDS) + NEAR * 2
    assert not [one for one in audit if one.kind == "candidate.interrupted"]

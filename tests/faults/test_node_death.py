"""A hub dies under hundreds of candidates, or is stopped for a new version: nobody pays, nobody sees red: P13, P17."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from sqlalchemy import text

from state.ledger import PostgresLedger
from tests.faults import agreement
from tests.faults.ground import patient
from tests.faults.halls import Hall, bring_in, halls
from tests.faults.hubs import Hub
from tests.faults.play import playing
from tests.faults.rig import Rig
from tests.faults.swarm import Member, Swarm, swarm
from tests.faults.watcher import Watcher

BACK_SECONDS = 30.0
SEATED_SECONDS = 60.0
LATE, LATE_SECONDS = 40, 40.0
"""Longer than any grace but that of a loss of ours."""
COUNTED_SECONDS, LONG_COUNTED_SECONDS = 1.2, 11.0
"""How late a backend adds its transactions to the statistics: a second if it goes on, ten if it has nothing to do."""
AFTERWARDS_SECONDS = 1.2
"""What may still be asked of Postgres for those who are back."""
LONG_AFTERWARDS_SECONDS = 22.0
"""Lease, sweep and silence of a dead node: whoever was forgotten on the way back is shown red by then."""
DRAINING = 4200
MOVED_SECONDS = 5.0
MENU = {"time.add": 4, "report.add": 3, "identity.check": 2, "message.send": 2, "help.take": 1, "help.resolve": 1}
"""What is decided while the hubs are changed; nobody's test is ended."""
QUERIES_PER_ROOM, QUERIES_PER_SECOND, QUERIES = 3, 50, 140
QUICK_HALLS, LONG_HALLS = 16, 80
AUDIT_KINDS = {"presence.confirmed", "candidate.entered", "session.started"}
"""All that happened in these rooms: no interruption, no return that had to be decided."""

_COMMITTED = text("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")


async def committed(rig: Rig) -> int:
    """Count the transactions of the database so far."""
    async with rig.database() as database, database.single() as db:
        return int((await db.execute(_COMMITTED)).scalar_one())


@asynccontextmanager
async def watching(rig: Rig, found: Sequence[Hall], hub: Hub, every: int) -> AsyncIterator[list[Watcher]]:
    """Open one dashboard on this hub in each room of so many."""
    async with AsyncExitStack() as stack:
        watchers = [Watcher(rig, hall.room, rig.staff.invigilators[0], hub) for hall in found[::every]]
        for one in watchers:
            await stack.enter_async_context(one)
        await asyncio.gather(*(one.wait(lambda one=one: one.rows, "the first data", 20) for one in watchers))
        yield watchers


async def assert_unhurt(
    rig: Rig, found: Sequence[Hall], members: Swarm, watchers: Sequence[Watcher], late: Collection[Member] = ()
) -> None:
    """Assert that the accident cost nobody anything: no decision about it, no wrong state, no hole, no red.

    Whoever comes back late is rightly shown as missing, and still in the test.
    """
    assert not members.wrongs, members.wrongs[:10]
    assert not members.missing()
    kinds: Counter[str] = Counter()
    async with rig.database() as database:
        ledger = PostgresLedger(database)
        for hall in found:
            rows = (await ledger.room(hall.room.number)).candidates.values()
            hurt = [one.id for one in rows if one.interrupted_at or one.time.interruptions or one.entry_no != 1]
            assert not hurt, f"session {hall.room.number}: {hurt}"
        async with database.single() as db:
            numbers = [hall.room.number for hall in found]
            counted = text("SELECT kind, count(*) FROM audit WHERE number = ANY(:numbers) GROUP BY kind")
            kinds.update({row.kind: row.count for row in await db.execute(counted, {"numbers": numbers})})
    assert set(kinds) <= AUDIT_KINDS, kinds
    missed = {one.candidate for one in late}
    reds = [f"{one.name}: {red}" for one in watchers for red in one.reds if red.candidate not in missed]
    assert not reds, reds[:10]
    agreement.assert_no_fault(*watchers)
    for one in watchers[:4]:
        await agreement.agree(rig, one.room, [one], is_quiet=False)
    assert not rig.complaints(), rig.complaints()[:5]


async def death(rig: Rig, count: int, every: int, *, is_long: bool) -> None:
    """Kill the hub that holds everybody, and follow them to the other one; some come back late."""
    first, second = rig.hubs[:2]
    found = await halls(rig, count)
    await bring_in(rig, found)
    async with swarm(rig, found, [first]) as members, watching(rig, found, second, every) as watchers:
        await members.seated(SEATED_SECONDS)
        await asyncio.sleep(LONG_COUNTED_SECONDS if is_long else COUNTED_SECONDS)
        assert {one.hub for one in members.members} == {first}
        late = rig.chance.sample(members.members, LATE if is_long else 0)
        for one in late:
            one.extra_seconds = LATE_SECONDS
        before, begun = await committed(rig), time.monotonic()
        first.kill()
        took = await members.all_back(begun, BACK_SECONDS, but=late)
        await asyncio.sleep(AFTERWARDS_SECONDS)
        asked, seconds = await committed(rig) - before, time.monotonic() - begun
        most = QUERIES_PER_ROOM * count + QUERIES_PER_SECOND * seconds + QUERIES
        ages = max(age.seconds for one in watchers for age in one.ages if age.at > begun)
        rig.journal.note("swarm", f"all back after {took:.1f} s, {asked} transactions of {most:.0f}, age {ages:.1f} s")
        await asyncio.sleep(LONG_AFTERWARDS_SECONDS if is_long else 0.0)
        await members.all_back(begun, LATE_SECONDS + BACK_SECONDS)
        assert asked <= most, f"{asked} transactions in {seconds:.1f} s for {len(members.members)}"
        await assert_unhurt(rig, found, members, watchers, late)


async def test_p13_the_death_of_a_hub_costs_nobody_an_authorization(rig: Rig) -> None:
    await death(rig, QUICK_HALLS, 2, is_long=False)


@pytest.mark.long_faults
@pytest.mark.timeout(300)
async def test_p13_the_death_of_a_hub_with_two_thousand_candidates(rig: Rig) -> None:
    await death(rig, LONG_HALLS, 4, is_long=True)


# ── a new version ──────────────────────────────────────────────────────────────────────────────────────────────


async def rolled(rig: Rig, within: float) -> None:
    """Stop each hub as a deployment does and start it again, one after the other."""
    for hub in rig.hubs[:2]:
        hub.terminate()
        assert await hub.drained(within) == 0, hub.tail()
        hub.start()
        await hub.ready()


def assert_moved(name: str, byes: Sequence[int], away: Sequence[float]) -> None:
    """Assert that a client was sent to another hub with the right word, and was there soon."""
    assert byes, f"{name} was never sent away"
    assert set(byes) == {DRAINING}, f"{name}: {byes}"
    assert max(away) <= patient(MOVED_SECONDS), f"{name} was away for {max(away):.1f} s"


async def test_p17_a_new_version_is_not_noticed_and_loses_nothing(rig: Rig) -> None:
    async with playing(rig, people=4, watchers=1, authors=1, menu=MENU, pause=0.15) as play:
        await play.seated()
        await rolled(rig, within=30.0)
        for one in play.players:
            assert_moved(one.name, one.byes, [absence.seconds(time.monotonic()) for absence in one.absences])
        await play.assert_well(is_written=False)
        assert sum(deed.is_acknowledged for deed in play.deeds) > 10
        reds = [f"{one.name}: {red}" for one in play.screens for red in one.reds]
        assert not reds, reds[:10]
        kept = await play.assert_kept()
        assert not [one for one in kept.audit if one.kind == "candidate.interrupted"]


@pytest.mark.long_faults
@pytest.mark.timeout(300)
async def test_p17_a_new_version_with_two_thousand_candidates(rig: Rig) -> None:
    found = await halls(rig, LONG_HALLS)
    await bring_in(rig, found)
    async with AsyncExitStack() as stack:
        members = await stack.enter_async_context(swarm(rig, found, rig.hubs[:2]))
        watchers = [
            one for number, hub in enumerate(rig.hubs[:2])
            for one in await stack.enter_async_context(watching(rig, found[number::2], hub, 8))
        ]  # fmt: skip
        await members.seated(SEATED_SECONDS)
        await rolled(rig, within=60.0)
        await asyncio.sleep(AFTERWARDS_SECONDS)
        away = sorted(back - lost for one in members.members for lost, back in one.absences)
        rig.journal.note("swarm", f"{len(away)} moves, median {away[len(away) // 2]:.2f} s, longest {away[-1]:.2f} s")
        for one in members.members:
            assert_moved(one.name, one.byes, [back - lost for lost, back in one.absences])
        await assert_unhurt(rig, found, members, watchers)

"""Rooms on a cluster: a shard that dies, and a slot that moves, concern the rooms that are kept there, and no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from channels.figures import Figures
from channels.mirror import Mirror
from channels.rooms import Rooms
from hub.announcer import Announcer
from hub.events import RoomEvent
from hub.live import Position
from hub.model import Candidate, CandidateId, ClientId, ConnectionId, NodeId, Room, SessionNumber
from hub.ports import StoreUnavailable
from state.bell import RedisBell
from state.cluster import Cluster
from state.cluster_url import ClusterUrl
from state.keys import room_slot
from state.live import RedisLiveStore
from state.memory_ledger import MemoryLedger
from tests.conversations.hall import roster
from tests.faults.cluster import LiveCluster, Member
from web.house import SystemClock

VERIFY_SECONDS = 0.2
ANNA = CandidateId(1)


class Nobody:
    """A witness that looks after nobody: losses are not what is tried here."""

    def adopt(self, mirror: Mirror) -> None: ...

    def adopt_candidate(self, mirror: Mirror, candidate: Candidate) -> None: ...

    def test_over(self, mirror: Mirror, candidate: Candidate) -> None: ...

    def place_told(self, mirror: Mirror, candidate: Candidate, client: ClientId, connection: ConnectionId) -> None: ...

    def forget_room(self, number: SessionNumber) -> None: ...


class Watcher:
    """Follows a room, and sees that it is told every event, or that its position is void."""

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror
        self.position: Position | None = mirror.position
        self.heard: list[RoomEvent] = []
        self.resets = 0
        mirror.audience.subscribe(self)

    def on_events(self, events: Sequence[RoomEvent]) -> None:
        for event in events:
            after = self.position.seq if self.position is not None else event.seq - 1
            assert event.seq == after + 1, f"a hole after {after}: {event}"
            self.position = Position(self.mirror.ring.epoch, event.seq)
        self.heard += events

    def on_reset(self) -> None:
        self.position = self.mirror.position
        self.resets += 1

    def on_staffing(self) -> None: ...

    def on_gone(self) -> None: ...


class Looker:
    """One node's stores and its copies of rooms; `looks` is its job of each second, a little quicker."""

    def __init__(self, cluster: LiveCluster, ledger: MemoryLedger, name: str) -> None:
        clock = SystemClock(timedelta())
        self.shards = Cluster(ClusterUrl.parse(cluster.url))
        self.live = RedisLiveStore(self.shards, NodeId(name))
        self.bell = RedisBell(self.shards, ping_seconds=0.2, silence_seconds=1.0)
        self.rooms = Rooms(ledger, self.live, self.bell, Announcer(ledger, self.live), clock, Nobody(), Figures())
        self._looking: asyncio.Task[None] | None = None

    def looks(self) -> None:
        self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while True:
            with suppress(StoreUnavailable):
                await self.live.renew_lease()
            await self.rooms.verify()
            await asyncio.sleep(VERIFY_SECONDS)

    async def watchers(self, numbers: Sequence[SessionNumber]) -> list[Watcher]:
        return [Watcher(await self.rooms.acquire(number)) for number in numbers]

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self.rooms.close()
        await self.bell.close()
        await self.shards.close()


@asynccontextmanager
async def looker(cluster: LiveCluster, ledger: MemoryLedger, name: str = "one") -> AsyncIterator[Looker]:
    opened = Looker(cluster, ledger, name)
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture(scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveCluster]:
    folder: Path = tmp_path_factory.mktemp("cluster")
    async with LiveCluster.open(folder, with_replica=True) as opened:
        yield opened


@pytest.fixture
def numbers(cluster: LiveCluster) -> list[SessionNumber]:
    """One room of each shard."""
    return cluster.rooms(0, 1, 2)


@pytest.fixture
def ledger(numbers: list[SessionNumber]) -> MemoryLedger:
    made = MemoryLedger(lambda: datetime.now(UTC))
    for number in numbers:
        made.open(Room(number, {ANNA: Candidate(ANNA, reserved_number=1)}), roster(1))
    return made


async def until(is_so: Callable[[], bool], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():
            await asyncio.sleep(0.01)


def versions(watchers: Sequence[Watcher]) -> list[int]:
    return [one.mirror.room.candidates[ANNA].told_version for one in watchers]


async def test_a_ring_comes_from_each_shard_without_any_look(
    cluster: LiveCluster, ledger: MemoryLedger, numbers: list[SessionNumber]
) -> None:
    async with looker(cluster, ledger) as here, looker(cluster, ledger, "other") as there:
        watchers = await here.watchers(numbers)
        for version in (11, 12, 13):
            for number in numbers:
                await there.live.told(number, ANNA, version)
            await until(lambda now=version: versions(watchers) == [now] * 3)  # type: ignore[misc]


async def test_a_slot_that_moves_under_load_leaves_no_hole(
    cluster: LiveCluster, ledger: MemoryLedger, numbers: list[SessionNumber]
) -> None:
    number, source, target = numbers[1], cluster.primaries[1], cluster.primaries[2]
    async with looker(cluster, ledger) as here, looker(cluster, ledger, "other") as there:
        here.looks()
        watchers = await here.watchers(numbers)
        await until(lambda: all(one.mirror.is_live for one in watchers))
        told = dict.fromkeys(numbers, 100)
        is_over = asyncio.Event()

        async def speak(room: SessionNumber) -> None:
            while not is_over.is_set():
                # What was not acknowledged is said again, as a client does; where no room is loaded nobody hears it.
                with suppress(StoreUnavailable):
                    if await there.live.snapshot(room) is not None:
                        await there.live.told(room, ANNA, told[room] + 1)
                        told[room] += 1
                await asyncio.sleep(0.002)

        speaking = [asyncio.create_task(speak(one)) for one in numbers]
        before = [one.mirror.position.epoch for one in watchers]

        async def moved(one: Member, other: Member) -> None:
            epoch, said = watchers[1].mirror.position.epoch, told[number]
            await cluster.move(room_slot(number), one, other)
            await until(lambda: watchers[1].mirror.is_live and watchers[1].mirror.position.epoch != epoch)
            await until(lambda: told[number] > said + 20)

        await moved(source, target)
        await moved(target, source)
        is_over.set()
        await asyncio.gather(*speaking)
        for one in numbers:
            await there.live.told(one, ANNA, told[one] + 1)
        await until(lambda: versions(watchers) == [told[one] + 1 for one in numbers])
        after = [one.mirror.position.epoch for one in watchers]
        assert (after[0], after[2]) == (before[0], before[2]), "a slot that moves concerns its own rooms only"
        assert [watchers[0].resets, watchers[2].resets] == [0, 0]
        for one in watchers:
            loaded = await there.live.snapshot(one.mirror.number)
            assert loaded is not None
            assert (one.mirror.room, one.position) == (loaded.room, loaded.position)


async def test_a_shard_whose_history_is_outvoted_is_away_and_the_others_are_not(
    cluster: LiveCluster, ledger: MemoryLedger, numbers: list[SessionNumber]
) -> None:
    async with looker(cluster, ledger) as here:
        watchers = await here.watchers(numbers)
        await here.rooms.verify()
        seen = await here.live.sight(numbers)
        name, sighting = next((one, it) for one, it in seen.items() if it is not None and numbers[2] in it.rooms)
        assert await ledger.confirm_history(name, "another", sighting.history)
        await here.rooms.verify()
        assert [here.rooms.degraded_in(one) for one in numbers] == [[], [], ["live"]]
        assert [one.mirror.is_live for one in watchers] == [True, True, False]
        assert here.rooms.is_cut_off, "others see what this node does not"
        with pytest.raises(StoreUnavailable):
            await here.live.snapshot(numbers[2])
        assert await here.live.snapshot(numbers[1]) is not None
        assert await ledger.confirm_history(name, sighting.history, "another")
        await until_live(here, watchers)
        assert not here.rooms.is_cut_off


async def until_live(here: Looker, watchers: Sequence[Watcher]) -> None:
    async with asyncio.timeout(15):
        while not all(one.mirror.is_live for one in watchers):
            await here.rooms.verify()


async def test_a_shard_that_dies_takes_its_own_rooms_only_and_they_live_anew_at_its_replica(
    cluster: LiveCluster, ledger: MemoryLedger, numbers: list[SessionNumber], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with looker(cluster, ledger) as here, looker(cluster, ledger, "other") as there:
        here.looks()
        there.looks()
        watchers, others = await here.watchers(numbers), await there.watchers(numbers)
        await until(lambda: all(one.mirror.is_live for one in (*watchers, *others)))
        before = [one.mirror.position.epoch for one in watchers]
        lives = [(await ledger.heads([one]))[one].live_epoch for one in numbers]
        async with asyncio.TaskGroup() as meanwhile:
            meanwhile.create_task(cluster.fail_over())
            await until(lambda: here.rooms.degraded_in(numbers[0]) == ["live"])
            assert (here.rooms.degraded_in(numbers[1]), here.rooms.degraded) == ([], [])
            assert [one.mirror.is_live for one in watchers[1:]] == [True, True]
            # The others go on meanwhile, by their bells.
            await there.live.told(numbers[2], ANNA, 1000)
            await until(lambda: versions(watchers)[2] == 1000)
        await until(lambda: all(one.mirror.is_live for one in (*watchers, *others)))
        after = [one.mirror.position.epoch for one in watchers]
        assert after[0] != before[0]
        assert after[1:] == before[1:]
        # Two nodes that find the room gone at the same moment may begin a life each.
        anew, *as_before = [(await ledger.heads([one]))[one].live_epoch for one in numbers]
        assert anew > lives[0]
        assert as_before == lives[1:]
        await until(lambda: not here.rooms.degraded_anywhere)
        await there.live.told(numbers[0], ANNA, 2000)
        await until(lambda: versions(watchers)[0] == versions(others)[0] == 2000)

"""The swarm's judge of a hall at rest, over real lines: no fault gets by, and a right stream has none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from loadtests.swarm import judging
from loadtests.swarm.hall import Hall, HallRoom
from loadtests.swarm.judging import judge, judge_hall
from loadtests.swarm.people import Address, Dashboard
from loadtests.swarm.tally import Tally
from tests.loadtests.mutants import BEGUN, HAPPENED, LAST, MUTATIONS, RIGHT, Frames, sent
from tests.loadtests.rooms import ROOM, beat, events, snapshot
from tests.loadtests.streams import Streams


@asynccontextmanager
async def heard_by_dashboards(*told: Frames) -> AsyncIterator[Sequence[Dashboard]]:
    """Play each stream to a dashboard of its own; asked again, the hub tells what happened."""
    played = {str(at): (snapshot(), *frames, beat(LAST)) for at, frames in enumerate(told)}
    async with Streams(played, events(BEGUN, LAST, *HAPPENED)).open() as hub:
        dashboards = [Dashboard(Address(hub.port), 0, ROOM, token, Tally(), sent()) for token in played]
        for one in dashboards:
            await one.connect()
        await hub.heard_by_all()
        yield dashboards
        for one in dashboards:
            one.leave()


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "REST_SECONDS", 0.0)


@pytest.mark.parametrize("mutate", MUTATIONS)
async def test_no_fault_gets_by_wherever_it_is(mutate: Callable[[Frames], Iterator[Frames]]) -> None:
    async with heard_by_dashboards(*mutate(RIGHT)) as dashboards:
        lost = [await judge(one) for one in dashboards]
        assert len(lost) >= 5
        unseen = [at for at, one in enumerate(dashboards) if not lost[at] and not one.heard.fault_count]
        assert unseen == []


async def test_a_right_stream_is_judged_once_and_has_no_fault() -> None:
    async with heard_by_dashboards(RIGHT) as (dashboard,):
        assert (await judge(dashboard), dashboard.heard.faults, dashboard.heard.replays) == ([], [], 1)
        assert (await judge(dashboard), dashboard.heard.faults, dashboard.heard.replays) == ([], [], 1)


async def test_what_a_dashboard_of_the_hall_lacks_is_named_and_counted() -> None:
    async with heard_by_dashboards(RIGHT, RIGHT[:-1]) as dashboards:
        hall = Hall(Address(1), Tally())
        hall.rooms.append(HallRoom(cast(Any, None), dashboards=[dashboards[0]]))
        assert await judge_hall(hall) == 0
        dashboards[1].sent.progress(1, 999)
        hall.rooms[0].dashboards.append(dashboards[1])
        assert await judge_hall(hall) == 1
        assert hall.tally.faults[0].startswith(f"room {ROOM}: candidate 1 sent 999, shown is ")


async def test_a_hub_that_does_not_tell_again_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "AGAIN_SECONDS", 0.2)
    async with heard_by_dashboards(RIGHT) as (dashboard,):
        dashboard.leave()
        assert await judge(dashboard) == [f"room {ROOM}: what came since the last look was not told again"]

"""A finalization is whole or nothing whoever is killed, and nobody who slept through it changes it afterwards: P18."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from hub.jury import review_of
from hub.model import AttemptState
from tests.faults import truth
from tests.faults.halls import Hall, bring_in, halls
from tests.faults.hubs import Hub
from tests.faults.rig import Rig
from tests.faults.scene import Scene, Tab, scene
from tests.story.api import Api, Refused

SEATS = 6
EACH = 3
MOMENT_SECONDS = 0.025
"""In which the kill falls: a confirmation takes some ten milliseconds."""
TRIES = 5
WAKING_SECONDS = 10.0
"""A hub that wakes looks at its stores first, then writes what is due every five seconds."""


async def kill_the_hub(rig: Rig) -> None:
    rig.hubs[0].kill()
    rig.hubs[0].start()


async def kill_redis(rig: Rig) -> None:
    rig.redis.kill()
    await rig.redis.start()


async def kill_postgres(rig: Rig) -> None:
    rig.postgres.kill()


async def stop_postgres_at_once(rig: Rig) -> None:
    rig.postgres.stop_at_once()


async def test_p18_a_kill_in_the_middle_leaves_all_of_a_finalization_or_nothing(rig: Rig) -> None:
    kills = (kill_the_hub, kill_redis, kill_postgres, stop_postgres_at_once) * EACH
    rooms = await halls(rig, len(kills), SEATS)
    await bring_in(rig, rooms)
    for hall in rooms:
        await drafted(rig.hubs[1], rig, hall)
    left = {True: 0, False: 0}
    for hall, kill in zip(rooms, kills, strict=True):
        left[await finalized_through(rig, hall, kill)] += 1
    rig.journal.note("test", f"whole {left[True]}, nothing {left[False]}")
    assert min(left.values()) > 0, f"every kill fell on one side of the commit: {left}"


async def test_p18_a_stopped_hub_that_wakes_after_the_finalization_changes_nothing(rig: Rig) -> None:
    stopped, other = rig.hubs[:2]
    async with scene(rig, 1, [stopped]) as stage:
        written = await stop_before_it_writes(stage, await stage.seated(0, stopped))
        # Nobody but the stopped hub knows of the answer any more.
        await rig.redis.flush_all()
        await drafted(other, rig, stage)
        assert await confirmed(other, rig, stage) == "ok"
        before, receipt = await stage.kept(), (await call(other, rig, stage, "GET"))["receipt"]
        assert receipt["head"] == before.audit[-1].hash
        stopped.thaw()

        async def has_written() -> bool:
            return await written_rows(stopped) > written

        await stage.eventually(has_written, "the stopped hub writes what it had accepted", WAKING_SECONDS)
        after = await stage.kept()
        assert (after.room.candidates, after.audit) == (before.room.candidates, before.audit)
        assert (await call(other, rig, stage, "GET"))["receipt"] == receipt


async def stop_before_it_writes(stage: Scene, tab: Tab) -> float:
    """Stop a hub that has accepted an answer and not written it; return how many rows it had written before."""
    for answered in range(1, TRIES + 1):
        written = await written_rows(tab.hub)
        await stage.goes_on(tab, answered)
        tab.hub.freeze()
        known = (await stage.true_row(tab.place))["progress"]
        if known is None or known["answered"] < answered:
            return written
        tab.hub.thaw()
    raise AssertionError("every answer was written before the hub could be stopped")


async def written_rows(hub: Hub) -> float:
    """Ask a hub how many rows of progress it has handed over to Postgres."""
    async with httpx.AsyncClient(base_url=hub.own_url, timeout=5, trust_env=False) as http:
        figures = (await http.get("/metrics")).text
    found = re.search(r"^vigie_progress_flushed_rows_total (\S+)$", figures, re.MULTILINE)
    assert found is not None, figures
    return float(found[1])


async def drafted(hub: Hub, rig: Rig, hall: Hall | Scene) -> None:
    """Say why nobody came to the end."""
    body = {"version": 0, "abort_reasons": {str(one): "technical" for one in hall.room.ids}, "incident": False}
    await call(hub, rig, hall, "PUT", body=body)


async def finalized_through(rig: Rig, hall: Hall, kill: Callable[[Rig], Awaitable[None]]) -> bool:
    """Confirm while something is killed; tell whether it was done already when the dust settled."""
    confirming = asyncio.create_task(confirmed(rig.hubs[0], rig, hall))
    await asyncio.sleep(rig.chance.uniform(0, MOMENT_SECONDS))
    await kill(rig)
    told = await confirming
    await rig.heal()
    is_done = await whole_or_nothing(rig, hall)
    assert is_done or told != "ok", f"{kill.__name__}: acknowledged, and it is not there"
    again = await confirmed(rig.hubs[1], rig, hall)
    assert again == ("already_finalized" if is_done else "ok"), f"{kill.__name__}: {again}"
    assert await whole_or_nothing(rig, hall)
    return is_done


async def whole_or_nothing(rig: Rig, hall: Hall) -> bool:
    """Assert that everything is as it was, or that everybody is closed under a receipt that fits."""
    known = await truth.assert_nothing_lost(rig, hall.room)
    states = {one.attempt for one in known.room.candidates.values()}
    if known.room.finalized_at is None:
        assert states == {AttemptState.RUNNING}
        return False
    assert states == {AttemptState.CLOSED}
    assert known.audit[-1].kind == "session.finalized"
    assert known.audit[-1].hash == known.room.decision_hash
    assert review_of(known.audit).decisions == {}
    return True


async def confirmed(hub: Hub, rig: Rig, hall: Hall | Scene) -> str:
    """Confirm the finalization; return the code of the refusal, "ok", or "" when nobody answered."""
    try:
        await call(hub, rig, hall, "POST", "/confirm", body={"version": 1})
    except Refused as refused:
        return refused.code
    except httpx.HTTPError:
        return ""
    return "ok"


async def call(
    hub: Hub, rig: Rig, hall: Hall | Scene, method: str, path: str = "", *, body: dict[str, object] | None = None
) -> dict[str, Any]:
    async with Api(hub.http_url) as api:
        where = f"/sessions/{hall.room.number}/finalization{path}"
        return await api.call(method, where, rig.staff.admin.token, json=body)

"""Somebody is killed in the middle of a finalization: all of it is there afterwards, or nothing: P18."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from hub.jury import review_of
from hub.model import AttemptState
from tests.faults import truth
from tests.faults.halls import Hall, bring_in, halls
from tests.faults.hubs import Hub
from tests.faults.rig import Rig
from tests.story.api import Api, Refused

SEATS = 6
EACH = 4
MOMENT_SECONDS = 0.025
"""In which the kill falls: a confirmation takes some ten milliseconds."""


async def kill_the_hub(rig: Rig) -> None:
    rig.hubs[0].kill()
    rig.hubs[0].start()


async def kill_redis(rig: Rig) -> None:
    rig.redis.kill()
    await rig.redis.start()


async def kill_postgres(rig: Rig) -> None:
    rig.postgres.kill()


async def test_p18_a_kill_in_the_middle_leaves_all_of_a_finalization_or_nothing(rig: Rig) -> None:
    kills = (kill_the_hub, kill_redis, kill_postgres) * EACH
    rooms = await halls(rig, len(kills), SEATS)
    await bring_in(rig, rooms)
    for hall in rooms:
        await drafted(rig, hall)
    left = {True: 0, False: 0}
    for hall, kill in zip(rooms, kills, strict=True):
        left[await finalized_through(rig, hall, kill)] += 1
    rig.journal.note("test", f"whole {left[True]}, nothing {left[False]}")
    assert min(left.values()) > 0, f"every kill fell on one side of the commit: {left}"


async def drafted(rig: Rig, hall: Hall) -> None:
    """Say why nobody came to the end."""
    body = {"version": 0, "abort_reasons": {str(one): "technical" for one in hall.room.ids}, "incident": False}
    await call(rig.hubs[1], rig, hall, "PUT", "", body)


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


async def confirmed(hub: Hub, rig: Rig, hall: Hall) -> str:
    """Confirm the finalization; return the code of the refusal, "ok", or "" when nobody answered."""
    try:
        await call(hub, rig, hall, "POST", "/confirm", {"version": 1})
    except Refused as refused:
        return refused.code
    except httpx.HTTPError:
        return ""
    return "ok"


async def call(hub: Hub, rig: Rig, hall: Hall, method: str, path: str, body: dict[str, object]) -> None:
    async with Api(hub.http_url) as api:
        await api.call(method, f"/sessions/{hall.room.number}/finalization{path}", rig.staff.admin.token, json=body)

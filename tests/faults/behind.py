"""Somebody who decides where no screen and no proxy is in the way, so that the truth moves whatever is shown."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress

import httpx

from tests.faults.rig import Rig, RigRoom
from tests.story.api import Api, Refused
from tests.story.client import new_key

EVERY_SECONDS = 0.4


async def decided_behind_their_backs(rig: Rig, room: RigRoom) -> None:
    """Give everybody a minute several times a second, at the second hub itself, until cancelled."""
    who = rig.staff.invigilators[5]
    async with Api(rig.hubs[1].own_url) as api:
        for number in itertools.count(1):
            frame = {"type": "time.add", "ref": 1, "key": new_key(), "candidates": "all", "minutes": 1}
            body = {**frame, "reason": f"derrière leur dos {number}"}
            with suppress(httpx.HTTPError, Refused):
                await api.call("POST", f"/sessions/{room.number}/commands", who.token, json=body)
            await asyncio.sleep(EVERY_SECONDS)

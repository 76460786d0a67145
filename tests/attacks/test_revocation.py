"""A right that is taken back on one node ends the sockets on the other one, within two seconds and with its code."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from hub.people import Role
from tests.attacks.people import PASSWORD, Somebody, Town
from tests.faults.rig import Rig, RigRoom
from tests.story.client import Dashboard, Line, Wall

PROMISED_SECONDS = 2.0
NOISE_SECONDS = 1.0
"""What a machine that is busy with other things may add."""
NOT_SIGNED_IN, FORBIDDEN = 4001, 4003


@dataclass
class Scene:
    """Everything is asked of the first hub; the sockets are on the second."""

    rig: Rig
    town: Town
    room: RigRoom
    first: httpx.AsyncClient

    async def invigilator(self) -> Somebody:
        """Hire somebody who has entered the room."""
        who = await self.town.hire(Role.INVIGILATOR)
        await self.town.let_in(who, self.room.number)
        return who

    async def call(self, path: str, who: Somebody, **body: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {who.token}"}
        answer = await self.first.post(f"/api{path}", json=body, headers=headers)
        assert answer.status_code in (200, 201), answer.text
        return answer

    async def board(self, who: Somebody) -> Line:
        line: Dashboard = await Dashboard.open(
            self.rig.hubs[1].ws_url, {"token": who.token, "session": self.room.number}
        )
        await line.until(lambda: line.epoch, "the first data")
        return line

    async def wall(self, who: Somebody) -> Line:
        line: Wall = await Wall.open(self.rig.hubs[1].ws_url, {"token": who.token})
        await line.heard("rooms")
        return line


Ended = tuple[Line, int]
Loss = Callable[[Scene], Awaitable[tuple[list[Ended], Callable[[], Awaitable[object]]]]]
"""Opens sockets, tells the code each must end with, and how the right is taken back."""


async def logged_out(scene: Scene) -> tuple[list[Ended], Callable[[], Awaitable[object]]]:
    who = await scene.town.hire(Role.CENTER_ADMIN, await scene.town.own_center())
    lines = [await scene.board(who), await scene.wall(who)]
    return [(one, NOT_SIGNED_IN) for one in lines], lambda: scene.call("/logout", who)


async def changed_password(scene: Scene) -> tuple[list[Ended], Callable[[], Awaitable[object]]]:
    who = await scene.invigilator()
    other = await scene.town.sign_in(who)
    lines = [await scene.board(one) for one in (who, other)]
    words = {"password": PASSWORD, "new_password": PASSWORD + " of mine"}
    return [(one, NOT_SIGNED_IN) for one in lines], lambda: scene.call("/me/password", other, **words)


async def disabled(scene: Scene) -> tuple[list[Ended], Callable[[], Awaitable[object]]]:
    who, operator = await scene.invigilator(), await scene.town.hire(Role.OPERATOR)
    board = await scene.board(who)
    return [(board, NOT_SIGNED_IN)], lambda: scene.call(f"/accounts/{who.account}/disable", operator)


async def reset_by_link(scene: Scene) -> tuple[list[Ended], Callable[[], Awaitable[object]]]:
    who, operator = await scene.invigilator(), await scene.town.hire(Role.OPERATOR)
    board = await scene.board(who)
    link = (await scene.call("/invitations", operator, account=who.account)).json()
    words = {"secret": link["url"].partition("#")[2], "new_password": PASSWORD + " anew"}
    return [(board, NOT_SIGNED_IN)], lambda: scene.first.post("/api/invitations/accept", json=words)


async def put_out_of_the_room(scene: Scene) -> tuple[list[Ended], Callable[[], Awaitable[object]]]:
    who = await scene.invigilator()
    board = await scene.board(who)
    return [(board, FORBIDDEN)], lambda: scene.town.execute("DELETE FROM invigilations WHERE account = $1", who.account)


async def handover_over(scene: Scene) -> tuple[list[Ended], Callable[[], Awaitable[object]]]:
    giver, colleague = await scene.invigilator(), await scene.town.hire(Role.INVIGILATOR)
    made = (await scene.call(f"/sessions/{scene.room.number}/handovers", giver)).json()
    secret = made["url"].partition("#")[2]
    ticket = (await scene.first.post("/api/handovers/open", json={"secret": secret})).json()["ticket"]
    await scene.call("/handovers/accept", colleague, ticket=ticket)
    board = await scene.board(colleague)
    return [(board, FORBIDDEN)], lambda: scene.town.execute(
        "UPDATE invigilations SET until = clock_timestamp() WHERE account = $1", colleague.account
    )


LOSSES: tuple[Loss, ...] = (logged_out, changed_password, disabled, reset_by_link, put_out_of_the_room, handover_over)


async def took(line: Line, code: int, since: Callable[[], float]) -> float:
    """Wait for the end of a line and return how long it took."""
    assert await line.closing(within=8) == code
    return time.monotonic() - since()


async def test_what_is_taken_back_on_one_node_ends_on_the_other(rig: Rig, town: Town) -> None:
    room = await rig.room(1, rig.staff.invigilators[:1])
    async with httpx.AsyncClient(base_url=rig.hubs[0].own_url, trust_env=False, timeout=15) as first:
        scene = Scene(rig, town, room, first)
        staying = await scene.board(await scene.invigilator())
        slow = {}
        for loss in LOSSES:
            lines, take_back = await loss(scene)
            await take_back()
            taken_at = time.monotonic()
            spent = await asyncio.gather(*(took(line, code, lambda at=taken_at: at) for line, code in lines))
            slow[loss.__name__] = max(spent)
        assert max(slow.values()) <= PROMISED_SECONDS + NOISE_SECONDS, slow
        assert staying.close_code is None, "nobody else is sent away"
        await staying.close()

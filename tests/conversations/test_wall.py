"""The wall of a center's admin: rooms in numbers, told when they change and no more often than twice a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace

from tests.conversations.hall import NUMBER, QUICK, Hall, Json, TestLine, hall, halls, seated

LIVELY = replace(QUICK, dashboard_beat=0.05)
"""A wall looks again for its rooms, and at what time alone has changed, with its beats."""


def room_in(frame: Json) -> Json:
    """Return the one room of a frame."""
    rooms = frame["rooms"]
    assert isinstance(rooms, list)
    assert [one["session"] for one in rooms] == [NUMBER]
    return rooms[0]  # type: ignore[no-any-return]


async def in_time(room: Hall, hearing: Coroutine[object, object, Json]) -> Json:
    """Let time pass until something is heard."""
    task = asyncio.create_task(hearing)
    while not task.done():
        await room.pass_time(0.5)
    return await task


async def heard(room: Hall, wall: TestLine, is_so: Callable[[Json], bool]) -> Json:
    """Wait, while time passes, until the room is told so."""
    return room_in(
        await in_time(room, wall.hear("rooms", lambda frame: bool(frame["rooms"]) and is_so(room_in(frame))))
    )


async def told(room: Hall, wall: TestLine, **values: object) -> Json:
    """Wait, while time passes, until the room is told with these values."""
    return await heard(room, wall, lambda one: all(one[key] == value for key, value in values.items()))


async def test_a_wall_begins_with_every_room_and_goes_on_with_what_changed() -> None:
    async with hall(pace=LIVELY) as room:
        wall = await room.wall()
        first = await told(room, wall)
        assert (first["candidates"], first["expected"], first["invigilators"]) == (3, 3, 0)
        assert (first["site"], first["room"], first["status"]) == ("Site", "Salle 1", "open")
        durand = await room.dashboard()
        await told(room, wall, invigilators=1)
        await seated(room, durand)
        await told(room, wall, running=1, expected=2)


async def test_a_quiet_room_is_told_once() -> None:
    async with hall(pace=LIVELY) as room:
        wall = await room.wall()
        await wall.hear("rooms")
        for _ in range(5):
            await in_time(room, wall.hear("beat"))
        assert len([frame for frame in wall.given if frame["type"] == "rooms"]) == 1


async def test_a_busy_room_is_told_at_most_twice_a_second() -> None:
    async with hall(pace=LIVELY) as room:
        durand = await room.dashboard()
        line = await seated(room, durand)
        wall = await room.wall()
        await told(room, wall, running=1)
        before = len(wall.given)
        for answered in range(5, 11):
            line.say(type="progress", answered=answered, total=32)
            await durand.hear("events")
        # The clock of this hall stands still: half a second has not passed.
        await room.rounds()
        assert len([frame for frame in wall.given[before:] if frame["type"] == "rooms"]) <= 1
        await told(room, wall, answered=10)


async def test_a_call_that_nobody_takes_is_told_with_its_age_and_escalates() -> None:
    async with hall(pace=LIVELY) as room:
        durand = await room.dashboard()
        line = await seated(room, durand)
        wall = await room.wall()
        line.say(type="help", ref=77, key="key-of-the-call", kind="other")
        await told(room, wall, help_open=1, worst_need="help", untaken=1, escalated_at=None)
        await room.pass_time(121)
        escalated = await heard(room, wall, lambda one: one["escalated_at"] is not None)
        assert escalated["oldest_need_at"] < escalated["escalated_at"]  # type: ignore[operator]
        durand.say(type="claim", candidates=[1])
        await told(room, wall, untaken=0, escalated_at=None, needs=1)


async def test_a_room_with_candidates_and_no_console_is_unattended_and_nobody_is_paused() -> None:
    async with hall(pace=LIVELY) as room:
        durand = await room.dashboard()
        await seated(room, durand)
        wall = await room.wall()
        await told(room, wall, running=1, unattended_since=None, invigilators=1)
        await durand.hang_up()
        alone = await heard(room, wall, lambda one: one["unattended_since"] is not None)
        assert (alone["running"], alone["invigilators"]) == (1, 0)
        again = await room.dashboard("token-martin")
        await told(room, wall, unattended_since=None, invigilators=1)
        assert again.task is not None
        assert not again.task.done()


async def test_an_empty_room_is_not_unattended() -> None:
    async with hall(pace=LIVELY) as room:
        wall = await room.wall()
        assert room_in(await wall.hear("rooms"))["unattended_since"] is None


async def test_rooms_come_and_go_while_the_wall_is_open() -> None:
    async with hall(pace=LIVELY) as room:
        room.directory.on_the_wall = []
        wall = await room.wall()
        assert (await wall.hear("rooms"))["rooms"] == []
        room.directory.on_the_wall = [NUMBER]
        await told(room, wall)
        room.directory.on_the_wall = []
        gone = await in_time(room, wall.hear("rooms", lambda frame: bool(frame["gone"])))
        assert (gone["rooms"], gone["gone"]) == ([], [NUMBER])
        await room.until(lambda: not room.mirror.audience.is_there)


async def test_a_wall_sees_a_room_that_another_node_serves() -> None:
    async with halls(2, pace=LIVELY) as (first, second):
        wall = await second.wall()
        await wall.hear("rooms")
        durand = await first.dashboard()
        await seated(first, durand)
        await told(second, wall, running=1, invigilators=1)


async def test_the_beat_names_the_rooms_that_could_not_be_verified() -> None:
    async with hall(pace=LIVELY) as room:
        wall = await room.wall()
        await wall.hear("rooms")
        beat = await in_time(room, wall.hear("beat"))
        assert (beat["behind"], beat["degraded"]) == ([], [])
        room.ledger_door.fail("heads")
        late = await in_time(room, wall.hear("beat", lambda frame: frame["degraded"] == ["decisions"]))
        assert late["as_of"] < late["server_time"]  # type: ignore[operator]


async def test_only_a_centers_admin_has_a_wall() -> None:
    async with hall(pace=LIVELY) as room:
        for who, code in (("token-durand", 4003), ("token-nobody", 4001)):
            line = room.line("admin")
            line.say(type="hello", token=who)
            assert (await line.hear("bye"))["code"] == code


async def test_a_wall_asks_for_nothing() -> None:
    async with hall(pace=LIVELY) as room:
        wall = await room.wall()
        wall.say(type="presence.confirm", ref=3, key="key-00000001", candidates="all")
        reply = await wall.hear("reply")
        assert (reply["ok"], reply["error"]["code"]) == (False, "unknown_type")  # type: ignore[index]


async def test_a_wall_whose_login_went_is_closed() -> None:
    async with hall(pace=LIVELY) as room:
        wall = await room.wall()
        await wall.hear("rooms")
        sign_out(room, "token-roy")
        assert (await wall.hear("bye"))["code"] == 4001


def sign_out(room: Hall, token: str) -> None:
    """Close a login."""
    from hub.tokens import token_digest

    room.directory.signed_out.add(token_digest(token))

"""Several people at one room, and many rooms on one wall, against a real hub."""

from __future__ import annotations

from tests.story.client import PATIENCE, Dashboard, Wall
from tests.story.rooms import Room, World, accepted, ok


def goes(board: Dashboard) -> set[tuple[int, str]]:
    return {(one["candidate"], one["by"]) for one in board.colleagues["claims"]}


def here(board: Dashboard) -> list[str]:
    return sorted(one["role"] for one in board.colleagues["people"])


async def a_wall(world: World) -> Wall:
    wall: Wall = await world.open(Wall, token=world.staff.admin)
    await wall.heard("rooms", within=3 * PATIENCE)
    return wall


async def on(wall: Wall, room: Room, **values: object) -> dict[str, object]:
    wanted = values.items()
    return await wall.told(room.number, lambda one: all(one[key] == value for key, value in wanted), str(values), 20)


async def test_colleagues_see_who_is_here_where_they_look_and_where_they_go(world: World) -> None:
    room = await world.room()
    first, second = await room.board(), await room.board(world.staff.admin)
    one = room.id(first)
    await first.until(lambda: here(first) == ["center_admin", "invigilator"], "both are here")
    await second.say({"type": "look", "candidate": one})
    await first.until(lambda: any(who["look"] == one for who in first.colleagues["people"]), "where the admin looks")
    await second.say({"type": "claim", "candidates": [one]})
    await first.say({"type": "claim", "candidates": [one, room.id(first, 1)]})
    await second.until(lambda: {number for number, _ in goes(second)} == {one, room.id(first, 1)}, "who goes there")
    # The admin only watches: their word does not count, and the invigilator's does.
    assert len({name for _, name in goes(second)}) == 1
    await first.say({"type": "claim", "candidates": [one], "is_taken": False})
    await second.until(lambda: {number for number, _ in goes(second)} == {room.id(first, 1)}, "one is taken back")


async def test_a_wall_shows_todays_rooms_in_numbers_as_they_change(world: World) -> None:
    room = await world.room()
    board = await room.board()
    wall = await a_wall(world)
    assert room.number not in wall.rooms, "a session of another day is not on the wall"
    tab = await room.seated(board)
    await on(wall, room, expected=1, running=1, invigilators=1, unattended_since=None)
    asked = ok(await tab.ask("help", kind="other"))
    await on(wall, room, help_open=1, untaken=1, worst_need="help")
    accepted(await board.command("help.take", room.id(board), help=asked["help"]))
    await on(wall, room, help_open=1, untaken=0)
    await tab.progress(7)
    await on(wall, room, answered=7)
    await board.close()
    alone = await wall.told(room.number, lambda one: one["unattended_since"], "nobody is there any more", 20)
    assert (alone["running"], alone["invigilators"]) == (1, 0)
    assert tab.state["in_test"], "nobody is paused because of that"


async def test_only_a_centers_admin_has_a_wall(world: World) -> None:
    stranger: Wall = await world.open(Wall, token=world.staff.invigilator)
    assert await stranger.closing() == 4003
    nobody: Wall = await world.open(Wall, token="nonsense")
    assert await nobody.closing() == 4001

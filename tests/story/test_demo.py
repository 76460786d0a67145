"""What `run` offers to somebody who has just started it."""

from __future__ import annotations

import stat

from tests.story.api import Api
from tests.story.background import with_own_hub
from tests.story.client import Dashboard
from tests.story.hub import Hub
from tests.story.rooms import World, eventually, log_in, ok


async def test_the_demo_is_written_down_for_its_owner_only(quick_hub: Hub) -> None:
    path = quick_hub.var / "demo.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    demo = quick_hub.demo
    assert demo["base_url"].startswith("http://127.0.0.1:") or demo["base_url"].startswith("http://localhost:")
    assert set(demo["admin"]) == set(demo["invigilator"]) == set(demo["jury"]) == {"email", "password"}
    assert set(demo["session"]) == {"number", "password", "access_code"}
    assert len(demo["candidates"]) == 24
    for one in demo["candidates"]:
        assert set(one) == {"last_name", "first_name", "birthdate", "played"}
        assert one["played"] is False, "VIGIE_DEMO_PLAYERS=0 plays nobody"


async def test_the_demos_accounts_and_passwords_open_the_demos_room(world: World) -> None:
    demo, staff = world.hub.demo, world.staff
    session = await world.api.invigilate(staff.invigilator, demo["session"]["number"], demo["session"]["password"])
    assert session["number"] == demo["session"]["number"]
    board: Dashboard = await world.open(Dashboard, token=staff.invigilator, session=session["number"])
    await board.until(lambda: len(board.rows) == 24, "the whole list")
    assert board.session["access_code"] == demo["session"]["access_code"]
    assert board.session["started_at"] is None, "the demo sends no session.start"
    async with Api(demo["base_url"]) as api:
        for one in demo["candidates"][:3]:
            person = {name: one[name] for name in ("last_name", "first_name", "birthdate")}
            assert (await api.identify(session["number"], person))["token"]


@with_own_hub(VIGIE_DEMO_PLAYERS="20", VIGIE_DEMO_PACE="300")
async def test_the_played_ones_wait_to_be_confirmed_take_the_test_and_leave_the_others_alone(hub: Hub) -> None:
    async with Api(hub.http_url) as api:
        world = World(hub, api, await log_in(hub))
        await invigilate_the_demo(world)
        await world.leave()


async def invigilate_the_demo(world: World) -> None:
    """Do what a person does: confirm who waits, let back in who was lost, until all who are played have finished."""
    demo = world.hub.demo
    number = demo["session"]["number"]
    await world.api.invigilate(world.staff.invigilator, number, demo["session"]["password"])
    board: Dashboard = await world.open(Dashboard, token=world.staff.invigilator, session=number)
    await board.until(lambda: len(board.rows) == 24, "the whole list")
    played = {(one["last_name"], one["first_name"]) for one in demo["candidates"] if one["played"]}
    assert len(played) == 20
    ids = [one for one, row in board.rows.items() if (row["last_name"], row["first_name"]) in played]
    for one in ids:
        await board.row(one, lambda row: row["waiting"]["clients"] == 1, "is there", within=40)
    assert all(board.rows[one]["attempt"] == "not_started" for one in ids)
    ok(await board.command("presence.confirm", ids))
    let_in: set[int] = set()

    async def serve() -> bool:
        for one in ids:
            refused_entry = board.rows[one]["entry_refused"]
            if refused_entry and refused_entry["code"] == "resume_not_authorized" and one not in let_in:
                let_in.add(one)
                ok(await board.command("resume.authorize", one))
        return all(board.rows[one]["attempt"] == "finished" for one in ids)

    await eventually(serve, "all who are played have finished", within=90)
    for one, row in board.rows.items():
        if one not in ids:
            assert (row["link"]["state"], row["attempt"]) == ("never", "not_started"), "the others are never touched"
    assert "help.opened" in board.types(), "one calls for help"
    assert {"candidate.disconnected", "candidate.suspect"} & set(board.types()), "one drops"
    assert {"candidate.resumed", "candidate.reconnected"} & set(board.types()), "and comes back"

"""What `run` offers to somebody who has just started it."""

from __future__ import annotations

import stat

from tests.story.api import Api
from tests.story.client import Dashboard
from tests.story.hub import Hub
from tests.story.rooms import World


async def test_the_demo_is_written_down_for_its_owner_only(quick_hub: Hub) -> None:
    path = quick_hub.var / "demo.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    demo = quick_hub.demo
    assert demo["base_url"].startswith("http://127.0.0.1:") or demo["base_url"].startswith("http://localhost:")
    assert set(demo["admin"]) == set(demo["invigilator"]) == {"email", "password"}
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

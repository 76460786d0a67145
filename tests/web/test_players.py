"""The demo's simulated candidates on a real hub: they come, they ask, they wait to be let in, they finish."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest

from tests.story.api import Api
from tests.story.client import Dashboard
from tests.story.hub import Hub

PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Two players, the ordinary and the impatient one, a hundred times as fast as people."""
    hub = Hub(tmp_path_factory.mktemp("players") / "var", VIGIE_DEMO_PLAYERS="2", VIGIE_DEMO_PACE="100")
    hub.start()
    yield hub
    assert hub.stop() == 0, hub.tail()
    hub.assert_no_orphan()


async def test_players_join_wait_enter_and_finish_and_nobody_touches_the_others(hub: Hub) -> None:
    played = {one["last_name"] for one in hub.demo["candidates"] if one["played"]}
    assert len(played) == 2
    async with Api(hub.http_url) as api:
        token = await api.login(**hub.demo["invigilator"])
        room = hub.demo["session"]
        await api.invigilate(token, room["number"], room["password"])
        dashboard = await Dashboard.open(hub.ws_url, {"type": "hello", "token": token, "session": room["number"]})
        await dashboard.until(lambda: dashboard.rows, "the snapshot", PATIENCE_SECONDS)
        ours = [row["id"] for row in dashboard.rows.values() if row["last_name"] in played]
        assert len(ours) == 2

        def all_ours(is_true: Callable[[dict[str, object]], object]) -> Callable[[], bool]:
            return lambda: all(is_true(dashboard.rows[one]) for one in ours)

        await dashboard.until(all_ours(lambda row: row["waiting"]["clients"]), "both wait", PATIENCE_SECONDS)
        await dashboard.until(
            lambda: sum(row["entry_refused"] is not None for row in dashboard.rows.values()) == 1,
            "one asks to come in",
            PATIENCE_SECONDS,
        )
        assert {row["attempt"] for row in dashboard.rows.values()} == {"not_started"}
        await dashboard.command("presence.confirm", ours)
        await dashboard.until(all_ours(lambda row: row["attempt"] == "finished"), "both finish", PATIENCE_SECONDS)
        assert {row["progress"]["answered"] for one, row in dashboard.rows.items() if one in ours} == {32}
        others = [row for one, row in dashboard.rows.items() if one not in ours]
        assert {(row["attempt"], row["link"]["state"], row["presence"]["state"]) for row in others} == {
            ("not_started", "never", "expected")
        }
        await dashboard.close()


async def test_a_second_run_makes_a_fresh_session_and_keeps_the_passwords(hub: Hub) -> None:
    before = hub.demo
    assert hub.stop() == 0
    hub.start()
    assert hub.demo["session"]["number"] != before["session"]["number"]
    assert (hub.demo["admin"], hub.demo["invigilator"]) == (before["admin"], before["invigilator"])
    fresh = hub.demo["session"]
    assert hub.stop() == 0
    hub.start()
    assert hub.demo["session"] == fresh


async def test_players_die_with_a_hub_that_is_killed(hub: Hub) -> None:
    hub.kill()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while hub.relatives():
        assert time.monotonic() < deadline, hub.relatives()
        await asyncio.sleep(0.05)
    hub.start()

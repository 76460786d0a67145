"""What a candidate's screen has shown: acknowledged once, messages included, and told again to whoever forgot it."""

from __future__ import annotations

from tests.conversations.hall import CODE, Json, TestLine, hall, seated, seen


def told_in(snapshot: Json) -> tuple[int, int]:
    rows = snapshot["candidates"]
    return rows[0]["version"], rows[0]["told_version"]


def acknowledge(line: TestLine, state: Json) -> None:
    line.say(type="ack", version=state["version"])


async def test_a_message_is_acknowledged_by_the_state_behind_it() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        await room.command(dashboard, "message.send", [1], text="Restez à votre place.")
        version = (await seen(dashboard, "message.sent"))["version"]
        state = await line.hear("state", lambda one: one["version"] == version)
        kinds = [frame["type"] for frame in line.given if frame["type"] in ("message", "state")]
        assert kinds[-2:] == ["message", "state"], "whoever has shown the state has shown the message"
        acknowledge(line, state)
        assert (await seen(dashboard, "candidate.told"))["told_version"] == version


async def test_a_live_store_that_forgot_is_told_again_what_a_screen_has_shown() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        line, _ = await room.candidate(room.client(1, "ada"))
        await room.command(dashboard, "presence.confirm", [1])
        acknowledge(line, await line.hear("state", lambda one: one["authorization"] == "start"))
        version = (await seen(dashboard, "candidate.told"))["told_version"]
        room.live_door.fail()
        await dashboard.hear("snapshot", lambda one: not one["live"])
        room.server.forget_everything()
        room.live_door.mend()
        assert (await seen(dashboard, "candidate.told"))["told_version"] == version
        fresh = await room.dashboard()
        assert told_in(await fresh.hear("snapshot")) == (version, version)


async def test_a_screen_is_believed_only_about_what_it_was_given() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        line, state = await room.candidate(room.client(1, "ada"))
        line.say(type="ack", version=state["version"] + 1000)
        await room.command(dashboard, "presence.confirm", [1])
        confirmed = await line.hear("state", lambda one: one["authorization"] == "start")
        acknowledge(line, confirmed)
        assert (await seen(dashboard, "candidate.told"))["told_version"] == confirmed["version"]


async def test_what_moves_nobody_up_is_no_news_to_those_who_wait_before() -> None:
    async with hall() as room:
        first, second = [(await room.candidate(room.client(one, name)))[0] for one, name in ((1, "ada"), (2, "bob"))]
        await room.command(first, "enter", access_code=CODE)
        state = await first.hear("state", lambda one: one["queue_place"] == 1)
        await room.command(second, "enter", access_code=CODE)
        await second.hear("state", lambda one: one["queue_place"] == 2)
        await room.rounds()
        assert [one for one in first.given if one["type"] == "state"][-1] == state

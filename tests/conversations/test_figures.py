"""What a node counts of what happens to it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import msgspec

from channels.lag import LAG_EVERY_SECONDS
from hub.events import Changes, EventKind, RoomEvent
from hub.model import CandidateId, Presence, PresenceState
from hub.policy import Policy
from tests.conversations.hall import QUICK, STILL, Hall, TestLine, hall, halls, seated, seen


async def lost(room: Hall) -> TestLine:
    """Let Ada's line break; returns the dashboard."""
    dashboard = await room.dashboard()
    line = await seated(room, dashboard)
    await line.hang_up()
    return dashboard


async def test_each_step_of_a_loss_is_counted_once_and_by_whose_it_is() -> None:
    async with hall() as room:
        dashboard = await lost(room)
        assert room.node.glance().losses == 1
        lines = room.node.figures.lines
        assert sum(lines.values()) == 0, "a blink is no loss"
        await room.pass_time(6)
        await seen(dashboard, "candidate.suspect")
        assert {named for named, count in lines.items() if count} == {("suspect", "candidate")}
        await room.pass_time(20)
        await seen(dashboard, "candidate.interrupted")
        counted = {named: count for named, count in lines.items() if count}
        assert counted == {(stage, "candidate"): 1 for stage in ("suspect", "offline", "interrupted")}
        assert room.node.glance().losses == 0


async def test_a_loss_of_the_hubs_own_is_counted_as_such() -> None:
    async with hall(policy=Policy(hub_grace=timedelta(seconds=30))) as room:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        room.end_line(line, 4200)
        await room.pass_time(60)
        await seen(dashboard, "candidate.interrupted")
        assert room.node.figures.lines["interrupted", "hub"] == 1
        assert room.node.figures.roles["candidate"].closed == {"left": 0, "4200": 1}


async def test_who_is_back_in_time_came_by_the_door_and_sitting_down_at_first_is_no_return() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        returned = room.node.figures.returned
        await room.mirror.reload()
        await room.rounds()
        assert returned == {"door": 0, "ledger": 0, "refused": 0}
        await line.hang_up()
        back, state = await room.candidate("token-ada")
        assert state["in_test"] is True
        await room.mirror.reload()
        await room.rounds()
        assert returned == {"door": 1, "ledger": 0, "refused": 0}, "told again is not back again"
        await back.hang_up()


async def test_who_finds_the_door_closed_and_the_seat_free_comes_by_the_ledger() -> None:
    async with halls(2, pace=replace(QUICK, losses=0.1)) as (first, second):
        dashboard = await second.dashboard()
        line = await seated(first, dashboard)
        await line.hang_up()
        for one in (first, second):
            one.ledger_door.fail("case")
        await first.pass_time(18, and_at=(second,))
        back = second.line("candidate")
        back.say(type="hello", token="token-ada")
        asked = second.ledger_door.calls["case"]
        await second.until(lambda: second.ledger_door.calls["case"] > asked)
        for one in (first, second):
            one.ledger_door.mend()
        assert (await back.hear("state"))["in_test"] is True
        assert second.node.figures.returned == {"door": 0, "ledger": 1, "refused": 0}


async def test_a_live_store_that_is_away_shows_in_the_glance_and_in_the_loads() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        await dashboard.hear("snapshot")
        assert (room.node.glance().rooms, room.node.glance().degraded) == (1, ())
        room.live_door.fail()
        await room.until(lambda: room.node.glance().degraded == ("live",))
        await room.until(lambda: room.node.figures.rooms["truth"] >= 1)
        before = room.node.figures.rooms["loaded"]
        room.live_door.mend()
        await room.until(lambda: room.node.glance().degraded == ())
        await room.until(lambda: room.node.figures.rooms["loaded"] > before)


async def test_data_age_with_the_oldest_room_and_are_young_again_when_verified() -> None:
    async with hall(pace=STILL) as room:
        await room.dashboard()
        room.clock.pass_(5)
        assert room.node.glance().oldest_seconds == 5
        await room.node._verify()
        assert room.node.glance().oldest_seconds == 0


async def test_a_stream_that_was_forgotten_is_a_gap() -> None:
    async with hall(pace=STILL) as room:
        dashboard = await room.dashboard()
        await dashboard.hear("snapshot")
        rooms = room.node.figures.rooms
        assert (rooms["gap"], rooms["loaded"]) == (0, 1)
        room.server.forget_everything()
        await room.mirror.catch_up()
        assert (rooms["gap"], rooms["loaded"]) == (1, 2)


async def test_an_entry_nobody_can_read_is_counted_as_such_and_as_nothing_else() -> None:
    async with hall(pace=STILL) as room:
        dashboard = await room.dashboard()
        await dashboard.hear("snapshot")
        room.live_door.fail("read", accident=msgspec.DecodeError)
        await room.mirror.catch_up()
        room.live_door.mend()
        rooms = room.node.figures.rooms
        assert (rooms["unreadable"], rooms["gap"], rooms["forged"], rooms["loaded"]) == (1, 0, 0, 2)


async def test_an_entry_that_nobody_decided_is_counted_as_forged() -> None:
    async with hall(pace=STILL) as room:
        dashboard = await room.dashboard()
        await dashboard.hear("snapshot")
        changes = Changes(presence=Presence(PresenceState.CONFIRMED))
        room.stage.emit(RoomEvent(EventKind.PRESENCE_CONFIRMED, room.clock.now(), CandidateId(1), changes=changes))
        await room.mirror.catch_up()
        rooms = room.node.figures.rooms
        assert (rooms["forged"], rooms["unreadable"], rooms["gap"]) == (1, 0, 0)


async def test_progress_is_counted_by_what_became_of_it() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        other, _ = await room.candidate(room.client(1, "second"))
        for answered in (1, 2, 2):
            line.say(type="progress", answered=answered, total=32)
        line.say(type="progress", answered=3, total=30)
        other.say(type="progress", answered=9, total=32)
        await seen(dashboard, "candidate.progressed")
        wanted = {"accepted": 2, "behind": 1, "fenced": 0, "refused": 2}
        await room.until(lambda: room.node.figures.progress == wanted)
        await room.until(lambda: room.node.figures.flushed_rows >= 1)
        assert room.node.figures.flush.count >= 1
        assert room.node.figures.roles["candidate"].refused == {"resume_not_authorized": 1, "total_changed": 1}


async def test_a_delivery_is_timed_from_the_events_arrival_and_a_beat_is_none() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        await dashboard.hear("snapshot")
        role = room.node.figures.roles["invigilator"]
        await room.until(lambda: role.delivery.count == 1)  # that this very console is open
        room.connection(dashboard).beat_due()
        await dashboard.hear("beat")
        assert role.delivery.count == 1
        await room.command(dashboard, "presence.confirm", [1])
        await seen(dashboard, "presence.confirmed")
        await room.until(lambda: role.delivery.count == 2)


async def test_a_hello_that_waits_is_seen_waiting_and_then_timed() -> None:
    async with hall() as room:
        token = room.client(1, "ada")
        role = room.node.figures.roles["candidate"]
        room.directory.answers.clear()
        line = room.line("candidate")
        line.say(type="hello", token=token)
        await room.until(lambda: role.hellos_waiting == 1)
        assert (role.open, role.accepted, role.welcome.count) == (1, 1, 0)
        room.clock.pass_(2)
        room.directory.answers.set()
        await line.hear("welcome")
        assert (role.hellos_waiting, role.welcome.count, role.welcome.total) == (0, 1, 2)
        await line.hang_up()
        assert (role.open, role.closed["left"]) == (0, 1)


async def test_the_lag_of_the_loop_is_measured_while_a_node_lives() -> None:
    async with hall(pace=replace(STILL, look=LAG_EVERY_SECONDS)) as room:
        lag = room.node.figures.lag
        await room.until(lambda: lag.count >= 3)
        assert room.node.lag.recent >= 0
        loop = asyncio.get_running_loop()
        held_until = loop.time() + 0.3
        while loop.time() < held_until:
            pass
        assert room.node.lag.recent > 0.2, "while it lasts"
        noted = lag.count
        await room.until(lambda: lag.count > noted)
        assert room.node.figures.take_worst_lag() > 0.2

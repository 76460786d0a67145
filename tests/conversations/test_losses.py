"""What becomes of somebody who is lost while something else goes wrong too, and of somebody who never was."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from channels import rooms
from channels.loss import Stage
from hub.events import Changes, EventKind
from hub.model import CandidateId, LinkState, NodeId, SessionNumber
from hub.ports import LockBusy
from tests.conversations.hall import CODE, NUMBER, QUICK, STILL, Hall, Json, TestLine, hall, halls, seated

ADA = CandidateId(1)
LONG_SECONDS = 400.0
"""Longer than any grace."""


async def lost(room: Hall) -> TestLine:
    """Let Ada's line break; returns the dashboard."""
    dashboard = await room.dashboard()
    line = await seated(room, dashboard)
    await line.hang_up()
    return dashboard


async def is_interrupted(room: Hall) -> bool:
    return (await room.row(1)).interrupted_at is not None


# ── who is lost is interrupted, whatever else happens ──────────────────────────────────────────────────────────────


async def test_a_room_loaded_anew_forgets_nobody_who_is_lost() -> None:
    async with hall() as room:
        await lost(room)
        await room.pass_time(2)
        await room.mirror.reload()
        await room.pass_time(20)
        assert await is_interrupted(room), "the short grace: the live store has forgotten nothing"


async def test_a_decision_that_was_not_told_forgets_nobody_who_is_lost() -> None:
    async with hall() as room:
        dashboard = await lost(room)
        await room.pass_time(2)
        epoch = room.mirror.position.epoch
        room.live_door.fail("apply")
        await room.command(dashboard, "presence.confirm", [2])
        await asyncio.sleep(0.3)
        room.live_door.mend()
        await room.until(lambda: room.mirror.position.epoch != epoch)
        await room.pass_time(LONG_SECONDS)
        assert await is_interrupted(room)


async def test_a_live_store_that_was_away_for_a_moment_forgets_nobody_who_is_lost() -> None:
    async with hall() as room:
        await lost(room)
        await room.pass_time(2)
        room.live_door.fail()
        await room.until(lambda: not room.mirror.is_live)
        room.live_door.mend()
        await room.until(lambda: room.mirror.is_live)
        await room.pass_time(LONG_SECONDS)
        assert await is_interrupted(room)


async def test_a_line_that_breaks_when_this_process_has_just_stood_still_has_the_long_grace() -> None:
    async with hall() as room:
        line = await seated(room, await room.dashboard())
        room.node._forgive()
        await line.hang_up()
        await room.pass_time(30)
        assert not await is_interrupted(room), "it broke because nobody answered"
        await room.pass_time(LONG_SECONDS)
        assert await is_interrupted(room)


async def test_a_ledger_that_answers_late_has_just_come_back_and_the_grace_is_the_long_one() -> None:
    async with hall(pace=STILL) as room:
        await lost(room)

        async def late(numbers: Collection[SessionNumber]) -> object:
            room.clock.pass_(3)
            return await room.ledger.heads(numbers)

        room.ledger_door.stand_in("heads", late)
        await carried_on(room, seconds=20)
        assert not await is_interrupted(room), "whoever comes back now has to find the ledger there"
        room.ledger_door.stand_in("heads", room.ledger.heads)
        await carried_on(room, seconds=100)
        assert not await is_interrupted(room)
        await carried_on(room, seconds=30)
        assert await is_interrupted(room)


async def test_the_grace_is_counted_from_the_last_sign_of_life_and_not_from_when_the_line_broke() -> None:
    async with hall(pace=STILL) as room:
        line = await seated(room, await room.dashboard())
        room.clock.pass_(8)
        await line.hang_up()
        await carried_on(room, seconds=6)
        assert not await is_interrupted(room)
        await carried_on(room, seconds=2)
        assert await is_interrupted(room)


async def carried_on(room: Hall, seconds: float) -> None:
    """Let time pass, and carry the losses on from step to step."""
    room.clock.pass_(seconds)
    for _ in Stage:
        await room.node._losses.advance()


async def test_who_was_refused_at_the_door_and_goes_away_is_asking_no_more() -> None:
    async with hall() as room:
        line, _ = await room.candidate(room.client(1, "ada"))
        assert (await room.command(line, "enter", access_code=CODE))["error"]["code"] == "presence_not_confirmed"
        assert (await room.row(1)).entry_refused is not None
        await line.hang_up()
        await room.pass_time(10)
        await room.until_row(1, lambda row: row.entry_refused is None)


async def test_a_loss_that_is_due_before_the_room_is_live_again_is_not_taken_for_a_return() -> None:
    async with hall(pace=STILL) as room:
        await lost(room)
        room.live_door.fail()
        await room.node._verify()
        assert not room.mirror.is_live
        room.live_door.mend()
        room.clock.pass_(6)
        await room.node._losses.advance()
        assert room.node._losses.under_way == 1
        await room.node._verify()
        assert room.mirror.is_live
        await room.node._losses.advance()
        await room.until(lambda: room.mirror.room.candidates[ADA].link.state is LinkState.SUSPECT)


async def test_a_live_store_that_restarted_with_its_data_forgets_nobody_who_was_offline() -> None:
    async with hall() as room:
        await lost(room)
        room.ledger_door.fail("case")
        await room.pass_time(20)
        room.server.begin_history("history-2")
        room.ledger_door.mend()
        await room.rounds(10)
        await room.pass_time(LONG_SECONDS)
        assert await is_interrupted(room)


async def test_who_goes_on_when_a_node_dies_between_closing_the_door_and_deciding() -> None:
    async with halls(2) as (dying, other):
        dashboard = await other.dashboard()
        line = await seated(dying, dashboard)
        await line.hang_up()
        dying.ledger_door.fail("case")
        await other.pass_time(17, and_at=(dying,))
        seat = dying.stage.lines[ADA].seat
        assert seat is not None
        assert not seat.is_open
        await dying.node._clockwork.stop()
        dying.server.lapse(NodeId("node-1"))
        await other.pass_time(LONG_SECONDS)
        assert await is_interrupted(other)


async def test_who_left_the_door_here_is_not_forgotten_when_they_sat_down_at_a_node_that_died() -> None:
    async with halls(2) as (here, dying):
        dashboard = await here.dashboard()
        line, _ = await here.candidate(here.client(1, "ada"))
        dying.directory.known |= here.directory.known
        await here.command(dashboard, "presence.confirm", [1])
        await line.hear("state", lambda one: one["authorization"] == "start")
        await line.hang_up()
        again, _ = await dying.candidate("token-ada")
        assert (await dying.command(again, "enter", access_code=CODE, total=32))["ok"] is True
        await here.until(lambda: here.mirror.room.candidates[ADA].entry_no == 1)
        assert here.node._losses.under_way == 1, "the line outside is still being looked for"
        await dying.node._clockwork.stop()
        await again.hang_up()
        dying.server.lapse(NodeId("node-2"))
        await here.until(lambda: here.live_seat(1) is None)
        await here.pass_time(LONG_SECONDS)
        assert await is_interrupted(here)


async def test_a_room_in_which_somebody_is_lost_is_put_away_only_after_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "LINGER_ROUNDS", 5)
    async with hall() as room:
        dashboard = await lost(room)
        await dashboard.hang_up()
        room.live_door.fail()
        await room.rounds(20)
        assert room.node._rooms.opened()
        room.live_door.mend()
        monkeypatch.setattr(rooms, "LINGER_ROUNDS", 180)
        await room.pass_time(2 * LONG_SECONDS)
        assert await is_interrupted(room)
        monkeypatch.setattr(rooms, "LINGER_ROUNDS", 5)
        await room.until(lambda: not room.node._rooms.opened())


def let_look_after(room: Hall, *numbers: SessionNumber) -> None:
    """Give a node its share."""

    async def running(_: NodeId) -> list[SessionNumber]:
        return list(numbers)

    room.ledger_door.stand_in("running", running)


async def test_a_room_that_cannot_be_opened_keeps_no_other_from_being_looked_after() -> None:
    async with hall(pace=STILL) as room:
        let_look_after(room, SessionNumber(1), NUMBER)
        await room.node._open_running()
        assert [one.number for one in room.node._rooms.opened()] == [NUMBER]


async def test_a_room_whose_seats_another_node_holds_is_looked_after_there_until_it_dies() -> None:
    async with halls(2, pace=STILL) as (idle, busy):
        await busy.node._renew_lease()
        await seated(busy, await busy.dashboard())
        let_look_after(idle, NUMBER)
        await idle.node._open_running()
        assert not idle.node._rooms.opened()
        busy.server.lapse(NodeId("node-2"))
        await idle.node._open_running()
        assert [one.number for one in idle.node._rooms.opened()] == [NUMBER]


async def test_a_room_is_opened_though_the_live_store_cannot_say_who_is_there() -> None:
    async with halls(2, pace=STILL) as (idle, busy):
        await busy.node._renew_lease()
        await seated(busy, await busy.dashboard())
        let_look_after(idle, NUMBER)
        idle.live_door.fail("is_looked_after_elsewhere")
        await idle.node._open_running()
        assert [one.number for one in idle.node._rooms.opened()] == [NUMBER]


# ── who is here is not ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_whoever_is_here_sits_down_again_when_the_seat_was_emptied_by_mistake() -> None:
    async with hall() as room:
        line = await seated(room, await room.dashboard())
        seat = room.stage.lines[ADA].seat
        assert seat is not None
        seat.connection = seat.node = None
        room.live._tell(room.stage, EventKind.SEAT_EMPTIED, ADA, Changes())
        await room.until(lambda: room.live_seat(1) == line.identity)
        await room.pass_time(LONG_SECONDS)
        assert not await is_interrupted(room)
        assert line.closed_with is None


async def test_an_interruption_that_the_ledger_could_not_judge_waits_for_the_long_grace() -> None:
    async with hall() as room:
        await lost(room)
        room.ledger_door.fail("case")
        await room.pass_time(20)
        room.ledger_door.mend()
        await room.pass_time(60)
        assert not await is_interrupted(room)
        await room.pass_time(LONG_SECONDS)
        assert await is_interrupted(room)


async def test_whoever_waits_for_a_busy_ledger_is_asked_again_before_anybody_interrupts_them() -> None:
    async with halls(2, pace=replace(QUICK, losses=0.1)) as (first, second):
        dashboard = await second.dashboard()
        line = await seated(first, dashboard)
        await line.hang_up()
        await asyncio.sleep(0.1)
        for one in (first, second):
            one.ledger_door.fail("case", accident=LockBusy)
        await first.pass_time(18, and_at=(second,))
        await first.until(lambda: first.live_door.calls["detach"] > 0)
        back = second.line("candidate")
        back.say(type="hello", token="token-ada")
        asked = second.ledger_door.calls["case"]
        await second.until(lambda: second.ledger_door.calls["case"] > asked)
        for one in (first, second):
            one.ledger_door.mend()
        assert (await back.hear("state"))["in_test"] is True
        assert not await is_interrupted(first)


async def test_who_sits_at_a_node_that_misses_the_live_store_is_not_interrupted_by_one_that_sees_it() -> None:
    async with halls(2) as (first, blind):
        await (await blind.dashboard()).hear("snapshot")
        dashboard = await first.dashboard()
        line = await seated(first, dashboard)
        await line.hang_up()
        await first.pass_time(9.9, and_at=(blind,))
        blind.live_door.fail()
        await blind.until(lambda: "live" in blind.node._rooms.degraded)
        back, state = await blind.candidate("token-ada")
        assert state["in_test"] is True
        for _ in range(3):
            await first.pass_time(3, and_at=(blind,))
            assert not await is_interrupted(first)
        bye = await back.hear("bye")
        assert (bye["code"], bye["reconnect"]) == (4105, True), "better off with the others"
        _, state = await first.candidate("token-ada")
        assert state["in_test"] is True
        assert not await is_interrupted(first)


async def test_a_half_open_line_whose_hello_was_slow_replaces_nobody() -> None:
    async with halls(2, pace=STILL) as (slow, other):
        here = await seated(other, await other.dashboard())
        slow.directory.answers.clear()
        asked = slow.directory.asked
        old = slow.line("candidate")
        old.say(type="hello", token="token-ada")
        await slow.until(lambda: slow.directory.asked > asked)
        slow.clock.pass_(8)
        slow.directory.answers.set()
        assert (await old.hear("bye"))["code"] == 4201
        assert here.closed_with is None


async def test_a_half_open_line_that_tells_its_place_after_an_outage_replaces_nobody() -> None:
    async with halls(2) as (first, second):
        line = await seated(first, await second.dashboard())
        await line.hang_up()
        for one in (first, second):
            one.live_door.fail()
        await first.until(lambda: first.node._rooms.degraded == second.node._rooms.degraded == ["live"])
        half_open, _ = await first.candidate("token-ada")
        living, _ = await second.candidate("token-ada")
        second.live_door.mend()
        await second.until(lambda: second.live_seat(1) == living.identity)
        first.clock.pass_(7)
        living.say(type="alive")
        await second.until(lambda: living.is_listened_to)
        first.live_door.mend()
        assert (await half_open.hear("bye"))["code"] in (4201, 4105, 4103)
        await first.rounds()
        assert living.closed_with is None
        assert second.live_seat(1) == living.identity


# ── what is shown meanwhile ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_clock_that_is_set_back_makes_no_old_data_young() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        await room.rounds(3)
        room.clock._now -= timedelta(minutes=10)
        room.clock._start -= timedelta(minutes=10)
        room.ledger_door.fail()
        room.live_door.fail()
        await room.until(lambda: len(room.node._rooms.degraded) == 2)
        for _ in range(5):
            room.clock.pass_(6)
            dashboard.say(type="alive")
            await room.until(lambda: dashboard.is_listened_to)
        beat = await dashboard.hear("beat", lambda one: age_of(one) > 29)
        assert age_of(beat) < 40


def age_of(beat: Json) -> float:
    at, verified = (datetime.fromisoformat(str(beat[one])) for one in ("server_time", "as_of"))
    return (at - verified).total_seconds()


async def test_progress_that_was_shown_is_not_taken_back_when_the_live_store_goes_nor_when_it_forgot() -> None:
    async with hall(pace=replace(QUICK, flush=600)) as room:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        line.say(type="progress", answered=5, total=32)
        await dashboard.hear("events", lambda one: answered_in(one) == 5)
        room.live_door.fail()
        assert answered_in(await dashboard.hear("snapshot", lambda one: not one["live"])) == 5
        room.server.forget_everything()
        room.live_door.mend()
        assert answered_in(await dashboard.hear("snapshot", lambda one: one["live"] is True)) == 5


def answered_in(frame: Json) -> int | None:
    rows = frame.get("candidates")
    sets = [event["set"] for event in frame.get("events", ())]
    found = [one["progress"]["answered"] for one in (rows or sets) if one.get("progress")]
    return found[-1] if found else None

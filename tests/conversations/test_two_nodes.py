"""Two nodes, one room: who sits where, what a client that changes nodes is given, and which live store counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest
from msgspec import structs

from channels.sights import LEAVE_SECONDS, OWN_WORD_SECONDS
from hub.events import Changes, EventKind, RoomEvent
from hub.model import AccountId, AttemptState, CandidateId, LinkState, NodeId, Presence, PresenceState, account_author
from hub.policy import Policy
from state.memory_live import MemoryLiveServer, MemoryLiveStore
from tests.conversations.hall import (
    CODE,
    NUMBER,
    QUICK,
    STILL,
    FewDirectory,
    Hall,
    Json,
    ManualClock,
    TestLine,
    _ledger,
    _served,
    hall,
    halls,
    seated,
    seen,
)

# ── the order of a client's connections ────────────────────────────────────────────────────────────────────────────


async def asleep(node: Hall, other: Hall) -> None:
    """Let a node stand still for so long that the other one buries it."""
    node.live_door.fail()
    other.server.lapse(NodeId("node-1"))


async def test_a_node_that_wakes_up_sits_no_old_tab_down_over_the_newer_one() -> None:
    async with halls(2) as (sleeper, other):
        old = await seated(sleeper, await sleeper.dashboard())
        await other.dashboard()
        await asleep(sleeper, other)
        await other.until(lambda: other.live_seat(1) is None)
        new, state = await other.candidate("token-ada")
        assert state["in_test"] is True
        sleeper.live_door.mend()
        assert (await old.hear("bye"))["code"] == 4010
        await other.rounds()
        assert other.live_seat(1) == new.identity
        assert new.closed_with is None


async def test_an_old_tab_that_is_told_first_in_a_new_life_sends_the_newer_one_nowhere() -> None:
    async with halls(2) as (sleeper, other):
        old = await seated(sleeper, await sleeper.dashboard())
        await other.dashboard()
        await asleep(sleeper, other)
        await other.until(lambda: other.live_seat(1) is None)
        new, _ = await other.candidate("token-ada")
        other.live_door.fail("attach")
        other.server.forget_everything()
        sleeper.live_door.mend()
        await other.until(lambda: NUMBER in other.server.stages and other.live_seat(1) == old.identity)
        await other.rounds()
        other.live_door.mend()
        assert (await old.hear("bye"))["code"] == 4010
        await other.until(lambda: other.live_seat(1) == new.identity)
        await other.rounds()
        assert new.closed_with is None


async def test_a_node_that_wakes_up_counts_no_old_tab_outside_instead_of_the_newer_one() -> None:
    async with halls(2) as (sleeper, other):
        dashboard = await other.dashboard()
        old, _ = await sleeper.candidate(sleeper.client(1, "ada"))
        await seen(dashboard, "candidate.joined")
        await asleep(sleeper, other)
        assert (await seen(dashboard, "candidate.left"))["waiting"] == {"clients": 0}
        new, _ = await other.candidate("token-ada")
        sleeper.live_door.mend()
        assert (await old.hear("bye"))["code"] == 4010
        await other.rounds()
        assert [one.connection for one in other.stage.lines[CandidateId(1)].waiting.values()] == [new.identity]
        assert new.closed_with is None


async def test_a_line_that_died_with_its_node_before_the_first_entry_is_not_shown_for_ever() -> None:
    async with halls(2) as (dead, other):
        dashboard = await other.dashboard()
        await dead.candidate(dead.client(1, "ada"))
        await seen(dashboard, "candidate.joined")
        await asleep(dead, other)
        await seen(dashboard, "candidate.left")
        await other.pass_time(130)
        assert other.mirror.room.candidates[CandidateId(1)].link.state is LinkState.OFFLINE


async def test_a_line_that_died_with_its_node_is_not_waited_for_anew_each_time_the_room_is_loaded() -> None:
    async with halls(2) as (dead, other):
        dashboard = await other.dashboard()
        await dead.candidate(dead.client(1, "ada"))
        await asleep(dead, other)
        await seen(dashboard, "candidate.left")
        await other.pass_time(100)
        await other.mirror.reload()
        await other.pass_time(30)
        assert other.mirror.room.candidates[CandidateId(1)].link.state is LinkState.OFFLINE


async def test_the_seat_goes_to_the_line_that_came_back_while_the_entry_was_being_told() -> None:
    async with halls(2) as (first, second):
        dashboard, may_tell = await entered_and_gone(first, second)
        back, state = await second.candidate("token-ada")
        assert state["in_test"] is False
        may_tell.set()
        await back.hear("state", lambda one: one["in_test"] is True)
        back.say(type="progress", answered=2, total=10)
        assert (await seen(dashboard, "candidate.progressed"))["progress"]["answered"] == 2
        assert back.closed_with is None


async def entered_and_gone(node: Hall, desk: Hall) -> tuple[TestLine, asyncio.Event]:
    """Let a candidate enter, and their line break before the live store is told of it; the event lets it be told."""
    dashboard = await desk.dashboard()
    line, _ = await node.candidate(node.client(1, "ada"))
    await desk.command(dashboard, "presence.confirm", [1])
    await line.hear("state", lambda one: one["authorization"] == "start")
    may_tell = asyncio.Event()
    node.live_door.stand_in("apply", late(node.live.apply, may_tell))
    assert (await node.command(line, "enter", access_code=CODE, total=10))["ok"] is True
    await line.hang_up()
    return dashboard, may_tell


def late(call: Callable[..., Awaitable[object]], until: asyncio.Event) -> Callable[..., Awaitable[object]]:
    async def later(*given: object, **named: object) -> object:
        await until.wait()
        return await call(*given, **named)

    return later


async def test_a_seat_told_after_its_line_had_ended_is_a_loss() -> None:
    async with hall(pace=replace(QUICK, verify=600)) as room:
        dashboard, may_tell = await entered_and_gone(room, room)
        room.clock.pass_(6)
        await asyncio.sleep(0.1)
        may_tell.set()
        await seen(dashboard, "candidate.entered")
        for _ in range(4):
            room.clock.pass_(5)
            dashboard.say(type="alive")
            await asyncio.sleep(0.05)
        await room.until_row(1, lambda one: one.interrupted_at is not None)


async def test_whoever_waits_outside_is_not_sent_away_when_somebody_else_sits_down_again() -> None:
    async with halls(2) as (first, second):
        dashboard = await first.dashboard()
        line = await seated(first, dashboard)
        outside, _ = await second.candidate(second.client(1, "other"))
        await line.hang_up()
        await first.pass_time(20, and_at=(second,))
        await first.until_row(1, lambda one: one.interrupted_at is not None)
        back, _ = await first.candidate("token-ada")
        await first.command(dashboard, "resume.authorize", [1])
        await back.hear("state", lambda one: one["authorization"] == "resume")
        assert (await first.command(back, "enter", access_code=CODE))["ok"] is True
        await back.hear("state", lambda one: one["in_test"] is True)
        await second.rounds()
        assert outside.closed_with is None


async def test_a_hello_that_waited_while_the_process_stood_still_replaces_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with halls(2, pace=STILL) as (sleeper, other):
        here = await seated(other, await other.dashboard())
        monkeypatch.setattr(sleeper.node._clockwork, "stands_still", lambda: True)
        late_line = sleeper.line("candidate")
        late_line.say(type="hello", token="token-ada")
        bye = await late_line.hear("bye")
        assert (bye["code"], bye["reconnect"]) == (4201, True)
        assert here.closed_with is None
        assert other.live_seat(1) == here.identity


async def test_a_hello_whose_line_has_ended_meanwhile_replaces_nobody() -> None:
    async with halls(2, pace=STILL) as (slow, other):
        here = await seated(other, await other.dashboard())
        given_up = slow.line("candidate")
        slow.directory.answers.clear()
        given_up.say(type="hello", token="token-ada")
        given_up.tell(None)
        await slow.until(lambda: given_up.is_listened_to)
        await asyncio.sleep(0)
        slow.directory.answers.set()
        assert given_up.task is not None
        await given_up.task
        assert here.closed_with is None
        assert other.live_seat(1) == here.identity


# ── what a client that changes nodes is given ──────────────────────────────────────────────────────────────────────


def position_of(frame: Json) -> Json:
    return {"epoch": frame["epoch"], "seq": frame["to"] if frame["type"] == "events" else frame["seq"]}


async def test_a_position_of_another_node_is_continued_even_by_one_that_has_just_opened_the_room() -> None:
    async with halls(2) as (first, second):
        dashboard = await first.dashboard()
        held = position_of(await dashboard.hear("snapshot"))
        line = await seated(first, dashboard)
        line.say(type="progress", answered=3, total=32)
        await seen(dashboard, "candidate.progressed")
        there = await second.dashboard(position=held)
        frame = await there.hear("events")
        assert frame["from"] == held["seq"] + 1
        kinds = [event["type"] for event in frame["events"]]
        assert kinds[:2] == ["candidate.joined", "presence.confirmed"]
        assert kinds[-1] == "candidate.progressed"
        assert not [one for one in there.given if one["type"] == "snapshot"]


async def test_a_node_that_has_not_heard_the_bell_gives_nobody_less_than_they_had() -> None:
    async with halls(2, pace=STILL) as (first, deaf):
        dashboard = await first.dashboard()
        await (await deaf.dashboard()).hear("snapshot")
        deaf.bell._rooms.clear()
        line = await seated(first, dashboard)
        line.say(type="progress", answered=7, total=32)
        held = position_of(await dashboard.hear("events", lambda one: has_progress(one, 7)))
        there = await deaf.dashboard(position=held)
        frame = await there.hear("events")
        assert (frame["from"], frame["events"]) == (held["seq"] + 1, [])
        fresh = await deaf.dashboard()
        rows = (await fresh.hear("snapshot"))["candidates"]
        assert rows[0]["progress"]["answered"] == 7
        _, state = await deaf.candidate("token-ada")
        assert (state["in_test"], state["answered"]) == (True, 7)


def has_progress(frame: Json, answered: int) -> bool:
    events = frame["events"]
    assert isinstance(events, list)
    return any((event["set"].get("progress") or {}).get("answered") == answered for event in events)


async def test_many_who_come_to_another_node_are_written_down_in_few_calls() -> None:
    async with halls(2, candidates=30) as (first, second):
        tokens = [first.client(one, f"c{one}") for one in range(1, 31)]
        for token in tokens:
            await first.candidate(token)
        asked = second.directory.asked
        await asyncio.gather(*(second.candidate(token) for token in tokens))
        assert second.ledger_door.calls["note_joined"] <= 3
        assert second.directory.asked - asked <= 3


# ── messages ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def messages_of(line: TestLine, count: int) -> list[str]:
    return [str((await line.hear("message"))["text"]) for _ in range(count)]


async def test_a_message_that_no_event_could_bring_is_told_after_the_outage() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        await room.command(dashboard, "message.send", [1], text="Avant")
        assert await messages_of(line, 1) == ["Avant"]
        room.live_door.fail()
        assert (await room.command(dashboard, "message.send", [1], text="Pendant"))["ok"] is True
        assert await messages_of(line, 1) == ["Pendant"]
        room.live_door.mend()
        await room.rounds()
        await room.command(dashboard, "message.send", [1], text="Après")
        assert await messages_of(line, 1) == ["Après"]


async def test_a_message_is_told_on_each_new_line_until_a_screen_has_acknowledged_it() -> None:
    async with halls(2) as (first, second):
        dashboard = await second.dashboard()
        line = await seated(first, dashboard)
        await line.hang_up()
        await second.command(dashboard, "message.send", [1], text="Restez assis")
        for _ in range(2):
            back, first_state = await second.candidate("token-ada")
            assert await messages_of(back, 1) == ["Restez assis"]
            state = await back.hear("state")
            assert first_state["version"] < state["version"]
            await back.hang_up()
            await second.pass_time(31)
        back, _ = await second.candidate("token-ada")
        back.say(type="ack", version=(await back.hear("state"))["version"])
        await second.until(lambda: second.stage.lines[CandidateId(1)].told_version > 0)
        await back.hang_up()
        await second.pass_time(31)
        later, _ = await second.candidate("token-ada")
        assert not [one for one in later.given if one["type"] == "message"]


# ── whose loss ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_most_of_a_room_lost_at_once_is_the_rooms_loss_whichever_nodes_saw_it() -> None:
    async with halls(2, candidates=5) as (first, second):
        dashboard = await first.dashboard()
        nodes = (first, second, first, second, first)
        lines = [await seated_at(node, first, dashboard, candidate) for candidate, node in enumerate(nodes, start=1)]
        for line in lines[:4]:
            await line.hang_up()
        await first.pass_time(18, and_at=(second,))
        for candidate in (1, 2, 3, 4):
            row = await first.until_row(candidate, lambda one: one.interrupted_at is not None)
            assert [one.cause.value for one in row.time.interruptions] == ["room"]
        await first.pass_time(30, and_at=(second,))
        await lines[4].hang_up()
        await first.pass_time(30, and_at=(second,))
        row = await first.until_row(5, lambda one: one.interrupted_at is not None)
        assert [one.cause.value for one in row.time.interruptions] == ["candidate"]


async def seated_at(node: Hall, desk: Hall, dashboard: TestLine, candidate: int) -> TestLine:
    """Bring a candidate into the test on one node while the invigilator is on another."""
    line, _ = await node.candidate(node.client(candidate, f"tab-{candidate}"))
    await desk.command(dashboard, "presence.confirm", [candidate])
    await line.hear("state", lambda one: one["authorization"] == "start")
    assert (await node.command(line, "enter", access_code=CODE, total=32))["ok"] is True
    await line.hear("state", lambda one: one["in_test"] is True)
    return line


# ── which live store counts ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_live_store_that_restarted_begins_a_new_life_on_every_node_and_costs_nobody_anything() -> None:
    async with halls(2) as (first, second):
        boards = [await node.dashboard() for node in (first, second)]
        line = await seated(first, boards[0])
        line.say(type="progress", answered=5, total=32)
        for board in boards:
            await board.hear("events", lambda one: has_progress(one, 5))
        before = {str(one.mirror.position.epoch) for one in (first, second)}
        first.server.begin_history("history-2")
        for board in boards:
            frame = await board.hear("snapshot", lambda one: one["live"] and one["epoch"] not in before)
            row = frame["candidates"][0]
            assert (row["attempt"], row["progress"]["answered"]) == ("running", 5)
        await first.until(lambda: first.live_seat(1) == line.identity)
        line.say(type="progress", answered=6, total=32)
        for board in boards:
            await board.hear("events", lambda one: has_progress(one, 6))
        await first.rounds(10)
        assert first.mirror.position.epoch == second.mirror.position.epoch
        assert (await first.ledger.room(NUMBER)).live_epoch <= 4, "the nodes do not outbid each other"


@asynccontextmanager
async def split_halls() -> AsyncIterator[tuple[Hall, Hall]]:
    """Open one hall with two nodes, each on a live store of its own."""
    clock, directory = ManualClock(), FewDirectory()
    ledger = _ledger(clock, 3)
    async with AsyncExitStack() as opened:
        made = []
        for number in (1, 2):
            server = MemoryLiveServer(clock.now)
            server.begin_history(f"server-{number}")
            node = _served(f"node-{number}", clock, ledger, server, directory, Policy(), QUICK)
            made.append(await opened.enter_async_context(node))
            await made[0].rounds()
        yield made[0], made[1]


async def become_cut_off(current: Hall, cut_off: Hall) -> None:
    """Let time pass second by second, in which only one of the nodes sees the current live store."""
    await cut_off.until(lambda: cut_off.node._rooms.degraded == ["live"])
    for _ in range(int(OWN_WORD_SECONDS + LEAVE_SECONDS) + 2):
        current.clock.pass_(1)
        await current._give_signs([line for line in current.lines if line.closed_with is None])
        await current.rounds()
        await cut_off.rounds()
    assert cut_off.node._rooms.is_cut_off


async def test_a_node_on_another_live_store_treats_it_as_away_and_sends_its_clients_to_the_others() -> None:
    async with split_halls() as (current, cut_off):
        board = await current.dashboard()
        line = await seated(current, board)
        epoch = current.mirror.position.epoch
        await become_cut_off(current, cut_off)
        strays = [cut_off.line("invigilator"), cut_off.line("candidate")]
        strays[0].say(type="hello", token="token-durand", session=NUMBER)
        strays[1].say(type="hello", token="token-ada")
        for stray in strays:
            bye = await stray.hear("bye")
            assert (bye["code"], bye["reconnect"]) == (4105, True)
        await current.rounds(10)
        assert current.mirror.position.epoch == epoch, "the right one is left alone"
        assert current.node._rooms.degraded == []
        assert line.closed_with is None


async def test_a_cut_off_node_serves_again_once_nobody_else_sees_a_live_store() -> None:
    async with split_halls() as (current, cut_off):
        await become_cut_off(current, cut_off)
        current.live_door.fail()
        current.clock.pass_(4)
        await cut_off.until(lambda: not cut_off.node._rooms.degraded)
        await cut_off.dashboard()
        current.live_door.mend()


async def test_a_live_store_that_can_only_be_read_counts_as_away() -> None:
    async with hall() as room:
        board = await room.dashboard()
        room.clock.pass_(1)
        await board.hear("beat", lambda one: one["degraded"] == [])
        room.live_door.fail("renew_lease", "progress", "apply", "attach", "connect")
        frame = await board.hear("snapshot", lambda one: one["live"] is False)
        assert str(frame["epoch"]).startswith("pg-")
        room.clock.pass_(1)
        await board.hear("beat", lambda one: one["degraded"] == ["live"])
        room.live_door.mend()
        await board.hear("snapshot", lambda one: one["live"] is True)


async def test_what_was_decided_without_the_live_store_is_never_taken_back_when_it_returns() -> None:
    async with hall() as room:
        board = await room.dashboard()
        await board.hear("snapshot")
        room.live_door.fail()
        assert (await room.command(board, "presence.confirm", [1]))["ok"] is True
        await board.hear("snapshot", lambda one: presence_of(one) == "confirmed")
        room.live_door.mend()
        after = await board.hear("snapshot", lambda one: one["live"] is True)
        assert presence_of(after) == "confirmed"


def presence_of(snapshot: Json) -> str:
    return str(snapshot["candidates"][0]["presence"]["state"])


async def test_a_ledger_put_back_to_an_earlier_state_is_shown_at_once_in_a_new_life() -> None:
    async with halls(2) as (first, second):
        boards = [await node.dashboard() for node in (first, second)]
        earlier = await first.ledger.room(NUMBER)
        for candidate in (1, 2):
            await first.command(boards[0], "presence.confirm", [candidate])
        for board in boards:
            await seen(board, "presence.confirmed")
        first.ledger.open(earlier, first.ledger.kept(NUMBER).roster)
        for board in boards:
            frame = await board.hear("snapshot", lambda one: presence_of(one) == "expected")
            assert frame["live"] is True
        await first.rounds(5)
        assert await first.live.snapshot(NUMBER) is not None
        assert first.node._rooms.degraded == []


async def test_a_burying_that_is_late_empties_no_seat_that_was_taken_again() -> None:
    async with halls(2) as (sleeper, other):
        line = await seated(sleeper, await sleeper.dashboard())
        await other.dashboard()
        await asleep(sleeper, other)
        await other.until(lambda: other.live_seat(1) is None)
        sleeper.live_door.mend()
        await sleeper.until(lambda: node_of_seat(sleeper) == "node-1.1")
        await MemoryLiveStore(sleeper.server, NodeId("node-0")).sweep(NUMBER)
        assert sleeper.live_seat(1) == line.identity


def node_of_seat(hall: Hall) -> str | None:
    seat = hall.stage.lines[CandidateId(1)].seat
    return seat.node if seat is not None else None


# ── a live store that lies ─────────────────────────────────────────────────────────────────────────────────────────


CONFIRMED = Presence(PresenceState.CONFIRMED, account_author(AccountId(1)), None)


async def test_a_room_that_tells_other_rows_than_the_ledger_is_not_believed() -> None:
    async with halls(2, pace=STILL) as (first, second):
        await first.dashboard()
        stage = first.stage
        lying = structs.replace(stage.room.candidates[CandidateId(1)], presence=CONFIRMED)
        stage.room = structs.replace(stage.room, candidates={**stage.room.candidates, lying.id: lying})
        board = await second.dashboard()
        assert presence_of(await board.hear("snapshot")) == "expected"
        _, state = await second.candidate(second.client(1, "ada"))
        assert state["presence"] == "expected"


async def test_a_life_that_is_over_is_shown_to_nobody_who_comes() -> None:
    """So it stands after a backup was restored: the live store tells more, of an earlier life than the ledger's."""
    async with halls(2, pace=STILL) as (first, second):
        await first.dashboard()
        stage, epoch = first.stage, first.mirror.position.epoch
        later = structs.replace(stage.room.candidates[CandidateId(1)], presence=CONFIRMED)
        stage.room = structs.replace(stage.room, decision_seq=7, candidates={**stage.room.candidates, later.id: later})
        await first.ledger.next_epoch(NUMBER, stage.room.live_epoch, 1_800_000_000)
        board = await second.dashboard()
        assert presence_of(await board.hear("snapshot")) == "expected"
        assert second.mirror.position.epoch != epoch


@pytest.mark.parametrize("decision", [None, 0, 1, 2, 7])
async def test_an_event_that_nobody_decided_is_on_no_screen_for_long(decision: int | None) -> None:
    async with hall() as room:
        board = await room.dashboard()
        await room.command(board, "identity.check", [2], state="checked")
        epoch = room.mirror.position.epoch
        forged = RoomEvent(
            EventKind.PRESENCE_CONFIRMED,
            room.clock.now(),
            CandidateId(1),
            decision=decision,
            changes=Changes(presence=CONFIRMED),
        )
        room.stage.emit(forged)
        room.server.ring(NUMBER)
        await room.until(lambda: room.mirror.position.epoch not in (epoch, ""))
        fresh = await room.dashboard()
        assert presence_of(await fresh.hear("snapshot")) == "expected"
        assert (await room.command(board, "presence.confirm", [1]))["results"] == [{"candidate": 1, "ok": True}]


async def test_what_a_node_accepted_and_cannot_write_down_is_written_by_another_one_when_the_test_ends() -> None:
    async with halls(2) as (first, other):
        dashboard = await other.dashboard()
        line = await seated(first, dashboard)
        first.ledger_door.fail("flush_progress")
        line.say(type="progress", answered=5, total=32)
        await seen(dashboard, "candidate.progressed")
        await other.command(dashboard, "attempt.end", [1])
        await other.pass_time(11, and_at=(first,))
        row = await other.until_row(1, lambda one: one.progress is not None and one.progress.answered == 5)
        assert row.attempt is AttemptState.ENDED

"""A node's door while many come at once, while it is late itself, and while it stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace

from channels.admission import ENTRIES_AT_ONCE, HELLOS_AT_ONCE, LOOKS
from hub.model import SessionNumber
from hub.tokens import token_digest
from tests.conversations.hall import CODE, QUICK, Hall, Json, TestLine, hall, seated


def make_late(room: Hall, seconds: float = 0.3) -> None:
    """Let the node find its own loop late for a while."""
    for _ in range(LOOKS):
        room.node.admission.lateness.note(seconds)


def fill_the_queue(room: Hall) -> None:
    """Let others take every slot that is free now."""
    for place in range(ENTRIES_AT_ONCE):
        room.node.admission.slot().wait_ms(SessionNumber(1000 + place), is_authorized=True)


def authorized(state: Json) -> bool:
    return state["authorization"] is not None


async def confirmed(room: Hall, candidate: int, name: str, dashboard: TestLine) -> tuple[TestLine, Json]:
    line, _ = await room.candidate(room.client(candidate, name))
    await room.command(dashboard, "presence.confirm", [candidate])
    return line, await line.hear("state", authorized)


async def confirmed_behind_others(room: Hall) -> tuple[TestLine, TestLine, Json]:
    """Confirm somebody when every slot is taken twice; returns the dashboard, their line, and what it says."""
    dashboard = await room.dashboard()
    fill_the_queue(room)
    fill_the_queue(room)
    return dashboard, *await confirmed(room, 1, "ada", dashboard)


async def until_gone(line: TestLine) -> None:
    assert line.task is not None
    await asyncio.wait_for(line.task, 5)


# ── a wave of entries ──────────────────────────────────────────────────────────────────────────────────────────


async def test_everybody_of_a_room_of_25_enters_at_once() -> None:
    async with hall(candidates=25) as room:
        dashboard = await room.dashboard()
        lines = [(await room.candidate(room.client(one, f"c{one}")))[0] for one in range(1, 26)]
        await room.command(dashboard, "presence.confirm", "all")
        states = [await line.hear("state", authorized) for line in lines]
        assert [state["enter_after_ms"] for state in states] == [0] * 25


async def test_the_state_that_brings_the_authorization_says_when_to_enter() -> None:
    async with hall() as room:
        _, _, state = await confirmed_behind_others(room)
        assert 0 < state["enter_after_ms"] <= 1000 * (ENTRIES_AT_ONCE + 1) / 100


async def test_those_of_a_room_who_are_authorized_together_are_asked_to_enter_together() -> None:
    async with hall(candidates=25) as room:
        dashboard = await room.dashboard()
        lines = [(await room.candidate(room.client(one, f"c{one}")))[0] for one in range(1, 26)]
        fill_the_queue(room)
        fill_the_queue(room)
        await room.command(dashboard, "presence.confirm", "all")
        states = [await line.hear("state", authorized) for line in lines]
        (ms,) = {state["enter_after_ms"] for state in states}
        assert ms > 0


async def test_the_time_that_is_left_is_no_news_and_a_slot_is_kept() -> None:
    async with hall() as room:
        _, line, state = await confirmed_behind_others(room)
        first = state["enter_after_ms"]
        room.clock.pass_(0.2)
        line.say(type="sync", ref=1)
        assert (await line.hear("state"))["enter_after_ms"] == first - 200
        states = [one for one in line.given if one["type"] == "state"]
        room.clock.pass_(0.1)
        room.connection(line).wake()
        await room.command(line, "enter", access_code="WRONG1")
        assert [one for one in line.given if one["type"] == "state"] == states


async def test_a_slot_forbids_nothing_and_who_sits_has_none() -> None:
    async with hall() as room:
        dashboard, line, state = await confirmed_behind_others(room)
        assert state["enter_after_ms"] > 0
        assert (await room.command(line, "enter", access_code=CODE, total=32))["ok"] is True
        assert (await line.hear("state", lambda one: one["in_test"]))["enter_after_ms"] == 0
        fill_the_queue(room)
        await room.command(dashboard, "resume.authorize", [1])
        assert (await line.hear("state", authorized))["enter_after_ms"] == 0


async def test_whoever_comes_back_authorized_hears_of_their_slot_in_the_welcome_too() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        line, _ = await confirmed(room, 1, "ada", dashboard)
        await line.hang_up()
        fill_the_queue(room)
        fill_the_queue(room)
        again = room.line("candidate")
        again.say(type="hello", token="token-ada")
        welcome, state = await again.hear("welcome"), await again.hear("state")
        assert welcome["enter_after_ms"] == state["enter_after_ms"] > 0


# ── a node that is late ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_late_node_takes_no_dashboard_and_no_wall_and_listens_to_none_of_their_words() -> None:
    async with hall() as room:
        make_late(room)
        for role in ("invigilator", "admin"):
            line = room.line(role)
            line.say(type="hello", token="token-durand", session=296)
            bye = await line.hear("bye")
            assert (bye["code"], bye["reason"], bye["reconnect"]) == (4100, "overloaded", True)
            assert 1000 <= bye["after_ms"] <= 4000
            assert not line.is_listened_to
            assert line.closed_with == 4100


async def test_a_late_node_sends_newcomers_away_before_it_looks_at_their_room() -> None:
    async with hall() as room:
        make_late(room)
        line = room.line("candidate")
        line.say(type="hello", token=room.client(1, "ada"))
        assert (await line.hear("bye"))["code"] == 4100
        assert room.directory.asked == 1
        assert room.node._rooms.opened() == ()


async def test_a_late_node_still_takes_whoever_comes_back_to_a_running_test() -> None:
    async with hall() as room:
        line = await seated(room, await room.dashboard())
        running = room.directory.known[token_digest("token-ada")]
        room.directory.known[token_digest("token-ada")] = replace(running, is_running=True)
        await line.hang_up()
        make_late(room)
        _, state = await room.candidate("token-ada")
        assert state["in_test"] is True


async def test_a_late_node_touches_nobody_inside_and_its_commands_go_on() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        line, _ = await room.candidate(room.client(1, "ada"))
        make_late(room)
        assert (await room.command(dashboard, "presence.confirm", [1]))["ok"] is True
        await line.hear("state", authorized)
        assert (await room.command(line, "enter", access_code=CODE, total=32))["ok"] is True
        assert line.closed_with is dashboard.closed_with is None


async def test_who_comes_while_too_many_are_given_their_places_is_asked_to_come_back() -> None:
    async with hall() as room:
        room.directory.answers.clear()
        tokens = [room.client(1, f"tab{one}") for one in range(HELLOS_AT_ONCE + 1)]
        lines = [room.line("candidate") for _ in tokens]
        for line, token in zip(lines, tokens, strict=True):
            line.say(type="hello", token=token)
        assert (await lines[-1].hear("bye"))["code"] == 4100
        assert [line.closed_with for line in lines[:-1]] == [None] * HELLOS_AT_ONCE
        room.directory.answers.set()
        await lines[0].hear("welcome")
        await room.until(lambda: room.node.admission._hellos == 0)
        await room.candidate(room.client(2, "ada"))


async def test_a_node_that_is_well_again_takes_everybody() -> None:
    async with hall() as room:
        make_late(room)
        make_late(room, seconds=0.01)
        await room.dashboard()
        await room.candidate(room.client(1, "ada"))


# ── a node that stops ──────────────────────────────────────────────────────────────────────────────────────────


async def test_readiness_ends_before_the_first_goodbye() -> None:
    async with hall(pace=replace(QUICK, notice=0.5, drain=0.6)) as room:
        line, _ = await room.candidate(room.client(1, "ada"))
        draining = asyncio.create_task(room.node.drain())
        await room.until(lambda: room.node.is_draining)
        assert line.closed_with is None
        bye = await line.hear("bye")
        assert (bye["code"], bye["reason"], bye["reconnect"]) == (4200, "draining", True)
        assert 0 <= bye["after_ms"] <= 1000
        await draining


async def test_who_comes_while_a_node_stops_is_sent_on_before_a_word_is_heard() -> None:
    async with hall() as room:
        await room.node.drain()
        line = room.line("candidate")
        line.say(type="hello", token=room.client(1, "ada"))
        assert (await line.hear("bye"))["code"] == 4200
        assert room.directory.asked == 0


async def test_who_has_said_nothing_yet_hears_the_goodbye_too() -> None:
    async with hall() as room:
        line = room.line("candidate")
        await room.until(lambda: len(room.node._sockets) == 1)
        await asyncio.wait_for(room.node.drain(), 3)
        assert (await line.hear("bye"))["code"] == 4200
        await until_gone(line)


async def test_what_was_said_before_the_goodbye_is_written_down_when_the_drain_is_over() -> None:
    async with AsyncExitStack() as stack:
        room = await stack.enter_async_context(hall(pace=replace(QUICK, flush=600)))
        line = await seated(room, await room.dashboard())
        answer = asyncio.Event()
        real: Callable[..., object] = room.live.progress

        async def slow(*given: object, **named: object) -> object:
            await answer.wait()
            return await real(*given, **named)  # type: ignore[misc]

        room.live_door.stand_in("progress", slow)
        line.say(type="progress", ref=1, answered=7, total=32)
        await room.until(lambda: room.live_door.calls["progress"] == 1)
        draining = asyncio.create_task(room.node.drain())
        await room.until(lambda: room.node.is_draining)
        asyncio.get_running_loop().call_later(0.3, answer.set)
        await draining
        progress = (await room.row(1)).progress
        assert progress is not None
        assert progress.answered == 7

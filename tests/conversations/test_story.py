"""The story of a room, told over lines: who may come in, who holds the seat, what the dashboards see."""

from __future__ import annotations

from hub.model import CandidateId, ClientId, ConnectionId, LinkState, NodeId
from state.memory_live import MemoryLiveStore
from tests.conversations.hall import CODE, NUMBER, hall, seated, seen, set_of


async def test_a_candidate_joins_is_confirmed_enters_progresses_and_finishes() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        snapshot = await dashboard.hear("snapshot")
        assert len(snapshot["candidates"]) == 3  # type: ignore[arg-type]
        line, state = await room.candidate(room.client(1, "ada"))
        assert state["attempt"] == "not_started"
        assert (await seen(dashboard, "candidate.joined"))["waiting"] == {"clients": 1}
        refused = await room.command(line, "enter", access_code=CODE)
        assert refused["error"]["code"] == "presence_not_confirmed"
        assert (await seen(dashboard, "candidate.entry_refused"))["entry_refused"]["code"] == "presence_not_confirmed"
        reply = await room.command(dashboard, "presence.confirm", [1])
        assert reply["results"] == [{"candidate": 1, "ok": True}]
        await line.hear("state", lambda one: one["authorization"] == "start")
        reply = await room.command(line, "enter", access_code=" xgdz45 ", total=32)
        assert reply["ok"] is True
        state = await line.hear("state", lambda one: one["in_test"] is True)
        assert state["certification_number"] == 501
        line.say(type="progress", answered=1, total=32)
        assert (await seen(dashboard, "candidate.progressed"))["progress"]["answered"] == 1
        reply = await room.command(line, "finish", answered=32, total=32)
        assert reply["ok"] is True
        assert (await seen(dashboard, "candidate.finished"))["attempt"] == "finished"
        state = await line.hear("state", lambda one: one["attempt"] == "finished")
        assert state["end_reason"] == "finished"


async def test_a_reload_sits_down_again_without_a_word() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        first = await seated(room, dashboard)
        second, state = await room.candidate("token-ada")
        assert state["in_test"] is True
        bye = await first.hear("bye")
        assert (bye["code"], bye["reason"]) == (4010, "replaced")
        second.say(type="progress", answered=2, total=32)
        assert (await seen(dashboard, "candidate.progressed"))["progress"]["answered"] == 2


async def test_another_client_waits_and_enters_only_with_an_authorization() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        first = await seated(room, dashboard)
        second, state = await room.candidate(room.client(1, "tab2"))
        assert state["in_test"] is False
        assert (await seen(dashboard, "candidate.waiting"))["waiting"] == {"clients": 1}
        reply = await room.command(second, "enter", access_code=CODE)
        assert reply["error"]["code"] == "resume_not_authorized"
        await room.command(dashboard, "resume.authorize", [1])
        await second.hear("state", lambda one: one["authorization"] == "resume")
        assert (await room.command(second, "enter", access_code=CODE))["ok"] is True
        bye = await first.hear("bye")
        assert (bye["code"], bye["reason"]) == (4010, "seat_taken")
        await second.hear("state", lambda one: one["in_test"] is True)
        resumed = await seen(dashboard, "candidate.resumed")
        assert resumed["entry_no"] == 2
        assert resumed["waiting"] == {"clients": 0}


async def test_a_lost_line_is_suspect_then_offline_and_interrupted_and_needs_an_authorization() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        await line.hang_up()
        room.clock.pass_(6)
        assert (await seen(dashboard, "candidate.suspect"))["link"]["state"] == "suspect"
        await room.pass_time(10)
        assert (await seen(dashboard, "candidate.interrupted"))["interrupted_at"] is not None
        back, state = await room.candidate("token-ada")
        assert state["in_test"] is False
        assert state["suspended_since"] is not None
        await room.command(dashboard, "resume.authorize", [1])
        await back.hear("state", lambda one: one["authorization"] == "resume")
        assert (await room.command(back, "enter", access_code=CODE))["ok"] is True
        await back.hear("state", lambda one: one["in_test"] is True)


async def test_a_blink_shows_nothing() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        await line.hang_up()
        room.clock.pass_(4)
        back, state = await room.candidate("token-ada")
        assert state["in_test"] is True
        room.clock.pass_(4)
        back.say(type="progress", answered=1, total=32)
        frame = await dashboard.hear("events", lambda one: set_of(one, "candidate.progressed") is not None)
        assert set_of(frame, "candidate.suspect") is None


async def test_an_asked_end_takes_effect_after_the_undo_window_and_is_never_undone() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        reply = await room.command(dashboard, "attempt.end", [1])
        assert reply["ok"] is True
        assert (await seen(dashboard, "candidate.ending"))["ending_at"] is not None
        await room.pass_time(10)
        assert (await seen(dashboard, "candidate.ended"))["attempt"] == "ended"
        state = await line.hear("state", lambda one: one["attempt"] == "ended")
        assert state["end_reason"] == "ended_by_invigilator"
        reply = await room.command(dashboard, "attempt.end.cancel", [1])
        assert reply["results"] == [{"candidate": 1, "ok": False, "code": "too_late"}]


async def test_a_message_reaches_the_candidate_and_a_position_is_replayed() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        snapshot = await dashboard.hear("snapshot")
        line, _ = await room.candidate(room.client(1, "ada"))
        await room.command(dashboard, "message.send", "all", text="Il reste dix minutes.")
        assert (await line.hear("message"))["text"] == "Il reste dix minutes."
        position = {"epoch": snapshot["epoch"], "seq": snapshot["seq"]}
        again = await room.dashboard(position=position)
        replayed = await again.hear("events")
        assert replayed["from"] == snapshot["seq"] + 1
        assert set_of(replayed, "candidate.joined") is not None
        nothing_new = {"epoch": replayed["epoch"], "seq": replayed["to"]}
        again.say(type="sync", ref=1, position=nothing_new)
        empty = await again.hear("events")
        assert (empty["events"], empty["from"]) == ([], replayed["to"] + 1)


async def test_a_line_that_the_hub_closed_itself_has_the_long_grace() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        room.end_line(line, 4200)
        assert (await line.hear("bye"))["code"] == 4200
        await room.pass_time(60)
        assert (await seen(dashboard, "candidate.suspect"))["link"]["state"] == "suspect"
        _, state = await room.candidate("token-ada")
        assert state["in_test"] is True
        assert state["suspended_since"] is None


async def test_a_seat_of_a_dead_node_is_emptied_and_its_candidate_interrupted_after_the_long_grace() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        other = MemoryLiveStore(room.server, NodeId("node-0"))
        await other.renew_lease()
        await other.attach(NUMBER, CandidateId(1), ClientId("client-ada"), ConnectionId("elsewhere"), 1)
        assert (await line.hear("bye"))["code"] == 4010
        room.server.lapse(NodeId("node-0"))
        await room.until(lambda: room.live_seat(1) is None)
        await room.pass_time(100)
        await room.pass_time(21)
        interrupted = await seen(dashboard, "candidate.interrupted")
        assert interrupted["time"]["interruptions"][0]["cause"] == "hub"


async def test_who_waits_moves_up_when_somebody_before_them_was_served() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        first, second = [(await room.candidate(room.client(one, name)))[0] for one, name in ((1, "ada"), (2, "bob"))]
        for line in (first, second):
            await room.command(line, "enter", access_code=CODE)
        await second.hear("state", lambda one: one["queue_place"] == 2)
        await room.command(dashboard, "presence.confirm", [1])
        await second.hear("state", lambda one: one["queue_place"] == 1)


async def test_who_is_done_and_comes_back_to_the_end_screen_waits_for_nobody() -> None:
    async with hall() as room:
        line = await seated(room, await room.dashboard())
        assert (await room.command(line, "finish", answered=32, total=32))["ok"] is True
        await line.hang_up()
        _, state = await room.candidate("token-ada")
        assert state["attempt"] == "finished"
        await room.rounds()
        row = room.mirror.room.candidates[CandidateId(1)]
        assert (row.waiting.clients, row.link.state) == (0, LinkState.ONLINE)

"""What a hub says is true when it says it: beats, snapshots, numbers, and who holds the seat."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime

import pytest

from channels import sights
from channels.mirror import SNAPSHOT_SECONDS, Mirror
from channels.ring import MAX_FRAMES
from channels.rooms import LINGER_ROUNDS
from hub.events import Changes, EventKind, RoomEvent
from hub.model import CandidateId, NodeId
from state.memory_live import MemoryLiveStore
from tests.conversations.hall import NUMBER, STILL, Hall, Json, TestLine, hall, halls, seated, seen

ADA = CandidateId(1)
MANY = 60


def live_answered(room: Hall) -> int:
    """Return how many answers of Ada the live store shows."""
    progress = room.stage.lines[ADA].progress
    return progress.answered if progress is not None else 0


def number_in(frame: Json, field: str) -> int:
    value = frame[field]
    assert isinstance(value, int)
    return value


def time_in(frame: Json, field: str) -> datetime:
    return datetime.fromisoformat(str(frame[field]))


# ── what is verified ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_ledger_that_answers_late_and_with_a_mistake_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sights, "PROMPT_SECONDS", 0.05)
    async with hall(pace=STILL) as room:
        await room.dashboard()

        async def mistaken(_: object) -> object:
            await asyncio.sleep(0.1)
            raise LookupError("the statement does not fit the tables any more")

        room.ledger_door.stand_in("heads", mistaken)
        await room.node._rooms.verify()
        room.ledger_door.stand_in("heads", room.ledger.heads)
        await asyncio.sleep(0.1)
        with pytest.raises(LookupError):
            await room.node._rooms.verify()
        await room.node._rooms.verify()
        assert room.node._rooms.degraded == []


# ── what dashboards are told ───────────────────────────────────────────────────────────────────────────────────


async def test_a_beat_vouches_for_exactly_what_was_given_before_it() -> None:
    async with hall() as room:
        slow, other = await room.dashboard(), await room.dashboard()
        await slow.hear("snapshot")
        await room.rounds()
        before = len(slow.given)
        slow.reads.clear()
        await room.command(other, "presence.confirm", [1])
        await room.until(lambda: len(slow.given) > before)
        await room.command(other, "presence.confirm", [2])
        await room.rounds()
        room.connection(slow).beat_due()
        slow.read_one()
        await room.until(lambda: len(slow.given) > before + 1)
        # Now the second change is on its way with a beat behind it, and the third one happens.
        await room.pass_time(3)
        third_at = room.clock.now()
        await room.command(other, "presence.confirm", [3])
        await room.pass_time(3)
        slow.reads.set()
        head = room.stage.seq
        await slow.hear("beat", lambda one: one["seq"] == head)
        held = 0
        for frame in slow.given[before:]:
            if frame["type"] == "events":
                held = number_in(frame, "to")
            if frame["type"] == "beat":
                assert held in (0, frame["seq"])
                assert frame["seq"] == head or time_in(frame, "as_of") <= third_at


async def test_a_snapshot_tells_the_time_of_its_sending() -> None:
    async with hall() as room:
        first = await room.dashboard()
        await first.hear("snapshot")
        await room.pass_time(60)
        second = await room.dashboard()
        snapshot = await second.hear("snapshot")
        assert time_in(snapshot, "server_time") == room.clock.now()


async def test_a_snapshot_of_a_quiet_room_serves_everybody_for_a_second_and_no_longer() -> None:
    async with hall(pace=STILL) as room:
        await (await room.dashboard()).hear("snapshot")
        first = room.mirror.snapshot_frame()
        room.clock.pass_(SNAPSHOT_SECONDS)
        assert room.mirror.snapshot_frame() is first
        room.clock.pass_(0.1)
        assert time_in(json.loads(room.mirror.snapshot_frame()), "server_time") == room.clock.now()


async def test_a_client_that_asks_for_ever_other_positions_fills_no_memory() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        snapshot = await dashboard.hear("snapshot")
        start = number_in(snapshot, "seq")
        for version in range(1, MANY + 1):
            room.stage.emit(RoomEvent(EventKind.TOLD, room.clock.now(), ADA, changes=Changes(told_version=version)))
        room.server.ring(NUMBER)
        await room.until(lambda: room.mirror.ring.head == room.stage.seq)
        for seq in range(start, start + MANY):
            room.clock.pass_(0.25)
            dashboard.say(type="sync", ref=seq, position={"epoch": snapshot["epoch"], "seq": seq})
            await dashboard.hear("events", lambda one, seq=seq: one["from"] == seq + 1)  # type: ignore[misc]
        assert len(room.mirror.ring._frames) <= MAX_FRAMES


async def test_a_room_reopened_while_it_is_put_away_still_hears_its_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    async with hall() as room:
        await (await room.dashboard()).hang_up()
        put_away: Mirror = room.mirror
        close_really, come_back = put_away.close, []

        async def close() -> None:
            await close_really()
            come_back.append(await room.dashboard())

        monkeypatch.setattr(put_away, "close", close)
        room.node._rooms._idle[NUMBER] = LINGER_ROUNDS + 1
        await room.until(lambda: bool(come_back))
        await room.rounds()
        assert room.mirror is not put_away
        assert NUMBER in room.bell._rooms


# ── the candidate's numbers ────────────────────────────────────────────────────────────────────────────────────


async def test_a_finish_right_after_progress_keeps_the_progress() -> None:
    async with hall() as room:
        line = await seated(room, await room.dashboard(), total=10)
        line.say(type="progress", answered=3, total=10)
        await room.until(lambda: live_answered(room) == 3)
        line.say(type="progress", answered=9, total=10)
        assert (await room.command(line, "finish"))["ok"] is True
        progress = (await room.row(1)).progress
        assert progress is not None
        assert progress.answered == 9


async def test_a_total_that_changes_in_the_same_breath_is_refused() -> None:
    async with hall() as room:
        line = await seated(room, await room.dashboard(), total=10)
        line.say(type="progress", answered=3, total=10)
        line.say(type="progress", answered=5, total=20, ref=5)
        reply = await line.hear("reply", lambda one: one["ref"] == 5)
        assert reply["error"]["code"] == "total_changed"


# ── who holds the seat ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_slow_hello_is_no_silence_of_the_candidate() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        await line.hang_up()
        back = await slow_hello(room, dashboard, 3)
        assert (await back.hear("state"))["in_test"] is True
        room.clock.pass_(8)
        dashboard.say(type="alive")
        await heard_beat_of_now(room, dashboard)
        assert back.closed_with is None


async def test_a_hello_that_waited_too_long_is_asked_to_come_again() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        await line.hang_up()
        late = await slow_hello(room, dashboard, 5)
        assert (await late.hear("bye"))["code"] == 4201
        _, state = await room.candidate("token-ada")
        assert state["in_test"] is True


async def slow_hello(room: Hall, dashboard: TestLine, seconds: float) -> TestLine:
    """Say hello while the ledger is slow to say whose token that is."""
    room.directory.answers.clear()
    asked = room.directory.asked
    back = room.line("candidate")
    back.say(type="hello", token="token-ada")
    await room.until(lambda: room.directory.asked > asked)
    room.clock.pass_(seconds)
    dashboard.say(type="alive")
    await heard_beat_of_now(room, dashboard)
    assert back.closed_with is None
    room.directory.answers.set()
    return back


async def heard_beat_of_now(room: Hall, dashboard: TestLine) -> None:
    """Wait for a beat of this instant: the node has then looked for silent lines too."""
    now = room.clock.now()
    await dashboard.hear("beat", lambda one: time_in(one, "server_time") == now)
    await room.rounds()


@pytest.mark.parametrize("is_swept", [False, True])
@pytest.mark.parametrize("order", ["newer first", "older first", "newer, later older"])
async def test_of_two_tabs_that_owe_their_place_the_newer_one_stays(order: str, is_swept: bool) -> None:
    async with hall(pace=STILL) as room:
        older = await seated(room, await room.dashboard())
        room.live_door.fail()
        room.mirror.audience.call_clients()
        attempts = room.live_door.calls["attach"]
        await room.until(lambda: room.live_door.calls["attach"] > attempts)
        of_older = room.connection(older)
        newer, state = await room.candidate("token-ada")
        assert state["in_test"] is True
        of_newer = room.connection(newer)
        first, second = (of_older, of_newer) if order == "older first" else (of_newer, of_older)
        if is_swept:
            room.server.lapse(NodeId("node-1"))
            await MemoryLiveStore(room.server, NodeId("node-0")).sweep(NUMBER)
            assert room.live_seat(1) is None
        room.live_door.mend()
        first.wake()
        if order == "newer, later older":
            await room.until(lambda: room.live_seat(1) == newer.identity)
        second.wake()
        assert (await older.hear("bye"))["code"] == 4010
        await room.until(lambda: room.live_seat(1) == newer.identity)
        assert newer.closed_with is None


async def test_a_stalled_node_whose_seats_were_swept_costs_nobody_an_authorization() -> None:
    async with halls(2) as (stalled, other):
        line = await seated(stalled, await stalled.dashboard())
        watching = await other.dashboard()
        await watching.hear("snapshot")
        stalled.live_door.fail("renew_lease", "attach")
        stalled.server.lapse(NodeId("node-1"))
        await other.until(lambda: other.live_seat(1) is None)
        stalled.live_door.mend()
        await stalled.until(lambda: stalled.node._leases_failed == 0)
        await stalled.rounds(3)
        await stalled.until(lambda: stalled.live_seat(1) == line.identity)
        line.say(type="progress", answered=3, total=32)
        assert (await seen(watching, "candidate.progressed"))["progress"]["answered"] == 3
        await stalled.pass_time(130, and_at=(other,))
        assert (await other.row(1)).interrupted_at is None
        assert line.closed_with is None

"""What goes wrong around a conversation, and whom it costs nothing: stores that fail, rows nobody can read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import msgspec
import pytest

from channels import connection
from channels.candidate import MAX_CLIENTS
from channels.rooms import AWAY_SECONDS
from hub.announcer import Announcer
from hub.commands import Interrupt
from hub.events import Changes, EventKind, RoomEvent
from hub.model import HUB, AttemptState, CandidateId, Cause, NodeId, Progress, SessionNumber
from hub.policy import Policy
from hub.ports import Case, LockBusy, OutcomeUnknown, StoreUnavailable
from hub.service import Decisions, Order
from tests.conversations.hall import CODE, NUMBER, STILL, Hall, Json, TestLine, hall, seated, seen

ADA = CandidateId(1)
POISONED = SessionNumber(7)


def live_answered(room: Hall) -> int:
    """Return how many answers of Ada the live store shows."""
    progress = room.stage.lines[ADA].progress
    return progress.answered if progress is not None else 0


async def goodbye_of(line: TestLine) -> object:
    return (await line.hear("bye"))["code"]


# ── the ledger ─────────────────────────────────────────────────────────────────────────────────────────────────


async def behind_a_closed_door(room: Hall, accident: type[Exception] = LockBusy) -> TestLine:
    """Bring Ada into the test, lose her line until her door is closed, and let the ledger fail from then on."""
    dashboard = await room.dashboard()
    line = await seated(room, dashboard)
    await line.hang_up()
    room.ledger_door.fail("case", accident=accident)
    await room.pass_time(20)
    seat = room.stage.lines[ADA].seat
    assert seat is not None
    assert not seat.is_open
    return dashboard


async def asked_to_return(room: Hall, times: int = 2) -> None:
    """Wait until the ledger was asked so often from now on; each time it fails, it is asked again."""
    wanted = room.ledger_door.calls["case"] + times
    await room.until(lambda: room.ledger_door.calls["case"] >= wanted)


@pytest.mark.parametrize("accident", [LockBusy, StoreUnavailable, OutcomeUnknown])
async def test_whoever_returns_to_a_busy_ledger_is_shown_nothing_until_their_place_is_known(
    accident: type[Exception],
) -> None:
    async with hall() as room:
        await behind_a_closed_door(room, accident)
        back = room.line("candidate")
        back.say(type="hello", token="token-ada")
        await asked_to_return(room)
        assert back.given == []
        room.ledger_door.mend()
        assert (await back.hear("state"))["in_test"] is True
        back.say(type="progress", answered=3, total=32)
        await room.until(lambda: live_answered(room) == 3)
        assert (await room.row(1)).interrupted_at is None


async def test_a_place_that_stays_unknown_for_4_s_is_asked_for_by_a_new_line() -> None:
    async with hall() as room:
        await behind_a_closed_door(room)
        back = room.line("candidate")
        back.say(type="hello", token="token-ada")
        await asked_to_return(room)
        room.clock.pass_(5)
        bye = await back.hear("bye")
        assert (bye["code"], bye["reconnect"]) == (4201, True)
        assert [one["type"] for one in back.given] == ["bye"]
        room.ledger_door.mend()
        _, state = await room.candidate("token-ada")
        assert state["in_test"] is True


async def test_whoever_lost_the_right_while_the_ledger_was_busy_is_shown_the_door() -> None:
    async with hall() as room:
        await behind_a_closed_door(room)
        back = room.line("candidate")
        back.say(type="hello", token="token-ada")
        await asked_to_return(room)
        truth = await room.row(1)
        lost = Interrupt(truth.entry_no, room.mirror.room.live_epoch, timedelta(seconds=20), Cause.CANDIDATE)
        decisions = Decisions(room.ledger, Announcer(room.ledger, room.live), room.clock, Policy())
        await decisions.submit(Order(NUMBER, HUB, lost, (ADA,)))
        state = await back.hear("state")
        assert (state["in_test"], state["suspended_since"] is not None) == (False, True)
        room.ledger_door.mend()
        await room.rounds()
        assert (await room.row(1)).entry_no == truth.entry_no, "nobody sits down again unasked"


async def test_who_is_in_the_test_is_not_shown_the_door_while_a_busy_ledger_must_tell() -> None:
    async with hall() as room:
        line = await seated(room, await room.dashboard())
        seat = room.stage.lines[ADA].seat
        assert seat is not None
        room.ledger_door.fail("case", accident=LockBusy)
        seat.is_open, seat.connection, seat.node = False, None, None
        room.live._tell(room.stage, EventKind.SEAT_EMPTIED, ADA, Changes())
        await asked_to_return(room)
        line.say(type="progress", ref=7, answered=3, total=32)
        error = (await line.hear("reply"))["error"]
        assert (error["code"], error["retry"]) == ("busy", True)
        room.ledger_door.mend()
        await room.until(lambda: room.live_seat(1) == line.identity)
        line.say(type="progress", answered=4, total=32)
        await room.until(lambda: live_answered(room) == 4)
        assert all(one["in_test"] for one in line.given if one["type"] == "state" and one["attempt"] == "running")


async def test_a_return_by_the_ledger_that_the_room_does_not_show_yet_is_asked_for_once() -> None:
    """A process that was started again and does not trust its live store yet lets people return by the ledger."""
    async with hall() as room:
        line = await seated(room, await room.dashboard())
        await line.hang_up()
        room.live_door.fail()
        await room.until(lambda: not room.mirror.is_live)
        may_judge = asyncio.Event()
        room.ledger_door.stand_in("case", lambda number: after(may_judge, room.ledger.case(number)))
        back = room.line("candidate")
        back.say(type="hello", token="token-ada")
        await asked_to_return(room, times=1)
        room.live_door.mend()
        await room.until(lambda: room.mirror.is_live)
        room.live_door.fail("read")
        may_judge.set()
        await back.hear("welcome")
        await room.rounds(5)
        room.live_door.mend()
        assert (await back.hear("state"))["in_test"] is True
        await room.rounds()
        assert (await room.row(1)).entry_no == 2


@asynccontextmanager
async def after(may_go: asyncio.Event, case: AbstractAsyncContextManager[Case]) -> AsyncIterator[Case]:
    await may_go.wait()
    async with case as opened:
        yield opened


async def test_a_ledger_that_was_away_lengthens_the_grace() -> None:
    async with hall() as room:
        line = await seated(room, await room.dashboard())
        await line.hang_up()
        room.ledger_door.fail()
        await room.pass_time(13)
        room.ledger_door.mend()
        await room.until(lambda: not room.node._rooms.degraded)
        await room.pass_time(100)
        assert (await room.row(1)).interrupted_at is None
        await room.pass_time(25)
        row = await room.until_row(1, lambda one: one.interrupted_at is not None)
        assert row.time.interruptions[-1].cause is Cause.HUB


@pytest.mark.parametrize("accident", [LockBusy, StoreUnavailable])
async def test_a_first_visit_that_cannot_be_written_down_keeps_nobody_outside(accident: type[Exception]) -> None:
    async with hall() as room:
        room.ledger_door.fail("note_joined", accident=accident)
        token = room.client(1, "ada")
        first, state = await room.candidate(token)
        assert state["attempt"] == "not_started"
        await first.hang_up()
        assert (await room.row(1)).joined_at is None
        room.ledger_door.mend()
        await room.candidate(token)
        assert (await room.row(1)).joined_at is not None


async def test_a_first_visit_is_written_down_once() -> None:
    async with hall() as room:
        token = room.client(1, "ada")
        for _ in range(4):
            line, _ = await room.candidate(token)
            await line.hang_up()
        assert room.ledger_door.calls["note_joined"] == 1


@pytest.mark.parametrize("accident", [StoreUnavailable, RuntimeError])
async def test_a_session_that_cannot_be_settled_keeps_no_other_waiting(accident: type[Exception]) -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        await seated(room, dashboard)

        async def due(limit: int, node: NodeId) -> Sequence[SessionNumber]:
            return [POISONED, *await room.ledger.due(limit, node)]

        def case(number: SessionNumber) -> AbstractAsyncContextManager[Case]:
            if number == POISONED:
                raise accident("a rule of the database is broken")
            return room.ledger.case(number)

        room.ledger_door.stand_in("due", due)
        room.ledger_door.stand_in("case", case)
        await room.command(dashboard, "attempt.end", [1])
        await room.pass_time(11)
        await room.until_row(1, lambda one: one.attempt is AttemptState.ENDED)


# ── the live store ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_loss_survives_a_wiped_live_store() -> None:
    async with hall() as room:
        line = await seated(room, await room.dashboard())
        await line.hang_up()
        await room.pass_time(2)
        room.server.forget_everything()
        await room.until(lambda: NUMBER in room.server.stages)
        await room.pass_time(100)
        assert (await room.row(1)).interrupted_at is None
        await room.pass_time(30)
        await room.until_row(1, lambda one: one.interrupted_at is not None)


async def test_the_newer_tab_wins_though_the_live_store_was_away_when_it_came() -> None:
    async with hall() as room:
        old = await seated(room, await room.dashboard())
        room.live_door.fail()
        await room.rounds()
        new, state = await room.candidate("token-ada")
        assert state["in_test"] is True
        room.live_door.mend()
        bye = await old.hear("bye")
        assert (bye["code"], bye["reason"]) == (4010, "replaced")
        await room.rounds()
        assert new.closed_with is None
        assert room.live_seat(1) == new.identity


async def test_a_replaced_computer_is_told_though_the_live_store_was_away_when_it_was_replaced() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        old = await seated(room, dashboard)
        new, state = await room.candidate(room.client(1, "other"))
        assert state["in_test"] is False
        room.live_door.fail()
        await room.rounds()
        await room.command(dashboard, "resume.authorize", [1])
        assert (await room.command(new, "enter", access_code=CODE))["ok"] is True
        room.live_door.mend()
        bye = await old.hear("bye")
        assert (bye["code"], bye["reason"]) == (4010, "seat_taken")
        await room.rounds()
        assert new.closed_with is None
        assert room.live_seat(1) == new.identity


async def test_an_entry_that_cannot_be_read_is_stepped_over_with_a_snapshot() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        await dashboard.hear("snapshot")
        room.live_door.fail("read", accident=msgspec.DecodeError)
        await room.command(dashboard, "presence.confirm", [2])
        await dashboard.hear("snapshot", lambda one: is_confirmed(one, 2))
        room.live_door.mend()
        await room.command(dashboard, "presence.confirm", [3])
        assert (await seen(dashboard, "presence.confirmed"))["presence"] is not None


async def test_an_entry_that_cannot_be_folded_stops_no_room() -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        await dashboard.hear("snapshot")
        event = RoomEvent(EventKind.PROGRESSED, room.clock.now(), ADA, changes=Changes(progress=as_progress("rubbish")))
        room.stage.emit(event)
        room.server.ring(NUMBER)
        await dashboard.hear("snapshot")
        await room.command(dashboard, "presence.confirm", [2])
        await seen(dashboard, "presence.confirmed")


def as_progress(value: object) -> Progress:
    """Pass anything off as progress, as a store with a broken row would."""
    return value  # type: ignore[return-value]


def is_confirmed(snapshot: Json, candidate: int) -> bool:
    rows = snapshot["candidates"]
    assert isinstance(rows, list)
    return any(row["id"] == candidate and row["presence"]["state"] == "confirmed" for row in rows)


# ── clients ────────────────────────────────────────────────────────────────────────────────────────────────────

DEEP = "[" * 3000
DEEP_FRAMES = (f'{{"x":{DEEP}', '{"x":' * 1500, f'{{"type":{DEEP}{"]" * 3000}}}')


@pytest.mark.parametrize("frame", DEEP_FRAMES)
@pytest.mark.parametrize("role", ["candidate", "invigilator"])
async def test_deep_nesting_is_a_bad_frame_before_the_hello(
    role: str, frame: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with hall() as room:
        line = room.line(role)
        line.say_raw(frame)
        assert await goodbye_of(line) == 4000
    assert worst_of(caplog) < logging.ERROR


@pytest.mark.parametrize("frame", DEEP_FRAMES)
@pytest.mark.parametrize("role", ["candidate", "invigilator"])
async def test_deep_nesting_is_a_bad_frame_after_the_hello(
    role: str, frame: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with hall() as room:
        if role == "candidate":
            line, _ = await room.candidate(room.client(1, "ada"))
        else:
            line = await room.dashboard()
        line.say_raw(frame)
        assert await goodbye_of(line) == 4000
    assert worst_of(caplog) < logging.ERROR


async def test_deep_nesting_where_a_number_belongs_is_refused_as_any_other_wrong_value(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        dashboard.say_raw(f'{{"type":"sync","ref":{DEEP}')
        reply = await dashboard.hear("reply")
        assert reply["error"]["code"] == "invalid"
        assert (await room.command(dashboard, "presence.confirm", [1]))["ok"] is True
    assert worst_of(caplog) < logging.ERROR


def worst_of(caplog: pytest.LogCaptureFixture) -> int:
    return max((record.levelno for record in caplog.records), default=logging.NOTSET)


async def test_one_candidate_holds_a_bounded_number_of_sockets() -> None:
    async with hall() as room:
        held = [(await room.candidate(room.client(1, f"tab-{one}")))[0] for one in range(MAX_CLIENTS)]
        token = room.client(1, "one-too-many")
        refused = room.line("candidate")
        refused.say(type="hello", token=token)
        bye = await refused.hear("bye")
        assert (bye["code"], bye["reconnect"]) == (4100, True)
        assert all(line.closed_with is None for line in held)
        await room.candidate(room.client(2, "somebody-else"))
        await held[0].hang_up()
        await room.candidate(token)


@pytest.mark.parametrize("role", ["candidate", "invigilator"])
async def test_a_hello_that_was_heard_too_late_is_said_again(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a process stands still a hello lies in the buffer: its client did nothing wrong, and comes back."""
    monkeypatch.setattr(connection, "HELLO_SECONDS", 0.02)
    async with hall() as room:
        line = room.line(role)
        await asyncio.sleep(0.05)
        line.say(type="hello", token="token-durand", session=NUMBER)
        bye = await line.hear("bye")
        assert (bye["code"], bye["reconnect"]) == (4201, True)
        silent = room.line(role)
        assert await goodbye_of(silent) == 4008


async def test_whoever_is_ended_while_a_room_is_put_away_ends() -> None:
    async with hall(pace=STILL) as room:
        await room.dashboard()
        closing = asyncio.create_task(room.mirror.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing


@pytest.mark.parametrize("kind", ["invigilator", "admin"])
async def test_staff_who_come_while_the_ledger_is_known_to_be_away_are_told_at_once(kind: str) -> None:
    async with hall() as room:
        hello = {"type": "hello", "token": "token-roy", "session": NUMBER}
        room.ledger_door.fail("heads")
        await room.until(lambda: room.node._rooms.degraded == ["decisions"])
        patient = room.line(kind)
        patient.say(**hello)
        await patient.hear("welcome")
        room.clock.pass_(AWAY_SECONDS)
        line = room.line(kind)
        line.say(**hello)
        bye = await line.hear("bye")
        assert (bye["code"], bye["reconnect"]) == (4105, True)
        room.ledger_door.mend()
        await room.until(lambda: not room.node._rooms.degraded)
        line = room.line(kind)
        line.say(**hello)
        await line.hear("welcome")


async def test_a_ledger_that_can_be_read_and_takes_no_writes_is_said_and_keeps_nobody_out() -> None:
    async with hall() as room:
        room.ledger.records_writes = False
        await room.until(lambda: room.node._rooms.degraded == ["decisions"])
        dashboard = await room.dashboard()
        await room.pass_time(2)
        await dashboard.hear("beat", lambda beat: beat["degraded"] == ["decisions"])
        assert room.mirror.age_seconds < 1, "what is shown is verified as ever"
        room.ledger.records_writes = True
        await room.until(lambda: not room.node._rooms.degraded)
        await room.pass_time(2)
        await dashboard.hear("beat", lambda beat: beat["degraded"] == [])


async def test_the_first_beat_of_staff_comes_with_the_data_it_is_about() -> None:
    async with hall(pace=STILL) as room:
        dashboard, wall = await room.dashboard(), await room.wall()
        await dashboard.hear("beat")
        await wall.hear("beat")
        kinds = [one["type"] for one in dashboard.given]
        assert kinds.index("beat") > kinds.index("snapshot"), kinds

"""Finalizing over HTTP on real stores: the draft, the order of refusals, all or nothing, read-only afterwards."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from hub import commands as ask
from hub.audit import row_hash
from hub.model import AttemptState, Progress, account_author
from hub.people import Role
from hub.policy import Policy
from hub.ports import FlushedProgress
from hub.service import Decisions, Order
from state.embedded import EmbeddedServers
from tests.contract.ledgers import until_a_lock_is_waited_for
from tests.contract.postgres import plain
from tests.web.closing import a_room
from tests.web.lycee import Hiring, code

LONG = "x" * 501


async def test_p18_the_three_steps_end_with_a_receipt_that_the_audit_confirms(hire: Hiring) -> None:
    room = await a_room(hire)
    await room.starts(0, 1, 2, 3)
    await room.finishes(0, 1)
    await room.command("attempt.end", 2)
    await room.command("report.add", 3, name="technical_problem", text="écran noir")
    await room.command("end_screen.see", 0)
    shown = await room.shown()
    assert shown["blocking"] == {"code": "abort_reason_missing", "candidates": sorted([room.ids[2], room.ids[3]])}
    listed = [one["last_name"] for one in shown["candidates"]]  # type: ignore[attr-defined]
    assert listed == ["Ben Saïd", "D'Arc-Élan", "Łukasz", "Nguyễn", "Œuvrard"]
    saved = await room.saves(0, p2="candidate", p3="technical")
    assert (saved.status_code, saved.json()["draft"]["version"]) == (200, 1)
    done = await room.confirms(1)
    assert done.status_code == 200, done.text
    receipt = done.json()["receipt"]
    trail = await room.house.archive.trail(room.number)
    last = trail[-1]
    assert (receipt["decision_seq"], receipt["head"], receipt["is_late"]) == (last.seq, row_hash(last), False)
    assert receipt["by"] == room.admin.account.name
    rows = (await room.house.ledger.room(room.number)).candidates
    states = [rows[one].attempt.value for one in room.ids]
    assert states == ["finished", "finished", "ended", "closed", "not_started"]
    after = await room.shown()
    assert (after["receipt"], after["blocking"]) == (receipt, {"code": "already_finalized", "candidates": []})
    assert after["session"]["status"] == "finalized"  # type: ignore[index]


async def test_a_draft_is_resumed_elsewhere_and_an_old_one_changes_nothing(hire: Hiring) -> None:
    room = await a_room(hire)
    await room.starts(0)
    body = {"version": 0, "abort_reasons": {str(room.ids[0]): "candidate"}, "incident": True, "comment": " Alarme "}
    assert (await room.admin.http.put(f"{room.path}/finalization", json=body)).status_code == 200
    draft = (await room.shown())["draft"]
    assert draft["saved_by"] == room.admin.account.name  # type: ignore[index]
    assert (draft["comment"], draft["incident"], draft["version"]) == ("Alarme", True, 1)  # type: ignore[index]
    late = await room.admin.http.put(f"{room.path}/finalization", json={**body, "comment": "autre"})
    assert code(late) == (409, "draft_changed")
    assert late.json()["error"]["fields"]["by"] == room.admin.account.name
    assert (await room.shown())["draft"] == draft
    assert code(await room.confirms(0)) == (409, "draft_changed")


@pytest.mark.parametrize(
    "changed",
    [
        {"comment": LONG},
        {"comment": "a\0b"},
        {"version": -1},
        {"version": "1"},
        {"abort_reasons": {"1": "because"}},
        {"abort_reasons": {"x": "candidate"}},
        {"abort_reasons": {"1": "candidate"}},
        {"incident": "yes"},
        {"more": 1},
    ],
)
async def test_a_draft_that_makes_no_sense_is_refused_and_nothing_is_lost(
    hire: Hiring, changed: dict[str, object]
) -> None:
    room = await a_room(hire, 1)
    await room.starts(0)
    assert (await room.saves(0, p0="candidate")).status_code == 200
    body = {"version": 1, "abort_reasons": {}, "incident": None, "comment": "", **changed}
    answer = await room.admin.http.put(f"{room.path}/finalization", json=body)
    assert answer.status_code in (400, 409), answer.text
    assert answer.json()["error"]["code"] == "invalid"
    draft = (await room.shown())["draft"]
    assert (draft["version"], draft["abort_reasons"]) == (1, {str(room.ids[0]): "candidate"})  # type: ignore[index]


async def test_refusals_come_in_one_order_and_name_everybody(hire: Hiring) -> None:
    room = await a_room(hire, 3)
    assert code(await room.confirms(0)) == (409, "nobody_started")
    await room.starts(0, 1, 2)
    missing = await room.confirms(0)
    assert code(missing) == (409, "abort_reason_missing")
    assert missing.json()["error"]["fields"] == {str(one): "abort_reason_missing" for one in room.ids}
    await room.saves(0, p0="candidate", p1="technical", p2="technical")
    await room.finishes(1)
    done = await room.confirms(1)
    assert code(done) == (409, "abort_reason_on_finished")
    assert done.json()["error"]["fields"] == {str(room.ids[1]): "abort_reason_on_finished"}
    rows = (await room.house.ledger.room(room.number)).candidates
    assert [rows[one].attempt.value for one in room.ids] == ["running", "finished", "running"]


async def test_what_was_due_is_true_even_where_finalizing_is_refused(hire: Hiring) -> None:
    room = await a_room(hire, 2)
    await room.starts(0, 1)
    await room.command("attempt.end", 0)
    await room.saves(0, p0="candidate")
    assert code(await room.confirms(1)) == (409, "abort_reason_missing")
    await room.saves(1, p0="candidate", p1="technical")
    assert (await room.confirms(2)).status_code == 200
    rows = (await room.house.ledger.room(room.number)).candidates
    assert [rows[one].attempt for one in room.ids] == [AttemptState.ENDED, AttemptState.CLOSED]


async def test_a_finalized_session_is_read_only(hire: Hiring) -> None:
    room = await a_room(hire, 2)
    await room.starts(0)
    await room.finishes(0)
    await room.finalized()
    before = await room.house.ledger.room(room.number)
    assert code(await room.saves(1)) == (409, "already_finalized")
    assert code(await room.confirms(1)) == (409, "already_finalized")
    for type_, fields in (("report.add", {"name": "fraud", "text": "x"}), ("end_screen.see", {})):
        told = await room.command(type_, 0, **fields)
        assert told["results"][0]["code"] == "session_closed"  # type: ignore[index]
    assert await room.house.ledger.room(room.number) == before


async def test_p18_progress_that_wakes_up_after_finalization_changes_nothing(hire: Hiring) -> None:
    room = await a_room(hire, 2)
    await room.starts(0, 1)
    await room.command("attempt.end", 1)
    await room.finalized()
    house = room.house
    before = (await house.ledger.room(room.number)).candidates
    late = [FlushedProgress(room.number, one, 1, Progress(30, 32, None, datetime.now(UTC))) for one in room.ids]
    await house.ledger.flush_progress(late)
    assert (await house.ledger.room(room.number)).candidates == before


async def test_whoever_is_of_another_house_cannot_finalize(hire: Hiring) -> None:
    room = await a_room(hire, 1)
    await room.starts(0)
    stranger, invigilator = await hire.admin(), await hire.staff(Role.INVIGILATOR)
    await room.house.directory.grant_invigilation(invigilator.account.id, room.number)
    for staff in (stranger, invigilator, await hire.staff(Role.JURY), await hire.staff(Role.OPERATOR)):
        for answer in (
            await staff.http.get(f"{room.path}/finalization"),
            await staff.http.put(f"{room.path}/finalization", json={"version": 0}),
            await staff.http.post(f"{room.path}/finalization/confirm", json={"version": 0}),
        ):
            assert code(answer) == (403, "forbidden"), staff.account.role
    assert (await room.shown())["finalized_at"] is None


async def test_the_admin_completes_reports_and_ticks_without_taking_over_once_it_has_started(hire: Hiring) -> None:
    room = await a_room(hire, 2)
    body = {"type": "report.add", "key": "touch-0001", "candidates": [room.ids[0]], "name": "fraud", "text": "x"}
    assert code(await room.admin.http.post(f"{room.path}/commands", json=body)) == (403, "forbidden")
    await room.starts(0)
    await room.finishes(0)
    second = await hire.staff(
        Role.CENTER_ADMIN,
        *[one for one in await room.house.directory.centers() if one.id in room.admin.account.centers],
    )
    answer = await second.http.post(f"{room.path}/commands", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["results"][0]["ok"]
    seen = {"type": "end_screen.see", "key": "touch-0002", "candidates": [room.ids[0]]}
    assert (await second.http.post(f"{room.path}/commands", json=seen)).status_code == 200
    other = {"type": "time.add", "key": "touch-0003", "candidates": [room.ids[0]], "minutes": 5, "reason": "x"}
    assert code(await second.http.post(f"{room.path}/commands", json=other)) == (403, "forbidden")


async def test_a_flush_waits_for_a_finalization_and_is_never_waited_for(hire: Hiring, servers: EmbeddedServers) -> None:
    room = await a_room(hire, 3)
    await room.starts(0, 1, 2)
    ended, between, last = sorted(room.ids)
    house = room.house
    at_once = Decisions(house.ledger, house.announcer, house.clock, Policy(undo=timedelta(0)))
    author = account_author(room.admin.account.id)
    await at_once.submit(Order(room.number, author, ask.EndAttempt(), (ended,), "end-at-once"))
    reasons = {f"p{place}": "technical" for place in range(3)}
    version = (await room.saves(0, **reasons)).json()["draft"]["version"]
    holder, flush = [await asyncpg.connect(plain(servers.owner_database_url)) for _ in range(2)]
    try:
        held = holder.transaction()
        await held.start()
        await holder.execute("SELECT 1 FROM progress WHERE candidate = $1 FOR UPDATE", last)
        confirming = asyncio.create_task(room.confirms(version))
        await until_a_lock_is_waited_for(holder)
        # In the order in which every flush takes its rows.
        locking = "SELECT 1 FROM progress WHERE candidate = ANY($1::bigint[]) ORDER BY candidate FOR NO KEY UPDATE"
        flushing = asyncio.create_task(flush.execute(locking, [ended, between]))
        await asyncio.sleep(0.1)
        await held.rollback()
        assert (await confirming).status_code == 200
        await flushing
    finally:
        await holder.close()
        await flush.close()

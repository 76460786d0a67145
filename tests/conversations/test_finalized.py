"""A session is finalized while people still sit there: each line is told at once, and what the jury says is no news."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from hub.announcer import Announcer
from hub.events import EventKind
from hub.finalization import AbortReason, Draft
from hub.jury import Assign, Publish, Resolve, Unfinalize
from hub.model import HUB, AccountId, AttemptState, Attention, CandidateId, account_author
from hub.people import Role
from hub.policy import Policy
from hub.proceedings import Proceedings
from hub.refusals import Code, Refusal
from hub.standing import Claim
from hub.turns import Turns
from tests.conversations.hall import CODE, NUMBER, STILL, Hall, hall, seated, seen
from web.house import SystemClock

ADMIN, JUROR = AccountId(801), AccountId(802)
ADA, BOB = CandidateId(1), CandidateId(2)


@asynccontextmanager
async def office(room: Hall) -> AsyncIterator[Proceedings]:
    """Open the office of the center and the jury's, on a node of its own."""
    for account, role in ((ADMIN, Role.CENTER_ADMIN), (JUROR, Role.JURY)):
        claim = Claim(account, role, is_invigilating=False, is_of_the_center=role is Role.CENTER_ADMIN)
        room.ledger.claim(NUMBER, account_author(account), claim)
    announcer = Announcer(room.ledger, room.live)
    yield Proceedings(room.ledger, announcer, SystemClock(timedelta()), Turns())
    await announcer.settled()


async def finalize(proceedings: Proceedings, *reasons: CandidateId) -> int | Refusal:
    draft = Draft(0, dict.fromkeys(reasons, AbortReason.TECHNICAL))
    kept = await proceedings.keep_draft(NUMBER, account_author(ADMIN), draft)
    assert isinstance(kept, Draft), kept
    return await proceedings.finalize(NUMBER, account_author(ADMIN), kept.version)


async def test_everybody_connected_is_told_of_the_finalization() -> None:
    async with hall() as room, office(room) as proceedings:
        dashboard = await room.dashboard()
        running = await seated(room, dashboard, 1, "ada")
        finished = await seated(room, dashboard, 2, "bob")
        await room.command(finished, "finish", answered=32, total=32)
        waiting, _ = await room.candidate(room.client(3, "eve"))
        assert isinstance(await finalize(proceedings, ADA), int)
        closed = await running.hear("state", lambda one: one["session_status"] == "finalized")
        assert (closed["attempt"], closed["end_reason"], closed["in_test"]) == ("closed", "closed", False)
        done = await finished.hear("state", lambda one: one["session_status"] == "finalized")
        assert (done["attempt"], done["end_reason"]) == ("finished", "finished")
        await waiting.hear("state", lambda one: one["session_status"] == "finalized")
        assert (await seen(dashboard, "session.finalized"))["status"] == "finalized"
        reply = await room.command(dashboard, "presence.confirm", [3])
        assert reply["results"] == [{"candidate": 3, "ok": False, "code": "session_closed"}]


async def test_what_a_dashboard_could_see_is_noted_until_the_finalization_and_no_longer() -> None:
    async with hall() as room, office(room) as proceedings:
        dashboard = await room.dashboard()
        await seated(room, dashboard)
        saw = {"type": "saw", "freshness": "live", "age_ms": 20, "is_hidden": False, "alerts": []}
        dashboard.say(**saw)
        await room.until(lambda: [one.kind for one in room.ledger.watch] == ["opened", "saw"])
        await finalize(proceedings, ADA)
        await room.until(lambda: [(one.kind, one.facts.code) for one in room.ledger.watch][2:] == [("closed", 4011)])
        dashboard.say(**saw)
        await dashboard.hang_up()
        late = await room.dashboard()
        late.say(**saw)
        await late.hang_up()
    assert len(room.ledger.watch) == 3, "what was not written yet is written when a node stops"


async def test_an_end_that_was_asked_for_takes_effect_with_the_finalization() -> None:
    async with hall() as room, office(room) as proceedings:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        await room.command(dashboard, "attempt.end", [1])
        assert isinstance(await finalize(proceedings, ADA), int)
        ended = await line.hear("state", lambda one: one["end_reason"] is not None)
        assert ended["end_reason"] == "ended_by_invigilator"


async def test_a_refused_finalization_tells_nobody_anything() -> None:
    async with hall() as room, office(room) as proceedings:
        dashboard = await room.dashboard()
        await seated(room, dashboard)
        before = room.ledger.kept(NUMBER).room
        assert await finalize(proceedings) == Refusal(Code.ABORT_REASON_MISSING, candidates=(ADA,))
        assert room.ledger.kept(NUMBER).room == before


async def test_an_end_whose_time_had_come_is_written_by_the_hub_also_where_the_finalization_is_refused() -> None:
    async with hall(pace=STILL) as room, office(room) as proceedings:
        dashboard = await room.dashboard()
        for candidate, name in ((ADA, "ada"), (BOB, "bob")):
            await seated(room, dashboard, candidate, name)
        await room.command(dashboard, "attempt.end", [ADA])
        room.clock.pass_(Policy().undo.total_seconds())
        assert await finalize(proceedings, ADA) == Refusal(Code.ABORT_REASON_MISSING, candidates=(BOB,))
        assert (await room.row(ADA)).attempt is AttemptState.ENDED
        last = room.ledger.kept(NUMBER).records[-1]
        assert (last.kind, last.candidate, last.author) == (EventKind.ENDED, ADA, HUB)
        assert last.at == room.clock.now() != last.node_at, "each by the clock it is named after"


async def test_what_the_jury_says_changes_no_screen_but_a_session_given_back_is_open_again() -> None:
    async with hall() as room, office(room) as proceedings:
        dashboard = await room.dashboard()
        line = await seated(room, dashboard)
        await finalize(proceedings, ADA)
        await line.hear("state", lambda one: one["session_status"] == "finalized")
        juror = account_author(JUROR)
        assert isinstance(await proceedings.deliberate(NUMBER, juror, Assign(None)), int)
        assert isinstance(await proceedings.deliberate(NUMBER, juror, Unfinalize("heure fausse")), int)
        await room.pass_time(6)
        reopened = await dashboard.hear("snapshot", lambda one: one["session"]["status"] == "open")
        assert next(row["attempt"] for row in reopened["candidates"] if row["id"] == ADA) == "closed"
        frames = [frame for frame in dashboard.given if frame["type"] == "events"]
        said = {event["type"] for frame in frames for event in frame["events"]}
        assert "session.finalized" in said
        assert not said & {"session.assigned", "session.reopened"}
        late, _ = await room.candidate(room.client(3, "eve"))
        await room.command(dashboard, "presence.confirm", [3])
        reply = await room.command(late, "enter", access_code=CODE)
        assert reply["error"]["code"] == "session_closed"


async def test_what_the_center_said_still_needs_the_attention_of_the_jury_when_a_report_is_resolved() -> None:
    async with hall() as room, office(room) as proceedings:
        dashboard = await room.dashboard()
        await seated(room, dashboard)
        report = {"name": "fraud", "text": "téléphone"}
        assert (await room.command(dashboard, "report.add", [ADA], **report))["results"][0]["ok"] is True
        draft = Draft(0, {ADA: AbortReason.TECHNICAL}, comment="alarme incendie")
        await proceedings.keep_draft(NUMBER, account_author(ADMIN), draft)
        assert isinstance(await proceedings.finalize(NUMBER, account_author(ADMIN), 1), int)
        asked = Resolve((await room.row(ADA)).reports[0].id, "vu avec le centre", 0)
        assert isinstance(await proceedings.deliberate(NUMBER, account_author(JUROR), asked), int)
        assert room.ledger.kept(NUMBER).room.attention == (Attention.COMMENT, Attention.ABORT_REASON)


async def test_only_whose_part_it_is_may_finalize_or_judge() -> None:
    async with hall() as room, office(room) as proceedings:
        dashboard = await room.dashboard()
        await seated(room, dashboard)
        for author in (account_author(JUROR), account_author(AccountId(999))):
            assert await proceedings.keep_draft(NUMBER, author, Draft()) == Refusal(Code.FORBIDDEN)
            assert await proceedings.finalize(NUMBER, author, 0) == Refusal(Code.FORBIDDEN)
        juror, admin = account_author(JUROR), account_author(ADMIN)
        assert await proceedings.deliberate(NUMBER, juror, Publish()) == Refusal(Code.FORBIDDEN)
        await finalize(proceedings, ADA)
        assert await proceedings.deliberate(NUMBER, admin, Publish()) == Refusal(Code.FORBIDDEN)
        assert isinstance(await proceedings.deliberate(NUMBER, juror, Publish()), int)

"""Several invigilators: who is here, who looks at whom, who goes where, and what each could see."""

from __future__ import annotations

from typing import get_args

from channels import wire
from hub.commands import TakeHelp
from hub.model import CandidateId, HelpId, account_author
from hub.needs import NeedKind
from hub.service import Order
from hub.watch import WatchKind
from tests.conversations.hall import NUMBER, STAFF, Hall, Json, TestLine, hall, halls, seated


def people(frame: Json) -> list[tuple[object, object, object]]:
    """Say who is here: name, role, where they look."""
    here = frame["people"]
    assert isinstance(here, list)
    return sorted((one["name"], one["role"], one["look"]) for one in here)


def claims(frame: Json) -> list[tuple[object, object]]:
    """Say who goes where."""
    made = frame["claims"]
    assert isinstance(made, list)
    return [(one["candidate"], one["by"]) for one in made]


async def heard(line: TestLine, *, here: int = 1, goes: list[tuple[object, object]] | None = None) -> Json:
    """Wait until a dashboard is told of so many consoles, and of these claims."""
    return await line.hear(
        "colleagues", lambda frame: len(people(frame)) == here and (goes is None or claims(frame) == goes)
    )


async def test_colleagues_on_two_nodes_know_of_each_other_and_of_where_they_look() -> None:
    async with halls(2) as (first, second):
        durand = await first.dashboard()
        assert people(await heard(durand)) == [("A. Durand", "invigilator", None)]
        martin = await second.dashboard("token-martin")
        assert people(await heard(durand, here=2))[1] == ("B. Martin", "invigilator", None)
        martin.say(type="look", candidate=2)
        told = await durand.hear("colleagues", lambda frame: any(look == 2 for _, _, look in people(frame)))
        assert ("B. Martin", "invigilator", 2) in people(told)
        await martin.hang_up()
        assert people(await heard(durand)) == [("A. Durand", "invigilator", None)]


async def test_an_admin_who_watches_is_seen_and_is_no_invigilator() -> None:
    async with hall() as room:
        durand = await room.dashboard()
        await room.dashboard("token-roy")
        assert ("M. Roy", "center_admin", None) in people(await heard(durand, here=2))
        assert room.mirror.staffing.invigilators == 1


async def test_i_go_there_is_seen_on_every_node_and_taken_back() -> None:
    async with halls(2) as (first, second):
        durand, martin = await first.dashboard(), await second.dashboard("token-martin")
        martin.say(type="claim", candidates=[1, 2])
        await heard(durand, here=2, goes=[(1, "B. Martin"), (2, "B. Martin")])
        durand.say(type="claim", candidates=[2])
        await heard(martin, here=2, goes=[(1, "B. Martin"), (2, "A. Durand")])
        martin.say(type="claim", candidates=[1, 2], is_taken=False)
        await heard(durand, here=2, goes=[(2, "A. Durand")])


async def test_a_claim_outlives_a_lost_line_for_a_minute() -> None:
    async with hall() as room:
        durand, martin = await room.dashboard(), await room.dashboard("token-martin")
        martin.say(type="claim", candidates=[1])
        await heard(durand, here=2, goes=[(1, "B. Martin")])
        await martin.hang_up()
        assert claims(await heard(durand)) == [(1, "B. Martin")]
        await room.pass_time(50)
        assert [frame for frame in durand.given if frame["type"] == "colleagues"][-1]["claims"] != []
        await room.pass_time(15)
        await heard(durand, goes=[])


async def test_a_claim_that_lapsed_does_not_stand_again_when_its_author_comes_back() -> None:
    async with hall() as room:
        durand, martin = await room.dashboard(), await room.dashboard("token-martin")
        martin.say(type="claim", candidates=[1])
        await heard(durand, here=2, goes=[(1, "B. Martin")])
        await martin.hang_up()
        await room.pass_time(70)
        await room.until(lambda: not room.stage.staff.claims)
        await room.dashboard("token-martin")
        assert claims(await heard(durand, here=2)) == []


async def test_a_reading_that_failed_is_made_up_for_and_shows_nobody_meanwhile_as_gone() -> None:
    async with hall() as room:
        durand = await room.dashboard()
        await room.until(lambda: room.mirror.staffing.invigilators == 1)
        room.live_door.fail("staffing")
        tried = room.live_door.calls["staffing"]
        await room.dashboard("token-martin")
        await room.until(lambda: room.live_door.calls["staffing"] > tried)
        assert room.mirror.staffing.invigilators == 1
        room.live_door.mend()
        await heard(durand, here=2)
        assert room.mirror.staffing.invigilators == 2


async def test_who_took_the_room_over_long_ago_and_invigilates_now_is_an_invigilator() -> None:
    async with hall() as room:
        roy = await room.dashboard("token-roy")
        assert (await room.command(roy, "room.take_over"))["ok"] is True
        await room.until(lambda: bool(room.mirror.room.take_overs))
        await roy.hang_up()
        await room.pass_time(16 * 60)
        room.directory.commands.add(STAFF["token-roy"].id)
        line = room.line("invigilator")
        line.say(type="hello", token="token-roy", session=NUMBER)
        you = (await line.hear("welcome"))["you"]
        assert (you["may_command"], you["is_invigilating"]) == (True, True)
        await room.until(lambda: room.mirror.staffing.invigilators == 1)


async def test_only_the_screen_in_the_test_says_what_was_shown() -> None:
    async with hall() as room:
        durand = await room.dashboard()
        line = await seated(room, durand)
        other, state = await room.candidate(room.client(1, "ada-elsewhere"))
        await room.command(durand, "message.send", [1], text="Il reste dix minutes.")
        told = await other.hear("state", lambda one: one["version"] > state["version"])
        other.say(type="ack", version=told["version"])
        await room.until(lambda: other.is_listened_to)
        await room.rounds()
        assert room.stage.lines[CandidateId(1)].told_version < told["version"]
        shown = await line.hear("state", lambda one: one["version"] == told["version"])
        line.say(type="ack", version=shown["version"])
        await room.until(lambda: room.stage.lines[CandidateId(1)].told_version == told["version"])


async def test_who_only_watches_goes_nowhere_until_they_have_taken_over() -> None:
    async with hall() as room:
        durand, roy = await room.dashboard(), await room.dashboard("token-roy")
        roy.say(type="claim", candidates=[1])
        roy.say(type="look", candidate=1)
        told = await durand.hear("colleagues", lambda frame: any(look == 1 for _, _, look in people(frame)))
        assert claims(told) == []
        assert (await room.command(roy, "room.take_over"))["ok"] is True
        await room.until(lambda: bool(room.mirror.room.take_overs))
        roy.say(type="claim", candidates=[1])
        await heard(durand, here=2, goes=[(1, "M. Roy")])
        assert room.mirror.staffing.invigilators == 1


async def test_candidates_hear_nothing_of_who_watches_them() -> None:
    async with hall() as room:
        durand = await room.dashboard()
        line = await seated(room, durand)
        await room.rounds()
        before = len([frame for frame in line.given if frame["type"] != "beat"])
        martin = await room.dashboard("token-martin")
        martin.say(type="look", candidate=1)
        martin.say(type="claim", candidates=[1])
        await heard(durand, here=2, goes=[(1, "B. Martin")])
        await room.rounds()
        assert len([frame for frame in line.given if frame["type"] != "beat"]) == before


async def test_a_node_that_was_taken_for_dead_tells_its_consoles_again() -> None:
    async with halls(2) as (first, second):
        durand, martin = await first.dashboard(), await second.dashboard("token-martin")
        await heard(durand, here=2)
        # Taken for dead by mistake: swept, and told again under its new name.
        second.server.lapse(second.live._node)
        staff = first.stage.staff
        await first.until(lambda: {node for _, node in staff.consoles.values()} == {"node-1", "node-2.1"})
        await first.until(lambda: len(first.mirror.staffing.consoles) == 2)
        assert martin.task is not None
        assert not martin.task.done()


async def test_a_live_store_that_forgot_is_told_again_who_is_here() -> None:
    async with hall() as room:
        durand = await room.dashboard()
        await room.dashboard("token-martin")
        await heard(durand, here=2)
        room.server.forget_everything()
        await room.until(lambda: bool(room.server.stages))
        await room.until(lambda: len(room.mirror.staffing.consoles) == 2)


# ── a call whose taker fell silent ─────────────────────────────────────────────────────────────────────────────


async def called(room: Hall, dashboard: TestLine) -> tuple[TestLine, object]:
    """Let a candidate call; returns their line and the call."""
    line = await seated(room, dashboard)
    line.say(type="help", ref=77, key="key-of-the-call", kind="other")
    reply = await line.hear("reply", lambda frame: frame["ref"] == 77)
    return line, reply["help"]


async def test_a_call_whose_taker_fell_silent_is_given_back() -> None:
    async with hall() as room:
        durand, martin = await room.dashboard(), await room.dashboard("token-martin")
        _, call = await called(room, durand)
        assert (await room.command(martin, "help.take", [1], help=call))["ok"] is True
        await martin.hang_up()
        await room.pass_time(55)
        assert (await room.row(1)).open_help.taken_by is not None  # type: ignore[union-attr]
        await room.pass_time(20)
        row = await room.until_row(1, lambda one: one.open_help is not None and one.open_help.taken_by is None)
        assert row.open_help is not None
        assert (await room.command(durand, "help.take", [1], help=call))["ok"] is True


async def test_a_call_whose_taker_was_forgotten_with_the_live_store_is_given_back() -> None:
    async with hall() as room:
        durand, martin = await room.dashboard(), await room.dashboard("token-martin")
        _, call = await called(room, durand)
        await room.command(martin, "help.take", [1], help=call)
        await martin.hang_up()
        room.server.forget_everything()
        await room.until(lambda: bool(room.server.stages) and room.mirror.staffing.known_since is not None)
        await room.pass_time(130)
        await room.until_row(1, lambda one: one.open_help is not None and one.open_help.taken_by is None)


async def test_a_call_taken_from_elsewhere_is_kept_for_a_while_by_somebody_who_had_left_long_before() -> None:
    async with hall() as room:
        durand, martin = await room.dashboard(), await room.dashboard("token-martin")
        await heard(durand, here=2)
        await martin.hang_up()
        await heard(durand, here=1)
        await room.pass_time(120)
        _, call = await called(room, durand)
        author = account_author(STAFF["token-martin"].id)
        order = Order(NUMBER, author, TakeHelp(HelpId(int(str(call)))), (CandidateId(1),))
        await room.node._decisions.submit(order)
        await room.rounds()
        assert (await room.row(1)).open_help.taken_by == author  # type: ignore[union-attr]
        await room.pass_time(70)
        await room.until_row(1, lambda one: one.open_help is not None and one.open_help.taken_by is None)


async def test_a_call_stays_with_whoever_took_it_and_is_here() -> None:
    async with hall() as room:
        durand, martin = await room.dashboard(), await room.dashboard("token-martin")
        _, call = await called(room, durand)
        await room.command(martin, "help.take", [1], help=call)
        await room.pass_time(120)
        assert (await room.row(1)).open_help.taken_by is not None  # type: ignore[union-attr]


# ── what a dashboard could see ─────────────────────────────────────────────────────────────────────────────────


async def test_what_a_dashboard_could_see_is_kept_and_where_its_owner_went() -> None:
    async with hall() as room:
        martin = await room.dashboard("token-martin")
        alerts = [{"candidate": 1, "need": "help"}, {"candidate": 2, "need": "asking"}]
        martin.say(type="saw", freshness="slow", age_ms=4200, is_hidden=True, alerts=alerts)
        martin.say(type="claim", candidates=[1])
        martin.say(type="claim", candidates=[1], is_taken=False)
        await room.until(lambda: not room.mirror.staffing.claims and martin.is_listened_to)
        await room.rounds()
        await martin.hang_up()
        await room.until(lambda: len(room.ledger.watch) == 5)
        notes = room.ledger.watch
        assert [note.kind for note in notes] == [
            WatchKind.OPENED,
            WatchKind.SAW,
            WatchKind.CLAIMED,
            WatchKind.RELEASED,
            WatchKind.CLOSED,
        ]
        assert {note.by for note in notes} == {"account:2"}
        seen = notes[1].facts
        assert (seen.freshness, seen.age_ms, seen.is_hidden) == ("slow", 4200, True)
        assert seen.alerts == ((1, "help"), (2, "asking"))
        assert notes[2].facts.candidates == (1,)


async def test_what_was_seen_while_the_ledger_was_away_is_written_when_it_is_back() -> None:
    async with hall() as room:
        room.ledger_door.fail("keep_watch")
        martin = await room.dashboard("token-martin")
        martin.say(type="saw", freshness="live", age_ms=0, is_hidden=False, alerts=[])
        tried = room.ledger_door.calls["keep_watch"]
        await room.until(lambda: room.ledger_door.calls["keep_watch"] > tried + 1)
        assert room.ledger.watch == []
        await room.pass_time(20)
        room.ledger_door.mend()
        await room.until(lambda: len(room.ledger.watch) == 2)
        assert all(note.ago.total_seconds() >= 20 for note in room.ledger.watch)


def test_needs_have_the_same_names_on_the_wire() -> None:
    assert get_args(wire.NeedName) == tuple(kind.value for kind in NeedKind)

"""A room is handed over: every dashboard hears of it, and one whose owner's right has ended is closed."""

from __future__ import annotations

from msgspec.structs import replace

from hub.handover import Accepted
from hub.model import AccountId, SessionNumber, account_author
from hub.people import Role
from hub.ports import Standing
from hub.standing import Claim
from tests.conversations.hall import NUMBER, Hall, TestLine, hall, halls

DURAND, MARTIN = AccountId(1), AccountId(2)
TICKET = b"digest of a ticket"
DONE = {"by": "A. Durand", "to": "B. Martin", "until": "2026-11-21T13:00:00Z"}


async def hand_over(room: Hall) -> None:
    """Let the colleague in."""
    room.ledger.claim(NUMBER, account_author(MARTIN), Claim(MARTIN, Role.INVIGILATOR, False, False))
    room.ledger.add_ticket(NUMBER, TICKET, DURAND)
    answer = await room.node._decisions.accept_handover(NUMBER, TICKET, MARTIN)
    assert isinstance(answer, Accepted), answer


async def colleague(room: Hall) -> TestLine:
    line = await room.dashboard("token-martin")
    await line.hear("snapshot")
    return line


async def test_every_dashboard_hears_who_let_whom_in_and_who_comes_later_sees_it() -> None:
    async with halls(2) as (here, there):
        boards = [await room.dashboard() for room in (here, there)]
        for board in boards:
            assert (await board.hear("snapshot"))["session"]["handed_over"] == []
        await hand_over(here)
        for board in boards:
            frame = await board.hear("events", lambda frame: bool(frame["events"]))
            (event,) = frame["events"]
            assert (event["type"], event["by"], event["decision"]) == ("session.handed_over", "B. Martin", 1)
            assert event["set"] == {"handed_over": [DONE]}
        later = await there.dashboard("token-martin")
        assert (await later.hear("snapshot"))["session"]["handed_over"] == [DONE]
        reply = await there.command(later, "presence.confirm", [1])
        assert reply["results"] == [{"candidate": 1, "ok": True}]


async def test_who_typed_the_password_since_is_shown_without_an_end() -> None:
    async with hall() as room:
        await hand_over(room)
        board = await room.dashboard()
        assert (await board.hear("snapshot"))["session"]["handed_over"] == [DONE]
        kept = room.ledger.kept(NUMBER)
        kept.room = replace(kept.room, hand_overs=(), roster_version=kept.room.roster_version + 1)
        assert (await board.hear("snapshot"))["session"]["handed_over"] == []


async def test_a_dashboard_is_closed_when_its_owners_right_ends_and_no_other() -> None:
    async with hall() as room:
        board, let_in = await room.dashboard(), await colleague(room)
        room.directory.forbidden.add(MARTIN)
        bye = await let_in.hear("bye")
        assert (bye["code"], bye["reconnect"]) == (4003, False)
        await room.rounds()
        assert board.closed_with is None
        assert (await room.command(board, "presence.confirm", [1]))["ok"]


async def test_a_right_that_nobody_can_ask_about_closes_nothing() -> None:
    async with hall() as room:
        board = await colleague(room)

        async def nothing(asked: object) -> dict[tuple[AccountId, SessionNumber], Standing]:
            del asked
            return {}

        room.directory.standings = nothing  # type: ignore[method-assign]
        await room.rounds()
        assert board.closed_with is None
        assert (await room.command(board, "presence.confirm", [1]))["ok"]


async def test_the_rights_of_all_dashboards_are_asked_in_one_question() -> None:
    async with hall() as room:
        boards = [await room.dashboard(), await room.dashboard(), await colleague(room)]
        asked = []
        real = room.directory.standings

        async def counted(pairs: object) -> object:
            asked.append(set(pairs))  # type: ignore[call-overload]
            return await real(pairs)  # type: ignore[arg-type]

        room.directory.standings = counted  # type: ignore[method-assign, assignment]
        await room.until(lambda: len(asked) >= 2)
        assert asked[-1] == {(DURAND, NUMBER), (MARTIN, NUMBER)}
        assert [board.closed_with for board in boards] == [None, None, None]

"""A list is corrected and a session deleted while people look: they see it, or are sent home, and nothing loops."""

from __future__ import annotations

import logging

import pytest
from msgspec.structs import replace

from hub.model import CandidateId, Person
from tests.conversations.hall import NUMBER, Hall, Json, hall, halls


def delete_session(room: Hall) -> None:
    """Delete the session behind everybody's back, as another node does."""
    del room.ledger._sessions[NUMBER]
    room.directory.known.clear()


def delete_candidate(room: Hall, candidate: int) -> None:
    """Take a candidate off the list behind everybody's back."""
    kept, gone = room.ledger.kept(NUMBER), CandidateId(candidate)
    rows = {one: row for one, row in kept.room.candidates.items() if one != gone}
    people = {one: person for one, person in kept.roster.people.items() if one != gone}
    kept.room = replace(kept.room, candidates=rows, roster_version=kept.room.roster_version + 1)
    kept.roster = replace(kept.roster, people=people)
    room.directory.known = {token: one for token, one in room.directory.known.items() if one.candidate != gone}


def names_in(snapshot: Json) -> list[str]:
    return [row["last_name"] for row in snapshot["candidates"]]


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


async def test_who_looks_at_a_deleted_session_is_sent_home_on_every_node(caplog: pytest.LogCaptureFixture) -> None:
    async with halls(2) as rooms:
        lines = []
        for room in rooms:
            dashboard = await room.dashboard()
            await dashboard.hear("snapshot")
            candidate, _ = await room.candidate(room.client(1, f"ada-{len(lines)}"))
            lines += [dashboard, candidate]
        delete_session(rooms[0])
        for line in lines:
            bye = await line.hear("bye")
            assert (bye["code"], bye["reconnect"]) == (4004, False)
        for room in rooms:
            await room.rounds()
            assert room.node._rooms.opened() == ()
            assert NUMBER not in room.bell._rooms
            assert room.node._losses._losses == {}
    assert complaints(caplog) == []


async def test_a_line_that_was_lost_before_the_deletion_is_not_carried_on(caplog: pytest.LogCaptureFixture) -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        line, _ = await room.candidate(room.client(1, "ada"))
        await line.hang_up()
        delete_session(room)
        assert (await dashboard.hear("bye"))["code"] == 4004
        await room.rounds()
        room.clock.pass_(130)
        await room.rounds()
        assert room.node._losses._losses == {}
    assert complaints(caplog) == []


async def test_a_deleted_session_cannot_be_opened_again() -> None:
    async with hall() as room:
        token = room.client(1, "ada")
        known = dict(room.directory.known)
        delete_session(room)
        room.directory.known = known
        late = room.line("candidate")
        late.say(type="hello", token=token)
        assert (await late.hear("bye"))["code"] == 4003
        room.directory.known = {}
        later = room.line("candidate")
        later.say(type="hello", token=token)
        assert (await later.hear("bye"))["code"] == 4001


async def test_a_deleted_candidate_leaves_every_screen_and_is_sent_home(caplog: pytest.LogCaptureFixture) -> None:
    async with halls(2) as (room, other):
        dashboards = [await one.dashboard() for one in (room, other)]
        for dashboard in dashboards:
            assert names_in(await dashboard.hear("snapshot")) == ["NOM1", "NOM2", "NOM3"]
        gone, _ = await room.candidate(room.client(1, "ada"))
        elsewhere, _ = await other.candidate(other.client(1, "tab"))
        stays, _ = await room.candidate(room.client(2, "bob"))
        delete_candidate(room, 1)
        for line in (gone, elsewhere):
            bye = await line.hear("bye")
            assert (bye["code"], bye["reconnect"]) == (4003, False)
        for dashboard in dashboards:
            await dashboard.hear("snapshot", lambda one: names_in(one) == ["NOM2", "NOM3"])
        await room.command(dashboards[0], "presence.confirm", [2])
        await stays.hear("state", lambda one: one["authorization"] == "start")
        reply = await room.command(dashboards[0], "presence.confirm", [1])
        assert reply["results"][0]["code"] == "unknown_candidate"
        await room.rounds()
        assert stays.closed_with is None
        assert CandidateId(1) not in room.stage.lines
    assert complaints(caplog) == []


async def test_a_corrected_name_and_more_time_are_seen(caplog: pytest.LogCaptureFixture) -> None:
    async with hall() as room:
        dashboard = await room.dashboard()
        await dashboard.hear("snapshot")
        kept, one = room.ledger.kept(NUMBER), CandidateId(1)
        people = {**kept.roster.people, one: Person("AUTRE", "Ada", kept.roster.people[one].birthdate)}
        kept.roster = replace(kept.roster, people=people)
        kept.room = replace(kept.room, roster_version=2)
        await dashboard.hear("snapshot", lambda frame: names_in(frame)[0] == "AUTRE")
        rows = {**kept.room.candidates, one: replace(kept.room.candidates[one], extra_time_percentage=33)}
        kept.room = replace(kept.room, candidates=rows, roster_version=3, duration_minutes=60)
        snapshot = await dashboard.hear("snapshot", lambda frame: frame["session"]["duration_minutes"] == 60)
        assert snapshot["candidates"][0]["extra_time_percentage"] == 33
    assert complaints(caplog) == []

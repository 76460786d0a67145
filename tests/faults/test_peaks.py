"""Peaks of an exam day on real hubs: a school behind one address comes in, thousands are sent elsewhere in order."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

import httpx
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidMessage

from hub.model import CandidateId
from tests.faults.conftest import OpenRig
from tests.faults.ground import patient
from tests.faults.halls import TOTAL, bring_in, halls
from tests.faults.hubs import Hub
from tests.faults.rig import Rig
from tests.faults.swarm import Member, Swarm, swarm
from tests.places import SCHOOL, STRANGER, http_from, socket_from

SCHOOL_HALLS = 40
AT_ONCE = 40
DRAIN_HALLS = int(os.environ.get("VIGIE_DRAIN_HALLS", "60"))
"""Rooms of 25: 1,500 sockets; more by hand, as far as the limit of open files goes."""
ONE_IMPORT = 200
"""An import takes 5,000 lines."""
SEATED_SECONDS = 120.0
DRAINED_SECONDS = 20.0
DRAINING = 4200
WORK_SECONDS = DRAIN_HALLS / 40
"""Two frames each time: below what a candidate may send, and what the client of all of them manages."""


# ── a school behind one address ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.timeout(180)
async def test_a_thousand_candidates_of_one_address_identify_and_connect_without_a_refusal(rig: Rig) -> None:
    hub, found = rig.hubs[0], await halls(rig, SCHOOL_HALLS)
    people = [(hall.room.number, person) for hall in found for person in hall.room.people]
    assert len(people) == 1000
    turns = asyncio.Semaphore(AT_ONCE)
    lines: list[ClientConnection] = []
    async with http_from(SCHOOL, hub.own_url, AT_ONCE) as school:

        async def come_in(number: int, identity: dict[str, str]) -> None:
            async with turns:
                body = {"session_number": number, **identity}
                answer = await school.post("/api/candidate/identity", json=body)
                assert answer.status_code == 200, answer.text
                line = await socket_from(SCHOOL, hub.own_url)
                lines.append(line)
                await line.send(json.dumps({"type": "hello", "token": answer.json()["token"]}))
                heard = json.loads(await line.recv())
                assert heard["type"] == "welcome", heard

        try:
            await asyncio.gather(*(come_in(number, person.identity) for number, person in people))
            assert len(lines) == 1000
        finally:
            await asyncio.gather(*(line.close() for line in lines))


# ── a stop under thousands of sockets ──────────────────────────────────────────────────────────────────────────


async def work(members: Swarm) -> None:
    """Let everybody who still has a line answer on, and ask each time what the hub has taken so far."""
    while True:
        begun = time.monotonic()
        for one in members.members:
            if one.is_seated and not one.byes:
                one.answered += 1
                one._say({"type": "progress", "answered": one.answered, "total": TOTAL})
                one._say({"type": "sync", "ref": one.answered})
                one._flush()
        await asyncio.sleep(max(0.0, WORK_SECONDS - (time.monotonic() - begun)))


async def until(is_so: Callable[[], bool], within: float) -> None:
    async with asyncio.timeout(within):
        while not is_so():
            await asyncio.sleep(0.05)


async def until_parted(members: Sequence[Member], hub: Hub) -> dict[CandidateId, float]:
    """Follow the goodbyes until the process has ended; returns when each was heard."""
    parted: dict[CandidateId, float] = {}
    while hub.is_running:
        parted |= {one.candidate: time.monotonic() for one in members if one.byes and one.candidate not in parted}
        await asyncio.sleep(0.02)
    return parted


async def newcomers(hub: Hub) -> list[dict[str, object]]:
    """Knock again and again until the door is shut; returns the first words that each was told."""
    told: list[dict[str, object]] = []
    while True:
        try:
            line = await socket_from(STRANGER, hub.own_url)
            told.append(json.loads(await asyncio.wait_for(line.recv(), 10)))
            await line.close()
        except (ConnectionError, InvalidMessage):
            return told
        await asyncio.sleep(1)


async def not_ready_at(hub: Hub) -> tuple[float, dict[str, object]]:
    """Wait for readiness to end; returns when, and what it says."""
    async with httpx.AsyncClient(base_url=hub.own_url, timeout=5, trust_env=False) as http:
        async with asyncio.timeout(10):
            while (answer := await http.get("/readyz")).status_code == 200:
                await asyncio.sleep(0.02)
        return time.monotonic(), answer.json()


async def assert_kept(rig: Rig, members: Sequence[Member]) -> None:
    """Assert that Postgres has what the hub had taken from everybody, and nothing they never said."""
    async with rig.ledger() as ledger:
        rows = {number: (await ledger.room(number)).candidates for number in {one.number for one in members}}
    for one in members:
        row = rows[one.number][one.candidate]
        assert row.progress is not None
        assert 0 < one.accepted <= row.progress.answered <= one.answered, one.name
        assert row.interrupted_at is None


@pytest.mark.timeout(300)
async def test_a_stop_sends_every_socket_on_in_order_and_loses_nothing(open_rig: OpenRig) -> None:
    rig = await open_rig(hubs=1)
    hub = rig.hubs[0]
    sizes = [min(ONE_IMPORT, DRAIN_HALLS - start) for start in range(0, DRAIN_HALLS, ONE_IMPORT)]
    found = [hall for size in sizes for hall in await halls(rig, size)]
    await bring_in(rig, found)
    async with swarm(rig, found, [hub], pause=DRAIN_HALLS / 1300) as members:
        await members.seated(SEATED_SECONDS)
        members.is_leaving = True  # nobody comes back: this is about how they go
        for one in members.members:
            one.byes.clear()  # who was asked to come back a moment later has done so
        working = asyncio.create_task(work(members))
        await until(lambda: all(one.accepted for one in members.members), SEATED_SECONDS)
        begun = time.monotonic()
        hub.terminate()
        parting = asyncio.create_task(until_parted(members.members, hub))
        not_ready, ready = await not_ready_at(hub)
        told = await newcomers(hub)
        parted = await parting
        took = time.monotonic() - begun
        working.cancel()
        report(rig, members, parted, begun, took, len(told))
        assert await hub.drained() == 0, hub.tail()
        assert took <= patient(DRAINED_SECONDS), f"stopped after {took:.1f} s"
        assert (ready["ready"], ready["missing"]) == (False, ["draining"])
        assert not_ready < min(parted.values())
        assert told
        assert {(one["type"], one["code"]) for one in told} == {("bye", DRAINING)}
        assert_sent_on(members.members)
        await assert_kept(rig, members.members)
        assert not members.wrongs, members.wrongs[:5]
        assert not rig.complaints(), rig.complaints()[:5]


def report(rig: Rig, members: Swarm, parted: dict[CandidateId, float], begun: float, took: float, knocks: int) -> None:
    instants = sorted(at - begun for at in parted.values())
    rig.journal.note(
        "swarm",
        f"{len(members.members)} sockets: goodbyes from {instants[0]:.1f} s to {instants[-1]:.1f} s, "
        f"ended after {took:.1f} s, {knocks} newcomers sent on",
    )


def assert_sent_on(members: Sequence[Member]) -> None:
    """Assert that everybody heard the one right goodbye, closed with its code, at different times."""
    assert Counter(tuple(one.byes) for one in members) == {(DRAINING,): len(members)}
    assert Counter(one._socket.close_code for one in members) == {DRAINING: len(members)}
    waits = [one._after_ms for one in members]
    assert max(waits) <= 1000
    spread = Counter(wait // 250 for wait in waits)
    assert min(spread[quarter] for quarter in range(4)) > len(members) / 10, spread


# ── a hub that is late itself ──────────────────────────────────────────────────────────────────────────────────


async def stutter(hub: Hub) -> None:
    """Give the process so little time that everything it does comes late, and never stop it for long."""
    try:
        while True:
            hub.freeze()
            await asyncio.sleep(0.35)
            hub.thaw()
            await asyncio.sleep(0.1)
    finally:
        hub.thaw()


async def says(hub: Hub, *, is_overloaded: bool) -> None:
    """Wait until readiness says so; either way the hub is ready."""
    async with httpx.AsyncClient(base_url=hub.own_url, timeout=20, trust_env=False) as http, asyncio.timeout(60):
        while True:
            answer = await http.get("/readyz")
            assert answer.status_code == 200, answer.text
            if answer.json()["overloaded"] is is_overloaded:
                return
            await asyncio.sleep(0.1)


async def first_words(hub: Hub, path: str, **hello: object) -> dict[str, object]:
    """Say hello; returns what is heard first."""
    line = await socket_from(SCHOOL, hub.own_url, path)
    with suppress(ConnectionClosed):  # sent away already, before a word
        await line.send(json.dumps({"type": "hello", **hello}))
    heard: dict[str, object] = json.loads(await asyncio.wait_for(line.recv(), 20))
    await line.close()
    return heard


@pytest.mark.timeout(180)
async def test_a_late_hub_takes_who_comes_back_to_a_running_test_and_nobody_new(open_rig: OpenRig) -> None:
    rig = await open_rig(hubs=1)
    hub, (running, waiting) = rig.hubs[0], await halls(rig, 2, seats=5)
    await bring_in(rig, [running])
    staff = {"token": rig.staff.invigilators[0].token, "session": running.room.number}
    async with swarm(rig, [running], [hub]) as members:
        await members.seated(SEATED_SECONDS)
        stuttering = asyncio.create_task(stutter(hub))
        await says(hub, is_overloaded=True)
        for path, hello in (("/ws/invigilator", staff), ("/ws/candidate", {"token": waiting.tokens[0]})):
            bye = await first_words(hub, path, **hello)
            assert (bye["type"], bye["code"], bye["reason"]) == ("bye", 4100, "overloaded"), path
        back = members.members[0]
        begun = time.monotonic()
        back.drop()
        await until(lambda: back.is_back(begun), SEATED_SECONDS)
        stuttering.cancel()
        await asyncio.gather(stuttering, return_exceptions=True)
        await says(hub, is_overloaded=False)
        for path, hello in (("/ws/invigilator", staff), ("/ws/candidate", {"token": waiting.tokens[0]})):
            assert (await first_words(hub, path, **hello))["type"] == "welcome"
        assert [one.name for one in members.members if one.byes] == []
        assert not members.wrongs, members.wrongs

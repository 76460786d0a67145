"""The swarm reads frames however they are cut, and counts what arrived and what did not."""

from __future__ import annotations

import asyncio
import os
import struct
from types import SimpleNamespace
from typing import Any, cast

import pytest

from loadtests.owed import Sent
from loadtests.swarm import scenes
from loadtests.swarm.hall import Disappointed, Hall, HallRoom
from loadtests.swarm.line import SwarmLine
from loadtests.swarm.people import Address, Candidate, Dashboard
from loadtests.swarm.scenes import Stage
from loadtests.swarm.tally import Awaited, Tally
from tests.loadtests.rooms import ROOM, beat, events, snapshot
from tests.loadtests.streams import Streams


def frame(text: bytes, kind: int = 0x81) -> bytes:
    size = len(text)
    if size < 126:
        return bytes((kind, size)) + text
    return (struct.pack("!BBH", kind, 126, size) if size < 65536 else struct.pack("!BBQ", kind, 127, size)) + text


@pytest.mark.parametrize("step", [1, 7, 64, 100_000])
async def test_texts_are_heard_whole_however_the_bytes_are_cut(step: int) -> None:
    heard: list[bytes] = []
    line = SwarmLine(asyncio.get_running_loop().create_future(), heard.append)
    texts = [b"{}", b"x" * 125, b"y" * 126, b"z" * 70_000, b"last"]
    stream = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n" + b"".join(map(frame, texts))
    for at in range(0, len(stream), step):
        line.data_received(stream[at : at + step])
    assert heard == texts
    line.data_received(frame(struct.pack("!H", 4200) + b"draining", 0x88))
    assert line.close_code == 4200


def test_what_a_newer_answer_overtook_arrived_with_it_and_the_rest_is_missing_once_it_is_given_up() -> None:
    tally = Tally()
    awaited = Awaited(tally, 296)
    for answered in (1, 2, 3):
        awaited.expect(7, answered, sent_at=float(answered))
    awaited.expect(8, 1, sent_at=0.0)
    awaited.now = 10.0
    awaited.heard(7, 2)
    awaited.heard(9, 5)
    assert (tally.delivered, tally.latencies, awaited.is_waiting) == (2, [9.0, 8.0], True)
    awaited.give_up(7)
    assert (tally.missing, awaited.is_waiting) == (["room 296: answer 3 of candidate 7 never came"], True)
    awaited.give_all_up()
    assert (tally.missing[1:], awaited.is_waiting) == (["room 296: answer 1 of candidate 8 never came"], False)
    awaited.heard(7, 3)
    assert (tally.delivered, len(tally.missing)) == (2, 2)


async def test_a_last_value_that_never_comes_is_named_and_the_scene_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "SETTLE_SECONDS", 0.1)
    hall, token = Hall(Address(1), Tally()), "a room where nothing is told"
    async with Streams({token: (snapshot(), beat(41))}, events(42, 41)).open() as hub:
        dashboard = Dashboard(Address(hub.port), 0, ROOM, token, hall.tally, Sent())
        await dashboard.connect()
        await hub.heard_by_all()
        people = [Candidate(Address(1), 0, ROOM, "token", id_, Sent()) for id_ in (1, 2)]
        hall.rooms.append(HallRoom(cast(Any, None), candidates=people, dashboards=[dashboard]))
        async with asyncio.timeout(20):
            figures = await scenes.in_flight(Stage(hall, cast(Any, SimpleNamespace(pids=[os.getpid()]))), 1, 0.3)
        dashboard.leave()
    assert figures["sent"] == figures["missing"] == len(hall.tally.missing) >= 2
    assert set(hall.tally.missing) >= {f"room {ROOM}: answer 1 of candidate {one.id} never came" for one in people}


async def test_a_start_that_nobody_lets_begin_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "START_SECONDS", 0.1)
    hall = Hall(Address(1), Tally())
    async with Streams({"token": (snapshot(), beat(41))}, events(42, 41)).open() as hub:
        dashboard = Dashboard(Address(hub.port), 0, ROOM, "token", hall.tally, Sent())
        await dashboard.connect()
        one = Candidate(Address(1), 0, ROOM, "token", 1, Sent())
        hall.rooms.append(
            HallRoom(cast(Any, SimpleNamespace(access_code="")), candidates=[one], dashboards=[dashboard])
        )
        with pytest.raises(Disappointed, match="everybody let in"):
            async with asyncio.timeout(10):
                await scenes.start(Stage(hall, cast(Any, SimpleNamespace(pids=[os.getpid()]))))
        dashboard.leave()

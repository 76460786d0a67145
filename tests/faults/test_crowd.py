"""A hundred clients that never read, try wrong codes or call without end, and the others who notice nothing: P10."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence

import httpx
import pytest

from loadtests.processes import resident_kib
from tests.faults.crowd import Rogue, calls_for_help, misbehaving, nothing, orders, questions, wrong_codes
from tests.faults.ground import patient
from tests.faults.halls import halls
from tests.faults.hubs import Hub
from tests.faults.rig import Rig
from tests.faults.scene import Scene, Tab, scene
from tests.story.client import Frame
from tests.story.rooms import accepted

DEAF_BOARDS, DEAF_CANDIDATES, LIARS, CALLERS = 25, 25, 25, 25
ROUNDS, PHASE_SECONDS = 2, 1.5
LONG_ROUNDS = 20
PACE_SECONDS = 0.15
"""Four who answer by turns: more than two answers a second of one client, and it is told to slow down."""
TIMES_SLOWER, SLACK_SECONDS = 4.0, 0.25
"""How much slower the others may be: they share two cores with the hundred. Who waits for a slow one waits seconds."""
COME_SECONDS = 1.0
MOST_KIB = 48 * 1024
"""What a hundred such clients may cost the hub, in memory."""
CUT_SECONDS = 20.0
TOO_SLOW, SILENT = "4102", "4103"


def rogues(rig: Rig, stage: Scene, tokens: Sequence[str]) -> list[Rogue]:
    """Name the hundred: the deaf dashboards are in the very room where the others are measured."""
    who = rig.staff.invigilators
    greetings = [
        {"type": "hello", "token": who[number % len(who)].token, "session": stage.room.number}
        for number in range(DEAF_BOARDS)
    ]
    # One in five fills its line and then gives orders; the others say nothing and read nothing.
    boards = [
        Rogue("/ws/invigilator", hello, nothing if number % 5 else orders(stage.id(0)), reads=False)
        for number, hello in enumerate(greetings)
    ]
    kinds = [(questions, False)] * DEAF_CANDIDATES + [(wrong_codes, True)] * LIARS + [(calls_for_help, True)] * CALLERS
    return boards + [
        Rogue("/ws/candidate", {"type": "hello", "token": token}, words, reads)
        for token, (words, reads) in zip(tokens, kinds, strict=True)
    ]


async def measured(stage: Scene, tabs: Sequence[Tab], seconds: float) -> list[float]:
    """Decide, and answer questions, for so long; return how long each took to be answered, or to be shown."""
    took, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        for number, tab in enumerate(tabs):
            board = stage.boards[number % len(stage.boards)]
            answered = int((board.rows[stage.id(tab.place)]["progress"] or {"answered": 0})["answered"]) + 1
            begun = time.monotonic()
            await tab.progress(answered, 100)
            await board.row(stage.id(tab.place), lambda row, n=answered: shows(row, n), "progress")
            took.append(time.monotonic() - begun)
            begun = time.monotonic()
            accepted(await board.command("time.add", stage.id(tab.place), minutes=1, reason="mesure"))
            took.append(time.monotonic() - begun)
            await asyncio.sleep(PACE_SECONDS)
    return took


def shows(row: Frame, answered: int) -> bool:
    return bool(row["progress"]) and row["progress"]["answered"] >= answered


async def closed(hub: Hub) -> dict[str, float]:
    """Count the sockets the hub has closed, by code."""
    async with httpx.AsyncClient(base_url=hub.own_url, trust_env=False) as http:
        lines = (await http.get("/metrics")).text.splitlines()
    counted: dict[str, float] = {}
    for line in lines:
        if line.startswith("vigie_sockets_closed_total{"):
            code = line.partition('code="')[2].partition('"')[0]
            counted[code] = counted.get(code, 0.0) + float(line.rpartition(" ")[2])
    return counted


async def crowded(rig: Rig, rounds: int) -> None:
    """Measure others by turns with and without a hundred that misbehave, on one hub."""
    hub, tally = rig.hubs[0], rig.tally
    tokens = [token for hall in await halls(rig, 3) for token in hall.tokens]
    async with scene(rig, people=25, hubs=(hub, hub)) as stage:
        tabs = [await stage.seated(place, hub) for place in range(4)]
        before = await closed(hub)
        assert hub.process is not None
        memory = resident_kib([hub.process.pid])
        calm: list[float] = []
        loud: list[float] = []
        async with misbehaving(hub, rogues(rig, stage, tokens), rig.seed) as crowd:
            crowd.is_loud.set()
            await asyncio.sleep(COME_SECONDS)
            for _ in range(rounds):
                crowd.is_loud.clear()
                calm += await measured(stage, tabs, PHASE_SECONDS)
                crowd.is_loud.set()
                loud += await measured(stage, tabs, PHASE_SECONDS)
            grown = resident_kib([hub.process.pid]) - memory
            codes = await until_cut(hub, before)
        for name, seconds in (("without", calm), ("with", loud)):
            tally.add(f"measured {name}", len(seconds))
            tally.took(f"answer {name} them, nine in ten", nine_in_ten(seconds))
        tally.add("frames of the crowd", crowd.said)
        for code, many in codes.items():
            tally.add(f"closed with {code}", int(many))
        tally.add("KiB more", grown)
        assert crowd.said > 100 * rounds, "they did misbehave"
        assert nine_in_ten(loud) <= TIMES_SLOWER * nine_in_ten(calm) + SLACK_SECONDS, (calm, loud)
        assert max(loud) < patient(1.0), f"somebody waited {max(loud):.2f} s"
        assert grown < MOST_KIB, f"the hub grew by {grown} KiB"
        assert {TOO_SLOW, SILENT} <= codes.keys(), codes
        await stage.kept()
    assert not rig.complaints(), rig.complaints()[:5]


async def until_cut(hub: Hub, before: dict[str, float]) -> dict[str, float]:
    """Wait until some were cut for not reading and some for saying nothing; return how many closes of each code."""
    deadline = time.monotonic() + CUT_SECONDS
    while True:
        now = await closed(hub)
        codes = {code: many - before.get(code, 0) for code, many in now.items() if many > before.get(code, 0)}
        if {TOO_SLOW, SILENT} <= codes.keys() or time.monotonic() > deadline:
            return codes
        await asyncio.sleep(0.3)


def nine_in_ten(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=10)[-1]


async def test_p10_a_hundred_slow_and_hostile_clients_delay_nobody(rig: Rig) -> None:
    await crowded(rig, ROUNDS)


@pytest.mark.long_faults
@pytest.mark.timeout(300)
async def test_p10_a_hundred_slow_and_hostile_clients_delay_nobody_for_a_minute(rig: Rig) -> None:
    await crowded(rig, LONG_ROUNDS)

"""Somebody writes to Redis: entries, rooms and rings that nobody of ours made.

Nobody starts by it, no hub stumbles, what is shown is soon the truth again, and the log names the room. What a forged
but readable decision does is in `tests/faults/test_presence.py`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from state.keys import RoomKeys, room_keys
from tests.faults.rig import Rig, RigRoom
from tests.story.client import Candidate, Dashboard
from tests.story.rooms import accepted, ok, refused

RIGHT_SECONDS = 4.0
"""The promise is two; what is shown is the truth within this on a machine that is busy with other things."""
AT_ONCE = 4
DEEP = 100_000
EVENT = b'"kind":"candidate.left","at":"2027-01-01T00:00:00Z","candidate":1,"changes":{}'

ENTRIES: dict[str, bytes] = {
    "not JSON": b"{nope",
    "nothing": b"",
    "nested without end": EVENT + b',"x":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "not UTF-8": EVENT + b',"text":"\xff\xfe"}',
    "half a character": EVENT + b',"text":"\\ud800"}',
    "a number without end": EVENT + b',"decision":' + b"9" * 6000 + b"}",
    "no number": EVENT + b',"decision":NaN}',
    "another kind of event": EVENT.replace(b"candidate.left", b"candidate.promoted") + b"}",
}
FIELDS: dict[str, tuple[str, str, bytes]] = {
    "a row that is no JSON": ("rows", "{id}", b"\xff{nope"),
    "a row of nobody": ("rows", "777777", b"{}"),
    "a row nested without end": ("rows", "{id}", b'{"x":' + b"[" * DEEP + b"]" * DEEP + b"}"),
    "a seat that is none": ("live", "{id}:s", b"x a b c d e f"),
    "a seat at a node without a name": ("live", "{id}:s", b"1 a b \xff open - 1"),
    "a link that is none": ("live", "{id}:l", b"nope"),
    "a progress that is none": ("live", "{id}:p", b"1"),
    "a facet of nobody": ("live", "x:y", b"z"),
    "a decision without a number": ("meta", "decision", b"x"),
    "a life beyond all numbers": ("meta", "life", b"9" * 30),
    "an epoch that is no text": ("meta", "epoch", b"\xff"),
    "a sheet that is no JSON": ("meta", "room", b"{"),
    "a node that is no text": ("staff", "c:\udcff", b"\xff"),
}
PASSED_OVER: dict[str, tuple[str, str, bytes]] = {
    "a claim on nobody": ("staff", "k:x", b"account:1 soon"),
    "an instant without a zone": ("staff", "empty", b"2027-01-01"),
    "facts that are none": ("live", "{id}:f", b"zzz"),
}
"""Read leniently, or written anew with the next decision."""
KINDS = ("rows", "live", "meta", "stream", "staff")


@dataclass
class Victim:
    """One room, and what is written into it."""

    rig: Rig
    room: RigRoom

    @property
    def keys(self) -> RoomKeys:
        return room_keys(self.room.number)

    async def ring(self) -> None:
        await self.rig.redis.ask("SPUBLISH", self.keys.bell, f"{self.room.number}")

    async def board(self, hub: int) -> Dashboard:
        hello = {"token": self.rig.staff.invigilators[hub].token, "session": self.room.number}
        board: Dashboard = await Dashboard.open(self.rig.hubs[hub].ws_url, hello)
        await board.until(lambda: board.epoch, "the first data")
        return board

    def complains(self) -> bool:
        """Tell whether a hub's log names this room."""
        lines = [line for hub in self.rig.hubs for line in hub.log.read_text(errors="replace").splitlines()]
        read = [json.loads(line) for line in lines if line.startswith("{")]
        return any(line["level"] == "error" and f"room {self.room.number}" in line["event"] for line in read)


Poison = Callable[[Victim], Awaitable[object]]


def entry(text: bytes) -> Poison:
    return lambda victim: victim.rig.redis.ask("XADD", victim.keys.stream, "0-*", "e", text)


def value(key: str, name: str, text: bytes) -> Poison:
    def write(victim: Victim) -> Awaitable[object]:
        written = name.replace("{id}", str(victim.room.ids[0])).encode(errors="surrogateescape")
        return victim.rig.redis.ask("HSET", getattr(victim.keys, key), written, text)

    return write


def other_kind(key: str) -> Poison:
    return lambda victim: victim.rig.redis.ask("SET", getattr(victim.keys, key), "x")


async def survived(rig: Rig, poison: Poison, *, is_told: bool = True) -> None:
    """Poison one room that the first hub knows, come in through the second one, and see that all is right again."""
    room = await rig.room(1, rig.staff.invigilators[:2])
    victim, one = Victim(rig, room), room.ids[0]
    first, token = await victim.board(0), await rig.identify(room, 0)
    await poison(victim)
    await victim.ring()
    second = await victim.board(1)
    tab: Candidate = await Candidate.open(rig.hubs[1].ws_url, {"token": token})
    await tab.settled()
    refused(await tab.enter(room.access_code), "presence_not_confirmed")
    accepted(await first.command("time.add", one, minutes=1, reason="x"))
    for board in (first, second):
        await board.row(one, lambda row: row["time"]["minutes_added"] == 1, "what was decided", RIGHT_SECONDS)
        assert board.rows[one]["attempt"] == "not_started"
        await board.until(lambda b=board: is_fresh(b), "a fresh screen", RIGHT_SECONDS)
    accepted(await first.command("presence.confirm", one))
    ok(await tab.enter(room.access_code))
    await tab.told("the test", in_test=True)
    assert victim.complains() == is_told
    for line in (first, second, tab):
        await line.close()


def is_fresh(board: Dashboard) -> bool:
    """Tell whether the live view is there, and the last beat says that nothing is missing."""
    beats = [frame for frame in board.frames if frame["type"] == "beat"]
    return bool(beats) and beats[-1]["degraded"] == [] and not str(board.epoch).startswith("pg-")


async def all_survived(rig: Rig, poisons: dict[str, Poison], *, is_told: bool = True) -> None:
    turns, wrong = asyncio.Semaphore(AT_ONCE), []

    async def one(name: str, poison: Poison) -> None:
        async with turns:
            try:
                await survived(rig, poison, is_told=is_told)
            except AssertionError as fault:
                wrong.append(f"{name}: {fault}")

    await asyncio.gather(*(one(name, poison) for name, poison in poisons.items()))
    assert not wrong, "\n".join(wrong)
    assert all(hub.is_running for hub in rig.hubs)


async def test_p14_an_entry_of_the_stream_that_nobody_can_read_is_stepped_over(whole_rig: Rig) -> None:
    await all_survived(whole_rig, {name: entry(text) for name, text in ENTRIES.items()})


@pytest.mark.parametrize("key", ["rows", "live", "meta", "staff"])
async def test_p14_a_room_that_nobody_can_read_is_put_there_anew(whole_rig: Rig, key: str) -> None:
    chosen = {name: value(*field) for name, field in FIELDS.items() if field[0] == key}
    await all_survived(whole_rig, chosen)


async def test_p14_what_decides_nothing_is_passed_over(rig: Rig) -> None:
    await all_survived(rig, {name: value(*field) for name, field in PASSED_OVER.items()}, is_told=False)


async def test_p14_a_key_of_another_kind_is_put_there_anew(whole_rig: Rig) -> None:
    await all_survived(whole_rig, {kind: other_kind(kind) for kind in KINDS})


async def test_p14_a_ring_that_says_nonsense_costs_nothing(rig: Rig) -> None:
    rings = (b"9" * 5000, b"{}:" + b"9" * 5000, b"\xff", b"", b"{}:1:\xff", "²".encode(), b"{}:7:" + b"x" * 100_000)

    async def rung(victim: Victim) -> None:
        for ring in rings:
            said = ring.replace(b"{}", str(victim.room.number).encode())
            await victim.rig.redis.ask("SPUBLISH", victim.keys.bell, said)

    connected = await bell_lines(rig)
    await survived(rig, rung, is_told=False)
    assert await bell_lines(rig) == connected, "no hub had to open its bell's line again"


async def bell_lines(rig: Rig) -> list[object]:
    """Name the connections over which the hubs hear the bells."""
    listed = await rig.redis.ask("CLIENT", "LIST", "TYPE", "pubsub")
    assert isinstance(listed, bytes)
    return sorted(line.split(b" ")[0] for line in listed.splitlines())


async def test_p14_a_poisoned_room_takes_the_live_view_from_no_other(whole_rig: Rig) -> None:
    """Every hub looks at all its rooms at once: one that cannot be read must not spoil the look."""
    rig = whole_rig
    poisoned, sound = await rig.room(1, rig.staff.invigilators[:2]), await rig.room(1, rig.staff.invigilators[:2])
    boards = [await Victim(rig, one).board(0) for one in (poisoned, sound)]
    keys = room_keys(poisoned.number)
    for _ in range(3):
        await rig.redis.ask("HSET", keys.meta, "decision", "x")
        await rig.redis.ask("SET", keys.stream, "x")
        heard = len(boards[1].frames)
        await boards[1].until(lambda n=heard: [f for f in boards[1].frames[n:] if f["type"] == "beat"], "a beat")
    beats = [frame for frame in boards[1].frames if frame["type"] == "beat"]
    assert all(beat["degraded"] == [] for beat in beats), beats
    for board in boards:
        await board.close()

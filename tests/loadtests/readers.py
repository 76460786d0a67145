"""Whoever hears frames as a dashboard does, each made to say what it noted: the judge alone, the swarm, the bench."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

from loadtests.bench.arms import Arm
from loadtests.bench.hall import Room
from loadtests.bench.hub_lines import HubDashboard
from loadtests.frames import decode
from loadtests.heard import Heard
from loadtests.owed import Sent
from loadtests.swarm.people import Address, Dashboard
from loadtests.swarm.tally import Tally
from tests.loadtests.rooms import ROOM

Hear = Callable[[bytes], None]
Reader = Callable[[], tuple[Hear, Sequence[str]]]
"""Makes a dashboard: give it frames, and read what it noted."""


def judge() -> tuple[Hear, Sequence[str]]:
    faults: list[str] = []
    heard = Heard(ROOM, on_fault=faults.append)
    return lambda text: heard.hear(decode(text)), faults


def swarm() -> tuple[Hear, Sequence[str]]:
    tally = Tally()
    return Dashboard(Address(1), 0, ROOM, "token", tally, Sent()).hear, tally.faults


def bench() -> tuple[Hear, Sequence[str]]:
    arm = cast(Any, SimpleNamespace(wrong=[]))
    room = Room.of(0)
    room.about = SimpleNamespace(number=ROOM)
    return HubDashboard(room.screens[0], "token", cast(Arm, arm)).hear, arm.wrong


READERS: Sequence[Reader] = (judge, swarm, bench)

"""Play many rooms for a long time, and tell whether anything grows that should not.

    python -m loadtests.soak --minutes 30 --rooms 40 [--json build/soak.json]

Starts a hub of its own on 127.0.0.1 and ends it, also on Ctrl-C. A run without options but --json is kept in
loadtests/RESULTS.md. Exit 1 when something is not flat, missing, out of order or cut off.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import uvloop

from loadtests.bench import results as kept
from loadtests.bounds import bounded
from loadtests.nodes import Nodes
from loadtests.orderly import INTERRUPTED, say, until_signalled
from loadtests.own_hub import HubFailed
from loadtests.processes import Cores
from loadtests.soak.flat import judge
from loadtests.soak.life import Life
from loadtests.soak.report import section
from loadtests.soak.samples import NoSample, Samples
from loadtests.swarm import scenes
from loadtests.swarm.filling import Filling
from loadtests.swarm.hall import Disappointed
from loadtests.swarm.judging import judge_hall
from loadtests.swarm.scenes import Stage

MINUTES, ROOMS = 30, 40
CANDIDATES, DASHBOARDS = 25, 2
SAMPLE_SECONDS, LEAST_SAMPLES = 30.0, 24
"""A short run is looked at more often."""
STREAM_LENGTH = 2300
"""So many events, and a room's stream forgets the oldest for each new one: from then on it does not grow."""
FILLING_SECONDS, MOST_FILLINGS = 10.0, 30
FILLING_WIDTH = 256


def main() -> int:
    """Play, judge, and give the exit code."""
    options = read_arguments()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            results = runner.run(until_signalled(soak(options.rooms, options.minutes)))
    except (Disappointed, HubFailed, NoSample) as failed:
        raise SystemExit(f"soak: {failed}") from None
    except asyncio.CancelledError:
        return INTERRUPTED
    if options.json is not None:
        kept.keep(results, options.json)
    verdicts = judge(results["samples"])
    text = section(results, verdicts)
    say(text)
    if options.is_whole:
        kept.put_into_document(text)
    return 0 if all(one.is_flat for one in verdicts) and not results["wrong"] else 1


async def soak(rooms: int, minutes: float) -> dict[str, Any]:
    """Lay out the rooms, fill their streams, live for so long and look."""
    cores = Cores()
    results = {**kept.begin_anything(cores), "rooms": rooms, "minutes": minutes}
    os.sched_setaffinity(0, {cores.generator})
    with tempfile.TemporaryDirectory(prefix="vigie-soak-", ignore_cleanup_errors=True) as folder:
        async with Nodes.open(Path(folder), cores, 1) as nodes, Filling.of(nodes) as filling:
            results["stores"] = dict(nodes.ground.stores.versions)
            say(f"{rooms} rooms are laid out")
            await filling.up_to(rooms, CANDIDATES, DASHBOARDS)
            await fill_streams(filling.stage)
            say(f"{minutes:g} minutes begin")
            async with Samples.of(nodes) as samples:
                return results | await _live(filling.stage, samples, minutes * 60)


async def fill_streams(stage: Stage) -> None:
    """Let everybody answer as fast as they may until every room's stream is as long as it gets."""
    rooms = stage.hall.rooms
    for _ in range(MOST_FILLINGS):
        if min(sum(one.answered for one in room.candidates) for room in rooms) >= STREAM_LENGTH:
            return
        await scenes.in_flight(stage, min(FILLING_WIDTH, len(stage.hall.candidates)), FILLING_SECONDS)
        say(f"    the streams fill: {len(rooms)} rooms, {sum(one.answered for one in stage.hall.candidates):,} answers")
    raise Disappointed("the streams of the rooms could not be filled")


async def _live(stage: Stage, samples: Samples, seconds: float) -> dict[str, Any]:
    life = Life(stage, len(stage.hall.candidates) / scenes.EXAM_PACE_SECONDS)
    every = min(SAMPLE_SECONDS, seconds / LEAST_SAMPLES)
    taken: list[dict[str, float]] = []
    begun = monotonic()
    living = asyncio.create_task(life.go_on(seconds))
    try:
        while (at := begun + every * (len(taken) + 1)) <= begun + seconds:
            await asyncio.sleep(max(0.0, at - monotonic()))
            taken.append(await samples.take())
            say(f"{monotonic() - begun:5.0f} s  {line(taken[-1])}")
        await living
    finally:
        living.cancel()
    await scenes.settled(stage.hall)
    await judge_hall(stage.hall)
    return {"every_seconds": every, "samples": taken, "done": dict(life.done), "wrong": wrong(stage, life)}


def line(sample: Mapping[str, float]) -> str:
    """Write a sample while it works."""
    return "  ".join(f"{figure} {value:,.0f}" for figure, value in sample.items())


def wrong(stage: Stage, life: Life) -> list[str]:
    """Name what should not have been."""
    hall = stage.hall
    found = {
        "answers missing on a dashboard": len(hall.tally.missing),
        "candidates outside": sum(not (one.state and one.state.in_test) for one in hall.candidates),
        "lines lost that nobody broke": sum(one.lost for one in (*hall.candidates, *hall.dashboards)) - life.cut,
    }
    return [*(f"{number} {what}" for what, number in found.items() if number), *hall.tally.faults, *life.wrong]


def read_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Understand the command line."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.soak", description="Many rooms for a long time.")
    parser.add_argument("--minutes", type=bounded(0.1, 24 * 60), help=f"how long, once all is filled ({MINUTES})")
    parser.add_argument("--rooms", type=bounded(1, 400), help=f"of {CANDIDATES} candidates ({ROOMS})")
    parser.add_argument("--json", type=Path, help="write every sample here")
    options = parser.parse_args(arguments)
    options.is_whole = options.minutes is None and options.rooms is None
    options.minutes, options.rooms = options.minutes or MINUTES, options.rooms or ROOMS
    return options


if __name__ == "__main__":
    raise SystemExit(main())

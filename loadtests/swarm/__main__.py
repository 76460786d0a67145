"""Play a hall of many rooms on a hub of its own, and print what it cost.

    python -m loadtests.swarm --rooms 40            # a thousand candidates, two minutes
    python -m loadtests.swarm --rooms 400 --json build/swarm.json
    python -m loadtests.swarm --rooms 400 --nodes 2 --scenes node_death

The nodes and their stores are pinned to one core, the swarm to another. Everything stays on this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from loadtests.class_rooms import Api
from loadtests.nodes import MOST_NODES, Nodes
from loadtests.orderly import INTERRUPTED, until_signalled
from loadtests.own_hub import HubFailed
from loadtests.processes import Cores
from loadtests.swarm import death, scenes
from loadtests.swarm.hall import Disappointed, Hall
from loadtests.swarm.judging import judge_hall
from loadtests.swarm.line import NoLine
from loadtests.swarm.people import Address
from loadtests.swarm.scenes import Figures, Stage
from loadtests.swarm.tally import Tally

SCENES = ("pace", "single", "saturation", "decisions", "decisions_at_once", "storm")
NODE_DEATH = "node_death"
"""Played last, and where there is a node left."""
DECIDING_ROOMS = 100
SPARE_FILES = 500
MOST_ROOMS = 1000
MOST_TOLD = 5
WRONG = ("missing", "faults", "outside", "disturbed", "owed")
"""Figures of which none may be above 0."""


def main() -> None:
    """Read the options, play, print; exit 1 when anything was missing or wrong."""
    options = _options()
    _allow_files(options.rooms * (options.candidates + options.dashboards) + SPARE_FILES)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            figures = runner.run(until_signalled(_play(options)))
    except (Disappointed, HubFailed, NoLine) as failed:
        raise SystemExit(f"swarm: {failed}") from None
    except asyncio.CancelledError:
        raise SystemExit(INTERRUPTED) from None
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    wrong = sum(one.get(what, 0) for one in figures.values() for what in WRONG)
    if wrong:
        raise SystemExit(f"swarm: {wrong:g} of these: {', '.join(WRONG)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.swarm", description="Measure a hub of its own with a hall of many rooms."
    )
    parser.add_argument("--rooms", type=int, default=40, help=f"how many, up to {MOST_ROOMS} (default 40)")
    parser.add_argument("--candidates", type=int, default=25, help="in each room (default 25)")
    parser.add_argument("--dashboards", type=int, default=2, help="of each room (default 2)")
    parser.add_argument(
        "--nodes", type=int, choices=range(1, MOST_NODES + 1), default=1, help="processes of the hub (default 1)"
    )
    parser.add_argument("--seconds", type=float, default=20, help="how long each timed scene lasts (default 20)")
    every = ", ".join((*SCENES, NODE_DEATH))
    parser.add_argument("--scenes", help=f"which, after joining and starting: {every} (all that can be played)")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    possible = SCENES if options.nodes == 1 else (*SCENES, NODE_DEATH)
    options.scenes = possible if options.scenes is None else [one for one in options.scenes.split(",") if one]
    if not 1 <= options.rooms <= MOST_ROOMS or not set(options.scenes) <= set(possible):
        parser.error("see --help for the rooms and scenes there are; a node dies only where another is left")
    if NODE_DEATH in options.scenes[:-1]:
        parser.error(f"{NODE_DEATH} is the last scene: the node stays dead")
    return options


def _allow_files(needed: int) -> None:
    """Let this process and the hub it starts open as many sockets as the system allows; say so when that is too few."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < needed:
        raise SystemExit(f"swarm: {needed} open files are needed, the system allows {hard} (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _play(options: argparse.Namespace) -> dict[str, Figures]:
    cores = Cores()
    os.sched_setaffinity(0, {cores.generator})
    with tempfile.TemporaryDirectory(prefix="vigie-swarm-", ignore_cleanup_errors=True) as folder:
        async with Nodes.open(Path(folder), cores, options.nodes) as nodes:
            return await _play_on(nodes, options)


async def _play_on(nodes: Nodes, options: argparse.Namespace) -> dict[str, Figures]:
    hall, api = Hall(Address(*nodes.ports), Tally()), Api(nodes.base_url)
    stage = Stage(hall, nodes)
    _say(f"{options.rooms} rooms are laid out")
    await hall.lay_out(api, await api.login(nodes.demo["admin"]), options.rooms, options.candidates)
    figures: dict[str, Figures] = {}
    try:
        await _scene(figures, hall, "identify", lambda: scenes.identify(stage, api))
        invigilator = await api.login(nodes.demo["invigilator"])
        await hall.attend(api, invigilator, options.dashboards)
        await _scene(figures, hall, "join", lambda: scenes.join(stage))
        await _scene(figures, hall, "start", lambda: scenes.start(stage))
        for name in options.scenes:
            await _scene(figures, hall, name, _chosen(stage, name, options.seconds))
    finally:
        for kind, told in (("missing", hall.tally.missing), ("fault", hall.tally.faults)):
            for one in told[:MOST_TOLD]:
                _say(f"{kind}: {one}")
        hall.leave()
    return figures


def _chosen(stage: Stage, name: str, seconds: float) -> Callable[[], Awaitable[Figures]]:
    match name:
        case "pace":
            per_second = len(stage.hall.candidates) / scenes.EXAM_PACE_SECONDS
            return lambda: scenes.pace(stage, per_second, seconds)
        case "single":
            return lambda: scenes.in_flight(stage, 1, seconds)
        case "saturation":
            return lambda: scenes.in_flight(stage, 64, seconds)
        case "decisions":
            return lambda: scenes.decide(stage, DECIDING_ROOMS, seconds)
        case "decisions_at_once":
            return lambda: scenes.decide_at_once(stage, DECIDING_ROOMS, 10)
        case "storm":
            return lambda: scenes.storm(stage)
        case _:
            return lambda: death.node_death(stage)


async def _scene(figures: dict[str, Figures], hall: Hall, name: str, play: Callable[[], Awaitable[Figures]]) -> None:
    """Play a scene, and judge the hall once its cost was read."""
    figures[name] = await play()
    figures[name]["owed"] = await judge_hall(hall)
    told = "  ".join(f"{what} {value:,.4g}" for what, value in figures[name].items())
    sys.stdout.write(f"{name:<11} {told}\n")
    sys.stdout.flush()


def _say(what: str) -> None:
    sys.stderr.write(f"{what}\n")


if __name__ == "__main__":
    main()

"""How the hub grows: one curve after the other, each a table and a picture.

    python -m loadtests.growth [--quick] [--curves connections,rooms,nodes,together,dashboards] [--into FOLDER]

Starts hubs of its own on 127.0.0.1 and ends them, also on Ctrl-C. Some 20 minutes, on two cores that do
nothing else. A run without options is kept in loadtests/RESULTS.md and loadtests/results/.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import uvloop

from loadtests.bench import results as kept
from loadtests.bounds import chosen_from
from loadtests.growth.curves import QUICK_PLAN, Curve, Plan, curves
from loadtests.growth.play import Player
from loadtests.growth.report import draw, section
from loadtests.orderly import INTERRUPTED, say, until_signalled
from loadtests.processes import Cores

NAMES = tuple(curves())
BUILD = kept.ROOT / "build" / "growth"


def main() -> int:
    """Play, report, and give the exit code: 0 when every size was measured and nothing was missing."""
    options = read_arguments()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    chosen = {name: curve for name, curve in curves(is_quick=options.quick).items() if name in options.curves}
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            results = runner.run(until_signalled(play(chosen, QUICK_PLAN if options.quick else Plan(), options.into)))
    except asyncio.CancelledError:
        say("Interrupted: everything that was started has ended.")
        return INTERRUPTED
    report(results, chosen, options.into, is_whole=options.is_whole)
    return 1 if any(told["failures"] for told in results["curves"].values()) else 0


async def play(chosen: Mapping[str, Curve], plan: Plan, into: Path) -> dict[str, Any]:
    """Play the curves; what there is, is kept after each."""
    cores = Cores()
    if not cores.are_two:
        say("There is one core only: server and generator share it, and no figure of this run means much.")
    results = {**kept.begin_anything(cores), "curves": {}}
    os.sched_setaffinity(0, {cores.generator})
    player = Player(cores, plan, say)
    for name, curve in chosen.items():
        say(f"{name}: {curve.title}")
        results["curves"][name] = await player.play(curve)
        results["stores"] = player.versions
        kept.keep(results, into / "growth.json")
    return results


def report(results: Mapping[str, Any], chosen: Mapping[str, Curve], into: Path, *, is_whole: bool) -> None:
    """Draw, print, and keep a whole run in the document."""
    for name, told in results["curves"].items():
        if told["points"]:
            draw(name, chosen[name], told["points"], into / f"growth-{name}.svg")
    say("")
    say(section(results, chosen, None))
    if is_whole:
        kept.put_into_document(section(results, chosen, os.path.relpath(into, kept.DOCUMENT.parent)))
    say(f"Kept in {into}{' and loadtests/RESULTS.md' if is_whole else ''}.")


def read_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Understand the command line."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.growth", description="Measure how the hub grows.")
    parser.add_argument("--quick", action="store_true", help="small sizes, a minute or two; not kept in the repo")
    parser.add_argument("--curves", type=chosen_from(NAMES), help=f"of {', '.join(NAMES)} (all)")
    parser.add_argument("--into", type=Path, help="folder of growth.json and the pictures")
    options = parser.parse_args(arguments)
    options.is_whole = not options.quick and options.curves is None and options.into is None
    options.curves = options.curves or NAMES
    options.into = options.into or (kept.KEPT if options.is_whole else BUILD)
    return options


if __name__ == "__main__":
    raise SystemExit(main())

"""The hub and its peers on the same work, interleaved in one run; one table in the end.

    python -m loadtests.bench [--quick] [--arms hub,socketio,...] [--rounds 3] [--no-accidents] [--into FOLDER]

Listens on 127.0.0.1 only, keeps to two cores, ends what it started by its id, also on Ctrl-C. An arm that cannot be
installed is left out by name. A whole run is kept in loadtests/RESULTS.md and loadtests/results/.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import uvloop

from loadtests.bench import results as kept
from loadtests.bench.accidents import ROOMS, Accidents
from loadtests.bench.arms import Arm, Skipped
from loadtests.bench.chart import draw
from loadtests.bench.ground import Ground
from loadtests.bench.hub_arm import Hub
from loadtests.bench.json_arms import Channels, Floor
from loadtests.bench.measure import Plan, Round
from loadtests.bench.polling_arm import Polling
from loadtests.bench.socketio_arms import PythonSocketIo, SocketIo
from loadtests.bounds import chosen_from
from loadtests.orderly import INTERRUPTED, reason, say, until_signalled
from loadtests.processes import Cores

BUILD = kept.ROOT / "build" / "bench"
ARMS: dict[str, type[Arm]] = {arm.name: arm for arm in (Hub, SocketIo, Channels, PythonSocketIo, Polling, Floor)}
QUICK_ARMS = ("hub", "socketio", "floor")
MOST_ROUNDS = 9
ARM_SECONDS = 420.0
"""No arm may take longer in one round: what it has not shown by then it does not show."""

Work = Callable[[Arm, Callable[[str], None]], Awaitable[dict[str, Any]]]


class Bench:
    """One run of some arms."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._cores = Cores()
        self._plan = Plan(sizes=(4, 16), widths=(256,), steady_seconds=3.0) if options.quick else Plan()
        self._into: Path = options.into
        self._results = kept.begin(self._cores, options.rounds, tuple(self._plan.sizes))

    async def run(self) -> dict[str, Any]:
        """Prepare, measure every arm once a round, hurt every arm once; gives the results."""
        if not self._cores.are_two:
            say("There is one core only: server and generator share it, and no figure of this run means much.")
        os.sched_setaffinity(0, {self._cores.generator})
        arms = self._prepared()
        for number in range(1, self._options.rounds + 1):
            for arm in arms:
                say(f"round {number} of {self._options.rounds}: {arm.title}")
                await self._one(arm, 1, "runs", lambda up, tell: Round(up, self._plan, tell).run())
        if self._options.accidents:
            rooms = ROOMS // 2 if self._options.quick else ROOMS
            for arm in arms:
                if self._options.quick and arm.most_nodes < 2:
                    continue  # two of its three accidents do not exist
                say(f"accidents: {arm.title}")
                await self._one(arm, 2, "accidents", lambda up, tell: Accidents(up, rooms, tell).run())
        return self._results

    def _prepared(self) -> list[type[Arm]]:
        ready = []
        for name in self._options.arms:
            arm = ARMS[name]
            told: dict[str, Any] = {"title": arm.title, "versions": {}, "runs": [], "accidents": {}, "failures": []}
            self._results["arms"][name] = told
            say(f"preparing {arm.title}")
            try:
                told["versions"] = dict(arm.prepare(BUILD))
                ready.append(arm)
            except Skipped as why:
                told["skipped"] = str(why)
                say(f"    left out: {why}")
        return ready

    async def _one(self, kind: type[Arm], nodes: int, what: str, work: Work) -> None:
        """Lay the ground, start the arm, do the work, and take everything down, whatever happens."""
        told, begun = self._results["arms"][kind.name], time.monotonic()
        try:
            async with asyncio.timeout(ARM_SECONDS):
                done = await self._on_fresh_ground(kind, min(nodes, kind.most_nodes), work)
        except Exception as failed:  # noqa: BLE001 - a peer may fail in any way; the others go on, and it is told
            why = reason(failed, f"after {ARM_SECONDS:.0f} s")
            told["failures"].append(f"{'accidents' if what == 'accidents' else 'a round'}: {why}")
            say(f"    failed: {why}")
        else:
            told[what] = done if what == "accidents" else [*told[what], done]
        kept.keep(self._results, self._into / "bench.json")
        say(f"    {time.monotonic() - begun:.0f} s")

    async def _on_fresh_ground(self, kind: type[Arm], nodes: int, work: Work) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="vigie-bench-", ignore_cleanup_errors=True) as folder:
            async with Ground.lay(Path(folder), self._cores) as ground:
                self._results["stores"] = dict(ground.stores.versions)
                arm = kind(ground)
                try:
                    await arm.start(nodes)
                    done = await work(arm, lambda text: say(f"    {text}"))
                    self._note_wrong(arm)
                    return done | self._refusals(arm)
                finally:
                    await arm.stop()

    def _note_wrong(self, arm: Arm) -> None:
        """Tell what dashboards heard that must not be: an arm that is fast but wrong has failed."""
        if arm.wrong:
            self._results["arms"][arm.name]["failures"].append(
                f"{len(arm.wrong)} times wrong on dashboards, such as: {arm.wrong[0]}"
            )
            say(f"    wrong: {arm.wrong[0]}")

    def _refusals(self, arm: Arm) -> dict[str, Any]:
        """Tell what the servers would not take; it stands in the table too."""
        if arm.refused:
            why = f"{len(arm.refused)} frames were refused, such as: {arm.refused[0]}"
            self._results["arms"][arm.name]["failures"].append(why)
            say(f"    {why}")
        return {"refused": len(arm.refused), "slowed": arm.slowed}


def report(results: dict[str, Any], into: Path, *, is_whole: bool) -> bool:
    """Print the table and keep it; tell whether every arm that took part was measured."""
    kept.keep(results, into / "bench.json")
    has_runs = any(arm["runs"] for arm in results["arms"].values())
    if has_runs:
        draw(results, into / "bench.svg")
    say("")
    say(kept.section(results, None))
    if is_whole and has_runs:
        picture = os.path.relpath(into / "bench.svg", kept.DOCUMENT.parent)
        kept.put_into_document(kept.section(results, picture))
    say(f"Kept in {into}{' and loadtests/RESULTS.md' if is_whole and has_runs else ''}.")
    return has_runs and not any(arm["failures"] for arm in results["arms"].values())


def read_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Understand the command line."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.bench", description="Measure the hub and its peers.")
    parser.add_argument(
        "--quick", action="store_true", help="one round, few arms, a smaller hall; not kept in the repo"
    )
    parser.add_argument(
        "--arms", type=chosen_from(ARMS), help=f"of {', '.join(ARMS)} (all; with --quick {','.join(QUICK_ARMS)})"
    )
    parser.add_argument("--rounds", type=int, choices=range(1, MOST_ROUNDS + 1), help="interleaved rounds (3)")
    parser.add_argument("--no-accidents", dest="accidents", action="store_false", help="kill nothing")
    parser.add_argument("--into", type=Path, help="folder of bench.json and bench.svg")
    parser.add_argument("--rewrite", action="store_true", help="measure nothing: write RESULTS.md from the kept JSON")
    options = parser.parse_args(arguments)
    options.is_whole = not options.quick and options.arms is None and options.rounds is None and options.accidents
    options.arms = options.arms or (QUICK_ARMS if options.quick else tuple(ARMS))
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.into = options.into or (kept.KEPT if options.is_whole else BUILD)
    return options


def main() -> int:
    """Measure, and give the exit code."""
    options = read_arguments()
    if options.rewrite:
        return 0 if report(kept.read(kept.KEPT / "bench.json"), kept.KEPT, is_whole=True) else 1
    # A hall of 64 rooms is 1,728 sockets here and as many in each server.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            results = runner.run(until_signalled(Bench(options).run()))
    except asyncio.CancelledError:
        say("Interrupted: everything that was started has ended.")
        return INTERRUPTED
    return 0 if report(results, options.into, is_whole=options.is_whole) else 1


if __name__ == "__main__":
    raise SystemExit(main())

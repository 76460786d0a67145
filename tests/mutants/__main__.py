"""Are the checks honest? Each guard is dropped in a copy of the source, and a test must demand it back.

    python -m tests.mutants [--quick] [--only NAME] [--jobs 2] [--into build/mutants.xml]

All of them take about ten minutes on two cores, the quick ones one. Exits with 1 if a mutant was not caught.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from loadtests.orderly import say
from tests.mutants.catalogue import MUTANTS
from tests.mutants.ground import ROOT
from tests.mutants.mutant import Mutant
from tests.mutants.play import Fate, Outcome, Unsound, played
from tests.mutants.table import line, summary, write_junit


def main() -> int:
    """Play what was asked for, say what became of it, and return the exit code."""
    options = read_arguments()
    chosen = chosen_from(options)
    if options.list:
        for mutant in chosen:
            say(f"{'quick' if mutant.is_quick else 'long':<6} {mutant.file:<34} {mutant.name}")
        return 0
    say(f"{len(chosen)} mutants, after the same tests with every guard in its place …")
    outcomes: list[Outcome] = []
    try:
        for outcome in played(chosen, options.jobs):
            outcomes.append(outcome)
            say(line(outcome))
    except Unsound as unsound:
        say(f"The tests fail although no guard is dropped: {unsound}")
        return 1
    say(summary(outcomes))
    write_junit(outcomes, options.into)
    return 0 if all(one.told.fate is Fate.CAUGHT for one in outcomes) else 1


def chosen_from(options: argparse.Namespace) -> Sequence[Mutant]:
    """Return the mutants that were asked for; ends the program with a sentence when there is none."""
    wanted = options.only or [mutant.name for mutant in MUTANTS]
    chosen = [
        one for one in MUTANTS if (one.is_quick or not options.quick) and any(part in one.name for part in wanted)
    ]
    if not chosen:
        sys.exit(f"No mutant is called like {', '.join(wanted)}: --list names them all.")
    return chosen


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--list", action="store_true", help="name the mutants, and play none")
    parser.add_argument("--quick", action="store_true", help="only those that need no database, hub or browser")
    parser.add_argument("--only", action="append", metavar="NAME", help="only those with these words in their name")
    parser.add_argument("--jobs", type=int, default=2, choices=range(1, 9), help="so many at once (2)")
    parser.add_argument("--into", type=Path, default=ROOT / "build" / "mutants.xml", help="where the JUnit file goes")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())

"""Tells stories in simulated worlds: `python -m tests.simulation --seeds 0:200 --story plague`."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time

from tests.simulation.stories import STORIES, tell


def say(text: str) -> None:
    """Say something to whoever started this."""
    sys.stdout.write(f"{text}\n")


def main() -> int:
    """Tell them; 1 when one of them went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", default="0:20", help="one seed, or FIRST:END (default %(default)s)")
    parser.add_argument("--story", choices=STORIES, action="append", help="only this one (may be given again)")
    parser.add_argument("--tell", action="store_true", help="print the whole journal of what goes wrong")
    asked = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":
        say("without PYTHONHASHSEED=0 a story may differ from run to run")
    logging.getLogger().addHandler(logging.NullHandler())  # complaints are judged, not printed
    first, _, end = asked.seeds.partition(":")
    began, wrong, told = time.perf_counter(), 0, 0
    for story in asked.story or STORIES:
        for seed in range(int(first), int(end or int(first) + 1)):
            told += 1
            try:
                tell(story, seed)
            except AssertionError as broken:
                wrong += 1
                say(f"{story} {seed}: {str(broken)[:600]}")
                if asked.tell:
                    say("\n".join(broken.__notes__))
    say(f"{told} stories in {time.perf_counter() - began:.0f} s, {wrong} went wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())

"""Play an exam against a running hub, with Locust: candidates, invigilators, an admin, and a judge of what they heard.

    python -m loadtests.load [--scene all] [--rooms 4] [--candidates 25] [--dashboards 2] [--seconds 20] [--web]

Exits with 0 only if nothing failed, every dashboard heard all there was to hear, once and in order, and holds at the
end what a fresh snapshot says.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from loadtests.bounds import bounded
from loadtests.scenes.plays import SCENES
from loadtests.target import NoTarget, find, look

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
NUMBERS = (
    ("rooms", 40, 4, "rooms, made for this play alone"),
    ("candidates", 50, 25, "candidates in each room"),
    ("dashboards", 5, 2, "dashboards on each room"),
    ("seconds", 3600, 20, "how long an exam hour lasts"),
    ("every", 600, 4, "seconds between two answers of one candidate"),
)
"""What may be chosen, the most of it, what is chosen otherwise, and what it is."""
WEB_HOST, WEB_PORT = "127.0.0.1", 8089


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what may be chosen about a play; Locust's own parser gets the same."""
    parser.add_argument("--scene", choices=list(SCENES), default="all", help="what is played (%(default)s)")
    for name, most, default, what in NUMBERS:
        text = f"{what}, 1 to {most} (%(default)s)"
        parser.add_argument(f"--{name}", type=bounded(1, most), default=default, help=text)
    parser.add_argument("--elsewhere", action="store_true", help="allow a hub that is not on this machine")


def numbers(options: argparse.Namespace) -> dict[str, float]:
    """Return the chosen numbers. Locust's web interface leaves them as text, without a look at their bounds."""
    return {name: bounded(1, most)(str(getattr(options, name))) for name, most, _, _ in NUMBERS}


def command(options: argparse.Namespace, base_url: str) -> Sequence[str]:
    """Return the Locust command of a play."""
    own = ["--scene", options.scene]
    own += [word for name, value in numbers(options).items() for word in (f"--{name}", str(value))]
    if options.elsewhere:
        own.append("--elsewhere")
    shown = ["--headless", "--only-summary"]
    if options.web:
        shown = ["--web-host", WEB_HOST, "--web-port", str(options.web_port)]
    locust = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--loglevel", "WARNING"]
    return [*locust, "--host", base_url, *shown, *own]


def become(words: Sequence[str]) -> NoReturn:
    """Go on as Locust, in the same process: Ctrl-C and exit code are its own."""
    os.chdir(LOCUSTFILE.parent.parent)
    os.execv(words[0], (*words,))  # nosec B606 # our own words, no shell


def main() -> int:
    """Find the hub, then become Locust."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.load", description=__doc__.partition("\n")[0])
    add_options(parser)
    parser.add_argument("--url", help="the hub (default: VIGIE_PUBLIC_URL, else what var/demo.json says)")
    parser.add_argument("--web", action="store_true", help=f"open Locust's web interface on {WEB_HOST} and wait there")
    parser.add_argument("--web-port", type=bounded(1, 65535), default=WEB_PORT, help="its port (%(default)s)")
    options = parser.parse_args()
    try:
        target = find(options.url, may_be_elsewhere=options.elsewhere)
        look(target)
    except NoTarget as why:
        sys.stderr.write(f"{why}\n")
        return 2
    if options.web:
        sys.stdout.write(f"Locust's web interface: http://{WEB_HOST}:{options.web_port} (Ctrl-C ends it)\n")
    sys.stdout.flush()
    become(command(options, target.base_url))


if __name__ == "__main__":
    raise SystemExit(main())

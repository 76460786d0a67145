"""Load scenarios for people, as Locust finds them: `make load`, or `locust -f loadtests/locustfile.py`.

Candidates, invigilators and an admin play an exam over the hub's real wire. Latencies are Locust's requests; whatever a
dashboard must not have heard, and whatever it has not heard at rest, is a failure.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx
from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from loadtests.load import add_options, numbers
from loadtests.scenes.admin import Admin
from loadtests.scenes.candidate import Candidate
from loadtests.scenes.invigilator import Invigilator
from loadtests.scenes.shapes import Scene
from loadtests.scenes.stage import Size, Stage
from loadtests.target import NoTarget, find, look

__all__ = ["Admin", "Candidate", "Invigilator", "Scene"]

log = logging.getLogger("vigie.load")


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def on_parser(parser: LocustArgumentParser) -> None:
    """Ask for the size of the play, in the terminal and in the web interface."""
    add_options(parser)


@events.init.add_listener  # type: ignore[untyped-decorator]
def on_init(environment: Environment, **_: Any) -> None:
    """Tell the shape how to set up a stage, each time a play begins."""
    options = environment.parsed_options
    assert options is not None

    def set_up() -> tuple[Stage, str]:
        chosen = numbers(options)
        rooms, candidates, dashboards = (int(chosen[name]) for name in ("rooms", "candidates", "dashboards"))
        size = Size(rooms, candidates, dashboards, chosen["every"], chosen["seconds"])
        stage = Stage(find(environment.host, may_be_elsewhere=options.elsewhere), size, environment)
        Candidate.stage = Invigilator.stage = Admin.stage = stage
        Invigilator.fixed_count = size.consoles
        return stage, options.scene

    Scene.set_up = staticmethod(set_up)


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def on_test_start(**_: Any) -> None:
    """Lay the rooms out; nobody is on stage yet."""
    stage = Candidate.stage
    try:
        with stage.measured("rooms laid out", "HTTP"):
            look(stage.target)
            asyncio.run(stage.lay_out())
    except (NoTarget, httpx.HTTPError, ValueError):
        log.exception("the rooms could not be laid out")
        stage.has_failed = True


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def on_quitting(environment: Environment, **_: Any) -> None:
    """What was not judged is not right: an interrupted play fails like a wrong hub."""
    stage: Stage | None = getattr(Candidate, "stage", None)
    if stage is not None and not stage.are_all_judged:
        log.error("not every dashboard came to rest: this says nothing good of the hub")
        environment.process_exit_code = 1

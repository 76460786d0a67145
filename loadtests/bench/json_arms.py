"""Arms whose clients speak plain JSON over a WebSocket: a join, then progress and calls; dashboards hear events."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from loadtests.bench.arms import Arm, Skipped
from loadtests.bench.hall import Screen, Seat
from loadtests.bench.install import PEERS, python_peer, python_versions, uvicorn
from loadtests.bench.lines import Line
from loadtests.bench.wire import facts, progress_frame, shown
from loadtests.frames import Event, Facets

JOINED = b'{"type":"joined"'


class Joined(msgspec.Struct):
    """The answer to a join."""

    rows: list[Facets] = []


_event = msgspec.json.Decoder(Event)
_joined = msgspec.json.Decoder(Joined)


class JsonCandidate(Line):
    """Joins a room as somebody."""

    path = "/ws"

    def __init__(self, seat: Seat) -> None:
        super().__init__()
        self._seat = seat

    def begin(self) -> None:
        """Join."""
        self.say(json.dumps({"type": "join", "room": self._seat.room.number, "candidate": self._seat.id}).encode())

    def hear(self, text: bytes) -> None:
        """Wait for the answer to the join."""
        if text.startswith(JOINED):
            self.settle()

    def progress(self, number: int) -> None:
        """Tell the number of answers."""
        self.say(progress_frame(number))

    def call(self, number: int) -> None:
        """Call for help."""
        self.say(b'{"type":"help","text":"%d"}' % number)


class JsonDashboard(Line):
    """Joins a room to look at it."""

    path = "/ws"

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen

    def begin(self) -> None:
        """Join."""
        self.say(json.dumps({"type": "join", "room": self._screen.room.number}).encode())

    def hear(self, text: bytes) -> None:
        """Take an event, or the room as it is."""
        if text.startswith(JOINED):
            self._screen.show(shown(_joined.decode(text).rows))
            self.settle()
        else:
            self._screen.hear(facts((_event.decode(text),)))


class JsonArm(Arm):
    """Lines of plain JSON."""

    def candidate(self, seat: Seat) -> Line:
        """Make a candidate's line."""
        return JsonCandidate(seat)

    def dashboard(self, screen: Screen) -> Line:
        """Make a dashboard's line."""
        return JsonDashboard(screen)


class Floor(JsonArm):
    """What the kernel and one loop in C cost, with nothing kept and nothing promised."""

    name, title = "floor", "plain C, epoll, no store (floor)"
    most_nodes, has_pubsub = 1, False
    binary: Path

    @classmethod
    def prepare(cls, build: Path) -> Mapping[str, str]:
        """Compile it."""
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            raise Skipped("no C compiler on PATH")
        folder = build / cls.name
        folder.mkdir(parents=True, exist_ok=True)
        cls.binary = folder / "floor"
        source = PEERS / cls.name / "floor.c"
        words = [compiler, "-O2", "-o", str(cls.binary), str(source)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # nosec B603 # our words, no shell
        if done.returncode:
            raise Skipped(f"does not compile: {done.stderr.strip()[-300:]}")
        asked = [compiler, "-dumpfullversion"]
        said = subprocess.run(asked, capture_output=True, text=True, check=False)  # nosec B603 # our words, no shell
        return {"gcc": said.stdout.strip()}

    def command(self) -> tuple[Sequence[str], Mapping[str, str]]:
        """Start the program on a port."""
        return (str(self.binary), "{port}"), {}


class Channels(JsonArm):
    """Django Channels with its newer Redis layer."""

    name, title = "channels", "Django Channels + pub/sub layer"
    python: Path

    @classmethod
    def prepare(cls, build: Path) -> Mapping[str, str]:
        """Install it with pip."""
        cls.python = python_peer(cls.name, build)
        return python_versions(cls.python, ("channels", "channels-redis", "django", "uvicorn"))

    def command(self) -> tuple[Sequence[str], Mapping[str, str]]:
        """Start the app."""
        return uvicorn(self.python, self.name), {}

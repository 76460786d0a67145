"""The two Socket.IO servers, which speak the same wire: Engine.IO 4 over a WebSocket, packets of Socket.IO 5."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from loadtests.bench.arms import Arm
from loadtests.bench.hall import Screen, Seat
from loadtests.bench.install import node_peer, python_peer, python_versions, uvicorn, version_of
from loadtests.bench.json_arms import Joined
from loadtests.bench.lines import Line
from loadtests.bench.wire import facts, progress_frame, shown
from loadtests.frames import Event

OPEN, PING, CONNECTED, SAID = b"0", b"2", b"40", b"42"
_event = msgspec.json.Decoder(tuple[str, Event])
_joined = msgspec.json.Decoder(tuple[str, Joined])
_EVENT, _JOINED = b'42["event"', b'42["joined"'


class SocketIoLine(Line):
    """Opens, connects to the default namespace, joins, and answers pings."""

    path = "/socket.io/?EIO=4&transport=websocket"

    def __init__(self, joining: Mapping[str, int]) -> None:
        super().__init__()
        self._joining = joining

    def hear(self, text: bytes) -> None:
        """Take a packet."""
        if text.startswith(SAID):
            self.hear_event(text)
        elif text == PING:
            self.say(b"3")
        elif text.startswith(CONNECTED):
            self.say(b'42["join",%s]' % json.dumps(self._joining).encode())
        elif text.startswith(OPEN):
            self.say(CONNECTED)

    def hear_event(self, text: bytes) -> None:
        """Take an event."""


class SocketIoCandidate(SocketIoLine):
    """A candidate's line."""

    def __init__(self, seat: Seat) -> None:
        super().__init__({"room": seat.room.number, "candidate": seat.id})

    def hear_event(self, text: bytes) -> None:
        """Wait for the answer to the join."""
        if text.startswith(_JOINED):
            self.settle()

    def progress(self, number: int) -> None:
        """Tell the number of answers."""
        self.say(b'42["progress",%s]' % progress_frame(number))

    def call(self, number: int) -> None:
        """Call for help."""
        self.say(b'42["help",{"text":"%d"}]' % number)


class SocketIoDashboard(SocketIoLine):
    """A dashboard's line."""

    def __init__(self, screen: Screen) -> None:
        super().__init__({"room": screen.room.number})
        self._screen = screen

    def hear_event(self, text: bytes) -> None:
        """Take an event of the room, or the room as it is."""
        if text.startswith(_EVENT):
            self._screen.hear(facts((_event.decode(text[len(SAID) :])[1],)))
        elif text.startswith(_JOINED):
            self._screen.show(shown(_joined.decode(text[len(SAID) :])[1].rows))
            self.settle()


class SocketIoArm(Arm):
    """Lines of Socket.IO."""

    def candidate(self, seat: Seat) -> Line:
        """Make a candidate's line."""
        return SocketIoCandidate(seat)

    def dashboard(self, screen: Screen) -> Line:
        """Make a dashboard's line."""
        return SocketIoDashboard(screen)


class SocketIo(SocketIoArm):
    """Socket.IO on Node."""

    name, title = "socketio", "Socket.IO + redis adapter (Node)"
    node: Path
    folder: Path

    @classmethod
    def prepare(cls, build: Path) -> Mapping[str, str]:
        """Install it with npm."""
        cls.node, cls.folder = node_peer(cls.name, build)
        wanted = json.loads((cls.folder / "package.json").read_text())["dependencies"]
        return {"node": version_of((str(cls.node), "--version")), **wanted}

    def command(self) -> tuple[Sequence[str], Mapping[str, str]]:
        """Start the app."""
        return (str(self.node), str(self.folder / "app.mjs")), {"NODE_ENV": "production"}


class PythonSocketIo(SocketIoArm):
    """Socket.IO on Python."""

    name, title = "python_socketio", "python-socketio + Redis manager"
    python: Path

    @classmethod
    def prepare(cls, build: Path) -> Mapping[str, str]:
        """Install it with pip."""
        cls.python = python_peer(cls.name, build)
        return python_versions(cls.python, ("python-socketio", "redis", "uvicorn"))

    def command(self) -> tuple[Sequence[str], Mapping[str, str]]:
        """Start the app."""
        return uvicorn(self.python, self.name), {}

"""What a stack must be able to do to take part: start, take the hall's people, and be hurt."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from loadtests.bench.ground import Ground, Server
from loadtests.bench.hall import Room, Screen, Seat, Visitor
from loadtests.bench.lines import Line

AT_ONCE = 64
"""Connections that are opened side by side."""


class Skipped(Exception):
    """This arm cannot take part on this machine; the text is the reason."""


class Arm:
    """One stack with its servers. A peer says how it is started and what its lines are; the hub says more."""

    name: ClassVar[str]
    title: ClassVar[str]
    most_nodes: ClassVar[int] = 2
    has_pubsub: ClassVar[bool] = True
    is_done_when_answered: ClassVar[bool] = False
    """An event is out of flight when its sender has an answer, not when both dashboards have it."""
    rest_seconds: ClassVar[float] = 1.0
    """How long after a burst what it caused may still be going on, or must nothing be sent."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.servers: list[Server] = []
        self.refused: list[str] = []
        """What its servers would not take from the generator: a figure with refusals in it is none."""
        self.wrong: list[str] = []
        """What its dashboards heard that must not be, where somebody judges it."""
        self.slowed = 0
        """How often its servers told the generator to be slower."""

    @classmethod
    def prepare(cls, build: Path) -> Mapping[str, str]:
        """Install what this arm needs; tell its versions. Raises Skipped."""
        raise NotImplementedError

    def command(self) -> tuple[Sequence[str], Mapping[str, str]]:
        """Give the command of one server, `{port}` in it, and its environment."""
        raise NotImplementedError

    def candidate(self, seat: Seat) -> Line:
        """Make a candidate's line."""
        raise NotImplementedError

    def dashboard(self, screen: Screen) -> Line:
        """Make a dashboard's line."""
        raise NotImplementedError

    async def start(self, nodes: int = 1) -> None:
        """Start so many servers on the same stores."""
        command, environment = self.command()
        for number in range(nodes):
            server = Server(self.ground, f"{self.name}-{number}", command, environment)
            self.servers.append(server)
            await server.start()

    async def stop(self) -> None:
        """End every server."""
        for server in self.servers:
            await server.stop()

    def kill(self, node: int) -> None:
        """End a server without a warning."""
        self.servers[node].kill()

    async def revive(self, node: int) -> None:
        """Start it again at the same address."""
        await self.servers[node].start()

    def server_pids(self) -> set[int]:
        """List the servers' own processes."""
        return {server.pid for server in self.servers}

    def port(self, node: int) -> int:
        """Tell where a server listens."""
        return self.servers[node].port

    async def lay_out(self, rooms: Sequence[Room]) -> None:
        """Make known who will come, where that is needed."""

    async def enter(self, rooms: Sequence[Room]) -> None:
        """Bring everybody who is connected into the test, where that is a step of its own."""

    async def connect(self, people: Sequence[Visitor]) -> None:
        """Open a line for each of them."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(who: Visitor) -> None:
            async with turn:
                await self.open_line(who, who.node)

        async with asyncio.TaskGroup() as group:
            for who in people:
                group.create_task(one(who))

    async def open_line(self, who: Visitor, node: int) -> Line:
        """Open a new line for somebody. Raises CannotConnect."""
        line = self.candidate(who) if isinstance(who, Seat) else self.dashboard(who)
        who.line = line
        await line.connect(self.port(node))
        return line

"""Hubs of the simulated world: whole nodes as they are served in truth, each a process with ways of its own."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast

from channels.node import Node, Pace, Stores
from hub.announcer import Announcer
from hub.directory import Directory
from hub.live import LiveStore, Position
from hub.model import NodeId, SessionNumber
from hub.policy import Policy
from hub.ports import Ledger
from hub.service import Decisions
from state.memory_ledger import MemoryLedger
from state.memory_live import MemoryBell, MemoryLiveServer, MemoryLiveStore
from tests.conversations.hall import FewDirectory
from tests.simulation.loop import BEGIN_SECONDS, Process, SimulatedLoop
from tests.simulation.ways import Door, LedgerDoor, Way
from tests.simulation.wires import Wire

BEGUN = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PACE = Pace(drain=3.0, notice=0.5)


class SimulatedClock:
    """The wall clock of one machine, wrong by `error` seconds; seconds pass rightly on all of them."""

    def __init__(self, loop: SimulatedLoop, error: float = 0.0) -> None:
        self._loop, self.error = loop, error

    def now(self) -> datetime:
        """Return the wall clock."""
        return BEGUN + timedelta(seconds=self._loop.time() - BEGIN_SECONDS + self.error)

    def monotonic(self) -> float:
        """Return the loop's seconds."""
        return self._loop.time()


class LiveServer(MemoryLiveServer):
    """One Redis: its process, and when each node last said that it lives."""

    LEASE_SECONDS = 5.0

    def __init__(self, loop: SimulatedLoop, name: str) -> None:
        super().__init__(SimulatedClock(loop).now)
        self.history = name
        self.process = Process(name)
        self._loop = loop
        self._renewed: dict[NodeId, float] = {}
        self._lapse()

    def renew(self, node: NodeId) -> None:
        """Note that a node said so just now."""
        self._renewed[node] = self._loop.time()

    def _lapse(self) -> None:
        now = self._loop.time()
        self.leases -= {one for one in self.leases if now - self._renewed.get(one, 0) > self.LEASE_SECONDS}
        self._loop.within(self.process, 0.1, self._lapse)


class LiveOfOne(MemoryLiveStore):
    """A node's live store, which may be led to another server."""

    def lead_to(self, server: LiveServer) -> None:
        """Speak to another server from now on."""
        self._server = server

    async def renew_lease(self) -> bool:
        """Say that this node lives."""
        was_alive = await super().renew_lease()
        cast(LiveServer, self._server).renew(self._node)
        return was_alive


class BellOfOne(MemoryBell):
    """A bell whose rings take their time, and may be lost or come twice."""

    def __init__(self, server: LiveServer, way: Way, process: Process, chance: random.Random) -> None:
        super().__init__(server)
        self._way, self._process, self._chance = way, process, chance
        self.losses = 0.0

    def lead_to(self, server: LiveServer) -> None:
        """Hear another server from now on."""
        self._server.bells.remove(self)
        self._server = server
        server.bells.append(self)

    def rung(self, number: SessionNumber, position: Position) -> None:
        """Carry a ring to its node."""
        if number not in self._rooms or not self._way.is_up:
            return
        for _ in range(self._chance.choices((1, 0, 2), (1 - self.losses, self.losses / 2, self.losses / 2))[0]):
            self._way.loop.within(self._process, self._way.latency(), self._call, number, position)


class SimulatedHub:
    """One hub, which may be killed, stopped, ended in order, and started again."""

    def __init__(
        self,
        name: str,
        loop: SimulatedLoop,
        chance: random.Random,
        ledger: MemoryLedger,
        database: Process,
        server: LiveServer,
        directory: FewDirectory,
        note: Callable[[str, str], None],
        clock_error: float = 0.0,
    ) -> None:
        self.name, self._loop, self._chance = name, loop, chance
        self._ledger, self._database, self.server, self._directory = ledger, database, server, directory
        self._note = note
        self.clock_error = clock_error
        self._lives = 0
        self.is_running = self.is_leaving = False
        self.wires: list[Wire] = []
        self.graves: list[Process] = []
        self.start()

    @property
    def is_open(self) -> bool:
        """Tell whether a balancer would send somebody here."""
        return self.is_running and not self.is_leaving and not self.process.is_stopped

    def start(self) -> None:
        """Start a process of this hub."""
        self._lives += 1
        name = f"{self.name}.{self._lives}"
        self.process = Process(name)
        self.is_running, self.is_leaving = True, False
        self.to_database = Way(self._loop, self._chance, self._database)
        self.to_redis = Way(self._loop, self._chance, self.server.process)
        self.live = LiveOfOne(self.server, NodeId(name))
        self.bell = BellOfOne(self.server, self.to_redis, self.process, self._chance)
        clock = SimulatedClock(self._loop, self.clock_error)
        ledger = cast(Ledger, LedgerDoor(self._ledger, self.to_database))
        live = cast(LiveStore, Door(self.live, self.to_redis))
        directory = cast(Directory, Door(self._directory, self.to_database))
        self.announcer = Announcer(ledger, live)
        decisions = Decisions(ledger, self.announcer, clock, Policy())
        stores = Stores(ledger, live, self.bell, directory)
        self.node = Node(stores, decisions, self.announcer, clock, Policy(), PACE)
        self._loop.create_task(self.node.start(), context=self.process.context)
        self._note(self.name, "started")

    def kill(self) -> None:
        """Let the process be gone, with its connections."""
        self._note(self.name, "killed")
        self._bury()
        for wire in self.wires:
            wire.to_client(None)
        self.to_database.cut()
        self.to_redis.cut()

    def terminate(self) -> None:
        """Ask the process to stop; it says goodbye to its clients first."""
        self._note(self.name, "asked to stop")
        self.is_leaving = True
        self._loop.create_task(self._leave(), context=self.process.context)

    async def _leave(self) -> None:
        await self.node.drain()
        await self.node.stop()
        await self.announcer.settled()
        self._note(self.name, "has stopped")
        self._bury()

    def _bury(self) -> None:
        self.is_running = False
        self._loop.stop_process(self.process)
        self.graves.append(self.process)
        self.server.bells.remove(self.bell)

    def freeze(self) -> None:
        """Stop the process's clock."""
        self._note(self.name, "frozen")
        self._loop.stop_process(self.process)

    def thaw(self) -> None:
        """Let the process go on."""
        if self.is_running and self.process.is_stopped:
            self._note(self.name, "goes on")
            self._loop.let_go_on(self.process)

    def lead_to(self, server: LiveServer) -> None:
        """Lead this hub to another Redis; its connection breaks."""
        if server is self.server:
            return
        self._note(self.name, f"is led to {server.history}")
        self.server = server
        if not self.is_running:
            return
        self.to_redis.cut()
        self.to_redis.server, self.to_redis.is_up = server.process, True
        self.live.lead_to(server)
        self.bell.lead_to(server)

    def calm(self) -> None:
        """End every fault on this hub's ways."""
        self.to_database.calm()
        self.to_redis.calm()
        self.bell.losses = 0.0

    def forget_stores(self) -> None:
        """Ask the stores nothing any more: this world ends."""
        for way in (self.to_database, self.to_redis):
            way.is_over = True
            way.cut()

    async def dial(self, path: str, within: float) -> object:
        """Open a socket; a process that stands still accepts nobody."""
        accepted: asyncio.Future[Wire] = self._loop.create_future()
        process = self.process

        def accept() -> None:
            wire = Wire(self._loop, self._chance, process, is_of_staff=path != "/ws/candidate")
            self.wires.append(wire)
            serve = {
                "/ws/candidate": self.node.serve_candidate,
                "/ws/invigilator": lambda line: self.node.serve_invigilator(line, None),
            }[path]
            self._loop.create_task(serve(wire.hub)).add_done_callback(lambda _: self.wires.remove(wire))
            if not accepted.done():
                accepted.set_result(wire)

        if not self.is_running:
            raise ConnectionRefusedError(self.name)
        self._loop.within(process, 0.01, accept)
        async with asyncio.timeout(within):
            return (await accepted).client

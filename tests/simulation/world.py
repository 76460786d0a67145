"""The simulated world: hubs, stores and people of the crash rig, in one process, in no time, from one seed.

    with simulated(seed=7) as world:
        world.run(story(world))

The people and the judges are those of `tests.faults`: what plays against real processes there plays here against the
very same hub and channels, on the stores' twins in memory. What differs is who decides what happens when. There it is
the machine; here it is the seed, so that a story which went wrong is told again word for word.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from copy import deepcopy
from datetime import timedelta
from typing import Any
from unittest import mock

from hub.model import Candidate, CandidateId, ClientId, Room, account_author
from hub.people import Role
from hub.policy import Policy
from hub.preparation import KnownClient
from hub.standing import Claim
from hub.tokens import new_token, token_digest
from state.memory_ledger import MemoryLedger
from tests.conversations.hall import CODE, NUMBER, STAFF, FewDirectory, roster
from tests.faults.journal import Journal
from tests.faults.reading import Kept, Truth
from tests.faults.rig import Colleague, RigRoom, Staff
from tests.promises import Tally
from tests.simulation.hubs import LiveServer, SimulatedClock, SimulatedHub
from tests.simulation.loop import Process, SimulatedLoop

WRONG_CLOCKS = (0.0, -600.0, 600.0)
"""No clock of a hub decides anything: they may be wrong by ten minutes."""


class World:
    """What a story works with; to people and judges it is the rig."""

    def __init__(self, seed: int, loop: SimulatedLoop, chance: random.Random, hubs: int) -> None:
        self.seed, self.loop, self.chance = seed, loop, chance
        self.journal = Journal()
        self.database = Process("postgres")
        self.ledger_server = MemoryLedger(SimulatedClock(loop).now)
        self.redis = LiveServer(loop, "redis-1")
        self.directory = FewDirectory()
        self.directory.commands = {STAFF["token-durand"].id, STAFF["token-martin"].id}
        self.oldest = deepcopy(self.redis.stages)
        people = {token: Colleague(one.id, one.name, token) for token, one in STAFF.items()}
        self.staff = Staff(people["token-roy"], (people["token-durand"], people["token-martin"]))
        self.hubs = [
            SimulatedHub(
                f"hub-{number}",
                loop,
                chance,
                self.ledger_server,
                self.database,
                self.redis,
                self.directory,
                self.journal.note,
                chance.choice(WRONG_CLOCKS),
            )
            for number in range(1, hubs + 1)
        ]
        self.accidents: list[str] = []
        self.tally = Tally()
        self._servers = 1
        self._clients = 0

    # ── what people and judges ask of a rig ────────────────────────────────────────────────────────────────

    def seconds(self, name: str) -> float:
        """Return one of the policy's durations."""
        duration: timedelta = getattr(Policy(), name)
        return duration.total_seconds()

    def gate(self, chance: random.Random) -> SimulatedHub:
        """Choose a hub as a balancer does."""
        return chance.choice([hub for hub in self.hubs if hub.is_open] or self.hubs)

    async def room(self, people: int) -> RigRoom:
        """Lay out the one room of this world."""
        ids = [CandidateId(number) for number in range(1, people + 1)]
        rows = {one: Candidate(one, reserved_number=500 + one) for one in ids}
        self.ledger_server.open(Room(NUMBER, rows), roster(people))
        for account in STAFF.values():
            is_admin = account.role is Role.CENTER_ADMIN
            claim = Claim(account.id, account.role, not is_admin, is_admin)
            self.ledger_server.claim(NUMBER, account_author(account.id), claim)
        return RigRoom(NUMBER, CODE, "", (), tuple(ids))

    async def identify(self, room: RigRoom, place: int) -> str:
        """Give a candidate's client its token."""
        self._clients += 1
        client, candidate, token = ClientId(f"client-{self._clients}"), room.ids[place], new_token()
        self.directory.known[token_digest(token)] = KnownClient(client, candidate, NUMBER, is_running=False)
        self.ledger_server.add_client(NUMBER, client, candidate)
        return token

    @asynccontextmanager
    async def ledger(self) -> AsyncIterator[MemoryLedger]:
        """Read the truth past every fault."""
        yield self.ledger_server

    async def truth(self, room: RigRoom) -> Truth:
        """Read everything about the session."""
        kept = self.ledger_server.kept(room.number)
        answers = tuple(
            Kept(
                one.author,
                one.key,
                one.answer.decision_seq,
                tuple((result.candidate, result.refusal is None, result.is_already) for result in one.answer.results),
            )
            for one in kept.answers.values()
        )
        return Truth(kept.room, tuple(kept.records), answers)

    def complaints(self) -> list[str]:
        """List what was logged and should not have been."""
        return self.accidents

    # ── life ───────────────────────────────────────────────────────────────────────────────────────────────

    def run(self, story: Coroutine[Any, Any, None], within: float = 900.0) -> None:
        """Let a story happen."""

        async def told() -> None:
            async with asyncio.timeout(within):
                await story

        self.loop.run_until_complete(told())

    def another_redis(self) -> LiveServer:
        """Start one more Redis, empty."""
        self._servers += 1
        return LiveServer(self.loop, f"redis-{self._servers}")

    async def heal(self) -> None:
        """End every fault and start what is dead."""
        for process in (self.database, *{hub.server.process: None for hub in self.hubs}, self.redis.process):
            self.loop.let_go_on(process)
        for hub in self.hubs:
            if hub.is_running and not hub.is_leaving:
                hub.thaw()
            elif not hub.is_running:
                hub.start()
            hub.calm()
            hub.lead_to(self.redis)
            for wire in hub.wires:
                wire.calm()
        self.journal.note("world", "healed")

    def end(self) -> None:
        """Let everybody stop, at once and unheard."""
        graves = [process for hub in self.hubs for process in (*hub.graves, hub.process)]
        for hub in self.hubs:
            hub.forget_stores()
        for process in (self.database, self.redis.process, *graves):
            self.loop.let_go_on(process)
        while tasks := asyncio.all_tasks(self.loop):
            for task in tasks:
                task.cancel()
            self.loop.run_until_complete(asyncio.wait(tasks, timeout=1))


class _Ear(logging.Handler):
    """Keeps what hubs complain about."""

    def __init__(self, accidents: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._accidents = accidents
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line with its traceback."""
        self._accidents.append(self.format(record))


@contextmanager
def simulated(seed: int, hubs: int = 2) -> Iterator[World]:
    """Make a world; while it stands, its seed is behind everything that is drawn, and its loop behind every clock."""
    chance = random.Random(seed)
    loop = SimulatedLoop(random.Random(f"{seed}/turns"))
    drawn = random.Random(f"{seed}/secrets")
    with ExitStack() as stack:
        for module, name, instead in (
            (time, "monotonic", loop.time),
            (secrets, "token_hex", lambda size=32: drawn.randbytes(size).hex()),
            (secrets, "token_urlsafe", lambda size=32: drawn.randbytes(size).hex()),
            (uuid, "uuid4", lambda: uuid.UUID(int=drawn.getrandbits(128))),
        ):
            stack.enter_context(mock.patch.object(module, name, instead))
        state = random.getstate()
        stack.callback(random.setstate, state)
        random.seed(seed)
        world = World(seed, loop, chance, hubs)
        ear = _Ear(world.accidents)
        loop.set_exception_handler(lambda _loop, about: world.accidents.append(str(about)))
        logging.getLogger("vigie").addHandler(ear)
        stack.callback(logging.getLogger("vigie").removeHandler, ear)
        stack.callback(loop.close)
        stack.callback(world.end)
        yield world

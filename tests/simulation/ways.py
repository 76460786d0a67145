"""The ways from a hub to its stores: what is asked takes its time, is lost, or comes long after it was given up."""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from contextvars import copy_context
from typing import Any, TypeVar

from hub.model import SessionNumber
from hub.ports import Case, OutcomeUnknown, StoreUnavailable
from state.memory_ledger import MemoryLedger
from tests.simulation.loop import Process, SimulatedLoop
from tests.simulation.wires import LEAST_SECONDS

T = TypeVar("T")

ANSWER_SECONDS = 3.0
"""How long a hub waits for an answer; the work asked for may still be done later."""
IDLE_SECONDS = 2.0
"""A transaction that nobody goes on with is rolled back after so long."""
USUAL_SECONDS = 0.002
READS = frozenset({"snapshot", "read", "sight", "staffing", "is_looked_after_elsewhere"})


class Way:
    """One hub's connection to one server. What is sent on it arrives in its order."""

    def __init__(self, loop: SimulatedLoop, chance: random.Random, server: Process) -> None:
        self.loop, self._chance, self.server = loop, chance, server
        self.slowness, self.is_up, self.is_read_only = USUAL_SECONDS, True, False
        self.is_over = False
        self._arrives_at = 0.0
        self.connection = 0
        self._waiting: dict[asyncio.Future[Any], None] = {}

    def latency(self) -> float:
        """Draw how long one message takes."""
        return self._chance.uniform(0.2, 1.8) * self.slowness

    def calm(self) -> None:
        """End every fault of this way."""
        self.slowness, self.is_up, self.is_read_only = USUAL_SECONDS, True, False

    def cut(self) -> None:
        """Break the connection: whoever waits hears of it; what has been sent is done, or not."""
        self.is_up = False
        self.connection += 1
        for answer in self._waiting:
            if not answer.done():
                answer.set_exception(StoreUnavailable("the connection broke"))

    async def carry(self, work: Callable[[], Awaitable[T]]) -> T:
        """Have something done by the server and bring the answer back. Raises StoreUnavailable."""
        if self.is_over:
            raise StoreUnavailable("the world has ended")
        if not self.is_up:
            await asyncio.sleep(self.latency())
            raise StoreUnavailable("no connection")
        answer: asyncio.Future[T] = self.loop.create_future()
        caller = copy_context()

        def bring(outcome: asyncio.Task[T]) -> None:
            if not answer.done() and self.is_up:
                if error := outcome.exception():
                    answer.set_exception(error)
                else:
                    answer.set_result(outcome.result())

        def answered(outcome: asyncio.Task[T]) -> None:
            outcome.exception()  # it is known, also when nobody waits any more
            self.loop.call_later(self.latency(), bring, outcome, context=caller)

        def arrive() -> None:
            self.loop.create_task(work()).add_done_callback(answered)  # type: ignore[arg-type]

        self._arrives_at = max(self._arrives_at + LEAST_SECONDS, self.loop.time() + self.latency())
        self.loop.within(self.server, self._arrives_at - self.loop.time(), arrive)
        self._waiting[answer] = None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await answer
        except TimeoutError:
            raise StoreUnavailable(f"no answer in {ANSWER_SECONDS} s") from None
        finally:
            del self._waiting[answer]


class Door:
    """A store as one hub reaches it. What is no question to the server is answered at once."""

    def __init__(self, inner: object, way: Way) -> None:
        self._inner, self._way = inner, way

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if not inspect.iscoroutinefunction(method):
            return method

        async def asked(*given: object, **named: object) -> object:
            if self._way.is_read_only and name not in READS:
                raise StoreUnavailable("this server can only be read")
            return await self._way.carry(lambda: method(*given, **named))

        return asked


class LedgerDoor(Door):
    """The ledger as one hub reaches it: a transaction lives on the server, and ends there when nobody goes on."""

    _inner: MemoryLedger

    @asynccontextmanager
    async def case(self, number: SessionNumber) -> AsyncIterator[Case]:
        """Hold the session's lock on the server. Raises OutcomeUnknown when the answer to the commit is lost."""
        held = _Held(self._inner.case(number), self._way)
        try:
            case = await self._way.carry(held.begin)
            yield _CaseDoor(case, held)  # type: ignore[misc]
        except BaseException:
            held.give_up()
            raise
        try:
            await self._way.carry(held.commit)
        except StoreUnavailable as lost:
            held.give_up()
            raise OutcomeUnknown(str(lost)) from None


class _CaseDoor(Door):
    """A case whose questions each keep its transaction alive."""

    def __init__(self, case: Case, held: _Held) -> None:
        super().__init__(case, held.way)
        self._held = held

    def __getattr__(self, name: str) -> Any:
        asked = super().__getattr__(name)

        async def kept(*given: object, **named: object) -> object:
            self._held.is_alive()
            return await asked(*given, **named)

        return kept


class _Held:
    """One transaction as the server sees it."""

    def __init__(self, manager: AbstractAsyncContextManager[Case], way: Way) -> None:
        self.way, self._manager, self._connection = way, manager, way.connection
        self._has_begun = self._is_over = self._is_given_up = False
        self._last_heard = 0.0

    @property
    def _is_cut(self) -> bool:
        return self._connection != self.way.connection

    async def begin(self) -> Case:
        """Take the lock."""
        case = await self._manager.__aenter__()
        self._has_begun, self._last_heard = True, self.way.loop.time()
        if self._is_given_up or self._is_cut:
            await self._roll_back()
            raise StoreUnavailable("whoever began this has gone")
        self._watch()
        return case

    def is_alive(self) -> None:
        """Note that somebody goes on."""
        if self._is_over or self._is_cut:
            raise StoreUnavailable("the transaction was ended by the server")
        self._last_heard = self.way.loop.time()

    async def commit(self) -> None:
        """Commit, unless it is over."""
        if self._is_over:
            raise StoreUnavailable("the transaction was ended by the server")
        self._is_over = True
        await self._manager.__aexit__(None, None, None)

    def give_up(self) -> None:
        """Let the server know that nobody goes on. A commit that has been sent is done if it comes first."""
        self._is_given_up = True
        if not self.way.is_over:
            self.way.loop.within(self.way.server, self.way.latency(), self._end)

    def _end(self) -> None:
        if self._has_begun and not self._is_over:
            self.way.loop.create_task(self._roll_back())

    def _watch(self) -> None:
        """Look, on the server, whether somebody still goes on."""
        if self._is_over:
            return
        if self._is_cut or self.way.loop.time() - self._last_heard >= IDLE_SECONDS:
            self._end()
        else:
            self.way.loop.call_later(0.5, self._watch)

    async def _roll_back(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        nothing = StoreUnavailable("rolled back")
        with suppress(StoreUnavailable):
            await self._manager.__aexit__(StoreUnavailable, nothing, None)

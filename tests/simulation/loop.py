"""An event loop in which no time passes while something can happen, and in which one seed decides who is next.

What runs in it belongs to processes. Callbacks of one process keep their order, as asyncio promises; which process has
the next turn is drawn. A process that is stopped keeps everything that would have been called, until it goes on: so a
`SIGSTOP` looks from inside. One that never goes on was killed.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import deque
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from typing import Any

BEGIN_SECONDS = 1000.0
_process: ContextVar[Process | None] = ContextVar("process", default=None)


@dataclass(eq=False, slots=True)
class Process:
    """One process of the simulated world; whatever is created in its `context` belongs to it."""

    name: str
    context: Context = field(init=False)
    is_stopped: bool = False
    held: deque[asyncio.Handle] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.context = copy_context()
        self.context.run(_process.set, self)


class Standstill(Exception):
    """Everybody waits for something that nobody will do."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """The loop. Its clock jumps to the next moment at which something is due."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self._now = BEGIN_SECONDS
        self._ready: deque[asyncio.Handle]
        self._scheduled: list[asyncio.TimerHandle]

    def time(self) -> float:
        """Return the simulated seconds."""
        return self._now

    def within(self, process: Process, seconds: float, call: Callable[..., object], *args: Any) -> None:
        """Call something in a process after some seconds: news on its way there."""
        self.call_later(seconds, call, *args, context=process.context)

    def stop_process(self, process: Process) -> None:
        """Let a process do nothing from now on."""
        process.is_stopped = True

    def let_go_on(self, process: Process) -> None:
        """Let a process do, in order, what it would have done meanwhile."""
        process.is_stopped = False
        self._ready.extendleft(reversed(process.held))
        process.held.clear()

    # ── what asyncio asks of a loop ────────────────────────────────────────────────────────────────────────

    def _run_once(self) -> None:
        self._advance()
        turns: dict[Process | None, deque[asyncio.Handle]] = {}
        while self._ready:
            handle = self._ready.popleft()
            turns.setdefault(handle._context.get(_process), deque()).append(handle)  # type: ignore[attr-defined]
        while turns:
            process = self._chance.choice(tuple(turns))
            handle = turns[process].popleft()
            if not turns[process]:
                del turns[process]
            if handle.cancelled():
                continue
            if process is not None and process.is_stopped:
                process.held.append(handle)
            else:
                handle._run()

    def _advance(self) -> None:
        """Go to the next moment at which something can be called, and gather what is due then."""
        while self._scheduled and self._scheduled[0].cancelled():
            self._unschedule()
        if not self._ready and not self._stopping:
            if not self._scheduled:
                raise Standstill
            self._now = max(self._now, self._scheduled[0].when())
        while self._scheduled and self._scheduled[0].when() <= self._now:
            self._ready.append(self._unschedule())

    def _unschedule(self) -> asyncio.TimerHandle:
        handle = heapq.heappop(self._scheduled)
        handle._scheduled = False
        return handle

    def _timer_handle_cancelled(self, _handle: asyncio.TimerHandle) -> None:
        """Do nothing: it is passed over when its time comes."""

    def _write_to_self(self) -> None:
        """Do nothing: nobody sleeps."""

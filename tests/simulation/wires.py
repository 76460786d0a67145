"""Sockets between simulated people and simulated hubs: slow, cut, or open with nobody at the other end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable

from websockets.exceptions import ConnectionClosedError

from channels.line import LineClosed
from tests.simulation.loop import Process, SimulatedLoop

USUAL_SECONDS = 0.01
ABNORMAL = 1006
LEAST_SECONDS = 1e-6
"""Between two that come one after the other: what is due at the very same moment has no order."""


class Wire:
    """One line. `is_deaf` and `is_mute`: what the hub says, or the client, is swallowed, and no end is noticed."""

    def __init__(self, loop: SimulatedLoop, chance: random.Random, hub: Process, *, is_of_staff: bool) -> None:
        self.loop, self.hub_process, self._chance, self.is_of_staff = loop, hub, chance, is_of_staff
        self.slowness = USUAL_SECONDS
        self.is_deaf = self.is_mute = False
        self.hub, self.client = HubEnd(self), ClientEnd(self)
        self._due_at = {"hub": 0.0, "client": 0.0}

    def to_hub(self, text: str | None) -> None:
        """Bring what the client says (None: its end) to the hub."""
        if not self.is_mute:
            self.loop.within(self.hub_process, self._delay("hub"), self.hub.take, text)

    def to_client(self, text: str | None, code: int = ABNORMAL) -> None:
        """Bring what the hub says (None: its end) to the client."""
        if not self.is_deaf:
            self.loop.call_later(self._delay("client"), self.client.take, text, code)

    def calm(self) -> None:
        """End every fault of this line; one that was half open stays so: nothing of it comes back."""
        self.slowness = USUAL_SECONDS

    def cut(self) -> None:
        """Break the line for both."""
        self.to_client(None)
        self.to_hub(None)

    def _delay(self, way: str) -> float:
        now = self.loop.time()
        self._due_at[way] = max(self._due_at[way] + LEAST_SECONDS, now + self._chance.uniform(0.2, 1.8) * self.slowness)
        return self._due_at[way] - now


class HubEnd:
    """`channels.line.Line` over a wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._unheard: list[str | None] = []
        self._tell: Callable[[str | bytes | None], None] | None = None
        self._is_closed = False

    def listen(self, hear: Callable[[str | bytes | None], None]) -> None:
        """Hand on what comes, and what has come."""
        self._tell = hear
        said, self._unheard = self._unheard, []
        for one in said:
            hear(one)

    def take(self, text: str | None) -> None:
        """Hear something from the client."""
        if self._is_closed:
            return
        self._is_closed = text is None
        if self._tell is None:
            self._unheard.append(text)
        else:
            self._tell(text)

    def say(self, text: bytes) -> bool:
        """Send one text."""
        if self._is_closed:
            raise LineClosed
        self._wire.to_client(text.decode())
        return True

    async def drained(self) -> None:
        """Return at once: this client always reads."""

    async def close(self, code: int) -> None:
        """Close the line with a code."""
        if self._is_closed:
            raise LineClosed
        self._is_closed = True
        self._wire.to_client(None, code)


class ClientEnd:
    """The client's socket, as much of it as `tests.story.client.Line` uses."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._heard: asyncio.Queue[str | None] = asyncio.Queue()
        self.close_code: int | None = None
        self.transport = self
        """Its own transport: `socket.transport.abort()` is how a line is broken."""

    def take(self, text: str | None, code: int) -> None:
        """Hear something from the hub; after the end nothing."""
        if self.close_code is None:
            self.close_code = code if text is None else None
            self._heard.put_nowait(text)

    async def send(self, text: str) -> None:
        """Send one text."""
        if self.close_code is not None:
            raise ConnectionClosedError(None, None)
        self._wire.to_hub(text)

    def abort(self) -> None:
        """Break the line; the hub notices unless nothing of it arrives."""
        if self.close_code is None:
            self._wire.to_hub(None)
            self.take(None, ABNORMAL)

    async def close(self) -> None:
        """Leave."""
        self.abort()

    async def __aiter__(self) -> AsyncIterator[str]:
        while (text := await self._heard.get()) is not None:
            yield text

"""A small TCP proxy that misbehaves on request: slow, frozen, half-open, cut, refusing; switched while it runs.

It stands between any two parts. Its upstream may be a TCP address or a Unix socket and may change at run time (a
promoted Redis). TCP itself never loses a piece of a stream nor reorders one, so neither does this: reordering happens
between connections, through latency, and one level higher for Redis' pushes (`pushes`).
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from tests.faults.pipe import End, Pipe, Sky, Tripwire, Weather
from tests.faults.pushes import KIND, PushFaults, PushFilter

BACKLOG = 4096
CONNECT_SECONDS = 3.0
LINGER_NOT = struct.pack("ii", 1, 0)
"""Closing with this option sends a reset instead of a farewell."""

Upstream = tuple[str, int] | Path


class Way(StrEnum):
    """Towards the upstream, or back to whoever connected."""

    UP = "up"
    DOWN = "down"


BOTH = (Way.UP, Way.DOWN)


class Side(asyncio.Protocol):
    """One of the two sockets of a passage: what it says goes into one pipe, it is full for the other."""

    def __init__(self, passage: Passage, says: Pipe, hears: Pipe) -> None:
        self._passage, self._says, self._hears = passage, says, hears
        self._has_ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._says.source = self._hears.target = transport
        self._passage.side_ready(self, transport)

    def data_received(self, data: bytes) -> None:
        self._says.take(data)

    def eof_received(self) -> bool:
        self._end(is_broken=False)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._passage.is_over:
            self._end(is_broken=exc is not None)
        self._hears.target = None

    def pause_writing(self) -> None:
        self._hears.target_full(True)

    def resume_writing(self) -> None:
        self._hears.target_full(False)

    def _end(self, *, is_broken: bool) -> None:
        if not self._has_ended or is_broken:
            self._has_ended = True
            self._says.end(is_broken=is_broken)


class Passage:
    """One proxied connection: two sockets and a pipe each way."""

    def __init__(self, proxy: ChaosProxy, number: int) -> None:
        self.number, self._proxy = number, proxy
        pushes = PushFilter(proxy.skies[Way.DOWN].chance, lambda: proxy.push_faults) if proxy.speaks_redis else None
        self.pipes = {
            Way.UP: Pipe(proxy.skies[Way.UP], lambda end: self._travelled(Way.UP, end)),
            Way.DOWN: Pipe(proxy.skies[Way.DOWN], lambda end: self._travelled(Way.DOWN, end), pushes),
        }
        self.near = Side(self, self.pipes[Way.UP], self.pipes[Way.DOWN])
        self._far = Side(self, self.pipes[Way.DOWN], self.pipes[Way.UP])
        self._ended: set[Way] = set()
        self._transports: list[asyncio.Transport] = []
        self._connecting: asyncio.Task[None] | None = None
        self.is_over = False

    def side_ready(self, side: Side, transport: asyncio.Transport) -> None:
        """Hear that one of the two sockets is there; the near one makes us call the far one."""
        self._transports.append(transport)
        if self.is_over:
            # Cut between the accept and this call.
            _reset(transport)
            return
        if side is not self.near:
            return
        if self._proxy.is_refusing:
            self.cut()
            return
        transport.pause_reading()
        self._connecting = asyncio.create_task(self._connect())

    async def _connect(self) -> None:
        loop, upstream = asyncio.get_running_loop(), self._proxy.upstream
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                if isinstance(upstream, Path):
                    await loop.create_unix_connection(lambda: self._far, str(upstream))
                else:
                    await loop.create_connection(lambda: self._far, *upstream)
        except (OSError, TimeoutError):
            # A listener whose server is dead can only break what it accepted.
            self.cut()
            return
        for pipe in self.pipes.values():
            pipe.changed()

    def _travelled(self, way: Way, end: End) -> None:
        """Hear that one side's last word has arrived at the other."""
        target = self.pipes[way].target
        self._ended.add(way)
        if end.is_broken or target is None:
            self.cut()
        elif len(self._ended) == len(BOTH):
            self._over(is_reset=False)
        elif target.can_write_eof() and not target.is_closing():
            target.write_eof()

    def cut(self) -> None:
        """Break both sockets with a reset."""
        self._over(is_reset=True)

    def _over(self, *, is_reset: bool) -> None:
        if self.is_over:
            return
        self.is_over = True
        self._proxy.passages.discard(self)
        for pipe in self.pipes.values():
            pipe.close()
        if self._connecting is not None and self._connecting is not asyncio.current_task():
            self._connecting.cancel()
        for transport in self._transports:
            if is_reset:
                _reset(transport)
            else:
                transport.close()


def _reset(transport: asyncio.Transport) -> None:
    raw = transport.get_extra_info("socket")
    if raw is not None and raw.family != socket.AF_UNIX and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    transport.abort()


@dataclass(eq=False)
class ChaosProxy:
    """Listens on a port of 127.0.0.1; what befalls the connections is changed by its verbs, at any time.

    `note` hears each change, for the journal. `speaks_redis` makes it understand replies, for `mistreat_pushes`.
    """

    name: str
    upstream: Upstream
    seed: int = 0
    speaks_redis: bool = False
    note: Callable[[str], None] = lambda _: None
    port: int = 0
    is_refusing: bool = False
    push_faults: PushFaults = KIND
    passages: set[Passage] = field(default_factory=set)
    accepted: int = 0
    skies: dict[Way, Sky] = field(init=False)
    _server: asyncio.Server | None = None

    def __post_init__(self) -> None:
        self.skies = {way: Sky(random.Random(f"{self.seed}/{self.name}/{way}")) for way in BOTH}

    async def open(self) -> None:
        """Begin to listen; the port is chosen once and kept."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, "127.0.0.1", self.port, backlog=BACKLOG)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and break everything."""
        if self._server is not None:
            self._server.close()
        for passage in tuple(self.passages):
            passage.cut()
        await asyncio.sleep(0)

    def _accept(self) -> Side:
        self.accepted += 1
        passage = Passage(self, self.accepted)
        self.passages.add(passage)
        return passage.near

    # ── faults ───────────────────────────────────────────────────────────────────────────────────────────

    def delay(self, latency_seconds: float, jitter_seconds: float = 0.0, *ways: Way) -> None:
        """Let everything arrive later, in order inside each connection; 0 ends it."""
        self._change(ways, latency_seconds=latency_seconds, jitter_seconds=jitter_seconds)

    def freeze(self, *ways: Way) -> None:
        """Forward nothing; both sides stay connected, and a thaw loses nothing."""
        self._change(ways, is_frozen=True)

    def thaw(self, *ways: Way) -> None:
        """Go on after a freeze."""
        self._change(ways, is_frozen=False)

    def drop(self, *ways: Way) -> None:
        """Swallow everything, farewells included: a half-open line. Connections that lost a byte stay mute for good."""
        self._change(ways, is_dropping=True)

    def carry(self, *ways: Way) -> None:
        """Swallow no more; only connections that said nothing meanwhile go on."""
        self._change(ways, is_dropping=False)

    def refuse(self) -> None:
        """Break each new connection at once; those that stand go on."""
        self.is_refusing = True
        self.note("refuses")

    def admit(self) -> None:
        """Accept new connections again."""
        self.is_refusing = False
        self.note("admits")

    def cut(self, share: float = 1.0) -> int:
        """Break connections with a reset, all or a share of them by chance; return how many."""
        chance = self.skies[Way.UP].chance
        chosen = [one for one in sorted(self.passages, key=lambda one: one.number) if chance.random() < share]
        for passage in chosen:
            passage.cut()
        self.note(f"cut {len(chosen)} connections")
        return len(chosen)

    def mistreat_pushes(self, faults: PushFaults) -> None:
        """Drop, double and hold back these shares of Redis' pushes from now on."""
        assert self.speaks_redis, "only a proxy that understands Redis' replies can"
        self.push_faults = faults
        self.note(f"{faults}")

    def redirect(self, upstream: Upstream, *, is_cutting: bool = True) -> None:
        """Lead new connections elsewhere; those that stand are cut unless they shall stay where they are."""
        self.upstream = upstream
        self.note(f"leads to {upstream}")
        if is_cutting:
            self.cut()

    def once_said(self, phrase: bytes, then: Callable[[], None]) -> None:
        """Do something at the moment when whoever connected has said this to the upstream, once."""

        def tripped() -> None:
            self.note(f"{phrase!r} was said")
            then()

        self.skies[Way.UP].tripwire = Tripwire(phrase, tripped)

    def calm(self) -> None:
        """End every fault; what was lost stays lost."""
        self.skies[Way.UP].tripwire = None
        self._change((), latency_seconds=0.0, jitter_seconds=0.0, is_dropping=False, is_frozen=False)
        self.is_refusing, self.push_faults = False, KIND

    def _change(self, ways: tuple[Way, ...], **changes: float | bool) -> None:
        for way in ways or BOTH:
            sky = self.skies[way]
            before, sky.weather = sky.weather, replace(sky.weather, **changes)
            if sky.weather != before:
                self.note(f"{way}: {_spoken(sky.weather)}")
        for passage in tuple(self.passages):
            for pipe in passage.pipes.values():
                pipe.changed()


def _spoken(weather: Weather) -> str:
    said = [name for name in ("is_frozen", "is_dropping") if getattr(weather, name)]
    if weather.latency_seconds or weather.jitter_seconds:
        said.append(f"{weather.latency_seconds:.3f}+{weather.jitter_seconds:.3f} s late")
    return ", ".join(said) or "calm"

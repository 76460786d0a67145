"""A crowd that behaves badly: clients that never read, that send wrong codes, that call for help without end.

Each comes back when it learns that it was cut, and all of them pause on demand, so that others can be measured with and
without them in one run.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.faults.hubs import Hub
from tests.story.client import PROTOCOL, Frame, new_key

RECEIVE_BYTES, SEGMENT_BYTES = 4096, 536
"""So little fits on the way to somebody who does not read: the hub soon feels it."""
SAY_SECONDS, ORDER_SECONDS = 0.5, 0.2
"""As often as a candidate may speak, and a dashboard."""
BACK_SECONDS = 0.3
AFTER_HELLO_SECONDS = 0.2
FILLING, FILLING_SECONDS = 28, 0.03
"""So many snapshots of a whole room, as fast as a dashboard may ask, fill every buffer on the way."""

Words = Iterator[tuple[float, Frame]]
"""What is said, each time after a pause in seconds."""


def calls_for_help() -> Words:
    """Call, again and again, with another word each time."""
    for number in itertools.count():
        call = {"type": "help", "key": new_key(), "kind": "other", "text": f"au secours {number}"}
        yield SAY_SECONDS, {**call, "ref": number}


def wrong_codes() -> Words:
    """Try one code after the other."""
    for number in itertools.count():
        code = f"AAAA{number % 90 + 10}"
        yield SAY_SECONDS, {"type": "enter", "ref": number, "key": new_key(), "access_code": code}


def questions() -> Words:
    """Ask for everything each time: the longest answer there is."""
    for number in itertools.count():
        yield SAY_SECONDS, {"type": "sync", "ref": number}


def orders(candidate: int) -> Callable[[], Words]:
    """Ask for the room until nothing more fits on the way, then give one command after the other; hear no answer."""

    def given() -> Words:
        for number in range(FILLING):
            yield FILLING_SECONDS, {"type": "sync", "ref": number}
        for number in itertools.count(FILLING):
            order = {"type": "end_screen.see", "key": new_key(), "candidates": [candidate]}
            yield ORDER_SECONDS, {**order, "ref": number}

    return given


def nothing() -> Words:
    """Say not a word."""
    return iter(())


@dataclass(frozen=True, slots=True)
class Rogue:
    """One bad client: where it connects, what it says first and then, and whether it reads."""

    path: str
    hello: Frame
    words: Callable[[], Words]
    reads: bool = True


@dataclass
class Crowd:
    """All of them, on one hub. `is_loud` is set while they talk."""

    hub: Hub
    chance: random.Random
    is_loud: asyncio.Event = field(default_factory=asyncio.Event)
    said: int = 0

    async def play(self, rogue: Rogue) -> None:
        """Connect, misbehave, and come back, for ever; who never reads does not learn that it was cut."""
        while True:
            await self.is_loud.wait()
            with suppress(OSError, TimeoutError, WebSocketException):
                async with connected(self.hub, rogue) as line:
                    await self._talk(line, rogue)
            await asyncio.sleep(BACK_SECONDS * self.chance.uniform(0.5, 1.5))

    async def _talk(self, line: ClientConnection, rogue: Rogue) -> None:
        await line.send(json.dumps(rogue.hello))
        await asyncio.sleep(AFTER_HELLO_SECONDS)
        reading = asyncio.create_task(_read(line)) if rogue.reads else None
        try:
            for pause, frame in rogue.words():
                await asyncio.sleep(pause * self.chance.uniform(0.7, 1.3))
                await self.is_loud.wait()
                await line.send(json.dumps(frame))
                self.said += 1
            await line.wait_closed()
        finally:
            if reading is not None:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)


async def _read(line: ClientConnection) -> None:
    async for text in line:
        if '"beat"' in str(text)[:20]:
            await line.send('{"type":"alive"}')


@asynccontextmanager
async def connected(hub: Hub, rogue: Rogue) -> AsyncIterator[ClientConnection]:
    """Connect past every proxy; who does not read has as little room for what is sent as a system allows."""
    raw = socket.socket()
    raw.setblocking(False)
    if not rogue.reads:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", int(hub.own_url.rpartition(":")[2])))
    line = await connect(
        f"{hub.own_url.replace('http', 'ws', 1)}{rogue.path}", sock=raw, subprotocols=[PROTOCOL],  # type: ignore[list-item]
        proxy=None, compression=None, ping_interval=None, max_queue=None if rogue.reads else 1, close_timeout=0.1,
    )  # fmt: skip
    try:
        yield line
    finally:
        line.transport.abort()


@asynccontextmanager
async def misbehaving(hub: Hub, rogues: Sequence[Rogue], seed: int) -> AsyncIterator[Crowd]:
    """Let all of them play for as long as this stands; they are silent until told to be loud."""
    crowd = Crowd(hub, random.Random(seed))
    tasks = [asyncio.create_task(crowd.play(one)) for one in rogues]
    try:
        yield crowd
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    stumbled = [one for one in outcomes if isinstance(one, Exception)]
    assert not stumbled, stumbled[:3]

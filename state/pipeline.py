"""The auto-pipelining caller of scripts: what is asked in one turn of the loop leaves in one write.

Alone, a call leaves at once; at saturation dozens share a write and a read. There is no retry anywhere: a call that
failed says so, and whoever asked knows what it is worth. Every script is idempotent, so asking again is safe.

Calls are answered in order, so the oldest unanswered one tells about all: when it waits too long the server is frozen
or gone, the connection is cut and every call on it fails. An error reply fails its own call only.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from redis.asyncio import Redis

from hub.ports import StoreUnavailable
from state.figures import RedisFigures
from state.resp import RawConnection, Reply, ReplyError, pack

CALL_SECONDS = 1.0
"""A healthy script takes microseconds; past this the live store counts as away."""
PENDING_MAX = 10_000
"""Calls without an answer: about a second's worth at saturation. More would only arrive too late."""
FLUSH_BYTES = 256 * 1024
"""Write early when one turn of the loop asks for more than this."""
BREAK_SECONDS = 0.25
"""After a failed connect, calls fail at once for this long instead of queueing for the next try."""
LUA = Path(__file__).parent / "lua"

log = logging.getLogger("vigie.redis")

Arg = str | bytes | int


class ScriptFailed(StoreUnavailable):
    """A call of ours stumbled: a bug, or keys that somebody else wrote. To a caller the store is of no use."""


class Elsewhere(StoreUnavailable):
    """A member of a cluster does not serve these keys (MOVED, ASK), not yet (TRYAGAIN) or not now (CLUSTERDOWN)."""

    def __init__(self, reply: str) -> None:
        super().__init__(f"Redis: {reply}")
        self.word, _, rest = reply.partition(" ")
        host, _, port = rest.partition(" ")[2].rpartition(":")
        is_told = self.word in ("MOVED", "ASK") and port.isdigit()
        self.address = (host, int(port)) if is_told else None
        """Who serves them; an empty host is the one that was asked."""


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script, addressed by its content: no deploy story, old and new nodes each call their own."""

    name: str
    source: str
    sha: str

    @classmethod
    def of(cls, name: str, *files: str, flags: str = "") -> Script:
        """Join Lua files, each of which may use the locals of those before it."""
        parts = [f"#!lua flags={flags}\n", *((LUA / file).read_text() for file in files)]
        return cls.from_source(name, "".join(parts))

    @classmethod
    def from_source(cls, name: str, source: str) -> Script:
        """Take a script as it is."""
        return cls(name, source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest())


@lru_cache(maxsize=8192)
def _opening(script: Script, keys: tuple[str, ...]) -> tuple[bytes, int]:
    """Encode what all calls of one script on one room begin with, and count its parts."""
    parts: tuple[Arg, ...] = ("EVALSHA", script.sha, len(keys), *keys)
    packed = pack(*parts)
    return packed[packed.index(b"\r\n") + 2 :], len(parts)


@dataclass(slots=True)
class _Call:
    future: asyncio.Future[Reply]
    sent_at: float


class Pipeline:
    """One connection shared by all callers of a node; connects at the first call and again when it was lost."""

    def __init__(self, client: Redis, line: str = "calls", figures: RedisFigures | None = None) -> None:
        """Take the client for its address and login only; it stays the caller's to close. `line` is counted as such."""
        self._client, self._line = client, line
        self._figures = figures or RedisFigures()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connection: RawConnection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._unsent: list[bytes] = []
        self._unsent_size = 0
        self._waiting: deque[_Call] = deque()
        self._timed: _Call | None = None
        self._timed_at = 0.0
        self._flush_handle: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._broken_until = 0.0

    @property
    def waiting(self) -> int:
        """Return how many calls have no answer yet."""
        return len(self._waiting)

    async def run(self, script: Script, keys: tuple[str, ...], args: Sequence[Arg] = ()) -> Reply:
        """Run a script by its hash; a server that does not know it is sent the source, once.

        Raises StoreUnavailable.
        """
        self._figures.calls[script.name] += 1
        reply = await self._ask(_script_call(script, keys, args))
        if isinstance(reply, ReplyError) and reply.startswith("NOSCRIPT"):
            reply = await self._ask(pack("EVAL", script.source, len(keys), *keys, *args))
        return self._judged(reply, script.name)

    async def run_asking(self, script: Script, keys: tuple[str, ...], args: Sequence[Arg] = ()) -> Reply:
        """Run a script on keys that are on their way to this server: rare, so the source goes along.

        Raises StoreUnavailable.
        """
        asking = self._ask(pack("ASKING"))
        reply = await self._ask(pack("EVAL", script.source, len(keys), *keys, *args))
        _accepted(await asking, "ASKING")
        return _accepted(reply, script.name)

    async def command(self, *parts: Arg) -> Reply:
        """Send one plain command. Raises StoreUnavailable."""
        name = str(parts[0])
        self._figures.calls[name] += 1
        return self._judged(await self._ask(pack(*parts)), name)

    def hang_up(self) -> None:
        """Cut the connection; calls that still wait fail, the next one opens another connection."""
        if self._connection is not None:
            self._connection.abort()

    async def close(self) -> None:
        """Cut the connection; calls that still wait fail."""
        self._is_closed = True
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self._connection is not None:
            self._connection.abort()
        self._fail_all("closed")

    def _ask(self, packed: bytes) -> asyncio.Future[Reply]:
        loop = self._loop = self._loop or asyncio.get_running_loop()
        now = loop.time()
        if self._is_closed or now < self._broken_until:
            raise StoreUnavailable("Redis is away")
        if len(self._waiting) >= PENDING_MAX:
            self._figures.failed["too_many"] += 1
            raise StoreUnavailable("too many calls wait for Redis")
        call = _Call(loop.create_future(), now)
        self._waiting.append(call)
        self._unsent.append(packed)
        self._unsent_size += len(packed)
        self._arrange_to_send(loop)
        return call.future

    def _arrange_to_send(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is None:
            self._timer = loop.call_later(CALL_SECONDS, self._judge_silence)
        if self._connection is None:
            if self._connecting is None:
                self._connecting = loop.create_task(self._connect(), name="redis-pipeline-connect")
        elif self._unsent_size >= FLUSH_BYTES:
            self._flush()
        elif self._flush_handle is None:
            self._flush_handle = loop.call_soon(self._flush)

    async def _connect(self) -> None:
        try:
            self._connection = await RawConnection.open(self._client, self._replied, self._lost)
        except StoreUnavailable as error:
            self._broken_until = asyncio.get_running_loop().time() + BREAK_SECONDS
            self._figures.failed["no_connection"] += 1
            self._fail_all(str(error))
        else:
            self._figures.connected[self._line] += 1
            self._flush()
        finally:
            self._connecting = None

    def _flush(self) -> None:
        if self._flush_handle is not None:
            self._flush_handle.cancel()
            self._flush_handle = None
        if self._connection is not None and self._unsent:
            data = b"".join(self._unsent)
            self._unsent.clear()
            self._unsent_size = 0
            if self._timed is None:
                self._timed, self._timed_at = self._waiting[-1], time.perf_counter()
            self._connection.write(data)

    def _replied(self, replies: list[Reply]) -> None:
        for reply in replies:
            if not self._waiting:
                break
            call = self._waiting.popleft()
            if call is self._timed:
                # One write is timed at a time, until its last answer: at saturation they overlap.
                self._figures.round_trip.note(time.perf_counter() - self._timed_at)
                self._timed = None
            # A caller that went away leaves its place in the order behind.
            if not call.future.done():
                call.future.set_result(reply)

    def _lost(self, connection: RawConnection) -> None:
        if connection is self._connection:
            self._connection = None
            self._figures.failed["lost"] += 1
            self._fail_all("connection lost")

    def _judge_silence(self) -> None:
        """Look at the oldest call once per time-out, not one timer per call."""
        self._timer = None
        if not self._waiting:
            return
        loop = asyncio.get_running_loop()
        left = self._waiting[0].sent_at + CALL_SECONDS - loop.time()
        if left > 0:
            self._timer = loop.call_later(left, self._judge_silence)
        elif self._connection is not None:
            self._connection.abort()
            self._connection = None
            self._figures.failed["no_answer"] += 1
            self._fail_all("no answer")
        else:
            self._figures.failed["no_connection"] += 1
            self._fail_all("no connection")

    def _fail_all(self, why: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._unsent.clear()
        self._unsent_size = 0
        self._timed = None
        while self._waiting:
            future = self._waiting.popleft().future
            if not future.done():
                future.set_exception(StoreUnavailable(f"Redis: {why}"))

    def _judged(self, reply: Reply, what: str) -> Reply:
        if isinstance(reply, ReplyError) and not reply.startswith(_ELSEWHERE):
            self._figures.failed["refused"] += 1
        return _accepted(reply, what)


def _script_call(script: Script, keys: tuple[str, ...], args: Sequence[Arg]) -> bytes:
    opening, count = _opening(script, keys)
    out = [b"*%d\r\n" % (count + len(args)), opening]
    for arg in args:
        raw = arg if isinstance(arg, bytes) else str(arg).encode()
        out.append(b"$%d\r\n%b\r\n" % (len(raw), raw))
    return b"".join(out)


def _accepted(reply: Reply, what: str) -> Reply:
    """Return a good reply; READONLY, OOM, LOADING, a missing right: the store is of no use now, whatever the word."""
    if not isinstance(reply, ReplyError):
        return reply
    # The server marks a script's own failure, and keys of another kind than ours; everything else is its state.
    is_failure = "user_script:" in reply or reply.startswith("WRONGTYPE")
    if is_failure and not reply.startswith((*_STATES, *_ELSEWHERE)):
        log.error("%s failed: %s", what, reply)
        raise ScriptFailed(f"{what}: {reply}")
    if reply.startswith(_ELSEWHERE):
        raise Elsewhere(reply)
    raise StoreUnavailable(f"Redis: {reply.split(' ', 1)[0]} ({what})")


_ELSEWHERE = ("MOVED ", "ASK ", "TRYAGAIN", "CLUSTERDOWN")
_STATES = ("OOM", "READONLY", "MISCONF", "NOREPLICAS", "MASTERDOWN", "LOADING", "BUSY", "NOPERM", "UNKILLABLE")

"""Who serves a room: the one server of most installations, or the shards of a cluster (`state.cluster`)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from redis.asyncio import Redis

from hub.model import SessionNumber
from hub.ports import StoreUnavailable
from state.figures import RedisFigures
from state.keys import room_keys
from state.pipeline import Arg, Pipeline, Script
from state.resp import Reply

MAIN = "main"
"""The name of a live store that is one server."""

log = logging.getLogger("vigie.redis")


class Shard:
    """One server that takes writes: its lines, and whether it tells the history that counts."""

    def __init__(self, name: str, client: Redis, figures: RedisFigures, tag: str = "") -> None:
        """Take a client for its address and login only; leases are kept on this shard under this tag."""
        self.name, self.client, self.tag = name, client, tag
        self.calls = Pipeline(client, "calls", figures)
        # Leases and looks have a line of their own: behind ten thousand clients who sit down again they would be late,
        # and a node that is late is taken for dead.
        self.watch = Pipeline(client, "watch", figures)
        self.is_trusted = True

    @property
    def waiting(self) -> int:
        """Return how many calls have no answer yet."""
        return self.calls.waiting + self.watch.waiting

    def run(self, script: Script, number: SessionNumber, args: Sequence[Arg]) -> Awaitable[Reply]:
        """Run a script on a room. Raises StoreUnavailable."""
        self.see_trusted()
        return self.calls.run(script, room_keys(number).all, args)

    def see_trusted(self) -> None:
        """Raise StoreUnavailable where another server's history counts."""
        if not self.is_trusted:
            raise StoreUnavailable("this Redis tells another history than the current one")

    def hang_up(self) -> None:
        """Cut the lines; the next call opens others."""
        self.calls.hang_up()
        self.watch.hang_up()

    async def close(self) -> None:
        """Cut the lines for good."""
        await self.calls.close()
        await self.watch.close()


class Shards(Protocol):
    """Where rooms are kept; `figures` counts what passes, all servers together."""

    figures: RedisFigures

    @property
    def waiting(self) -> int:
        """Return how many calls have no answer yet."""
        ...

    async def all(self) -> Sequence[Shard]:
        """List the servers that take writes. Raises StoreUnavailable while nobody tells them."""
        ...

    def of(self, number: SessionNumber) -> Shard:
        """Return who keeps a room, as far as is known. Raises StoreUnavailable when nobody does."""
        ...

    def run(self, script: Script, number: SessionNumber, args: Sequence[Arg]) -> Awaitable[Reply]:
        """Run a script where the room is kept. Raises StoreUnavailable."""
        ...

    def trust(self, name: str, *, is_current: bool) -> None:
        """Use a shard, or treat it as away."""
        ...

    def hang_up(self, name: str) -> None:
        """Cut the lines to a shard."""
        ...

    async def learn(self) -> None:
        """See who keeps what: somebody does not keep what was thought."""
        ...

    def on_change(self, told: Callable[[], None]) -> None:
        """Call back when rooms are kept by others than before."""
        ...

    async def close(self) -> None:
        """Cut every line."""
        ...


class OneServer:
    """A live store on one server: it keeps every room."""

    def __init__(self, client: Redis) -> None:
        """Take a client for its address and login only; it stays the caller's to close."""
        self.figures = RedisFigures()
        self._shard = Shard(MAIN, client, self.figures)

    @property
    def waiting(self) -> int:
        """Return how many calls have no answer yet."""
        return self._shard.waiting

    async def all(self) -> Sequence[Shard]:
        """Name the server."""
        return (self._shard,)

    def of(self, number: SessionNumber) -> Shard:
        """Return the server."""
        del number
        return self._shard

    def run(self, script: Script, number: SessionNumber, args: Sequence[Arg]) -> Awaitable[Reply]:
        """Run a script on a room. Raises StoreUnavailable."""
        return self._shard.run(script, number, args)

    def trust(self, name: str, *, is_current: bool) -> None:
        """Use the server, or treat it as away."""
        del name
        self._shard.is_trusted = is_current

    def hang_up(self, name: str) -> None:
        """Cut the lines."""
        del name
        self._shard.hang_up()

    async def learn(self) -> None:
        """Say what is wrong: one server keeps every room, unless it is a member of a cluster."""
        log.error("this server does not keep every room: name its cluster as redis+cluster://")

    def on_change(self, told: Callable[[], None]) -> None:
        """Do nothing: every room stays where it is."""

    async def close(self) -> None:
        """Cut the lines."""
        await self._shard.close()

"""The shards of a cluster: which of them keeps a room, learned from its members and learned again when that changed.

Every call leaves at once on the line of the shard that should keep the room. A member that does not keep it says who
does (MOVED), or who is taking it over (ASK); then the call is made once more, there. Every script is idempotent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from redis.asyncio import Redis

from hub.model import SessionNumber
from hub.ports import StoreUnavailable
from state.cluster_map import ClusterMap, latest, read_map
from state.cluster_url import Address, ClusterUrl
from state.figures import RedisFigures
from state.keys import room_keys, room_slot, tag_slot
from state.pipeline import CALL_SECONDS, Arg, Elsewhere, Pipeline, Script
from state.resp import Reply
from state.shards import Shard

SLOTS = 16384
LEARN_SECONDS = 5.0
"""How old the map may grow while nobody says that it is wrong."""
FIRST_SECONDS = 0.25
"""So long all members may take to tell the map; past this whoever has answered is believed."""
DOUBT_SECONDS = 0.25
"""Pause between two readings that nobody waits for: a shard that is away fails many calls."""
AGAIN_SECONDS = 0.05
"""Pause before a room is asked again that is half on its way."""

log = logging.getLogger("vigie.redis")


class Cluster:
    """`state.shards.Shards` on a cluster. Connects when first used."""

    def __init__(self, url: ClusterUrl, socket_seconds: float = CALL_SECONDS) -> None:
        """Take the address of some members; the others are learned from them."""
        self._url, self._socket_seconds = url, socket_seconds
        self.figures = RedisFigures()
        self._shards: dict[Address, Shard] = {}
        self._by_slot: list[Shard | None] = [None] * SLOTS
        self._learning: asyncio.Task[None] | None = None
        self._learned_at = self._asked_at = 0.0
        self._closing: set[asyncio.Task[None]] = set()
        self._listeners: list[Callable[[], None]] = []

    @property
    def waiting(self) -> int:
        """Return how many calls have no answer yet."""
        return sum(shard.waiting for shard in self._shards.values())

    # ── who keeps what ─────────────────────────────────────────────────────────────────────────────────────────

    async def all(self) -> Sequence[Shard]:
        """List the shards; once in a while the map is read again."""
        is_old = asyncio.get_running_loop().time() - self._learned_at > LEARN_SECONDS
        if not self._shards:
            await self.learn()
        elif is_old:
            self._doubt()
        return tuple(self._shards.values())

    def of(self, number: SessionNumber) -> Shard:
        """Return the shard that keeps a room. Raises StoreUnavailable when none is known to."""
        shard = self._by_slot[room_slot(number)]
        if shard is None:
            raise StoreUnavailable("no shard of the cluster keeps this room")
        return shard

    def on_change(self, told: Callable[[], None]) -> None:
        """Call back when rooms are kept by others than before."""
        self._listeners.append(told)

    def trust(self, name: str, *, is_current: bool) -> None:
        """Use a shard, or treat it as away."""
        for shard in self._shards.values():
            if shard.name == name:
                shard.is_trusted = is_current

    def hang_up(self, name: str) -> None:
        """Cut the lines to a shard, and see whether another server has taken its place."""
        for shard in self._shards.values():
            if shard.name == name:
                shard.hang_up()
        self._doubt()

    # ── calls ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self, script: Script, number: SessionNumber, args: Sequence[Arg]) -> Reply:
        """Run a script where the room is kept. Raises StoreUnavailable."""
        if not self._shards:
            await self.learn()
        shard = self.of(number)
        try:
            return await shard.run(script, number, args)
        except Elsewhere as told:
            if told.word == "CLUSTERDOWN":
                self._doubt()
                raise
            return await self._run_again(told, shard, script, number, args)
        except StoreUnavailable:
            self._doubt()
            raise

    async def _run_again(
        self, told: Elsewhere, shard: Shard, script: Script, number: SessionNumber, args: Sequence[Arg]
    ) -> Reply:
        try:
            async with asyncio.timeout(CALL_SECONDS):
                if told.address is None:
                    await asyncio.sleep(AGAIN_SECONDS)
                    return await self.of(number).run(script, number, args)
                target = self._known(told.address, shard)
                if target is None or told.word == "MOVED":
                    await self.learn(shard)
                    target = self._known(told.address, shard) or self.of(number)
                if told.word == "MOVED":
                    return await target.run(script, number, args)
                target.see_trusted()
                return await target.calls.run_asking(script, room_keys(number).all, args)
        except TimeoutError:
            raise StoreUnavailable(f"Redis: {told.word}, and no answer in time") from None

    def _known(self, address: tuple[str, int], teller: Shard) -> Shard | None:
        """Return the shard at an address that another one named; it may leave out the host it shares."""
        host, port = address
        if host:
            return self._shards.get(Address(host, port))
        own = next((one for one, shard in self._shards.items() if shard is teller), None)
        return self._shards.get(Address(own.host, port)) if own is not None else None

    # ── learning ───────────────────────────────────────────────────────────────────────────────────────────────

    def _doubt(self) -> None:
        """Read the map again, while everything goes on."""
        if asyncio.get_running_loop().time() - self._asked_at > DOUBT_SECONDS:
            self._begin_to_learn(None)

    async def learn(self, teller: Shard | None = None) -> None:
        """Read the map; those who ask at the same time share one reading. Raises StoreUnavailable."""
        await asyncio.shield(self._begin_to_learn(teller))

    def _begin_to_learn(self, teller: Shard | None) -> asyncio.Task[None]:
        if self._learning is None:
            self._asked_at = asyncio.get_running_loop().time()
            self._learning = asyncio.create_task(self._learn(teller), name="cluster-map")
            self._learning.add_done_callback(self._has_learned)
        return self._learning

    def _has_learned(self, learning: asyncio.Task[None]) -> None:
        self._learning = None
        # Nobody may have waited for it: whoever calls next meets the same accident.
        if not learning.cancelled() and learning.exception() is not None:
            log.warning("the map of the cluster cannot be read: %s", learning.exception())

    async def _learn(self, teller: Shard | None) -> None:
        """Ask every shard, and every seed where none of those sees a whole cluster."""
        known = {address: shard.watch for address, shard in self._shards.items()}
        found = await _answers(known)
        if not any(one.is_whole for one in found.values()):
            found |= await self._ask_seeds(tuple(address for address in self._url.seeds if address not in known))
        if not found:
            raise StoreUnavailable("no member of the cluster answers")
        first = next((address for address, shard in self._shards.items() if shard is teller), None)
        source = latest(found, first)
        self._learned_at = asyncio.get_running_loop().time()
        self._take(found[source], source)

    async def _ask_seeds(self, seeds: Sequence[Address]) -> Mapping[Address, ClusterMap]:
        clients = [self._client(address) for address in seeds]
        lines = {address: Pipeline(client) for address, client in zip(seeds, clients, strict=True)}
        try:
            return await _answers(lines)
        finally:
            for line in lines.values():
                await line.close()
            for client in clients:
                await client.aclose()

    def _take(self, told: ClusterMap, source: Address) -> None:
        before, slots_before = self._shards, self._by_slot
        doubted = {shard.name for shard in before.values() if not shard.is_trusted}
        self._shards, self._by_slot = {}, [None] * SLOTS
        for start, end, host, port, name in told.ranges:
            address = Address(host or source.host, port)
            shard = self._shards.get(address) or before.get(address)
            if shard is None or shard.name != name:
                shard = Shard(name, self._client(address), self.figures)
                shard.is_trusted = name not in doubted
            self._shards[address] = shard
            self._by_slot[start : end + 1] = [shard] * (end + 1 - start)
        for shard in self._shards.values():
            shard.tag = self._tag_of(shard)
        for shard in before.values():
            if shard not in self._shards.values():
                self._put_away(shard)
        if self._by_slot != slots_before:
            log.info("cluster: %s shards", len(self._shards))
            for tell in self._listeners:
                tell()

    def _tag_of(self, shard: Shard) -> str:
        """Return the first tag whose slot a shard keeps: every node finds the same one."""
        return next(tag for tag in map(str, range(SLOTS * SLOTS)) if self._by_slot[tag_slot(tag)] is shard)

    def _client(self, address: Address) -> Redis:
        timeout = self._socket_seconds
        return Redis.from_url(self._url.of(address), socket_timeout=timeout, socket_connect_timeout=timeout)

    # ── the end ────────────────────────────────────────────────────────────────────────────────────────────────

    def _put_away(self, shard: Shard) -> None:
        closing = asyncio.ensure_future(_close(shard))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Cut every line."""
        if self._learning is not None:
            self._learning.cancel()
            await asyncio.gather(self._learning, return_exceptions=True)
        for shard in self._shards.values():
            await _close(shard)
        await asyncio.gather(*self._closing)


async def _answers(lines: Mapping[Address, Pipeline]) -> dict[Address, ClusterMap]:
    """Ask some members for the map, and return what was answered in time."""
    asked = {address: asyncio.ensure_future(read_map(line)) for address, line in lines.items()}
    if not asked:
        return {}
    done, late = await asyncio.wait(asked.values(), timeout=FIRST_SECONDS)
    if late and not any(one.exception() is None for one in done):
        _, late = await asyncio.wait(late, timeout=CALL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for one in late:
        one.cancel()
    await asyncio.gather(*asked.values(), return_exceptions=True)
    return {address: one.result() for address, one in asked.items() if not one.cancelled() and one.exception() is None}


async def _close(shard: Shard) -> None:
    await shard.close()
    await shard.client.aclose()

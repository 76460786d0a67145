"""The composition of the real parts: the one place that knows which stores stand behind the ports."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from secrets import token_hex

from channels.admission import Admission
from channels.gathering import Gathering
from channels.node import Node, Stores
from hub.announcer import Announcer
from hub.archive import Archive
from hub.directory import Directory
from hub.figures import HubFigures
from hub.live import LiveStore
from hub.model import ClientId, NodeId
from hub.ports import Clock, Ledger
from hub.preparation import IdentityMatch, NewClient, TypedIdentity
from hub.proceedings import Proceedings
from hub.service import Decisions
from hub.turns import Turns
from state.archive import PostgresArchive
from state.bell import RedisBell
from state.database import Database
from state.directory import PostgresDirectory
from state.ledger import PostgresLedger
from state.live import RedisLiveStore
from state.servers import is_any_there, memory_of, open_shards
from state.shards import Shards
from web.doors import Doors
from web.keyring import Keyring, secret_key
from web.metrics.exposition import Counts
from web.metrics.stores import Pool
from web.papers.press import Press
from web.passwords import Passwords
from web.settings import Settings
from web.throttle import Throttle

REDIS_SECONDS = 1.0
"""A live store that has not answered by then is away."""
WATCHING_AT_ONCE = 2
"""Connections for what a node looks at each second: a pool of their own."""
WATCHING_SECONDS = 5.0
"""How long such a look waits for one of them."""
LISTS_AT_ONCE = 1
"""A list is parsed in the threads that hash passwords: many at once would keep everybody from signing in."""


class SystemClock:
    """This machine's clock: for logs, ages and grace, never for a decision."""

    def __init__(self, offset: timedelta) -> None:
        """Take by how much the wall clock shall be wrong: tests prove with it that clocks decide nothing."""
        self._offset = offset

    def now(self) -> datetime:
        """Return the wall clock, aware UTC."""
        return datetime.now(UTC) + self._offset

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the two stores are."""

    database: str
    redis: str


@dataclass(frozen=True, slots=True)
class Probe:
    """A part that readiness asks after, by the name it is missed under."""

    name: str
    is_there: Callable[[], Awaitable[bool]]


@dataclass(slots=True)
class House:
    """Everything one process serves with. `origins` are the pages that may talk to it; `public_url` is printed."""

    settings: Settings
    public_url: str
    origins: frozenset[str]
    directory: Directory
    ledger: Ledger
    live: LiveStore
    announcer: Announcer
    decisions: Decisions
    proceedings: Proceedings
    archive: Archive
    clock: Clock
    node: Node
    counts: Counts
    doors: Doors
    keyring: Keyring
    identities: Gathering[TypedIdentity, Sequence[IdentityMatch]]
    newcomers: Gathering[NewClient, ClientId]
    passwords: Passwords = field(default_factory=Passwords)
    throttle: Throttle = field(default_factory=Throttle)
    press: Press = field(default_factory=Press)
    list_turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LISTS_AT_ONCE))
    probes: tuple[Probe, ...] = ()

    async def start(self) -> None:
        """Begin to live."""
        await self.node.start()

    async def stop(self) -> None:
        """Stop the node, then see that everything committed has been told."""
        await self.node.stop()
        await self.announcer.settled()


@asynccontextmanager
async def open_house(
    settings: Settings, addresses: Addresses, public_url: str, origins: frozenset[str]
) -> AsyncIterator[House]:
    """Compose a house on real stores, and close its parts in order at the end. They connect when first used."""
    async with AsyncExitStack() as closing:
        database = Database(addresses.database)
        closing.push_async_callback(database.close)
        watch = Database(addresses.database, pool_size=WATCHING_AT_ONCE, patience_seconds=WATCHING_SECONDS)
        closing.push_async_callback(watch.close)
        shards = await closing.enter_async_context(open_shards(addresses.redis, REDIS_SECONDS))
        live = RedisLiveStore(shards, NodeId(token_hex(6)))
        bell = RedisBell(shards)
        closing.push_async_callback(bell.close)
        yield _furnished(settings, _Ground(database, watch, shards, live, bell), public_url, origins)


@dataclass(frozen=True, slots=True)
class _Ground:
    """The real stores that a house stands on."""

    database: Database
    watch: Database
    shards: Shards
    live: RedisLiveStore
    bell: RedisBell

    def counts(self, node: Node, turns: Turns, hub: HubFigures) -> Counts:
        """Say where everything is counted."""
        return Counts(
            node,
            turns,
            hub,
            self.shards.figures,
            self.database.figures,
            {"work": _pool(self.database), "watch": _pool(self.watch)},
            lambda: self.shards.waiting,
            lambda: memory_of(self.shards),
        )


def _pool(database: Database) -> Pool:
    return Pool(database.pool_size, database.figures)


def _furnished(settings: Settings, ground: _Ground, public_url: str, origins: frozenset[str]) -> House:
    clock, figures = SystemClock(settings.clock_offset), HubFigures()
    database = ground.database
    stores = Stores(PostgresLedger(database, ground.watch), ground.live, ground.bell, PostgresDirectory(database))
    announcer = Announcer(stores.ledger, stores.live, figures)
    turns = Turns()
    decisions = Decisions(stores.ledger, announcer, clock, settings.policy, turns, figures)
    admission = Admission(clock, settings.entries_per_second)
    node = Node(
        stores, decisions, announcer, clock, settings.policy, thresholds=settings.thresholds, admission=admission
    )

    async def has_live() -> bool:
        return await is_any_there(ground.shards)

    async def is_staying() -> bool:
        return not node.is_draining

    async def is_in_touch() -> bool:
        return not node.is_cut_off

    return House(
        settings=settings,
        public_url=public_url,
        origins=origins,
        directory=stores.directory,
        ledger=stores.ledger,
        live=stores.live,
        announcer=announcer,
        decisions=decisions,
        proceedings=Proceedings(stores.ledger, announcer, clock, turns),
        archive=PostgresArchive(database),
        clock=clock,
        node=node,
        counts=ground.counts(node, turns, figures),
        doors=Doors(settings),
        keyring=Keyring(secret_key(settings.secret_key, settings.var)),
        identities=Gathering(stores.directory.identify),
        newcomers=Gathering(stores.directory.mint_clients),
        probes=(
            Probe("database", database.answers),
            Probe("live", has_live),
            Probe("draining", is_staying),
            Probe("cut_off", is_in_touch),
        ),
    )

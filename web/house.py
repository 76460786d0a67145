"""The composition of the real parts: the one place that knows which stores stand behind the ports."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from channels.node import Node, Stores
from hub.announcer import Announcer
from hub.directory import Directory
from hub.ports import Bell, Ledger, LiveStore
from hub.service import Decisions
from state.bell import RedisBell
from state.database import Database
from state.directory import PostgresDirectory
from state.ledger import PostgresLedger
from state.live import RedisLiveStore
from web.keyring import Keyring, secret_key
from web.passwords import Passwords
from web.settings import Settings
from web.throttle import Throttle


class SystemClock:
    """This machine's clock: for logs, ages and grace, never for a decision."""

    def now(self) -> datetime:
        """Return the wall clock, aware UTC."""
        return datetime.now(UTC)

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
    """Everything one process serves with. `origins` are the pages that may talk to it, `public_url` the first of them."""

    settings: Settings
    public_url: str
    origins: frozenset[str]
    directory: Directory
    ledger: Ledger
    live: LiveStore
    bell: Bell
    announcer: Announcer
    decisions: Decisions
    node: Node
    keyring: Keyring
    passwords: Passwords = field(default_factory=Passwords)
    throttle: Throttle = field(default_factory=Throttle)
    probes: tuple[Probe, ...] = ()

    async def start(self) -> None:
        """Begin to live."""
        await self.node.start()

    async def stop(self) -> None:
        """Stop the node, then see that everything committed has been told."""
        await self.node.stop()
        await self.announcer.settled()

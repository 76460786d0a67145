"""A process of Vigie from its first line to its last: address taken, servers up, tables current, house open, served."""

from __future__ import annotations

import asyncio
import contextlib
import platform
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from state.audit_trail import PostgresAuditTrail
from state.database import Database
from state.directory import PostgresDirectory
from state.embedded import EmbeddedServers
from state.embedded.running import running_servers
from state.erasure import PostgresErasure
from state.migrate import upgrade
from state.retention import PostgresRetention
from web import collector
from web.app import create_app
from web.doors import raise_limit
from web.house import Addresses, House, open_house
from web.keyring import Keyring, secret_key
from web.passwords import Passwords
from web.place import Place, place_of
from web.server import Server, listen
from web.settings import Settings


@dataclass(frozen=True, slots=True)
class Stores:
    """Where the stores are, who may migrate them, and what they are."""

    addresses: Addresses
    owner_url: str | None
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Office:
    """What the commands of the terminal work with: no sockets, no live store."""

    directory: PostgresDirectory
    keyring: Keyring
    passwords: Passwords
    trail: PostgresAuditTrail


@dataclass(frozen=True, slots=True)
class OwnersOffice:
    """What the commands of the terminal work with that only the owner of the tables may do."""

    retention: PostgresRetention
    erasure: PostgresErasure


@asynccontextmanager
async def stores(settings: Settings) -> AsyncIterator[Stores]:
    """Use the installation's own servers where it names them; start the default ones for the others."""
    own_database, own_redis = settings.database_url, settings.redis_url
    if own_database is not None and own_redis is not None:
        yield Stores(Addresses(own_database, own_redis), settings.migration_url)
        return
    starting = EmbeddedServers.start(settings.var, postgres=own_database is None, redis=own_redis is None)
    async with starting as servers:
        owner = settings.migration_url if own_database is not None else servers.owner_database_url
        addresses = Addresses(own_database or servers.database_url, own_redis or servers.redis_url)
        yield Stores(addresses, owner, servers.versions)


@asynccontextmanager
async def office(settings: Settings) -> AsyncIterator[Office]:
    """Reach the database for one command: named, run by another process on this folder, or started for the duration."""
    async with _database_of(settings) as urls:
        database = Database(urls.hub, pool_size=2)
        try:
            keyring = Keyring(secret_key(settings.secret_key, settings.var))
            yield Office(PostgresDirectory(database), keyring, Passwords(), PostgresAuditTrail(database))
        finally:
            await database.close()


@asynccontextmanager
async def owners_office(settings: Settings, spared: Collection[str]) -> AsyncIterator[OwnersOffice]:
    """Reach the same database as its owner; accounts with the spared addresses are never emptied."""
    async with _database_of(settings) as urls:
        database = Database(urls.owner, pool_size=2)
        try:
            yield OwnersOffice(PostgresRetention(database, spared), PostgresErasure(database))
        finally:
            await database.close()


@asynccontextmanager
async def owners_database(settings: Settings) -> AsyncIterator[str]:
    """Give the owner's address of the same database as it is: nothing is brought to the present."""
    async with _database_of(settings, is_upgraded=False) as urls:
        yield urls.owner


@dataclass(frozen=True, slots=True)
class _Urls:
    """The two ways into one database; the same where there is one role for everything."""

    hub: str
    owner: str


@asynccontextmanager
async def _database_of(settings: Settings, *, is_upgraded: bool = True) -> AsyncIterator[_Urls]:
    if settings.database_url is not None:
        owner = settings.migration_url or settings.database_url
        if is_upgraded:
            await upgrade(owner)
        yield _Urls(settings.database_url, owner)
        return
    beside = running_servers(settings.var)
    if beside is not None:
        yield _Urls(beside.database_url, beside.owner_database_url)
        return
    async with EmbeddedServers.start(settings.var, redis=False) as servers:
        if is_upgraded:
            await upgrade(servers.owner_database_url)
        yield _Urls(servers.database_url, servers.owner_database_url)


class Guest:
    """What runs beside the hub: prepared before it serves, told when it does, stopped before it stops."""

    async def prepare(self, house: House, place: Place) -> None:
        """Make ready, with the stores but before anybody can connect."""

    async def serving(self, house: House, place: Place, versions: Mapping[str, str]) -> None:
        """Hear that the hub accepts."""

    async def stop(self) -> None:
        """Stop; called before the hub says goodbye."""


async def serve(settings: Settings, guest: Guest) -> None:
    """Serve until asked to stop, then stop everything in order."""
    with contextlib.closing(listen(settings.host, settings.port)) as listener:
        place = place_of(settings, listener.getsockname()[1])
        async with stores(settings) as found:
            # Said once what must be there is there: a start that fails is one line.
            raise_limit()
            if found.owner_url is not None:
                await upgrade(found.owner_url)
            async with open_house(settings, found.addresses, place.public_url, place.origins) as house:
                await guest.prepare(house, place)
                collector.calm()
                versions = {**found.versions, "python": f"Python {platform.python_version()}"}
                server = Server(
                    create_app(house),
                    settings,
                    house.doors,
                    on_ready=lambda: guest.serving(house, place, versions),
                    on_stopping=_in_order(guest.stop, house.node.drain),
                )
                try:
                    await server.serve(sockets=[listener])
                finally:
                    await asyncio.shield(guest.stop())


def _in_order(*steps: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    async def one_by_one() -> None:
        for step in steps:
            await step()

    return one_by_one

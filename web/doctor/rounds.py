"""All looks in order; those that may wait are made side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from hub.findings import Check, Finding
from state.checks.bounded import bounded_all
from state.checks.postgres import Wanted, look_at_postgres
from state.checks.redis import look_at_redis
from state.database import POOL_SIZE
from state.embedded.running import RunningServers, running_servers
from web.doctor import ground, machine
from web.doctor.ground import Ground
from web.doctor.outside import look_at_public
from web.doctor.serving import look_at_hub
from web.doctor.settings import look_at_settings
from web.house import WATCHING_AT_ONCE, SystemClock
from web.keyring import KEY_FILE, Keyring, WrongKey
from web.settings import Settings

STORE_SECONDS = 60.0
"""All looks at one store; each has a shorter time of its own."""
HUB_SECONDS = 20.0
PROGRAMS_SECONDS = 30.0
"""Programs are asked for their versions, one after the other."""


async def look(environment: Mapping[str, str], url: str | None) -> Sequence[Finding]:
    """Look at everything this environment leads to, and at this public address if one is named."""
    read = ground.read(environment)
    settings = read.settings
    running = await asyncio.to_thread(_running, settings)
    embedded, database, live, serving = await asyncio.gather(
        bounded_all(Check.EMBEDDED, partial(_embedded, read, running), PROGRAMS_SECONDS),
        bounded_all(Check.POSTGRES, partial(_postgres, read, running), STORE_SECONDS),
        bounded_all(Check.REDIS, partial(_redis, read, running), STORE_SECONDS),
        bounded_all(Check.HUB, partial(_hub, settings, url), HUB_SECONDS),
    )
    folder = await bounded_all(Check.FOLDER, partial(_folder, settings))
    files = machine.look_at_open_files()
    return [*read.findings, *look_at_settings(settings), *folder, files, *embedded, *database, *live, *serving]


def _running(settings: Settings) -> RunningServers | None:
    try:
        return running_servers(settings.var)
    except OSError:
        # A folder we may not look into: the check of the folder says so.
        return None


async def _folder(settings: Settings) -> Sequence[Finding]:
    return await asyncio.to_thread(lambda: [*machine.look_at_folder(settings)])


async def _embedded(read: Ground, running: RunningServers | None) -> Sequence[Finding]:
    return await asyncio.to_thread(lambda: [*machine.look_at_embedded(read, running)])


async def _postgres(read: Ground, running: RunningServers | None) -> Sequence[Finding]:
    settings = read.settings
    embedded = running.database_url if running and read.uses_embedded_postgres else None
    url = settings.database_url or embedded
    if url is None:
        return ()
    opens = await asyncio.to_thread(opener, settings)
    now = SystemClock(settings.clock_offset).now
    return await look_at_postgres(url, Wanted(POOL_SIZE + WATCHING_AT_ONCE, now, opens))


async def _redis(read: Ground, running: RunningServers | None) -> Sequence[Finding]:
    embedded = running.redis_url if running and read.uses_embedded_redis else None
    url = read.settings.redis_url or embedded
    if url is None:
        return ()
    return await look_at_redis(url, SystemClock(read.settings.clock_offset).now)


async def _hub(settings: Settings, url: str | None) -> Sequence[Finding]:
    serving, is_there = await look_at_hub(settings)
    # Without a hub the public address cannot answer: that would be said twice.
    public = url or (settings.public_url if is_there else None)
    return [serving, *(await look_at_public(public, settings) if public is not None else ())]


def opener(settings: Settings) -> Callable[[bytes], bool]:
    """Return who tries the key of this installation on a sealed password; no key is made for it."""
    try:
        key = settings.secret_key or (settings.var / KEY_FILE).read_text().strip()
    except OSError:
        return lambda _: False
    keyring = Keyring(key)

    def opens(sealed: bytes) -> bool:
        try:
            keyring.open(sealed)
        except WrongKey:
            return False
        return True

    return opens

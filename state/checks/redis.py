"""The live store as the hub meets it: its one server, or each shard of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from hub.findings import Check, Finding, Grade, doubtful, well, wrong
from hub.ports import StoreUnavailable
from state.checks import clocks
from state.checks.bounded import bounded
from state.embedded.discovery import MIN_REDIS_MAJOR
from state.live_replies import said
from state.servers import open_shards
from state.shards import MAIN, Shard

SOCKET_SECONDS = 2.0
_PASSWORD_WORDS = ("Authentication", "NOAUTH", "WRONGPASS")

Said = Mapping[str, str]
"""What INFO tells, line by line."""


async def look_at_redis(url: str, now: Callable[[], datetime]) -> Sequence[Finding]:
    """Say how the live store at this address is; what cannot be reached is one finding."""
    async with open_shards(url, SOCKET_SECONDS) as shards:
        try:
            listed = await shards.all()
        except StoreUnavailable as away:
            return [_away(away)]
        return [finding for shard in listed for finding in await _look_at(shard, now)]


async def _look_at(shard: Shard, now: Callable[[], datetime]) -> Sequence[Finding]:
    told: dict[str, str] = {}
    reached = await bounded(Check.REDIS, partial(_reach, shard, told))
    if reached.grade is Grade.PROBLEM:
        return [_of(shard, reached)]
    judged = [judge(told) for judge in (judged_version, _primary, _eviction, _persistence)]
    clock = await bounded(Check.REDIS_CLOCK, partial(_clock, shard, now))
    return [_of(shard, one) for one in (reached, *judged, clock)]


def _of(shard: Shard, finding: Finding) -> Finding:
    """Say by its address which shard of a cluster it is about."""
    if shard.name == MAIN:
        return finding
    at = shard.client.get_connection_kwargs()  # type: ignore[no-untyped-call]
    return replace(finding, seen=f"{at['host']}:{at['port']}: {finding.seen}")


async def _reach(shard: Shard, told: dict[str, str]) -> Finding:
    try:
        told |= said(await shard.watch.command("INFO"))
    except StoreUnavailable as away:
        return _away(away)
    return well(Check.REDIS, "answers")


def _away(away: StoreUnavailable) -> Finding:
    words = str(away)
    if any(one in words for one in _PASSWORD_WORDS):
        return wrong(Check.REDIS, "the server does not accept this password", "Correct it in VIGIE_REDIS_URL.")
    if "LOADING" in words:
        return wrong(Check.REDIS, "the server is reading its files", "Wait until it has, then look again.")
    return wrong(
        Check.REDIS,
        "the live store does not answer",
        "Start Valkey or Redis; then compare host and port in VIGIE_REDIS_URL with what it listens on.",
    )


def judged_version(told: Said) -> Finding:
    """Judge the version that INFO tells."""
    # Valkey tells beside its own version the Redis it is compatible with, which is what counts.
    name = f"Valkey {told['valkey_version']}" if "valkey_version" in told else f"Redis {told['redis_version']}"
    if int(told["redis_version"].split(".")[0]) >= MIN_REDIS_MAJOR:
        return well(Check.REDIS_VERSION, name)
    return wrong(Check.REDIS_VERSION, name, f"Install Valkey, or Redis {MIN_REDIS_MAJOR} or later.")


def _primary(told: Said) -> Finding:
    if told.get("role") == "master":
        return well(Check.REDIS_PRIMARY, "takes writes")
    return wrong(
        Check.REDIS_PRIMARY, "this server is a replica and takes no writes", "Name its primary in VIGIE_REDIS_URL."
    )


def _eviction(told: Said) -> Finding:
    policy = told.get("maxmemory_policy", "unknown")
    if policy == "noeviction":
        return well(Check.REDIS_EVICTION, "noeviction")
    return wrong(
        Check.REDIS_EVICTION,
        f"{policy}: rooms would lose their order silently when memory is short",
        "Set `maxmemory-policy noeviction` in the server's file, and now with CONFIG SET.",
    )


def _persistence(told: Said) -> Finding:
    if told.get("aof_enabled") != "1":
        return doubtful(
            Check.REDIS_PERSISTENCE,
            "no append-only file: a restart empties it, and every room is loaded from PostgreSQL again",
            "Set `appendonly yes` and `appendfsync everysec` in the server's file.",
        )
    if told.get("aof_last_write_status") == "ok":
        return well(Check.REDIS_PERSISTENCE, "append-only file")
    return wrong(Check.REDIS_PERSISTENCE, "its file cannot be written", "Make room on the disk it writes to.")


async def _clock(shard: Shard, now: Callable[[], datetime]) -> Finding:
    asked_at = now()
    reply = await shard.watch.command("TIME")
    assert isinstance(reply, list)  # nosec B101 # narrows a type
    seconds, microseconds = (int(part) for part in reply if isinstance(part, bytes))
    theirs = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)
    return clocks.compared(Check.REDIS_CLOCK, theirs, asked_at, now())

"""What an installation may choose, read once from the environment (`VIGIE_…`) and never guessed again."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from channels.admission import ENTRIES_PER_SECOND
from hub.policy import Policy, Thresholds
from state import cluster_url

PREFIX = "VIGIE_"
MIN_SECRET_KEY_CHARACTERS = 32
"""A shorter secret could be guessed; a generated one is longer."""
DEMO_CANDIDATES = 24
MAX_POLICY_SECONDS = 7 * 24 * 3600
ADDRESS_CONNECTIONS = 2000
"""More than any school has candidates: they all come from one address, and all at once after a power cut."""
MAX_PER_ADDRESS = 1_000_000
LOG_FORMATS = ("auto", "console", "json")
LOOPBACK = "127.0.0.1"
ANYWHERE = ("0.0.0.0/0", "::/0")

Value = TypeVar("Value")
Durations = TypeVar("Durations", Policy, Thresholds)


class SettingsError(Exception):
    """A setting is wrong; the text names it and says what is expected. `variable` is its name alone."""

    def __init__(self, variable: str, text: str) -> None:
        super().__init__(text)
        self.variable = variable


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an installation may choose. `proxies` are the only peers whose `X-Forwarded-…` is believed.

    `metrics` are the networks that may read the figures, besides this machine.
    """

    host: str = LOOPBACK
    port: int = 8000
    var: Path = Path("var")
    database_url: str | None = None
    database_owner_url: str | None = None
    redis_url: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    public_url: str | None = None
    origins: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    demo_players: int = 20
    demo_pace: float = 1.0
    log_format: str = "auto"
    clock_offset: timedelta = timedelta()
    entries_per_second: int = ENTRIES_PER_SECOND
    address_sockets: int = ADDRESS_CONNECTIONS
    address_handshakes: int = ADDRESS_CONNECTIONS
    policy: Policy = field(default_factory=Policy)
    thresholds: Thresholds = field(default_factory=Thresholds)

    @property
    def migration_url(self) -> str | None:
        """Return who may change the tables of the own database: its owner, or the only role there is."""
        return self.database_owner_url or self.database_url


def read(environment: Mapping[str, str]) -> Settings:
    """Read the settings. Raises SettingsError on the first wrong one."""
    return _read(_Source(environment))


def names() -> frozenset[str]:
    """List every variable that is read."""
    source = _Source({})
    _read(source)
    return frozenset(source.asked)


def _read(source: _Source) -> Settings:
    settings = Settings(
        host=source.get("HOST", LOOPBACK, _host),
        port=source.get("PORT", 8000, _between(0, 65535)),
        var=source.get("VAR", Path("var"), Path),
        database_url=source.get("DATABASE_URL", None, _database_url),
        database_owner_url=source.get("DATABASE_OWNER_URL", None, _database_url),
        redis_url=source.get("REDIS_URL", None, _redis_url),
        secret_key=source.get("SECRET_KEY", None, _secret_key),
        public_url=source.get("PUBLIC_URL", None, origin),
        origins=source.get("ORIGINS", (), _list_of(origin)),
        proxies=source.get("PROXIES", (), _list_of(_network)),
        metrics=source.get("METRICS", (), _readers),
        demo_players=source.get("DEMO_PLAYERS", 20, _between(0, DEMO_CANDIDATES)),
        demo_pace=source.get("DEMO_PACE", 1.0, _pace),
        log_format=source.get("LOG_FORMAT", "auto", _log_format),
        entries_per_second=source.get("ENTRIES_PER_SECOND", ENTRIES_PER_SECOND, _between(1, 10_000)),
        address_sockets=source.get("ADDRESS_SOCKETS", ADDRESS_CONNECTIONS, _between(1, MAX_PER_ADDRESS)),
        address_handshakes=source.get("ADDRESS_HANDSHAKES", ADDRESS_CONNECTIONS, _between(1, MAX_PER_ADDRESS)),
        clock_offset=source.get("CLOCK_OFFSET_SECONDS", timedelta(), _offset),
        policy=_durations(source, Policy()),
        thresholds=_durations(source, Thresholds()),
    )
    if settings.database_owner_url is not None and settings.database_url is None:
        owner = f"{PREFIX}DATABASE_OWNER_URL"
        raise SettingsError(owner, f"{owner} is set but {PREFIX}DATABASE_URL is not: set both.")
    return settings


class _Source:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.asked: set[str] = set()

    def get(self, name: str, default: Value, parse: Callable[[str], Value]) -> Value:
        """Read one setting; an empty one counts as not set."""
        self.asked.add(PREFIX + name)
        text = self._environment.get(PREFIX + name, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as wrong:
            # Addresses and keys hold secrets: only what is expected is repeated, never what was found.
            raise SettingsError(PREFIX + name, f"{PREFIX}{name} is not valid: {wrong}") from None


def _durations(source: _Source, standard: Durations) -> Durations:
    """Read `VIGIE_UNDO_SECONDS` and its like, one for each duration of the policy or of the thresholds."""
    chosen = {
        one.name: source.get(f"{one.name.upper()}_SECONDS", getattr(standard, one.name), _duration)
        for one in fields(standard)
    }
    return replace(standard, **chosen)


def _between(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise ValueError(f"a whole number from {least} to {most} is expected.")
        return int(text)

    return parse


def _duration(text: str) -> timedelta:
    return timedelta(seconds=_between(0, MAX_POLICY_SECONDS)(text))


def _offset(text: str) -> timedelta:
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    return sign * _duration(digits)


def _pace(text: str) -> float:
    try:
        pace = float(text)
    except ValueError:
        pace = 0.0
    if not 0.1 <= pace <= 1000:
        raise ValueError("a number from 0.1 to 1000 is expected (2 plays twice as fast).")
    return pace


def _host(text: str) -> str:
    if any(sign in text for sign in "/:@ ") and not _is_address(text):
        raise ValueError("an address or a name is expected, without a scheme or a port.")
    return text


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _database_url(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if scheme not in ("postgresql", "postgres", "postgresql+asyncpg") or not separator or not rest:
        raise ValueError("postgresql://user:password@host/database is expected.")
    return f"postgresql+asyncpg://{rest}"


def _redis_url(text: str) -> str:
    if cluster_url.is_cluster(text):
        cluster_url.ClusterUrl.parse(text)
        return text
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("redis://host:6379/0 is expected (or rediss://, unix://, redis+cluster://host,host).")
    return text


def _secret_key(text: str) -> str:
    if len(text) < MIN_SECRET_KEY_CHARACTERS:
        raise ValueError(f"at least {MIN_SECRET_KEY_CHARACTERS} random characters are expected.")
    return text


def origin(text: str) -> str:
    """Normalise an origin as a browser sends it: scheme, host in lower case, port unless it is the usual one.

    Raises ValueError.
    """
    expected = "https://host or http://host:port is expected, without a path."
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(expected) from None
    has_more = parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None
    if parts.scheme not in ("http", "https") or not parts.hostname or has_more:
        raise ValueError(expected)
    return origin_of(parts.scheme, parts.hostname, port)


def origin_of(scheme: str, host: str, port: int | None) -> str:
    """Spell an origin as browsers do."""
    name = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[scheme]
    return f"{scheme}://{name}" if port in (None, usual) else f"{scheme}://{name}:{port}"


def _network(text: str) -> str:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError("addresses or networks are expected, separated by commas (10.0.0.7, 10.1.0.0/16).") from None
    return text


def _readers(text: str) -> tuple[str, ...]:
    if text.lower() == "open":
        return ANYWHERE
    try:
        return _list_of(_network)(text)
    except ValueError:
        raise ValueError("open, or addresses and networks separated by commas, are expected.") from None


def _list_of(parse: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    return lambda text: tuple(parse(part.strip()) for part in text.split(",") if part.strip())


def _log_format(text: str) -> str:
    if text not in LOG_FORMATS:
        raise ValueError(f"one of {', '.join(LOG_FORMATS)} is expected.")
    return text

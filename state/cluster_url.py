"""The address of a cluster: some of its members, and the login that all of them share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

SCHEMES = {"redis+cluster": "redis", "rediss+cluster": "rediss"}
USUAL_PORT = 6379
EXPECTED = "redis+cluster://host:6379,host:6379 is expected (or rediss+cluster://), without a database number."


class Address(NamedTuple):
    """Where one member listens."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class ClusterUrl:
    """What was written in the settings; `login` and `query` hold secrets."""

    scheme: str
    login: str
    seeds: tuple[Address, ...]
    query: str

    @classmethod
    def parse(cls, url: str) -> ClusterUrl:
        """Read `redis+cluster://user:password@host:port,host:port?options`. Raises ValueError."""
        scheme, _, rest = url.partition("://")
        rest, _, query = rest.partition("?")
        login, _, hosts = rest.rpartition("@")
        seeds = tuple(_seed(one) for one in hosts.rstrip("/").split(","))
        if scheme not in SCHEMES:
            raise ValueError(EXPECTED)
        return cls(SCHEMES[scheme], login, seeds, query)

    @classmethod
    def of_member(cls, url: str) -> ClusterUrl:
        """Read the usual address of one server that turned out to be a member. Raises ValueError."""
        scheme, _, rest = url.partition("://")
        place, _, query = rest.partition("?")
        return cls.parse(f"{scheme}+cluster://{place.removesuffix('/0')}{'?' if query else ''}{query}")

    def of(self, address: Address) -> str:
        """Spell the address of one member as redis-py takes it."""
        host = f"[{address.host}]" if ":" in address.host else address.host
        login = f"{self.login}@" if self.login else ""
        return f"{self.scheme}://{login}{host}:{address.port}{'?' if self.query else ''}{self.query}"


def is_cluster(url: str) -> bool:
    """Tell whether an address names a cluster."""
    return url.partition("://")[0] in SCHEMES


def _seed(text: str) -> Address:
    try:
        parts = urlsplit(f"//{text.strip()}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(EXPECTED) from None
    if not host or parts.path:
        raise ValueError(EXPECTED)
    return Address(host, port or USUAL_PORT)

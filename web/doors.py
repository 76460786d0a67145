"""How many connections this process takes at all, and how many of them from one address.

A school shares one address, so the bounds are far above any school: they keep one flood from taking what everybody
needs, and count no one's tries. Proxies that are named are not counted; those behind them are.
"""

from __future__ import annotations

import ipaddress
import logging
import random
import resource
import time
from collections import Counter

from web.settings import Settings

log = logging.getLogger("vigie.doors")

KEPT_FREE = 256
"""Descriptors that no client gets: for the stores, files, and whatever is opened when something breaks."""
MOST_DESCRIPTORS = 1 << 20
SAY_AGAIN_SECONDS = 60.0
"""A flood is not a flood of log lines as well."""
COME_BACK_MS = (5000, 15000)
TOO_MANY_SOCKETS = (
    "one address has as many sockets as VIGIE_ADDRESS_SOCKETS allows: new ones of it are asked to wait. "
    "If it is your proxy, name it in VIGIE_PROXIES."
)
OWN_ADDRESSES = frozenset({"127.0.0.1", "::1"})
"""This machine by its usual name: a proxy beside the hub that nobody named, or a measurement."""


def raise_limit() -> int:
    """Let this process hold as many files and sockets as it may at most; returns how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    limit = MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
    log.info("this process may hold %s files and sockets (limit of open files)", limit)
    return limit


def neighbours(address: str) -> str:
    """Return whom an address is counted with: of IPv6 a whole network of 64 bits is one household's."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(read, ipaddress.IPv4Address):
        return address
    return str(read.ipv4_mapped) if read.ipv4_mapped else str(ipaddress.ip_network((read, 64), strict=False))


class Doors:
    """Counts who is inside. `limit` is how many descriptors this process may hold."""

    def __init__(self, settings: Settings, limit: int | None = None) -> None:
        most = limit or resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self.most = max(most // 2, most - KEPT_FREE)
        self._most_sockets = settings.address_sockets
        # Whatever is set: one address never gets all there is.
        self._most_handshakes = min(settings.address_handshakes, self.most // 2)
        self._proxies = [ipaddress.ip_network(one, strict=False) for one in settings.proxies]
        self._handshakes: Counter[str] = Counter()
        self._requests: Counter[str] = Counter()
        self._sockets: Counter[str] = Counter()
        self._said_at: dict[str, float] = {}

    # ── connections, by the peer that made them ────────────────────────────────────────────────────────────────

    def knock(self, peer: str, connections: int) -> bool:
        """Count a new connection, unless there are too many; `connections` are all that this process has, with it."""
        if connections > self.most:
            self._say(
                "all", f"{connections} connections: more would need a higher limit of open files. New ones are cut."
            )
            return False
        who = neighbours(peer)
        if self._is_trusted(peer):
            return True
        if self._handshakes[who] >= self._most_handshakes or self._requests[who] >= self.most // 2:
            self._say("address", "one address has too many connections that are no sockets: new ones of it are cut.")
            return False
        self._handshakes[who] += 1
        self._requests[who] += 1
        return True

    def greeted(self, peer: str) -> None:
        """Hear that a connection has said what it wants."""
        if not self._is_trusted(peer):
            _take_one(self._handshakes, neighbours(peer))

    def left(self, peer: str) -> None:
        """Hear that a connection has ended, or is a socket now."""
        if not self._is_trusted(peer):
            _take_one(self._requests, neighbours(peer))

    # ── sockets, by the client behind the proxies ──────────────────────────────────────────────────────────────

    def take_in(self, address: str) -> int:
        """Count a socket; returns 0, or in how many milliseconds to come back when its address has too many."""
        who = neighbours(address)
        if self._sockets[who] >= self._most_sockets and not self._is_trusted(address):
            self._say("sockets", TOO_MANY_SOCKETS)
            return random.randint(*COME_BACK_MS)  # nosec B311 # spreads returns, guards nothing
        self._sockets[who] += 1
        return 0

    def let_out(self, address: str) -> None:
        """Hear that a socket that was taken in has ended."""
        _take_one(self._sockets, neighbours(address))

    def _is_trusted(self, peer: str) -> bool:
        if peer in OWN_ADDRESSES:
            return True
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            # A socket of the file system has no address: whoever reaches it is a proxy of this machine.
            return True
        return any(address in one for one in self._proxies)

    def _say(self, what: str, text: str) -> None:
        now = time.monotonic()
        if now - self._said_at.get(what, -SAY_AGAIN_SECONDS) >= SAY_AGAIN_SECONDS:
            self._said_at[what] = now
            log.warning("%s", text)


def _take_one(counted: Counter[str], who: str) -> None:
    """Take one off a count; what is at zero is not kept."""
    if counted[who] > 1:
        counted[who] -= 1
    else:
        del counted[who]

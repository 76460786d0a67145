"""Where an installation is: the address it listens on, the one people type, and the pages that may talk to it."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from web.settings import Settings, origin_of

WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 - listens nowhere: what somebody else wrote is compared with it
LOOPBACKS = ("127.0.0.1", "localhost", "::1")
SOMEWHERE = ("192.0.2.1", 9)
"""An address reserved for examples: asked which way packets would go there, none is sent."""


@dataclass(frozen=True, slots=True)
class Place:
    """`local_url` is for clients on this machine, `public_url` for phones."""

    local_url: str
    public_url: str
    origins: frozenset[str]


def place_of(settings: Settings, port: int) -> Place:
    """Work out the addresses of a hub that listens on this port."""
    is_everywhere = settings.host in WILDCARDS
    local = origin_of("http", "127.0.0.1" if is_everywhere else settings.host, port)
    lan = lan_address() if is_everywhere else None
    public = settings.public_url or (origin_of("http", lan, port) if lan else local)
    origins = {local, public, *settings.origins}
    if lan:
        origins.add(origin_of("http", lan, port))
    if is_everywhere or settings.host in LOOPBACKS:
        origins |= {origin_of("http", name, port) for name in LOOPBACKS}
    return Place(local, public, frozenset(origins))


def lan_address() -> str | None:
    """Return this machine's address in its network, if it is in one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(SOMEWHERE)
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return None if address.startswith("127.") else address

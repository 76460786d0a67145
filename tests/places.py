"""Places people connect from: addresses of this machine, each taken for another network."""

from __future__ import annotations

import httpx
from websockets.asyncio.client import ClientConnection, connect

SCHOOL, STRANGER, OTHER = "127.0.0.2", "127.0.0.3", "127.0.0.4"
"""Its usual address is trusted."""


def http_from(place: str, base_url: str, at_once: int = 50) -> httpx.AsyncClient:
    transport = httpx.AsyncHTTPTransport(local_address=place, limits=httpx.Limits(max_connections=at_once))
    return httpx.AsyncClient(transport=transport, base_url=base_url, timeout=60)


async def socket_from(place: str, base_url: str, path: str = "/ws/candidate") -> ClientConnection:
    return await connect(
        f"{base_url.replace('http', 'ws', 1)}{path}",
        subprotocols=["vigie.v1"],  # type: ignore[list-item]
        local_addr=(place, 0),
        proxy=None,
        compression=None,
        open_timeout=60,
        close_timeout=1,
    )

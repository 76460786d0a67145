"""`X-Forwarded-For` is believed from named proxies only: whoever guesses would else have many addresses."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.faults.rig import Rig
from web.doors import Doors
from web.server import _config
from web.settings import Settings

STRANGER = "203.0.113.9"
CLIENT = "198.51.100.7"

CASES: dict[str, tuple[tuple[str, ...], str, list[str], str]] = {
    # Who is named, who connects, what is said, who it is.
    "nobody is named": ((), "127.0.0.1", [CLIENT], "127.0.0.1"),
    "a stranger forges": (("10.0.0.1",), STRANGER, [CLIENT], STRANGER),
    "a named proxy is believed": (("10.0.0.1",), "10.0.0.1", [CLIENT], CLIENT),
    "a network is named": (("10.0.0.0/8",), "10.9.8.7", [CLIENT], CLIENT),
    "beside the network": (("10.0.0.0/8",), "11.0.0.1", [CLIENT], "11.0.0.1"),
    "what a client forged stands further left": (("10.0.0.1",), "10.0.0.1", [f"1.2.3.4, {CLIENT}"], CLIENT),
    "a chain of named proxies": (("10.0.0.0/8",), "10.0.0.1", [f"{CLIENT}, 10.0.0.2"], CLIENT),
    "a chain through a stranger": (("10.0.0.0/8",), "10.0.0.1", [f"1.2.3.4, {STRANGER}, 10.0.0.2"], STRANGER),
    "several headers are one": (("10.0.0.1",), "10.0.0.1", ["1.2.3.4", CLIENT], CLIENT),
    "version 6": (("fd00::/8",), "fd00::1", ["2001:db8::7"], "2001:db8::7"),
    "version 6 forged": (("fd00::/8",), "2001:db8::1", [CLIENT], "2001:db8::1"),
    "the other version's loopback": (("127.0.0.1",), "::1", [CLIENT], "::1"),
}


async def seen(proxies: tuple[str, ...], peer: str, said: list[str], kind: str) -> str:
    """Ask our own server's application, as it is configured, who it takes a connection for."""
    heard: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        heard.append(scope["client"][0])

    settings = Settings(proxies=proxies)
    config = _config(app, settings, Doors(settings))
    config.load()
    headers = [(b"x-forwarded-for", one.encode()) for one in said]
    scope = {"type": kind, "asgi": {}, "client": (peer, 1234), "scheme": "http", "headers": headers}
    await config.loaded_app(scope, None, None)
    return heard[0]


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("case", CASES)
async def test_only_named_proxies_are_believed(case: str, kind: str) -> None:
    proxies, peer, said, expected = CASES[case]
    assert await seen(proxies, peer, said, kind) == expected


async def test_a_forged_address_does_not_loosen_a_brake(rig: Rig) -> None:
    """From an address that is no named proxy each try counts, whatever it says of where it comes from."""
    transport = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    async with httpx.AsyncClient(transport=transport, base_url=rig.hubs[0].own_url, timeout=30) as http:
        codes = []
        for turn in range(64):
            headers = {"X-Forwarded-For": f"192.0.2.{turn + 1}"}
            codes.append((await http.post("/api/handovers/open", json={"secret": "x"}, headers=headers)).status_code)
    assert codes == [404] * 60 + [429] * 4


async def test_the_addresses_of_one_network_of_version_6_are_braked_as_one(rig: Rig) -> None:
    async with httpx.AsyncClient(base_url=rig.hubs[0].own_url, trust_env=False, timeout=30) as http:
        codes = []
        for turn in range(64):
            headers = {"X-Forwarded-For": f"2001:db8:1:1::{turn + 1:x}"}
            codes.append((await http.post("/api/handovers/open", json={"secret": "x"}, headers=headers)).status_code)
        assert codes == [404] * 60 + [429] * 4
        headers = {"X-Forwarded-For": "2001:db8:1:2::1"}
        assert (await http.post("/api/handovers/open", json={"secret": "x"}, headers=headers)).status_code == 404

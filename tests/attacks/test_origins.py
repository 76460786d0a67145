"""Pages of somebody else: every spelling of an Origin that is not exactly one of ours, on every way in."""

from __future__ import annotations

import asyncio
import base64
import os

import httpx
import pytest

from channels.wire import SUBPROTOCOL
from tests.attacks.conftest import ALLOWED_ORIGIN
from tests.faults.hubs import Hub
from tests.faults.rig import Rig
from tests.story.client import Dashboard
from tests.story.rooms import World
from web.rights import RIGHTS

SOCKETS = ("/ws/candidate", "/ws/invigilator", "/ws/admin")
FOREIGN = {
    "another site": ["https://evil.example"],
    "a page without one": ["null"],
    "nothing": [""],
    "ours with something behind it": [ALLOWED_ORIGIN + ".evil"],
    "ours before another name": ["https://exams.example.org@evil.example"],
    "something before ours": ["https://evil-exams.example.org"],
    "a subdomain": ["https://a.exams.example.org"],
    "capitals": ["https://EXAMS.example.org"],
    "a dot at the end": [ALLOWED_ORIGIN + "."],
    "a slash at the end": [ALLOWED_ORIGIN + "/"],
    "another port": [ALLOWED_ORIGIN + ":8443"],
    "the usual port": [ALLOWED_ORIGIN + ":443"],
    "another scheme": ["http://exams.example.org"],
    "a socket's scheme": ["wss://exams.example.org"],
    "a name in it": ["https://user@exams.example.org"],
    "a space": [ALLOWED_ORIGIN + " x"],
    "look-alikes in punycode": ["https://xn--exms-43d.example.org"],
    "look-alikes": ["https://ex\u0430ms.example.org"],
    "two in one": [f"{ALLOWED_ORIGIN}, https://evil.example"],
}
SEVERAL = {
    "ours, then another": [ALLOWED_ORIGIN, "https://evil.example"],
    "another, then ours": ["https://evil.example", ALLOWED_ORIGIN],
    "ours twice": [ALLOWED_ORIGIN, ALLOWED_ORIGIN],
}
ODD_BODY = {"there is no such field": 1}
LOOK = ("POST", "/api/invitations/look")
"""Changes nothing, and tells only who knows a link's secret already what it is for."""


async def handshake(hub: Hub, path: str, origins: list[str]) -> int:
    """Ask for a socket in bare words and return the status."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: exams.example.org",
        "Connection: Upgrade",
        "Upgrade: websocket",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",
        *(f"Origin: {one}" for one in origins),
    ]
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(hub.own_url).port)
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode())
        async with asyncio.timeout(8):
            answer = await reader.readline()
    finally:
        writer.transport.abort()
    return int(answer.split(b" ")[1])


@pytest.mark.parametrize("path", SOCKETS)
async def test_a_socket_is_refused_before_the_upgrade(rig: Rig, path: str) -> None:
    got = {name: await handshake(rig.hubs[0], path, said) for name, said in FOREIGN.items()}
    assert got == dict.fromkeys(FOREIGN, 403)
    got = {name: await handshake(rig.hubs[0], path, said) for name, said in SEVERAL.items()}
    assert got == dict.fromkeys(SEVERAL, 400), "no browser says it twice"
    assert await handshake(rig.hubs[0], path, [ALLOWED_ORIGIN]) == 101
    assert await handshake(rig.hubs[0], path, []) == 101, "a client that is no browser"


def writes(*, is_public_too: bool) -> list[tuple[str, str]]:
    """List what changes something, with parameters that are there nowhere; what is public asks for no cookie."""
    filled = {"number:number": "999999999", "candidate:number": "1", "account:number": "1", "id:number": "1"}
    found = []
    for (method, path), right in RIGHTS.items():
        is_wanted = method != "GET" and (is_public_too or not right.is_public) and (method, path) != LOOK
        for name, value in {**filled, "id:uuid": "00000000-0000-0000-0000-000000000000"}.items():
            path = path.replace("{" + name + "}", value)
        if is_wanted:
            found.append((method, path))
    return found


async def asked(http: httpx.AsyncClient, method: str, path: str, cookie: str, origins: list[str]) -> tuple[int, str]:
    headers = [("Cookie", f"vigie_login={cookie}"), *(("Origin", one.encode()) for one in origins)]
    answer = await http.request(method, path, json=ODD_BODY, headers=headers)
    return answer.status_code, answer.json()["error"]["code"] if answer.is_error else ""


async def test_with_a_cookie_nothing_changes_from_a_foreign_page(rig: Rig) -> None:
    cookie = rig.staff.admin.token
    refused = (403, "origin_not_allowed")
    async with httpx.AsyncClient(base_url=rig.hubs[0].own_url, trust_env=False) as http:
        for origins in (["https://evil.example"], []):
            ways = writes(is_public_too=bool(origins))
            answers = {(m, p): await asked(http, m, p, cookie, origins) for m, p in ways}
            assert answers == dict.fromkeys(answers, refused)
        path = "/api/sessions/999999999/commands"
        for name, origins in {**FOREIGN, **SEVERAL}.items():
            assert await asked(http, "POST", path, cookie, origins) == refused, name
        assert (await asked(http, "POST", path, cookie, [ALLOWED_ORIGIN]))[0] == 404
        assert (await http.get("/api/me", headers={"Cookie": f"vigie_login={cookie}"})).status_code == 200


async def test_on_a_socket_a_cookie_counts_only_from_our_own_page(world: World) -> None:
    room = await world.room()
    cookie = {"Cookie": f"vigie_login={world.staff.invigilator}"}
    without: Dashboard = await world.open(Dashboard, options={"additional_headers": cookie}, session=room.number)
    assert await without.closing() == 4001
    ours: Dashboard = await world.open(
        Dashboard, options={"additional_headers": cookie, "origin": ALLOWED_ORIGIN}, session=room.number
    )
    await ours.until(lambda: ours.epoch, "the page's dashboard")

"""How many may come in, and from where: one flood never takes what everybody needs, and a school is no flood."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidMessage

from tests.places import OTHER, SCHOOL, STRANGER, http_from, socket_from
from tests.web.test_server import QuietServer
from web.app import create_app
from web.doors import KEPT_FREE, Doors, neighbours
from web.house import House
from web.server import listen
from web.settings import Settings
from web.throttle import Throttle

# ── counting ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_beyond_the_limit_of_descriptors_nobody_is_let_in_and_it_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    doors = Doors(Settings(), limit=1000)
    assert doors.most == 1000 - KEPT_FREE
    with caplog.at_level(logging.WARNING, "vigie.doors"):
        assert doors.knock(SCHOOL, doors.most)
        assert not any(doors.knock(one, doors.most + 1) for one in (SCHOOL, "127.0.0.1", OTHER))
    assert len([one for one in caplog.records if "limit of open files" in one.getMessage()]) == 1


def test_one_address_never_gets_more_than_half_of_what_there_is() -> None:
    doors = Doors(Settings(), limit=1000)
    assert sum(doors.knock(STRANGER, 1) for _ in range(1000)) == doors.most // 2
    assert doors.knock(SCHOOL, 1)
    doors = Doors(Settings(), limit=1000)
    for _ in range(1000):
        doors.knock(STRANGER, 1)
        doors.greeted(STRANGER)
    assert not doors.knock(STRANGER, 1), "who says a request and stays is counted as well"


def test_who_has_said_what_they_want_or_left_makes_room() -> None:
    doors = Doors(Settings(address_handshakes=2), limit=1000)
    assert doors.knock(SCHOOL, 1)
    assert doors.knock(SCHOOL, 2)
    assert not doors.knock(SCHOOL, 3)
    doors.greeted(SCHOOL)
    assert doors.knock(SCHOOL, 3)
    assert doors._requests[SCHOOL] == 3
    for _ in range(3):
        doors.greeted(SCHOOL)
        doors.left(SCHOOL)
    assert not doors._requests
    assert not doors._handshakes


def test_a_named_proxy_is_not_counted_and_who_stands_behind_it_is() -> None:
    doors = Doors(Settings(proxies=("10.1.0.0/16",), address_handshakes=1, address_sockets=1), limit=1000)
    assert all(doors.knock("10.1.2.3", 1) for _ in range(50))
    assert [doors.take_in("192.0.2.7") > 0 for _ in range(2)] == [False, True]
    assert doors.take_in("192.0.2.8") == 0


def test_an_address_that_is_full_is_told_when_to_come_back_and_is_free_again_later() -> None:
    doors = Doors(Settings(address_sockets=1), limit=1000)
    assert doors.take_in(SCHOOL) == 0
    assert 5000 <= doors.take_in(SCHOOL) <= 15000
    doors.let_out(SCHOOL)
    assert doors.take_in(SCHOOL) == 0


def test_an_ipv6_network_of_64_bits_is_one_neighbour() -> None:
    assert neighbours("2001:db8:1:2::7") == neighbours("2001:db8:1:2:ffff::1")
    assert neighbours("2001:db8:1:2::7") != neighbours("2001:db8:1:3::7")
    assert neighbours("::ffff:192.0.2.7") == neighbours("192.0.2.7") != neighbours("192.0.2.8")


def test_a_process_raises_its_own_limit_of_open_files_and_says_so() -> None:
    script = (
        "import logging, resource; logging.basicConfig(level=logging.INFO)\n"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (128, min(hard, 4096)))\n"
        "from web.doors import raise_limit; print(raise_limit(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["4096", "4096"]
    assert "may hold 4096 files and sockets" in done.stderr


# ── on real sockets ────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def served(house: House, settings: Settings, limit: int | None = None) -> AsyncIterator[str]:
    """Serve the house behind doors of its own; several addresses of this machine stand for several places."""
    ready = asyncio.Event()
    house.doors, house.throttle = Doors(settings, limit), Throttle()

    async def on_ready() -> None:
        ready.set()

    async def on_stopping() -> None:
        """Nobody is told: this is about coming in."""

    listener = listen("127.0.0.1", 0)
    server = QuietServer(create_app(house), settings, house.doors, on_ready=on_ready, on_stopping=on_stopping)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    await asyncio.wait_for(ready.wait(), 20)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await asyncio.wait_for(running, 30)


async def test_a_flood_of_unfinished_handshakes_keeps_no_other_address_out(house: House) -> None:
    async with served(house, Settings(address_handshakes=20)) as address:
        host, port = urlsplit(address).hostname, urlsplit(address).port
        opened = [await asyncio.open_connection(host, port, local_addr=(STRANGER, 0)) for _ in range(60)]
        cut = await asyncio.gather(*(is_cut(reader) for reader, _ in opened))
        assert sum(cut) == 40
        async with http_from(SCHOOL, address) as school:
            assert (await school.get("/healthz")).status_code == 200
        async with http_from(STRANGER, address) as stranger:
            with pytest.raises(httpx.TransportError):
                await stranger.get("/healthz")
        for _, writer in opened:
            writer.close()


async def is_cut(reader: asyncio.StreamReader) -> bool:
    """Tell whether the other end has hung up; whoever is still let wait hears nothing."""
    try:
        async with asyncio.timeout(0.2):
            return await reader.read(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


async def test_one_address_with_too_many_sockets_is_asked_to_wait_and_others_come_in(house: House) -> None:
    async with served(house, Settings(address_sockets=5)) as address:
        first = [await socket_from(STRANGER, address) for _ in range(5)]
        sixth = await socket_from(STRANGER, address)
        bye = json.loads(await sixth.recv())
        assert (bye["code"], bye["reason"], bye["reconnect"]) == (4101, "rate_limited", True)
        assert 5000 <= bye["after_ms"] <= 15000
        other = await socket_from(SCHOOL, address)
        await other.send(json.dumps({"type": "hello", "token": "nobody's"}))
        assert json.loads(await other.recv())["code"] == 4001
        await first[0].close()
        again = await socket_from(STRANGER, address)
        await again.send(json.dumps({"type": "hello", "token": "nobody's"}))
        assert json.loads(await again.recv())["code"] == 4001
        for one in (*first, sixth, other, again):
            await one.close()


async def socket_for(client: str, address: str) -> ClientConnection:
    """Open a socket as a proxy on this machine does for somebody."""
    return await connect(
        f"{address.replace('http', 'ws', 1)}/ws/candidate",
        subprotocols=["vigie.v1"],  # type: ignore[list-item]
        additional_headers={"X-Forwarded-For": client},
        proxy=None,
    )


async def test_who_stands_behind_a_named_proxy_is_counted_by_their_own_address(house: House) -> None:
    async with served(house, Settings(address_sockets=1, proxies=("127.0.0.1",))) as address:
        lines = [await socket_for(client, address) for client in ("192.0.2.7", "192.0.2.8", "192.0.2.7")]
        assert json.loads(await lines[2].recv())["code"] == 4101
        for one in lines[:2]:
            await one.send(json.dumps({"type": "hello", "token": "nobody's"}))
            assert json.loads(await one.recv())["code"] == 4001
        for one in lines:
            await one.close()


async def test_a_process_that_can_hold_no_more_cuts_newcomers_and_serves_on(house: House) -> None:
    async with served(house, Settings(), limit=2 * 10) as address:
        inside = [await socket_from(place, address) for place in (SCHOOL, OTHER) for _ in range(5)]
        with pytest.raises((OSError, InvalidMessage)):
            await socket_from(STRANGER, address)
        await inside[0].close()
        assert await until_served(address)
        for one in inside[1:]:
            await one.close()


async def until_served(address: str) -> bool:
    """Wait until there is room for one more: the hub hears of an end a moment after the peer that ended."""
    async with asyncio.timeout(5), http_from(STRANGER, address) as stranger:
        while True:
            try:
                return (await stranger.get("/healthz")).status_code == 200
            except httpx.TransportError:
                await asyncio.sleep(0.05)

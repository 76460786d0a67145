"""Too much: frames at the very limit, fragments, pings, guesses and calls without end; and nobody else notices."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from channels.wire import MAX_FRAME_BYTES
from tests.story.client import Dashboard, Line, dial, new_key
from tests.story.rooms import World, ok
from web.server import MAX_SOCKET_BYTES

BAD_FRAME, RATE_LIMITED, TOO_BIG = 4000, 4101, 1009
FLOODERS = 8
ENDLESS_BYTES = 400 * MAX_SOCKET_BYTES
PINGS = 20_000
PATIENT_SECONDS = 2.0
"""Whoever gives a command while somebody floods waits no longer, on a machine that is busy with other things."""


async def line_of(world: World, who: str) -> Line:
    room = await world.room(1)
    return await (room.tab() if who == "candidate" else room.board())


def frame_of(size: int, sign: str) -> str:
    """Make a frame of so many bytes that is refused politely: a field too many, filled with one sign."""
    empty = json.dumps({"type": "help", "ref": 1, "surprise": ""})
    count, rest = divmod(size - len(empty), len(sign.encode()))
    text = json.dumps({"type": "help", "ref": 1, "surprise": sign * count}, ensure_ascii=False) + " " * rest
    assert len(text.encode()) == size
    return text


@pytest.mark.parametrize("who", ["candidate", "dashboard"])
@pytest.mark.parametrize("sign", ["x", "é", "👩"])
async def test_the_limit_of_a_frame_is_one_of_bytes(world: World, who: str, sign: str) -> None:
    line = await line_of(world, who)
    for size in (MAX_FRAME_BYTES - 1, MAX_FRAME_BYTES):
        await line.say(frame_of(size, sign))
        reply = await line.until(lambda: line.replies.pop(1, None), f"a refusal of {size} bytes")
        assert reply["error"]["code"] in ("invalid", "unknown_type")
    await line.say(frame_of(MAX_FRAME_BYTES + 1, sign))
    assert await line.closing() == BAD_FRAME
    assert line.bye is not None


@pytest.mark.parametrize("who", ["candidate", "dashboard"])
async def test_the_limit_is_that_of_all_fragments_together(world: World, who: str) -> None:
    line = await line_of(world, who)
    whole = frame_of(MAX_FRAME_BYTES, "x")
    await line.socket.send([whole[:1000], whole[1000:8000], whole[8000:]])
    assert not (await line.until(lambda: line.replies.pop(1, None), "a refusal"))["ok"]
    longer = frame_of(MAX_FRAME_BYTES + 1, "x")
    await line.socket.send([longer[:1000], longer[1000:8000], longer[8000:]])
    assert await line.closing() == BAD_FRAME


async def test_fragments_without_end_are_cut_at_the_servers_limit(world: World) -> None:
    line, sent = await line_of(world, "candidate"), 0

    async def pieces() -> Any:
        nonlocal sent
        while sent < ENDLESS_BYTES:
            sent += 1024
            yield "x" * 1024

    with suppress(ConnectionClosed):
        await line.socket.send(pieces())
    assert await line.closing() in (TOO_BIG, 1006)
    assert sent < ENDLESS_BYTES / 2, "what is more lay in buffers on the way"


async def test_who_floods_with_pings_delays_nobody(world: World) -> None:
    room = await world.room()
    board, flooding = await room.board(), await room.tab()
    one, over = room.id(board), asyncio.Event()

    async def flood() -> None:
        for turn in range(PINGS):
            await flooding.socket.ping(b"%d" % turn)
            if turn % 500 == 0:
                await asyncio.sleep(0)
        over.set()

    playing = asyncio.create_task(flood())
    waits = await waits_until(over, board, one)
    await playing
    assert max(waits) < PATIENT_SECONDS, waits
    ok(await flooding.ask("help", kind="other"))


async def test_who_guesses_codes_or_calls_without_end_is_cut_and_delays_nobody(world: World) -> None:
    besieged, calm = await world.room(4), await world.room(1)
    board = await calm.board()
    one, over = calm.id(board), asyncio.Event()
    talking = [await besieged.tab(place % 4) for place in range(FLOODERS)]
    deaf = [await dial(world.hub.ws_url, "/ws/candidate") for _ in range(FLOODERS)]

    async def push(send: Callable[[str], Awaitable[None]]) -> None:
        with suppress(ConnectionClosed):
            for turn in itertools.count(1):
                wrong = {"type": "enter", "ref": turn, "access_code": "AAAA22"}
                call = {"type": "help", "ref": turn, "kind": "other", "text": "x" * 200}
                await send(json.dumps({**(wrong if turn % 2 else call), "key": new_key()}))
                await asyncio.sleep(0.01)

    async def never_reads(socket: ClientConnection, token: str) -> None:
        await socket.send(json.dumps({"type": "hello", "token": token}))
        await push(socket.send)

    async def all_cut() -> None:
        await asyncio.gather(*(push(line.socket.send) for line in talking))
        over.set()

    tokens = [(await besieged.identify(place % 4))["token"] for place in range(FLOODERS)]
    unheard = [asyncio.create_task(never_reads(*one)) for one in zip(deaf, tokens, strict=True)]
    playing = asyncio.create_task(all_cut())
    waits = await waits_until(over, board, one)
    await playing
    assert max(waits) < PATIENT_SECONDS, waits
    assert [await line.closing() for line in talking] == [RATE_LIMITED] * FLOODERS
    for task in unheard:
        task.cancel()
    for socket in deaf:
        socket.transport.abort()
    ok(await (await besieged.board()).command("presence.confirm", "all"))


async def waits_until(over: asyncio.Event, board: Dashboard, candidate: int) -> list[float]:
    """Command as an invigilator does until somebody's flood is over; return how long each answer took."""
    waits: list[float] = []
    while not over.is_set() or len(waits) < 5:
        begun = time.perf_counter()
        ok(await board.command("presence.confirm", candidate))
        waits.append(time.perf_counter() - begun)
        await asyncio.sleep(0.2)  # no faster than an invigilator may
    return waits

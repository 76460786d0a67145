"""The swarm reads frames however they are cut, and counts what arrived and what did not."""

from __future__ import annotations

import asyncio
import struct

import pytest

from loadtests.swarm.line import SwarmLine
from loadtests.swarm.tally import Awaited, Tally, share


def frame(text: bytes, kind: int = 0x81) -> bytes:
    size = len(text)
    if size < 126:
        return bytes((kind, size)) + text
    return (struct.pack("!BBH", kind, 126, size) if size < 65536 else struct.pack("!BBQ", kind, 127, size)) + text


@pytest.mark.parametrize("step", [1, 7, 64, 100_000])
async def test_texts_are_heard_whole_however_the_bytes_are_cut(step: int) -> None:
    heard: list[bytes] = []
    line = SwarmLine(asyncio.get_running_loop().create_future(), heard.append)
    texts = [b"{}", b"x" * 125, b"y" * 126, b"z" * 70_000, b"last"]
    stream = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n" + b"".join(map(frame, texts))
    for at in range(0, len(stream), step):
        line.data_received(stream[at : at + step])
    assert heard == texts
    line.data_received(frame(struct.pack("!H", 4200) + b"draining", 0x88))
    assert line.close_code == 4200


def test_what_a_newer_answer_overtook_arrived_with_it_and_the_rest_is_missing() -> None:
    tally = Tally()
    awaited = Awaited(tally)
    for answered in (1, 2, 3):
        awaited.expect(7, answered, sent_at=float(answered))
    awaited.expect(8, 1, sent_at=0.0)
    awaited.now = 10.0
    awaited.heard(7, 2)
    assert (tally.delivered, tally.latencies, awaited.missing) == (2, [9.0, 8.0], 2)
    awaited.heard(9, 5)
    assert awaited.missing == 2


@pytest.mark.parametrize(("part", "expected"), [(0.5, 501), (0.99, 991), (0.999, 1000), (1, 1000), (0, 1)])
def test_a_share_is_a_value_that_was_measured(part: float, expected: float) -> None:
    assert share([float(one) for one in range(1, 1001)], part) == expected
    assert share([7.0], part) == 7.0
    assert share([], part) == 0

"""The generator's half of WebSocket framing, against the other half of a library that others use."""

from __future__ import annotations

import pytest
from websockets.frames import Opcode
from websockets.server import ServerProtocol

from loadtests.framing import CLOSE, PING, TEXT, Reader, Refused, frame, opening


def opened() -> tuple[ServerProtocol, Reader]:
    server, reader = ServerProtocol(), Reader()
    server.receive_data(opening("/ws", 80, "vigie.v1"))
    request = server.events_received()[0]
    server.send_response(server.accept(request))
    for data in server.data_to_send():
        assert reader.feed(data) == []
    assert reader.is_open
    return server, reader


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_server_reads_what_the_generator_writes(size: int) -> None:
    server, _ = opened()
    server.receive_data(frame(b"x" * size))
    (heard,) = server.events_received()
    assert (heard.opcode, len(heard.data)) == (Opcode.TEXT, size)


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_the_generator_reads_what_a_server_writes_however_it_is_cut(size: int) -> None:
    server, reader = opened()
    server.send_text(b"y" * size)
    server.send_ping(b"p")
    data = b"".join(server.data_to_send())
    step = max(1, len(data) // 7)
    heard = [one for at in range(0, len(data), step) for one in reader.feed(data[at : at + step])]
    assert heard == [(TEXT, b"y" * size), (PING, b"p")]


def test_a_fragmented_message_is_one_and_a_ping_may_stand_in_it() -> None:
    server, reader = opened()
    server.send_text(b"one ", fin=False)
    server.send_ping(b"")
    server.send_continuation(b"two", fin=True)
    server.send_close(1000)
    heard = reader.feed(b"".join(server.data_to_send()))
    assert [opcode for opcode, _ in heard] == [PING, TEXT, CLOSE]
    assert heard[1][1] == b"one two"


def test_a_server_that_refuses_is_told() -> None:
    with pytest.raises(Refused, match="403 Forbidden"):
        Reader().feed(b"HTTP/1.1 403 Forbidden\r\n\r\n")

"""What the log keeps of a connection: the id of its welcome, how long it lasted, and why it ended."""

from __future__ import annotations

import logging

import pytest

from channels.close_codes import CloseCode
from tests.conversations.hall import NUMBER, Hall, TestLine, hall


@pytest.fixture(autouse=True)
def written(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "vigie.connection")
    return caplog


async def welcomed(room: Hall) -> tuple[TestLine, str]:
    """Open a dashboard; returns its line and the id it was given."""
    line = room.line("invigilator")
    line.say(type="hello", token="token-durand", session=NUMBER)
    return line, (await line.hear("welcome"))["connection"]


def about(caplog: pytest.LogCaptureFixture, identity: str) -> list[str]:
    return [one.getMessage() for one in caplog.records if identity in one.getMessage()]


async def test_a_connection_that_is_closed_leaves_one_line_with_its_id_and_the_code(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with hall() as room:
        line, identity = await welcomed(room)
        room.end_line(line, CloseCode.TOO_SLOW)
        await line.hear("bye")
        await room.until(lambda: about(caplog, identity) != [])
    assert about(caplog, identity) == [f"connection {identity} ended after 0 s: 4102 too_slow"]


async def test_a_connection_whose_peer_leaves_leaves_one_line_too(caplog: pytest.LogCaptureFixture) -> None:
    async with hall() as room:
        line, identity = await welcomed(room)
        await line.hang_up()
        await room.until(lambda: about(caplog, identity) != [])
    assert about(caplog, identity) == [f"connection {identity} ended after 0 s: left"]


async def test_who_was_never_welcome_leaves_no_line(caplog: pytest.LogCaptureFixture) -> None:
    async with hall() as room:
        line = room.line("invigilator")
        line.say_raw("nonsense")
        await line.hear("bye")
        await line.hang_up()
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.INFO] == []

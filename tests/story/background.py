"""Stories that need time to pass are played beside the others; each test then asks how its story went."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.story.hub import Hub
from tests.story.rooms import World

MOST_SECONDS = 240
"""A story with a hub of its own may have to wait for the others of its kind."""

STORIES: dict[str, tuple[Callable[[World], Awaitable[None]], bool]] = {}
OWN_HUBS: dict[str, tuple[Callable[[Hub], Awaitable[None]], dict[str, str]]] = {}


def story(standard: bool = False) -> Callable[[Any], Any]:
    """Note a test to be played in the background, on the hub with the standard durations or with the short ones."""

    def note(play: Callable[[World], Awaitable[None]]) -> Any:
        STORIES[play.__name__] = (play, standard)

        @pytest.mark.timeout(MOST_SECONDS)
        async def test(playing: dict[str, asyncio.Task[None]]) -> None:
            await playing[play.__name__]

        return test

    return note


def with_own_hub(**settings: str) -> Callable[[Any], Any]:
    """Note a test that starts, kills and stops a hub of its own; they are played one after another."""

    def note(play: Callable[[Hub], Awaitable[None]]) -> Any:
        OWN_HUBS[play.__name__] = (play, settings)

        @pytest.mark.timeout(MOST_SECONDS)
        async def test(own_hubs: dict[str, asyncio.Task[None]]) -> None:
            await own_hubs[play.__name__]

        return test

    return note


async def play_with_own_hub(name: str, folder: Path, one_at_a_time: asyncio.Lock) -> None:
    """Start the hub, play, stop it if it still runs; it leaves no process and no traceback behind."""
    play, settings = OWN_HUBS[name]
    hub = Hub(folder / "var", **settings)
    async with one_at_a_time:
        await asyncio.to_thread(hub.start)
        try:
            await play(hub)
        finally:
            await stopped(hub)


async def stopped(hub: Hub) -> None:
    """Press Ctrl-C, unless the hub was killed before, and look at what is left."""
    if hub.is_running:
        assert await asyncio.to_thread(hub.stop) == 0, hub.tail()
    await asyncio.to_thread(hub.assert_no_orphan)
    log = hub.log.read_text(errors="replace")
    assert "Traceback" not in log, log[max(0, log.index("Traceback") - 500) :][:4000]

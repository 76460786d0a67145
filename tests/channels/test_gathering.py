"""Keys that are asked for while a call is under way share the next one; an accident reaches everybody who waits."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Collection, Mapping

import pytest

from channels.gathering import Gathering
from hub.ports import StoreUnavailable
from tests.uncollected import uncollected


class Store:
    """Answers with the length of a word, if it may."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.is_away = False

    async def ask(self, words: Collection[str]) -> Mapping[str, int]:
        self.calls.append(sorted(words))
        await asyncio.sleep(0)
        if self.is_away:
            raise StoreUnavailable("away")
        return {one: len(one) for one in words if one != "unknown"}


async def test_what_is_asked_meanwhile_is_one_more_call() -> None:
    store = Store()
    gathering = Gathering(store.ask)
    answers = await asyncio.gather(*(gathering.find(one) for one in ("a", "bb", "bb", "unknown")))
    assert answers == [1, 2, 2, None]
    assert store.calls == [["a", "bb", "unknown"]]


async def test_an_accident_reaches_everybody_and_the_next_call_is_a_new_one() -> None:
    store = Store()
    gathering = Gathering(store.ask)
    store.is_away = True
    results = await asyncio.gather(*(gathering.find(one) for one in ("a", "bb")), return_exceptions=True)
    assert [type(one) for one in results] == [StoreUnavailable, StoreUnavailable]
    store.is_away = False
    assert await gathering.find("a") == 1


class Client:
    """Whoever waits."""

    async def wait(self, gathering: Gathering[str, int]) -> None:
        with pytest.raises(StoreUnavailable):
            await gathering.find("a")


async def test_an_accident_keeps_nobody_who_waited() -> None:
    store, client = Store(), Client()
    gathering = Gathering(store.ask)
    store.is_away = True
    kept = weakref.ref(client)
    with uncollected():
        await client.wait(gathering)
        del client
        await asyncio.sleep(0)
        assert kept() is None

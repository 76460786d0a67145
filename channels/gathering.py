"""One call to a store for everything that was asked since the last one: thousands coming back are a few queries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from typing import Generic, TypeVar

BATCH_SECONDS = 0.02
"""At most one call in this time; the first of a quiet moment does not wait."""

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Gathering(Generic[Key, Value]):
    """Gathers keys and asks for all of them at once."""

    def __init__(self, ask: Callable[[Collection[Key]], Awaitable[Mapping[Key, Value]]]) -> None:
        """Take what answers many keys at once; a key without an answer is absent."""
        self._ask = ask
        self._asked: dict[Key, asyncio.Future[Value | None]] = {}
        self._answering: asyncio.Task[None] | None = None

    async def find(self, key: Key) -> Value | None:
        """Return the answer for one key. Raises whatever the call raised."""
        answer = self._asked.get(key)
        if answer is None:
            answer = self._asked[key] = asyncio.get_running_loop().create_future()
        if self._answering is None:
            self._answering = asyncio.create_task(self._answer(), name="gathering")
        try:
            return await asyncio.shield(answer)
        finally:
            # The circle that `fail` speaks of.
            del answer

    async def _answer(self) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked, {}
                await self._answer_batch(asked)
                await asyncio.sleep(BATCH_SECONDS)
        finally:
            self._answering = None

    async def _answer_batch(self, asked: dict[Key, asyncio.Future[Value | None]]) -> None:
        try:
            known = await self._ask(asked.keys())
        except Exception as accident:  # noqa: BLE001 - everybody who waits must hear of it
            while asked:
                fail(asked.popitem()[1], accident)
            return
        for key, answer in asked.items():
            if not answer.done():
                answer.set_result(known.get(key))


def fail(answer: asyncio.Future[Value], accident: Exception) -> None:
    """Tell whoever waits what kept the answer from coming.

    An accident knows the frames it came through. If one of them still has the answer in a local, that is a circle, and
    whoever waited is freed late: whoever calls this has taken the answer away from its own, and so has who waits.
    """
    if not answer.done():
        answer.set_exception(accident)

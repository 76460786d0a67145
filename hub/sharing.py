"""Candidates of one room who wait for the same turn: whoever's turn it is has them judged in one transaction.

A decision costs a lock, a few reads and a commit, however little it decides. When a room enters, twenty-five of them
queue within a second; shared, they cost little more than one. Alone, nobody waits for anybody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key")
Asked = TypeVar("Asked")
Told = TypeVar("Told")

MOST_AT_ONCE = 32
"""So many share a transaction: a whole room, and never one so long that a lock's waiter gives up."""


@dataclass(slots=True, eq=False)
class Request(Generic[Asked, Told]):
    """One that waits. `is_alone`: it was part of something that failed, and is judged by itself from now on."""

    asked: Asked
    told: Told | None = None
    is_alone: bool = False


class Sharing(Generic[Key, Asked, Told]):
    """Who waits for which turn; `judge` does it for several at once and returns an answer for each.

    It asks who they are as late as it can: whoever comes while it waits for a connection or a lock comes along.
    """

    def __init__(self, judge: Callable[[Key, Callable[[], Sequence[Asked]]], Awaitable[Sequence[Told]]]) -> None:
        self._judge = judge
        self._waiting: dict[Key, list[Request[Asked, Told]]] = {}

    def join(self, key: Key, asked: Asked) -> Request[Asked, Told]:
        """Begin to wait."""
        request = Request[Asked, Told](asked)
        self._waiting.setdefault(key, []).append(request)
        return request

    def leave(self, key: Key, request: Request[Asked, Told]) -> None:
        """Wait no more, answered or not."""
        waiting = self._waiting[key]
        waiting.remove(request)
        if not waiting:
            del self._waiting[key]

    async def turn(self, key: Key, request: Request[Asked, Told]) -> Told:
        """Use a turn: judge this request with all that wait, unless somebody else's turn has answered it already.

        What fails, fails for this one: the others have turns of their own, in which they are judged alone.
        """
        if request.told is not None:
            return request.told
        together = [request]

        def gathered() -> Sequence[Asked]:
            together[:] = self._with(key, request)
            return [one.asked for one in together]

        try:
            answers = await self._judge(key, gathered)
        except BaseException:
            for one in together:
                one.is_alone = True
            raise
        for one, told in zip(together, answers, strict=True):
            one.told = told
        return answers[0]

    def _with(self, key: Key, request: Request[Asked, Told]) -> list[Request[Asked, Told]]:
        if request.is_alone:
            return [request]
        others = (one for one in self._waiting[key] if one is not request and one.told is None and not one.is_alone)
        return [request, *others][:MOST_AT_ONCE]

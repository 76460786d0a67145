"""Looks up candidates' tokens in batches: thousands coming back at once are a few queries, not thousands."""

from __future__ import annotations

import asyncio

from hub.directory import Directory, KnownClient
from hub.tokens import token_digest

BATCH_SECONDS = 0.02
"""At most one query in this time; the first of a quiet moment does not wait."""


class Hellos:
    """One query for all tokens that arrived since the last one."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._asked: dict[bytes, asyncio.Future[KnownClient | None]] = {}
        self._answering: asyncio.Task[None] | None = None

    async def find(self, token: str) -> KnownClient | None:
        """Return what a token stands for. Raises StoreUnavailable."""
        digest = token_digest(token)
        answer = self._asked.get(digest)
        if answer is None:
            answer = self._asked[digest] = asyncio.get_running_loop().create_future()
        if self._answering is None:
            self._answering = asyncio.create_task(self._answer(), name="hellos")
        return await asyncio.shield(answer)

    async def _answer(self) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked, {}
                await self._answer_batch(asked)
                await asyncio.sleep(BATCH_SECONDS)
        finally:
            self._answering = None

    async def _answer_batch(self, asked: dict[bytes, asyncio.Future[KnownClient | None]]) -> None:
        try:
            known = await self._directory.clients(asked.keys())
        except Exception as accident:  # noqa: BLE001 - every waiting hello must hear of it
            for answer in asked.values():
                if not answer.done():
                    answer.set_exception(accident)
            return
        for digest, answer in asked.items():
            if not answer.done():
                answer.set_result(known.get(digest))

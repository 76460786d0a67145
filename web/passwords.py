"""Staff passwords: Argon2id, a few at a time beside the event loop; unknown accounts take the same time."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_CHARACTERS = 12
MAX_CHARACTERS = 200
"""Longer than any passphrase, short enough that hashing one is no attack."""
AT_ONCE = 2
"""Each hash takes 64 MiB and a core: a queue is better than a machine out of memory."""


class Passwords:
    """Hashes and compares."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._nobodys = self._hasher.hash("nobody has this password")
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """Hash a new password."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def is_right(self, password: str, password_hash: str | None) -> bool:
        """Compare; without a hash the same work is done, and the answer is no."""
        async with self._turns:
            is_same = await asyncio.to_thread(self._verify, password_hash or self._nobodys, password)
        return is_same and password_hash is not None

    def needs_rehash(self, password_hash: str) -> bool:
        """Tell whether a stored hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

"""Compares a typed access code before any lock is taken, and slows down whoever guesses.

A wrong code is refused from an unlocked read, so that guessing costs a room nothing; it is judged in the same
order as an entry, so that an ended candidate hears that the test is over and not that the code is wrong.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from datetime import timedelta

from hub import entry
from hub.commands import Enter
from hub.model import CandidateId, ClientId, SessionNumber
from hub.policy import Policy
from hub.ports import Glimpse, Ledger
from hub.refusals import Code, Refusal
from hub.tokens import normal_access_code

FREE_TRIES = 5
"""Wrong codes that cost nothing; people mistype."""
WAIT_BETWEEN_TRIES = timedelta(seconds=10)


class Doorman:
    """Stands before the lock."""

    def __init__(
        self, look: Callable[[CandidateId], Awaitable[Glimpse | None]], ledger: Ledger, policy: Policy
    ) -> None:
        """Take how a candidate is looked at (many at once cost one reading) and where wrong codes are counted."""
        self._look, self._ledger, self._policy = look, ledger, policy

    async def judge(
        self, number: SessionNumber, candidate: CandidateId, client: ClientId, typed: str
    ) -> Refusal | None:
        """Refuse a wrong or too hasty code; None lets the entry be judged under the lock, where the code is right."""
        glimpse = await self._look(candidate)
        if glimpse is None or glimpse.room.number != number:
            return Refusal(Code.FORBIDDEN)
        if not self._is_code_needed(glimpse, client):
            return None
        after_ms = _must_wait(glimpse)
        if after_ms:
            return Refusal(Code.RATE_LIMITED, after_ms=after_ms)
        expected, given = normal_access_code(glimpse.access_code), normal_access_code(typed)
        if hmac.compare_digest(expected.encode(), given.encode()):
            return None
        await self._ledger.note_wrong_code(candidate)
        return Refusal(Code.ACCESS_CODE_INVALID)

    def _is_code_needed(self, glimpse: Glimpse, client: ClientId) -> bool:
        """Tell whether the code is what the entry would fail on; whatever comes before it is judged under the lock."""
        with_wrong_code = Enter(client, is_code_right=False)
        outcome = entry.enter(glimpse.room, glimpse.candidate, with_wrong_code, glimpse.now, self._policy)
        return isinstance(outcome, Refusal) and outcome.code is Code.ACCESS_CODE_INVALID


def _must_wait(glimpse: Glimpse) -> int:
    """Return the milliseconds until the next try counts."""
    if glimpse.wrong_codes < FREE_TRIES or glimpse.wrong_code_at is None:
        return 0
    left = glimpse.wrong_code_at + WAIT_BETWEEN_TRIES - glimpse.now
    return max(0, int(left / timedelta(milliseconds=1)))

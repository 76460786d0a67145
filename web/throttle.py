"""Brakes on guessing: failures are counted in moving windows, and a full window means "wait", never "locked".

Counted in this node's memory, so that a wiped Redis forgives nobody; several nodes are as many times more generous.
"""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from web.errors import Refused


@dataclass(frozen=True, slots=True)
class Brake:
    """So many failures in so long, for each value of one thing (an account, an address, a session)."""

    name: str
    limit: RateLimitItem


LOGIN_ACCOUNT = Brake("login-account", RateLimitItemPerMinute(10))
"""For one account from one address: who guesses elsewhere must not keep its owner out."""
LOGIN_EVERYWHERE = Brake("login-everywhere", RateLimitItemPerMinute(100))
"""For one account from all addresses together, so that many guessers get no further than a few."""
LOGIN_ADDRESS = Brake("login-address", RateLimitItemPerMinute(60))
"""A school shares one address: thirty people mistype their passwords at eight in the morning."""
IDENTITY_ADDRESS = Brake("identity-address", RateLimitItemPerMinute(120))
"""PROTOCOL promises never under 60 failures a minute for one address."""
IDENTITY_SESSION = Brake("identity-session", RateLimitItemPerMinute(240))
IDENTITY_CANDIDATE = Brake("identity-candidate", RateLimitItemPerMinute(60))
"""Even right identifications of one candidate: each mints a client, and a loop would mint for ever."""
PASSWORD_ACCOUNT = Brake("password-account", RateLimitItemPerMinute(10))
PASSWORD_ADDRESS = Brake("password-address", RateLimitItemPerMinute(60))
PASSWORD_SESSION = Brake("password-session", RateLimitItemPerMinute(60))
"""Per session soft: a stranger who guesses must not keep the right invigilator out."""
INVITATION_ADDRESS = Brake("invitation-address", RateLimitItemPerMinute(60))
"""A link holds 256 bits: this is for the peace of the diary, and old links are opened again in good faith."""
HANDOVER_ADDRESS = Brake("handover-address", RateLimitItemPerMinute(60))
"""The same: nobody guesses these either."""
COMMANDS = Brake("commands", RateLimitItemPerSecond(50, 10))
"""The socket's five a second, with its burst."""

Mark = tuple[Brake, str]

SWEEP_SECONDS = 60.0


class SeldomSwept(MemoryStorage):
    """The library's own store, which would look at every window, in a thread of its own, 10 ms after each use.

    In a start wave there are ten thousand windows, each of them old enough to be forgotten after a minute at most.
    """

    @property
    def timer(self) -> threading.Timer:
        """Return what sweeps next; no other one is set before it has."""
        return self._timer

    @timer.setter
    def timer(self, timer: threading.Timer) -> None:
        timer.interval, timer.daemon = SWEEP_SECONDS, True
        self._timer = timer


class Throttle:
    """Counts failures."""

    def __init__(self) -> None:
        self._windows = MovingWindowRateLimiter(SeldomSwept())

    def check(self, *marks: Mark) -> None:
        """Refuse with 429 while one of these windows is full."""
        for brake, value in marks:
            if not self._windows.test(brake.limit, brake.name, _digest(value)):
                raise Refused(429, "too_many_attempts", after_ms=self._after_ms(brake, value))

    def failed(self, *marks: Mark) -> None:
        """Count a failure in these windows."""
        for brake, value in marks:
            self._windows.hit(brake.limit, brake.name, _digest(value))

    def attempt(self, *marks: Mark) -> None:
        """Count before the work is done, so that a hundred tries at once do not all pass the check."""
        self.check(*marks)
        self.failed(*marks)

    def forgive(self, *marks: Mark) -> None:
        """Forget the failures of somebody who then knew the secret."""
        for brake, value in marks:
            self._windows.clear(brake.limit, brake.name, _digest(value))

    def allow(self, *marks: Mark) -> int | None:
        """Count a use; return after how many milliseconds the next is welcome when the window is full."""
        for brake, value in marks:
            if not self._windows.hit(brake.limit, brake.name, _digest(value)):
                return self._after_ms(brake, value)
        return None

    def _after_ms(self, brake: Brake, value: str) -> int:
        free_at = self._windows.get_window_stats(brake.limit, brake.name, _digest(value)).reset_time
        return max(1000, int((free_at - time.time()) * 1000))


def _digest(value: str) -> str:
    """Keep no address of a person in a key, nor anything a key could be confused by."""
    return hashlib.sha256(value.encode()).hexdigest()[:24]

"""Brakes on guessing: failures are counted in moving windows, and a full window means "wait", never "locked".

Counted in this node's memory, so that a wiped Redis forgives nobody; several nodes are as many times more generous.
"""

from __future__ import annotations

import hashlib
import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from web.errors import Refused

MINUTE = 60.0
SWEEP_SECONDS = MINUTE
"""How often windows in which nothing is left are forgotten: no window is longer."""


@dataclass(frozen=True, slots=True)
class Brake:
    """So many failures in so many seconds, for each value of one thing (an account, an address, a session)."""

    name: str
    most: int
    seconds: float = MINUTE


LOGIN_ACCOUNT = Brake("login-account", 10)
"""For one account from one address: who guesses elsewhere must not keep its owner out."""
LOGIN_EVERYWHERE = Brake("login-everywhere", 100)
"""For one account from all addresses together, so that many guessers get no further than a few."""
LOGIN_ADDRESS = Brake("login-address", 60)
"""A school shares one address: thirty people mistype their passwords at eight in the morning."""
IDENTITY_ADDRESS = Brake("identity-address", 120)
"""PROTOCOL promises never under 60 failures a minute for one address."""
IDENTITY_SESSION = Brake("identity-session", 240)
IDENTITY_CANDIDATE = Brake("identity-candidate", 60)
"""Even right identifications of one candidate: each mints a client, and a loop would mint for ever."""
PASSWORD_ACCOUNT = Brake("password-account", 10)
PASSWORD_ADDRESS = Brake("password-address", 60)
PASSWORD_SESSION = Brake("password-session", 60)
"""Per session soft: a stranger who guesses must not keep the right invigilator out."""
INVITATION_ADDRESS = Brake("invitation-address", 60)
"""A link holds 256 bits: this is for the peace of the diary, and old links are opened again in good faith."""
HANDOVER_ADDRESS = Brake("handover-address", 60)
"""The same: nobody guesses these either."""
COMMANDS = Brake("commands", 50, 10.0)
"""The socket's five a second, with its burst."""

Mark = tuple[Brake, str]


class Throttle:
    """Counts failures."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Begin with empty windows; `now` gives seconds that never go back."""
        self._now = now
        self._windows: dict[tuple[Brake, bytes], list[float]] = {}
        self._swept_at = now()

    def check(self, *marks: Mark) -> None:
        """Refuse with 429 while one of these windows is full."""
        for mark in marks:
            after_ms = self._after_ms(mark)
            if after_ms is not None:
                raise Refused(429, "too_many_attempts", after_ms=after_ms)

    def failed(self, *marks: Mark) -> None:
        """Count a failure in these windows."""
        for mark in marks:
            self.allow(mark)

    def attempt(self, *marks: Mark) -> None:
        """Count before the work is done, so that a hundred tries at once do not all pass the check."""
        self.check(*marks)
        self.failed(*marks)

    def forgive(self, *marks: Mark) -> None:
        """Forget the failures of somebody who then knew the secret."""
        for mark in marks:
            self._windows.pop(_key(mark), None)

    def allow(self, *marks: Mark) -> int | None:
        """Count a use; return after how many milliseconds the next is welcome when the window is full."""
        self._sweep()
        for mark in marks:
            after_ms = self._after_ms(mark)
            if after_ms is not None:
                return after_ms
            self._windows.setdefault(_key(mark), []).append(self._now())
        return None

    def _after_ms(self, mark: Mark) -> int | None:
        """Return after how long a window that is full has room again; None when it has."""
        brake, _ = mark
        window = self._windows.get(_key(mark))
        if window is None:
            return None
        del window[: bisect_right(window, self._now() - brake.seconds)]
        if len(window) < brake.most:
            return None
        return max(1000, int((window[0] + brake.seconds - self._now()) * 1000))

    def _sweep(self) -> None:
        now = self._now()
        if now - self._swept_at < SWEEP_SECONDS:
            return
        self._swept_at = now
        for (brake, value), window in tuple(self._windows.items()):
            if not window or window[-1] <= now - brake.seconds:
                del self._windows[brake, value]


def _key(mark: Mark) -> tuple[Brake, bytes]:
    """Keep no address of a person, nor anything a key could be confused by."""
    brake, value = mark
    return brake, hashlib.sha256(value.encode()).digest()

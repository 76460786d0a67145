"""Every reason to close a socket, and whether the client should come back.

40xx: do not come back. 41xx: come back with backoff. 42xx: come back soon, with jitter.
"""

from __future__ import annotations

from enum import IntEnum

SEAT_TAKEN = "seat_taken"
"""The second reason for 4010: not a newer line of the same client, but another client that was authorized to enter."""


class CloseCode(IntEnum):
    """WebSocket close codes of the hub."""

    BAD_FRAME = 4000
    NOT_SIGNED_IN = 4001
    FORBIDDEN = 4003
    NO_SUCH_SESSION = 4004
    VERSION = 4006
    NO_HELLO = 4008
    REPLACED = 4010
    SESSION_OVER = 4011
    OVERLOADED = 4100
    RATE_LIMITED = 4101
    TOO_SLOW = 4102
    SILENT = 4103
    STORE_UNAVAILABLE = 4105
    DRAINING = 4200
    RESYNC = 4201

    @property
    def may_reconnect(self) -> bool:
        """Tell whether the client should come back by itself."""
        return self >= CloseCode.OVERLOADED

    @property
    def reason(self) -> str:
        """Return the word sent in `bye.reason`."""
        return self.name.lower()

    @property
    def reasons(self) -> tuple[str, ...]:
        """List every word that `bye.reason` may hold with this code."""
        return (self.reason, SEAT_TAKEN) if self is CloseCode.REPLACED else (self.reason,)

"""What may befall the pushes of Redis' pub/sub on their way to a hub: dropped, doubled, late.

TCP keeps the order inside one connection and cannot lose a piece of it, so this works one level higher: the server's
bytes are cut into whole replies, and only `message` pushes are mistreated. Between other parts reordering happens
between connections, through latency.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

HOLD_SECONDS = 0.15
"""A push held back for reordering comes at the latest after this, when no later one overtook it."""

PUSH_OPENINGS = tuple(
    opening + kind for opening in (b"*3\r\n", b">3\r\n") for kind in (b"$7\r\nmessage\r\n", b"$8\r\nsmessage\r\n")
)
_SIZED = b"$=!"
_LISTS = b"*>~"
_PAIRS = b"%|"


@dataclass(frozen=True, slots=True)
class PushFaults:
    """The shares (0 to 1) of pushes that are dropped, doubled, or held back behind the next one."""

    drop: float = 0.0
    double: float = 0.0
    reorder: float = 0.0


KIND = PushFaults()


def reply_end(data: bytes, at: int) -> int | None:
    """Return where the reply that begins at `at` ends; None while some of it is missing."""
    missing = 1
    while missing:
        line_end = data.find(b"\r\n", at)
        if line_end < 0:
            return None
        kind, size, at = data[at : at + 1], data[at + 1 : line_end], line_end + 2
        missing -= 1
        if kind in _SIZED and int(size) >= 0:
            at += int(size) + 2
            if at > len(data):
                return None
        elif kind in _LISTS:
            missing += max(0, int(size))
        elif kind in _PAIRS:
            missing += 2 * int(size)
    return at


class PushFilter:
    """Cuts one connection's replies and mistreats its pushes."""

    def __init__(self, chance: random.Random, faults: Callable[[], PushFaults]) -> None:
        """Take a source of chance, and where to read how bad things are now."""
        self._chance, self._faults = chance, faults
        self._rest = b""
        self._held: bytes | None = None

    @property
    def has_held(self) -> bool:
        """Tell whether a push waits to be overtaken."""
        return self._held is not None

    def release(self) -> bytes:
        """Give the held push."""
        held, self._held = self._held or b"", None
        return held

    def filtered(self, data: bytes) -> bytes:
        """Return what goes on of some bytes; an incomplete reply waits for its rest."""
        data = self._rest + data if self._rest else data
        at, out = 0, []
        while (end := reply_end(data, at)) is not None and end > at:
            reply = data[at:end]
            out.append(self._treated(reply) if reply.startswith(PUSH_OPENINGS) else reply)
            at = end
            if at == len(data):
                break
        self._rest = data[at:]
        return b"".join(out)

    def _treated(self, push: bytes) -> bytes:
        faults, chance = self._faults(), self._chance.random()
        behind = self.release()
        if chance < faults.drop:
            return behind
        if chance < faults.drop + faults.double:
            return push + behind + push
        if chance < faults.drop + faults.double + faults.reorder and not behind:
            self._held = push
            return b""
        return push + behind

"""How far a store's clock is from this machine's. Clocks decide nothing, but people compare times on screens."""

from __future__ import annotations

from datetime import datetime, timedelta

from hub.findings import Check, Finding, doubtful, well

MOST_APART = timedelta(seconds=2)
"""With a time service running machines differ by milliseconds."""


def compared(check: Check, theirs: datetime, asked_at: datetime, heard_at: datetime) -> Finding:
    """Judge a clock that was read at some moment between asking and hearing."""
    apart = theirs - (asked_at + (heard_at - asked_at) / 2)
    seen = f"{apart.total_seconds():+.1f} s from this machine"
    if abs(apart) <= MOST_APART:
        return well(check, seen)
    return doubtful(check, seen, "Let both machines set their clocks by a time service (timedatectl set-ntp true).")

"""The few durations of an exam room that an installation may change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """Durations that rules use; each has the field's default."""

    undo: timedelta = timedelta(seconds=10)
    """How long an asked end may be undone; zero ends at once."""
    resume_life: timedelta = timedelta(minutes=15)
    """How long an unused authorization to resume lives."""
    take_over: timedelta = timedelta(minutes=15)
    """How long a center admin commands after taking over."""
    handover: timedelta = timedelta(hours=4)
    """How long somebody commands to whom a colleague handed the room over."""
    entry_window: timedelta = timedelta(hours=24)
    """How long after the start of the room somebody may still enter for the first time."""
    grace: timedelta = timedelta(seconds=15)
    """Silence after which a seated client whose line was seen to break is interrupted."""
    hub_grace: timedelta = timedelta(seconds=120)
    """The same when the loss is ours: generous, because the tab is the same and our fault must cost nobody."""
    blink: timedelta = timedelta(seconds=5)
    """A line that closes for less than this never shows."""
    silence: timedelta = timedelta(seconds=9)
    """An open line without a byte for this long is suspect, and cut."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When something becomes a need, and whom an untaken one calls next; each counts from the moment it became one."""

    need_offline: timedelta = timedelta(seconds=60)
    """A candidate whose line is gone for less is perhaps only changing networks."""
    need_lapse: timedelta = timedelta(seconds=180)
    """So long before an unused authorization to resume lapses, somebody is told."""
    call_again: timedelta = timedelta(seconds=30)
    """An untaken need calls again those it called."""
    call_others: timedelta = timedelta(seconds=60)
    """It calls everybody in the room, also who is busy elsewhere."""
    call_admin: timedelta = timedelta(seconds=120)
    """It stands on the wall of the center's admins."""
    claim_life: timedelta = timedelta(seconds=60)
    """Who goes somewhere and is silent for so long goes there no more."""
    unattended: timedelta = timedelta(seconds=60)
    """A room without any invigilator's console for so long is told to the admins; its candidates go on."""

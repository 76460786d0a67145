"""A hub that is fast but wrong: now and then it leaves out a progress that nothing newer replaces."""

from __future__ import annotations

from collections.abc import Sequence

from channels import ring, wire
from hub.events import RoomEvent
from web.cli import main

EVERY = 10
_right = ring._without_overtaken_progress
_told = 0


def leave_out(
    entries: Sequence[tuple[int, RoomEvent, wire.RoomEventView | None]],
) -> list[wire.RoomEventView]:
    """Cut a frame rightly, then lose every tenth progress."""
    global _told
    kept = []
    for view in _right(entries):
        _told += view.type == "candidate.progressed"
        if view.type != "candidate.progressed" or _told % EVERY:
            kept.append(view)
    return kept


if __name__ == "__main__":
    ring._without_overtaken_progress = leave_out
    main()

"""The fold believes the live store about lines, and about nothing that only a decision may change."""

from __future__ import annotations

import pytest

from hub.events import Changes, EventKind, RoomChanges, RoomEvent
from hub.fold import Forged, check
from hub.model import AttemptState, Link, LinkState
from tests.builders import ME, NOW, a_room

ROOM = a_room()
NEXT = ROOM.decision_seq + 1
ONLINE = Changes(link=Link(LinkState.ONLINE, NOW))
RUNNING = Changes(attempt=AttemptState.RUNNING)
STARTED = RoomChanges(started_at=NOW)


@pytest.mark.parametrize(
    "event",
    [
        RoomEvent(EventKind.RECONNECTED, NOW, ME, changes=ONLINE),
        RoomEvent(EventKind.ENTERED, NOW, ME, decision=NEXT, changes=RUNNING),
        RoomEvent(EventKind.SESSION_STARTED, NOW, decision=NEXT, room=STARTED),
        RoomEvent(EventKind.SESSION_STARTED, NOW, ME, decision=NEXT - 1, changes=Changes()),
    ],
    ids=["a line", "a decision", "a decision about the room", "its echo"],
)
def test_what_follows_from_the_room_is_folded(event: RoomEvent) -> None:
    check(ROOM, event)


@pytest.mark.parametrize(
    "event",
    [
        RoomEvent(EventKind.RECONNECTED, NOW, ME, changes=RUNNING),
        RoomEvent(EventKind.SESSION_STARTED, NOW, room=STARTED),
        RoomEvent(EventKind.ENTERED, NOW, ME, decision=NEXT + 1, changes=RUNNING),
        RoomEvent(EventKind.ENTERED, NOW, ME, decision=NEXT - 1, changes=RUNNING),
        RoomEvent(EventKind.SESSION_STARTED, NOW, decision=NEXT - 1, room=STARTED),
    ],
    ids=["no decision", "no decision about the room", "a hole", "an old decision", "an old decision about the room"],
)
def test_what_nobody_decided_is_forged(event: RoomEvent) -> None:
    with pytest.raises(Forged):
        check(ROOM, event)

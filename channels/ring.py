"""The recent events of one room on this node, and the frames made of them: cut once, encoded once.

Every dashboard keeps a cursor into the ring. A socket that is ready to be written takes everything from its cursor
to the head as one frame; sockets at the same cursor get the same bytes. A cursor that fell out gets a snapshot.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import takewhile

import msgspec

from channels import wire
from channels.translate import Names, event_view, is_visible
from hub.events import EventKind, RoomEvent
from hub.live import Position
from hub.model import Candidate, SessionNumber

CAPACITY = 2048
"""Events kept per room: about an hour of a busy room, and the same as the live store keeps."""

MAX_FRAMES = 16
"""Encoded frames kept until the next event: sockets stand at few cursors, and a client may ask for any."""

_encoder = msgspec.json.Encoder()


class Ring:
    """Events after `base`, up to `head`, in one life of the room's stream."""

    def __init__(self, number: SessionNumber, position: Position) -> None:
        self._number = number
        self._events: deque[tuple[int, RoomEvent, wire.RoomEventView | None]] = deque(maxlen=CAPACITY)
        self._frames: dict[int, bytes] = {}
        self.epoch = position.epoch
        self.head = position.seq
        self._base = position.seq

    def append(self, event: RoomEvent, after: Candidate | None, names: Names) -> None:
        """Add the next event, seen as its row stands right after it."""
        if len(self._events) == CAPACITY:
            self._base = self._events[0][0]
        view = event_view(event, after, names) if is_visible(event) else None
        self._events.append((event.seq, event, view))
        self.head = event.seq
        self._frames.clear()

    def reach_back(
        self, position: Position, earlier: Sequence[tuple[RoomEvent, Candidate | None]], names: Names
    ) -> bool:
        """Put earlier events before the present ones, so that the ring begins right after a position.

        Each comes with its row as it stood right after it. False when there is no room for them, or they leave a hole.
        """
        missing = [(event, after) for event, after in earlier if event.seq <= self._base]
        is_whole = [event.seq for event, _ in missing] == list(range(position.seq + 1, self._base + 1))
        if not is_whole or position.epoch != self.epoch or len(missing) + len(self._events) > CAPACITY:
            return False
        for event, after in reversed(missing):
            self._events.appendleft((event.seq, event, event_view(event, after, names) if is_visible(event) else None))
        self._base = position.seq
        return True

    def holds(self, position: Position) -> bool:
        """Tell whether every event after this position is still here."""
        return position.epoch == self.epoch and self._base <= position.seq <= self.head

    def frame_after(self, seq: int) -> bytes:
        """Return the encoded `events` frame of everything after `seq`."""
        frame = self._frames.get(seq)
        if frame is None:
            if len(self._frames) >= MAX_FRAMES:
                self._frames.clear()
            frame = self._frames[seq] = _encoder.encode(self._events_after(seq))
        return frame

    def _events_after(self, seq: int) -> wire.Events:
        # From the newest back: who asks stands near the head, and the ring is long.
        newest_first = takewhile(lambda entry: entry[0] > seq, reversed(self._events))
        return wire.Events(self._number, self.epoch, seq + 1, self.head, _without_overtaken_progress(newest_first))


def _without_overtaken_progress(
    newest_first: Iterable[tuple[int, RoomEvent, wire.RoomEventView | None]],
) -> list[wire.RoomEventView]:
    """Leave out an older progress of a candidate that has a newer one in the same frame; nothing else, ever.

    Returns the others in the order in which they happened.
    """
    latest: set[int] = set()
    kept: list[wire.RoomEventView] = []
    for _, event, view in newest_first:
        if view is None:
            continue
        if event.kind is EventKind.PROGRESSED and event.candidate is not None:
            if event.candidate in latest:
                continue
            latest.add(event.candidate)
        kept.append(view)
    kept.reverse()
    return kept

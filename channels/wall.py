"""Rooms as a wall shows them: absolute values, made at most twice a second for all the walls of this node."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

import msgspec

from channels import wire
from channels.mirror import Mirror
from channels.translate import session_view
from hub.model import Room
from hub.policy import Thresholds
from hub.ports import Clock
from hub.staffing import Staffing
from hub.summary import Summary, summary_of

EVERY_SECONDS = 0.5
"""A room is told to a wall at most this often, whatever happens in it."""


QUIET_SECONDS = 5.0
"""How late a wall may be with what time alone changes: a line away for too long, a time that is used up."""


@dataclass(frozen=True, slots=True)
class _Made:
    at: float
    room: Room
    staffing: Staffing
    epoch: str
    view: wire.RoomSummary

    def is_of(self, mirror: Mirror) -> bool:
        """Tell whether nothing has happened in the room since."""
        is_same = self.room is mirror.room and self.staffing is mirror.staffing
        return is_same and self.epoch == mirror.ring.epoch


class Wall:
    """The summaries of this node's rooms, shared by every wall that looks at them."""

    def __init__(self, thresholds: Thresholds, clock: Clock) -> None:
        self._thresholds, self._clock = thresholds, clock
        # A room that this node puts away takes its numbers along.
        self._made: WeakKeyDictionary[Mirror, _Made] = WeakKeyDictionary()

    @property
    def thresholds(self) -> Thresholds:
        """Return when needs call for an admin."""
        return self._thresholds

    def summary(self, mirror: Mirror) -> wire.RoomSummary | None:
        """Return a room's summary; None when it was made too short a while ago, and something happened since."""
        now = self._clock.monotonic()
        made = self._made.get(mirror)
        if made is not None and made.is_of(mirror) and now - made.at < QUIET_SECONDS:
            return made.view
        if made is not None and now - made.at < EVERY_SECONDS:
            return None
        view = self._view(mirror)
        self._made[mirror] = _Made(now, mirror.room, mirror.staffing, mirror.ring.epoch, view)
        return view

    def _view(self, mirror: Mirror) -> wire.RoomSummary:
        room, staffing = mirror.room, mirror.staffing
        counted = summary_of(room, staffing, mirror.store_now(), self._thresholds)
        session = session_view(room, mirror.names)
        return wire.RoomSummary(
            session=room.number,
            epoch=mirror.ring.epoch,
            seq=mirror.ring.head,
            site=session.site,
            room=session.room,
            date=session.date,
            start_time=session.start_time,
            time_zone=session.time_zone,
            duration_minutes=session.duration_minutes,
            status=session.status,
            started_at=session.started_at,
            ends_at=counted.ends_at,
            candidates=counted.candidates,
            expected=counted.expected,
            absent=counted.absent,
            confirmed=counted.confirmed,
            running=counted.running,
            finished=counted.finished,
            ended=counted.ended,
            waiting=counted.waiting,
            offline=counted.offline,
            asking=counted.asking,
            help_open=counted.help_open,
            over_time=counted.over_time,
            lost_together=counted.lost_together,
            answered=counted.answered,
            total=counted.total,
            needs=counted.needs,
            untaken=counted.untaken,
            worst_need=counted.worst_need.value if counted.worst_need is not None else None,
            oldest_need_at=counted.oldest_need_at,
            escalated_at=counted.escalated_at,
            invigilators=staffing.invigilators,
            unattended_since=_unattended_since(counted, staffing),
            taken_over=session.taken_over,
            is_live=mirror.is_live,
            as_of=mirror.as_of(self._clock.now()),
        )


def _unattended_since(counted: Summary, staffing: Staffing) -> datetime | None:
    """A room in which nobody sits yet, or any more, needs nobody."""
    is_anybody_there = counted.running > 0 or counted.waiting > 0
    return staffing.unattended_since if is_anybody_there else None


def fresh(view: wire.RoomSummary, mirror: Mirror, now: datetime) -> wire.RoomSummary:
    """Return a summary as it is told at this instant."""
    return msgspec.structs.replace(view, seq=mirror.ring.head, as_of=mirror.as_of(now))


def is_news(view: wire.RoomSummary, told: wire.RoomSummary | None) -> bool:
    """Tell whether a wall would look otherwise; how fresh a room is rides on the beat."""
    return told is None or _shown(view) != _shown(told)


def _shown(view: wire.RoomSummary) -> wire.RoomSummary:
    return msgspec.structs.replace(view, epoch="", seq=0, as_of=_NO_TIME)


_NO_TIME = datetime.min.replace(tzinfo=UTC)

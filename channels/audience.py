"""Who follows one room from this node: its dashboards, and each candidate's own clients, who hear of nobody else."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from hub.events import RoomEvent
from hub.model import CandidateId, SessionNumber

log = logging.getLogger("vigie.audience")


class Subscriber(Protocol):
    """Somebody in this node who follows a room. The calls are synchronous and must be quick."""

    def on_events(self, events: Sequence[RoomEvent]) -> None:
        """Hear that these events were folded."""
        ...

    def on_reset(self) -> None:
        """Hear that the room was loaded anew: every position needs a snapshot."""
        ...

    def on_staffing(self) -> None:
        """Hear that others attend to the room now, or go elsewhere; only dashboards and walls are told."""
        ...

    def on_gone(self) -> None:
        """Hear that there is no such session any more."""
        ...


class Audience:
    """The subscribers of one room, who hear in the order in which they came; one that fails keeps no other from it."""

    def __init__(self, number: SessionNumber) -> None:
        self._number = number
        self._dashboards: dict[Subscriber, None] = {}
        self._candidates: dict[CandidateId, dict[Subscriber, None]] = {}
        self._is_dismissed = False

    def subscribe(self, subscriber: Subscriber, candidate: CandidateId | None = None) -> None:
        """Add a dashboard, or a client of one candidate."""
        group = self._dashboards if candidate is None else self._candidates.setdefault(candidate, {})
        group[subscriber] = None
        if self._is_dismissed:
            subscriber.on_gone()

    def unsubscribe(self, subscriber: Subscriber, candidate: CandidateId | None = None) -> None:
        """Take away who was added so; who was not there is no fault."""
        group = self._dashboards if candidate is None else self._candidates.get(candidate, {})
        group.pop(subscriber, None)

    @property
    def is_there(self) -> bool:
        """Tell whether anybody in this node looks at the room."""
        return bool(self._dashboards) or any(self._candidates.values())

    def clients_of(self, candidate: CandidateId) -> int:
        """Count the sockets of one candidate on this node."""
        return len(self._candidates.get(candidate, ()))

    def tell(self, events: Sequence[RoomEvent], *, concerns_all: bool) -> None:
        """Tell dashboards of all events and candidates of their own (everybody of something, if it concerns all)."""
        self.tell_dashboards(events)
        about: dict[CandidateId, list[RoomEvent]] = {one: [] for one in self._candidates} if concerns_all else {}
        for event in events:
            if event.candidate is not None:
                about.setdefault(event.candidate, []).append(event)
        for candidate, own in about.items():
            self.tell_candidate(candidate, own)

    def tell_dashboards(self, events: Sequence[RoomEvent]) -> None:
        """Tell those who look at the whole room: what a candidate said is no news to themselves."""
        for dashboard in tuple(self._dashboards):
            self._tell(dashboard, events)

    def tell_candidate(self, candidate: CandidateId, events: Sequence[RoomEvent]) -> None:
        """Tell one candidate's clients only."""
        for client in tuple(self._candidates.get(candidate, ())):
            self._tell(client, events)

    def reset(self) -> None:
        """Tell everybody that their position is void."""
        for dashboard in tuple(self._dashboards):
            self._tell(dashboard, None)
        self.call_clients()

    def tell_staffing(self) -> None:
        """Tell the dashboards that others attend to the room."""
        for dashboard in tuple(self._dashboards):
            try:
                dashboard.on_staffing()
            except Exception:
                log.exception("a subscriber of room %s failed", self._number)

    def call_clients(self) -> None:
        """Ask every candidate's client of this node to take its place again."""
        for client in tuple(one for group in self._candidates.values() for one in group):
            self._tell(client, None)

    def dismiss(self) -> None:
        """Tell everybody, and whoever is still on the way here, that there is no such session any more."""
        self._is_dismissed = True
        for group in (self._dashboards, *self._candidates.values()):
            for subscriber in tuple(group):
                subscriber.on_gone()

    def _tell(self, subscriber: Subscriber, events: Sequence[RoomEvent] | None) -> None:
        try:
            if events is None:
                subscriber.on_reset()
            else:
                subscriber.on_events(events)
        except Exception:
            log.exception("a subscriber of room %s failed", self._number)

"""The fold: a room and one event make the next room. The same for a decision and for a live fact."""

from __future__ import annotations

from msgspec.structs import replace

from hub.events import SESSION_KINDS, EventKind, RoomEvent
from hub.model import HUB, LIVE_FACETS, Candidate, Room


class Forged(Exception):
    """An event that nobody decided, or that the live store may not tell."""


def check(room: Room, event: RoomEvent) -> None:
    """See that an event follows from this room: decisions come one after the other, live facts are about live facets.

    The live store is not trusted with decisions: what it tells without one, or out of order, starts nobody.
    Raises Forged.
    """
    if event.decision is None:
        if event.room or not event.changes.keys() <= LIVE_FACETS:
            raise Forged(f"{event.kind} changes what only a decision may")
        return
    is_echo = event.candidate is not None and event.kind in SESSION_KINDS
    if event.decision != room.decision_seq + (0 if is_echo else 1):
        raise Forged(f"{event.kind} claims to be decision {event.decision} after {room.decision_seq}")


def evolve(room: Room, event: RoomEvent) -> Room:
    """Return the room after the event; rows the room does not hold are not invented."""
    candidates = room.candidates
    before = candidates.get(event.candidate) if event.candidate is not None else None
    if before is not None:
        candidates = {**candidates, before.id: evolve_candidate(before, event)}
    seq = room.decision_seq if event.decision is None else max(room.decision_seq, event.decision)
    return replace(room, candidates=candidates, decision_seq=seq, **event.room)


def evolve_candidate(before: Candidate, event: RoomEvent) -> Candidate:
    """Return the row after the event: `row |= set`, plus the numbers of the decision that changed it."""
    after = replace(before, **event.changes)
    if event.decision is None:
        return after
    is_news = event.kind is EventKind.MESSAGE_SENT or shown(before) != shown(after)
    version = event.decision if is_news else before.version
    return replace(after, revision=event.decision, version=version)


def shown(candidate: Candidate) -> tuple[object, ...]:
    """List what this candidate is shown of themselves; their own progress is no news, nor is who took a call."""
    return (
        candidate.attempt,
        candidate.presence.state,
        candidate.authorization.kind if candidate.authorization else None,
        candidate.seat,
        candidate.entry_no,
        candidate.certification_number,
        candidate.interrupted_at,
        candidate.time.theoretical_end,
        tuple(replace(one, taken_by=HUB) if one.taken_by else one for one in candidate.help),
    )

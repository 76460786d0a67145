"""Handing a room over to a colleague: a secret for a minute, a ticket while they sign in, a right that has an end.

Secret and ticket are each worth one use and come here as digests alone. Neither says who acts: the right goes to the
account that presents the ticket, and its deeds are recorded under its own name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from hub.entry import Outcome
from hub.events import Codes, Event, EventKind, RoomChanges
from hub.model import AccountId, Author, HandOver, Room, SessionNumber
from hub.policy import Policy
from hub.refusals import Code, Refusal

HandoverId = NewType("HandoverId", str)
SECRET_LIFE = timedelta(seconds=60)
"""A code is photographed off a screen that is held out, or it is not; what was photographed by others is dead soon."""
TICKET_LIFE = timedelta(minutes=10)
"""Long enough to remember a password."""


class HandoverState(StrEnum):
    """How far a handover has come."""

    WAITING = "waiting"
    OPENED = "opened"
    """A phone has used the secret, and its owner signs in."""
    ACCEPTED = "accepted"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Handover:
    """A handover as whoever made it follows it; `to` is the name of the account that accepted."""

    id: HandoverId
    state: HandoverState
    expires_at: datetime
    to: str | None = None


@dataclass(frozen=True, slots=True)
class OpenedHandover:
    """What a secret was for."""

    number: SessionNumber
    site: str
    room: str
    by: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that may still be presented: who handed over, and who has come with it already."""

    number: SessionNumber
    by: AccountId
    used_by: AccountId | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The right that came of a ticket; without an end for somebody who had entered with the password before."""

    number: SessionNumber
    until: datetime | None


def accept(room: Room, by: Author, to: Author, now: datetime, policy: Policy, *, is_bound: bool) -> Outcome:
    """Let a colleague command for a while. `is_bound`: who hands over was let in for a while only, like them.

    Nobody gives more time than they have, or two colleagues would prolong each other for ever. Nobody loses any.
    """
    if to == by:
        return Refusal(Code.OWN_HANDOVER)
    if room.is_closed:
        return Refusal(Code.SESSION_CLOSED)
    until = now + policy.handover
    if is_bound:
        until = min(until, end_of(room, by) or now)
    if (end_of(room, to) or now) >= until:
        return ()
    others = tuple(one for one in room.hand_overs if one.to != to)
    codes: Codes = {"by": by, "minutes": round((until - now).total_seconds() / 60)}
    changes = RoomChanges(hand_overs=(*others, HandOver(by, to, until)))
    return (Event(EventKind.SESSION_HANDED_OVER, room=changes, codes=codes),)


def end_of(room: Room, author: Author) -> datetime | None:
    """Return until when somebody commands to whom the room was handed over."""
    return next((one.until for one in room.hand_overs if one.to == author), None)

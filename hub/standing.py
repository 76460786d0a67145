"""Who may do what in one session, judged the same way under the lock, without it, and in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.model import AccountId, Room, account_author
from hub.people import Role
from hub.ports import Standing
from hub.preparation import AFTER_FINALIZATION


@dataclass(frozen=True, slots=True)
class Claim:
    """What is known of an account that is not disabled, about one session.

    `is_invigilating`: entered with the password, so for good; a right that a colleague gave is among the room's facts.
    """

    account: AccountId
    role: Role
    is_invigilating: bool
    is_of_the_center: bool


def standing_of(claim: Claim, room: Room, now: datetime) -> Standing:
    """Return what this account may do at this moment; a session that was given back is its center's alone."""
    if claim.role is Role.JURY:
        return Standing.JURY if room.finalized_at is not None else Standing.NONE
    if claim.role not in (Role.INVIGILATOR, Role.CENTER_ADMIN):
        return Standing.NONE
    author = account_author(claim.account)
    is_invigilating = claim.is_invigilating or any(one.to == author and now < one.until for one in room.hand_overs)
    if is_invigilating and _is_still_shown(room, now):
        return Standing.COMMAND
    if claim.role is not Role.CENTER_ADMIN or not claim.is_of_the_center:
        return Standing.NONE
    has_taken_over = any(one.by == author and now < one.until for one in room.take_overs)
    return Standing.COMMAND if has_taken_over else Standing.WATCH


def _is_still_shown(room: Room, now: datetime) -> bool:
    if room.finalized_at is None:
        return room.reopened_at is None
    return now < room.finalized_at + AFTER_FINALIZATION

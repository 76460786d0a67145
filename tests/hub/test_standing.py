"""Who may do what in one session: what a claim is worth before, during and after it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.model import AccountId, TakeOver, account_author
from hub.people import Role
from hub.ports import Standing
from hub.standing import Claim, standing_of
from tests.builders import NOW, a_room, later

NADIA = AccountId(30)
NOBODY = Claim(NADIA, Role.INVIGILATOR, is_invigilating=False, is_of_the_center=False)
ENTERED, OF_THE_CENTER = replace(NOBODY, is_invigilating=True), replace(NOBODY, is_of_the_center=True)
ADMIN = replace(OF_THE_CENTER, role=Role.CENTER_ADMIN)
JURY = replace(OF_THE_CENTER, role=Role.JURY)
OPEN, REOPENED = a_room(), a_room(reopened_at=NOW)
FINALIZED, LONG_FINALIZED = a_room(finalized_at=NOW), a_room(finalized_at=later(hours=-24))


@pytest.mark.parametrize(
    ("claim", "open_", "finalized", "long_finalized", "reopened"),
    [
        (NOBODY, Standing.NONE, Standing.NONE, Standing.NONE, Standing.NONE),
        (ENTERED, Standing.COMMAND, Standing.COMMAND, Standing.NONE, Standing.NONE),
        (OF_THE_CENTER, Standing.NONE, Standing.NONE, Standing.NONE, Standing.NONE),
        (ADMIN, Standing.WATCH, Standing.WATCH, Standing.WATCH, Standing.WATCH),
        (replace(ADMIN, is_of_the_center=False), Standing.NONE, Standing.NONE, Standing.NONE, Standing.NONE),
        (replace(ADMIN, is_invigilating=True), Standing.COMMAND, Standing.COMMAND, Standing.WATCH, Standing.WATCH),
        (JURY, Standing.NONE, Standing.JURY, Standing.JURY, Standing.NONE),
        (replace(JURY, is_invigilating=True), Standing.NONE, Standing.JURY, Standing.JURY, Standing.NONE),
        (replace(OF_THE_CENTER, role=Role.OPERATOR), Standing.NONE, Standing.NONE, Standing.NONE, Standing.NONE),
    ],
)
def test_a_claim_is_worth_what_the_session_still_shows(
    claim: Claim, open_: Standing, finalized: Standing, long_finalized: Standing, reopened: Standing
) -> None:
    found = [standing_of(claim, room, NOW) for room in (OPEN, FINALIZED, LONG_FINALIZED, REOPENED)]
    assert found == [open_, finalized, long_finalized, reopened]


def test_who_took_the_room_over_commands_until_that_instant_and_only_in_their_center() -> None:
    room = a_room(take_overs=(TakeOver(account_author(NADIA), later(seconds=1)),))
    assert standing_of(ADMIN, room, NOW) is Standing.COMMAND
    assert standing_of(ADMIN, room, later(seconds=1)) is Standing.WATCH
    assert standing_of(replace(ADMIN, is_of_the_center=False), room, NOW) is Standing.NONE
    assert standing_of(replace(ADMIN, account=AccountId(31)), room, NOW) is Standing.WATCH

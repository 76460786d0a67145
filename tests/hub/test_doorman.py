"""Wrong codes: refused before any lock, in the order of an entry, and slowed down."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

import pytest

from hub.doorman import FREE_TRIES, Doorman
from hub.model import CandidateId, ClientId, SessionNumber
from hub.policy import Policy
from hub.ports import Glimpse, Ledger
from hub.refusals import Code
from tests.builders import ME, NOW, NUMBER, OTHER, SEATED, later
from tests.hub.table import LINES, STATES


@dataclass
class Door:
    """What the doorman sees of the ledger: one candidate, and the wrong codes counted so far."""

    state: str
    now: datetime = NOW
    wrong_codes: int = 0
    wrong_code_at: datetime | None = None
    noted: list[CandidateId] = field(default_factory=list)

    async def look(self, candidate: CandidateId) -> Glimpse | None:
        room = STATES[self.state].room
        if candidate not in room.candidates:
            return None
        row = room.candidates[candidate]
        return Glimpse(room, row, "XGDZ45", self.wrong_codes, self.wrong_code_at, self.now)

    async def note_wrong_code(self, candidate: CandidateId) -> None:
        self.noted.append(candidate)
        self.wrong_codes += 1
        self.wrong_code_at = self.now

    async def judge(self, typed: str, client: ClientId = OTHER) -> Code | None:
        """Return the code of the refusal, None when the entry goes on to the lock."""
        refusal = await Doorman(self.look, cast(Ledger, self), Policy()).judge(NUMBER, ME, client, typed)
        return refusal.code if refusal else None


@pytest.mark.parametrize("state", STATES)
async def test_the_doorman_agrees_with_the_table(state: str) -> None:
    """A wrong code is refused here exactly where the entry itself would refuse it for the code."""
    for line in LINES:
        if line.name.startswith("enter, wrong code"):
            client = SEATED if line.name.endswith("seated client") else OTHER
            is_code_at_fault = line.cell(state) == "access_code_invalid"
            expected = Code.ACCESS_CODE_INVALID if is_code_at_fault else None
            assert await Door(state).judge("AAAA22", client) is expected, line.name


@pytest.mark.parametrize("typed", ["XGDZ45", " xgdz45 ", "XgDz45\n"])
async def test_a_code_is_compared_trimmed_and_without_case(typed: str) -> None:
    assert await Door("confirmed").judge(typed) is None


@pytest.mark.parametrize("typed", ["", "XGDZ4", "XGDZ455", "ＸＧＤＺ４５", "é" * 32])
async def test_any_other_code_is_wrong_and_counted(typed: str) -> None:
    door = Door("confirmed")
    assert await door.judge(typed) is Code.ACCESS_CODE_INVALID
    assert door.noted == [ME]


async def test_five_wrong_codes_are_free_then_one_every_ten_seconds() -> None:
    door = Door("confirmed")
    for _ in range(FREE_TRIES):
        assert await door.judge("AAAA22") is Code.ACCESS_CODE_INVALID
    assert await door.judge("AAAA22") is Code.RATE_LIMITED
    assert await door.judge("XGDZ45") is Code.RATE_LIMITED, "guessing right too early tells nothing"
    assert len(door.noted) == FREE_TRIES
    door.now = later(seconds=10)
    assert await door.judge("AAAA22") is Code.ACCESS_CODE_INVALID
    assert await door.judge("AAAA22") is Code.RATE_LIMITED
    door.now = later(seconds=20)
    assert await door.judge("XGDZ45") is None


async def test_a_hasty_one_hears_how_long_to_wait() -> None:
    door = Door("confirmed", wrong_codes=FREE_TRIES, wrong_code_at=NOW - timedelta(seconds=4))
    refusal = await Doorman(door.look, cast(Ledger, door), Policy()).judge(NUMBER, ME, OTHER, "XGDZ45")
    assert refusal is not None
    assert (refusal.code, refusal.after_ms) == (Code.RATE_LIMITED, 6000)


async def test_the_seated_client_is_never_slowed_down() -> None:
    door = replace(Door("running"), wrong_codes=50, wrong_code_at=NOW)
    assert await door.judge("AAAA22", SEATED) is None


async def test_a_candidate_of_another_session_is_forbidden() -> None:
    door = Door("running")
    doorman = Doorman(door.look, cast(Ledger, door), Policy())
    for number, candidate in ((NUMBER, CandidateId(99)), (SessionNumber(NUMBER + 1), ME)):
        refusal = await doorman.judge(number, candidate, OTHER, "XGDZ45")
        assert refusal is not None
        assert refusal.code is Code.FORBIDDEN

"""The judge of a page is judged: it finds the lies of a page made up for it, and none where there is none."""

from __future__ import annotations

import time

import pytest

from hub.model import CandidateId, SessionNumber
from tests.browser.screens import listed
from tests.faults.rig import RigRoom
from tests.faults.screen import Look
from tests.faults.told import LIVE, OFFLINE, SLOW, silent_lies
from tests.faults.witness import Reading
from tests.story.rooms import CLASS

ROOM = RigRoom(SessionNumber(1), "", "", CLASS[:1], (CandidateId(1),))
BEGUN = 1_000_000.0
"""When it all begins, on the wall clock."""
DATED = "Ce téléphone a perdu sa liaison. Les candidats continuent ; ce que vous voyez date d’il y a {age}."


def reading(second: float, state: str) -> Reading:
    at = BEGUN + second - (time.time() - time.monotonic())
    return Reading(at, at + 0.01, {1: {"attempt": "not_started", "presence": {"state": state}}})


TRUTH = [reading(0.1 * step, "expected" if step < 50 else "confirmed") for step in range(200)]
"""Somebody is confirmed after five seconds of twenty."""


def look(began: float, ended: float, word: str, chip: str = LIVE, said: str = "") -> Look:
    return Look(BEGUN + began, BEGUN + ended, chip, [said], {listed(CLASS[0]): {"facts": [word]}})


@pytest.mark.parametrize(
    ("looks", "lies"),
    [
        ([look(0, 5.2, "Attendu"), look(5.3, 19, "Présent")], 0),
        ([look(0, 8.5, "Attendu"), look(8.6, 19, "Présent")], 0),
        ([look(0, 11, "Attendu")], 1),
        ([look(0, 7.5, "Attendu"), look(7.5, 13, "Attendu", SLOW)], 0),
        ([look(0, 7.5, "Attendu"), look(7.5, 16, "Attendu", SLOW)], 1),
        ([look(0, 7, "Attendu"), look(7, 19, "Attendu", OFFLINE)], 0),
        ([look(0, 7, "Attendu"), look(7, 14, "Attendu", OFFLINE, DATED.format(age="10 s"))], 0),
        ([look(0, 7, "Attendu"), look(7, 19, "Attendu", OFFLINE, DATED.format(age="10 s"))], 1),
        ([look(0, 7, "Attendu"), look(7, 19, "Attendu", OFFLINE, DATED.format(age="20 s"))], 0),
        ([look(0, 1, "Attendu"), look(1, 2, "Absent"), look(2, 5.2, "Attendu")], 0),
        ([look(0, 1, "Attendu"), look(1, 10, "Absent")], 1),
        ([look(0, 1, "Présent")], 1),
    ],
)
def test_p06_what_is_older_than_the_page_admits_is_a_lie(looks: list[Look], lies: int) -> None:
    assert len(silent_lies(ROOM, looks, TRUTH)) == lies

"""What can be played: the scenes, act by act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

LONGEST_SECONDS = 60.0
"""What should have happened by then has failed."""
REST_SECONDS = 45.0
SHORT_WORK_SECONDS = 6.0


class Act(Enum):
    """What everybody does at the moment."""

    ARRIVE = "arrive"
    WORK = "work"
    STORM = "storm"
    FINISH = "finish"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Part:
    """One act of a scene. `name`: what is measured until everybody got there; "" for an act that only takes time."""

    act: Act
    name: str = ""
    seconds: float = LONGEST_SECONDS


_ARRIVE = Part(Act.ARRIVE, "start wave: the last one in the test")
_WORK = Part(Act.WORK, seconds=SHORT_WORK_SECONDS)
_STORM = Part(Act.STORM, "reconnect storm: the last one back in the test")
_FINISH = Part(Act.FINISH, "end rush: the last one finished")
_REST = Part(Act.REST, "at rest: the last dashboard judged", REST_SECONDS)

SCENES: Mapping[str, Sequence[Part]] = {
    "all": (_ARRIVE, Part(Act.WORK, seconds=0), _STORM, _WORK, _FINISH, _REST),
    "start-wave": (_ARRIVE, _REST),
    "exam-hour": (_ARRIVE, Part(Act.WORK, seconds=0), _REST),
    "reconnect-storm": (_ARRIVE, _WORK, _STORM, _WORK, _REST),
    "end-rush": (_ARRIVE, _WORK, _FINISH, _REST),
}
"""Seconds 0: as long as was asked for."""

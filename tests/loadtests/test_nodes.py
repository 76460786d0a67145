"""The swarm on two real nodes: one is killed, and its people are back at the other without anybody's help."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from loadtests.own_hub import ROOT

ROOMS, CANDIDATES, DASHBOARDS = 2, 6, 2
PLAY_SECONDS = 100
"""Fifteen are enough."""


def play(*options: str) -> subprocess.CompletedProcess[str]:
    size = ("--rooms", str(ROOMS), "--candidates", str(CANDIDATES), "--dashboards", str(DASHBOARDS))
    return subprocess.run(
        [sys.executable, "-m", "loadtests.swarm", *size, *options],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PLAY_SECONDS,
        check=False,
    )


def test_the_clients_of_a_node_that_dies_come_back_to_the_other_and_nobody_else_is_disturbed(tmp_path: Path) -> None:
    kept = tmp_path / "swarm.json"
    played = play("--nodes", "2", "--scenes", "node_death", "--json", str(kept))
    assert played.returncode == 0, played.stdout
    death = json.loads(kept.read_text())["node_death"]
    everybody = ROOMS * (CANDIDATES + DASHBOARDS)
    assert (death["back"], death["others"]) == (everybody / 2, everybody / 2)
    assert [death[what] for what in ("disturbed", "outside", "missing", "faults", "owed")] == [0, 0, 0, 0, 0]
    assert 0 < death["seconds"] < 30
    assert death["cpu_ms_per_1000_server"] > 0


def test_a_node_dies_only_where_another_is_left_and_after_everything_else() -> None:
    assert "only where another is left" in play("--nodes", "1", "--scenes", "node_death").stdout
    assert "last scene" in play("--nodes", "2", "--scenes", "node_death,storm").stdout

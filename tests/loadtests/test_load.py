"""The load scenarios as a person starts them, against real hubs: a right one, a wrong one, and none."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.story.hub import ROOT, Hub

SHORT = ("--scene", "exam-hour", "--rooms", "2", "--candidates", "4", "--seconds", "5", "--every", "1")
PLAY_SECONDS = 100
"""Twelve are enough; what fails waits for its time to be over."""


class WrongHub(Hub):
    module = "tests.loadtests.wrong_hub"


def play(var: Path, *options: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("VIGIE_", "LOCUST_"))}
    return subprocess.run(
        [sys.executable, "-m", "loadtests.load", *options],
        cwd=ROOT,
        env=clean | {"VIGIE_VAR": str(var)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PLAY_SECONDS,
        check=False,
    )


def counted(said: str, name: str) -> int:
    """Read from Locust's table how often something was measured."""
    found = re.search(rf"^\w+ +{re.escape(name)} +(\d+) ", said, re.MULTILINE)
    assert found is not None, f"{name} was never measured:\n{said}"
    return int(found[1])


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = Hub(tmp_path_factory.mktemp("load") / "var")
    hub.start()
    yield hub
    hub.stop()


def test_a_right_hub_passes_and_was_really_played(hub: Hub) -> None:
    played = play(hub.var, *SHORT)
    assert played.returncode == 0, played.stdout
    assert counted(played.stdout, "candidate: enter") == 8
    assert counted(played.stdout, "progress to dashboard") >= 2 * 8
    for judged in ("nothing missing", "same when told again", "same as a fresh snapshot"):
        assert counted(played.stdout, f"dashboard: {judged}") == 4
    assert counted(played.stdout, "admin: same as the rooms") == 1


def test_a_hub_that_leaves_out_one_progress_in_ten_fails(tmp_path: Path) -> None:
    wrong = WrongHub(tmp_path / "var")
    wrong.start()
    try:
        played = play(wrong.var, *SHORT)
    finally:
        wrong.stop()
    assert played.returncode == 1, played.stdout
    assert re.search(r"progress left out|sent \d+, shown is \d+", played.stdout), played.stdout


def test_without_a_hub_it_says_how_to_start_one(tmp_path: Path) -> None:
    played = play(tmp_path)
    assert played.returncode == 2
    assert "make run" in played.stdout


def test_a_hub_that_has_gone_is_said_to_have_gone(tmp_path: Path) -> None:
    written = '{"base_url": "http://127.0.0.1:9", "admin": {}, "invigilator": {}}'
    (tmp_path / "demo.json").write_text(written)
    played = play(tmp_path)
    assert played.returncode == 2
    assert "No hub answers at http://127.0.0.1:9" in played.stdout
    assert "make run" in played.stdout


def test_another_machine_is_refused_unless_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text('{"base_url": "https://exams.example.org", "admin": {}, "invigilator": {}}')
    played = play(tmp_path)
    assert played.returncode == 2
    assert "--elsewhere" in played.stdout


@pytest.mark.parametrize("option", ["--rooms", "--candidates", "--dashboards", "--seconds", "--every"])
def test_nothing_is_played_without_a_bound(option: str, tmp_path: Path) -> None:
    played = play(tmp_path, option, "100000")
    assert played.returncode == 2
    assert "from 1 to" in played.stdout

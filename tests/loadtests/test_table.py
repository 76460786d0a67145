"""The table writes itself from what was measured: medians with least and most, and every absence by name."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from loadtests.bench import __main__ as bench
from loadtests.bench.arms import Arm, Skipped
from loadtests.bench.measure import spent
from loadtests.bench.results import HEADING, begin, keep, put_section, read, section
from loadtests.bench.table import figure, missed, spread, throughput, undelivered
from loadtests.processes import Cores


def run(factor: float = 1.0, generator_share: float = 0.5) -> dict[str, Any]:
    cpu = {"server": 20.0 * factor, "redis": 6.0 * factor, "postgres": 0.0}
    point = {"cpu": cpu, "per_second": 30_000 * factor, "undelivered": 0, "generator_share": generator_share}
    return {
        "growth": {"4": cpu, "16": cpu},
        "one": point,
        "64": point,
        "saturation": point,
        "half": {"p50": 1.0 * factor, "p99": 9.0, "p99.9": 20.0, "undelivered": 0},
        "accept_ms": 0.3,
        "idle_kib": 20.0,
        "busy_kib": 30.0,
        "idle_ms_per_second": {"server": 4.0, "redis": 1.0, "postgres": 0.0},
    }


def results() -> dict[str, Any]:
    made = begin(Cores(), 3, (4, 16))
    hurt = {"events": 0, "expected": 2160, "rows": 0, "rows_shown": 200}
    made["arms"] = {
        "hub": {
            "title": "The hub",
            "versions": {"vigie": "1"},
            "runs": [run(1.0), run(0.5), run(2.0)],
            "accidents": {"pubsub_kill": hurt, "node_kill": {**hurt, "events": 3, "rows": 1}, "away": hurt},
            "failures": [],
        },
        "other": {
            "title": "Another",
            "versions": {},
            "runs": [],
            "accidents": {},
            "failures": [],
            "skipped": "no compiler",
        },
        "third": {
            "title": "A third",
            "versions": {},
            "runs": [run(3.0)],
            "accidents": {},
            "failures": ["a round: it fell over"],
        },
    }
    return made


def test_several_runs_are_a_median_with_least_and_most_and_one_is_itself() -> None:
    assert spread([3.0, 1.0, 200.0]) == "3.0 (1.0-200)"
    assert spread([0.256]) == "0.26"
    assert spread([]) == "–"
    assert figure(12_345.6) == "12,346"


def test_what_idle_lines_cost_is_not_counted_as_an_events_cost() -> None:
    before = dict.fromkeys(("server", "redis", "postgres"), 1.0)
    after = {"server": 1.5, "redis": 1.1, "postgres": 1.0}
    idle = {"server": 0.1, "redis": 0.0, "postgres": 0.1}
    used = spent(before, after, idle, seconds=2.0, events=1000)
    assert used == {"server": pytest.approx(300), "redis": pytest.approx(100), "postgres": 0.0}


def test_a_generator_that_had_no_more_to_give_is_told() -> None:
    assert throughput([run(generator_share=0.95)]) == "≥ 30,000"
    assert throughput([run()]) == "30,000"


def test_what_is_lost_when_an_arm_is_pressed_too_hard_is_told_apart() -> None:
    pressed = run()
    pressed["saturation"] = {**pressed["saturation"], "lost": 155, "lost_at": 256}
    assert undelivered([run()]) == "0"
    assert undelivered([pressed, pressed]) == "0; 310 with 256 in flight"


def test_an_accident_says_what_was_missing_or_why_it_did_not_happen() -> None:
    assert missed({"events": 31, "expected": 2160, "rows": 2}) == "31 of 2,160; 2 rows wrong"
    assert missed({"skipped": "it uses no pub/sub"}) == "– (it uses no pub/sub)"
    assert missed(None) == "–"


def test_the_section_shows_every_arm_and_names_who_is_missing_and_why() -> None:
    text = section(results(), "results/bench.svg")
    assert "| The hub | 26.0 (13.0-52.0): server 20.0, Redis 6.0 |" in text
    assert "3 of 2,160; 1 rows wrong" in text
    assert "- Another: no compiler" in text
    assert "- A third: a round: it fell over" in text
    assert "![Cost against size](results/bench.svg)" in text


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    blocks = [block for block in section(results(), None).split("\n\n") if block.startswith("|")]
    assert len(blocks) == 3
    for block in blocks:
        assert len({line.count("|") for line in block.splitlines()}) == 1


def test_the_section_takes_the_place_of_the_one_before_and_of_nothing_else() -> None:
    text = f"# What was measured\n\n## One\n\nfirst\n\n{HEADING}\n\nold\n\n## Two\n\nlast\n"
    new = f"{HEADING}\n\nnew\n"
    once = put_section(text, new)
    assert once == f"# What was measured\n\n## One\n\nfirst\n\n{HEADING}\n\nnew\n\n## Two\n\nlast\n"
    assert put_section(once, new) == once
    assert put_section("# What was measured\n", new) == f"# What was measured\n\n{new}"


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    made = results()
    keep(made, tmp_path / "new" / "bench.json")
    assert read(tmp_path / "new" / "bench.json") == made


def test_the_picture_is_an_svg_that_runs_nothing_and_loads_nothing(tmp_path: Path) -> None:
    keep(results(), tmp_path / "bench.json")
    # In a process of its own: the drawing library changes the interpreter's importers.
    code = "from loadtests.bench.chart import draw; from loadtests.bench.results import read; import pathlib, sys; "
    code += "draw(read(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2]))"
    paths = (str(tmp_path / "bench.json"), str(tmp_path / "bench.svg"))
    subprocess.run([sys.executable, "-c", code, *paths], check=True, cwd=bench.kept.ROOT)
    text = (tmp_path / "bench.svg").read_text(encoding="utf-8")
    assert "<svg" in text
    assert "The hub" in text
    assert "<script" not in text
    assert "href=" not in text


def test_a_whole_run_is_kept_in_the_repository_and_a_part_of_one_is_not() -> None:
    assert bench.read_arguments([]).into == bench.kept.KEPT
    for arguments in (["--quick"], ["--arms", "hub"], ["--rounds", "1"], ["--no-accidents"]):
        options = bench.read_arguments(arguments)
        assert (options.is_whole, options.into) == (False, bench.BUILD)


def test_an_unknown_arm_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.read_arguments(["--arms", "hub,nobody"])
    assert "nobody?" in capsys.readouterr().err


def test_an_arm_whose_dashboards_heard_what_must_not_be_has_failed(tmp_path: Path) -> None:
    made = bench.Bench(argparse.Namespace(quick=True, rounds=1, accidents=False, arms=("hub",), into=tmp_path))
    made._results["arms"]["hub"] = {"failures": []}
    for wrong in ([], ["a hole", "a hole"]):
        made._note_wrong(SimpleNamespace(name="hub", wrong=wrong))
    assert made._results["arms"]["hub"]["failures"] == ["2 times wrong on dashboards, such as: a hole"]


async def test_an_arm_that_cannot_be_installed_is_left_out_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Absent(Arm):
        name, title = "absent", "Absent"

        @classmethod
        def prepare(cls, build: Path) -> dict[str, str]:
            raise Skipped("no compiler")

    monkeypatch.setitem(bench.ARMS, "absent", Absent)
    options = argparse.Namespace(quick=True, rounds=1, accidents=True, arms=("absent",), into=tmp_path)
    allowed = bench.os.sched_getaffinity(0)
    try:
        made = await bench.Bench(options).run()
    finally:
        bench.os.sched_setaffinity(0, allowed)
    assert made["arms"]["absent"]["skipped"] == "no compiler"
    assert "- Absent: no compiler" in section(made, None)

"""Each curve lets one thing grow and nothing else; what was measured writes itself, what was not is named."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loadtests.bench.results import KEPT, ROOT, begin_anything, put_section
from loadtests.growth import report
from loadtests.growth.__main__ import BUILD, NAMES, read_arguments
from loadtests.growth.curves import QUICK_PLAN, Curve, Point, curves
from loadtests.growth.play import Player, wrong
from loadtests.processes import Cores


def measured(
    cost: float = 1000.0, *, sockets: int = 1000, dashboards: int = 2, nodes: int = 1, **changed: Any
) -> dict[str, Any]:
    """Make a size at which nobody doing anything costs 60 ms a second, and an answer as much as is said."""
    one = {"per_second": 100.0, "cpu_ms_per_1000": cost + 600.0, "p50_ms": 2.0, "p99_ms": 9.0}
    rounds = [{**one, "missing": 0, "faults": 0}, {**one, "missing": 0, "faults": 0, "cpu_ms_per_1000": cost + 700.0}]
    return {
        "people": 900,
        "sockets": sockets,
        "dashboards": dashboards,
        "nodes": nodes,
        "kib_per_socket": 40.0,
        "idle_ms_per_second": {"server": 50.0, "redis": 6.0, "postgres": 4.0},
        "rounds": rounds,
        "fixed_work_ms": 30.0,
        "lost": 0,
        "owed": 0,
        **changed,
    }


@pytest.mark.parametrize("is_quick", [True, False])
def test_each_curve_lets_one_thing_grow(is_quick: bool) -> None:
    grown = {
        name: [field for field in Point.__slots__ if len({getattr(one, field) for one in curve.points.values()}) > 1]
        for name, curve in curves(is_quick=is_quick).items()
    }
    # Rooms become more and smaller: all their people stay as many.
    assert grown == {
        "connections": ["rooms"],
        "rooms": ["rooms", "candidates"],
        # Each node has its own share of all.
        "nodes": ["rooms", "nodes", "per_second"],
        "together": ["rooms", "nodes", "per_second"],
        "dashboards": ["dashboards"],
    }
    assert len({one.people for one in curves(is_quick=is_quick)["rooms"].points.values()}) == 1
    for name in ("nodes", "together"):
        assert len({(one.people / one.nodes, one.rate / one.nodes) for one in curves()[name].points.values()}) == 1


def test_the_whole_run_goes_where_it_was_promised() -> None:
    full = curves()
    assert [one.people for one in full["connections"].points.values()] == [1000, 2500, 5000, 10_000]
    assert [one.rate for one in full["connections"].points.values()] == [5, 12.5, 25, 50]
    assert list(full["rooms"].points) == ["10", "50", "100", "200", "400", "800"]
    assert list(full["nodes"].points) == list(full["together"].points) == ["1", "2", "4"]
    assert [full[name].points["4"].is_together for name in ("nodes", "together")] == [False, True]
    assert list(full["dashboards"].points) == ["1", "2", "5", "10", "20"]
    for curve in full.values():
        sizes = list(curve.points.values())
        if curve.is_one_hub:
            assert all(a.rooms <= b.rooms and a.dashboards <= b.dashboards for a, b in itertools.pairwise(sizes))


def test_the_idle_cost_is_taken_off_once() -> None:
    assert report.costs(measured(1000.0)) == [1600.0, 1700.0]
    assert report.net_costs(measured(1000.0)) == [1000.0, 1100.0]
    assert report.net_cost(measured(1000.0)) == 1050.0
    assert report.per_delivery(measured(950.0, dashboards=20)) == 50.0
    assert report.net_costs(measured(-600.0)) == [0.0, 0.0]


@pytest.mark.parametrize(
    ("name", "last", "said"),
    [
        ("connections", measured(sockets=1200), ": flat"),
        ("connections", measured(sockets=700), "NOT flat"),
        ("connections", measured(kib_per_socket=60.0), "NOT flat"),
        ("rooms", measured(1200.0), ": flat"),
        ("rooms", measured(1400.0), "NOT flat"),
        ("nodes", measured(1250.0, nodes=4), "within the tenth"),
        ("nodes", measured(1250.0, nodes=2), "MORE THAN the tenth"),
        ("dashboards", measured(2050.0, dashboards=20), "an answer costs × 2.00, a delivery × 0.20"),
    ],
)
def test_a_curve_says_what_it_shows(name: str, last: dict[str, Any], said: str) -> None:
    assert said in report.saying(name, {"1": measured(), "2": last})
    assert report.saying(name, {"1": measured()}) == ""


def results(failures: list[str]) -> dict[str, Any]:
    told = {"points": {"1": measured(), "2": measured(1100.0)}, "failures": failures}
    made = begin_anything(Cores())
    return {**made, "stores": {"redis": "Valkey 9"}, "curves": {"rooms": told, "nodes": {"points": {}, "failures": []}}}


def test_the_section_shows_each_size_and_names_what_failed() -> None:
    text = report.section(results(["800: Disappointed: not in 60 s"]), curves(), "results")
    assert "| 2 | 1,000 | 40.0 | 60.0: server 50.0, Redis 6.0, Postgres 4.0 | 100 | 1,750 (1,700-1,800) |" in text
    assert "- 800: Disappointed: not in 60 s" in text
    assert "![The same 3,200 candidates in more and more rooms](results/growth-rooms.svg)" in text
    assert "growth-nodes.svg" not in text
    assert "Valkey 9" in text
    heads = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in heads}) == 1


def test_the_section_takes_its_own_place_and_no_other() -> None:
    text = report.section(results([]), curves(), "results")
    document = f"# What was measured\n\n## Another\n\nstays\n\n{text}\n## Last\n"
    newer = report.section(results(["new"]), curves(), "results")
    written = put_section(document, newer)
    assert written.startswith("# What was measured\n\n## Another\n\nstays\n\n## How it grows\n")
    assert written.count(report.HEADING) == 1
    assert "- new" in written
    assert written.endswith("## Last\n")


def test_a_picture_is_drawn_and_runs_nothing(tmp_path: Path) -> None:
    # In a process of its own: the drawing library changes the interpreter's importers.
    code = "import json, pathlib, sys; from loadtests.growth.curves import curves; "
    code += "from loadtests.growth.report import draw; "
    code += "draw('rooms', curves()['rooms'], json.loads(sys.argv[1]), pathlib.Path(sys.argv[2]))"
    points = json.dumps(results([])["curves"]["rooms"]["points"])
    subprocess.run([sys.executable, "-c", code, points, str(tmp_path / "rooms.svg")], check=True, cwd=ROOT)
    drawn = (tmp_path / "rooms.svg").read_text()
    assert "less the idle" in drawn
    assert "<script" not in drawn


def test_only_a_run_without_options_is_kept_in_the_document() -> None:
    assert read_arguments([]).is_whole
    assert read_arguments([]).into == KEPT
    assert read_arguments([]).curves == NAMES
    for options in (["--quick"], ["--curves", "rooms"], ["--into", "elsewhere"]):
        assert not read_arguments(options).is_whole
    assert read_arguments(["--quick"]).into == BUILD


def test_a_curve_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read_arguments(["--curves", "rooms,moons"])
    assert "moons?" in capsys.readouterr().err


def test_whatever_was_missing_out_of_order_or_cut_off_is_named() -> None:
    assert wrong(measured()) == []
    hurt = measured(lost=3, owed=4)
    hurt["rounds"][-1] |= {"missing": 1, "faults": 2}
    assert wrong(hurt) == ["1 events missing", "2 faults", "3 lines lost", "4 not told as sent"]


class Frail(Player):
    """Has no hub: a size with three rooms cannot be measured."""

    async def _on_own_hub(self, point: Point) -> dict[str, Any]:
        if point.rooms == 3:
            raise ValueError("no room left")
        return measured()


async def test_a_size_that_fails_is_named_and_the_others_go_on() -> None:
    said: list[str] = []
    curve = Curve("", "", {str(rooms): Point(rooms) for rooms in (2, 3, 4)})
    told = await Frail(Cores(), QUICK_PLAN, said.append).play(curve)
    assert list(told["points"]) == ["2", "4"]
    assert told["failures"] == ["3: ValueError: no room left"]
    assert "    3: failed: ValueError: no room left" in said

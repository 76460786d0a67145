"""What is called flat: the last quarter is not above the second; and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from loadtests.bench.results import begin_anything
from loadtests.processes import Cores
from loadtests.soak.__main__ import read_arguments
from loadtests.soak.flat import LEAST_SAMPLES, LIMITS, MEBI, Verdict, judge
from loadtests.soak.report import NAMES, section, table
from loadtests.soak.samples import read


def samples(**of_each_quarter: list[float]) -> list[dict[str, float]]:
    """Make twelve samples, three in each quarter; what is not said stays at 100 MiB."""
    return [
        {figure: of_each_quarter.get(figure, [100.0 * MEBI] * 4)[quarter] for figure in LIMITS}
        for quarter in range(4) for _ in range(3)
    ]  # fmt: skip


def growing(found: list[Verdict]) -> list[str]:
    return [one.figure for one in found if not one.is_flat]


@pytest.mark.parametrize("figure", list(LIMITS))
def test_each_figure_may_grow_by_its_limit_and_no_more(figure: str) -> None:
    few = 10.0
    allowed = LIMITS[figure].least
    assert growing(judge(samples(**{figure: [0, few, few, few + allowed]}))) == []
    assert growing(judge(samples(**{figure: [0, few, few, few + allowed * 1.01]}))) == [figure]


def test_of_much_a_share_may_be_added() -> None:
    much = 1000.0 * MEBI
    assert growing(judge(samples(resident_bytes=[0, much, much, much * 1.029]))) == []
    assert growing(judge(samples(resident_bytes=[0, much, much, much * 1.031]))) == ["resident_bytes"]


def test_the_beginning_may_grow_and_less_is_no_fault() -> None:
    assert growing(judge(samples(tasks=[0, 5000, 5000, 100]))) == []


def test_one_sample_that_stands_out_is_not_growth() -> None:
    taken = samples()
    taken[-1]["descriptors"] *= 10
    assert growing(judge(taken)) == []


def test_too_few_samples_are_not_judged() -> None:
    with pytest.raises(ValueError, match="are needed"):
        judge(samples()[: LEAST_SAMPLES - 1])
    assert judge(samples()[:LEAST_SAMPLES])


def test_the_table_says_what_grew() -> None:
    rows = table(judge(samples(redis_bytes=[MEBI, 2 * MEBI, 3 * MEBI, 4 * MEBI], redis_keys=[1, 20, 20, 22])))
    assert "| memory that Redis uses, MiB | 1.0 | 2.0 | 4.0 | 2.0 | 1.0 | **NOT flat** |" in rows
    assert "| keys in Redis | 1 | 20 | 22 | 2 | 4 | flat |" in rows
    assert len({row.count("|") for row in rows}) == 1
    assert set(NAMES) == set(LIMITS)


def results(wrong: list[str]) -> dict[str, Any]:
    told = {"rooms": 40, "minutes": 30, "every_seconds": 30.0, "done": {"answer": 9000}, "wrong": wrong}
    return {**begin_anything(Cores()), **told}


def test_the_section_says_what_was_wrong_and_that_nothing_was() -> None:
    verdicts = judge(samples())
    assert "- Nothing was missing" in section(results([]), verdicts)
    hurt = section(results(["2 candidates outside"]), verdicts)
    assert "- 2 candidates outside" in hurt
    assert "Nothing was missing" not in hurt


def test_figures_without_labels_are_read_from_the_page() -> None:
    page = (
        '# HELP x y\n# TYPE x gauge\nvigie_tasks 453.0\nvigie_sockets_open{role="admin"} 2\nprocess_open_fds 1.2e+03\n'
    )
    assert read(page) == {"vigie_tasks": 453.0, "process_open_fds": 1200.0}


def test_only_a_run_as_it_is_is_kept_in_the_document() -> None:
    assert read_arguments([]).is_whole
    assert (read_arguments([]).minutes, read_arguments([]).rooms) == (30, 40)
    assert not read_arguments(["--minutes", "30"]).is_whole
    assert not read_arguments(["--rooms", "2"]).is_whole
    with pytest.raises(SystemExit):
        read_arguments(["--minutes", "100000"])

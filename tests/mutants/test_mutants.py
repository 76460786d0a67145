"""The checks are honest: whichever guard is dropped, a test demands it back. P19."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.mutants.catalogue import MUTANTS
from tests.mutants.ground import ROOT
from tests.mutants.mutant import Edit, Mutant, Stale, thorough
from tests.mutants.play import Fate, Outcome, Told, Unsound, played
from tests.mutants.table import line, write_junit

QUICK = [mutant for mutant in MUTANTS if mutant.is_quick]
TESTED = "tests/channels/test_rates.py"


def missed(mutants: list[Mutant]) -> list[str]:
    return [line(one) for one in played(mutants, jobs=2) if one.told.fate is not Fate.CAUGHT]


@pytest.mark.timeout(600)
def test_p19_each_guard_of_the_quick_tier_is_demanded_back_by_a_test() -> None:
    assert missed(QUICK) == []


@pytest.mark.long_faults
@pytest.mark.timeout(3600)
def test_p19_each_guard_is_demanded_back_by_a_test() -> None:
    assert missed([mutant for mutant in MUTANTS if not mutant.is_quick]) == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_no_mutant_is_stale(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    assert mutant.applied(text) != text
    assert all((ROOT / test.partition("::")[0]).exists() for test in mutant.tests)


def test_no_two_mutants_have_one_name() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("text", ["", "guard guard"])
def test_a_mutant_whose_text_is_gone_or_not_alone_is_stale(text: str) -> None:
    with pytest.raises(Stale, match="the guard is gone"):
        thorough("the guard is gone", "hub/entry.py", "guard", "").applied(text)


def test_a_mutant_is_caught_by_an_assertion_alone() -> None:
    comment, broken = Edit('"""A token bucket:', '"""A bucket of tokens:'), Edit("import math\n", "import maths\n")
    mutants = [
        Mutant(name, "channels/rates.py", (edit,), (TESTED,), is_quick=True)
        for name, edit in (("nothing is dropped", comment), ("nothing can be imported", broken))
    ]
    fates = {one.mutant.name: one.told.fate for one in played(mutants, jobs=2)}
    assert fates == {"nothing is dropped": Fate.SURVIVED, "nothing can be imported": Fate.NOT_JUDGED}


def test_tests_that_fail_with_every_guard_in_its_place_are_believed_about_none() -> None:
    unknown = thorough("whatever", "channels/rates.py", "import math\n", "", f"{TESTED}::test_that_is_not_there")
    with pytest.raises(Unsound):
        list(played([unknown], jobs=1))


def test_the_list_names_every_mutant_and_plays_none() -> None:
    command = [sys.executable, "-m", "tests.mutants", "--list"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout
    assert [mutant.name for mutant in MUTANTS if mutant.name not in said] == []


def test_a_survivor_is_a_failure_in_the_junit_file(tmp_path: Path) -> None:
    path = tmp_path / "mutants.xml"
    told = (Told(Fate.CAUGHT, "test", "demand"), Told(Fate.SURVIVED))
    write_junit([Outcome(QUICK[0], one, 1.0) for one in told], path)
    suite = ElementTree.parse(path).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.find("failure") is not None for case in suite] == [False, True]

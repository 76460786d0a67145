"""What became of the mutants: for a person, and for machines that count tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from tests.mutants.play import Fate, Outcome


def line(outcome: Outcome) -> str:
    """Return one line of the table."""
    told = outcome.told
    file, colons, test = told.test.partition("::")
    who = f"{Path(file).name}{colons}{test}" if told.fate is Fate.CAUGHT else told.demand.partition("\n")[0]
    return f"{told.fate:<10} {outcome.seconds:5.1f} s  {outcome.mutant.name:<64} {who}"


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return the last line."""
    caught = sum(one.told.fate is Fate.CAUGHT for one in outcomes)
    return f"{caught} of {len(outcomes)} mutants caught, in {sum(one.seconds for one in outcomes):.0f} s of playing"


def write_junit(outcomes: Sequence[Outcome], path: Path) -> None:
    """Write each mutant as a test that fails unless it was caught."""
    missed = [one for one in outcomes if one.told.fate is not Fate.CAUGHT]
    suite = ElementTree.Element("testsuite", name="mutants", tests=str(len(outcomes)), failures=str(len(missed)))
    for one in outcomes:
        case = ElementTree.SubElement(
            suite, "testcase", classname=one.mutant.file, name=one.mutant.name, time=f"{one.seconds:.3f}"
        )
        if one.told.fate is not Fate.CAUGHT:
            failure = ElementTree.SubElement(case, "failure", message=f"{one.told.fate}: {one.told.demand}")
            failure.text = one.told.output
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)

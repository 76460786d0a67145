"""The threat model cannot rot: each line names a test that exists, and each attacker what is not stopped."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "threat-model.md"
TEXT = PAGE.read_text(encoding="utf-8")
ATTACKERS = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n)*)", TEXT, re.MULTILINE))
NAMED = re.findall(r"\[(\w+)\]\((\.\./tests/[\w/]+\.py)\)", TEXT)


@cache
def named_in(path: Path) -> frozenset[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(one.name for one in tree.body if isinstance(one, functions) and one.name.startswith("test_"))


@pytest.mark.parametrize(("name", "path"), NAMED, ids=[name for name, _ in NAMED])
def test_every_test_that_is_named_exists(name: str, path: str) -> None:
    assert name in named_in((PAGE.parent / path).resolve())


@pytest.mark.parametrize("attacker", [name for name in ATTACKERS if name != "Whoever runs it"])
def test_every_line_of_an_attacker_names_a_test_and_says_what_is_not_stopped(attacker: str) -> None:
    head, _, *rows = re.findall(r"^\|.*\|$", ATTACKERS[attacker], re.MULTILINE)
    assert head == "| what is tried | what stops it | shown by |"
    assert rows
    assert [row for row in rows if not re.search(r"\| \[\w+\]\(\.\./tests/", row)] == []
    assert "\n**Not stopped.** " in ATTACKERS[attacker]


def test_whoever_is_known_to_attack_is_on_the_page() -> None:
    assert list(ATTACKERS) == [
        "A candidate",
        "A candidate with two computers",
        "A curious colleague",
        "An invigilator of another room",
        "An admin of another center",
        "Somebody on the school's network",
        "Somebody with a shell on the Redis machine",
        "Somebody with the backup",
        "A stolen phone",
        "A poisoned dependency",
        "Whoever runs it",
    ]

"""Every code an import can answer with has words on the pages, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import state
import web

SOURCES = (
    *sorted(Path(web.__file__).parent.glob("roster_*.py")),
    Path(state.__file__).parent / "imports.py",
)
_SAYS = re.compile(r"(?:Unfit|note|_wrong|warn|refused|ImportProblem|faults\.append)\(.*\"([a-z0-9_]+)\"\)")


def codes() -> set[str]:
    lines = [line for source in SOURCES for line in source.read_text(encoding="utf-8").splitlines()]
    return {found[1] for line in lines if (found := _SAYS.search(line)) is not None}


def test_the_codes_are_found_in_the_source() -> None:
    expected = {
        "encoding_not_utf8",
        "code_padded",
        "birthplace_invalid",
        "session_unknown",
        "required",
        "too_many_rows",
    }
    assert expected <= codes()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_code_of_an_import_has_words(language: str) -> None:
    catalogue = (Path(web.__file__).parent / "ui" / "src" / "locales" / f"{language}.ts").read_text(encoding="utf-8")
    section = re.split(r"^export const imports\b.*$", catalogue, flags=re.MULTILINE)[1].split("\n};")[0]
    worded = set(re.findall(r"^  (\w+):", section, re.MULTILINE))
    assert codes() - worded == set()

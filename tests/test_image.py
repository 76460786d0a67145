"""The image, read without a container: what is copied into it exists, and it runs as nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container_files import ROOT, instructions, is_sent, last_stage


def files_under(path: Path) -> Iterator[Path]:
    for one in [path] if path.is_file() else sorted(path.rglob("*")):
        if one.is_file() and not {"node_modules", "dist", "__pycache__"} & set(one.parts):
            yield one.relative_to(ROOT)


def copied() -> Iterator[str]:
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from="):
            yield from rest.split()[:-1]


@pytest.mark.parametrize("source", sorted(set(copied())))
def test_everything_copied_into_the_image_exists_and_reaches_the_build(source: str) -> None:
    files = [path for path in files_under(ROOT / source) if path.name != ".build.lock"]
    assert files
    assert [str(path) for path in files if not is_sent(path)] == []


def test_every_package_is_in_the_image_and_what_was_built_here_is_not() -> None:
    listed = re.search(r"^include = \[(.*)\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert listed is not None
    assert {name.strip(' "*') for name in listed[1].split(",")} <= set(copied())
    for name in ("web/ui/dist/home.html", "web/ui/node_modules/x/y.js", "hub/__pycache__/x.pyc", "tests/builders.py"):
        assert not is_sent(Path(name)), name


def test_a_stage_copies_only_from_stages_before_it() -> None:
    names: list[str] = []
    for word, rest in instructions():
        if word == "FROM":
            names += re.findall(r"AS (\w+)", rest)
        if found := re.match(r"--from=(\w+)", rest):
            assert found[1] in names


def test_the_image_installs_by_hash_and_runs_as_nobody() -> None:
    runs = [rest for word, rest in instructions() if word == "RUN"]
    installs = [rest for rest in runs if re.search(r"\bpip\b", rest)]
    assert installs
    assert all("--require-hashes" in one or "--no-index" in one for one in installs)
    final = dict(last_stage())
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", final["USER"])
    assert (final["STOPSIGNAL"], final["CMD"]) == ("SIGTERM", '["vigie", "serve"]')
    assert "RUN" not in final

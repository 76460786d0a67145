"""The image, read without a container: what is copied into it exists, and it runs as nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container_files import ROOT, instructions, is_sent, last_stage

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


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


def test_a_stage_comes_from_one_base_or_a_stage_before_it_and_copies_only_from_such() -> None:
    bases = {"${PYTHON}"}
    for word, rest in instructions():
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            assert base in bases
            bases.add(name)
        if found := re.match(r"--from=(\w+)", rest):
            assert found[1] in bases


def test_the_base_is_named_once_so_that_one_word_pins_it() -> None:
    (named,) = (rest for word, rest in instructions() if word == "ARG")
    assert re.fullmatch(r"PYTHON=python:3\.\d+-slim-\w+", named)
    page = (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
    assert "--build-arg PYTHON=python@sha256:" in page


def test_the_image_installs_by_hash_and_runs_as_nobody() -> None:
    runs = [rest for word, rest in instructions() if word == "RUN"]
    installs = [rest for rest in runs if re.search(r"\bpip\b.* (?:install|download) ", rest)]
    assert len(installs) == 3
    assert all("--require-hashes" in one or "--no-index" in one for one in installs)
    final = dict(last_stage())
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", final["USER"])
    assert (final["STOPSIGNAL"], final["CMD"]) == ("SIGTERM", '["vigie", "serve"]')
    assert "RUN" not in final


def test_nothing_can_be_installed_in_the_image_and_nobody_becomes_somebody_else() -> None:
    assert last_stage()[0] == ("FROM", "bare")
    stages = dict(re.findall(r"^FROM .* AS (\w+)\n((?:(?!FROM ).*\n)*)", DOCKERFILE, re.MULTILINE))
    assert re.search(r"pip uninstall .*\bpip setuptools wheel\b", stages["bare"])
    assert "find / -xdev -type f -perm /6000 -exec chmod ug-s {} +" in stages["bare"]
    assert "python -m venv --without-pip /opt/vigie" in stages["hub"]


def test_the_hub_cannot_write_its_own_code() -> None:
    given = [
        rest for _, rest in instructions() if re.search(r"--chown|--chmod|\bchown\b|a\+\S*w|\b[0-7]{3,4} /app", rest)
    ]
    assert given == [], "what is copied is root's, and the hub is not"

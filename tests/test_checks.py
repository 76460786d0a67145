"""What `make check` and continuous integration look at: both judges are asked, and each is awake."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WORKFLOW = ROOT / ".github" / "workflows" / "check.yml"
TOOLS = Path(sys.executable).parent
SOURCES = [
    path
    for folder in ("hub", "channels", "state", "web", "loadtests", "scripts")
    for path in (ROOT / folder).rglob("*.py")
]


def commands_of(target: str) -> list[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert found is not None
    return re.findall(r"^\t@\$\(BIN\)/(.*)$", found[1], re.MULTILINE)


def command(tool: str) -> list[str]:
    """Return how `make check` calls a tool, without what it looks at."""
    (words,) = (one.split() for one in commands_of("check") if one.startswith(f"{tool} "))
    return [str(TOOLS / tool), *words[1:-1]]


def judge(words: list[str]) -> int:
    return subprocess.run(words, cwd=ROOT, capture_output=True, timeout=60).returncode


# ── the workflow ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_workflow_does_what_continuous_integration_does_and_no_more() -> None:
    text = WORKFLOW.read_text(encoding="utf-8")
    assert re.findall(r"^ +(?:- )?run: (.*)$", text, re.MULTILINE) == [".ci/run"]
    assert re.findall(r"\$\{\{ *(.*?) *\}\}", text) == ["github.ref"], "a stranger's words are put into no command"


def test_the_workflow_is_clean_and_judged_without_network() -> None:
    words = command("zizmor")
    assert "--offline" in words
    assert judge([*words, str(WORKFLOW)]) == 0


@pytest.mark.parametrize(
    ("safe", "loose"),
    [
        (r"@[0-9a-f]{40} # v[\d.]+", "@v7"),
        (r"\n +with:\n +persist-credentials: false", ""),
        (r"\npermissions: \{\}\n", "\npermissions: write-all\n"),
        (r"\n  pull_request:", "\n  pull_request_target:"),
        (r"run: \.ci/run", "run: echo ${{ github.head_ref }}"),
    ],
)
def test_what_loosens_the_workflow_is_found(safe: str, loose: str, tmp_path: Path) -> None:
    text, changed = re.subn(safe, loose, WORKFLOW.read_text(encoding="utf-8"))
    assert changed == 1
    copy = tmp_path / ".github" / "workflows" / "check.yml"
    copy.parent.mkdir(parents=True)
    copy.write_text(text, encoding="utf-8")
    # 1 is an accident of the tool; the codes of findings are above 10.
    assert judge([*command("zizmor"), str(copy)]) > 10


# ── the sources ────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_package_is_judged() -> None:
    folders = {
        word
        for one in commands_of("check")
        if one.startswith("bandit ")
        for word in one.split()
        if (ROOT / word).is_dir()
    }
    assert folders == {"hub", "channels", "state", "web", "loadtests", "scripts"}


@pytest.mark.parametrize(
    ("line", "is_well"),
    [
        ("subprocess.run(typed, shell=True)", False),
        ("pickle.loads(typed)", False),
        ("tempfile.mktemp()", False),
        ("hashlib.md5(typed)", False),
        ("random.random()", False),
        ("random.random()  # nosec B311 # spreads returns", True),
        ("subprocess.run(typed)  # nosec B311 # excused of something else", False),
    ],
)
def test_a_dangerous_line_is_found_unless_it_is_excused_of_just_that(line: str, is_well: bool, tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(
        f"import hashlib, pickle, random, subprocess, tempfile\n{line}\n", encoding="utf-8"
    )
    words = [str(TOOLS / "bandit"), "-q", "-c", "pyproject.toml", "-s", "B403", str(tmp_path / "one.py")]
    assert (judge(words) == 0) is is_well


def excuses() -> Iterator[tuple[str, str]]:
    for path in SOURCES:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if "# nosec" in line:
                yield f"{path.relative_to(ROOT)}:{number}", line


def test_every_excuse_says_of_what_and_why() -> None:
    found = list(excuses())
    assert found
    assert [place for place, line in found if not re.search(r"# nosec B\d{3} # .{7,}", line)] == []

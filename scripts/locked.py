"""What the locks hold for this machine: every package of both ecosystems, its digests, its licence, what it is for.

The licence is what the package itself states: its metadata for Python, the lock for the pages. What a package brings
inside a wheel (a server, a browser, Node) is not looked into.
"""

from __future__ import annotations

import base64
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import Distribution, distribution
from itertools import chain
from pathlib import Path
from typing import Any

from cyclonedx.spdx import is_expression
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PYTHON_LOCK = ROOT / "requirements.lock"
NODE_LOCK = ROOT / "web" / "ui" / "package-lock.json"
PAGES = ROOT / "web" / "ui" / "src"

# How packages spell licences that have a name in the SPDX list.
SPELLED = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause",
    "GNU LGPL v3+": "LGPL-3.0-or-later",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSFL": "PSF-2.0",
}

_LOCKED = re.compile(
    r"^(?P<name>[\w-]+)==(?P<version>\S+)(?: ; (?P<marker>.+?))? (?P<digests>--hash=.*)$", re.MULTILINE
)
_DIGEST = re.compile(r"--hash=(\w+):(\w+)")
# What is not a file beside the importing one; a package may have a scope, and paths inside.
_IMPORTED = re.compile(r"""from "(?P<name>@[^/"]+/[^/"]+|[^@."/][^/"]*)""")


class Use(StrEnum):
    """What a package is for."""

    SHIPPED = "shipped"
    """A running hub or a page needs it."""
    EMBEDDED = "embedded"
    """Only the default servers need it."""
    TOOL = "tool"
    """It builds, tests or measures."""


@dataclass(frozen=True)
class Package:
    """One locked package; `digests` are pairs of algorithm and hex, one for each file the lock accepts."""

    ecosystem: str
    name: str
    version: str
    digests: tuple[tuple[str, str], ...]
    licence: str | None
    needs: frozenset[str]
    use: Use


def packages() -> list[Package]:
    """Return every package that the locks hold for this machine, in the order of ecosystem and name.

    Raises `PackageNotFoundError` when one of them is not installed.
    """
    return sorted([*_python(), *_node()], key=lambda one: (one.ecosystem, one.name))


def wished() -> frozenset[tuple[str, str]]:
    """Return what the project itself asks for, as pairs of ecosystem and name; the rest comes along."""
    python = {("pypi", canonicalize_name(Requirement(one).name)) for one in _wishes()[None]}
    return frozenset(python | {("npm", name) for name in _imported_by_pages()})


# ── Python ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _python() -> Iterator[Package]:
    text = re.sub(r"\s*\\\n\s*", " ", PYTHON_LOCK.read_text(encoding="utf-8"))
    rows = {row["name"]: row for row in _LOCKED.finditer(text) if not row["marker"] or Marker(row["marker"]).evaluate()}
    wishes = _wishes()
    shipped, embedded = _python_reach(wishes[None]), _python_reach(wishes["embedded"])
    extras = _python_reach(chain.from_iterable(wishes.values()))
    for name, row in rows.items():
        found = distribution(name)
        use = Use.SHIPPED if name in shipped else Use.EMBEDDED if name in embedded else Use.TOOL
        digests = tuple(sorted((kind, digest) for kind, digest in _DIGEST.findall(row["digests"])))
        needs = frozenset(need for need, _ in _needs(found, extras[name]) if need in rows)
        yield Package("pypi", name, row["version"], digests, _licence_of(found), needs, use)


def _wishes() -> Mapping[str | None, list[str]]:
    """Return what the project itself asks for, and what for each of its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {None: project["dependencies"], **project["optional-dependencies"]}


def _python_reach(wishes: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Return the names of all that these requirements bring along here, each with the extras that are asked of it."""
    waiting, found = [_wish(Requirement(one)) for one in wishes], dict[str, frozenset[str]]()
    while waiting:
        name, extras = waiting.pop()
        if name not in found or extras - found[name]:
            found[name] = found.get(name, frozenset()) | extras
            waiting += _needs(distribution(name), extras)
    return found


def _wish(wish: Requirement) -> tuple[str, frozenset[str]]:
    return canonicalize_name(wish.name), frozenset(wish.extras)


def _needs(found: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for wish in map(Requirement, found.requires or ()):
        if wish.marker is None or any(wish.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield _wish(wish)


def _licence_of(found: Distribution) -> str | None:
    """Return the licence that a package states, as an SPDX expression where its words can be read as one.

    In this order: the expression, the free field, the classifiers; a field that holds a whole text says less than they.
    """
    metadata = found.metadata
    classifiers = [one.rpartition(" :: ")[2] for one in metadata.get_all("Classifier", ()) if one.startswith("License")]
    stated = [*metadata.get_all("License-Expression", ()), *metadata.get_all("License", ()), *classifiers]
    spelled = [SPELLED.get(one, one) for one in stated]
    return next((one for one in spelled if is_expression(one)), spelled[-1] if spelled else None)


# ── the pages ──────────────────────────────────────────────────────────────────────────────────────────────────


def _node() -> Iterator[Package]:
    places = json.loads(NODE_LOCK.read_text(encoding="utf-8"))["packages"]
    rows = {place.removeprefix("node_modules/"): row for place, row in places.items() if place}
    shipped = _node_reach(_imported_by_pages(), rows)
    for name, row in rows.items():
        algorithm, _, digest = row["integrity"].partition("-")
        digests = ((algorithm, base64.b64decode(digest).hex()),)
        needs = frozenset({*row.get("dependencies", ()), *row.get("optionalDependencies", ())} & rows.keys())
        use = Use.SHIPPED if name in shipped else Use.TOOL
        yield Package("npm", name, row["version"], digests, row.get("license"), needs, use)


def _imported_by_pages() -> frozenset[str]:
    """Return the packages that the sources of the pages import, and that are therefore bundled into them."""
    sources = (path.read_text(encoding="utf-8") for path in PAGES.rglob("*.ts*"))
    return frozenset(found["name"] for source in sources for found in _IMPORTED.finditer(source))


def _node_reach(wishes: Iterable[str], rows: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of all that these packages bring along."""
    waiting, seen = list(wishes), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += rows[name].get("dependencies", ())
    return frozenset(seen)

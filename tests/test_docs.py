"""The documentation cannot rot: what it points at exists, and what exists is named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest

from hub.findings import Check
from state.database import POOL_SIZE, SETTINGS
from state.tables import metadata
from web import cli, settings
from web.house import WATCHING_AT_ONCE

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PACKAGES = ("hub", "channels", "state", "web", "loadtests")
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *sorted(DOCS.rglob("*.md")))
NOT_MODULES = frozenset({"__init__", "__pycache__", "__main__", "py"})

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_VARIABLE = re.compile(r"VIGIE_[A-Z][A-Z_]*[A-Z]")
_FIRST_CELL = re.compile(r"^\| `([\w/]+)` \|(.*)$", re.MULTILINE)
_DOTTED = re.compile(rf"`({'|'.join(PACKAGES)})\.(\w+)[\w.]*`")
_PATH = re.compile(rf"`((?:{'|'.join(PACKAGES)}|tests|scripts|docs)/[\w./-]+)`")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


# ── links ──────────────────────────────────────────────────────────────────────────────────────────────────────


def anchors_of(page: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, spelled as code hosts do."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text_of(page)), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def broken_links(page: Path) -> Iterator[str]:
    for target in _LINK.findall(_FENCE.sub("", text_of(page))):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        is_inside = found.is_relative_to(ROOT)
        if not is_inside or not found.exists() or (anchor and anchor not in anchors_of(found)):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


# ── modules ────────────────────────────────────────────────────────────────────────────────────────────────────


def modules_in(folder: Path) -> frozenset[str]:
    """List what a folder holds that a reader may look for: modules, and folders (with a slash)."""
    files = {path.stem for path in folder.glob("*.py")}
    folders = {f"{path.name}/" for path in folder.iterdir() if path.is_dir() and holds_source(path)}
    return frozenset((files | folders) - NOT_MODULES)


def holds_source(folder: Path) -> bool:
    return folder.name not in NOT_MODULES and any(path.suffix in (".py", ".lua", ".ts") for path in folder.rglob("*"))


def described(package: str) -> Mapping[str, str]:
    """Return what the page says of a package's modules: the first cell of each row in the package's section."""
    sections = re.split(r"^## ", text_of(DOCS / "architecture.md"), flags=re.MULTILINE)
    section = next(one for one in sections if one.startswith(f"`{package}/`"))
    return dict(_FIRST_CELL.findall(section))


@pytest.mark.parametrize("package", PACKAGES)
def test_the_architecture_names_every_module_and_no_other(package: str) -> None:
    assert set(described(package)) == modules_in(ROOT / package)


def test_the_architecture_names_every_call_of_the_api_and_no_other() -> None:
    row = described("web")["api/"]
    assert set(re.findall(r"`(\w+)`", row)) == modules_in(ROOT / "web" / "api")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_module_and_path_a_page_mentions_exists(page: Path) -> None:
    text = text_of(page)
    mentioned = {(package, module) for package, module in _DOTTED.findall(text)}
    lost = {f"{package}.{module}" for package, module in mentioned if not is_module(ROOT / package / module)}
    lost |= {path for path in _PATH.findall(text) if not (ROOT / path).exists()}
    assert lost == set()


def is_module(path: Path) -> bool:
    return path.with_suffix(".py").is_file() or path.is_dir()


def test_every_decision_record_is_listed() -> None:
    listed = {target for target in _LINK.findall(text_of(DOCS / "architecture.md")) if target.startswith("adr/")}
    assert listed == {f"adr/{path.name}" for path in (DOCS / "adr").glob("*.md")}


@pytest.mark.parametrize("page", sorted((DOCS / "adr").glob("*.md")), ids=name_of)
def test_a_decision_record_says_what_was_weighed_and_what_follows(page: Path) -> None:
    headings = re.findall(r"^## (.+)$", text_of(page), re.MULTILINE)
    assert headings == ["Context", "Options", "Decision", "Consequences"]
    assert "Price:" in text_of(page)


# ── settings and commands ──────────────────────────────────────────────────────────────────────────────────────


class Asked(dict[str, str]):
    """An empty environment that remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(name)
        return default


def documented_defaults() -> Mapping[str, str]:
    rows = re.findall(r"^\| `(VIGIE_\w+)` \| ([^|]*) \|", text_of(DOCS / "configuration.md"), re.MULTILINE)
    return dict(rows)


def test_the_configuration_page_and_the_settings_name_the_same_variables() -> None:
    environment = Asked()
    settings.read(environment)
    assert set(documented_defaults()) == environment.names


@pytest.mark.parametrize("variable", sorted(documented_defaults()))
def test_a_documented_default_is_the_default(variable: str) -> None:
    written = documented_defaults()[variable].strip()
    if not written.startswith("`"):
        return
    assert settings.read({variable: written.strip("`")}) == settings.read({})


def test_no_page_nor_program_mentions_a_variable_that_does_not_exist() -> None:
    programs = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    mentioned = {variable for path in (*PAGES, *programs) for variable in _VARIABLE.findall(text_of(path))}
    assert mentioned <= set(documented_defaults())


def test_every_make_command_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)\b", text_of(ROOT / "README.md"), re.MULTILINE))
    assert named
    assert named <= targets


def commands_named(page: Path) -> Iterator[tuple[str, ...]]:
    """Yield what follows `vigie` in code; `a|b` names two commands."""
    for words in re.findall(r"`vigie ([a-z|]+(?: [a-z|]+)*)", text_of(page)):
        first, *rest = words.split()
        yield from ((first, *one) for one in ([(last,) for last in rest[0].split("|")] if rest else [()]))


def test_every_vigie_command_a_page_names_exists() -> None:
    named = {command for page in PAGES for command in commands_named(page)}
    assert named
    assert [" ".join(command) for command in named if not is_command(command)] == []


def is_command(words: tuple[str, ...]) -> bool:
    found: click.Command | None = cli.main
    for word in words:
        found = found.commands.get(word) if isinstance(found, click.Group) else None
    return found is not None


# ── privacy ────────────────────────────────────────────────────────────────────────────────────────────────────

# A center is no person; which live store counts and which processes live is about machines.
OF_NOBODY = frozenset({"centers", "live_stores", "nodes"})


def test_the_page_on_privacy_says_of_every_table_what_why_who_where_and_how_long() -> None:
    head, *rows = re.findall(r"^\|(.+)\|$", text_of(DOCS / "privacy.md"), re.MULTILINE)
    assert [cell.strip() for cell in head.split("|")] == ["what", "why", "who may see it", "where", "how long"]
    cells = [[cell.strip() for cell in row.split("|")] for row in rows[1:]]
    assert all(len(row) == 5 and all(row) for row in cells)
    named = {name for *_, where, _ in cells for name in re.findall(r"`(\w+)`", where)}
    assert named == {table.name for table in metadata.sorted_tables} - OF_NOBODY


# ── PgBouncer ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_on_pgbouncer_gives_the_role_every_limit_and_lets_it_be_ignored() -> None:
    page = text_of(DOCS / "pgbouncer.md")
    limits = {name: value for name, value in SETTINGS.items() if name != "application_name"}
    said = dict(re.findall(r"^ALTER ROLE CURRENT_USER SET (\w+) = '(\w+)';$", page, re.MULTILINE))
    assert said == limits
    (ignored,) = re.findall(r"^ignore_startup_parameters = (.+)$", page, re.MULTILINE)
    # The time zone it knows by itself, and passes on.
    assert set(ignored.split(", ")) == limits.keys() - {"timezone"}


def test_the_page_on_pgbouncer_counts_the_connections_of_a_process() -> None:
    page = text_of(DOCS / "pgbouncer.md")
    each = POOL_SIZE + WATCHING_AT_ONCE
    rows = re.findall(r"^\| (\d+) \| (\d+) \|", page, re.MULTILINE)
    assert {int(at) for _, at in rows} == {each * int(processes) for processes, _ in rows}


# ── operations ─────────────────────────────────────────────────────────────────────────────────────────────────


def rows_under(heading: str) -> list[str]:
    """Return the first cells, without their marks, of the tables under a heading of the page on operations."""
    sections = re.split(r"^## ", text_of(DOCS / "operations.md"), flags=re.MULTILINE)
    (section,) = (one for one in sections if one.startswith(f"{heading}\n"))
    return re.findall(r"^\| `([\w.]+)`[^|]*\|", section, re.MULTILINE)


def test_the_page_on_operations_explains_every_code_of_the_doctor_and_no_other() -> None:
    assert rows_under("Check a deployment") == [*Check]


def test_the_page_on_operations_explains_every_alarm_and_no_other() -> None:
    rules = text_of(ROOT / "deploy" / "prometheus" / "alerts.yml")
    alarms = re.findall(r"- alert: (\w+)\n(?:.*\n)*?\s+severity: (\w+)", rules)
    assert rows_under("What each alarm means") == [name for name, _ in alarms]
    page = text_of(DOCS / "operations.md")
    assert [name for name, severity in alarms if f"| `{name}` ({severity}) |" not in page] == []

"""A mutant: the code with one guard dropped, and the tests that have to notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

PAGES = "web/ui/"


class Stale(Exception):
    """A mutant whose old text does not stand in its file exactly once: the code went on without it."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One piece of text put in the place of another one."""

    was: str
    becomes: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """One guard dropped from one file.

    `tests` are the fastest ones that must catch it, as pytest names them; for the pages also files of their own unit
    tests (`.test.ts`). `is_quick`: they need neither a database, a hub of their own nor a browser.
    """

    name: str
    file: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]
    is_quick: bool

    @property
    def is_of_the_pages(self) -> bool:
        """Tell whether the pages have to be bundled anew."""
        return self.file.startswith(PAGES) and not self.is_caught_by_node

    @property
    def is_caught_by_node(self) -> bool:
        """Tell whether the unit tests of the pages catch it, which run the sources as they stand."""
        return all(is_of_node(test) for test in self.tests)

    def applied(self, text: str) -> str:
        """Return the file's text with the guard dropped. Raises Stale."""
        for edit in self.edits:
            found = text.count(edit.was)
            if found != 1:
                raise Stale(f"{self.name}: its old text stands {found} times in {self.file}:\n{edit.was}")
            text = text.replace(edit.was, edit.becomes)
        return text


def quick(name: str, file: str, was: str, becomes: str, *tests: str) -> Mutant:
    """Make a mutant of the quick tier."""
    return Mutant(name, file, (Edit(was, becomes),), tests, is_quick=True)


def thorough(name: str, file: str, was: str, becomes: str, *tests: str) -> Mutant:
    """Make a mutant of the long tier."""
    return Mutant(name, file, (Edit(was, becomes),), tests, is_quick=False)


def is_of_node(test: str) -> bool:
    """Tell whether a test is a file of the pages' unit tests."""
    return PurePosixPath(test).suffix == ".ts"

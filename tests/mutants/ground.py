"""A copy of the source in which one guard is dropped at a time; the checkout itself is never touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tests.mutants.mutant import Mutant

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = ("var", "build", "node_modules", "__pycache__", ".git", ".venv", ".hypothesis", "*_cache")
"""Neither sources nor tests: what was built of the pages stays, and is built anew where a page is changed."""
INSTALLED = Path("web/ui/node_modules")
ITS_OWN = ("VIGIE_", "PYTEST_")
"""Settings of a hub and of the pytest around this one are not those of the pytest in the copy."""
BUNDLE_SECONDS = 180
# The unit tests of the pages would stop the build at what a browser has to find.
BUNDLE = "from scripts import build_ui; build_ui.check = lambda: None; raise SystemExit(build_ui.main())"
WHERE = "import hub, channels, state, web; print(hub.__file__, channels.__file__, state.__file__, web.__file__)"

_next_stamp = count(1)


class Copy:
    """The source in a folder of its own, and the environment in which it is what every process imports."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "vigie"
        shutil.copytree(ROOT, self.root, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
        if (ROOT / INSTALLED).is_dir():
            (self.root / INSTALLED).symlink_to((ROOT / INSTALLED).resolve())
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(ITS_OWN)}
        # First on the path of every process, whatever folder it begins in: an installed checkout comes after it.
        self.environment |= {"PYTHONPATH": str(self.root)}

    @contextmanager
    def without_guard(self, mutant: Mutant) -> Iterator[None]:
        """Drop one guard for a while. Raises Stale."""
        file = self.root / mutant.file
        right = file.read_text(encoding="utf-8")
        self._write(file, mutant.applied(right))
        try:
            self._bundle(mutant)
            yield
        finally:
            self._write(file, right)
            self._bundle(mutant)

    def check(self) -> None:
        """See that a process which begins elsewhere imports the copy too, as a hub of a test may."""
        asked = [sys.executable, "-c", WHERE]
        told = subprocess.run(asked, cwd="/", env=self.environment, capture_output=True, text=True, check=True).stdout
        assert all(Path(one).is_relative_to(self.root) for one in told.split()), told

    def _write(self, file: Path, text: str) -> None:
        """Write a text under an instant that no other one has: byte code is told apart by it, to the second."""
        file.write_text(text, encoding="utf-8")
        at = file.stat().st_mtime + next(_next_stamp)
        os.utime(file, (at, at))

    def _bundle(self, mutant: Mutant) -> None:
        if mutant.is_of_the_pages:
            command = [sys.executable, "-c", BUNDLE]
            subprocess.run(
                command, cwd=self.root, env=self.environment, capture_output=True, check=True, timeout=BUNDLE_SECONDS
            )

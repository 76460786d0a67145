"""All the mutants: promise P19, the checks are honest."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Mutant
from tests.mutants.of_doors import OF_DOORS
from tests.mutants.of_lines import OF_LINES
from tests.mutants.of_pages import OF_PAGES
from tests.mutants.of_rules import OF_RULES
from tests.mutants.of_stores import OF_STORES

MUTANTS: Final[tuple[Mutant, ...]] = (*OF_RULES, *OF_LINES, *OF_STORES, *OF_DOORS, *OF_PAGES)

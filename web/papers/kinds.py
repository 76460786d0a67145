"""The kinds of issue reports as papers print them: a code, and what it means."""

from __future__ import annotations

from msgspec import Struct

from hub.reports import CATEGORIES
from web.papers.texts import Texts


class Kind(Struct, frozen=True):
    """One kind of report."""

    code: str
    label: str


def legend(texts: Texts) -> tuple[Kind, ...]:
    """List every kind, in the order of the catalogue."""
    return tuple(Kind(code_of(name, texts), texts.reports[name]) for name in CATEGORIES)


def code_of(name: str, texts: Texts) -> str:
    """Return the code of a kind of report; the one that has none is written out."""
    return CATEGORIES[name].code or texts.common.late

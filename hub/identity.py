"""The one normal form in which names are compared: what is typed on a phone against what is printed on a list."""

from __future__ import annotations

import unicodedata
from typing import Final

_WITHOUT_DECOMPOSITION: Final = str.maketrans(
    {
        "œ": "oe",
        "Œ": "oe",
        "æ": "ae",
        "Æ": "ae",
        "ø": "o",
        "Ø": "o",
        "ł": "l",
        "Ł": "l",
        "đ": "d",
        "Đ": "d",
        "ß": "ss",
        "ẞ": "ss",
    }
)
"""Letters that Unicode does not take apart although people type them without."""


def normal_form(name: str) -> str:
    """Return the form in which two spellings of one name are equal: no marks, no case, single spaces.

    Rule: NFKD, marks dropped, œ æ ø ł đ ß mapped, case folded, every run of other than letters and digits one space.
    """
    decomposed = unicodedata.normalize("NFKD", name)
    bare = "".join(character for character in decomposed if not unicodedata.category(character).startswith("M"))
    folded = bare.translate(_WITHOUT_DECOMPOSITION).casefold()
    return " ".join("".join(character if character.isalnum() else " " for character in folded).split())

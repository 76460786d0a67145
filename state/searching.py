"""What somebody typed into a search, as the database looks for it."""

from __future__ import annotations


def pattern_of(words: str) -> str | None:
    """Return the ILIKE pattern of a search, in which nothing typed has a meaning of its own; None for nothing typed."""
    plain = words.replace("\0", "").strip()
    for special in "\\%_":
        plain = plain.replace(special, "\\" + special)
    return f"%{plain}%" if plain else None

"""The catalogue of issue reports: stored by name, displayed by code, each with what it requires."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_TEXT = 500
MAX_QUESTION = 500


@dataclass(frozen=True, slots=True)
class Category:
    """What one kind of report needs, and whether the jury must act on it."""

    code: str
    needs_question: bool
    needs_text: bool
    jury_must_act: bool


def _question(code: str, *, needs_text: bool = False) -> Category:
    return Category(code, needs_question=True, needs_text=needs_text, jury_must_act=True)


def _text(code: str, *, jury_must_act: bool = False) -> Category:
    return Category(code, needs_question=False, needs_text=True, jury_must_act=jury_must_act)


IDENTITY: Final = "candidate_information.identity"
LATE: Final = "late_or_leaving.late"

CATEGORIES: Final = {
    IDENTITY: _text("C1", jury_must_act=True),
    "candidate_information.extra_time": _text("C2"),
    "late_or_leaving.left_room": _text("C3"),
    "late_or_leaving.signature": _text("C4"),
    LATE: _text(""),
    "connection_or_end_screen": Category("C5", needs_question=False, needs_text=False, jury_must_act=False),
    "fraud": _text("C6", jury_must_act=True),
    "non_blocking.technical": _text("C7"),
    "non_blocking.candidate": _text("C8"),
    "question.image_not_displayed": _question("E1"),
    "question.embed_not_working": _question("E2"),
    "question.file_not_opening": _question("E3"),
    "question.website_unavailable": _question("E4"),
    "question.website_blocked": _question("E5"),
    "question.link_not_working": _question("E6"),
    "question.other": _question("E7", needs_text=True),
    "question.extra_time_exceeded": _question("E8"),
    "question.software_not_working": _question("E9"),
    "question.unintentional_focus_out": _question("E10"),
    "question.skipped_by_mistake": _question("E11"),
    "question.accessibility": _question("E12"),
    "technical_problem": _text("A1", jury_must_act=True),
    "other": _text("A2", jury_must_act=True),
}
"""Source: the paper form of the field; `late_or_leaving.late` is ours and has no code there."""


def cleaned(name: str, question: int | None, text: str | None) -> tuple[int | None, str | None] | None:
    """Return the question and the trimmed text of a complete report, or None when it is not complete."""
    category = CATEGORIES.get(name)
    if category is None:
        return None
    words = (text or "").strip() or None
    if category.needs_question and (question is None or not 1 <= question <= MAX_QUESTION):
        return None
    if category.needs_text and words is None:
        return None
    if words is not None and len(words) > MAX_TEXT:
        return None
    return question, words

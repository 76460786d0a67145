"""What every arm's dashboards are told: the shape of the hub's own events, read as cheaply as one can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

PROGRESS, CALL = "progress", "call"
TOTAL = 10_000
"""Questions of a paper: as many as the hub's wire allows, so that nobody finishes while something is measured."""


class Progress(Struct):
    """How far a candidate is."""

    answered: int


class Help(Struct):
    """A call for help; the generator numbers its calls in their text."""

    text: str | None = None


class Changed(Struct):
    """The facets of a row that a load test changes."""

    progress: Progress | None = None
    help: list[Help] | None = None


class Event(Struct):
    """One change of one row."""

    type: str
    candidate: int | None = None
    set: Changed | None = None


class Row(Struct):
    """A row as a newcomer is given it."""

    id: int
    progress: Progress | None = None
    help: list[Help] = []


Fact = tuple[str, int, int]
"""What happened: progress or a call, whose, and its number among theirs. A candidate's numbers begin at 1."""


def facts(events: Sequence[Event]) -> Iterator[Fact]:
    """Give what these events say, as far as the generator made it happen."""
    for event in events:
        if event.candidate is None or event.set is None:
            continue
        if event.type == "candidate.progressed" and event.set.progress is not None:
            yield PROGRESS, event.candidate, event.set.progress.answered
        elif event.type == "help.opened" and event.set.help:
            yield CALL, event.candidate, last_call(event.set.help)


def shown(rows: Sequence[Row]) -> Iterator[Fact]:
    """Give what these rows show: the last of everything."""
    for row in rows:
        if row.progress is not None:
            yield PROGRESS, row.id, row.progress.answered
        if row.help:
            yield CALL, row.id, last_call(row.help)


def last_call(calls: Sequence[Help]) -> int:
    """Give the greatest number among calls."""
    return max(int(call.text or 0) for call in calls)


def progress_frame(answered: int) -> bytes:
    """Write what a candidate says: about 60 bytes, the same for every arm but for its framing."""
    return b'{"type":"progress","answered":%d,"total":%d,"question":%d}' % (answered, TOTAL, answered % 500 + 1)

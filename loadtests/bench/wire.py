"""What every arm's dashboards are told: the shape of the hub's own events, read as cheaply as one can."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loadtests.frames import PROGRESSED, Event, Facets

PROGRESS, CALL = "progress", "call"
TOTAL = 10_000
"""Questions of a paper: as many as the hub's wire allows, so that nobody finishes while something is measured."""

Fact = tuple[str, int, int]
"""What happened: progress or a call, whose, and its number among theirs. A candidate's numbers begin at 1."""


def facts(events: Iterable[Event]) -> Iterator[Fact]:
    """Give what these events say, as far as the generator made it happen."""
    for event in events:
        if event.set is None:
            continue
        if event.type == PROGRESSED and (progress := event.set.get("progress")):
            yield PROGRESS, event.candidate, progress["answered"]
        elif event.type == "help.opened" and (calls := event.set.get("help")):
            yield CALL, event.candidate, last_call(calls)


def shown(rows: Iterable[Facets]) -> Iterator[Fact]:
    """Give what these rows show: the last of everything."""
    for row in rows:
        if progress := row.get("progress"):
            yield PROGRESS, row["id"], progress["answered"]
        if calls := row.get("help"):
            yield CALL, row["id"], last_call(calls)


def last_call(calls: Iterable[Facets]) -> int:
    """Give the greatest number among calls; the generator numbers them in their text."""
    return max(int(call["text"] or 0) for call in calls)


def progress_frame(answered: int) -> bytes:
    """Write what a candidate says: about 60 bytes, the same for every arm but for its framing."""
    return b'{"type":"progress","answered":%d,"total":%d,"question":%d}' % (answered, TOTAL, answered % 500 + 1)

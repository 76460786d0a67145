"""What the clients of a room said and were promised, and what of it a dashboard at rest should have and has not.

While frames are on their way nothing is missing yet: ask `missing` when the room has come to rest, and again until a
bounded patience is over. Pure, like `loadtests.heard`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort

from channels import wire
from loadtests.frames import Facets, answered
from loadtests.heard import OVER, Heard

PROGRESS_REF = 2**32
"""Progress has no reply unless refused: its number says which value it was."""
GIVES = {
    "presence.confirm": "presence.confirmed",
    "resume.authorize": "resume.authorized",
    "end_screen.see": "end_screen.seen",
    "time.add": "time.added",
    "help": "help.opened",
    "help.take": "help.taken",
    "help.resolve": "help.resolved",
    "finish": "candidate.finished",
}
"""The event of each deed but an entry."""
ENTRIES = {"start": "candidate.entered", "resume": "candidate.resumed"}
"""The event of an entry, by what was authorized."""


class Sent:
    """What the candidates of one room sent, and which deeds were acknowledged."""

    def __init__(self) -> None:
        self._values: dict[int, list[int]] = {}
        self._most: dict[int, int] = {}
        self._away: set[int] = set()
        self.deeds: dict[tuple[int, str], list[int]] = {}

    def progress(self, candidate: int, answered: int) -> None:
        """Note a progress frame that left; one that is not ahead says nothing."""
        values = self._values.setdefault(candidate, [])
        if not values or answered > values[-1]:
            values.append(answered)
        self._most[candidate] = max(answered, self._most.get(candidate, 0))

    def refused(self, candidate: int, answered: int) -> None:
        """Note that the hub said no to a progress frame: it is owed to nobody."""
        self._values[candidate] = [one for one in self._values.get(candidate, ()) if one != answered]

    def line_lost(self, candidate: int) -> None:
        """Note a broken line: what left last may never have come."""
        self._away.add(candidate)

    def line_back(self, candidate: int, answered: int) -> None:
        """Note how far the hub says the candidate is, on the next line: what left after that must be sent again."""
        self._away.discard(candidate)
        values = self._values.get(candidate, [])
        del values[bisect_right(values, answered) :]

    def replied(self, kind: str, reply: wire.Reply, author: int | None = None) -> None:
        """Note what a reply acknowledges: a candidate's own deed, or an invigilator's for each that it was done to."""
        if not isinstance(reply.decision_seq, int):
            return
        results = reply.results if isinstance(reply.results, list) else []
        done = [one.candidate for one in results if one.ok and not one.already]
        if author is not None:
            done = [] if reply.already is True else [author]
        for one in done:
            self.accepted(one, kind, reply.decision_seq)

    def accepted(self, candidate: int, kind: str, decision: int) -> None:
        """Note an acknowledged deed: the kind of the event it must give, and the reply's `decision_seq`."""
        insort(self.deeds.setdefault((candidate, kind), []), decision)

    def candidates(self) -> list[int]:
        """List whose last progress is owed: everybody's whose line holds."""
        return [one for one, values in self._values.items() if values and one not in self._away]

    def last(self, candidate: int) -> int:
        """Return the furthest progress that the hub must have."""
        return self._values[candidate][-1]

    def most(self, candidate: int) -> int:
        """Return the furthest progress that ever left."""
        return self._most.get(candidate, 0)

    def between(self, candidate: int, before: int, after: int) -> int:
        """Count the values that were sent between two others."""
        values = self._values.get(candidate, [])
        return max(0, bisect_left(values, after) - bisect_right(values, before))


def missing(heard: Heard, sent: Sent) -> list[str]:
    """List what a dashboard at rest lacks of what was sent and promised, or shows though nobody sent it."""
    return [*_lost_values(heard, sent), *_left_out(heard, sent), *_lost_deeds(heard, sent)]


def _lost_values(heard: Heard, sent: Sent) -> list[str]:
    faults = []
    for one in sent.candidates():
        row = heard.rows.get(one)
        if row is None:
            faults.append(f"room {heard.number}: candidate {one} is not there")
        elif answered(row) < sent.last(one):
            faults.append(f"room {heard.number}: candidate {one} sent {sent.last(one)}, shown is {answered(row)}")
        elif answered(row) > sent.most(one):
            faults.append(f"room {heard.number}: candidate {one} never sent {answered(row)}")
    return faults


def _left_out(heard: Heard, sent: Sent) -> list[str]:
    """An older progress gives way to a newer one in the same frame; a frame that has no room for it lost it."""
    return [
        f"room {heard.number}: progress left out with no newer one beside it, among {jump.leaps[:3]}"
        for jump in heard.jumps
        if sum(sent.between(*leap) for leap in jump.leaps) > jump.room
    ]


def _lost_deeds(heard: Heard, sent: Sent) -> list[str]:
    """Deeds decided since the last snapshot must have come as events; those before it must stand in the row."""
    told: dict[tuple[int, str], list[int]] = {}
    for number, what in heard.decided.items():
        told.setdefault(what, []).append(number)
    faults = []
    for (candidate, kind), promised in sent.deeds.items():
        owed = [one for one in promised if heard.base is not None and one >= heard.base]
        if len(told.get((candidate, kind), ())) < len(owed):
            faults.append(f"room {heard.number}: {kind} of candidate {candidate} was promised ({owed}) and never told")
        elif not _stands(kind, heard.rows.get(candidate)):
            faults.append(f"room {heard.number}: {kind} of candidate {candidate} does not stand in the row")
    return faults


def _stands(kind: str, row: Facets | None) -> bool:
    if row is None:
        return False
    if kind in ENTRIES.values():
        return bool(row["entry_no"] > 0)
    if kind == "candidate.finished":
        return row["attempt"] in OVER
    return kind != "help.opened" or bool(row["help"])

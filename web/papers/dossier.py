"""What all papers of one session are made from, read once, and the head that stands on each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct

from hub.identity import normal_form
from hub.model import Candidate, CandidateId, Person, Room, Roster
from hub.preparation import SessionDetail
from web.papers.printed import Printer, minutes
from web.papers.texts import Common, Texts

HASH_CHARACTERS = 12
"""Enough of the audit's head to tell two states apart, short enough for a footer."""


class Head(Struct, frozen=True):
    """The facts of the session as every paper prints them, and which state of it the paper shows."""

    language: str
    title: str
    number: str
    center: str
    site: str
    room: str
    date: str
    start: str
    duration: str
    invigilators: str
    candidates: str
    started: str
    finalized: str
    state: str
    texts: Common


class Entrant(NamedTuple):
    """One candidate with the name; facets are the plain ones while nothing has happened."""

    person: Person
    facets: Candidate


@dataclass(frozen=True, slots=True)
class Dossier:
    """One session in one language."""

    detail: SessionDetail
    room: Room
    roster: Roster
    texts: Texts

    @property
    def printer(self) -> Printer:
        """Return what spells the facts of this session."""
        summary = self.detail.summary
        return Printer(self.texts, ZoneInfo(summary.time_zone), summary.date)

    def entrants(self) -> list[Entrant]:
        """List the candidates in alphabetical order of the normal form.

        Names and facets are two reads: somebody who joined the list in between has no facet yet.
        """
        everybody = [
            Entrant(person, self.room.candidates.get(candidate, Candidate(candidate)))
            for candidate, person in self.roster.people.items()
        ]
        return sorted(everybody, key=_place)

    def head(self, title: str) -> Head:
        """Return the head of one paper."""
        summary, printer, common = self.detail.summary, self.printer, self.texts.common
        return Head(
            self.texts.language,
            title,
            str(summary.number),
            summary.center_name,
            summary.site,
            summary.room,
            printer.long_day(summary.date),
            f"{summary.start_time} ({common.local_time}, {summary.time_zone})",
            minutes(summary.duration_minutes),
            summary.invigilators,
            str(len(self.roster.people)),
            printer.moment(self.room.started_at) if self.room.started_at else common.not_started,
            printer.day_and_moment(self.room.finalized_at) if self.room.finalized_at else "",
            " · ".join(self._state()),
            common,
        )

    def _state(self) -> Iterator[str]:
        if self.room.decision_seq:
            yield str(self.room.decision_seq)
            yield self.room.decision_hash[:HASH_CHARACTERS]


def _place(entrant: Entrant) -> tuple[str, str, str, CandidateId]:
    person = entrant.person
    return (
        normal_form(person.last_name),
        normal_form(person.first_name),
        person.birthdate.isoformat(),
        entrant.facets.id,
    )

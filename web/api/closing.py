"""What finalization and jury have in common on the way out: names of authors, rows, documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from channels import translate, wire
from channels.translate import Names
from hub.archive import Document
from hub.identity import normal_form
from hub.model import Author, CandidateId, Room, SessionNumber
from hub.refusals import Refusal
from web.errors import Refused, not_judged
from web.house import House


class DocumentView(Struct, frozen=True):
    """A document of a session, without its content."""

    id: str
    name: str
    media_type: str
    size_bytes: int
    by: str
    at: datetime


class Authors:
    """Names for the authors of one session, the jury's included."""

    def __init__(self, names: Names, others: dict[Author, str]) -> None:
        self.names, self._others = names, others

    @classmethod
    async def of(cls, house: House, number: SessionNumber, others: Iterable[Author | None]) -> Authors:
        """Read the session's roster, and who else is named. Raises UnknownSession."""
        names = Names(await house.ledger.roster(number))
        wanted = {author for author in others if author is not None and not names.knows(author)}
        return cls(names, dict(await house.archive.names(wanted)) if wanted else {})

    def name(self, author: Author, candidate: CandidateId | None = None) -> str:
        """Return the name of an author; a client's is that of its candidate."""
        return self._others.get(author) or self.names.of(author, candidate)


def rows_of(room: Room, names: Names) -> list[wire.Row]:
    """Spell the candidates as a dashboard has them, in alphabetical order; nothing is known of their lines."""
    people = names.roster.people
    rows = [translate.row(one, names, is_live=False) for number, one in room.candidates.items() if number in people]
    return sorted(rows, key=lambda row: (normal_form(row.last_name), normal_form(row.first_name), row.id))


def documents_view(documents: Sequence[Document], authors: Authors) -> list[DocumentView]:
    """Spell a list of documents."""
    return [
        DocumentView(one.id, one.name, one.media_type, one.size_bytes, authors.name(one.by), one.at)
        for one in documents
    ]


async def refused(house: House, refusal: Refusal) -> Refused:
    """Spell a refusal, naming who was faster."""
    by = Author(refusal.by) if refusal.by else None
    names = await house.archive.names((by,)) if by is not None else {}
    return not_judged(refusal, names.get(by) if by is not None else None)

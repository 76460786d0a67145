"""What the owner of the tables erases of one person on request, whatever their age.

What is of the session and not of one person stays: its documents, the comment of its finalization, the chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from hub.events import EventKind
from hub.model import AttemptState, CandidateId, SessionNumber
from hub.retention import Emptied, NotErased, may_erase
from state.database import Database, is_id
from state.emptying import EMPTYING, IS_NAMED, Bench, bench

_PERSON: Final = text(f"""
SELECT c.attempt, CAST({IS_NAMED} AS integer) AS candidates,
    (SELECT count(*) FROM audit_details d JOIN audit a ON a.number = d.number AND a.seq = d.seq
        WHERE a.number = c.number AND a.candidate = c.id) AS details,
    (SELECT count(*) FROM answers k JOIN clients l ON k.author = 'client:' || l.id
        WHERE k.number = c.number AND l.candidate = c.id) AS answers,
    (SELECT count(*) FROM clients l WHERE l.candidate = c.id) AS clients,
    (SELECT count(*) FROM documents d WHERE d.number = c.number) AS documents
FROM candidates c WHERE c.number = :number AND c.id = :candidate
""")
_EMPTY_PERSON: Final = (
    text(f"UPDATE candidates c SET {EMPTYING} WHERE c.number = :number AND c.id = :candidate AND {IS_NAMED}"),
    text("""
DELETE FROM audit_details d USING audit a WHERE a.number = :number AND a.candidate = :candidate
    AND d.number = a.number AND d.seq = a.seq
"""),
    text("""
DELETE FROM answers k USING clients l WHERE l.candidate = :candidate AND k.number = :number
    AND k.author = 'client:' || l.id
"""),
    text("DELETE FROM clients WHERE candidate = :candidate"),
    # The list this person came with, where it was imported or is past its life; another has an hour to live.
    text("""
DELETE FROM imports i USING exam_sessions s WHERE s.number = :number AND i.center = s.center
    AND (i.outcome IS NOT NULL OR i.expires_at <= clock_timestamp())
"""),
)


# Who was put on several lists, a successor's for one, is another candidate on each.
_ELSEWHERE: Final = text("""
SELECT o.number, o.id FROM candidates c JOIN candidates o ON (o.normal_last_name, o.normal_first_name, o.birthdate)
    = (c.normal_last_name, c.normal_first_name, c.birthdate) AND o.id <> c.id
WHERE c.id = :candidate AND c.normal_last_name <> '-' ORDER BY o.number
""")


@dataclass(frozen=True, slots=True)
class Erased:
    """What is of one person, or was: how much of it, how many documents of the session stay, which other lists."""

    emptied: Emptied
    documents_kept: int
    elsewhere: tuple[tuple[SessionNumber, CandidateId], ...]


class PostgresErasure:
    """Erases persons; works for the owner of the tables alone."""

    def __init__(self, database: Database) -> None:
        """Use this pool of the owner's."""
        self._database = database

    async def look(self, number: SessionNumber, candidate: CandidateId) -> Erased | NotErased:
        """Say what would be erased. Raises UnknownSession."""
        async with bench(self._database, number) as at:
            return await _judged(at, candidate)

    async def erase(self, number: SessionNumber, candidate: CandidateId) -> Erased | NotErased:
        """Erase one candidate of a session; nothing when it was done before. Raises UnknownSession."""
        async with bench(self._database, number) as at:
            found = await _judged(at, candidate)
            if isinstance(found, Erased) and found.emptied != Emptied():
                for statement in _EMPTY_PERSON:
                    await at.db.execute(statement, {"number": number, "candidate": candidate})
                await at.note(EventKind.CANDIDATE_ERASED, candidate, {"details": found.emptied.details})
        return found


async def _judged(at: Bench, candidate: CandidateId) -> Erased | NotErased:
    room = at.docket.room
    named = {"number": room.number, "candidate": candidate if is_id(candidate) else 0}
    row = (await at.db.execute(_PERSON, named)).first()
    if row is None:
        return NotErased.UNKNOWN
    if not may_erase(AttemptState(row.attempt), room.finalized_at):
        return NotErased.STARTED
    counted = Emptied(candidates=row.candidates, details=row.details, answers=row.answers, clients=row.clients)
    others = await at.db.execute(_ELSEWHERE, {"candidate": candidate})
    elsewhere = tuple((SessionNumber(one.number), CandidateId(one.id)) for one in others)
    return Erased(counted, row.documents, elsewhere)

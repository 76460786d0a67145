"""What makes a row nobody's: a candidate's columns without the person, and a session on the bench for it.

Every column of a candidate that tells who it was has its empty value here, and the same list says which rows still have
something to lose. The guards that hold everybody else off are told by `vigie.purging`, which counts for the owner of
the tables alone and for one transaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.events import Codes, Event, EventKind, RoomChanges
from hub.model import HUB, CandidateId, SessionNumber
from hub.ports import Docket, UnknownSession
from state.case import PostgresCase
from state.database import Database, is_id

_PURGING: Final = text("SELECT set_config('vigie.purging', 'on', true)")


def _without(column: str, words: str) -> str:
    """Return a list of a row with these words taken out of each of its entries."""
    return (
        f"coalesce((SELECT jsonb_agg(one || '{words}' ORDER BY place) FROM jsonb_array_elements({column})"
        " WITH ORDINALITY AS listed(one, place)), '[]')"
    )


# No normal form contains a dash, so nobody can be found by these names; the id keeps them apart.
_EMPTY_CANDIDATE: Final = {
    "last_name": "''",
    "first_name": "''",
    "normal_last_name": "'-'",
    "normal_first_name": "CAST(c.id AS text)",
    "birthdate": "DATE '0001-01-01'",
    "sex": "''",
    "birth_insee_code": "''",
    "birth_postal_code": "''",
    "birth_town": "''",
    "birth_country": "''",
    "results_email": "''",
    "invitation_email": "''",
    "external_id": "''",
    "extra_time_percentage": "0",
    "help": _without("c.help", '{"text": null, "word": null}'),
    "reports": _without("c.reports", '{"text": null}'),
    "additions": _without("c.additions", '{"reason": ""}'),
}
EMPTYING: Final = ", ".join(f"{column} = {empty}" for column, empty in _EMPTY_CANDIDATE.items())
IS_NAMED: Final = (
    f"({', '.join(f'c.{column}' for column in _EMPTY_CANDIDATE)})"
    f" IS DISTINCT FROM ({', '.join(_EMPTY_CANDIDATE.values())})"
)


@dataclass(frozen=True, slots=True)
class Bench:
    """A session under its lock, with its guards opened to a purge."""

    db: AsyncConnection
    case: PostgresCase
    docket: Docket

    async def note(self, kind: EventKind, candidate: CandidateId | None, codes: Codes) -> None:
        """Append what was done to the chain; the names have changed, so the roster has."""
        facts = RoomChanges(roster_version=self.docket.room.roster_version + 1)
        await self.case.note(self.docket, Event(kind, candidate, room=facts, codes=codes), HUB)


@asynccontextmanager
async def bench(database: Database, number: SessionNumber) -> AsyncIterator[Bench]:
    """Lock a session in a transaction that may purge. Raises UnknownSession."""
    if not is_id(number):
        raise UnknownSession(number)
    async with database.transaction() as db:
        await db.execute(_PURGING)
        case = PostgresCase(db, number)
        await case.lock()
        yield Bench(db, case, await case.docket(HUB, None))

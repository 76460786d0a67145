"""The watch log in Postgres: what dashboards could see, appended in batches and read again by the jury."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.model import Author, ConnectionId, SessionNumber
from hub.watch import MOST_READ, WatchEntry, WatchFacts, WatchKind, WatchNote

_KEEP: Final = text("""
INSERT INTO watch_log (number, author, connection, kind, at, facts)
SELECT n.number, n.author, n.connection, n.kind, t.at - make_interval(secs => n.ago_seconds), n.facts
FROM jsonb_to_recordset(CAST(:notes AS jsonb)) AS n(number bigint, author text, connection text, kind text,
        ago_seconds double precision, facts jsonb),
    (SELECT clock_timestamp() AS at) t
""")
_READ: Final = text("""
SELECT author, connection, kind, at, CAST(facts AS text) AS facts FROM watch_log
WHERE number = :number ORDER BY at, id LIMIT :most
""")
_facts = msgspec.json.Decoder(WatchFacts)


async def keep(db: AsyncConnection, notes: Sequence[WatchNote]) -> None:
    """Append notes."""
    rows = [
        {
            "number": note.number,
            "author": note.by,
            "connection": note.connection,
            "kind": note.kind.value,
            "ago_seconds": note.ago.total_seconds(),
            "facts": note.facts,
        }
        for note in notes
    ]
    await db.execute(_KEEP, {"notes": msgspec.json.encode(rows).decode()})


async def read(db: AsyncConnection, number: SessionNumber) -> Sequence[WatchEntry]:
    """Read the notes of a session, oldest first, MOST_READ of them."""
    rows = await db.execute(_READ, {"number": number, "most": MOST_READ})
    return [
        WatchEntry(
            Author(row.author), ConnectionId(row.connection), WatchKind(row.kind), row.at, _facts.decode(row.facts)
        )
        for row in rows
    ]

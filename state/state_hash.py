"""The state hash: one digest over every row that is part of the truth, the same wherever these rows stand.

A row is hashed as the database spells it in JSON, whose keys have an order of their own: neither the order of columns
nor that of rows on the disk counts. Each row gives a digest, the sorted digests of a table give the table's, and the
tables by their names give the whole. Which tables there are is read from the database: an older one has its hash too.

What is not the truth is left out: who is signed in, which processes live and which live store counts, in which life the
live store is, and how far sequences have run, which never go back and may stand anywhere beyond the rows.
"""

from __future__ import annotations

import hashlib
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

PASSING: Final = ("live_stores", "logins", "nodes")
"""Tables of which nothing outlives the processes and the browsers of the day: no backup holds their rows."""
_NOT_HASHED: Final = [*PASSING, "alembic_version"]
_UNCOUNTED: Final = ["live_epoch"]
"""Columns that say nothing of an exam."""

_TABLES: Final = text("""
SELECT relname AS name, quote_ident(relname) AS quoted FROM pg_class
WHERE relnamespace = CAST(current_schema() AS regnamespace) AND relkind = 'r' AND relname <> ALL(:left_out)
ORDER BY relname COLLATE "C"
""")
# Sorted and put together by their first byte, which leaves 256 digests to read of a table however long it is.
_DIGESTS: Final = """
SELECT sha256(string_agg(digest, '' ORDER BY digest)) AS digest
FROM (SELECT sha256(convert_to(CAST(to_jsonb(t) - CAST(:uncounted AS text[]) AS text), 'UTF8')) AS digest
    FROM {quoted} t) digests GROUP BY get_byte(digest, 0) ORDER BY get_byte(digest, 0)
"""


async def state_hash(db: AsyncConnection) -> str:
    """Return the hash (hex) of what this transaction sees; it must be one snapshot, in the time zone UTC."""
    whole = hashlib.sha256()
    for table in (await db.execute(_TABLES, {"left_out": _NOT_HASHED})).all():
        found = await db.execute(text(_DIGESTS.format(quoted=table.quoted)), {"uncounted": _UNCOUNTED})
        rows = hashlib.sha256(b"".join(found.scalars()))
        whole.update(f"{table.name} {rows.hexdigest()}\n".encode())
    return whole.hexdigest()

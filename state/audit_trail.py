"""The chain of decisions as it stands in Postgres, read again from its first row: what `hub.audit.verify` walks.

One session at a time, in pages, each session in one snapshot: a room that decides meanwhile is seen at one decision.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Final, cast

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import AuditRecord, Walk, compare_end, compare_head, verify
from hub.events import EventKind
from hub.model import Author, SessionNumber
from hub.ports import UnknownSession
from state.database import Database, is_id
from state.trail import DECISIONS

PAGE_ROWS: Final = 500

_SNAPSHOT: Final = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
_HEAD: Final = text("SELECT decision_seq, decision_hash FROM exam_sessions WHERE number = :number")
_PAGE: Final = text(f"""{DECISIONS}
WHERE a.number = :number AND a.seq > :after ORDER BY a.seq LIMIT :most
""")

# A session that nobody started may be deleted: what was decided in it is still a chain.
_NEXT: Final = text("""
SELECT least((SELECT min(a.number) FROM audit a WHERE a.number > :after),
    (SELECT min(s.number) FROM exam_sessions s WHERE s.number > :after))
""")
BEFORE_ALL: Final = -(2**63)
"""Less than any place a forged row can stand at."""


class PostgresAuditTrail:
    """Reads chains; the hub's own role may."""

    def __init__(self, database: Database) -> None:
        """Use this pool."""
        self._database = database

    async def numbers(self) -> AsyncIterator[SessionNumber]:
        """Go through every session there is or was, by number, holding nothing in between."""
        after = 0
        while True:
            async with self._database.single() as db:
                found = (await db.execute(_NEXT, {"after": after})).scalar_one()
            if found is None:
                return
            after = found
            yield SessionNumber(found)

    async def walk(self, number: SessionNumber, sought: str = "") -> Walk:
        """Walk one session's chain from its first row to its head, or to its deletion. Raises UnknownSession."""
        if not is_id(number):
            raise UnknownSession(number)
        async with self._database.transaction() as db:
            await db.execute(_SNAPSHOT)
            head = (await db.execute(_HEAD, {"number": number})).first()
            walk = await _walked(db, number, Walk(sought))
        if head is None and not walk.rows:
            raise UnknownSession(number)
        return compare_end(walk) if head is None else compare_head(walk, head.decision_seq, head.decision_hash)


async def _walked(db: AsyncConnection, number: SessionNumber, walk: Walk) -> Walk:
    after = BEFORE_ALL
    while True:
        named = {"number": number, "after": after, "most": PAGE_ROWS}
        rows = (await db.execute(_PAGE, named)).all()
        walk = verify(map(_record, rows), walk)
        if len(rows) < PAGE_ROWS:
            return walk
        after = rows[-1].seq


def _record(row: Row[tuple[object, ...]]) -> AuditRecord:
    return AuditRecord(
        number=SessionNumber(row.number),
        seq=row.seq,
        # Not judged here: a forged kind is found by its hash, and must not stop the walk before.
        kind=cast(EventKind, row.kind),
        candidate=row.candidate,
        author=Author(row.author),
        at=row.at,
        node_at=row.node_at,
        codes=json.loads(row.codes),
        detail={} if row.body is None else json.loads(row.body),
        salt=row.salt or "",
        detail_digest=row.detail_digest,
        previous_hash=row.previous_hash,
        hash=row.hash,
    )
